"""The flows of the end-to-end suite (tests/tests/it/flows), on what is deployed.

Each is a function whose first line says what it shows. They share one installation, so each has apps of its own and
puts back what it changes.
"""

import concurrent.futures
import json

from installation import until

NOBODYS = "019351d0-0000-7000-8000-000000000000"


def offers(at):
    """An owner fills the catalogues, and everyone sees what is presented to them."""
    def product(slug, name, auth_method="api_key", gateway="builtin"):
        return {
            "id": slug, "name": name, "description": name, "auth_method": auth_method, "gateway": {"kind": gateway},
            "owners": [f"{slug.removesuffix('-api')}-team@example.com"], "published": True,
        }
    create = lambda kind, entity: at.owen.post(f"/v1/admin/{kind}", entity).expect(201)
    create("products", product("weather-api", "Weather API"))
    create("products", product("maps-api", "Maps API"))
    create("products", product("fleet-api", "Fleet API"))
    create("products", product("payments-api", "Payments API", "oauth2", "oauth2_dcr"))
    create("plans", {
        "id": "free", "name": "Free", "auto_approve": True, "rate_limit": {"requests": 25, "per_seconds": 1},
        "key_expires_in_seconds": 2_592_000,
    })
    create("plans", {"id": "gold", "name": "Gold", "rate_limit": {"requests": 100, "per_seconds": 1}})
    create("catalogues", {
        "id": "public-apis", "name": "Public APIs", "audience": {"kind": "everyone", "groups": []},
        "product_ids": ["weather-api", "maps-api", "payments-api"], "plan_ids": ["free", "gold"],
    })
    create("catalogues", {
        "id": "partner-apis", "name": "Partner APIs", "audience": {"kind": "groups", "groups": ["partners"]},
        "product_ids": ["fleet-api"], "plan_ids": ["free", "gold"],
    })
    at.ada.post("/v1/admin/plans", {"id": "silver", "name": "Silver"}).expect(403)
    seen = lambda who: [catalogue["id"] for catalogue in who.get("/v1/catalogues").expect(200)["items"]]
    assert seen(at.ada) == ["public-apis"] and seen(at.grace) == ["partner-apis", "public-apis"]
    at.ada.get("/v1/products/fleet-api").problem(404, "not-found")
    me = at.grace.get("/v1/me").expect(200)
    assert (me["id"], me["name"], me["email"]) == (at.grace.id, "Grace", "grace@example.com"), me


def automatic(at):
    """R1, R2, R26, R37: the free plan is granted at once; key, mail and record."""
    answer = at.ada.ask("public-apis", ["weather-api"], "free", "Storm warnings")
    request = answer.expect(201)
    assert answer.headers["location"] == f"/v1/access-requests/{request['id']}"
    assert request["policy"]["review"] == "automatic"
    request = at.ada.until_provisioning(request["id"], "provisioned")
    assert history(request) == ["AccessRequestSubmitted", "AccessRequestApproved", "AccessProvisioned"]
    key = at.ada.reveal(request)
    assert key.startswith("gp_")
    verdicts = [at.at_gateway("weather-api", key), at.at_gateway("maps-api", key), at.at_gateway("weather-api", "gp_x")]
    assert verdicts == [200, 403, 403], verdicts
    at.ada.until_mail(request["id"], "approve")
    assert "You have access to Weather API" in at.mails("ada@example.com")
    credentials = at.ada.get(f"/v1/apps/{request['app']['id']}/credentials").expect(200)
    assert key not in json.dumps(credentials)
    seen = at.owen.get(f"/v1/admin/access-requests/{request['id']}").expect(200)
    assert seen["decided_by"]["kind"] == "policy"


