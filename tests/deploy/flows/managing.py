"""What holds after a decision: how access ends, what owners do beside deciding, figures and records."""

from flows import flow, history
from people import equal, until
from world import World


@flow
def keys_end_by_revoking_by_deleting_the_app_and_by_time(world: World):
    """In force at the protected API by the next call. Time is real here, so that the plan's keys live for seconds."""
    seconds = 5
    world.plan("brief", auto_approve=True, key_expires_in_seconds=seconds)
    world.catalogue("brief-apis", ["maps-api"], {"kind": "everyone"}, plans=("brief",))
    ada = world.person("Ada", "builders")
    (revoked, first), (deleted, second) = (ada.granted(["weather-api"], app) for app in ("Revoked", "Deleted"))
    equal([world.sample("weather-api", key) for key in (first, second)], [200, 200])

    ada.decide(revoked["id"], "revoke", reason="x").expect(403)
    answer = world.owner.decide(revoked["id"], "revoke", reason="leaked").expect(200).body
    equal(answer["provisioning"]["status"], "revoked")
    equal([world.sample("weather-api", key) for key in (first, second)], [403, 200])
    world.owner.decide(revoked["id"], "revoke", reason="leaked").problem(409, "already-revoked")

    path = f"/v1/apps/{deleted['app']['id']}"
    world.owner.call("DELETE", path).problem(404, "not-found")
    ada.call("DELETE", path).expect(204)
    equal(world.sample("weather-api", second), 403)
    ada.get(path).problem(404, "not-found")
    equal(ada.request(deleted["id"])["provisioning"]["status"], "revoked")
    until("the end is published", lambda: world.events("AppDeleted", deleted["app"]["id"]))
    equal(len(world.events("AccessRevoked", revoked["id"])), 1)

    brief = ada.until_provisioning(ada.submit("brief-apis", ["maps-api"], "brief", "Expired")["id"], "provisioned")
    key = ada.reveal(brief)
    equal(world.sample("maps-api", key), 200)
    until("the key is past its time", lambda: world.sample("maps-api", key) == 403, seconds + 2)


@flow
def a_suspended_key_is_closed_until_it_is_resumed_and_a_revoked_one_for_good(world: World):
    """No verdict is kept anywhere."""
    ada = world.person("Ada", "builders")
    request, key = ada.granted(["weather-api", "maps-api"], "Storm warnings")

    def does(what: str):
        return world.owner.post(f"/v1/admin/credentials/{request['credential_id']}/{what}")

    for what, status in (("suspend", 403), ("resume", 200), ("suspend", 403), ("revoke", 403)):
        does(what).expect(200)
        equal([world.sample(product, key) for product in ("weather-api", "maps-api")], [status, status], what)
    does("resume").problem(409, "credential-not-suspended")
    ada.until_provisioning(request["id"], "revoked")
    for event_type, about in (("CredentialRevoked", request["credential_id"]), ("AccessRevoked", request["id"])):
        until(f"{event_type} is published", lambda: world.events(event_type, about))


@flow
def a_key_is_replaced_while_the_older_one_still_works(world: World):
    """Sealed by KMS on the way; time is real here, so that the overlap lasts for seconds."""
    seconds = 5
    ada = world.person("Ada", "builders")
    request, older = ada.granted(["weather-api"], "Storm warnings")
    path = f"/v1/apps/{request['app']['id']}/credentials/{request['credential_id']}"
    ada.post(f"{path}/rotate", {"overlap_seconds": seconds}).expect(200)
    newer = ada.reveal(request)
    equal([world.sample("weather-api", key) for key in (older, newer)], [200, 200])
    ada.post(f"{path}/rotate").problem(409, "rotation-in-progress")
    until("the older key stops", lambda: world.sample("weather-api", older) == 403, seconds + 2)
    equal(world.sample("weather-api", newer), 200)
    until("the change of keys is published", lambda: world.events("CredentialRotated", request["credential_id"]))


