#!/usr/bin/python3
"""Calls and uploads over long links: a TUN device in a network namespace of its own, whose packets bench_link forwards. Needs root.

    links.py    prints the figures as JSON

One client calls all servers: grpcio, with windows so large that those of the servers decide. mote-device calls mote-gateway too.
"""

import json
import statistics
import subprocess
import sys
import time
from concurrent import futures
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "tests" / "e2e"), str(ROOT / "tests" / "hostile"), str(HERE)]

import gateway as harness  # noqa: E402
import grpc  # noqa: E402
import servers as table  # noqa: E402
import suite  # noqa: E402
from bad_link import BadLink, NotPossible, enter_namespace  # noqa: E402
from link_plan import CALLS, DEVICE, LOSSES, RTTS_MS, SERVERS, SIZES, UNARY_AT_ONCE, UPLOAD_MBIT, UPLOAD_MESSAGES, UPLOAD_RTT_MS  # noqa: E402

MIB = 1 << 20
SECONDS = 120
FIRST_CALLS = 3
CHANNEL_OPTIONS = (
    *suite.CHANNEL_OPTIONS,
    ("grpc.http2.bdp_probe", 0),
    ("grpc.http2.lookahead_bytes", 8 * MIB),
)


class Link(BadLink):
    """A link with a round-trip time and loss in each direction; with a rate it has a router's queue of one bandwidth-delay product."""

    def __init__(self, seed=1):
        super().__init__(seed, (str(table.BIN / "bench_link"),))

    def set(self, rtt_ms=0, loss=0.0, mbit=0):
        rate = mbit * 125_000
        print("set", loss, rtt_ms * 500, rate, rate * rtt_ms // 1000, file=self._process.stdin, flush=True)

    def arrived(self):
        """The time in seconds, and the bytes that have arrived at servers."""
        print("count", file=self._process.stdin, flush=True)
        words = self._process.stdout.readline().split()
        return int(words[0]) / 1e6, int(words[1])


def started(server):
    """With default limits, except that messages of 1 MiB are allowed."""
    flags = ["--max-message-bytes", "1MiB"] if server.key == table.MOTE else []
    return harness.Gateway(command=[*map(str, server.command), *flags], listen=(f"{BadLink.NEAR}:0",))


def far(process):
    return f"{BadLink.FAR}:{process.target.rpartition(':')[2]}"


def channel_to(process):
    return grpc.insecure_channel(far(process), options=CHANNEL_OPTIONS)


def request(size):
    """An EchoRequest of so many bytes."""
    text = "x" * size
    while True:
        message = suite.echo_pb2.EchoRequest(message=text)
        if message.ByteSize() <= size:
            return message
        text = text[: size - message.ByteSize()]


# --- Calls ---


def milliseconds(call, message):
    begun = time.monotonic()
    call(message, timeout=SECONDS)
    return (time.monotonic() - begun) * 1e3


def first_call(process):
    """On a new connection."""
    with channel_to(process) as channel:
        stub = suite.echo_pb2_grpc.EchoStub(channel)
        return milliseconds(lambda message, timeout: stub.Reply(message, timeout=timeout, wait_for_ready=True), request(10))


def call_times(process, loss):
    """The median for each size on one connection, after one call of the size."""
    times = {"first": statistics.median(first_call(process) for _ in range(FIRST_CALLS))}
    with channel_to(process) as channel:
        stub = suite.echo_pb2_grpc.EchoStub(channel)
        for size in SIZES:
            message = request(size)
            milliseconds(stub.Reply, message)
            times[str(size)] = statistics.median(milliseconds(stub.Reply, message) for _ in range(CALLS[loss]))
    return times


def device_times(process, loss):
    """The same for mote-device, with a connection for each size."""
    times = {}
    for size in SIZES:
        command = [table.BIN / "mote-device", "--target", far(process), "--json", "--interval", "0", "--deadline", str(SECONDS * 1000)]
        command += ["--count", str(CALLS[loss] + 1), "--size", str(len(request(size).message))]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        first, *later = (line for line in map(json.loads, output.splitlines()) if line["type"] == "answer")
        times.setdefault("first", first["at_us"] / 1e3)
        times[str(size)] = statistics.median(answer["time_us"] for answer in later) / 1e3
    return times


def calls(link, processes):
    """By server, and by round-trip time and loss in percent. The servers are called at the same time."""
    work = {key: (call_times, process) for key, process in processes.items()}
    work[DEVICE] = (device_times, processes[table.MOTE])
    found = {key: {} for key in work}
    with futures.ThreadPoolExecutor(len(work)) as pool:
        for rtt_ms in RTTS_MS:
            for loss in LOSSES:
                link.set(rtt_ms, loss / 100)
                running = {key: pool.submit(measure_calls, process, loss) for key, (measure_calls, process) in work.items()}
                for key, times in running.items():
                    found[key][f"{rtt_ms} ms, {loss} %"] = {point: round(value, 1) for point, value in times.result().items()}
    return found


# --- Uploads ---


def busy_share(link, work):
    """The part of the link's capacity that `work` uses in the middle of its upload."""
    begun = link.arrived()[1]
    samples = []
    with futures.ThreadPoolExecutor(1) as pool:
        running = pool.submit(work)
        while not running.done():
            time.sleep(0.02)
            samples.append(link.arrived())
        running.result()
    total = samples[-1][1] - begun
    middle = [(when, at) for when, at in samples if 0.2 * total < at - begun < 0.8 * total]
    (first, before), (last, after) = middle[0], middle[-1]
    return round((after - before) / (last - first) / (UPLOAD_MBIT * 125_000), 3)


def stream_upload(stub, message):
    summary = stub.Collect((message for _ in range(UPLOAD_MESSAGES)), timeout=SECONDS)
    assert summary.messages == UPLOAD_MESSAGES, summary


def unary_upload(stub, message, at_once):
    with futures.ThreadPoolExecutor(at_once) as pool:
        for call in [pool.submit(stub.Reply, message, timeout=SECONDS) for _ in range(UPLOAD_MESSAGES)]:
            call.result()


def uploads(link, process):
    """What is busy of the link, by the kind of upload, one server at a time."""
    link.set(UPLOAD_RTT_MS, mbit=UPLOAD_MBIT)
    message = request(MIB)
    with channel_to(process) as channel:
        stub = suite.echo_pb2_grpc.EchoStub(channel)
        return {
            "stream": busy_share(link, lambda: stream_upload(stub, message)),
            "unary": busy_share(link, lambda: unary_upload(stub, message, 1)),
            "unary at once": busy_share(link, lambda: unary_upload(stub, message, UNARY_AT_ONCE)),
        }


def measure():
    servers = [server for server in table.all_servers() if server.key in SERVERS]
    with Link() as link, ExitStack() as stack:
        present = [server for server in servers if table.missing(server) is None]
        processes = {server.key: stack.enter_context(started(server)) for server in present}
        shares = {key: uploads(link, process) for key, process in processes.items()}
        return {"uploads": shares, "calls": calls(link, processes)}


def main():
    try:
        enter_namespace()
        print(json.dumps(measure()))
    except NotPossible as reason:
        sys.exit(f"links: {reason}")


if __name__ == "__main__":
    main()
