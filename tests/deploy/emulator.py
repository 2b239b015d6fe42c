"""The AWS emulator as a process of this run, and what is deployed to it."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import boto3
from samtranslator.yaml_helper import yaml_parse

from expand import REGION, expand, with_plain_alarms

ROOT = pathlib.Path(__file__).parents[2]
VENV = ROOT / ".tools/venv/bin"
BUILT = ROOT / ".aws-sam/build/template.yaml"
SETTINGS = ROOT / "samconfig.toml"
READY_WITHIN_SECONDS = 60
ENDS_WITHIN_SECONDS = 10

# Whoever signs with this key is the account's root there; the functions get keys of their roles.
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


class CannotRun(Exception):
    """The run cannot go on; the text says why, and what to do."""


class Emulator:
    """The emulator on a free port of loopback, with policies enforced. It ends with the block that it is used in,
    and so do the functions, which it starts as its own children."""

    def __init__(self, scratch: pathlib.Path):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        # Nobody's own configuration of AWS gets in, and nothing can leave for the real one.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GATEPASS_"))}
        self.environment = inherited | KEYS | {
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self.address,
            "AWS_REGION": REGION,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "SAM_CLI_TELEMETRY": "0",
            "TMPDIR": str(scratch),
        }
        self.log, self.packaged, self.expanded = (
            scratch / name for name in ("emulator.log", "packaged.json", "expanded.json")
        )
        settings = {
            "AUTH": "true",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "MINISTACK_HOST": "localhost",
            "MINISTACK_REGION": REGION,
            "S3_DATA_DIR": str(scratch / "s3"),
            "STATE_DIR": str(scratch / "state"),
        }
        self.process = subprocess.Popen(
            [pathlib.Path(sys.executable).with_name("ministack")],
            cwd=scratch,
            env=self.environment | settings,
            stdout=self.log.open("w"),
            stderr=subprocess.STDOUT,
            # A group of its own, so that what it starts can be ended with it.
            start_new_session=True,
        )

    def __enter__(self) -> "Emulator":
        for _ in range(READY_WITHIN_SECONDS * 10):
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.address}/_ministack/health"):
                    return self
            except urllib.error.URLError:
                time.sleep(0.1)
        self.__exit__()
        raise CannotRun(f"the emulator does not become ready:\n{self.log.read_text()}")

    def __exit__(self, *_):
        for how in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, how)
            except ProcessLookupError:
                return
            try:
                self.process.wait(ENDS_WITHIN_SECONDS)
            except subprocess.TimeoutExpired:
                continue

    def client(self, service: str):
        """A client of boto3."""
        return boto3.client(
            service,
            endpoint_url=self.address,
            region_name=REGION,
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        )

    def get(self, path: str) -> dict:
        """What the emulator says about itself."""
        with urllib.request.urlopen(self.address + path) as answer:
            return json.load(answer)

    def package(self, parameters: dict[str, str]):
        """Uploads what was built, by SAM CLI, and expands its template."""
        if not BUILT.exists():
            raise CannotRun("nothing is built: run `make test-deploy` without NO_BUILD")
        self.sam(
            "package", "--config-file", SETTINGS, "--template-file", BUILT, "--output-template-file", self.packaged,
            "--use-json", "--resolve-s3",
        )  # fmt: skip
        template = expand(json.loads(self.packaged.read_text()), parameters)
        for resource in template["Resources"].values():
            if resource["Type"] == "AWS::CloudFormation::Stack":
                resource["Properties"]["TemplateURL"] = self.simplified(resource["Properties"]["TemplateURL"])
        self.expanded.write_text(json.dumps(template, indent=1))

    def deploy(self, stack: str, parameters: dict[str, str]):
        """Deploys what is packaged, by SAM CLI with the settings of samconfig.toml; over what is there, too."""
        overrides = [f'{name}="{value}"' for name, value in parameters.items()]
        self.sam(
            "deploy", "--config-file", SETTINGS, "--template-file", self.expanded, "--stack-name", stack,
            "--no-confirm-changeset", "--parameter-overrides", *overrides,
        )  # fmt: skip

    def create(self, stack: str, template: dict, parameters: dict[str, str]):
        """Creates a stack of a template that needs nothing built, as other teams in the account do."""
        client = self.client("cloudformation")
        client.create_stack(
            StackName=stack,
            TemplateBody=json.dumps(template),
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
        client.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})

    def simplified(self, uploaded: str) -> str:
        """Simplifies a nested template that SAM CLI has uploaded; gives its address."""
        bucket, _, key = uploaded.removeprefix(f"{self.address}/").partition("/")
        files = self.client("s3")
        template = yaml_parse(files.get_object(Bucket=bucket, Key=key)["Body"].read().decode())
        files.put_object(Bucket=bucket, Key=key, Body=json.dumps(with_plain_alarms(template)).encode())
        # It lies in the emulator's S3, but SAM CLI takes no address that is not Amazon's.
        return f"https://s3.{REGION}.amazonaws.com/{bucket}/{key}"

    def sam(self, *command):
        """Runs SAM CLI against the emulator; what it prints is shown when it fails."""
        run = subprocess.run(
            [VENV / "sam", *command], cwd=ROOT, env=self.environment, text=True, capture_output=True
        )
        if run.returncode != 0:
            raise CannotRun(f"sam {command[0]} failed:\n{run.stdout}{run.stderr}")

    def outputs(self, stack: str) -> dict[str, str]:
        """The outputs of a deployed stack."""
        found = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}

    def resources(self, stack: str) -> dict[str, str]:
        """The physical ids of a stack's resources by their names in the template; those of a nested stack have
        the name of the nested stack before theirs: `Data.Table`."""
        ids = {}
        pages = self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
        for resource in (one for page in pages for one in page["StackResourceSummaries"]):
            name, physical = resource["LogicalResourceId"], resource.get("PhysicalResourceId", "")
            ids[name] = physical
            if resource["ResourceType"] == "AWS::CloudFormation::Stack":
                ids |= {f"{name}.{inner}": found for inner, found in self.resources(physical).items()}
        return ids
