"""Runs the functions as they are built for AWS, each on its sample event: `make test-artifacts`.

They talk to a Runtime API on loopback, and to the AWS services of the local stack. The samples tell one story: a
request is submitted, approved, provisioned, mailed about. At the end stands a table of what the artifacts weigh.
Times are printed and not judged: the machine does other things too.
"""

import argparse
import base64
import io
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import urllib.request
import zipfile

from runtime import running

ROOT = pathlib.Path(__file__).resolve().parents[2]
STARTS = 30
# The design's goals, which are printed where they are missed, and the size that fails the run.
GOAL_ZIPPED_MB, GOAL_POLL_MS, GOAL_MEMORY_MB = 3.0, 8.0, 10.0
MOST_ZIPPED_MB = 4.0
SAMPLE_REQUEST = "019ab1c2-6c40-7a3e-9d52-0c1f7be40001"

# A function of the template for each program, and the SDKs that it calls.
PROGRAMS = {
    "api": ("SubmitAccessRequest", {"dynamodb", "kms"}),
    "relay": ("Relay", {"dynamodb", "eventbridge"}),
    "auto-approve": ("AutoApprove", {"dynamodb"}),
    "provision": ("Provision", {"dynamodb", "kms"}),
    "notify": ("Notify", {"dynamodb", "sesv2"}),
    "expire": ("Expire", {"dynamodb", "eventbridge"}),
    "authorizer": ("Authorizer", {"dynamodb"}),
    "pre-token": ("PreToken", set()),
}


