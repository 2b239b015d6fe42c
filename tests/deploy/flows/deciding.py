"""Deciding on requests, by owners and by policy, and the mails about it."""

from flows import at_once, flow, history
from meddling import relay_held, with_variables
from people import equal, until
from world import World


@flow
def gold_waits_for_one_of_eight_approvals(world: World):
    """Owners are told by one mail; of eight approvals at once, one decides."""
    grace = world.person("Grace", "partners")
    asked = grace.ask("partner-apis", ["fleet-api"], "gold", "Night buses", justification="Know where they are")
    request_id = asked.expect(201).body["id"]
    equal(asked.body["policy"]["review"], "manual")
    request = grace.until_mail(request_id, "submitted")
    equal((request["status"], request["provisioning"]["status"]), ("pending", "none"))
    (mail,) = world.mails_to("fleet-team@example.com", "Night buses")
    for detail in ("Grace", "Fleet API", "Gold", "100 requests per second", "Know where they are"):
        assert detail in mail["BodyText"] and detail in mail["BodyHtml"], f"R24: {detail}: {mail}"
    waiting = world.owner.get("/v1/admin/access-requests?status=pending&product_id=fleet-api").expect(200)
    assert request_id in [one["id"] for one in waiting.body["items"]], "R21"

    owners = [world.owner, world.other_owner] * 4
    answers = at_once(*[lambda owner=owner: owner.decide(request_id, "approve") for owner in owners])
    equal(sorted(answer.status for answer in answers), [200] + [409] * 7, "one decides")
    for answer in answers:
        if answer.status != 200:
            answer.problem(409, "already-decided")
    request = grace.until_provisioning(request_id, "provisioned")
    equal(history(request), ["AccessRequestSubmitted", "AccessRequestApproved", "AccessProvisioned"])
    key = grace.reveal(request)
    equal([world.sample(product, key) for product in ("fleet-api", "weather-api")], [200, 403], "R26")
    grace.until_mail(request_id, "approve")
    equal(len(world.mails_to(grace.email, "Night buses")), 1, "R35")
    equal(len(world.events("AccessRequestApproved", request_id)), 1)


@flow
def a_rejected_request_grants_nothing(world: World):
    """The requester reads the reason in a mail."""
    grace = world.person("Grace", "partners")
    request_id = grace.submit("partner-apis", ["fleet-api"], "gold", "Day buses")["id"]
    world.owner.decide(request_id, "reject").problem(400, "invalid-body")
    grace.decide(request_id, "reject", reason="me").expect(403)
    reason = "Please ask for the free plan first."
    rejected = world.owner.decide(request_id, "reject", reason=reason).expect(200).body
    equal((rejected["status"], rejected["reason"]), ("rejected", reason))
    world.owner.decide(request_id, "reject", reason=reason).problem(409, "already-decided")
    request = grace.until_mail(request_id, "reject")
    equal(history(request), ["AccessRequestSubmitted", "AccessRequestRejected"])
    last = request["history"][1]
    equal((last["reason"], last["actor"]["id"]), (reason, world.owner.id))
    (mail,) = world.mails_to(grace.email, reason)
    equal(mail["Subject"], "Access to Fleet API was not granted")
    equal(request["credential_id"], None)
    equal(grace.get(f"/v1/apps/{request['app']['id']}/credentials").expect(200).body["items"], [], "R27")


@flow
def owners_decide_and_nobody_their_own(world: World):
    """By the groups of Cognito, to the letter."""
    ada, lookalike = world.person("Ada", "builders"), world.person("Eve", "partners")
    owner, other = world.owner, world.other_owner
    request_id = owner.submit("public-apis", ["weather-api"], "gold", "Umbrellas")["id"]
    owner.decide(request_id, "approve").problem(403, "conflict-of-interest")
    ada.decide(request_id, "approve").expect(403)
    lookalike.decide(request_id, "approve").expect(403)
    approved = other.decide(request_id, "approve", note="fine").expect(200).body
    equal(approved["approvals"][0]["note"], "fine")
    owner.until_provisioning(request_id, "provisioned")
    ada.get(f"/v1/access-requests/{request_id}").problem(404, "not-found")
    ada.get("/v1/admin/access-requests").expect(403)


