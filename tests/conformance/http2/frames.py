"""Builds the frames of the cases as bytes."""

import struct

import raw_http2 as h2
from raw_case import CHAT, COLLECT, REPLY, REPLY_STREAM
from raw_hpack import encode_fields, integer

__all__ = ["CHAT", "COLLECT", "REPLY", "REPLY_STREAM"]

HELLO = h2.message(b"\x0a\x05hello")
SLOW = h2.message(b"\x0a\x05hello\x10\x02\x18\xe0\xd4\x03")  # count 2, interval_ms 60000
FIELDS = tuple(h2.request_fields())
BLOCK = encode_fields(FIELDS)
END, END_HEADERS, PADDED, PRIORITY = h2.END_STREAM, h2.END_HEADERS, h2.PADDED, h2.PRIORITY_FLAG
RESERVED = 0x80000000  # the first bit of a stream id or an increment


def frame(kind, flags=0, stream=0, payload=b""):
    return h2.frame(kind, flags, stream, payload)


def headers(block=BLOCK, stream=1, flags=END_HEADERS):
    return h2.frame(h2.HEADERS, flags, stream, block)


def continuation(block, stream=1, flags=END_HEADERS):
    return h2.frame(h2.CONTINUATION, flags, stream, block)


def data(payload=HELLO, stream=1, flags=END):
    return h2.frame(h2.DATA, flags, stream, payload)


def fields(*extra, path=REPLY, without=()):
    """The header block of a request. Fields of `extra` replace fields with the same name or are appended."""
    return encode_fields(h2.request_fields(path, extra, without))


def request(*extra, stream=1, path=REPLY, without=()):
    """HEADERS of a request without END_STREAM."""
    return headers(fields(*extra, path=path, without=without), stream)


def call(*extra, stream=1, path=REPLY, without=()):
    """A complete request with one message."""
    return request(*extra, stream=stream, path=path, without=without) + data(stream=stream)


def listed(pairs, stream=1):
    """A complete request with exactly this header list."""
    return headers(encode_fields(pairs), stream) + data(stream=stream)


def plain(method="GET", *extra, stream=1, flags=END_HEADERS):
    """HEADERS of a request for / that is not a gRPC call, as HTTP/2 test suites send it."""
    pairs = [(":method", method), (":scheme", "http"), (":path", "/"), (":authority", "localhost"), *extra]
    return headers(encode_fields(pairs), stream, flags)


def packed(block, stream=1):
    """A complete request whose header block ends with these bytes."""
    return headers(BLOCK + block, stream) + data(stream=stream)


def chat(stream=1):
    """HEADERS of a call that stays open without a reply."""
    return request(stream=stream, path=CHAT)


def waiting(stream=1):
    """A complete request with a late second reply: half-closed by the client, open for the server."""
    return request(stream=stream, path=REPLY_STREAM) + data(SLOW, stream)


def settings(*pairs, flags=0, stream=0):
    return h2.frame(h2.SETTINGS, flags, stream, b"".join(struct.pack(">HI", *pair) for pair in pairs))


def window_update(increment, stream=0):
    return h2.frame(h2.WINDOW_UPDATE, 0, stream, struct.pack(">I", increment))


def reset(stream=1, code=h2.CANCEL):
    return h2.frame(h2.RST_STREAM, 0, stream, struct.pack(">I", code))


def ping(payload=b"12345678", flags=0, stream=0):
    return h2.frame(h2.PING, flags, stream, payload)


def goaway(last=0, code=h2.NO_ERROR, debug=b"", stream=0):
    return h2.frame(h2.GOAWAY, 0, stream, struct.pack(">II", last, code) + debug)


def priority(stream=1, depends_on=0, weight=15):
    return h2.frame(h2.PRIORITY, 0, stream, struct.pack(">IB", depends_on, weight))


def padded(payload, padding):
    return bytes([padding]) + payload + bytes(padding)


def size_update(size):
    """RFC 7541 6.3."""
    return integer(size, 5, 0x20)


def text(value, huffman=False):
    """RFC 7541 5.2. With `huffman`, `value` is already coded."""
    return integer(len(value), 7, 0x80 if huffman else 0) + value


def indexed(index):
    return integer(index, 7, 0x80)


def incremental(name, value):
    """A literal with incremental indexing (RFC 7541 6.2.1). `name` is text or an index."""
    return _literal(name, value, 6, 0x40)


def unindexed(name, value):
    return _literal(name, value, 4, 0)


def never_indexed(name, value):
    return _literal(name, value, 4, 0x10)


def _literal(name, value, prefix_bits, first):
    head = integer(name, prefix_bits, first) if isinstance(name, int) else bytes([first]) + text(name)
    return head + text(value)
