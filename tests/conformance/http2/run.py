#!/usr/bin/python3
"""Runs the HTTP/2 cases against a server and reports its answers.

    run.py --engine lean --binary build/host/bin/mote-gateway [--only REGEX] [--results FILE] [--compare]

Exit code 1 if the case does not allow an answer; with --compare, the answers are only recorded.
"""

import argparse
import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "sections"), str(HERE.parent), str(HERE.parents[1] / "e2e")]

import catalogue
import exchange
import gateway
import h2spec
import suite
from case import DOES_NOT_APPLY

CONNECTIONS = 8
COMPARE_SECONDS = 5  # for answers that another server may never give
# One case opens as many streams as a connection may have, while other cases run. The log must have a line for each GOAWAY.
OPTIONS = ("--max-streams", 1024, "--drain-seconds", 1, "--log-rate", 100_000)


def answers(target, cases):
    """The answer of the server to each case, by name, and the reasons in its GOAWAYs."""
    with ThreadPoolExecutor(CONNECTIONS) as workers:
        results = list(workers.map(lambda case: exchange.run(target, case), cases))
    outcomes = {case.name: outcome for case, (outcome, _) in zip(cases, results)}
    return outcomes, {case.name: goaway[2] for case, (_, goaway) in zip(cases, results) if goaway and goaway[1]}


def faults(cases, outcomes):
    """One line for each answer that is not allowed."""
    for case in cases:
        outcome = outcomes[case.name]
        if outcome not in (*case.expect, DOES_NOT_APPLY):
            yield f"{case.name}: {outcome}, not {' or '.join(case.expect)} ({case.requirement})"


def unexplained(server, reasons):
    """GOAWAYs of the gateway without a reason, or with a reason that is not in its log."""
    for name, reason in reasons.items():
        if not reason or reason not in server.stderr:
            yield f"{name}: GOAWAY with the reason {reason!r}, which is not in the log"


def main():
    parser = argparse.ArgumentParser()
    suite.add_server_options(parser)
    parser.add_argument("--only", default="", help="names of cases, as a regular expression")
    parser.add_argument("--results", type=Path, help="write the answers to this file, as JSON")
    parser.add_argument("--compare", action="store_true", help="record the answers, whatever they are")
    arguments = parser.parse_args()
    suite.take_server_options(arguments)

    cases = [case for section in catalogue.SECTIONS for case in section.cases if re.search(arguments.only, case.name)]
    if arguments.compare:
        exchange.PATIENCE = COMPARE_SECONDS
    with gateway.Gateway(*OPTIONS) as server:
        outcomes, reasons = answers(server.target, cases)
        wrong = list(faults(cases, outcomes))
        if arguments.engine == "lean" and gateway.is_ours():
            wrong += unexplained(server, reasons)
    if not arguments.only:
        failed = h2spec.failed(cases, outcomes)
        if not arguments.compare:
            wrong += [f"h2spec {number}: not answered as required" for number in failed]
        print(f"h2spec: {len(h2spec.CASES) - len(failed)} of {len(h2spec.CASES)} cases answered as required")
    if arguments.results:
        arguments.results.parent.mkdir(parents=True, exist_ok=True)
        arguments.results.write_text(json.dumps({"engine": arguments.engine, "http2": outcomes}, indent=1) + "\n")
    print(*wrong, f"{len(cases)} cases, {len(wrong)} answered otherwise", sep="\n")
    sys.exit(1 if wrong and not arguments.compare else 0)


if __name__ == "__main__":
    main()