@flow
def a_request_for_products_of_two_teams_is_decided_in_part(world: World):
    """By the approvers of one and the administrators for the other; what is dropped can be asked for again."""
    world.product("tram", approver_groups=["tram-deciders"])
    world.catalogue("city-apis", ["tram-api", "weather-api", "maps-api"], {"kind": "everyone"})
    ada, petra = world.person("Ada", "builders"), world.person("Petra", "tram-deciders")
    asked = ["tram-api", "weather-api", "maps-api"]
    request_id = ada.submit("city-apis", asked, "gold", "City")["id"]
    mine = "/v1/admin/access-requests?mine=true"
    equal([one["id"] for one in petra.get(mine).expect(200).body["items"]], [request_id])
    petra.decide(request_id, "reject", reason="no").problem(403, "not-entitled")
    halfway = petra.decide(request_id, "approve", note="Known to us").expect(200).body
    equal((halfway["status"], [one["group"] for one in halfway["awaiting"]]), ("pending", ["api-owners"]))
    equal(petra.get(mine).expect(200).body["items"], [])

    # An administrator decides on all of it, and drops a product that nobody has decided on.
    less = {"product_ids": ["tram-api", "weather-api"], "plan_id": "free"}
    narrowed = world.owner.post(f"/v1/admin/access-requests/{request_id}/approve", less).expect(200).body
    equal((narrowed["status"], narrowed["asked"]["product_ids"]), ("approved", asked))
    request = ada.until_provisioning(request_id, "provisioned")
    equal((request["product_ids"], request["plan_id"]), (["tram-api", "weather-api"], "free"))
    key = ada.reveal(request)
    equal([world.sample(product, key) for product in asked], [200, 200, 403])
    until("the narrowing is published", lambda: world.events("AccessRequestNarrowed", request_id))
    ada.submit("city-apis", ["maps-api"], "gold", "City again")


@flow
def twenty_owners_decide_on_one_request_at_once(world: World):
    """One decides, nineteen are told who did; one event, one mail."""
    ada = world.person("Ada", "builders")
    owners = [world.person(f"Owner{number}", "api-owners") for number in range(20)]
    request_id = ada.submit("public-apis", ["weather-api"], "gold", "Crowded")["id"]

    def deciding(number: int):
        decision, body = ("approve", {}) if number % 2 else ("reject", {"reason": "Not now"})
        return lambda: owners[number].decide(request_id, decision, **body)

    answers = at_once(*map(deciding, range(20)))
    (winner,) = [answer.body for answer in answers if answer.status == 200]
    for answer in answers:
        if answer.status != 200:
            assert winner["decided_by"]["name"] in answer.problem(409, "already-decided")["detail"], answer
    approved = winner["status"] == "approved"
    request = ada.until_mail(request_id, "approve" if approved else "reject")
    decisions = [one for one in history(request) if one.startswith("AccessRequest")]
    equal(len(decisions), 2, f"submitted and decided: {decisions}")
    equal(len(world.events(decisions[1], request_id)), 1)
    equal(len(world.mails_to(ada.email, request_id)), 1)