def cart(at):
    """R11 to R20: a cart of two products becomes one request, however often it is submitted."""
    put = lambda product, plan: at.ada.put(
        f"/v1/cart/items/{product}", {"plan_id": plan, "catalogue_id": "public-apis"}
    )
    submit = lambda: at.ada.post("/v1/cart/submit", {"new_app": {"name": "Collected"}, "justification": "both"})
    submit().problem(422, "empty-cart")
    put("weather-api", "free").expect(200)
    put("maps-api", "gold").problem(422, "mixed-plans")
    put("payments-api", "free").problem(422, "mixed-authentication-methods")
    put("maps-api", "free").expect(200)
    answers = at_once(4, submit)
    assert sorted(answer.status for answer in answers) == [201, 422, 422, 422]
    (filed,) = [answer.body for answer in answers if answer.status == 201]
    request = at.ada.until_provisioning(filed["id"], "provisioned")
    key = at.ada.reveal(request)
    assert [at.at_gateway(product, key) for product in ("weather-api", "maps-api")] == [200, 200]
    put("maps-api", "free").expect(200)
    at.ada.delete("/v1/cart/items/maps-api").expect(204)
    at.ada.delete("/v1/cart").expect(204)


def manual(at):
    """R7, R21 to R28, R35: gold waits for an owner; of eight approvals at once one decides."""
    request = at.grace.submit("partner-apis", ["fleet-api"], "gold", "Night buses")
    assert request["policy"]["review"] == "manual"
    at.grace.until_mail(request["id"], "submitted")
    assert len(at.mails("fleet-team@example.com")) == 1
    approve = f"/v1/admin/access-requests/{request['id']}/approve"
    at.ada.post(approve).expect(403)
    at.eve.post(approve).expect(403)
    answers = at_once(8, lambda: at.owen.post(approve))
    assert sorted(answer.status for answer in answers) == [200] + [409] * 7
    request = at.grace.until_provisioning(request["id"], "provisioned")
    assert at.at_gateway("fleet-api", at.grace.reveal(request)) == 200
    at.grace.until_mail(request["id"], "approve")


def rejected(at):
    """R27, R41, R43: a rejected request grants nothing, and its requester hears why."""
    request = at.grace.submit("partner-apis", ["fleet-api"], "gold", "Day buses")
    reject = f"/v1/admin/access-requests/{request['id']}/reject"
    at.olga.post(reject).problem(400, "invalid-body")
    at.olga.post(reject, {"reason": "Ask for free first."}).expect(200)
    request = at.grace.until_mail(request["id"], "reject")
    assert (request["status"], request["credential_id"]) == ("rejected", None)
    assert "Access to Fleet API was not granted" in at.mails("grace@example.com")


def own_request(at):
    """R21: nobody decides their own request, and nobody sees another's."""
    request = at.owen.submit("public-apis", ["weather-api"], "gold", "Umbrellas")
    at.owen.post(f"/v1/admin/access-requests/{request['id']}/approve").problem(403, "own-request")
    at.ada.get(f"/v1/access-requests/{request['id']}").problem(404, "not-found")
    at.olga.post(f"/v1/admin/access-requests/{request['id']}/approve", {"note": "fine"}).expect(200)
    at.owen.until_provisioning(request["id"], "provisioned")


def withdrawn(at):
    """Withdrawing frees the product for another request."""
    request = at.ada.submit("public-apis", ["weather-api"], "gold", "Second thoughts")
    again = {
        "catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "gold",
        "app_id": request["app"]["id"],
    }
    at.ada.post("/v1/access-requests", again).problem(409, "duplicate-access")
    withdrawn = at.ada.post(f"/v1/access-requests/{request['id']}/withdraw").expect(200)
    assert withdrawn["status"] == "withdrawn"
    second = at.ada.post("/v1/access-requests", again).expect(201)
    at.ada.post(f"/v1/access-requests/{second['id']}/withdraw").expect(200)


def extended(at):
    """R18: an extended credential opens more with the same key."""
    first = at.ada.submit("public-apis", ["weather-api"], "free", "Growing")
    first = at.ada.until_provisioning(first["id"], "provisioned")
    key = at.ada.reveal(first)
    more = lambda plan: at.ada.post("/v1/access-requests", {
        "catalogue_id": "public-apis", "product_ids": ["maps-api"], "plan_id": plan, "app_id": first["app"]["id"],
        "extends_credential_id": first["credential_id"],
    })
    more("gold").problem(422, "credential-not-compatible")
    second = at.ada.until_provisioning(more("free").expect(201)["id"], "provisioned")
    assert at.ada.reveal(second) == key
    assert at.at_gateway("maps-api", key) == 200


