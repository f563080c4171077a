"""Runs an action on many hosts: canaries first, then several at a time. Prints each step of each host, and a table at the
end."""

import concurrent.futures
import threading
import time
from dataclasses import dataclass

from host import Outcome, Unreached


@dataclass(frozen=True)
class Row:
    host: str
    outcome: Outcome
    seconds: float


class Rollout:
    def __init__(self, act, stop_on_failure):
        self._act = act
        self._stop_on_failure = stop_on_failure
        self._failed = threading.Event()

    def visit(self, host):
        """Runs the action on one host, or skips the host if another one has failed."""
        if self._failed.is_set():
            return Row(host.name, Outcome(1, "skipped: another host failed"), 0)
        begun = time.monotonic()
        host.report = lambda step: print(f"{host.name}: {step}", flush=True)
        try:
            outcome = self._act(host)
        except Unreached as error:
            outcome = Outcome(1, f"unreachable: {error}")
        if outcome.code != 0 and self._stop_on_failure:
            self._failed.set()
        if outcome.result:
            host.report(outcome.result)
        for line in outcome.text.splitlines():
            host.report(line)
        return Row(host.name, outcome, time.monotonic() - begun)


def run(hosts, act, canaries, parallel, stop_on_failure):
    """Runs the action on all hosts and prints the table. Returns the highest exit code."""
    rollout = Rollout(act, stop_on_failure)
    rows = [rollout.visit(host) for host in hosts[:canaries]]
    with concurrent.futures.ThreadPoolExecutor(parallel) as pool:
        rows += pool.map(rollout.visit, hosts[canaries:])
    print(table(rows))
    return max(row.outcome.code for row in rows)


def table(rows):
    head = ("HOST", "RESULT", "BEFORE", "NOW", "SECONDS")
    lines = [
        (row.host, row.outcome.result or "-", row.outcome.before, row.outcome.now, f"{row.seconds:.0f}") for row in rows
    ]
    widths = [max(len(line[column]) for line in [head, *lines]) for column in range(len(head))]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in [head, *lines])
