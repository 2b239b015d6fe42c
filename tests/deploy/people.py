"""Calls over HTTP: by people with an access token, and by nobody."""

import dataclasses
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
WAITS_SECONDS = 20


def equal(found: object, expected: object, about: object = ""):
    """Fails, showing both, when they differ."""
    assert found == expected, f"{about}: {found!r} instead of {expected!r}".removeprefix(": ")


def until(what: str, look: Callable[[], T], seconds: float = WAITS_SECONDS) -> T:
    """What `look` gives once it gives something that counts as true."""
    ends = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < ends, f"not within {seconds} seconds: {what}"
        time.sleep(0.05)
    return found


@dataclasses.dataclass
class Answer:
    """What was answered."""

    asked: str
    status: int
    headers: dict[str, str]
    body: object

    def expect(self, status: int) -> "Answer":
        """The same answer, whose status must be `status`."""
        assert self.status == status, f"{self.asked}: {self.status} instead of {status}: {self.body}"
        return self

    def problem(self, status: int, slug: str) -> dict:
        """The body, which must be the problem `slug`."""
        self.expect(status)
        assert self.headers["content-type"] == "application/problem+json", f"{self.asked}: {self.headers}"
        assert self.body["type"] == f"/problems/{slug}", f"{self.asked}: {self.body}"
        return self.body


class Api:
    """An HTTP API, which remembers what it was asked with success."""

    def __init__(self, address: str):
        self.address = address
        self.succeeded: set[str] = set()

    def call(self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> Answer:
        """Makes a call; a refusal is an answer, too. A body that is no text is sent as JSON."""
        data = body.encode() if isinstance(body, str) else None if body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json"} if data else {}
        request = urllib.request.Request(self.address + path, data, sent | (headers or {}), method=method)
        try:
            with urllib.request.urlopen(request) as answer:
                status, received, text = answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as refusal:
            status, received, text = refusal.code, refusal.headers, refusal.read()
        if status < 300:
            self.succeeded.add(f"{method} {path.partition('?')[0]}")
        lower = {name.lower(): value for name, value in received.items()}
        is_json = text and "json" in lower.get("content-type", "")
        return Answer(f"{method} {path}", status, lower, json.loads(text) if is_json else text.decode())


class Person:
    """Somebody with an access token."""

    def __init__(self, api: "Api", person_id: str, email: str, token: str):
        self.api, self.id, self.email, self.token = api, person_id, email, token

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """A call with their token; headers with `_` for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.api.call(method, path, body, named | {"Authorization": f"Bearer {self.token}"})

    def get(self, path: str) -> Answer:
        """Reads."""
        return self.call("GET", path)

    def post(self, path: str, body: object = None, **headers: str) -> Answer:
        """Makes or does something."""
        return self.call("POST", path, {} if body is None else body, **headers)

    def edit(self, path: str, **changes: object) -> Answer:
        """Changes members of what `path` gives, whatever its version is."""
        return self.call("PUT", path, self.editable(path) | changes, if_match="*").expect(200)

    def editable(self, path: str) -> dict:
        """What `path` gives, less what it alone writes: as it can be put back."""
        entity = self.get(path).expect(200).body
        return {name: value for name, value in entity.items() if name not in ("version", "created_at", "updated_at")}

    def ask(self, catalogue: str, products: list[str], plan: str, app: str, **more: object) -> Answer:
        """Asks for access, for a new app called `app`."""
        asked = {"catalogue_id": catalogue, "product_ids": products, "plan_id": plan, "new_app": {"name": app}}
        return self.post("/v1/access-requests", asked | more)

    def submit(self, catalogue: str, products: list[str], plan: str, app: str) -> dict:
        """The same, which must succeed; gives the request."""
        return self.ask(catalogue, products, plan, app).expect(201).body

    def request(self, request_id: str) -> dict:
        """The request as its requester sees it."""
        return self.get(f"/v1/access-requests/{request_id}").expect(200).body

    def until_provisioning(self, request_id: str, status: str, seconds: float = WAITS_SECONDS) -> dict:
        """Waits until provisioning of the request has come to `status`; gives the request."""

        def look() -> dict | None:
            request = self.request(request_id)
            return request if request["provisioning"]["status"] == status else None

        return until(f"provisioning of {request_id} is {status}", look, seconds)

    def until_mail(self, request_id: str, template: str, status: str = "sent") -> dict:
        """Waits until the request's mail `template` has come to `status`; gives the request."""

        def look() -> dict | None:
            request = self.request(request_id)
            found = any(mail["template"] == template and mail["status"] == status for mail in request["mails"])
            return request if found else None

        return until(f"the mail {template} about {request_id} is {status}", look)

    def granted(self, products: list[str], app: str) -> tuple[dict, str]:
        """Asks under the plan `free`, and gives the provisioned request and its key."""
        request = self.until_provisioning(self.submit("public-apis", products, "free", app)["id"], "provisioned")
        return request, self.reveal(request)

    def reveal(self, request: dict) -> str:
        """The key of the credential that a provisioned request led to."""
        path = f"/v1/apps/{request['app']['id']}/credentials/{request['credential_id']}/reveal"
        answer = self.post(path).expect(200)
        assert answer.headers["cache-control"] == "no-store", answer.headers
        return answer.body["key"]

    def decide(self, request_id: str, decision: str, **body: str) -> Answer:
        """Approves, rejects, retries, revokes: what API Owners do to a request."""
        return self.post(f"/v1/admin/access-requests/{request_id}/{decision}", body)