@flow
def many_requests_are_decided_at_once_each_by_itself(world: World):
    """One that cannot be decided is no obstacle to the others."""
    grace = world.person("Grace", "partners")
    ids = [grace.submit("public-apis", ["maps-api"], "gold", f"Tides {number}")["id"] for number in range(4)]

    def decide(**body: object) -> list[dict]:
        return world.owner.post("/v1/admin/access-requests/decide", body).expect(200).body["items"]

    equal([one["status"] for one in decide(decision="approve", ids=ids[:2], note="Known to us")], [200, 200])
    results = decide(decision="reject", ids=ids[1:], reason="Please use the plan free.")
    equal([one["status"] for one in results], [409, 200, 200])
    equal(results[0]["problem"]["type"], "/problems/already-decided")
    for request_id in ids[:2]:
        grace.until_provisioning(request_id, "provisioned")
    for request_id in ids[2:]:
        grace.until_mail(request_id, "reject")


@flow
def what_is_no_longer_presented_to_the_requester_is_not_approved(world: World):
    """An approval that no longer makes sense is refused with the reason, and nothing of it is done."""
    world.catalogue("harbour-apis", ["maps-api"], {"kind": "groups", "groups": ["partners"]})
    grace, path = world.person("Grace", "partners"), "/v1/admin/catalogues/harbour-apis"
    request_id = grace.submit("harbour-apis", ["maps-api"], "gold", "Buses")["id"]
    world.owner.edit(path, audience={"kind": "groups", "groups": ["others"]})
    refused = world.owner.decide(request_id, "approve").problem(422, "no-longer-available")
    assert "no longer presents the product `maps-api` to Grace" in refused["detail"], refused
    equal(grace.request(request_id)["version"], 1)
    world.owner.edit(path, audience={"kind": "groups", "groups": ["partners"]})
    world.owner.decide(request_id, "approve").expect(200)
    grace.until_provisioning(request_id, "provisioned")


@flow
def a_plan_that_became_manual_refers_to_the_owners(world: World):
    """What no longer holds when auto-approve comes to it is referred to the owners, who are told once."""
    world.plan("hasty", auto_approve=True)
    world.catalogue("hasty-apis", ["weather-api"], {"kind": "everyone"}, plans=("hasty",))
    ada = world.person("Ada", "builders")
    with relay_held(world):
        request_id = ada.submit("hasty-apis", ["weather-api"], "hasty", "Late")["id"]
        world.owner.edit("/v1/admin/plans/hasty", auto_approve=False)
    request = ada.until_mail(request_id, "submitted")
    equal((request["status"], request["policy"]["review"]), ("pending", "manual"))
    equal(history(request), ["AccessRequestSubmitted", "AccessRequestReferred"])
    world.owner.decide(request_id, "approve").expect(200)
    equal(ada.until_provisioning(request_id, "provisioned")["decided_by"]["id"], world.owner.id)
    ada.until_mail(request_id, "approve")
    equal(len(world.mails_to("weather-team@example.com", "Late")), 1, "owners are told once")


@flow
def a_plan_that_became_automatic_leaves_requests_to_the_owners(world: World):
    """The other direction: what was to be reviewed stays so."""
    world.plan("slow")
    world.catalogue("slow-apis", ["weather-api", "maps-api"], {"kind": "everyone"}, plans=("slow",))
    grace = world.person("Grace", "partners")
    with relay_held(world):
        request_id = grace.submit("slow-apis", ["weather-api"], "slow", "Early")["id"]
        world.owner.edit("/v1/admin/plans/slow", auto_approve=True)
    equal(grace.until_mail(request_id, "submitted")["status"], "pending")
    # A request after the change is automatic, and its coming through shows that the first was passed over.
    later = grace.submit("slow-apis", ["maps-api"], "slow", "Later")["id"]
    grace.until_provisioning(later, "provisioned")
    equal(grace.request(request_id)["status"], "pending")
    world.owner.decide(request_id, "approve").expect(200)
    grace.until_provisioning(request_id, "provisioned")