def failing(at):
    """R2, R35: provisioning that fails is visible, owners are told, and it can be retried."""
    request = at.ada.submit("public-apis", ["payments-api"], "free", "Till")
    request = at.ada.until_provisioning(request["id"], "failed")
    assert request["provisioning"]["last_error"]["code"] == "gateway-not-configured"
    at.ada.until_mail(request["id"], "provisioning-failed")
    retry = f"/v1/admin/access-requests/{request['id']}/retry"
    at.ada.post(retry).expect(403)
    assert at.owen.post(retry).expect(200)["provisioning"]["status"] == "queued"
    failures = lambda: history(at.ada.request(request["id"])).count("ProvisioningFailed") == 2
    until("it has failed twice", failures)


def ended(at):
    """Keys end by revoking, and by deleting the app."""
    granted = []
    for app in ("Revoked", "Deleted"):
        request = at.ada.submit("public-apis", ["weather-api"], "free", app)
        request = at.ada.until_provisioning(request["id"], "provisioned")
        granted.append((request, at.ada.reveal(request)))
    (revoked, first), (deleted, second) = granted
    at.owen.post(f"/v1/admin/access-requests/{revoked['id']}/revoke", {"reason": "leaked"}).expect(200)
    at.ada.delete(f"/v1/apps/{deleted['app']['id']}").expect(204)
    assert [at.at_gateway("weather-api", key) for key in (first, second)] == [403, 403]
    assert at.ada.request(deleted["id"])["provisioning"]["status"] == "revoked"


def suspended(at):
    """A suspended key is closed until it is resumed, and a revoked one for good."""
    request = at.ada.submit("public-apis", ["weather-api"], "free", "Suspended")
    request = at.ada.until_provisioning(request["id"], "provisioned")
    key = at.ada.reveal(request)
    for what, status in [("suspend", 403), ("resume", 200), ("revoke", 403)]:
        at.owen.post(f"/v1/admin/credentials/{request['credential_id']}/{what}").expect(200)
        assert at.at_gateway("weather-api", key) == status, what
    at.owen.post(f"/v1/admin/credentials/{request['credential_id']}/resume").problem(409, "credential-not-suspended")


def granted(at):
    """Access is granted without a request; an app is handed on."""
    app = at.ada.post("/v1/apps", {"name": "Given"}).expect(201)["id"]
    gift = {"product_ids": ["fleet-api"], "plan_id": "free", "note": "For the harbour"}
    request = at.owen.post(f"/v1/admin/apps/{app}/grants", gift).expect(201)
    request = at.ada.until_provisioning(request["id"], "provisioned")
    assert at.at_gateway("fleet-api", at.ada.reveal(request)) == 200
    at.ada.call("PATCH", f"/v1/apps/{app}", {"description": "Given"}, if_match="*").expect(200)
    at.owen.post(f"/v1/admin/apps/{app}/owner", {"owner": at.grace.id}).expect(200)
    at.ada.get(f"/v1/apps/{app}").problem(404, "not-found")
    at.grace.get(f"/v1/apps/{app}").expect(200)


def many(at):
    """Owners decide on many requests at once, with a result for each."""
    ids = [at.ada.submit("public-apis", ["maps-api"], "gold", f"Many {number}")["id"] for number in range(3)]
    decide = lambda body: at.owen.post("/v1/admin/access-requests/decide", body).expect(200)["items"]
    statuses = lambda items: [item["status"] for item in items]
    assert statuses(decide({"decision": "approve", "ids": [*ids[:2], NOBODYS]})) == [200, 200, 404]
    assert statuses(decide({"decision": "reject", "ids": ids[1:], "reason": "Two will do."})) == [409, 200]
    for request_id in ids[:2]:
        at.ada.until_provisioning(request_id, "provisioned")


def policy(at):
    """R29 to R32: automatic for trusted people and chosen products; what the policy would say can be asked."""
    when = {"groups": ["partners"], "users": [], "products": ["weather-api"]}
    before = at.owen.edit("/v1/admin/plans/gold", auto_approve=True, auto_approve_when=when)
    try:
        for who, product, expected in [
            (at.grace, "weather-api", "automatic"), (at.grace, "maps-api", "manual"), (at.ada, "weather-api", "manual"),
        ]:
            dry = {"requester": {"id": who.id, "groups": ["partners"] if who is at.grace else []},
                   "product_ids": [product], "plan_id": "gold"}
            assert at.owen.post("/v1/admin/policy/evaluate", dry).expect(200)["review"] == expected
            request = who.submit("public-apis", [product], "gold", f"{product} {expected}")
            assert request["policy"]["review"] == expected, request["policy"]
            if expected == "automatic":
                who.until_provisioning(request["id"], "provisioned")
    finally:
        at.owen.edit("/v1/admin/plans/gold", **before)


