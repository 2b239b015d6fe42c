"""Deploys the built template in the local AWS emulator and tries every flow there: `make test-deploy`.

The functions are the binaries that AWS would run, each under its own role. At the end stands a table of the flows, and
one of what the emulator cannot show, with the test of ours that does.
"""

import argparse
import os
import pathlib
import sys
import time
import traceback

from emulator import REGION, Emulator
from flows import FLOWS
from installation import Installation

ROOT = pathlib.Path(__file__).resolve().parents[2]

# What ministack does not do, or not as AWS does, and who shows it instead: a file, and a test in it.
ELSEWHERE = [
    ("a delivery of EventBridge that fails is tried again, then kept in the dead-letter queue",
     "tests/tests/it/contracts/policies.rs", "what_fails_on_an_asynchronous_path_is_kept"),
    ("an invocation that fails is tried again, then kept by the on-failure destination",
     "local/src/delivery_tests.rs", "what_fails_is_tried_again_and_then_given_up"),
    ("a batch of the stream that keeps failing is halved, tried a limited number of times and given up",
     "local/src/stream/batch_tests.rs", "a_record_that_keeps_failing_is_given_up_with_what_follows_it"),
    ("the stream goes on from the first record that relay reports as failed",
     "functions/relay/tests/it/main.rs", "the_stream_goes_on_from_the_first_entry_that_failed"),
    ("the role of notify names one SES identity (in the emulator, sending is allowed on anything)",
     "tests/tests/it/contracts/grants.rs", "grants_report"),
    ("the HTTP API comes from SAM's OpenAPI body (in the emulator, from routes that expand.py makes of it)",
     "tests/tests/it/contracts/routes.rs", "router_document_and_template_have_the_same_routes"),
    ("people sign in with a code and PKCE (in the emulator, with a password)",
     "portal/tests/browser/signing-in.test.ts", "after signing in is where they were"),
    ("the portal's pages have their headers and paths (the emulator keeps CloudFront's settings, and serves nothing)",
     "tests/tests/it/contracts/hosting.rs", "the_api_is_under_the_portals_origin_and_its_errors_stay_its_own"),
    ("the table, the key and the pool outlive the stack (the emulator deletes what is nested, whatever its policy)",
     "tests/tests/it/contracts/table.rs", "the_table_that_is_deployed_is_safe"),
    ("a request survives the death of a function at any moment",
     "tests/tests/it/crashes.rs", "r2_r6_it_survives_every_commit"),
    ("a function that is held back goes on where it was",
     "tests/tests/it/flows/holding.rs", "r2_r33_each_step_waits_for_its_function_and_goes_on"),
    ("keys and tokens end with time",
     "tests/tests/it/flows/endings.rs", "keys_end_by_revoking_by_deleting_the_app_and_by_time"),
    ("the first API Owner is invited (the emulator's CloudFormation makes no Cognito users)",
     "tests/tests/it/contracts/identity.rs", "the_first_owner_is_invited_and_decides"),
]


def tried(flow, installation):
    """Runs a flow; gives what went wrong, or nothing."""
    try:
        flow(installation)
    except Exception as error:  # noqa: BLE001 - the others are tried all the same
        where = traceback.extract_tb(error.__traceback__)
        line = next((frame.lineno for frame in reversed(where) if frame.filename.endswith("flows.py")), 0)
        return f"flows.py:{line}: {type(error).__name__}: {error}"
    return None


def covered_elsewhere():
    """Prints what is shown elsewhere; gives what is not there after all."""
    print("\nWhat the emulator cannot show, and the test that does:")
    missing = []
    for what, file, test in ELSEWHERE:
        there = (ROOT / file).is_file() and test in (ROOT / file).read_text()
        print(f"  {'' if there else 'GONE: '}{what}\n      {file}: {test}")
        missing += [] if there else [f"{file}: {test}"]
    return missing


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--emulator", required=True, help="the program ministack")
    arguments.add_argument("--sam", required=True, help="the SAM CLI")
    arguments.add_argument("--template", required=True, help="the template that `sam build` wrote")
    arguments.add_argument("--architecture", required=True, help="what it built for: x86_64 or arm64")
    options = arguments.parse_args()
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)

    results = []
    with Emulator(options.emulator) as emulator:
        installation = Installation(emulator, options.sam, options.architecture)
        began = time.monotonic()
        resources = installation.package(pathlib.Path(options.template).resolve())
        installation.deploy()
        print(f"deployed {resources} resources and what is nested in {time.monotonic() - began:.0f} s", flush=True)
        installation.sign_in()
        for flow in FLOWS:
            results.append((flow, tried(flow, installation)))
            print(f"  {flow.__name__}: {results[-1][1] or 'ok'}", flush=True)

    missing = covered_elsewhere()
    failed = [flow for flow, wrong in results if wrong]
    print("\nFlows on the deployed stack, role policies enforced:")
    for flow, wrong in results:
        print(f"  {'FAILED' if wrong else 'ok    '}  {flow.__name__:<12} {flow.__doc__.splitlines()[0]}")
    print(f"\n{len(results) - len(failed)} passed, {len(failed) + len(missing)} failed")
    sys.exit(1 if failed or missing else 0)


if __name__ == "__main__":
    main()
