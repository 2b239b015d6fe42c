"""A Lambda Runtime API on loopback, and a function that talks to it.

See https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html.
"""

import contextlib
import http.server
import json
import os
import pathlib
import queue
import subprocess
import threading
import time

WITHIN_SECONDS = 60
VERSION = "/2018-06-01/runtime/"


class RuntimeApi(http.server.ThreadingHTTPServer):
    """Hands out one event a time, and takes the answers. `polled` has the time of each poll."""

    daemon_threads = True

    def handle_error(self, *_):
        """A function that was ended leaves a connection behind, which is no error."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.events, self.answers, self.polled = queue.Queue(), queue.Queue(), queue.Queue()
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.polled.put(time.perf_counter())
        event = self.server.events.get()
        body = json.dumps(event).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Lambda-Runtime-Aws-Request-Id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000) + 30_000))
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:f")
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b"".join(iter(self.chunk, b""))
        self.server.answers.put((self.path.rsplit("/", 1)[-1], body.decode()))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def chunk(self):
        data = self.rfile.read(int(self.rfile.readline(), 16))
        self.rfile.readline()
        return data

    def log_message(self, *_):
        """Says nothing: the functions' own output is what matters."""


class Function:
    """A bootstrap that runs: what it answers, how long it took to its first poll, and how much memory it holds."""

    def __init__(self, bootstrap, environment):
        self.api = RuntimeApi()
        address = f"127.0.0.1:{self.api.server_address[1]}"
        lambdas = {
            "AWS_LAMBDA_RUNTIME_API": address, "AWS_LAMBDA_FUNCTION_NAME": "f", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_LOG_GROUP_NAME": "g", "AWS_LAMBDA_LOG_STREAM_NAME": "s",
            "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "PATH": os.environ["PATH"],
        }
        began = time.perf_counter()
        self.process = subprocess.Popen(
            [bootstrap], env=lambdas | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        try:
            self.to_first_poll_ms = (self.api.polled.get(timeout=WITHIN_SECONDS) - began) * 1000
        except queue.Empty:
            self.end()
            raise RuntimeError(f"{bootstrap} does not poll:\n{self.process.stdout.read()}") from None

    def answer(self, event):
        """What it answers an event with; raises for an error."""
        self.api.events.put(event)
        kind, body = self.api.answers.get(timeout=WITHIN_SECONDS)
        if kind != "response":
            raise RuntimeError(f"the function failed: {body}")
        return json.loads(body)

    def memory_mb(self):
        """Resident memory."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
        return int(line.split()[1]) / 1024

    def end(self):
        self.process.kill()
        self.process.wait()
        self.api.shutdown()
        self.api.server_close()


@contextlib.contextmanager
def running(bootstrap, environment):
    """A function for as long as the block lasts."""
    function = Function(bootstrap, environment)
    try:
        yield function
    finally:
        function.end()