def repeated(at):
    """R1, R6: a request that is repeated with its Idempotency-Key is filed once, and answered the same."""
    once = lambda product: at.ada.ask("public-apis", [product], "free", "Once", idempotency_key="k-1")
    first, again = once("weather-api"), once("weather-api")
    assert first.expect(201) == again.expect(201)
    once("maps-api").problem(422, "idempotency-key-reused")


def refused(at):
    """R8, R15 to R17: what breaks a rule is refused with it; so are bodies and tokens that are no good."""
    ask = lambda products, plan: at.ada.ask("public-apis", products, plan, "Trucks")
    ask(["fleet-api"], "free").problem(422, "product-not-offered")
    ask(["weather-api"], "platinum").problem(422, "plan-not-offered")
    ask(["weather-api", "payments-api"], "free").problem(422, "mixed-authentication-methods")
    good = {"catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "free"}
    at.ada.post("/v1/access-requests", good | {"app_id": NOBODYS}).problem(422, "app-not-usable")
    at.ada.post("/v1/access-requests", good | {"colour": "green"}).problem(400, "invalid-body")
    at.ada.post("/v1/access-requests", '{"catalogue_id": ').problem(400, "malformed-json")
    assert at.nobody.get("/v1/apps").expect(401) == {"message": "Unauthorized"}
    at.nobody.call("GET", "/v1/apps", authorization=f"Bearer {at.ada.token[:-4]}aaaa").expect(401)


def public(at):
    """What needs no token: health, the OpenAPI document, catalogues for everyone in the world."""
    at.nobody.get("/v1/health").expect(200)
    assert at.nobody.get("/v1/openapi.json").expect(200)["openapi"].startswith("3.1")
    audience = {"kind": "public", "groups": []}
    before = at.owen.edit("/v1/admin/catalogues/public-apis", audience=audience)
    try:
        seen = at.nobody.get("/v1/public/catalogues").expect(200)["items"]
        assert [catalogue["id"] for catalogue in seen] == ["public-apis"]
    finally:
        at.owen.edit("/v1/admin/catalogues/public-apis", **before)


def deleted(at):
    """Nothing is left behind when a product goes away."""
    new = {"id": "short-api", "name": "Short", "auth_method": "api_key", "gateway": {"kind": "builtin"},
           "owners": ["short-team@example.com"], "published": True}
    at.owen.post("/v1/admin/products", new).expect(201)
    listed = at.owen.get("/v1/admin/catalogues/public-apis").expect(200)["product_ids"]
    at.owen.edit("/v1/admin/catalogues/public-apis", product_ids=[*listed, "short-api"])
    request = at.ada.submit("public-apis", ["short-api"], "free", "Short")
    request = at.ada.until_provisioning(request["id"], "provisioned")
    key = at.ada.reveal(request)
    at.owen.delete("/v1/admin/products/short-api").problem(409, "in-use")
    at.owen.delete("/v1/admin/products/short-api?force=true").expect(204)
    assert at.at_gateway("short-api", key) == 403
    assert at.owen.get("/v1/admin/catalogues/public-apis").expect(200)["product_ids"] == listed


def subjects(at):
    """R38, R39: the subjects of mails are the owners' own."""
    before = at.owen.edit("/v1/admin/settings", mail_subjects={"approve": "Welcome to {{ products }}"})
    try:
        request = at.ada.submit("public-apis", ["maps-api"], "free", "Greeted")
        at.ada.until_mail(request["id"], "approve")
        assert "Welcome to Maps API" in at.mails("ada@example.com"), at.mails("ada@example.com")
    finally:
        at.owen.edit("/v1/admin/settings", **before)


def counted(at):
    """Statistics count what was asked for and decided."""
    totals = lambda: at.owen.get("/v1/admin/statistics").expect(200)["totals"]
    before = totals()
    request = at.ada.submit("public-apis", ["weather-api"], "free", "Counted")
    at.ada.until_provisioning(request["id"], "provisioned")
    after = totals()
    for name in ("submitted", "approved_automatically", "provisioned"):
        assert after[name] == before[name] + 1, f"{name}: {before} {after}"


def traced(at):
    """One correlation id leads from the HTTP call to the mail."""
    request = at.ada.submit("public-apis", ["weather-api"], "free", "Traced")
    at.ada.until_mail(request["id"], "approve")
    ids = {line["correlation_id"] for line in at.logged("Event", request["id"])}
    assert len(ids) == 1, ids
    (correlation_id,) = ids
    targets = {line["target"] for line in at.logged("Event", correlation_id)}
    assert targets >= {"gatepass_auto_approve", "gatepass_provision", "gatepass_ses"}, targets
    (call,) = at.logged("Http", correlation_id)
    assert (call["status"], call["span"]["path"]) == (201, "/v1/access-requests"), call


def measured(at):
    """Figures are in the logs in the form that CloudWatch reads: submitted, decided, provisioned, how long, mails."""
    request = at.ada.submit("public-apis", ["weather-api"], "free", "Measured")
    at.ada.until_mail(request["id"], "approve")
    lines = at.logged("Event", '"_aws"')
    for line in lines:
        (definition,) = line["_aws"]["CloudWatchMetrics"]
        assert definition["Namespace"] == "Gatepass" and definition["Dimensions"] == [["FunctionName"]], line
        assert all(isinstance(line[metric["Name"]], list) for metric in definition["Metrics"]), line
    figures = {metric["Name"] for line in lines for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    assert figures >= {"Submitted", "Decided", "Provisioned", "TimeToProvisioned", "MailSent"}, figures
    assert "@example.com" not in str(lines)


def scheduled(at):
    """The schedule runs by itself, once a minute."""
    until("the schedule has run `expire`", lambda: at.logged("Event", "gatepass_expire"), within=150)


def denied(at):
    """Without the permission to encrypt nothing is provisioned, and that call is what is refused; with it all goes on."""
    iam, functions = at.emulator.client("iam"), at.emulator.client("lambda").list_functions
    roles = {one["FunctionName"]: one["Role"].split("/")[-1] for one in functions(MaxItems=1000)["Functions"]}
    (role,) = [role for function, role in roles.items() if "-Provision-" in function]
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    policies = {name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names}
    (name,) = [name for name, document in policies.items() if "kms:Encrypt" in json.dumps(document)]
    kept = [statement for statement in policies[name]["Statement"] if statement["Action"] != ["kms:Encrypt"]]
    put = lambda document: iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))
    put(policies[name] | {"Statement": kept})
    try:
        request = at.ada.submit("public-apis", ["weather-api"], "free", "Denied")
        request = at.ada.until_provisioning(request["id"], "failed")
    finally:
        put(policies[name])
    error = request["provisioning"]["last_error"]
    assert error["code"] == "sealing-refused" and "Encrypt: AccessDeniedException" in error["message"], error
    at.owen.post(f"/v1/admin/access-requests/{request['id']}/retry").expect(200)
    at.ada.until_provisioning(request["id"], "provisioned")


def upgraded(at):
    """An upgrade keeps what there is: requests, keys, people."""
    request = at.ada.submit("public-apis", ["weather-api"], "free", "Upgraded")
    request = at.ada.until_provisioning(request["id"], "provisioned")
    key, outputs = at.ada.reveal(request), at.outputs
    at.deploy(LogRetentionDays="14")
    assert at.outputs == outputs
    assert at.ada.request(request["id"])["version"] == request["version"]
    assert (at.ada.reveal(request), at.at_gateway("weather-api", key)) == (key, 200)


def history(request):
    """The types of the events on record."""
    return [event["type"] for event in request["history"]]


def at_once(count, call):
    """The answers to `count` calls made at the same time."""
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return [future.result() for future in [pool.submit(call) for _ in range(count)]]


FLOWS = [
    offers, automatic, cart, manual, rejected, own_request, withdrawn, extended, failing, ended, suspended, granted,
    many, policy, repeated, refused, public, deleted, subjects, counted,
    traced, measured, scheduled, denied, upgraded,
]