@flow
def a_key_is_renewed_and_its_plan_changed(world: World):
    """The same key works on under another plan; it ends soon enough to be renewed from the beginning."""
    ada = world.person("Ada", "builders")
    request, key = ada.granted(["weather-api"], "Storm warnings")
    path = f"/v1/apps/{request['app']['id']}/credentials/{request['credential_id']}"
    renewal = ada.post(f"{path}/renew", {"justification": "Winter"}).expect(201).body
    ada.until_provisioning(renewal["id"], "provisioned")
    change = ada.post(f"{path}/change-plan", {"plan_id": "gold"}).expect(201).body
    ada.post(f"{path}/change-plan", {"plan_id": "gold"}).problem(409, "change-pending")
    world.owner.decide(change["id"], "approve").expect(200)
    ada.until_provisioning(change["id"], "provisioned")
    held = ada.get(f"/v1/apps/{request['app']['id']}/credentials").expect(200).body["items"]
    equal([one["plan_id"] for one in held], ["gold"])
    equal(world.sample("weather-api", key), 200)


@flow
def the_owner_of_an_app_revokes_a_credential(world: World):
    """By the next call, and without anybody's help."""
    ada = world.person("Ada", "builders")
    request, key = ada.granted(["weather-api", "maps-api"], "Storm warnings")
    path = f"/v1/apps/{request['app']['id']}/credentials/{request['credential_id']}"
    ada.call("DELETE", f"{path}/products/maps-api").expect(200)
    equal([world.sample(product, key) for product in ("weather-api", "maps-api")], [200, 403])
    ada.call("DELETE", path).expect(204)
    equal(world.sample("weather-api", key), 403)
    ada.until_provisioning(request["id"], "revoked")


@flow
def access_is_granted_without_a_request(world: World):
    """Granted, and like any other from then on; then the app goes to somebody else with all that it holds."""
    ada, grace = world.person("Ada", "builders"), world.person("Grace", "partners")
    app = ada.submit("public-apis", ["weather-api"], "gold", "Lighthouse")["app"]["id"]
    gift = {"product_ids": ["fleet-api"], "plan_id": "free", "note": "For the harbour"}
    granted = world.owner.post(f"/v1/admin/apps/{app}/grants", gift).expect(201).body
    request = ada.until_mail(granted["id"], "approve")
    equal(history(request), ["AccessRequestApproved", "AccessProvisioned"])
    equal(request["history"][0]["actor"]["id"], world.owner.id)
    key = ada.reveal(request)
    equal([world.sample(product, key) for product in ("fleet-api", "weather-api")], [200, 403], "that one waits still")

    found = world.owner.get("/v1/admin/apps?name=lighthouse").expect(200).body["items"]
    equal([(one["id"], one["owner"]) for one in found], [(app, ada.id)])
    handed = world.owner.post(f"/v1/admin/apps/{app}/owner", {"owner": grace.id}).expect(200).body
    equal(handed["owner"], grace.id)
    ada.get(f"/v1/apps/{app}").problem(404, "not-found")
    equal(grace.get(f"/v1/apps/{app}").expect(200).body["name"], "Lighthouse")
    held = world.owner.get(f"/v1/admin/apps/{app}").expect(200).body["credentials"]
    equal([one["id"] for one in held], [request["credential_id"]])


@flow
def the_keys_of_an_app_go_over_with_it(world: World):
    """The role of the call seals the new keys; the former owner's stop with the next call."""
    ada, grace = world.person("Ada", "builders"), world.person("Grace", "partners")
    request, key = ada.granted(["weather-api"], "Beacon")
    app = request["app"]["id"]
    asked = {"catalogue_id": "public-apis", "product_ids": ["maps-api"], "plan_id": "gold", "app_id": app}
    waits = ada.post("/v1/access-requests", asked).expect(201).body["id"]
    world.owner.post(f"/v1/admin/apps/{app}/owner", {"owner": world.owner.id}).problem(403, "conflict-of-interest")
    world.owner.post(f"/v1/admin/apps/{app}/owner", {"owner": grace.id, "email": grace.email}).expect(200)
    until("the former owner's key stops", lambda: world.sample("weather-api", key) == 403)
    newer = grace.reveal(request)
    equal(world.sample("weather-api", newer), 200)
    ada.post(f"/v1/apps/{app}/credentials/{request['credential_id']}/reveal").problem(404, "not-found")
    equal(grace.request(waits)["status"], "pending", "what waits for the app is hers too")
    grace.post(f"/v1/access-requests/{waits}/withdraw").expect(200)
    until("the change of owner is published", lambda: world.events("AppReassigned", app))
    told = ((ada, "Beacon is no longer yours"), (grace, "Beacon is yours now"))
    for person, text in told:
        until(f"{person.email} is told", lambda: world.mails_to(person.email, text))


