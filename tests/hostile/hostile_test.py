"""Attacks of one address while clients at another address call.

    hostile_test.py --binary PROGRAM [--area AREA] [unittest arguments, such as -k rapid-reset]

Each attack is one test. It fails if a call at the other address fails, if the gateway or the kernel needs more memory than the
gateway has printed, if one connection gets more work in one turn of the loop than the limits allow, if the counters or the log do not show the attack, or if connections, calls or blocks are left after it.
"""

import argparse
import os
import shlex
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

import catalogue
import gateway
import trial

# The default limits of the work of one connection in one turn. The last header block may exceed them by max-header-excess times
# max-header-bytes or max-header-fields and one field, and the metadata of the last reply by max-header-bytes, twice.
MOST_WORK = {
    "frames": 128,
    "fields": 1024 + 2 * 64 + 1,
    "field_bytes": 17 * 1024 + 2 * 8192 + (8192 + 1) + 2 * 8192,
    "read_bytes": 32 * 1024,
    # And one message of max-message-bytes, noticed to be larger in steps of 20 KiB, with its reply.
    "gzip_bytes": 17 * 1024 + 2 * 64 * 1024 + 20 * 1024,
}
SECONDS = 1.0
CALM_SECONDS = 0.3


class Attacks(unittest.TestCase):
    """add_tests() adds a method for each attack."""

    def assert_withstands(self, attack):
        outcome = trial.run(attack, seconds=SECONDS, calm_seconds=CALM_SECONDS)
        try:
            self._check(outcome)
        except AssertionError:
            print(f"--- log under {attack.name}\n{outcome.log[-4000:]}", file=sys.stderr)
            raise

    def _check(self, outcome):
        self.assertEqual(outcome.crash, "")
        self.assertEqual({kind: (len(faults), faults[0]) for kind, faults in outcome.failures().items()}, {})
        for kind in outcome.attack.spared:
            self.assertTrue(outcome.of(kind, calm=False), f"no call of the {kind} bystander under attack")
        if not os.environ.get("MOTE_TEST_SANITIZE"):
            self.assertLessEqual(outcome.grown_bytes, outcome.process_budget_bytes())
            if outcome.kernel_budget_bytes:
                self.assertLessEqual(outcome.kernel_bytes, outcome.kernel_budget_bytes)
        most_work = outcome.most_work()
        self.assertEqual(most_work.keys(), MOST_WORK.keys())
        for what, count in most_work.items():
            self.assertLessEqual(count, MOST_WORK[what], f"{what} of one connection in one turn")
        if outcome.attack.counters:
            self.assertTrue(outcome.counted(), f"none of {outcome.attack.counters} in {outcome.counters}")
        if outcome.attack.reaches_a_limit():
            self.assertIsNotNone(outcome.log_line(), "the log does not show the attack")
        for what, count in outcome.left.items():
            self.assertEqual(count, outcome.before[what], f"{what} after the attack")


def add_tests(area):
    for attack in catalogue.of(area) if area else catalogue.ATTACKS.values():
        def test(case, attack=attack):
            case.assert_withstands(attack)

        test.__doc__ = " ".join((*attack.identifiers, attack.what))
        setattr(Attacks, f"test_{attack.name}", test)


def main():
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--binary", default="build/host/bin/mote-gateway")
    parser.add_argument("--area", choices=catalogue.AREAS)
    arguments, rest = parser.parse_known_args()
    gateway.test_against(shlex.split(arguments.binary))
    add_tests(arguments.area)
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)


if __name__ == "__main__":
    main()