@flow
def automatic_for_trusted_people_and_chosen_products(world: World):
    """By group and product; the dry run of the policy says the same as the submit."""
    conditions = {"groups": ["partners"], "users": [], "products": ["weather-api"]}
    world.plan("trusted")
    saved = world.owner.edit("/v1/admin/plans/trusted", auto_approve=True, auto_approve_when=conditions)
    equal(saved.body["auto_approve"], True, "R32")
    world.catalogue("trusted-apis", ["weather-api", "maps-api"], {"kind": "everyone"}, plans=("trusted",))
    grace, ada = world.person("Grace", "partners"), world.person("Ada", "builders")
    cases = (
        (grace, "partners", "weather-api", "automatic"),
        (grace, "partners", "maps-api", "manual"),
        (ada, "builders", "weather-api", "manual"),
    )
    for person, group, product, expected in cases:
        question = {"requester": {"id": person.id, "groups": [group]}, "product_ids": [product], "plan_id": "trusted"}
        verdict = world.owner.post("/v1/admin/policy/evaluate", question).expect(200).body
        request = person.submit("trusted-apis", [product], "trusted", f"{product} {expected}")
        equal((verdict["review"], request["policy"]["review"]), (expected, expected), product)
        equal(verdict["reasons"], request["policy"]["reasons"])
        if expected == "automatic":
            person.until_provisioning(request["id"], "provisioned")
        else:
            person.until_mail(request["id"], "submitted")


@flow
def subjects_are_the_owners_own(world: World):
    """Subjects and muted mails are settings; a subject that cannot be rendered is refused."""
    owner, path = world.owner, "/v1/admin/settings"
    before = owner.editable(path)
    broken = {"mail_subjects": {"approve": "{{ products"}}
    refused = owner.call("PUT", path, before | broken, if_match="*").problem(400, "invalid-body")
    equal(refused["errors"][0]["pointer"], "/mail_subjects/approve")
    subjects = {"approve": "Welcome to {{ products }}, {{ requester }}", "reject": "No {{ products }} under {{ plan }}"}
    owner.edit(path, mail_subjects=subjects, muted_mails=["submitted"])
    try:
        ada, grace = world.person("Ada", "builders"), world.person("Grace", "partners")
        approved = ada.submit("public-apis", ["weather-api", "maps-api"], "free", "Worded")["id"]
        ada.until_mail(approved, "approve")
        (mail,) = world.mails_to(ada.email, approved)
        equal(mail["Subject"], "Welcome to Weather API and Maps API, Ada", "R39")
        rejected = grace.submit("partner-apis", ["fleet-api"], "gold", "Worded")["id"]
        grace.until_mail(rejected, "submitted", "muted")
        owner.decide(rejected, "reject", reason="not now").expect(200)
        grace.until_mail(rejected, "reject")
        (mail,) = world.mails_to(grace.email, rejected)
        equal(mail["Subject"], "No Fleet API under Gold", "R42")
        equal(world.mails_to("fleet-team@example.com", rejected), [], "muted")
    finally:
        owner.edit(path, **before)


@flow
def without_a_sender_everything_works_and_no_mail_is_sent(world: World):
    """As in a stack without MailSender: the record says that nothing was sent."""
    ada, grace = world.person("Ada", "builders"), world.person("Grace", "partners")
    with with_variables(world, "Notify", GATEPASS_MAIL_SENDER=""):
        request, key = ada.granted(["weather-api"], "Silent")
        equal(world.sample("weather-api", key), 200)
        ada.until_mail(request["id"], "approve", "not_configured")
        rejected = grace.submit("public-apis", ["maps-api"], "gold", "Silent too")["id"]
        grace.until_mail(rejected, "submitted", "not_configured")
        world.owner.decide(rejected, "reject", reason="not now").expect(200)
        grace.until_mail(rejected, "reject", "not_configured")
    silent = [mail for mail in world.mails() if request["id"] in mail["BodyText"] or rejected in mail["BodyText"]]
    equal(silent, [])
    loud, _ = ada.granted(["weather-api"], "Loud again")
    until("mails are sent again", lambda: world.mails_to(ada.email, loud["id"]))
