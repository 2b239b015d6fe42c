"""The caller, problems and answers of the HTTP API."""

import base64
import json
import os


class Problem(Exception):
    """A refusal, as RFC 9457 has it."""

    def __init__(self, status, kind, detail):
        super().__init__(detail)
        self.status, self.kind = status, kind


def answering(event, work):
    """Runs `work` for the caller, and turns a problem into its answer."""
    try:
        return work(person(event))
    except Problem as problem:
        body = {
            "type": f"/problems/{problem.kind}", "title": problem.kind, "status": problem.status, "detail": str(problem),
            "request_id": event["requestContext"]["requestId"],
        }
        return answer(problem.status, body, {"content-type": "application/problem+json"})


def answer(status, body, headers=()):
    all_headers = {"content-type": "application/json", "cache-control": "no-store", **dict(headers)}
    return {"statusCode": status, "headers": all_headers, "body": json.dumps(body), "isBase64Encoded": False}


def person(event):
    """The person of the token, if it is the one that API Gateway verified and an access token."""
    verified = event["requestContext"].get("authorizer", {}).get("jwt", {}).get("claims")
    scheme, _, token = event["headers"].get("authorization", "").partition(" ")
    try:
        head, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2])
    except ValueError:
        head, claims = None, {}
    is_verified = verified and all(str(claims.get(name)) == verified.get(name) for name in ("sub", "iat", "jti"))
    is_access = head and claims.get("token_use", "access") == "access" and "at_hash" not in claims
    if scheme.lower() != "bearer" or not is_verified or not is_access:
        raise Problem(401, "unauthorized", "Unauthorized")
    return {
        "id": claims["sub"],
        "name": claims.get("name") or claims["sub"],
        "email": claims.get("email") if claims.get("email_verified") in (True, "true") else None,
        "groups": claims.get(os.environ["GATEPASS_GROUPS_CLAIM"], []),
    }