@flow
def calls_are_counted_and_held_to_the_plan(world: World):
    """The authorizer counts under its own role, and denies what is over the quota."""
    world.product("counted", gateway={"kind": "builtin", "enforce": True})
    # A window of a hundred years does not end while this runs.
    world.plan("small", auto_approve=True, quota={"requests": 4, "per_seconds": 3_162_240_000})
    world.catalogue("counted-apis", ["counted-api", "weather-api"], {"kind": "everyone"}, plans=("small",))
    ada = world.person("Ada", "builders")
    asked = ada.submit("counted-apis", ["counted-api", "weather-api"], "small", "Meter")
    key = ada.reveal(ada.until_provisioning(asked["id"], "provisioned"))
    # Each look is a call of two APIs.
    equal([world.sample("counted-api", key) for _ in range(3)], [200, 200, 403])
    equal([world.sample("weather-api", key) for _ in range(3)], [200] * 3, "this one counts nothing")


@flow
def a_product_that_is_deleted_by_force_leaves_nothing_behind(world: World):
    """Keys are closed, what waits is rejected and its requester told."""
    world.product("tides")
    world.catalogue("tidal-apis", ["tides-api"], {"kind": "everyone"})
    ada, grace = world.person("Ada", "builders"), world.person("Grace", "partners")
    stands = ada.submit("tidal-apis", ["tides-api"], "free", "Stands")["id"]
    key = ada.reveal(ada.until_provisioning(stands, "provisioned"))
    waits = grace.submit("tidal-apis", ["tides-api"], "gold", "Waits")["id"]
    path = "/v1/admin/products/tides-api"
    hit = world.owner.call("DELETE", path).problem(409, "in-use")["in_use_by"]
    equal([one["app"]["name"] for one in hit], ["Waits", "Stands"])
    equal(len(world.owner.get(f"{path}/usage").expect(200).body["items"]), 2)
    equal(world.sample("tides-api", key), 200)
    world.owner.call("DELETE", f"{path}?force=true").expect(204)
    equal(world.sample("tides-api", key), 403)
    ada.until_provisioning(stands, "revoked")
    equal(grace.until_mail(waits, "reject")["reason"], "The product `tides-api` was deleted.")
    grace.ask("tidal-apis", ["tides-api"], "free", "Again").problem(422, "product-not-offered")


@flow
def an_openapi_document_is_read_by_those_who_see_the_product(world: World):
    """It is replaced with what breaks, and deleted."""
    world.product("tides")
    world.catalogue("tidal-apis", ["tides-api"], {"kind": "everyone"})
    path = "/v1/admin/products/tides-api/openapi"
    document = {"openapi": "3.1.0", "info": {"title": "Tides", "version": "1"}, "x-amazon-apigateway-policy": {}}
    operation = {"get": {"responses": {"200": {"description": "Fine."}}}}
    world.owner.call("PUT", path, document | {"paths": {"/tides": operation}}).expect(200)
    equal(world.owner.get(path).expect(200).body["document"]["title"], "Tides")
    read = world.person("Ada", "builders").get("/v1/products/tides-api/openapi").expect(200).body
    assert "/tides" in read["paths"] and "x-amazon-apigateway-policy" not in read, read
    replaced = world.owner.call("PUT", path, document | {"paths": {"/levels": operation}}).expect(200).body
    equal(replaced["breaking_changes"][0]["operation"], "GET /tides")
    world.owner.call("DELETE", path).expect(204)
    equal(world.owner.get(path).expect(200).body["document"], None)


