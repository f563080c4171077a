"""Writes docs/benchmark.md and its plots from the measurements of bench.py."""

import link_report
import newer_report
import plot
import servers as table
from cells import grid, microseconds, ratio, size, spread
from plan import BUSY_CONNECTIONS, CONNECTIONS, IDLE_CONNECTIONS, KINDS, ROUNDS, SIZE_ROUNDS, STREAM_MESSAGES, STREAMS
from plan import TEXT_BYTES, TLS_POINTS
from servers import CPP, HTTP2, KEPT, MOTE, TCP

KIND = {MOTE: "ours", TCP: "floor", HTTP2: "floor", KEPT: "floor"}


def results_of(sections):
    """The figures of ./dev bench that its tables and plots share."""
    return sections["bench"]["figures"] | sections["bench_sizes"]["figures"]


def pages(sections):
    """The text of each page by its name in docs/, from the sections of docs/figures.json that begin with "bench"."""
    results = results_of(sections)
    return {"benchmark.md": page(sections), "benchmark.svg": bars(results), "benchmark-scaling.svg": curves(results)}


# --- Figures ---


def keys(results, part):
    return [key for key in table.NAMES if key in results[part]]


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


def system_call_table(figures):
    return grid(["server", "system calls"], [[table.NAMES[key], f"{count:.1f}"] for key, count in figures.items()])


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
    if figure and figure[0] <= 0 and show is not sleeps:
        return "lost"
    return show(figure[0], point) if figure and show is megabytes else show(figure[0]) if figure else "-"


def sleeps(per_call):
    """The difference of two runs may be below zero."""
    return f"{max(per_call, 0):.2f}"


def megabytes(cpu_us, text_bytes):
    """Megabytes of messages in each direction, per second of CPU time."""
    value = int(text_bytes) / cpu_us
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def connection_growth(results, key):
    return flatness(results["connections"][key], 1)


def connections_over_floor(results):
    """The CPU time of the gateway as a multiple of the HTTP/2 floor, at the worst number of connections."""
    cpu = results["connections"]
    return max(cpu[MOTE][point][0] / cpu[HTTP2][point][0] for point in cpu[MOTE])


WHY_CONNECTIONS = """\
Sleeps per call, one per connection at a time: how often the server waited for the next request.

{sleeps}

The floor grows too, and its counters say why. It runs the same {instructions} instructions and one recv() and one send() for each call, and
with {most} connections it sleeps less often than with one. Connections that are open and silent cost nothing: with {silent} of them next to {busy} that call,
a call takes {floor_silent} µs at the floor and {mote_silent} µs at the gateway; with these {busy} alone, {floor_alone} and {mote_alone}. What is left
is the memory of the connections that are in use. The kernel has {kernel} for both ends of one, together {together} for {most}{cache}. So
each call finds the memory of its connection outside of the caches."""


def why_connections(results):
    most, busy = CONNECTIONS[-1], BUSY_CONNECTIONS
    kernel = results["connection_kernel_bytes"][HTTP2]["connection"][0]
    cache = results["cache_bytes"]

    def alone(key):
        return microseconds(results["connections"][key][str(busy)][0])

    def with_silent(key):
        return microseconds(results["silent_connections"][key][str(busy)][0])

    return WHY_CONNECTIONS.format(
        sleeps=curve_table(results, "connection_sleeps", [(n, f"{n:,}") for n in CONNECTIONS], "connections", sleeps),
        instructions=results["instructions"][HTTP2],
        silent=f"{most - busy:,}",
        busy=busy,
        floor_silent=with_silent(HTTP2),
        mote_silent=with_silent(MOTE),
        floor_alone=alone(HTTP2),
        mote_alone=alone(MOTE),
        kernel=size(kernel),
        together=size(kernel * most),
        most=f"{most:,}",
        cache=f", and the second cache of a core has {size(cache)}" if cache else "",
    )


def tls_ratio(figures, server, point):
    """The CPU time with TLS as a multiple of that in plaintext."""
    return figures[server]["tls"][point][0] / figures[server]["plaintext"][point][0]


def tls_table(figures):
    rows = []
    for key, kinds in figures.items():
        for point, words in zip(TLS_POINTS, ("8 x 16 at once", "one at a time")):
            both = [spread(kinds[kind][point]) for kind in ("plaintext", "tls")]
            rows.append([table.NAMES[key], words, *both, f"{tls_ratio(figures, key, point):.2f}"])
    return grid(["server", "calls", "µs, plaintext", "µs, TLS", "TLS, as a multiple"], rows)


