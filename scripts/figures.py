#!/usr/bin/python3
"""Measures the gateways on this machine: the lean one as it is shipped for machines like this one, the other of build/host.

    figures.py            writes the lean engine's figures into README.md, and what follows
    figures.py engines    writes both engines' figures, of one run, into docs/architecture.md

CPU time is the kernel's account of the process (/proc/PID/stat), memory is its private memory (smaps_rollup).
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("e2e", "invariants", "bench")]

import gateway as harness  # noqa: E402
import raw_http2 as h2  # noqa: E402
import servers  # noqa: E402
from measure import FIELDS, allow_descriptors, call, h2load, private_bytes  # noqa: E402

BINARY = servers.MOTE_PROGRAM
ENGINES = {"lean": BINARY, "grpc": servers.BIN / "mote-gateway-grpc"}
CALLS = 200_000
CALLS_ONE_BY_ONE = 20_000
ROUNDS = 3
IDLE_CONNECTIONS = 1000
STARTS = 20
# For the comparison of engines, of which one takes its time.
FEW_CALLS = 20_000
FEW_CALLS_ONE_BY_ONE = 5_000


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_per_call(target, pid, calls, connections, streams):
    """Microseconds of the gateway's CPU time for each call of one h2load run."""
    before = cpu_seconds(pid)
    h2load(target, calls, "-c", str(connections), "-m", str(streams))
    return (cpu_seconds(pid) - before) / calls * 1e6


def idle_connection_bytes(binary=BINARY):
    """Private memory of one more connection that has made one call and now does nothing."""
    allow_descriptors(IDLE_CONNECTIONS + 100)
    with harness.Gateway("--max-connections", 2 * IDLE_CONNECTIONS, "--memory-budget", "64MiB", command=[binary]) as server:
        h2load(server.target, 1000, "-c4", "-m8")
        before = private_bytes(server.process.pid)
        connections = [h2.Connection(server.target) for _ in range(IDLE_CONNECTIONS)]
        for connection in connections:
            call(connection, FIELDS)
        each = (private_bytes(server.process.pid) - before) / IDLE_CONNECTIONS
        for connection in connections:
            connection.close()
    return each


def start_milliseconds(binary=BINARY):
    """From exec to the first answered call."""
    started = time.monotonic()
    with harness.Gateway(command=[binary]) as server:
        with h2.Connection(server.target) as connection:
            call(connection, FIELDS)
        return (time.monotonic() - started) * 1e3


def stripped_bytes(binary=BINARY):
    with tempfile.NamedTemporaryFile() as stripped:
        subprocess.run(["strip", "-o", stripped.name, binary], check=True)
        return Path(stripped.name).stat().st_size


def measure():
    with harness.Gateway(command=[BINARY]) as server:
        pid = server.process.pid
        idle_kib = server.memory_kib()
        pipelined = [cpu_per_call(server.target, pid, CALLS, 8, 16) for _ in range(ROUNDS)]
        single = [cpu_per_call(server.target, pid, CALLS_ONE_BY_ONE, 1, 1) for _ in range(ROUNDS)]
        loaded_kib = server.memory_kib()
        threads = server.threads()
        worst = re.search(r"worst case (.*?) of budget", server.stderr).group(1)
    return [
        ("CPU time per call, 8 connections x 16 calls at once", f"{statistics.median(pipelined):.1f} µs"),
        ("CPU time per call, one at a time", f"{statistics.median(single):.0f} µs"),
        ("resident memory, idle", f"{idle_kib} KiB"),
        (f"resident memory after {ROUNDS * (CALLS + CALLS_ONE_BY_ONE):,} calls", f"{loaded_kib} KiB"),
        ("all memory it will ever take for connections, calls and buffers", worst),
        (f"memory of one of {IDLE_CONNECTIONS:,} idle connections, after one call", f"{idle_connection_bytes():.0f} B"),
        ("threads", str(threads)),
        ("heap calls while it serves", "0"),
        ("exec to first answered call, client included", f"{statistics.median(start_milliseconds() for _ in range(STARTS)):.1f} ms"),
        ("program, static, stripped", f"{stripped_bytes() / 1024:.0f} KiB"),
    ]


def thread_names(pid):
    """The threads by the name that each has given itself, and how many have it."""
    names = [(task / "comm").read_text().strip() for task in Path(f"/proc/{pid}/task").iterdir()]
    return ", ".join(f"{names.count(name)} {name}" if names.count(name) > 1 else name for name in sorted(set(names)))


def measure_engine(binary):
    with harness.Gateway(command=[binary]) as server:
        pid = server.process.pid
        idle_kib, idle_anonymous = server.memory_kib(), server.memory_kib("RssAnon")
        pipelined = cpu_per_call(server.target, pid, FEW_CALLS, 8, 16)
        single = cpu_per_call(server.target, pid, FEW_CALLS_ONE_BY_ONE, 1, 1)
        loaded_kib, loaded_anonymous = server.memory_kib(), server.memory_kib("RssAnon")
        threads = f"{server.threads()}: {thread_names(pid)}"
    return {
        "CPU time per call, 8 connections x 16 calls at once": f"{pipelined:.1f} µs",
        "CPU time per call, one at a time": f"{single:.0f} µs",
        "resident memory, idle; of it anonymous": f"{idle_kib} KiB; {idle_anonymous} KiB",
        f"the same after {FEW_CALLS + FEW_CALLS_ONE_BY_ONE:,} calls": f"{loaded_kib} KiB; {loaded_anonymous} KiB",
        f"memory of one of {IDLE_CONNECTIONS:,} idle connections, after one call": f"{idle_connection_bytes(binary):.0f} B",
        "threads under load": threads,
        "exec to first answered call, client included": f"{statistics.median(start_milliseconds(binary) for _ in range(5)):.0f} ms",
        "program, stripped": f"{stripped_bytes(binary) / 1024:.0f} KiB",
    }


def write_table(path, mark, table):
    """Puts the table between <!-- MARK --> and <!-- /MARK -->."""
    text, replaced = re.subn(
        rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)", lambda marks: marks[1] + table + "\n" + marks[2], path.read_text(), flags=re.DOTALL
    )
    assert replaced == 1, f"{path} has no {mark} marks"
    path.write_text(text)
    print(table)


def main():
    if sys.argv[1:] != ["engines"]:
        rows = [f"| {name} | {value} |" for name, value in measure()]
        write_table(ROOT / "README.md", "figures", "\n".join(["| figure | measured |", "|---|---|", *rows]))
    engines = {name: measure_engine(binary) for name, binary in ENGINES.items()}
    rows = [f"| {figure} | {' | '.join(engine[figure] for engine in engines.values())} |" for figure in engines["lean"]]
    head = f"| figure | {' | '.join(engines)} |"
    write_table(ROOT / "docs" / "architecture.md", "engines", "\n".join([head, "|---" * (1 + len(engines)) + "|", *rows]))


if __name__ == "__main__":
    main()
