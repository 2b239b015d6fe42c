"""What only a deployed stack has: roles, the schedule, the stream, nested stacks."""

import time

from botocore.exceptions import ClientError

from flows import flow, history
from meddling import relay_held, with_variables, without_permission, without_rule
from people import Api, equal, until
from world import World

# Nothing listens there: a call of the SDK has no answer.
NOWHERE = "http://127.0.0.1:9"


@flow
def a_permission_that_is_taken_away_is_missed_by_the_one_call_that_needs_it(world: World):
    """The role of one endpoint loses the writing of items: that endpoint alone fails, discloses nothing and leaves
    nothing behind; with the permission back, it works."""
    ada = world.person("Ada", "builders")

    def logged(about: str) -> list[str]:
        return world.logs("HttpLogs", about)

    with without_permission(world, "SubmitAccessRequest", "dynamodb:PutItem"):
        refused = ada.ask("public-apis", ["weather-api"], "free", "Unwritten").problem(500, "internal-error")
        assert "dynamodb" not in str(refused).lower(), f"it discloses what failed: {refused}"
        until("the log says why", lambda: any("AccessDenied" in line for line in logged(refused["request_id"])))
        equal(ada.get("/v1/access-requests").expect(200).body["items"], [])
        equal(ada.post("/v1/apps", {"name": "Another role"}).expect(201).body["name"], "Another role")
    ada.granted(["weather-api"], "Unwritten")


@flow
def sealing_that_is_refused_is_visible_and_can_be_retried(world: World):
    """Provision's role loses `kms:Encrypt`: the request fails visibly, and a retry with the permission back
    brings the key."""
    ada = world.person("Ada", "builders")
    with without_permission(world, "Provision", "kms:Encrypt"):
        request_id = ada.submit("public-apis", ["weather-api"], "free", "Unsealed")["id"]
        failed = ada.until_provisioning(request_id, "failed")
        equal(failed["provisioning"]["last_error"]["code"], "sealing-refused")
        equal(ada.get(f"/v1/apps/{failed['app']['id']}/credentials").expect(200).body["items"], [])
    world.owner.decide(request_id, "retry").expect(200)
    key = ada.reveal(ada.until_provisioning(request_id, "provisioned"))
    equal(world.sample("weather-api", key), 200)


@flow
def the_schedule_retries_what_failed_for_a_while(world: World):
    """KMS cannot be reached at first. A minute later the schedule, which fires by itself, brings it about, under the
    correlation id of the submit."""
    ada = world.person("Ada", "builders")
    with with_variables(world, "Provision", AWS_ENDPOINT_URL_KMS=NOWHERE):
        request_id = ada.submit("public-apis", ["weather-api"], "free", "Patience")["id"]

        def deferred() -> dict | None:
            request = ada.request(request_id)
            return request if request["provisioning"]["attempts"] else None

        request = until("the first attempt has failed", deferred)
        provisioning = request["provisioning"]
        equal((provisioning["status"], provisioning["last_error"]["code"]), ("queued", "sealing-unavailable"))
        assert provisioning["next_attempt_at"], provisioning
    # A minute until it is due, and another until the schedule looks.
    request = ada.until_provisioning(request_id, "provisioned", seconds=150)
    equal(history(request)[-2:], ["ProvisioningRequeued", "AccessProvisioned"])
    equal(world.sample("weather-api", ada.reveal(request)), 200)
    types = ("AccessRequestSubmitted", "ProvisioningRequeued", "AccessProvisioned")
    events = [until(event_type, lambda: world.events(event_type, request_id))[0] for event_type in types]
    equal(len({event["detail"]["metadata"]["correlation_id"] for event in events}), 1, "correlation ids")


@flow
def each_step_waits_for_its_function_and_goes_on(world: World):
    """Of the functions only the relay can be held back here, and goes on where it stopped."""
    ada = world.person("Ada", "builders")
    with relay_held(world):
        request_id = ada.submit("public-apis", ["weather-api"], "free", "Held")["id"]
        time.sleep(1)
        equal(ada.request(request_id)["status"], "pending")
        equal(world.events("AccessRequestSubmitted", request_id), [])
    request = ada.until_provisioning(request_id, "provisioned")
    equal(history(request), ["AccessRequestSubmitted", "AccessRequestApproved", "AccessProvisioned"])
    equal(len(world.events("AccessRequestSubmitted", request_id)), 1)


@flow
def deleting_a_rule_stops_its_step(world: World):
    """Without its rule nothing provisions, whatever the sweeper does."""
    ada = world.person("Ada", "builders")
    with without_rule(world, "ProvisionQueued"):
        request_id = ada.submit("public-apis", ["weather-api"], "free", "Unwired")["id"]
        until("the approval is published", lambda: world.events("AccessRequestApproved", request_id))
        world.run_schedule()
        time.sleep(1)
        equal(ada.request(request_id)["provisioning"]["status"], "queued")
    ada.granted(["weather-api"], "Wired again")


