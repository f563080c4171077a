"""Generates load: h2load for HTTP/2 servers, and raw_load, which works the same way, for the TCP floor."""

import re
import resource
import subprocess
import tempfile
import time
from collections import namedtuple

import gateway as harness
import raw_http2 as h2
from account import cpu_seconds, sleeps
from servers import BIN, TCP

SECONDS = 120
REPLY = "/echo.Echo/Reply"
# Bytes that h2load sends for a unary "hello" when its header table is filled, or receives: the larger of both.
UNARY_BYTES = 84
FRAMING_BYTES = 40

# The suite of all measurements with TLS.
TLS_SUITE = "TLS_AES_128_GCM_SHA256"
# In each successful answer: the prefix of a message (HTTP/2's status is 200 for failed calls too).
LEAST_ANSWER_BYTES = 5

# `streams` calls at once on each of `connections`, of the method `path` with the request `body`.
Load = namedtuple("Load", "calls connections streams path body raw_bytes")
# Of one call: the CPU time of the server, and how often the server slept.
Cost = namedtuple("Cost", "cpu_us sleeps calls_per_second")


def allow_descriptors(count):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))


def request(text_bytes=5, count=0):
    """An EchoRequest with a message of this size."""
    payload = b"\x0a" + h2.varint(text_bytes) + b"x" * text_bytes
    return h2.message(payload + (b"\x10" + h2.varint(count) if count else b""))


def unary(calls, connections, streams, text_bytes=5):
    raw = UNARY_BYTES if text_bytes == 5 else text_bytes + FRAMING_BYTES
    return Load(calls, connections, streams, REPLY, request(text_bytes), raw)


def started(server, roomy=False):
    """The process of a server; `roomy` is for many connections and large messages."""
    flags = server.roomy if roomy else []
    return harness.Gateway(command=[*map(str, server.command), *flags])


def run(server, target, load):
    """Runs the load and returns its duration in seconds. Every call must be answered."""
    begun = time.monotonic()
    if server.key == TCP:
        numbers = map(str, (load.calls, load.connections, load.streams, load.raw_bytes))
        subprocess.run([BIN / "bench_raw_load", target, *numbers], check=True, timeout=SECONDS)
        return time.monotonic() - begun
    with tempfile.NamedTemporaryFile() as body:
        body.write(load.body)
        body.flush()
        command = ["h2load", "-n", str(load.calls), "-c", str(load.connections), "-m", str(load.streams), "-d", body.name]
        command += ["-H", "te: trailers", "-H", "content-type: application/grpc"]
        if target.startswith("tls:"):
            command += [f"--tls13-ciphers={TLS_SUITE}", f"https://{target.removeprefix('tls:')}{load.path}"]
        else:
            command.append(f"http://{target}{load.path}")
        output = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True).stdout
    assert f"{load.calls} succeeded, 0 failed, 0 errored" in output, f"{server.name}: {output}"
    answered = re.search(r"\((\d+)\) data$", output, re.MULTILINE)
    assert answered and int(answered[1]) >= LEAST_ANSWER_BYTES * load.calls, f"{server.name}: calls failed: {output}"
    took = re.search(r"finished in ([\d.]+)(us|ms|s),", output)
    return float(took[1]) * {"us": 1e-6, "ms": 1e-3, "s": 1}[took[2]]


def cost(server, target, pid, load):
    """The Cost of one run."""
    slept, before = sleeps(pid), cpu_seconds(pid)
    seconds = run(server, target, load)
    return Cost((cpu_seconds(pid) - before) / load.calls * 1e6, (sleeps(pid) - slept) / load.calls, load.calls / seconds)


def cost_without_connecting(server, target, pid, few, many):
    """CPU time and sleeps per call of the calls that `many` has more than `few`: the difference of the two runs."""
    costs = [cost(server, target, pid, part) for part in (few, many)]
    calls = many.calls - few.calls
    return tuple((costs[1][field] * many.calls - costs[0][field] * few.calls) / calls for field in (0, 1))
