"""Checks docs/security.md: the tests that it names exist, and its gaps of MC/DC are those that tests/coverage/explained.txt explains.

    security_test.py ROOT
"""

import re
import sys
import unittest
from pathlib import Path

ROOT = Path(sys.argv.pop(1))
sys.path.insert(0, str(ROOT / "tests" / "coverage"))
import coverage  # noqa: E402

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")


class Page(unittest.TestCase):
    def test_every_file_that_is_named_exists(self):
        named = re.findall(r"`((?:tests|scripts|cmake|src|docs)/[\w/.-]+)`", PAGE)
        self.assertGreater(len(named), 20)
        for path in named:
            with self.subTest(path):
                self.assertTrue((ROOT / path).exists())

    def test_every_invariant_names_a_test(self):
        rows = re.findall(r"^\| (\d+) \|.*\| (.*) \|$", PAGE, re.MULTILINE)
        self.assertEqual([int(number) for number, _ in rows], list(range(1, len(rows) + 1)))
        for number, tests in rows:
            with self.subTest(invariant=number):
                self.assertIn("`tests/", tests)

    def test_gaps_are_the_explained_ones(self):
        section = coverage.MARKED.search(PAGE)[0]
        for (name, condition), reason in coverage.explanations().items():
            with self.subTest(file=name, condition=condition):
                self.assertIn(coverage.row(name, condition, reason), section.splitlines())
        self.assertEqual(section.count("| `src/") - len(coverage.ROOMS), len(coverage.explanations()))

    def test_explained_conditions_are_in_the_source(self):
        for name, condition in coverage.explanations():
            with self.subTest(file=name, condition=condition):
                text = " ".join((ROOT / name).read_text(encoding="utf-8").split())
                self.assertIn(condition, text)


if __name__ == "__main__":
    unittest.main()
