"""The table, and the forms in which requests stand in it."""

import os

import boto3

TABLE = os.environ["GATEPASS_TABLE"]
client = boto3.client("dynamodb")


def S(text):
    return {"S": text}


def N(number):
    return {"N": str(number)}


def key(pk, sk):
    return {"PK": S(pk), "SK": S(sk)}


def batch(keys):
    """The items under `keys` by partition and sort key, read consistently."""
    read = client.batch_get_item(RequestItems={TABLE: {"ConsistentRead": True, "Keys": keys}})
    return {(item["PK"]["S"], item["SK"]["S"]): plain({"M": item}) for item in read["Responses"][TABLE]}


def plain(attribute):
    """An attribute as a value of Python."""
    ((kind, value),) = attribute.items()
    match kind:
        case "N":
            return int(value)
        case "NULL":
            return None
        case "L":
            return [plain(one) for one in value]
        case "M":
            return {name: plain(member) for name, member in value.items()}
        case _:
            return value


def offer_keys(requests):
    """The keys of the products and plans that the requests name."""
    named = {}
    for request in requests:
        named.update({f"PROD#{item['product_id']}": None for item in request["items"]})
        named[f"PLAN#{request['plan_id']}"] = None
    return [key(pk, "OFFER") for pk in named]


def awaiting(request, offers):
    """The groups that a pending request waits for."""
    groups = {}
    if request["state"] == "pending":
        for item in request["items"]:
            own = offers.get((f"PROD#{item['product_id']}", "OFFER"), {}).get("approver_groups")
            for group in own or ["api-owners"]:
                groups.setdefault(group, []).append(item["product_id"])
    return [{"group": group, "product_ids": products} for group, products in groups.items()]


def shown(request, offers):
    """A request as the API shows it."""
    plan = offers.get((f"PLAN#{request['plan_id']}", "OFFER"), {})
    return {
        "id": request["id"], "kind": request["kind"], "requester": request["requester"], "app": request["app"],
        "items": request["items"], "product_ids": [item["product_id"] for item in request["items"]],
        "plan_id": request["plan_id"], "plan_name": request["plan_name"], "auth_method": request["auth_method"],
        "extends_credential_id": None, "credential_id": request.get("credential_id"),
        "justification": request.get("justification"), "status": request["state"], "policy": request["policy"],
        "asked": None, "access_expires_at": None, "approvals_restarted_at": None,
        "approvals_required": plan.get("approvals_required", 1), "approvals": [], "awaiting": awaiting(request, offers),
        "decide_by": request.get("waiting", {}).get("decide_by"), "decided_by": None, "decided_at": None, "reason": None,
        "provisioning": {"status": "not_started", "attempts": 0, "next_attempt_at": None, "last_error": None},
        "created_at": request["created_at"], "updated_at": request["updated_at"], "version": request["version"],
    }
