"""POST /v1/access-requests: one batch of reads, one transaction, and what the answer says of who decides."""

import datetime
import hashlib
import json
import re
import secrets
import time
import uuid

from table import N, S, TABLE, batch, client, key, offer_keys, shown
from web import Problem, answer, answering

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SHARDS = 4
MAX_PENDING = 20


def handle(event):
    return answering(event, lambda caller: file(event, caller))


def file(event, caller):
    asked = check(event["body"])
    catalogue_key, plan_key = f"CAT#{asked['catalogue_id']}", f"PLAN#{asked['plan_id']}"
    person_key, app_key = f"U#{caller['id']}", f"A#{asked['app_id']}"
    product_keys = [f"PROD#{product}" for product in asked["product_ids"]]
    found = batch([
        key(catalogue_key, "OFFER"), *(key(pk, "OFFER") for pk in product_keys), key(plan_key, "OFFER"),
        key(person_key, f"ALLOWANCE#{asked['plan_id']}"), key(person_key, "HOLDINGS"), key("SET#settings", "SET"),
        key(app_key, "APP"),
    ])
    settings = found.get(("SET#settings", "SET"), {})
    if settings.get("access_flow") == "cart":
        raise Problem(409, "access-flow-disabled", "Collect products in the cart.")
    catalogue, plan = found.get((catalogue_key, "OFFER")), found.get((plan_key, "OFFER"))
    products, app = [found.get((pk, "OFFER")) for pk in product_keys], found.get((app_key, "APP"))
    check_rules(caller, catalogue, plan, products, app, asked["plan_id"])
    holdings = found.get((person_key, "HOLDINGS")) or {"version": 0, "pending": []}
    if len(holdings["pending"]) >= settings.get("max_pending_per_person", MAX_PENDING):
        raise Problem(409, "too-many-pending", "Too many requests are pending.")

    request = made(caller, asked, app, catalogue, plan, products)
    commit(caller, request, catalogue, holdings, event["requestContext"])
    offers = batch(offer_keys([request]))
    return answer(201, shown(request, offers), {"location": f"/v1/access-requests/{request['id']}", "etag": '"1"'})


def check(text):
    try:
        body = json.loads(text)
        products = body["product_ids"]
        fits = (
            all(SLUG.fullmatch(one) for one in (body["catalogue_id"], body["plan_id"], *products))
            and UUID.fullmatch(body["app_id"])
            and 0 < len(products) <= 20
            and len(set(products)) == len(products)
            and len(body.get("justification") or "") <= 2000
        )
    except (KeyError, TypeError, ValueError):
        fits = False
    if not fits:
        raise Problem(422, "validation-failed", "The body is not as it should be.")
    return body


def check_rules(caller, catalogue, plan, products, app, plan_id):
    audience = catalogue["audience"] if catalogue else {"kind": "nobody", "groups": []}
    is_seen = audience["kind"] in ("everyone", "public") or set(audience["groups"]) & set(caller["groups"])
    for product in products:
        is_on_offer = product and product["published"] and product["status"] != "retired"
        if not (is_seen and is_on_offer and product["id"] in catalogue["product_ids"]):
            raise Problem(409, "product-not-offered", "A product is not on offer.")
    if not plan or plan_id not in catalogue["plan_ids"]:
        raise Problem(409, "plan-not-offered", "The plan is not on offer.")
    if len({product["auth_method"] for product in products}) > 1:
        raise Problem(409, "mixed-authentication-methods", "The products authenticate in different ways.")
    if not app or app["owner"] != caller["id"]:
        raise Problem(409, "app-not-usable", "The app is not yours.")


def judged(plan, caller, product_ids):
    """The policy's verdict."""
    when = plan["auto_approve_when"]
    holds = (
        plan["auto_approve"]
        and (not when["users"] or caller["id"] in when["users"])
        and (not when["groups"] or set(when["groups"]) & set(caller["groups"]))
        and (not when["products"] or set(product_ids) <= set(when["products"]))
    )
    text = "approves automatically" if holds else "is reviewed by API Owners"
    return {
        "review": "automatic" if holds else "manual", "rule": "auto_approve" if holds else "auto_approve_off",
        "plan_version": plan["version"], "reasons": [f"the plan `{plan['id']}` {text}"],
    }


def made(caller, asked, app, catalogue, plan, products):
    now = datetime.datetime.now(datetime.UTC)
    after = lambda hours: written(now + datetime.timedelta(hours=hours))
    return {
        "id": uuid7(), "kind": "new", "requester": caller, "app": {"id": asked["app_id"], "name": app["name"]},
        "items": [
            {"product_id": product["id"], "catalogue_id": catalogue["id"], "name": product["name"]} for product in products
        ],
        "plan_id": plan["id"], "plan_name": plan["name"], "auth_method": products[0]["auth_method"],
        "justification": asked.get("justification"), "policy": judged(plan, caller, asked["product_ids"]),
        "state": "pending", "remind_at": after(48),
        "waiting": {"decide_by": after(720), "escalate_at": after(120), "remind_after_seconds": 172_800},
        "created_at": written(now), "updated_at": written(now), "version": 1,
    }