@flow
def a_plan_and_a_catalogue_are_deleted_by_force(world: World):
    """A plan takes what is held under it along; a catalogue what waits, while access outlives it."""
    world.plan("tidal", auto_approve=True)
    world.plan("ebb")
    world.catalogue("ebbing-apis", ["maps-api", "weather-api"], {"kind": "everyone"}, plans=("tidal", "ebb"))
    ada, owner = world.person("Ada", "builders"), world.owner
    stands = ada.submit("ebbing-apis", ["maps-api"], "tidal", "Stands")["id"]
    key = ada.reveal(ada.until_provisioning(stands, "provisioned"))
    waits = ada.submit("ebbing-apis", ["weather-api"], "ebb", "Waits")["id"]
    for path, hit in (("/v1/admin/catalogues/ebbing-apis", waits), ("/v1/admin/plans/tidal", stands)):
        equal(world.sample("maps-api", key), 200, path)
        used = owner.get(f"{path}/usage").expect(200).body["items"]
        assert hit in [one["request_id"] for one in used], f"{path}: {used}"
        owner.call("DELETE", path).problem(409, "in-use")
        owner.call("DELETE", f"{path}?force=true").expect(204)
    ada.until_mail(waits, "reject")
    ada.until_provisioning(stands, "revoked")
    equal(world.sample("maps-api", key), 403)


@flow
def plans_and_catalogues_are_managed_like_products(world: World):
    """Listed, read, changed under `If-Match`, asked for their use, deleted when nobody is hit."""
    world.plan("doomed")
    world.catalogue("doomed", ["maps-api"], {"kind": "everyone"}, plans=("doomed",))
    owner = world.owner
    for kind in ("products", "plans", "catalogues"):
        ids = [one["id"] for one in owner.get(f"/v1/admin/{kind}?limit=100").expect(200).body["items"]]
        assert len(ids) >= 2, f"{kind}: {ids}"
    owner.post("/v1/admin/plans", {"id": "doomed", "name": "Again"}).problem(409, "name-taken")
    owner.edit("/v1/admin/products/maps-api", description="Maps, routes and distances.")
    for kind in ("catalogues", "plans"):
        path = f"/v1/admin/{kind}/doomed"
        owner.call("PUT", path, owner.editable(path)).problem(428, "if-match-required")
        equal(owner.edit(path, description="Soon gone").headers["etag"], '"2"', kind)
        owner.call("PUT", path, owner.editable(path), if_match='"1"').problem(412, "version-mismatch")
        equal(owner.get(f"{path}/usage").expect(200).body["items"], [], kind)
        owner.call("DELETE", path).expect(204)
        owner.get(path).problem(404, "not-found")


@flow
def statistics_are_the_same_before_and_after_they_are_counted(world: World):
    """The figures move by what was done, and stay when the schedule has counted."""

    def figures() -> dict:
        return world.owner.get("/v1/admin/statistics").expect(200).body

    before = figures()["totals"]
    ada = world.person("Ada", "builders")
    ada.granted(["weather-api"], "Automatic")
    manual = ada.submit("public-apis", ["maps-api"], "gold", "Manual")["id"]
    world.owner.decide(manual, "approve").expect(200)
    ada.until_provisioning(manual, "provisioned")
    fresh = figures()
    expected = {"submitted": 2, "approved": 1, "approved_automatically": 1, "provisioned": 2}
    moved = {name: fresh["totals"][name] - before[name] for name in expected}
    equal(moved, expected)
    world.run_schedule()
    counted = figures()
    for part in ("totals", "time_to_decision"):
        equal(counted[part], fresh[part], part)


