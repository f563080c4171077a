"""Tests the cases: they are well-formed, and each one fails with a server that answers wrongly."""

import re
import sys
import unittest
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "sections"), str(HERE.parent), str(HERE.parents[1] / "e2e")]

import catalogue
import exchange
import h2spec
import run
from case import ANSWERED, DOES_NOT_APPLY, NOTHING
from wrong_answerers import HARSH, LENIENT, answering

CASES = [case for section in catalogue.SECTIONS for case in section.cases]
NAME = re.compile(r"rfc(9113-[3-8]|7541-[2-6])(\.\d+)*-[a-z0-9-]+")


def wants_an_error(case):
    return all(expected.split()[0] in ("GOAWAY", "RST_STREAM", "closed") for expected in case.expect)


class Cases(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # These servers answer at once or never. An answer that comes too late only makes one more case fail.
        exchange.PATIENCE, exchange.LATE_SECONDS = 0.3, 0.05
        cls.outcomes = {}
        for manner in (LENIENT, HARSH):
            with answering(manner) as target:
                cls.outcomes[manner], _ = run.answers(target, CASES)

    def passing(self, manner, cases):
        outcomes = self.outcomes[manner]
        return [case.name for case in cases if outcomes[case.name] in (*case.expect, DOES_NOT_APPLY)]

    def test_names(self):
        for case in CASES:
            self.assertRegex(case.name, rf"^{NAME.pattern}$")
        twice = [name for name, count in Counter(case.name for case in CASES).items() if count > 1]
        self.assertEqual(twice, [])

    def test_requirements_are_sentences(self):
        for case in CASES:
            self.assertRegex(case.requirement, r"^[A-Z0-9].*\.$", case.name)

    def test_h2spec_is_complete(self):
        suites = Counter(number.split("/")[0] for number in h2spec.CASES)
        self.assertEqual(suites, {"generic": 44, "http2": 94, "hpack": 8})
        named = {name for names in h2spec.CASES.values() for name in names}
        self.assertEqual(named - {case.name for case in CASES}, set())

    def test_h2spec_fails_with_a_case_that_it_names(self):
        expected = {case.name: case.expect[0] for case in CASES}
        self.assertEqual(h2spec.failed(CASES, expected), [])
        for outcome in ("silent", DOES_NOT_APPLY):
            outcomes = expected | {"rfc9113-5.1-idle-rst-stream": outcome}
            self.assertEqual(h2spec.failed(CASES, outcomes), ["http2/5.1/2", "http2/6.4/2"])

    def test_each_case_fails_if_every_frame_is_an_error(self):
        passing = self.passing(HARSH, CASES)
        # Cases that do not apply here and require an error fail with the lenient server.
        elsewhere = {
            case.name for case in CASES if self.outcomes[HARSH][case.name] == DOES_NOT_APPLY and wants_an_error(case)
        }
        self.assertEqual([name for name in passing if name not in elsewhere], [])

    def test_each_required_error_fails_if_nothing_is_an_error(self):
        self.assertEqual(self.passing(LENIENT, filter(wants_an_error, CASES)), [])

    def test_cases_of_windows_fail_if_windows_are_ignored(self):
        of_windows = [case for case in CASES if re.search(r"-6\.9\.[12]-", case.name) and case.settings]
        self.assertEqual(self.passing(LENIENT, of_windows), [])

    def test_the_lenient_server_passes_plain_cases(self):
        """The lenient server answers plain calls, so a case fails because of its own requirement."""
        plain = [case for case in CASES if {ANSWERED, NOTHING} & set(case.expect)]
        self.assertGreater(len(self.passing(LENIENT, plain)), len(plain) // 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
