"""Runs an action on many hosts: canaries first, then several at a time. Prints each step of each host and how many are done, and a
table or JSON at the end."""

import concurrent.futures
import json
import sys
import threading
import time
from dataclasses import dataclass

import command
from host import Outcome, Unreached


@dataclass(frozen=True)
class Row:
    host: str
    outcome: Outcome
    seconds: float


class Rollout:
    """`max_failures`: how many hosts may fail before no other host is begun; None: any number."""

    def __init__(self, act, count, max_failures, out):
        self._act = act
        self._count = count
        self._max_failures = max_failures
        self._out = out
        self._lock = threading.Lock()
        self._done = self._failures = 0
        self._stopped = None

    def visit(self, host, canary=False):
        """Runs the action on one host, or skips the host if others have failed. A host that is not reached is no failure."""
        if self._stopped:
            return self._finish(Row(host.name, Outcome(1, f"skipped: {self._stopped}", reached=False), 0))
        begun = time.monotonic()
        host.report = lambda step: self._print(f"{host.name}: {step}")
        try:
            outcome = self._act(host)
        except Unreached as error:
            outcome = Outcome(1, f"unreachable: {error}", reached=False)
        if outcome.code != 0 and outcome.reached:
            self._count_failure(canary)
        return self._finish(Row(host.name, outcome, time.monotonic() - begun))

    def stop(self, reason):
        self._stopped = reason

    def _count_failure(self, canary):
        with self._lock:
            self._failures += 1
            if self._max_failures is None:
                return
            if canary:
                self._stopped = "a canary failed"
            elif self._failures > self._max_failures:
                self._stopped = "another host failed" if self._failures == 1 else f"{self._failures} hosts failed"

    def _finish(self, row):
        with self._lock:
            self._done += 1
            self._print(f"{self._done}/{self._count} {row.host}: {row.outcome.result or 'done'}")
        return row

    def _print(self, line):
        print(line, file=self._out, flush=True)


def run(hosts, act, canaries, parallel, max_failures, as_json=False):
    """Runs the action on all hosts and prints the result. Returns the highest exit code. `canaries`: so many hosts must succeed one
    after the other before the rest begins. A canary that is not reached is replaced by the next host."""
    rollout = Rollout(act, len(hosts), max_failures, sys.stderr if as_json else sys.stdout)
    rows = []
    while len(rows) < len(hosts) and sum(row.outcome.code == 0 for row in rows) < canaries:
        rows.append(rollout.visit(hosts[len(rows)], canary=True))
    with concurrent.futures.ThreadPoolExecutor(parallel) as pool:
        try:
            rows += pool.map(rollout.visit, hosts[len(rows) :])
        except KeyboardInterrupt:
            rollout.stop("interrupted")
            command.stop_all()
            raise
    print(listed(rows) if as_json else table(rows))
    return max(row.outcome.code for row in rows)


def table(rows):
    head = ("HOST", "RESULT", "BEFORE", "NOW", "SECONDS")
    lines = [
        (row.host, row.outcome.result or "-", row.outcome.before, row.outcome.now, f"{row.seconds:.0f}") for row in rows
    ]
    widths = [max(len(line[column]) for line in [head, *lines]) for column in range(len(head))]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in [head, *lines])


def listed(rows):
    """For programs: one object for each host."""
    return json.dumps(
        [
            {
                "host": row.host,
                "code": row.outcome.code,
                "result": row.outcome.result,
                "reached": row.outcome.reached,
                "before": row.outcome.before,
                "now": row.outcome.now,
                "seconds": round(row.seconds, 1),
            }
            for row in rows
        ],
        indent=2,
    )
