"""Measures the private memory of a gateway in bytes, and creates load."""

import re
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import raw_http2 as h2
from raw_hpack import integer

PAGE = resource.getpagesize()
# The fields that grpcio sends with a call. The user agent is the longest of the usual ones.
FIELDS = h2.request_fields(
    extra=[
        ("accept-encoding", "identity, deflate, gzip"),
        ("grpc-accept-encoding", "identity, deflate, gzip"),
        ("user-agent", "grpc-python/1.51.1 grpc-c/29.0.0 (linux; chttp2)"),
        ("x-echo-id", "0123456789abcdef0123456789abcdef"),
        ("authorization", "Bearer 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
    ]
)


def report(text):
    print(f"figure: {text}", file=sys.stderr)


def private_bytes(pid):
    """The private pages of the process: heap, stacks, arena, written data. Pages of the program file are excluded: whether
    they count as private depends on other processes with the same program."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Anonymous:\s+(\d+) kB", rollup, re.MULTILINE).group(1)) * 1024


def allow_descriptors(count):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


def h2load(target, calls, *arguments, seconds=280):
    """Calls Reply `calls` times. Every call must be answered."""
    with tempfile.NamedTemporaryFile() as body:
        body.write(h2.message(b"\x0a\x05hello"))
        body.flush()
        result = subprocess.run(
            ["h2load", "-n", str(calls), "-d", body.name, *arguments]
            + ["-H", "te: trailers", "-H", "content-type: application/grpc", f"http://{target}/echo.Echo/Reply"],
            capture_output=True,
            text=True,
            timeout=seconds,
            check=True,
        )
    assert f"{calls} succeeded, 0 failed, 0 errored" in result.stdout, result.stdout


def indexed_block(fields):
    """A header block that adds every field to the header table, like gRPC clients."""
    block = b""
    for name, value in fields:
        block += b"\x40" + integer(len(name), 7) + name.encode() + integer(len(value), 7) + value.encode()
    return block


def call(connection, fields, payload=b"\x0a\x05hello"):
    """Makes one unary call. Fails if it is not answered."""
    stream = connection.new_stream()
    connection.send_frame(h2.HEADERS, h2.END_HEADERS, stream, indexed_block(fields))
    connection.send_frame(h2.DATA, h2.END_STREAM, stream, h2.message(payload))
    response = connection.response(stream)
    assert response.status == 0, response.trailers