@flow
def what_happens_is_counted_in_the_form_that_cloudwatch_reads(world: World):
    """Submits, decisions, provisioning and how long it took, mails: in the log, without personal data."""
    ada = world.person("Ada", "builders")
    ada.until_mail(ada.submit("public-apis", ["weather-api"], "free", "Measured")["id"], "approve")
    expected = {"Submitted", "Decided", "Provisioned", "TimeToProvisioned", "MailSent"}

    def counted() -> list[dict] | None:
        records = world.records("EventLogs", '"_aws"')
        names = {metric["Name"] for record in records for metric in definition(record)["Metrics"]}
        return records if names >= expected else None

    def definition(record: dict) -> dict:
        (found,) = record["_aws"]["CloudWatchMetrics"]
        return found

    records = until(f"{expected} are in the log", counted)
    for record in records:
        found = definition(record)
        equal((found["Namespace"], found["Dimensions"]), ("Gatepass", [["FunctionName"]]))
        assert all(isinstance(record[metric["Name"]], list) for metric in found["Metrics"]), record
    assert "@example.com" not in str(records), "figures name nobody"


@flow
def provisioning_that_fails_is_visible_and_can_be_retried(world: World):
    """A product whose gateway is not there: owners are told each time, the requester once."""
    ada = world.person("Ada", "builders")
    request_id = ada.submit("public-apis", ["payments-api"], "free", "Till")["id"]
    request = ada.until_provisioning(request_id, "failed")
    provisioning = request["provisioning"]
    equal((request["status"], provisioning["attempts"]), ("approved", 1))
    equal(provisioning["last_error"]["code"], "gateway-not-configured")
    ada.until_mail(request_id, "provisioning-failed")
    ada.until_mail(request_id, "approve")
    (mail,) = world.mails_to(ada.email, request_id)
    equal(mail["Subject"], "Approved and being prepared: access to Payments API")

    ada.decide(request_id, "retry").expect(403)
    equal(world.owner.decide(request_id, "retry").expect(200).body["provisioning"]["status"], "queued")
    until("owners are told twice", lambda: len(world.mails_to("payments-team@example.com", request_id)) == 2)
    expected = ["AccessRequestSubmitted", "AccessRequestApproved"]
    expected += ["ProvisioningFailed", "ProvisioningRequeued", "ProvisioningFailed"]
    equal(history(ada.until_provisioning(request_id, "failed")), expected)
    equal(len(world.mails_to(ada.email, request_id)), 1, "the requester hears once")
    weather, _ = ada.granted(["weather-api"], "Barometer")
    world.owner.decide(weather["id"], "retry").problem(409, "not-failed")


@flow
def the_record_says_who_did_what_when_and_why(world: World):
    """A request's history, as the requester and the owners read it, and the list by each of its filters."""
    ada = world.person("Ada", "builders")
    request_id = ada.submit("public-apis", ["maps-api"], "gold", "Recorded")["id"]
    world.owner.decide(request_id, "approve", note="Known to us").expect(200)
    request = ada.until_provisioning(request_id, "provisioned")
    world.other_owner.decide(request_id, "revoke", reason="leaked").expect(200)
    record = ada.request(request_id)["history"]
    actors = [(entry["type"], entry["actor"]["id"], entry["reason"]) for entry in record]
    expected = [
        ("AccessRequestSubmitted", ada.id, None),
        ("AccessRequestApproved", world.owner.id, "Known to us"),
        ("AccessProvisioned", "provision", None),
        ("AccessRevoked", world.other_owner.id, "leaked"),
    ]
    equal(actors, expected)
    equal([entry["at"] for entry in record], sorted(entry["at"] for entry in record), "oldest first")
    path = "/v1/admin/access-requests"
    equal(world.owner.get(f"{path}/{request_id}").expect(200).body["history"], record)
    for filters in (f"requester={ada.id}", f"app_id={request['app']['id']}", "status=approved&product_id=maps-api"):
        listed = world.owner.get(f"{path}?{filters}").expect(200).body["items"]
        assert request_id in [one["id"] for one in listed], filters
    world.owner.get(f"{path}?product_id=maps-api&requester={ada.id}").expect(400)
    pages, cursor = [], ""
    while cursor is not None:
        page = world.owner.get(f"{path}?status=approved&limit=3{cursor and '&cursor='}{cursor}").expect(200).body
        pages, cursor = pages + page["items"], page["next_cursor"]
    ids = [one["id"] for one in pages]
    assert request_id in ids and len(set(ids)) == len(ids), "pages repeat or miss something"
