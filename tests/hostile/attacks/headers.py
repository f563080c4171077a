"""Header blocks that are endless, have many fields, are expensive to look up, or are malformed."""

import itertools

import raw_http2 as h2
from attack import attack
from blocks import FIRST_DYNAMIC, block_frames, entry, indexed
from raw_hpack import encode_fields, integer
from scene import START, head, headers, settings, streams

REPLY = head("/echo.Echo/Reply")
BLOCKS = {"counters": ("header_blocks_abandoned", "header_frames_too_many")}


@attack("CVE-2024-27316", "CVE-2024-28182", what="a header block in CONTINUATION frames without an end", **BLOCKS)
def continuation_flood(scene):
    fields = encode_fields([("x-f", "v" * 100)] * 140)

    def data():
        yield START + h2.frame(h2.HEADERS, 0, 1, REPLY)
        yield from itertools.repeat(h2.frame(h2.CONTINUATION, 0, 1, fields) * 4)

    scene.swarm(4, data)


@attack(what="CONTINUATION without bytes", counters="header_frames_too_many")
def empty_continuation_flood(scene):
    def data():
        yield START + h2.frame(h2.HEADERS, 0, 1, REPLY)
        yield from itertools.repeat(h2.frame(h2.CONTINUATION, 0, 1) * 5000)

    scene.swarm(4, data)


@attack("CVE-2026-49975", "CVE-2026-47774", what="thousands of one-byte fields, held open by windows of 0 bytes",
        counters=("header_fields_too_many", "header_blocks_abandoned"))
def http2_bomb(scene):
    block = head("/echo.Echo/Chat") + b"\x40\x01a\x00" + indexed(FIRST_DYNAMIC) * 12000
    start = settings((h2.INITIAL_WINDOW_SIZE, 0))
    scene.swarm(8, lambda: streams(lambda stream: headers(stream, block), 100, start))


@attack("CVE-2016-6581", what="one large entry of the header table, used thousands of times",
        counters=("header_lists_too_large", "header_blocks_abandoned"))
def hpack_bomb(scene):
    block = REPLY + entry(b"x-b", b"v" * 3900) + indexed(FIRST_DYNAMIC) * 12000
    scene.swarm(8, lambda: streams(lambda stream: block_frames(stream, block)))


@attack(what="60 connections whose blocks use the oldest entry of a full header table",
        counters=("header_blocks_abandoned", "header_fields_too_many"))
def hpack_deep_index(scene):
    entries = b"".join(entry(b"%c" % (97 + number % 26), b"") for number in range(124))
    block = REPLY + indexed(FIRST_DYNAMIC + 123) * 60000

    def data():
        yield START + headers(1, REPLY + entries, end_stream=True)
        for stream in itertools.count(3, 2):
            yield block_frames(stream, block)

    scene.swarm(60, data)


@attack(what="header blocks of 64 KB, eight times the limit, one after the other",
        counters=("header_blocks_abandoned", "header_lists_too_large"))
def oversized_blocks(scene):
    block = REPLY + encode_fields([("x-f", "v" * 1000)] * 63)
    scene.swarm(8, lambda: streams(lambda stream: block_frames(stream, block)))


@attack("CVE-2019-9516", what="fields with empty names", counters="reset_budgets_spent")
def empty_field_names(scene):
    block = REPLY + encode_fields([("", "")] * 20)
    scene.swarm(4, lambda: streams(lambda stream: headers(stream, block)))


@attack("CVE-2026-33186", what="paths without a slash, upper-case names, wrong pseudo-header fields",
        counters="reset_budgets_spent")
def malformed_requests(scene):
    blocks = (
        encode_fields(h2.request_fields("echo.Echo/Reply")),
        encode_fields(h2.request_fields(extra=[("X-Upper", "v")])),
        encode_fields(h2.request_fields(without=(":scheme",))),
        encode_fields([*h2.request_fields(), (":path", "/echo.Echo/Chat")]),
        encode_fields(h2.request_fields(extra=[("transfer-encoding", "chunked")])),
    )
    scene.swarm(4, lambda: streams(lambda stream: headers(stream, blocks[stream // 2 % len(blocks)])))


@attack("CVE-2026-78659", what="trailers of 64 KB behind each request",
        counters=("header_blocks_abandoned", "header_lists_too_large"))
def large_trailers(scene):
    trailers = encode_fields([("x-t", "v" * 1000)] * 63)
    scene.swarm(8, lambda: streams(lambda stream: headers(stream, head("/echo.Echo/Collect")) + block_frames(stream, trailers)))


@attack(what="updates of the header table's size, thousands in one block")
def table_size_updates(scene):
    block = (integer(0, 5, 0x20) + integer(4096, 5, 0x20)) * 3000 + REPLY
    scene.swarm(4, lambda: streams(lambda stream: headers(stream, block, end_stream=True)))


@attack(what="header tables of 4,096 bytes filled on every connection, before SETTINGS are acknowledged",
        counters=("address_connections_refused", "connections_evicted", "settings_timeouts"),
        options=("--settings-timeout-ms", 500))
def full_header_tables(scene):
    block = REPLY + entry(b"x-b", b"v" * 3900)

    def data():
        yield START + headers(1, block, end_stream=True)

    scene.swarm(127, data)
