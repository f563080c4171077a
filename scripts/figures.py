#!/usr/bin/python3
"""Measures both gateways on this machine: the lean one of the board for machines like this one, the other of build/host.

    figures.py    writes docs/figures.json and renders the pages from it

The kernel counts CPU time, /proc/PID/smaps_rollup memory. Both engines get the same calls.
"""

import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("e2e", "invariants", "bench")]

import account  # noqa: E402
import figures_file  # noqa: E402
import gateway as harness  # noqa: E402
import raw_http2 as h2  # noqa: E402
import render_figures  # noqa: E402
import servers  # noqa: E402
from measure import FIELDS, allow_descriptors, call, h2load, private_bytes  # noqa: E402

ENGINES = {"lean": servers.MOTE_PROGRAM, "grpc": servers.BIN / "mote-gateway-grpc"}
CALLS = 200_000
CALLS_ONE_BY_ONE = 20_000
ROUNDS = 3
IDLE_CONNECTIONS = 1000
STARTS = 20


def cpu_per_call(target, pid, calls, connections, streams):
    """Microseconds of the gateway's CPU time for each call of one h2load run."""
    before = account.cpu_seconds(pid)
    h2load(target, calls, "-c", str(connections), "-m", str(streams))
    return (account.cpu_seconds(pid) - before) / calls * 1e6


def idle_connection_bytes(binary):
    """Private memory of one more connection that is idle after one call."""
    allow_descriptors(IDLE_CONNECTIONS + 100)
    with harness.Gateway("--max-connections", 2 * IDLE_CONNECTIONS, "--memory-budget", "512MiB", command=[binary]) as server:
        h2load(server.target, 1000, "-c4", "-m8")
        before = private_bytes(server.process.pid)
        connections = [h2.Connection(server.target) for _ in range(IDLE_CONNECTIONS)]
        for connection in connections:
            call(connection, FIELDS)
        each = (private_bytes(server.process.pid) - before) / IDLE_CONNECTIONS
        for connection in connections:
            connection.close()
    return each


def start_milliseconds(binary):
    """The time from exec to the first answered call."""
    started = time.monotonic()
    with harness.Gateway(command=[binary]) as server:
        with h2.Connection(server.target) as connection:
            call(connection, FIELDS)
        return (time.monotonic() - started) * 1e3


def stripped_bytes(binary):
    with tempfile.NamedTemporaryFile() as stripped:
        subprocess.run(["strip", "-o", stripped.name, binary], check=True)
        return Path(stripped.name).stat().st_size


def thread_names(pid):
    """The names of the threads, with the number of threads of each name."""
    names = [(task / "comm").read_text().strip() for task in Path(f"/proc/{pid}/task").iterdir()]
    return ", ".join(f"{names.count(name)} {name}" if names.count(name) > 1 else name for name in sorted(set(names)))


def memory_kib(pid):
    """Resident memory, and the anonymous part of it."""
    return account.memory_bytes(pid)[0] // 1024, private_bytes(pid) // 1024


def measure(binary):
    with harness.Gateway(command=[binary]) as server:
        pid = server.process.pid
        account.wait_until_idle(pid)
        idle = memory_kib(pid)
        pipelined = [cpu_per_call(server.target, pid, CALLS, 8, 16) for _ in range(ROUNDS)]
        single = [cpu_per_call(server.target, pid, CALLS_ONE_BY_ONE, 1, 1) for _ in range(ROUNDS)]
        loaded = memory_kib(pid)
        names = thread_names(pid)
        threads = server.threads()
        worst = re.search(r"worst case (.*?) of budget", server.stderr)
    board = binary.parents[1].name
    program = {"program_bytes": stripped_bytes(binary)} if board == "host" else {"board": board}
    return {
        "cpu_us_pipelined": round(statistics.median(pipelined), 3),
        "cpu_us_single": round(statistics.median(single), 3),
        "resident_idle_kib": idle[0],
        "anonymous_idle_kib": idle[1],
        "resident_loaded_kib": loaded[0],
        "anonymous_loaded_kib": loaded[1],
        "calls": ROUNDS * (CALLS + CALLS_ONE_BY_ONE),
        "worst_case": worst[1] if worst else None,
        "idle_connection_bytes": round(idle_connection_bytes(binary)),
        "idle_connections": IDLE_CONNECTIONS,
        "threads": threads,
        "thread_names": names,
        "start_ms": round(statistics.median(start_milliseconds(binary) for _ in range(STARTS)), 2),
        **program,
    }


def main():
    figures_file.write_section("gateway", "./dev figures", {name: measure(binary) for name, binary in ENGINES.items()})
    render_figures.render()


if __name__ == "__main__":
    main()
