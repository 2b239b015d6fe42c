"""Asking for access: what is on offer, the cart, requests, refusals."""

from flows import at_once, flow, history
from people import equal, until
from world import World


@flow
def free_is_granted_at_once(world: World):
    """A plan that approves by itself: submit, table stream, relay, rules, auto-approve, provision with KMS, SES."""
    ada = world.person("Ada", "builders")
    answer = ada.ask("public-apis", ["weather-api"], "free", "Storm warnings").expect(201)
    request_id = answer.body["id"]
    equal(answer.headers["location"], f"/v1/access-requests/{request_id}")
    equal(answer.body["policy"]["review"], "automatic")

    request = ada.until_provisioning(request_id, "provisioned")
    equal(request["status"], "approved")
    equal(history(request), ["AccessRequestSubmitted", "AccessRequestApproved", "AccessProvisioned"])
    credentials = ada.get(f"/v1/apps/{request['app']['id']}/credentials").expect(200).body["items"]
    equal([one["id"] for one in credentials], [request["credential_id"]])
    key = ada.reveal(request)
    assert key.startswith("gp_") and key not in str(credentials), "a list shows no key"
    opened = [world.sample("weather-api", one) for one in (None, key, "gp_wrong")]
    equal(opened + [world.sample("maps-api", key)], [401, 200, 403, 403], "none, right, wrong, another product's")

    equal([mail["template"] for mail in ada.until_mail(request_id, "approve")["mails"]], ["approve"])
    (mail,) = world.mails_to(ada.email, "Storm warnings")
    equal(mail["Subject"], "You have access to Weather API")
    for detail in ("Storm warnings", "Weather API", "Free", "25 requests per second"):
        assert detail in mail["BodyText"] and detail in mail["BodyHtml"], f"the mail does not mention {detail}: {mail}"
    assert key not in str(mail), "a mail holds no key"
    equal(world.mails_to("weather-team@example.com", "Storm warnings"), [], "owners are not asked")

    seen = world.owner.get(f"/v1/admin/access-requests/{request_id}").expect(200).body
    equal(seen["decided_by"]["kind"], "policy")
    for event_type in ("AccessRequestSubmitted", "AccessRequestApproved", "AccessProvisioned"):
        (event,) = world.events(event_type, request_id)
        equal(event["source"], "gatepass")
        assert "@example.com" not in str(event) and key not in str(event), f"events are thin: {event}"


@flow
def one_id_leads_from_the_http_call_to_the_mail(world: World):
    """API Gateway's id of the exchange is on each event that followed from it, and in each function's log."""
    ada = world.person("Ada", "builders")
    request_id = ada.submit("public-apis", ["weather-api"], "free", "Traced")["id"]
    ada.until_mail(request_id, "approve")
    types = ("AccessRequestSubmitted", "AccessRequestApproved", "AccessProvisioned")
    events = [world.events(event_type, request_id)[0]["detail"]["metadata"] for event_type in types]
    equal(len({event["correlation_id"] for event in events}), 1, "one correlation id")
    equal([event["causation_id"] for event in events[1:]], [event["id"] for event in events[:-1]], "causes")
    correlation_id = events[0]["correlation_id"]
    (call,) = until("the call is in its log", lambda: world.records("HttpLogs", correlation_id))
    equal((call["status"], call["span"]["path"]), (201, "/v1/access-requests"))
    expected = {"gatepass_auto_approve", "gatepass_provision", "gatepass_ses"}

    def passed() -> bool:
        return {record.get("target") for record in world.records("EventLogs", correlation_id)} >= expected

    until(f"{expected} are in the log of functions", passed)


@flow
def who_somebody_is_comes_from_the_user_pool(world: World):
    """The trigger puts name, mail address and organisation into the access token; the groups are Cognito's."""
    ada = world.person("Ada", "builders", "partners", organisation="Analytical Engines")
    found = ada.get("/v1/me").expect(200).body
    equal((found["id"], found["name"], found["email"]), (ada.id, "Ada", ada.email))
    equal((sorted(found["groups"]), found["organisation"]), (["builders", "partners"], "Analytical Engines"))


@flow
def the_request_begins_in_a_catalogue(world: World):
    """What can be asked for stands in the catalogues that are presented to the caller."""
    ada, grace = world.person("Ada", "builders"), world.person("Grace", "partners")
    for person, expected in ((ada, {"public-apis"}), (grace, {"partner-apis", "public-apis"})):
        items = person.get("/v1/catalogues").expect(200).body["items"]
        equal({one["id"] for one in items} & {"partner-apis", "public-apis"}, expected, person.email)
    ada.get("/v1/catalogues/partner-apis").problem(404, "not-found")
    ada.get("/v1/products/fleet-api").problem(404, "not-found")
    product = grace.get("/v1/products/fleet-api").expect(200).body
    equal([plan["id"] for plan in product["plans"]], ["free", "gold"])
    equal(ada.get("/v1/catalogues/public-apis").expect(200).body["id"], "public-apis")


