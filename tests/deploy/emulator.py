"""The local AWS emulator (ministack), for as long as a `with` block lasts."""

import os
import pathlib
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import boto3

REGION = "eu-central-1"
# How long the emulator may take to start on a machine that does much else.
READY_WITHIN_SECONDS = 120


def free_port():
    """A port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Emulator:
    """AWS on loopback, with the policies of roles enforced. Its state ends with it."""

    def __init__(self, program):
        self.program = program
        self.url = f"http://127.0.0.1:{free_port()}"
        self.credentials = {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def __enter__(self):
        self.scratch = tempfile.TemporaryDirectory(prefix="gatepass-deploy-")
        port = self.url.rsplit(":", 1)[1]
        settings = {
            "AUTH": "true",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": port,
            "MINISTACK_HOST": "localhost",
            "IOT_MTLS_ENABLED": "0",
            "STATE_DIR": str(self.path("state")),
        }
        with self.path("emulator.log").open("wb") as log:
            self.process = subprocess.Popen(
                [self.program], env=os.environ | self.credentials | settings, cwd=self.scratch.name,
                stdout=log, stderr=subprocess.STDOUT,
            )
        try:
            self.become_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.scratch.cleanup()

    def path(self, name):
        """A file of the emulator's own directory."""
        return pathlib.Path(self.scratch.name) / name

    def log(self):
        """What the emulator said so far."""
        return self.path("emulator.log").read_text(errors="replace")

    def become_ready(self):
        """Waits until it answers anything."""
        began = time.monotonic()
        while time.monotonic() - began < READY_WITHIN_SECONDS:
            if self.process.poll() is not None:
                break
            try:
                urllib.request.urlopen(self.url, timeout=5).close()
                return
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.2)
        raise RuntimeError(f"the emulator does not start:\n{self.log()[-2000:]}")

    def client(self, service):
        """An SDK client of the account's owner."""
        session = boto3.Session("test", "test", region_name=REGION)
        return session.client(service, endpoint_url=self.url)
