"""What the emulator cannot do, and where the project tests it instead."""

import dataclasses
import pathlib
import re

ROOT = pathlib.Path(__file__).parents[2]
SOURCES = ("functions", "local", "shared", "tests")
# A test's attribute, then perhaps more attributes and comments, then its name.
RUST_TEST = re.compile(r"#\[(?:tokio::)?test\b[^\n]*\n(?:\s*(?:#\[|//)[^\n]*\n)*\s*(?:async )?fn (\w+)")


@dataclasses.dataclass
class Limit:
    """Something that runs otherwise here than on AWS, or not at all, and the tests that stand in."""

    what: str
    tests: tuple[str, ...]


LIMITS = (
    Limit("A rule tries a delivery again (RetryPolicy)", ("what_fails_is_tried_again_and_then_given_up",)),
    Limit(
        "A rule's or the schedule's dead-letter queue takes what it gave up",
        ("what_fails_is_tried_again_and_then_given_up", "what_fails_on_an_asynchronous_path_is_kept"),
    ),
    Limit(
        "An event that comes twice",
        ("an_event_that_comes_again_sends_nothing_again", "a_batch_may_be_delivered_again"),
    ),
    Limit(
        "The stream's MaximumRetryAttempts, and its OnFailure queue",
        ("a_record_that_keeps_failing_is_given_up_with_what_follows_it", "what_fails_on_an_asynchronous_path_is_kept"),
    ),
    Limit(
        "The stream's BisectBatchOnFunctionError",
        ("a_batch_that_fails_as_a_whole_is_halved_until_the_culprit_stands_alone",),
    ),
    Limit("Records that the stream loses", ("what_has_no_receipt_is_published_and_what_has_one_is_not",)),
    Limit(
        "Functions behind rules cannot be held back and go on",
        ("a_function_that_is_held_back_burns_no_attempts", "each_step_waits_for_its_function_and_goes_on"),
    ),
    Limit(
        "A function dies between two calls",
        (
            "it_survives_every_commit",
            "it_survives_every_put_events",
            "it_survives_every_mail",
        ),
    ),
    Limit("DynamoDB's TransactionConflict", ("collisions_are_sat_out", "collisions_without_end_are_given_up")),
    Limit(
        "DynamoDB's throttling, and calls without an answer",
        ("throttles_and_outages_are_sat_out_and_at_last_given_up",),
    ),
    Limit("Time that is moved: keys of 30 days", ("keys_end_by_revoking_by_deleting_the_app_and_by_time",)),
    Limit("API Gateway's throttling and access log", ("test_the_api_is_throttled_and_logged",)),
    Limit(
        "Routes from an OpenAPI body: expand.py writes them out",
        ("router_document_and_template_have_the_same_routes", "who_needs_no_token_needs_none_anywhere"),
    ),
    Limit(
        "SendEmail's resource, always `*` here: expand.py widens ses:SendEmail, and nothing else",
        ("grants_name_exact_actions_on_exact_resources", "grants_report"),
    ),
    Limit(
        "Alarms never go off; one on several metrics is deployed with the first of them",
        ("alarms_reach_people_and_do_not_go_off_when_nobody_asks", "alarms_take_no_more_metrics_than_are_paid_for"),
    ),
    Limit(
        "Lambda's own policies and the schedule's role: who may start a function is not asked",
        ("test_whoever_starts_a_function_may",),
    ),
    Limit(
        "Cognito's sign-in pages: the run allows the portal's client ADMIN_USER_PASSWORD_AUTH",
        ("a_code_becomes_tokens_that_the_api_takes", "the_portal_signs_in_without_a_secret"),
    ),
    Limit("A client's WriteAttributes are not enforced", ("nobody_writes_their_own_organisation",)),
    Limit(
        "FirstOwner: users are no resources here; the run makes them by Cognito's API",
        ("the_first_owner_is_invited_and_decides",),
    ),
    Limit(
        "CloudFront in front of the HTTP API, whose real name it looks up",
        ("the_api_is_under_the_portals_origin_and_its_errors_stay_its_own",),
    ),
    Limit(
        "Deleting a nested stack deletes what it should retain",
        ("people_and_their_pool_outlive_the_stack", "the_table_that_is_deployed_is_safe"),
    ),
    Limit(
        "dynamodb:LeadingKeys is not evaluated: the authorizer may write any item",
        ("a_grant_may_be_limited_to_the_partitions_with_a_prefix",),
    ),
    Limit(
        "The sample API behind the authorizer, which answers 429, is the local stack's own",
        ("a_caller_over_the_limit_of_the_plan_is_told_to_wait", "many_callers_get_exactly_what_the_plan_allows"),
    ),
    Limit("TLS", ("browsers_come_back_over_tls_alone",)),
    Limit(
        "Not about AWS: a local stack that cannot start",
        ("a_stack_that_cannot_run_says_why_in_one_line",),
    ),
)


def rust_tests(*folders: str) -> set[str]:
    """The names of all tests in Rust below these folders of the repository."""
    files = (path for folder in folders for path in (ROOT / folder).rglob("*.rs"))
    return {name for path in files for name in RUST_TEST.findall(path.read_text())}


def own_tests() -> set[str]:
    """The names of the unit tests beside this file."""
    files = pathlib.Path(__file__).parent.glob("test_*.py")
    return {name for path in files for name in re.findall(r"def (test_\w+)", path.read_text())}


def unfounded(flows: set[str]) -> list[str]:
    """Tests that are named above and are neither in the repository nor among `flows`."""
    there = rust_tests(*SOURCES) | own_tests() | flows
    return [f"{limit.what}: {test}" for limit in LIMITS for test in limit.tests if test not in there]


def unaccounted(flows: set[str]) -> set[str]:
    """End-to-end flows of the local stack that are neither among `flows` nor named above."""
    return rust_tests("tests/tests/it/flows") - flows - {test for limit in LIMITS for test in limit.tests}
