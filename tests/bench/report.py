"""docs/benchmark.md and its plots out of what bench.py has measured."""

import plot
import servers as table
from plan import CONNECTIONS, IDLE_CONNECTIONS, KINDS, ROUNDS, STREAM_MESSAGES, STREAMS, TEXT_BYTES
from servers import CPP, HTTP2, MOTE, TCP

KIND = {MOTE: "ours", TCP: "floor", HTTP2: "floor"}


def pages(section):
    """Name in docs/ and text of each page, of the section "bench" of docs/figures.json."""
    results = section["figures"]
    return {"benchmark.md": page(section), "benchmark.svg": bars(results), "benchmark-scaling.svg": curves(results)}


# --- Figures ---


def keys(results, part):
    return [key for key in table.NAMES if key in results[part]]


def microseconds(value):
    return f"{value:.2f}" if value < 3 else f"{value:.1f}" if value < 20 else f"{value:.0f}"


def spread(figure):
    median, least, most = figure
    return f"{microseconds(median)} ({microseconds(least)}-{microseconds(most)})"


def size(byte_count):
    if byte_count is None:
        return "-"
    if byte_count < 10_000:
        return f"{byte_count:.0f} B"
    return f"{byte_count / 1024:.0f} KiB" if byte_count < 1 << 20 else f"{byte_count / (1 << 20):.1f} MiB"


def ratio(value, to):
    return f"{value / to:.2f}" if value < 10 * to else f"{value / to:.0f}"


def cell(row):
    return "| " + " | ".join(row) + " |"


def grid(head, rows):
    return "\n".join([cell(head), "|" + "---|" * len(head), *map(cell, rows)])


def cpu_table(results):
    cpu = results["cpu_us"]
    rows = []
    for key in keys(results, "cpu_us"):
        both = [cpu[key][point] for point in ("pipelined", "single")]
        row = [table.NAMES[key]]
        for point, figure in zip(("pipelined", "single"), both):
            row += [spread(figure), ratio(figure[0], cpu[TCP][point][0]), ratio(figure[0], cpu[MOTE][point][0])]
        counted = results["instructions"].get(key)
        row += [f"{results['per_second'][key]['pipelined'][0]:,.0f}", f"{counted:,}" if counted else "-"]
        rows.append(row)
    head = ["server", "µs, 8 x 16 at once", "of the floor", "of ours", "µs, one at a time", "of the floor", "of ours"]
    return grid([*head, "calls/s, 8 x 16", "instructions"], rows)


def memory_table(results):
    rows = []
    for key in keys(results, "at_rest"):
        rest = results["at_rest"][key]
        rows.append(
            [
                table.NAMES[key],
                size(rest["rss"]),
                size(rest["private"]),
                size(results["loaded_rss"][key]),
                size(rest.get("idle_connection")),
                str(rest["threads"]),
                f"{rest['start_ms']:.1f} ms" if "start_ms" in rest else "-",
                size(rest["disk"]),
            ]
        )
    head = ["server", "resident, idle", "private, idle", "resident after load", "an idle connection", "threads"]
    return grid([*head, "exec to first answer", "on disk"], rows)


def curve_table(results, part, points, first, show=microseconds):
    measured = keys(results, part)
    rows = [[label, *(show_point(results[part][key], point, show) for key in measured)] for point, label in points]
    return grid([first, *(table.NAMES[key] for key in measured)], rows)


def show_point(figures, point, show):
    figure = figures.get(str(point))
    if figure and figure[0] <= 0:
        return "lost"
    return show(figure[0], point) if figure and show is megabytes else show(figure[0]) if figure else "-"


def megabytes(cpu_us, text_bytes):
    """Of message in each direction, per second of CPU time."""
    value = int(text_bytes) / cpu_us
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


# --- Targets ---


def flatness(figures, first):
    """The dearest point from `first` on, of the cheapest before it or itself."""
    points = [(int(point), figure[0]) for point, figure in figures.items()]
    worst, cheapest = 1.0, None
    for point, value in points:
        cheapest = value if cheapest is None else min(cheapest, value)
        if point >= first:
            worst = max(worst, value / cheapest)
    return worst


def targets(results):
    cpu, rest = results["cpu_us"], results["at_rest"][MOTE]
    pipelined, single = cpu[MOTE]["pipelined"][0], cpu[MOTE]["single"][0]
    largest = max(results["texts"][MOTE], key=int)
    throughput = results["texts"][TCP][largest][0] / results["texts"][MOTE][largest][0]
    over_floor = max(results["connections"][MOTE][p][0] / results["connections"][HTTP2][p][0] for p in results["connections"][MOTE])
    rows = [
        ("CPU per unary call at once, of the TCP floor", pipelined / cpu[TCP]["pipelined"][0], "<=", 2.5),
        ("the same, of the HTTP/2 floor", pipelined / cpu[HTTP2]["pipelined"][0], "<=", 1.3),
        ("CPU per unary call one at a time, of the TCP floor", single / cpu[TCP]["single"][0], "<=", 1.15),
    ]
    if CPP in cpu:
        rows.append(("gRPC C++ at once, of ours", cpu[CPP]["pipelined"][0] / pipelined, ">=", 15))
    rows += [
        ("growth of the cost from 1 to 1,024 streams", flatness(results["streams"][MOTE], 1), "<=", 1.3),
        ("growth of the cost from 1 to 10,000 connections", flatness(results["connections"][MOTE], 1), "<=", 1.3),
        ("the same cost, of the HTTP/2 floor, at its worst", over_floor, "<=", 1.3),
        ("MB/s of messages of 1 MiB, of the floor", throughput, ">=", 0.7),
        ("bytes of an idle connection", rest["idle_connection"], "<=", 1536),
        ("KiB resident, idle", rest["rss"] / 1024, "<=", 700),
        ("ms from exec to the first answer", rest["start_ms"], "<=", 5),
    ]
    shown = []
    for name, value, sense, limit in rows:
        met = value <= limit if sense == "<=" else value >= limit
        words = ("at most" if sense == "<=" else "at least") + f" {limit:g}"
        shown.append([name, f"{value:.0f}" if value > 100 else f"{value:.2f}", words, "yes" if met else "**no**"])
    return grid(["figure", "measured", "wanted", "met"], shown)


