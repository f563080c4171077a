"""The part of docs/benchmark.md about long links, from the section "bench_links" of docs/figures.json."""

import servers as table
from cells import grid
from link_plan import CALLS, COLUMNS, LOSSES, RTTS_MS, SIZES, UNARY_AT_ONCE, UPLOAD_MBIT, UPLOAD_RTT_MS

LEAST_BUSY = 0.9

SECTION = """## Long links

Calls over a link with a round-trip time, and with loss of packets in each direction ({date}): {machine}. One client calls all servers,
grpcio with windows of 8 MiB, so that the windows of the servers decide; "mote-device" is the device client with mote-gateway.
mote-gateway has its default limits, except that `max-message-bytes` is 1 MiB. Figures are medians of {calls} calls on a connection that
has made such a call before, or of {lossy} with loss.

Round trips of a unary call (Reply, which sends the message back) without loss, by the size of the message. A call that needs no
WINDOW_UPDATE takes one, and more where TCP has to enlarge its congestion window. On the first line the connection is new. Above 64 KiB
mote-gateway needs more: its memory has a limit, so it grants 256 KiB at once and keeps 208 KiB of a reply until TCP acknowledges it
([limits.md](limits.md), upload-windows):

{round_trips}

Latency in ms, without loss / with {loss} % loss:

{latency}

The share of a link of {mbit} Mbit/s and {rtt} ms that an upload of messages of 1 MiB keeps busy, with a router's queue of one
bandwidth-delay product. Reply returns each message, and a client that waits for it does not send. The pool of mote-gateway has room for
two such messages with their replies:

{uploads}

{target}
"""


def words(size):
    if size < 1 << 10 or size % (1 << 10):
        return f"{size:,} B"
    return f"{size >> 10} KiB" if size < 1 << 20 else f"{size >> 20} MiB"


def points():
    return [("first", "10 B, first call"), *((str(size), words(size)) for size in SIZES)]


def columns(calls):
    return [(key, rtt_ms) for rtt_ms in RTTS_MS for key in calls]


def call_table(calls, show):
    head = ["message", *(f"{COLUMNS[key]}, {rtt_ms} ms" for key, rtt_ms in columns(calls))]
    rows = [[label, *(show(calls[key], rtt_ms, point) for key, rtt_ms in columns(calls))] for point, label in points()]
    return grid(head, rows)


def times(figures, rtt_ms, point):
    """In ms, by loss."""
    return [figures[f"{rtt_ms} ms, {loss} %"][point] for loss in LOSSES]


def round_trips(figures, rtt_ms, point):
    return f"{times(figures, rtt_ms, point)[0] / rtt_ms:.1f}"


def latency(figures, rtt_ms, point):
    return " / ".join(f"{value:.0f}" for value in times(figures, rtt_ms, point))


def section(measured):
    """`measured`: the section of docs/figures.json."""
    shares, calls = measured["figures"]["uploads"], measured["figures"]["calls"]
    rows = [[COLUMNS[key], *(f"{share:.0%}" for share in kinds.values())] for key, kinds in shares.items()]
    met = shares[table.MOTE]["stream"] >= LEAST_BUSY
    return SECTION.format(
        date=measured["date"],
        machine=measured["machine"],
        calls=CALLS[0],
        lossy=CALLS[LOSSES[-1]],
        loss=LOSSES[-1],
        round_trips=call_table(calls, round_trips),
        latency=call_table(calls, latency),
        mbit=UPLOAD_MBIT,
        rtt=UPLOAD_RTT_MS,
        uploads=grid(["server", "one Collect call", "Reply, one at a time", f"Reply, {UNARY_AT_ONCE} at once"], rows),
        target=f"The target is at least {LEAST_BUSY:.0%} for a stream of messages: {'met' if met else '**not met**'}.",
    )
