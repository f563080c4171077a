#!/usr/bin/python3
"""Runs the scenarios of table.py against a server and reports the results.

    run.py --server gateway --engine lean --binary build/host/bin/mote-gateway [--area NAME...] [--only REGEX] [--results FILE]

Exit code 1 if a scenario does not hold and differences.py does not list it for the engine, or if a listed scenario holds,
unless its result depends on timing; 77 if a scenario could not be tested because a program is missing.
"""

import argparse
import collections
import importlib
import json
import re
import sys
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "scenarios"), str(HERE.parent / "e2e")]

import suite
import verdict
from differences import DIFFERENCES
from table import AREAS

HOLDS, DIFFERS, FAILS, SKIPPED = "holds", "differs", "fails", "skipped"


class Recorder(unittest.TestResult):
    """The result of each test, by its id: that it ran, the text of its failure, and why it was skipped."""

    def __init__(self):
        super().__init__()
        self.ran, self.failed, self.skips, self.beside = set(), collections.defaultdict(str), {}, []

    def startTest(self, test):
        super().startTest(test)
        self.ran.add(test.id())
        self._started = time.monotonic()

    def stopTest(self, test):
        super().stopTest(test)
        result = "FAILED" if test.id() in self.failed else "skipped" if test.id() in self.skips else "ok"
        print(f"{result:8}{time.monotonic() - self._started:6.1f} s  {test.id()}", flush=True)

    def addError(self, test, error):
        self._note(test, error)

    def addFailure(self, test, error):
        self._note(test, error)

    def addSubTest(self, test, subtest, error):
        if error:
            self._note(test, error)

    def addSkip(self, test, reason):
        self.skips[test.id()] = reason

    def was_skipped(self, test):
        whole_class = f"setUpClass ({type(test).__module__}.{type(test).__name__})"
        return test.id() in self.skips or whole_class in self.skips

    def text(self, test):
        """The text of the failure, if the test failed."""
        return self.failed.get(test.id()) or (None if test.id() in self.ran else "did not run")

    def _note(self, test, error):
        text = self._exc_info_to_string(error, test)
        self.failed[test.id()] += text
        if not isinstance(test, unittest.TestCase):
            self.beside.append(f"{test.id()}\n{text}")  # the server did not start, or ended with an error


def tests_of(area):
    """The tests of an area. They must be exactly those in the table."""
    module = importlib.import_module(f"{area.name}_test")
    found = [test for suite_ in unittest.defaultTestLoader.loadTestsFromModule(module) for test in suite_]
    by_name = {f"{type(test).__name__}.{test.id().rsplit('.', 1)[1]}": test for test in found}
    listed = [scenario.test for scenario in area.scenarios]
    odd = set(listed) ^ set(by_name)
    if odd or len(set(listed)) != len(listed):
        raise SystemExit(
            f"table.py and {module.__name__}.py do not agree on {', '.join(sorted(odd)) or 'a test named twice'}"
        )
    return by_name


def result_of(scenario, test, recorder, differences):
    """The result of the scenario, and the error if it is not as expected."""
    if recorder.was_skipped(test):
        return SKIPPED, None
    text = recorder.text(test)
    difference = differences.get(scenario.name)
    if not difference:
        return (FAILS, text) if text else (HOLDS, None)
    if not text:
        return (DIFFERS, None) if difference.at_times else (FAILS, "holds, but differences.py lists it")
    if not re.search(difference.seen, text):
        return FAILS, f"differs, but not as listed: {difference.seen!r} is not found in\n{text}"
    return DIFFERS, None


def run(area, engine, only):
    """The results of the scenarios of the area, by name, the errors, and why scenarios could not be tested here."""
    tests = tests_of(area)
    chosen = [scenario for scenario in area.scenarios if re.search(only, scenario.name)]
    recorder = Recorder()
    unittest.TestSuite(tests[scenario.test] for scenario in chosen).run(recorder)
    results, wrong = {}, list(recorder.beside)
    for scenario in chosen:
        results[scenario.name], problem = result_of(
            scenario, tests[scenario.test], recorder, DIFFERENCES.get(engine, {})
        )
        if problem:
            wrong.append(f"{scenario.name}: {scenario.expectation} ({scenario.clause})\n{problem}")
    return results, wrong, [reason for reason in recorder.skips.values() if reason.startswith("SKIPPED")]


def main():
    parser = argparse.ArgumentParser()
    suite.add_server_options(parser)
    parser.add_argument("--area", nargs="*", choices=[area.name for area in AREAS], help="default: all")
    parser.add_argument("--only", default="", help="names of scenarios, as a regular expression")
    parser.add_argument("--results", type=Path, help="write the results to this file, as JSON")
    arguments = parser.parse_args()
    suite.take_server_options(arguments)

    results, wrong, missing = {}, [], []
    for area in AREAS:
        if not arguments.area or area.name in arguments.area:
            of_area, problems, untested = run(area, arguments.engine, arguments.only)
            results |= of_area
            wrong += problems
            missing += untested
    if arguments.results:
        arguments.results.parent.mkdir(parents=True, exist_ok=True)
        arguments.results.write_text(json.dumps({"engine": arguments.engine, "scenarios": results}, indent=1) + "\n")
    count = collections.Counter(results.values())
    print(
        *wrong, ", ".join(f"{count[each]} {each}" for each in (HOLDS, DIFFERS, FAILS, SKIPPED) if count[each]), sep="\n"
    )
    for reason in missing:
        print(reason)
    sys.exit(1 if wrong else verdict.SKIPPED_CODE if missing else 0)


if __name__ == "__main__":
    main()