TLS_TARGETS = {"single": ("one at a time", 1.2), "pipelined": ("at once", 1.6)}


def tls_targets(figures):
    rows = []
    for point, (words, limit) in TLS_TARGETS.items():
        value = tls_ratio(figures, MOTE, point)
        rows.append([f"calls {words} with TLS, as a multiple of plaintext", f"{value:.2f}", f"at most {limit:g}", met(value <= limit)])
    return grid(["figure", "measured", "target", "met"], rows)


# --- Targets ---


def flatness(figures, first):
    """The largest ratio of a point from `first` on to the cheapest point up to it."""
    points = [(int(point), figure[0]) for point, figure in figures.items()]
    worst, cheapest = 1.0, None
    for point, value in points:
        cheapest = value if cheapest is None else min(cheapest, value)
        if point >= first:
            worst = max(worst, value / cheapest)
    return worst


def met(yes):
    return "yes" if yes else "**no**"


def large_over(results, floor):
    """The smallest throughput of large messages, as a fraction of a floor."""
    texts = results["texts"]
    large = [point for point in texts[MOTE] if int(point) >= 4 * 1024]
    return min(texts[floor][point][0] / texts[MOTE][point][0] for point in large)


def targets(results):
    cpu, rest = results["cpu_us"], results["at_rest"][MOTE]
    pipelined, single = cpu[MOTE]["pipelined"][0], cpu[MOTE]["single"][0]
    kinds = results["kinds"][MOTE]
    rows = [
        ("CPU time of unary calls at once, as a multiple of the TCP floor", pipelined / cpu[TCP]["pipelined"][0], "<=", 2.5),
        ("the same, as a multiple of the HTTP/2 floor", pipelined / cpu[HTTP2]["pipelined"][0], "<=", 1.3),
        ("CPU time of unary calls one at a time, as a multiple of the TCP floor", single / cpu[TCP]["single"][0], "<=", 1.15),
    ]
    if CPP in cpu:
        rows.append(("CPU time of gRPC C++, calls at once, as a multiple of mote", cpu[CPP]["pipelined"][0] / pipelined, ">=", 15))
    rows += [
        ("growth of the CPU time per call from 1 to 1,024 streams", flatness(results["streams"][MOTE], 1), "<=", 1.3),
        ("growth of the CPU time per call from 1 to 10,000 connections", connection_growth(results, MOTE), "<=", 1.3),
        ("CPU time with many connections, as a multiple of the HTTP/2 floor, largest", connections_over_floor(results), "<=", 1.3),
        ("throughput of messages from 4 KiB on, as a fraction of the HTTP/2 floor, smallest", large_over(results, HTTP2), ">=", 0.7),
        ("the same, as a fraction of the HTTP/2 floor that keeps requests", large_over(results, KEPT), ">=", 0.7),
        (f"µs of CPU time for a server stream of {STREAM_MESSAGES} messages", kinds["server stream"][0], "<=", 12),
        (f"µs of CPU time for {STREAM_MESSAGES} exchanges of a bidirectional stream", kinds["bidirectional"][0], "<=", 15),
        ("instructions of a unary call", results["instructions"][MOTE], "<=", 3200),
        ("bytes of an idle connection", rest["idle_connection"], "<=", 1536),
        ("KiB resident, idle", rest["rss"] / 1024, "<=", 250),
        ("ms from exec to the first answer", rest["start_ms"], "<=", 2),
    ]
    shown = []
    for name, value, sense, limit in rows:
        good = value <= limit if sense == "<=" else value >= limit
        words = ("at most" if sense == "<=" else "at least") + f" {limit:,g}"
        shown.append([name, f"{value:,.0f}" if value > 100 else f"{value:.2f}", words, met(good)])
    return grid(["figure", "measured", "target", "met"], shown)


# --- The page ---