@flow
def a_public_catalogue_needs_no_token(world: World):
    """So do health and the OpenAPI document, which lists every route; nothing else is open."""
    world.catalogue("open-apis", ["weather-api"], {"kind": "public"}, plans=("free",))
    listed = world.api.call("GET", "/v1/public/catalogues").expect(200).body["items"]
    equal([one["id"] for one in listed], ["open-apis"])
    equal(world.api.call("GET", "/v1/public/catalogues/open-apis").expect(200).body["id"], "open-apis")
    world.api.call("GET", "/v1/public/catalogues/public-apis").problem(404, "not-found")
    world.api.call("GET", "/v1/health").expect(200)
    for path, item in world.api.call("GET", "/v1/openapi.json").expect(200).body["paths"].items():
        for method, operation in item.items():
            answer = world.api.call(method.upper(), path.replace("{", "").replace("}", ""))
            equal(answer.status == 401, "security" in operation, f"{method} {path} without a token")


@flow
def a_cart_becomes_one_request(world: World):
    """Two products collected, and submitted six times at once."""
    ada = world.person("Ada", "builders")

    def put(product: str, plan: str):
        return ada.call("PUT", f"/v1/cart/items/{product}", {"plan_id": plan, "catalogue_id": "public-apis"})

    new_app = {"new_app": {"name": "Collected"}, "justification": "both"}
    ada.post("/v1/cart/submit", new_app).problem(422, "empty-cart")
    put("weather-api", "free").expect(200)
    put("maps-api", "gold").problem(422, "mixed-plans")
    put("payments-api", "free").problem(422, "mixed-authentication-methods")
    put("fleet-api", "free").problem(422, "product-not-offered")
    put("maps-api", "free").expect(200)
    collected = ada.get("/v1/cart").expect(200).body["items"]
    equal([one["product_id"] for one in collected], ["weather-api", "maps-api"])
    answers = at_once(*[lambda: ada.post("/v1/cart/submit", new_app)] * 6)
    filed = [answer for answer in answers if answer.status == 201]
    equal(len(filed), 1, [answer.status for answer in answers])
    for answer in answers:
        if answer.status != 201:
            answer.problem(422, "empty-cart")
    equal(ada.get("/v1/cart").expect(200).body["items"], [], "empty afterwards")
    request = ada.until_provisioning(filed[0].body["id"], "provisioned")
    equal((request["product_ids"], request["justification"]), (["weather-api", "maps-api"], "both"))
    key = ada.reveal(request)
    equal([world.sample(product, key) for product in request["product_ids"]], [200, 200])
    equal(len(ada.get("/v1/apps").expect(200).body["items"]), 1, "one app was created")


@flow
def a_cart_for_an_app_that_is_there(world: World):
    """An app is selected; what was collected can be taken out again."""
    ada = world.person("Ada", "builders")
    app = ada.post("/v1/apps", {"name": "Standing"}).expect(201).body["id"]
    item = {"plan_id": "free", "catalogue_id": "public-apis"}
    for product in ("weather-api", "maps-api"):
        ada.call("PUT", f"/v1/cart/items/{product}", item).expect(200)
    ada.call("DELETE", "/v1/cart/items/weather-api").expect(204)
    ada.call("DELETE", "/v1/cart/items/weather-api").problem(404, "not-found")
    request = ada.post("/v1/cart/submit", {"app_id": app}).expect(201).body
    equal(request["product_ids"], ["maps-api"])
    equal(ada.until_provisioning(request["id"], "provisioned")["app"]["id"], app)
    for emptied in ("/v1/cart/items/weather-api", "/v1/cart"):
        ada.call("PUT", "/v1/cart/items/weather-api", item).expect(200)
        ada.call("DELETE", emptied).expect(204)
        equal(ada.get("/v1/cart").expect(200).body["items"], [], emptied)


