"""The part of docs/benchmark.md about newer servers, from the section "bench_newer" of docs/figures.json."""

import re

import servers as table
from cells import grid, microseconds, ratio, size, spread
from plan import KINDS, STREAM_MESSAGES
from servers import MOTE

SECTION = """## Newer servers

The servers above are of Debian 12. `./dev bench --newer` measures newer versions next to them, in one run ({date}): {machine}. The load
average of the machine was {load:.1f} before the run; other load changes calls per second and start times more than CPU times.

The newer servers are built and run in a root folder of Debian sid. Its gRPC C++ is 1.51 like that of Debian 12, so the one of experimental
is measured. The sources of the servers are the same; gRPC C++ has the callback API, and tonic's server is `tests/bench/tonic`. The
libraries are as Debian builds them, except that gRPC C++ runs without Abseil's detection of deadlocks.

{cpu}

Memory, threads and start, as above:

{memory}

CPU time in µs of a call of each kind; a streaming call has {messages} messages:

{kinds}

Packages:

{versions}
"""


def name(figures, key):
    """The server with the version of its library, without that of the package."""
    if key == MOTE:
        return table.NAMES[key]
    known = table.NEWER[key].name if key in table.NEWER else table.NAMES[key].partition(",")[0]
    return f"{known} {re.match(r'[0-9.]*', figures['versions'][key])[0]}"


def cpu_table(figures):
    rows = []
    for key, cpu in figures["cpu_us"].items():
        row = [name(figures, key)]
        for point in ("pipelined", "single"):
            row += [spread(cpu[point]), ratio(cpu[point][0], figures["cpu_us"][MOTE][point][0])]
        rows.append([*row, f"{figures['per_second'][key]['pipelined'][0]:,.0f}"])
    return grid(["server", "µs, 8 x 16 at once", "of ours", "µs, one at a time", "of ours", "calls/s, 8 x 16"], rows)


def memory_table(figures):
    rows = []
    for key, rest in figures["at_rest"].items():
        sizes = [size(rest["rss"]), size(figures["loaded_rss"][key]), size(rest["idle_connection"])]
        rows.append([name(figures, key), *sizes, str(rest["threads"]), f"{rest['start_ms']:.1f} ms"])
    return grid(["server", "resident, idle", "resident after load", "an idle connection", "threads", "exec to first answer"], rows)


def kinds_table(figures):
    measured = figures["kinds"]
    rows = [[kind, *(microseconds(cpu[kind][0]) for cpu in measured.values())] for kind in KINDS]
    return grid(["kind", *(name(figures, key) for key in measured)], rows)


def section(of_file):
    figures = of_file["figures"]
    versions = [f"- {name(figures, key)}: {version}" for key, version in figures["versions"].items() if version]
    versions += [f"- {table.NEWER[key].name} is missing: {reason}" for key, reason in figures["missing"].items()]
    return SECTION.format(
        date=of_file["date"],
        machine=of_file["machine"],
        load=figures["load"],
        cpu=cpu_table(figures),
        memory=memory_table(figures),
        messages=STREAM_MESSAGES,
        kinds=kinds_table(figures),
        versions="\n".join(versions),
    )
