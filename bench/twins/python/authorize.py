"""The authorizer: opens a protected API to the keys that Gatepass issued."""

import datetime
import hashlib
import re
import time
import zlib

from table import TABLE, client, key, plain

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
BODY = 46
KEY = re.compile(r"gp_[0-9A-Za-z]{49}")
CLOSED = {"isAuthorized": False, "context": {}}
KEPT_SECONDS = 60

plans = {}


def handle(event):
    product = event["stageVariables"]["gatepass_product_id"]
    given = next((value for name, value in event["headers"].items() if name.lower() == "x-api-key"), None)
    if not given or not is_key(given):
        return CLOSED
    record = read(f"K#{hashlib.sha256(given.encode()).hexdigest()}", "KEY")
    if not record or not opens(record, product):
        return CLOSED
    plan = recent(record["plan_id"])
    if not plan:
        return CLOSED
    context = {name: record[name] for name in ("credential_id", "app_id", "plan_id")} | {"product_id": product}
    for name, limit in (("rate", plan["rate_limit"]), ("quota", plan["quota"])):
        if limit:
            context[f"{name}_requests"] = str(limit["requests"])
            context[f"{name}_per_seconds"] = str(limit["per_seconds"])
    return {"isAuthorized": True, "context": context}


def opens(record, product):
    end = record["not_after"]
    if record["status"] != "active" or end and datetime.datetime.fromisoformat(end).timestamp() <= time.time():
        return False
    return any(grant["product_id"] == product and grant["status"] == "active" for grant in record["grants"])


def read(pk, sk):
    item = client.get_item(TableName=TABLE, ConsistentRead=True, Key=key(pk, sk)).get("Item")
    return item and plain({"M": item})


def recent(plan_id):
    """The plan, read within the last minute."""
    now = time.time()
    read_at, plan = plans.get(plan_id, (0, None))
    if now - read_at >= KEPT_SECONDS:
        plan = read(f"PLAN#{plan_id}", "OFFER")
        plans[plan_id] = now, plan
    return plan


def is_key(text):
    return bool(KEY.fullmatch(text)) and text[BODY:] == checksum(text[:BODY])


def checksum(body):
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = ALPHABET[digit] + digits
    return digits