@flow
def an_extended_credential_opens_more_with_the_same_key(world: World):
    """One credential for several products."""
    ada = world.person("Ada", "builders")
    request, key = ada.granted(["weather-api"], "Growing")
    equal(world.sample("maps-api", key), 403)

    def more(plan: str, product: str):
        body = {"catalogue_id": "public-apis", "product_ids": [product], "plan_id": plan}
        body |= {"app_id": request["app"]["id"], "extends_credential_id": request["credential_id"]}
        return ada.post("/v1/access-requests", body)

    for plan, product in (("gold", "maps-api"), ("free", "payments-api"), ("free", "weather-api")):
        more(plan, product).problem(422, "credential-not-compatible")
    extended = more("free", "maps-api").expect(201).body
    equal(extended["kind"], "extend")
    extended = ada.until_provisioning(extended["id"], "provisioned")
    equal(extended["credential_id"], request["credential_id"])
    (credential,) = ada.get(f"/v1/apps/{request['app']['id']}/credentials").expect(200).body["items"]
    equal(len(credential["grants"]), 2)
    equal(ada.reveal(extended), key, "the same key")
    equal([world.sample(product, key) for product in ("weather-api", "maps-api", "fleet-api")], [200, 200, 403])


@flow
def an_extension_is_approved_in_bulk(world: World):
    """Decided like any other request, provided that its credential is still active."""
    ada = world.person("Ada", "builders")

    def approve(request_id: str):
        body = {"decision": "approve", "ids": [request_id]}
        world.owner.post("/v1/admin/access-requests/decide", body).expect(200)

    first = ada.submit("public-apis", ["weather-api"], "gold", "Growing")["id"]
    approve(first)
    request = ada.until_provisioning(first, "provisioned")
    body = {"catalogue_id": "public-apis", "product_ids": ["maps-api"], "plan_id": "gold"}
    body |= {"app_id": request["app"]["id"], "extends_credential_id": request["credential_id"]}
    extension = ada.post("/v1/access-requests", body).expect(201).body["id"]
    approve(extension)
    equal(world.sample("maps-api", ada.reveal(ada.until_provisioning(extension, "provisioned"))), 200)


@flow
def a_repeated_request_is_filed_once(world: World):
    """Requests and decisions that are sent twice with their `Idempotency-Key`."""
    ada, grace = world.person("Ada", "builders"), world.person("Grace", "partners")

    def ask(person, product: str):
        body = {"catalogue_id": "public-apis", "product_ids": [product], "plan_id": "free", "new_app": {"name": "Once"}}
        return person.post("/v1/access-requests", body, idempotency_key="k-1")

    first = ask(ada, "weather-api").expect(201)
    ada.until_provisioning(first.body["id"], "provisioned")
    again = ask(ada, "weather-api").expect(201)
    equal((again.body, again.headers["location"]), (first.body, first.headers["location"]), "the same answer")
    ask(ada, "maps-api").problem(422, "idempotency-key-reused")
    ask(grace, "weather-api").expect(201)
    equal(len(ada.get("/v1/access-requests").expect(200).body["items"]), 1)

    request_id = grace.submit("partner-apis", ["fleet-api"], "gold", "Decided")["id"]
    path = f"/v1/admin/access-requests/{request_id}/approve"
    left, right = at_once(*[lambda: world.owner.post(path, idempotency_key="k-2")] * 2)
    equal(left.expect(200).body, right.expect(200).body)
    world.owner.post(path, idempotency_key="k-3").problem(409, "already-decided")

    plan, everyone = {"id": "repeated", "name": "Repeated"}, {"audience": {"kind": "everyone"}}
    product = plan | {"auth_method": "api_key", "gateway": {"kind": "builtin"}, "owners": ["owners@example.com"]}
    made = [(ada, "/v1/apps", {"name": "Made once"}), (world.owner, "/v1/admin/plans", plan)]
    made += [(world.owner, "/v1/admin/catalogues", plan | everyone), (world.owner, "/v1/admin/products", product)]
    for person, path, body in made:
        first, again = (person.post(path, body, idempotency_key=path).expect(201) for _ in range(2))
        equal(again.body, first.body, path)


