"""Compressed messages: small ones that become large, and streams that are not gzip."""

import gzip
import itertools

import raw_http2 as h2
from attack import attack
from scene import SETTINGS_ACK, START, head, headers, streams, update

ON = ("--gzip", "on")
ENCODED = [("grpc-encoding", "gzip"), ("grpc-accept-encoding", "gzip")]
REPLY, REPLY_STREAM, COLLECT = (head(f"/echo.Echo/{name}", ENCODED) for name in ("Reply", "ReplyStream", "Collect"))
LARGE = bytes([0x0A, 0xE0, 0xD4, 0x03]) + b"x" * 60_000  # An EchoRequest below max-message-bytes.
WINDOWS = update(0, 2**31 - 1 - 65535)


def compressed(payload):
    return h2.message(gzip.compress(payload, 9), compressed=1)


def unary(data):
    return lambda stream: headers(stream, REPLY) + h2.frame(h2.DATA, h2.END_STREAM, stream, data)


@attack(what="messages of 1.5 KB that become 1.5 MB", counters="messages_too_large", options=ON)
def gzip_bombs(scene):
    bomb = compressed(bytes(1_500_000))
    scene.swarm(4, lambda: streams(unary(bomb), start=START + SETTINGS_ACK))


@attack(what="messages of 100 bytes that become 60 KB, as many as fit into a frame", counters="turn_bytes_spent", options=ON)
def gzip_many(scene):
    message = compressed(LARGE)
    data = message * (2000 // len(message))
    frame = lambda stream: headers(stream, COLLECT) + h2.frame(h2.DATA, h2.END_STREAM, stream, data)  # noqa: E731
    scene.swarm(8, lambda: streams(frame, start=START + SETTINGS_ACK))


@attack(what="endless replies of 60 KB that are compressed to 300 bytes, on 7 streams of each connection",
        counters="turn_bytes_spent", options=ON)
def gzip_replies(scene):
    endless = compressed(LARGE + b"\x10\xff\xff\xff\x7f")

    def pieces():
        yield START + SETTINGS_ACK + WINDOWS
        for stream in range(1, 14, 2):
            yield headers(stream, REPLY_STREAM) + update(stream, 2**31 - 1 - 65535) + h2.frame(h2.DATA, h2.END_STREAM, stream, endless)

    scene.swarm(2, pieces)


@attack(what="compressed messages that are cut short, have a wrong checksum or are followed by other bytes",
        counters="reset_budgets_spent", options=ON)
def gzip_malformed(scene):
    good = gzip.compress(LARGE, 9)
    broken = itertools.cycle([good[:-1], good[:40], good[:-8] + bytes(8), good + b"x", good + good, b"", b"x" * 100])
    scene.swarm(4, lambda: streams(lambda stream: unary(h2.message(next(broken), compressed=1))(stream), start=START + SETTINGS_ACK))
