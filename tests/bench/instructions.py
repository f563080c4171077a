"""Counts instructions per call with callgrind: the same on a busy machine and on an idle one.

The client sends the same bytes in the same pieces every time. A scenario runs twice with different numbers of calls; the difference
of the instructions is divided by the difference of the calls, so that start and end do not count. System calls do not count.
"""

import os
import re
import shutil
import tempfile
from collections import namedtuple
from pathlib import Path

import gateway as harness
import raw_http2 as h2
from wire_client import WireClient

ENVIRONMENT = {
    # glibc selects the same functions on every processor.
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-AVX512F,-AVX512VL,-AVX512BW,-ERMS,-FSRM,-MOVBE",
    # Valgrind makes system calls of its own in the gateway's process.
    "MOTE_SANDBOX": "off",
}
BATCH = 16
STREAM_MESSAGES = 100
LARGE_BYTES = 48 * 1024
CHUNK_BYTES = 16 * 1024
HELLO = h2.message(b"\x0a\x05hello")


def batch_of_unary(client, timeout_ms=None):
    sent = b""
    for i in range(BATCH):
        head, stream = client.head(timeout_ms and timeout_ms + i)
        sent += head + client.data(stream, HELLO)
    client.send(sent)
    client.read_ends(BATCH)
    return BATCH


def unary_pipelined(client):
    return batch_of_unary(client)


def unary_with_deadline(client):
    """Each call has a different grpc-timeout, as real clients send it: no header block repeats the previous one."""
    return batch_of_unary(client, 10_000)


def unary_one_at_a_time(client):
    head, stream = client.head()
    client.send(head + client.data(stream, HELLO))
    client.read_ends(1)
    return 1


def server_stream(client):
    head, stream = client.head()
    client.send(head + client.data(stream, h2.message(b"\x0a\x05hello\x10" + bytes([STREAM_MESSAGES]))))
    client.read_ends(1)
    return STREAM_MESSAGES


def client_stream(client):
    head, stream = client.head()
    client.send(head + client.data(stream, HELLO * STREAM_MESSAGES))
    client.read_ends(1)
    return STREAM_MESSAGES


def bidi_stream(client):
    head, stream = client.head()
    client.send(head)
    for _ in range(STREAM_MESSAGES // BATCH):
        client.send(b"".join(client.data(stream, HELLO, end=False) for _ in range(BATCH)))
        client.read_until(lambda kind, flags: kind == h2.DATA, BATCH)
    client.send(client.data(stream, b""))
    client.read_ends(1)
    return STREAM_MESSAGES // BATCH * BATCH


def large_message(client):
    """Sends in pieces that the server receives one by one, no more than its windows allow."""
    head, stream = client.head()
    payload = b"\x0a" + h2.varint(LARGE_BYTES) + b"x" * LARGE_BYTES
    body = h2.message(payload)
    first = 1024
    client.granted = 0
    client.send(head + client.data(stream, body[:first], end=False))
    client.read_until(lambda kind, flags: client.granted > LARGE_BYTES - first)
    rest = body[first:]
    while len(rest) > CHUNK_BYTES:
        client.send(client.data(stream, rest[:CHUNK_BYTES], end=False))
        rest = rest[CHUNK_BYTES:]
    client.send(client.data(stream, rest))
    client.read_ends(1)
    return 1


Scenario = namedtuple("Scenario", "name what path play few many")
SCENARIOS = [
    Scenario("unary-pipelined", "unary call, 16 at once", "/echo.Echo/Reply", unary_pipelined, 4, 68),
    Scenario("unary-one-at-a-time", "unary call, one at a time", "/echo.Echo/Reply", unary_one_at_a_time, 10, 410),
    Scenario("unary-deadline", "unary call with a deadline, 16 at once", "/echo.Echo/Reply", unary_with_deadline, 4, 68),
    Scenario("server-stream", "message of a server stream", "/echo.Echo/ReplyStream", server_stream, 2, 12),
    Scenario("client-stream", "message of a client stream", "/echo.Echo/Collect", client_stream, 2, 12),
    Scenario("bidi-stream", "message of a bidirectional stream and its answer", "/echo.Echo/Chat", bidi_stream, 2, 12),
    Scenario("large-message", "unary call of 48 KiB", "/echo.Echo/Reply", large_message, 2, 22),
]


def available():
    return shutil.which("valgrind") is not None


def per_call(command, scenario, unix=True):
    """Instructions of the server per call (or message) of the scenario."""
    few, many = (record(command, scenario, times, unix) for times in (scenario.few, scenario.many))
    return (_total(many[0]) - _total(few[0])) / (many[1] - few[1])


def record(command, scenario, times, unix=True, options=()):
    """The file that callgrind wrote about a whole run, and the number of calls."""
    with tempfile.TemporaryDirectory() as folder:
        listen = f"unix:{folder}/socket" if unix else "127.0.0.1:0"
        valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", f"--log-file={folder}/log", *options]
        environment = ["env", "-i", f"PATH={os.environ['PATH']}", *(f"{k}={v}" for k, v in ENVIRONMENT.items())]
        server = harness.Gateway(listen=[listen], command=[*environment, *valgrind, *map(str, command)]).start()
        client = WireClient(server.target, scenario.path)
        calls = sum(scenario.play(client) for _ in range(times))
        client.close()
        server.terminate()
        server.wait()
        return Path(folder, "out").read_text(), calls


def _total(recorded):
    return int(re.search(r"^(?:totals|summary): (\d+)", recorded, re.MULTILINE)[1])
