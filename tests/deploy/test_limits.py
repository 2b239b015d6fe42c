"""The tests that limits.py names exist, whatever they are called by now, and every local flow is accounted for."""

import unittest

from flows import FLOWS
from flows import asking, deciding, managing, deployed  # noqa: F401  They are found in FLOWS.
from limits import unaccounted, unfounded


class Limits(unittest.TestCase):
    def test_every_test_that_stands_in_exists(self):
        self.assertEqual(unfounded(set(FLOWS)), [])

    def test_every_flow_of_the_local_stack_runs_deployed_or_is_named(self):
        self.assertEqual(unaccounted(set(FLOWS)), set())


if __name__ == "__main__":
    unittest.main()