# --- The page ---

PAGE = """# Benchmark

<!-- Made by ./dev bench; edit tests/bench/report.py. -->

What one call costs the server, in one run of all servers on the same machine ({date}): {machine}.

![CPU time of a call, memory of an idle connection and of the idle server](benchmark.svg)

Every server answers the same request, `echo.Echo/Reply` with "hello", and h2load asks. CPU time is user and system time of
the server's process, from the kernel's account; what the client costs does not count. Servers take turns for {rounds} rounds;
figures are medians, with least and most in brackets. The two floors are programs of `tests/bench`: one sends back the
bytes that came, without looking at them; the other cuts HTTP/2 frames and answers each request with the same fixed bytes,
without decoding anything. No server of gRPC can be cheaper than they are.

The README quotes `./dev figures`, a run of the gateway alone; its figures differ from those of this run, in which other servers run.

## What was wanted

{targets}

Where a figure is not met, [performance.md](performance.md) has the profile.

## CPU time

{cpu}

Instructions are those of the process outside the kernel, counted by callgrind with 16 calls at once: the one figure that is
the same on a busy machine. Where it is missing, the server makes its code as it runs.

## Memory, start and size

{memory}

Private memory is what no other process shares. An idle connection has made one call; the figure is the growth of private
memory over {idle} of them. Exec to first answer has the client in it. On disk are the program and all libraries that it has mapped,
without debug information.

## How it scales

![CPU time per call by streams and connections, throughput by size](benchmark-scaling.svg)

CPU time per call, in µs, with so many calls at once on one connection:

{streams}

With so many connections, a call at once on each. It is the difference of two runs, so that connecting is not in it; "lost" is one
that came out smaller than what connecting varies by:

{connections}

Megabytes of message per second of the server's CPU time, in each direction, for messages of so many bytes:

{texts}

CPU time in µs of the four kinds of calls; a call of the three kinds with streams carries {messages} messages:

{kinds}

## What it was compared with

{versions}

`./dev bench` makes this page; `./dev bench --quick` is what CI runs: instructions per call, which may not grow by more than 5%.
"""


def page(section):
    results = section["figures"]
    versions = [f"- {table.NAMES[key]}: {version}" for key, version in results["versions"].items() if version]
    versions += [f"- {table.NAMES[key]} is missing: {reason}" for key, reason in results["missing"].items()]
    return PAGE.format(
        machine=section["machine"],
        date=section["date"],
        rounds=ROUNDS,
        idle=f"{IDLE_CONNECTIONS:,}",
        messages=STREAM_MESSAGES,
        targets=targets(results),
        cpu=cpu_table(results),
        memory=memory_table(results),
        streams=curve_table(results, "streams", [(n, f"{n:,}") for n in STREAMS], "streams"),
        connections=curve_table(results, "connections", [(n, f"{n:,}") for n in CONNECTIONS], "connections"),
        texts=curve_table(results, "texts", [(n, plot.short(n) + "B") for n in TEXT_BYTES], "message", megabytes),
        kinds=curve_table(results, "kinds", [(kind, kind) for kind in KINDS], "kind"),
        versions="\n".join(versions),
    )


def bars(results):
    def rows(value, label):
        found = [(key, value(key)) for key in table.NAMES if key in results["cpu_us"]]
        return [(table.NAMES[key], KIND.get(key, "peer"), v, label(v)) for key, v in found if v]

    return plot.bars(
        [
            (
                "CPU time of a call, 8 connections x 16 at once",
                rows(lambda key: results["cpu_us"][key]["pipelined"][0], lambda v: f"{microseconds(v)} µs"),
            ),
            (
                "Memory of an idle connection",
                rows(lambda key: results["at_rest"][key].get("idle_connection"), size),
            ),
            ("Resident memory of the idle server", rows(lambda key: results["at_rest"][key]["rss"], size)),
        ]
    )


def curves(results):
    def lines(part, value):
        return {
            table.NAMES[key]: [value(point, figure[0]) for point, figure in results[part][key].items()]
            for key in keys(results, part)
        }

    def points(part):
        return [int(point) for point in results[part][MOTE]]

    return plot.curves(
        [
            ("µs per call", "calls at once on one connection", points("streams"), lines("streams", lambda _, us: us)),
            ("µs per call", "connections, a call at once on each", points("connections"), lines("connections", lambda _, us: us)),
            ("MB/s of CPU time", "bytes of a message", points("texts"), lines("texts", lambda point, us: int(point) / us)),
        ]
    )