PAGE = """# Benchmark

<!-- Written by ./dev bench; edit tests/bench/report.py. -->

The cost of a call for the server. All servers ran on the same machine in one run ({date}): {machine}.

![CPU time of a call, memory of an idle connection and of the idle server](benchmark.svg)

Every server answers the same request of h2load, `echo.Echo/Reply` with "hello". CPU time is user and system time of the
server's process, as the kernel counts it, without the client. The servers take turns for {rounds} rounds; figures are medians,
with minimum and maximum in brackets. The floors are programs of `tests/bench`: one sends back the bytes that it receives;
another splits the input into HTTP/2 frames and answers each request with the same fixed bytes, or with as many bytes as a larger
request had, without decoding anything. No gRPC server can cost less. Neither keeps what it has read. The third floor, for large
messages, is the second with one difference: it keeps a request until its end, as each server must that decodes messages.

The README quotes `./dev figures`, which measures the gateway alone; its figures differ from those of this run.

## Targets

{targets}

[performance.md](performance.md) has the profile of figures that miss their target.

## CPU time

{cpu}

Instructions are those of the process outside the kernel, counted by callgrind with 16 calls at once. They are the same on a busy
machine. Servers that generate code at run time have no such figure.

System calls of the server's process per call, one at a time, counted by strace:

{system_calls}

## With TLS

{tls_targets}

CPU time in µs per call, TLS 1.3 with AES-128-GCM, measured by `./dev bench --tls` ({tls_date}: {tls_machine}). The handshakes are
included: one for each connection.

{tls}

## Memory, start and size

{memory}

Private memory is not shared with other processes. An idle connection has made one call; its figure is the growth of private memory
with {idle} of them, per connection. The time from exec to the first answer includes a client that connects when the server says that it is ready. The size on disk is that of the program
and all libraries that it has mapped, without debug information.

## How it scales

![CPU time per call by streams and connections, throughput by size](benchmark-scaling.svg)

CPU time per call in µs, by the number of simultaneous calls on one connection:

{streams}

CPU time per call in µs, by the number of connections with one call at a time on each. It is the difference of two runs, to exclude
the cost of connecting; "lost" means that the difference was smaller than the variation of that cost:

{connections}

{why_connections}

Megabytes of messages per second of the server's CPU time in each direction, by the size of a message, measured by
`./dev bench --sizes`, medians of {sizes_rounds} rounds ({sizes_date}: {sizes_machine}):

{texts}

Sleeps per call, by the size of a message: how often the server waited for more bytes. The client of the TCP loop makes no frames:

{text_sleeps}

CPU time in µs of a call of each kind; a streaming call has {messages} messages:

{kinds}

{links}
{newer}
## Versions

{versions}

`./dev bench` writes this page. CI runs `./dev bench --quick`, which fails if the instructions per call grow by more than 5%, or if a
call waits for a window (`window_waits`).
"""


def page(sections):
    section, with_tls, sizes = sections["bench"], sections["bench_tls"], sections["bench_sizes"]
    results = results_of(sections)
    versions = [f"- {table.NAMES[key]}: {version}" for key, version in results["versions"].items() if version]
    versions += [f"- {table.NAMES[key]} is missing: {reason}" for key, reason in results["missing"].items()]
    text_points = [(n, plot.short(n) + "B") for n in TEXT_BYTES]
    return PAGE.format(
        machine=section["machine"],
        date=section["date"],
        rounds=ROUNDS,
        idle=f"{IDLE_CONNECTIONS:,}",
        messages=STREAM_MESSAGES,
        targets=targets(results),
        tls=tls_table(with_tls["figures"]),
        tls_targets=tls_targets(with_tls["figures"]),
        sizes_rounds=SIZE_ROUNDS,
        sizes_date=sizes["date"],
        sizes_machine=sizes["machine"],
        tls_date=with_tls["date"],
        tls_machine=with_tls["machine"],
        cpu=cpu_table(results),
        memory=memory_table(results),
        streams=curve_table(results, "streams", [(n, f"{n:,}") for n in STREAMS], "streams"),
        connections=curve_table(results, "connections", [(n, f"{n:,}") for n in CONNECTIONS], "connections"),
        why_connections=why_connections(results),
        texts=curve_table(results, "texts", text_points, "message", megabytes),
        text_sleeps=curve_table(results, "text_sleeps", text_points, "message", sleeps),
        kinds=curve_table(results, "kinds", [(kind, kind) for kind in KINDS], "kind"),
        links=link_report.section(sections["bench_links"]),
        newer=newer_report.section(sections["bench_newer"]),
        system_calls=system_call_table(sections["bench_system_calls"]["figures"]),
        versions="\n".join(versions),
    )


def bars(results):
    def rows(value, label):
        found = [(key, value(key)) for key in table.NAMES if key in results["cpu_us"]]
        return [(table.NAMES[key], KIND.get(key, "peer"), v, label(v)) for key, v in found if v]

    return plot.bars(
        [
            (
                "CPU time of a call, 8 connections with 16 calls at once",
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
            ("µs per call", "connections with one call at a time", points("connections"), lines("connections", lambda _, us: us)),
            ("MB/s of CPU time", "bytes of a message", points("texts"), lines("texts", lambda point, us: int(point) / us)),
        ]
    )
