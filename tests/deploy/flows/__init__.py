"""What people do with Gatepass, on the deployed stack. A flow that tests/tests/it/flows has too has its name there."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from people import Answer
from world import World

Flow = Callable[[World], None]
FLOWS: dict[str, Flow] = {}


def flow(function: Flow) -> Flow:
    """Has the function run, in the order in which they are written down."""
    assert function.__name__ not in FLOWS, f"there are two flows called {function.__name__}"
    FLOWS[function.__name__] = function
    return function


def at_once(*calls: Callable[[], Answer]) -> list[Answer]:
    """Makes all calls at the same time."""
    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(lambda one: one(), calls))


def history(request: dict) -> list[str]:
    """The types of what happened to a request, oldest first."""
    return [entry["type"] for entry in request["history"]]
