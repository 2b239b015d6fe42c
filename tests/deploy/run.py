"""Deploys what is built to an emulator of AWS, with the roles' policies enforced, and runs every flow on it.

    make test-deploy                # builds beforehand
    make test-deploy NO_BUILD=1     # takes what was built before
"""

import platform
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

from botocore.exceptions import ClientError

from emulator import CannotRun, Emulator
from flows import FLOWS
from flows import asking, deciding, managing, deployed  # noqa: F401  They are found in FLOWS, in this order.
from limits import LIMITS, unaccounted, unfounded
from world import World

STACK = "gatepass"
PARAMETERS = {
    "Architecture": "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64",
    "Gateways": "builtin,oauth2_dcr",
    "MailSender": "Gatepass <gatepass@example.com>",
    "MailIdentity": "example.com",
    "CreateMailIdentity": "true",
    "PortalUrl": "https://portal.example.com",
}


def run(world: World) -> dict[str, str]:
    """Runs every flow, and says at once how it went; gives each one's result."""
    results = {}
    for name, flow in FLOWS.items():
        began = time.time()
        try:
            flow(world)
            results[name] = "passed"
        except Exception:
            traceback.print_exc(file=sys.stdout)
            show_errors(world, began)
            results[name] = "FAILED"
        print(f"{results[name]} in {time.time() - began:5.1f} s  {name}", flush=True)
    return results


def show_errors(world: World, since: float):
    """Prints what functions logged as errors, for a flow's own message seldom says what was behind a 500."""
    for group in ("HttpLogs", "EventLogs"):
        try:
            for line in world.logs(group, '"level":"ERROR"', since):
                print(f"{group}: {line}")
        except ClientError:
            print(f"{group}: gone with the stack")


def table(title: str, rows: list[tuple[str, str]]):
    """Prints two columns."""
    width = max(len(left) for left, _ in rows)
    print(f"\n{title}\n{'-' * len(title)}")
    for left, right in rows:
        print(f"{left:<{width}}  {right}")


def main() -> int:
    """Gives the exit code."""
    # An interrupted run ends its emulator, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    flows = set(FLOWS)
    if wrong := unfounded(flows):
        sys.exit("limits.py names tests that are not there:\n  " + "\n  ".join(wrong))
    if missing := unaccounted(flows):
        sys.exit(
            "flows of tests/tests/it/flows that are neither in tests/deploy/flows nor in limits.py:\n  "
            + "\n  ".join(sorted(missing))
        )
    with tempfile.TemporaryDirectory(prefix="gatepass-deploy-") as scratch:
        began = time.monotonic()
        try:
            with Emulator(Path(scratch)) as emulator:
                emulator.package(PARAMETERS)
                emulator.deploy(STACK, PARAMETERS)
                print(f"deployed in {time.monotonic() - began:.0f} s", flush=True)
                results = run(World(emulator, STACK, PARAMETERS))
        except CannotRun as error:
            sys.exit(str(error))
    failed = [name for name, result in results.items() if result != "passed"]
    table("Flows on the deployed stack", list(results.items()))
    rows = [(limit.what if first else "", test) for limit in LIMITS for first, test in with_first(limit.tests)]
    table("What the emulator cannot do, and the test that covers it", rows)
    print(f"\n{len(results) - len(failed)} of {len(results)} flows passed in {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


def with_first(items: tuple[str, ...]) -> list[tuple[bool, str]]:
    """Each of `items` with whether it is the first."""
    return [(number == 0, item) for number, item in enumerate(items)]


if __name__ == "__main__":
    sys.exit(main())
