"""Lets Schemathesis loose on the OpenAPI document against a fresh local stack: as a consumer, as an API Owner, and
as nobody. Fails on any failure that it finds, and when an operation was never answered with a 2xx.

    make test-schemathesis
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
DOCUMENT = ROOT / "functions/api/openapi.json"
READY_WITHIN_SECONDS = 60


class Stack:
    """A fresh local stack, which ends with the block that it is used in."""

    def __init__(self, program: str):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEPASS_")}
        self.output = tempfile.NamedTemporaryFile(mode="w+", suffix=".log")
        self.process = subprocess.Popen(
            [program],
            cwd=ROOT,
            env=kept | {"GATEPASS_PORT": "0", "GATEPASS_EPHEMERAL": "1"},
            stdout=self.output,
            stderr=subprocess.STDOUT,
        )

    def __enter__(self):
        for _ in range(READY_WITHIN_SECONDS * 10):
            printed = pathlib.Path(self.output.name).read_text()
            if found := re.search(r"http://127\.0\.0\.1:\d+", printed):
                self.address = found[0]
                return self
            time.sleep(0.1)
        self.process.kill()
        sys.exit(f"the stack does not become ready:\n{printed}")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def token(self, user: str) -> str:
        return self.call("POST", f"/_local/token?user={user}")["access_token"]

    def call(self, method: str, path: str, token: str = "", body: object = None) -> dict:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request) as answer:
                return json.loads(answer.read() or "{}")
        except urllib.error.HTTPError as refusal:
            sys.exit(f"{method} {path}: {refusal.code} {refusal.read().decode()}")


def seed(stack: Stack) -> dict[str, str]:
    """Makes what operations are to be tried on; gives the ids by the names that the configuration uses."""
    ada, owen = stack.token("ada"), stack.token("owen")

    def ask(app: str, product: str = "weather-api", plan: str = "gold") -> dict:
        body = {"catalogue_id": "public-apis", "product_ids": [product], "plan_id": plan, "new_app": {"name": app}}
        return stack.call("POST", "/v1/access-requests", ada, body)

    def settled(request: dict) -> dict:
        for _ in range(100):
            found = stack.call("GET", f"/v1/access-requests/{request['id']}", ada)
            if found["provisioning"]["status"] in ("provisioned", "failed"):
                return found
            time.sleep(0.1)
        sys.exit(f"the request {request['id']} is not provisioned in time")

    def approved(request: dict) -> dict:
        stack.call("POST", f"/v1/admin/access-requests/{request['id']}/approve", owen)
        return settled(request)

    catalogue = {
        "id": "open-apis",
        "name": "Open APIs",
        "audience": {"kind": "public"},
        "product_ids": ["weather-api"],
        "plan_ids": ["free"],
    }
    stack.call("POST", "/v1/admin/catalogues", owen, catalogue)
    stack.call("PUT", "/v1/cart/items/weather-api", ada, {"catalogue_id": "public-apis", "plan_id": "gold"})
    access = settled(ask("Standing", plan="free"))
    suspended = approved(ask("Suspended"))["credential_id"]
    stack.call("POST", f"/v1/admin/credentials/{suspended}/suspend", owen)
    document = {"openapi": "3.1.0", "info": {"title": "Weather", "version": "1"}, "paths": {}}
    stack.call("PUT", "/v1/admin/products/weather-api/openapi", owen, document)
    doomed = {"id": "doomed", "name": "Doomed"}
    stack.call("POST", "/v1/admin/plans", owen, doomed)
    stack.call("POST", "/v1/admin/catalogues", owen, doomed | {"audience": {"kind": "everyone"}})
    stack.call(
        "POST", "/v1/admin/products", owen, doomed | {"auth_method": "api_key", "gateway": {"kind": "builtin"}, "owners": ["owners@example.com"]}
    )
    return {
        "TO_SUSPEND": approved(ask("To suspend"))["credential_id"],
        "SUSPENDED": suspended,
        "CREDENTIAL_TO_REVOKE": approved(ask("Credential to revoke"))["credential_id"],
        "GRANTEE": stack.call("POST", "/v1/apps", ada, {"name": "Grantee"})["id"],
        "HANDED_OVER": stack.call("POST", "/v1/apps", ada, {"name": "Handed over"})["id"],
        "APP": access["app"]["id"],
        "CREDENTIAL": access["credential_id"],
        "APPROVED": access["id"],
        "DOOMED_APP": stack.call("POST", "/v1/apps", ada, {"name": "Doomed"})["id"],
        "TO_WITHDRAW": ask("To withdraw")["id"],
        "TO_APPROVE": ask("To approve")["id"],
        "TO_REJECT": ask("To reject")["id"],
        "TO_REVOKE": approved(ask("To revoke"))["id"],
        "FAILED": approved(ask("Failed", "payments-api"))["id"],
    }


def run(schemathesis: str, stack: Stack, ids: dict[str, str], user: str | None, *which: str) -> set[str]:
    """One run, as `user`; gives the operations that were answered with a 2xx."""
    with tempfile.TemporaryDirectory() as scratch:
        report = pathlib.Path(scratch) / "report.har"
        command = [schemathesis, "--config-file", str(HERE / "schemathesis.toml"), "run", str(DOCUMENT)]
        command += ["--url", stack.address, "--report-har-path", str(report), "--warnings", "off", *which]
        if user:
            command += ["-H", f"Authorization: Bearer {stack.token(user)}"]
        print(f"As {user or 'nobody'}:", flush=True)
        if subprocess.run(command, cwd=scratch, env=os.environ | ids).returncode != 0:
            sys.exit(1)
        exchanges = json.loads(report.read_text())["log"]["entries"]
    return {
        f"{exchange['request']['method']} {exchange['request']['url'].removeprefix(stack.address).split('?')[0]}"
        for exchange in exchanges
        if 200 <= exchange["response"]["status"] < 300
    }


def never_answered(done: set[str]) -> list[str]:
    """The operations of the document that none of `done` is a call of."""
    missing = []
    for path, item in json.loads(DOCUMENT.read_text())["paths"].items():
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))
        for method in item:
            if not any(re.fullmatch(f"{method.upper()} {pattern}", call) for call in done):
                missing.append(f"{method.upper()} {path}")
    return missing


def main(schemathesis: str, program: str):
    with Stack(program) as stack:
        ids = seed(stack)
        done = run(schemathesis, stack, ids, None, "--include-path-regex", "^/v1/(public|health|openapi)")
        # Before the others empty the cart, and take the names of the examples.
        done |= run(schemathesis, stack, ids, "ada", "--include-operation-id-regex", "^submit_")
        done |= run(schemathesis, stack, ids, "ada", "--exclude-path-regex", "^/v1/admin")
        done |= run(schemathesis, stack, ids, "owen", "--include-path-regex", "^/v1/admin")
    if missing := never_answered(done):
        sys.exit("never answered with a 2xx:\n  " + "\n  ".join(missing))


main(*(str(pathlib.Path(argument).absolute()) for argument in sys.argv[1:]))
