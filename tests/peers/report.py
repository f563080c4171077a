"""Runs a list of behaviours, prints the result of each and writes them as JSON for results.py."""

import json
import re
import sys
import time
from pathlib import Path

from harness import Failed

PASSED, FAILED = "passed", "FAILED"
DOES_NOT_APPLY = "does not apply: "


def add_options(parser):
    parser.add_argument("--only", default="", help="only behaviours whose name matches this regular expression")
    parser.add_argument("--results", type=Path, help="write the results to this file, as JSON")


def run(behaviours, arguments, **about):
    """`behaviours`: tuples of name, the reason why it does not apply or None, and a function that raises Failed. Exits."""
    print(", ".join(f"{name} {version}" for name, version in about["versions"].items()), flush=True)
    results = {}
    for name, reason, check in behaviours:
        if not re.search(arguments.only, name):
            continue
        begun = time.monotonic()
        problem = None
        if reason:
            results[name] = DOES_NOT_APPLY + reason
        else:
            problem = problem_of(check)
            results[name] = FAILED if problem else PASSED
        print(f"{name:24}{results[name]}, {time.monotonic() - begun:.1f} s", flush=True)
        if problem:
            print("  " + problem.rstrip().replace("\n", "\n  "), flush=True)
    if arguments.results:
        arguments.results.parent.mkdir(parents=True, exist_ok=True)
        arguments.results.write_text(json.dumps({**about, "results": results}, indent=1) + "\n")
    sys.exit(1 if FAILED in results.values() else 0)


def problem_of(check):
    try:
        check()
    except (Failed, AssertionError) as failure:
        return str(failure)
    return None