@flow
def a_request_that_breaks_a_rule_is_refused_with_it(world: World):
    """What is not on offer, what does not go together, and somebody else's app."""
    ada = world.person("Ada", "builders")
    for catalogue, product in (("partner-apis", "fleet-api"), ("public-apis", "fleet-api"), ("gone", "weather-api")):
        ada.ask(catalogue, [product], "free", "Trucks").problem(422, "product-not-offered")
    world.plan("silver")
    for plan in ("platinum", "silver"):
        ada.ask("public-apis", ["weather-api"], plan, "Trucks").problem(422, "plan-not-offered")
    mixed = ada.ask("public-apis", ["weather-api", "payments-api"], "free", "Trucks")
    mixed.problem(422, "mixed-authentication-methods")
    foreign = world.owner.post("/v1/apps", {"name": "The owner's"}).expect(201).body["id"]
    body = {"catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "free"}
    for app in (foreign, "019ab1c2-0000-7000-8000-000000000003"):
        ada.post("/v1/access-requests", body | {"app_id": app}).problem(422, "app-not-usable")
    for path in ("/v1/apps", "/v1/access-requests"):
        equal(ada.get(path).expect(200).body["items"], [], "nothing was left behind")


@flow
def bodies_and_tokens_that_are_no_good(world: World):
    """Bodies that cannot be read, and callers who are nobody: API Gateway's own 401 and 404."""
    ada = world.person("Ada", "builders")
    path = "/v1/access-requests"
    good = {"catalogue_id": "public-apis", "product_ids": ["weather-api"], "plan_id": "free", "new_app": {"name": "X"}}
    refused = ada.post(path, good | {"colour": "green"}).problem(400, "invalid-body")
    equal(refused["errors"][0]["pointer"], "/colour")
    ada.call("POST", path, '{"catalogue_id": ').expect(400)
    ada.post(path, {"justification": "x" * (1 << 20)}).expect(413)
    ada.call("POST", path, "plain", Content_Type="text/plain").expect(415)
    forged = ada.token.rsplit(".", 1)[0] + "." + "A" * 342
    for headers in ({}, {"Authorization": f"Bearer {forged}"}, {"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."}):
        answer = world.api.call("POST", path, good, headers).expect(401)
        equal(answer.body, {"message": "Unauthorized"}, headers)
    equal(ada.get("/v1/nowhere").expect(404).body, {"message": "Not Found"})
    equal(ada.get(path).expect(200).body["items"], [])


@flow
def a_product_is_held_once_by_an_app(world: World):
    """A product that the app has, or waits for, is not asked for twice."""
    ada = world.person("Ada", "builders")
    first = ada.submit("public-apis", ["weather-api"], "free", "Twice")
    body = {"catalogue_id": "public-apis", "product_ids": ["maps-api", "weather-api"], "plan_id": "gold"}
    body |= {"app_id": first["app"]["id"]}
    for _ in ("pending", "provisioned"):
        refused = ada.post("/v1/access-requests", body).problem(409, "duplicate-access")
        equal(refused["conflicting_request_id"], first["id"])
        ada.until_provisioning(first["id"], "provisioned")
    ada.ask("public-apis", ["maps-api"], "free", "Twice").problem(409, "name-taken")


@flow
def a_withdrawn_request_frees_the_product(world: World):
    """Withdrawing frees it for another request, and nothing that comes late changes that."""
    grace = world.person("Grace", "partners")
    first = grace.submit("partner-apis", ["fleet-api"], "gold", "Trams")
    again = {"catalogue_id": "partner-apis", "product_ids": ["fleet-api"], "plan_id": "free"}
    again |= {"app_id": first["app"]["id"]}
    refused = grace.post("/v1/access-requests", again).problem(409, "duplicate-access")
    equal(refused["conflicting_request_id"], first["id"])
    withdrawn = grace.post(f"/v1/access-requests/{first['id']}/withdraw").expect(200).body
    equal(withdrawn["status"], "withdrawn")
    world.owner.decide(first["id"], "approve").problem(409, "already-decided")
    second = grace.post("/v1/access-requests", again).expect(201).body
    grace.until_provisioning(second["id"], "provisioned")
    until("it is published", lambda: world.events("AccessRequestWithdrawn", first["id"]))
    equal(grace.request(first["id"])["status"], "withdrawn")


@flow
def an_app_is_read_edited_and_shared(world: World):
    """With `If-Match`; a mate in the team sees it, and may not edit it."""
    ada, mate = world.person("Ada", "builders"), world.person("Alan", "builders")
    app = ada.post("/v1/apps", {"name": "Draft"}).expect(201).body
    path = f"/v1/apps/{app['id']}"
    ada.call("PATCH", path, {"name": "Final"}).problem(428, "if-match-required")
    mate.get(path).problem(404, "not-found")
    shared = {"name": "Final", "visibility": "team", "team": "builders"}
    equal(ada.call("PATCH", path, shared, if_match='"1"').expect(200).body["name"], "Final")
    ada.call("PATCH", path, {"name": "Late"}, if_match='"1"').problem(412, "version-mismatch")
    equal(mate.get(path).expect(200).headers["etag"], '"2"')
    mate.call("PATCH", path, {"name": "Mine"}, if_match='"2"').expect(403)