class LocalStack:
    """The local stack, whose AWS services the functions call. Its own relay is held back: these functions do the work."""

    def __init__(self, program):
        environment = os.environ | {"GATEPASS_PORT": "0", "GATEPASS_EPHEMERAL": "1"}
        self.process = subprocess.Popen(
            [program], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        said = ""
        for line in self.process.stdout:
            said += line
            if "AWS endpoint" in line:
                break
        self.origin, self.aws = re.search(r"Portal +(http://[^/]+)", said)[1], re.search(r"AWS endpoint +(\S+)", said)[1]
        self.post("/_local/functions/relay/pause")

    def post(self, path):
        with urllib.request.urlopen(urllib.request.Request(self.origin + path, method="POST"), timeout=30) as answer:
            return json.load(answer)

    def mails(self):
        with urllib.request.urlopen(f"{self.origin}/_local/mail", timeout=30) as answer:
            return json.load(answer)["items"]

    def end(self):
        self.process.terminate()
        self.process.wait(timeout=60)


def variables(program, stack):
    """The environment that the template gives the program's function, on the local stack."""
    given = {
        "GATEPASS_TABLE": "gatepass-local-Table", "GATEPASS_BUS": "gatepass-local", "GATEPASS_KEY_ID": "key",
        "GATEPASS_ROUTE": "POST /v1/access-requests", "GATEPASS_GROUPS_CLAIM": "cognito:groups",
        "GATEPASS_MAIL_ADDRESSES": "verified", "GATEPASS_GATEWAYS": "builtin",
        "GATEPASS_MAIL_SENDER": "no-reply@example.com", "GATEPASS_PORTAL_URL": "https://portal.example.com",
    }
    return given | {"AWS_ENDPOINT_URL": stack.aws}


def story(bootstraps, stack):
    """Has each function answer its sample; asserts that it is the right answer."""
    def answer(program, about=SAMPLE_REQUEST):
        event = (ROOT / "events" / f"{program}.json").read_text().replace(SAMPLE_REQUEST, about)
        with running(bootstraps[program], variables(program, stack)) as function:
            return function.answer(json.loads(event))

    submitted = answer("api")
    assert submitted["statusCode"] == 201, submitted
    body = submitted["body"]
    request = json.loads(base64.b64decode(body) if submitted.get("isBase64Encoded") else body)
    for program in ("auto-approve", "provision", "notify"):
        assert answer(program, request["id"]) is None, program
    (mail,) = stack.mails()
    assert (mail["to"], mail["template"]) == (["ada@example.com"], "approve"), mail
    assert answer("relay") == {"batchItemFailures": []}
    assert answer("expire") is None
    verdict = answer("authorizer")
    assert verdict["isAuthorized"] is False, verdict
    claims = answer("pre-token")["response"]["claimsAndScopeOverrideDetails"]["accessTokenGeneration"]
    added = claims["claimsToAddOrOverride"]
    assert added == {"name": "Ada", "email": "ada@example.com", "organisation": "Analytical Engines"}, added


def measured(bootstrap, environment):
    """Sizes in MB, the median time to the first poll in ms, and memory in MB after it."""
    raw = bootstrap.stat().st_size
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(bootstrap, "bootstrap")
    polls, memory = [], []
    for _ in range(STARTS):
        with running(bootstrap, environment) as function:
            polls.append(function.to_first_poll_ms)
            memory.append(function.memory_mb())
    mb = lambda size: size / 1024 / 1024
    return mb(raw), mb(len(zipped.getvalue())), statistics.median(polls), statistics.median(memory)


def linked(program):
    """The AWS SDKs that the program is made of."""
    command = ["cargo", "tree", "--locked", "--package", f"gatepass-{program}", "--edges", "normal", "--prefix", "none"]
    tree = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    # What credentials come from is part of every client's configuration.
    return set(re.findall(r"^aws-sdk-(\w+) ", tree, re.MULTILINE)) - {"sts", "sso", "ssooidc"}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--built", type=pathlib.Path, required=True, help="what `sam build` wrote")
    arguments.add_argument("--empty", type=pathlib.Path, required=True, help="the empty runtime loop")
    arguments.add_argument("--stack", required=True, help="the program gatepass-local")
    options = arguments.parse_args()
    bootstraps = {program: options.built / function / "bootstrap" for program, (function, _) in PROGRAMS.items()}

    stack = LocalStack(options.stack)
    faults, missed = [], []
    try:
        story(bootstraps, stack)
        print(f"each of {len(PROGRAMS)} functions gave the right answer to its sample event\n")
        print(f"{'':14}{'raw MB':>8}{'zipped MB':>11}{'first poll ms':>15}{'memory MB':>11}  SDKs")
        for program in ["(empty loop)", *PROGRAMS]:
            empty = program not in PROGRAMS
            bootstrap = options.empty if empty else bootstraps[program]
            raw, zipped, poll, memory = measured(bootstrap, variables(program, stack))
            sdks = set() if empty else linked(program)
            print(f"{program:14}{raw:8.1f}{zipped:11.2f}{poll:15.1f}{memory:11.1f}  {', '.join(sorted(sdks)) or '-'}", flush=True)
            if empty:
                continue
            if sdks != PROGRAMS[program][1]:
                faults.append(f"{program} links {sdks}, and calls {PROGRAMS[program][1]}")
            if zipped > MOST_ZIPPED_MB:
                faults.append(f"{program} has {zipped:.2f} MB zipped, more than {MOST_ZIPPED_MB}")
            elif zipped > GOAL_ZIPPED_MB:
                missed.append(f"{program} has {zipped:.2f} MB zipped; the goal is {GOAL_ZIPPED_MB}")
            if poll > GOAL_POLL_MS:
                missed.append(f"{program} takes {poll:.1f} ms to its first poll; the goal is {GOAL_POLL_MS}")
            if memory > GOAL_MEMORY_MB:
                missed.append(f"{program} holds {memory:.1f} MB; the goal is {GOAL_MEMORY_MB}")
    finally:
        stack.end()
    for line in [*(f"goal missed here: {one}" for one in missed), *(f"FAILED: {one}" for one in faults)]:
        print(line)
    print(f"\n{len(PROGRAMS) - len(faults)} passed, {len(faults)} failed")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