@flow
def the_stack_is_what_the_template_says(world: World):
    """The nested stacks came up: table with its stream, pool with its trigger, key, identity, portal."""
    table = world.emulator.client("dynamodb").describe_table(TableName=world.resources["Data.Table"])["Table"]
    equal(table["StreamSpecification"]["StreamViewType"], "NEW_IMAGE")
    key = world.emulator.client("kms").describe_key(KeyId=f"alias/{world.stack}/sealing")["KeyMetadata"]
    equal(key["KeyId"], world.resources["Data.SealingKey"])
    identity = world.emulator.client("sesv2").get_email_identity(EmailIdentity="example.com")
    equal(identity["IdentityType"], "DOMAIN")
    blocked = world.emulator.client("s3").get_public_access_block(Bucket=world.resources["Portal.Files"])
    assert all(blocked["PublicAccessBlockConfiguration"].values()), blocked
    stage = world.emulator.client("apigatewayv2").get_stage(ApiId=world.resources["HttpApi"], StageName="$default")
    assert world.resources["AccessLogs"] in stage["AccessLogSettings"]["DestinationArn"], stage


@flow
def the_portal_is_served_from_a_private_bucket(world: World):
    """CloudFront serves files and, for pages, the index, with the portal's headers; the bucket itself serves
    nobody; the paths of the API lead to it."""
    files, bucket = world.emulator.client("s3"), world.resources["Portal.Files"]
    for name, text in (("index.html", "<h1>Gatepass</h1>"), ("app.js", "start()")):
        files.put_object(Bucket=bucket, Key=name, Body=text.encode())
    blocked = files.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert all(blocked.values()), blocked
    distribution = world.emulator.client("cloudfront").get_distribution(Id=world.resources["Portal.Distribution"])
    settings = distribution["Distribution"]["DistributionConfig"]
    host = {"Host": distribution["Distribution"]["DomainName"], "X-Forwarded-Proto": "https"}
    portal = Api(world.emulator.address)
    for path, text in (("/", "<h1>Gatepass</h1>"), ("/access-requests/1", "<h1>Gatepass</h1>"), ("/app.js", "start()")):
        answer = portal.call("GET", path, headers=host).expect(200)
        equal(answer.body, text, path)
        assert "default-src 'none'" in answer.headers["content-security-policy"], answer.headers
    portal.call("GET", f"/{bucket}/app.js").expect(403)
    (api,) = [origin["DomainName"] for origin in settings["Origins"]["Items"] if origin["Id"] == "api"]
    assert api.startswith(world.resources["HttpApi"]), api
    equal([one["PathPattern"] for one in settings["CacheBehaviors"]["Items"]], ["/v1/*"])


@flow
def settings_that_would_shut_everyone_out_are_refused(world: World):
    """By the template's rules, before anything is made."""
    for settings in ({"Issuer": "https://id.example.com"}, {"MailSender": "gatepass@example.com"}):
        try:
            world.make_another("refused", settings)
        except ClientError as refusal:
            equal(refusal.response["Error"]["Code"], "ValidationError", settings)
        else:
            raise AssertionError(f"a stack with {settings} is made")


@flow
def an_upgrade_keeps_what_there_is(world: World):
    """The stack is deployed over itself with another setting: requests, keys and people stay."""
    ada = world.person("Ada", "builders")
    request, key = ada.granted(["weather-api"], "Upgraded")
    outputs = world.emulator.outputs(world.stack)
    world.emulator.deploy(world.stack, world.parameters | {"LogRetentionDays": "14"})
    equal(world.emulator.outputs(world.stack), outputs)
    groups = world.emulator.client("logs").describe_log_groups(logGroupNamePrefix=world.resources["EventLogs"])
    equal([group["retentionInDays"] for group in groups["logGroups"]], [14], "the setting holds")
    equal(ada.request(request["id"])["version"], request["version"])
    equal((ada.reveal(request), world.sample("weather-api", key)), (key, 200))


@flow
def nothing_was_given_up(world: World):
    """After all that: no event was left over, on any path."""
    for queue in ("FailedDeliveries", "FailedInvocations"):
        equal(world.messages(world.resources[queue]), [], queue)


@flow
def every_operation_was_answered_with_a_success(world: World):
    """Each endpoint is a function with a role of its own: each was called here, and had what it needs."""
    document = world.api.call("GET", "/v1/openapi.json").expect(200).body
    equal(sorted(world.never_succeeded(document)), [])


@flow
def deleting_the_stack_leaves_nothing_running(world: World):
    """Last of all, and without an error: a full bucket would be one."""
    stacks = world.emulator.client("cloudformation")
    stacks.delete_stack(StackName=world.stack)
    stacks.get_waiter("stack_delete_complete").wait(StackName=world.stack, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    equal(world.emulator.client("lambda").list_functions()["Functions"], [])
    equal(world.api.call("GET", "/v1/health").status, 404)