def commit(caller, request, catalogue, holdings, context):
    now, event_id, salt = request["created_at"], uuid7(), secrets.token_hex(16)
    origin = {"source_address": context["http"]["sourceIp"], "user_agent": context["http"]["userAgent"]}
    personal = compact({"actor_name": caller["name"], "origin": origin})
    product_ids = [item["product_id"] for item in request["items"]]
    body = compact({
        "actor_id": caller["id"], "actor_kind": "person", "aggregate": {"id": request["id"], "kind": "request"},
        "commitment": sha256(salt + personal), "correlation_id": context["requestId"],
        "data": {
            "app_id": request["app"]["id"], "credential_id": None, "kind": "new", "plan_id": request["plan_id"],
            "product_ids": product_ids, "request_id": request["id"], "requester_id": caller["id"],
            "review": request["policy"]["review"],
        },
        "id": event_id, "occurred_at": now, "seq": 1, "type": "AccessRequestSubmitted", "version": 1,
    })
    digest = sha256(body)
    names = {f"#p{place}": product for place, product in enumerate(product_ids)}
    conditions = ["attribute_exists(PK)", "attribute_not_exists(closing)"]
    conditions += [f"attribute_not_exists(products.{place})" for place in names]
    held = {
        **key(f"U#{caller['id']}", "HOLDINGS"), "version": N(holdings["version"] + 1),
        "pending": {"L": [S(one) for one in [*holdings["pending"], request["id"]]]},
    }
    client.transact_write_items(
        ClientRequestToken=str(uuid.uuid4()),
        TransactItems=[
            put(stored(request, digest)),
            *(
                put({
                    **key(f"R#{request['id']}", f"FOR#{product}"),
                    "GSI1PK": S(f"PROD#{product}#pending"), "GSI1SK": S(f"{now}#{request['id']}"),
                    "GSI2PK": S(f"PLAN#{request['plan_id']}"), "GSI2SK": S(f"{now}#{request['id']}"),
                })
                for product in product_ids
            ),
            put({
                **key(f"E#R#{request['id']}", "00000001"),
                "GSI1PK": S(f"A#{request['app']['id']}"), "GSI1SK": S(f"R#{now}#{request['id']}"),
                "GSI2PK": S(f"L#{now[:10]}#{shard(event_id)}"), "GSI2SK": S(f"{now}#{event_id}"),
                "body": S(body), "hash": S(digest), "personal": S(personal), "salt": S(salt),
            }),
            {"ConditionCheck": {
                "TableName": TABLE, "Key": key(f"CAT#{catalogue['id']}", "VERSION"),
                "ConditionExpression": "version = :expected",
                "ExpressionAttributeValues": {":expected": N(catalogue["version"])},
            }},
            {"Update": {
                "TableName": TABLE, "Key": key(f"A#{request['app']['id']}", "ACCESS"),
                "UpdateExpression": "SET " + ", ".join(f"products.{place} = :request" for place in names),
                "ConditionExpression": " AND ".join(conditions), "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": {":request": S(request["id"])},
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }},
            put(
                held, ConditionExpression="attribute_not_exists(PK) OR version = :expected",
                ExpressionAttributeValues={":expected": N(holdings["version"])},
            ),
        ],
    )


def put(item, **condition):
    return {"Put": {
        "TableName": TABLE, "Item": item, "ConditionExpression": "attribute_not_exists(PK)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD", **condition,
    }}


def stored(request, digest):
    """A request as it stands in the table."""
    texts = lambda values: {"L": [S(value) for value in values]}
    members = lambda source, names: {name: S(source[name] or "") for name in names}
    at, requester, policy, waiting = request["created_at"], request["requester"], request["policy"], request["waiting"]
    plan_version, remind_after = N(policy["plan_version"]), N(waiting["remind_after_seconds"])
    return {
        **key(f"R#{request['id']}", "REQ"),
        "GSI1PK": S(f"U#{requester['id']}"), "GSI1SK": S(f"R#{at}#{request['id']}"),
        "GSI2PK": S(f"Q#pending#{shard(request['id'])}"), "GSI2SK": S(f"{at}#{request['id']}"),
        "WORKPK": S("WORK"), "WORKSK": S(f"waiting#{request['remind_at']}#R#{request['id']}/REQ"),
        **members(request, ["auth_method", "created_at", "kind", "plan_id", "plan_name", "state", "updated_at"]),
        "app": {"M": members(request["app"], ["id", "name"])},
        "chain": {"M": {"hash": S(digest), "seq": N(1)}},
        "items": {"L": [{"M": members(item, item)} for item in request["items"]]},
        "policy": {"M": {
            **members(policy, ["review", "rule"]), "plan_version": plan_version, "reasons": texts(policy["reasons"]),
        }},
        "requester": {"M": {**members(requester, ["id", "name", "email"]), "groups": texts(requester["groups"])}},
        "schema_version": N(1), "version": N(1),
        "waiting": {"M": {**members(waiting, ["decide_by", "escalate_at"]), "remind_after_seconds": remind_after}},
    }


def uuid7():
    value = time.time_ns() // 1_000_000 << 80 | secrets.randbits(80)
    return str(uuid.UUID(int=value & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62))


def written(instant):
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def shard(identifier):
    return int(identifier[-2:], 16) % SHARDS


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()
