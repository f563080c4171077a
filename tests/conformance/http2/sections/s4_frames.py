"""RFC 9113 section 4: the frame format, frame sizes, field section compression."""

import frames as f
import raw_http2 as h2
from case import Case, Section, answered, connection_error, http, ignored, status, stream_error

FRAME_SIZE = connection_error(h2.FRAME_SIZE_ERROR)
TOO_LARGE = h2.MAX_FRAME_BYTES + 1
WORD = "x" * 60000
LARGE = h2.message(b"\x0a\xe0\xd4\x03" + WORD.encode())
# One bit of each frame's flags that has no meaning there.
UNUSED = 0x40
RESOURCE_EXHAUSTED = 8


def frames_up_to(limit):
    def check(exchange):
        largest = max(len(frame.payload) for frame in exchange.frames)
        return None if largest <= limit else f"a frame of {largest} bytes"

    return check


def ping_answered(exchange):
    return None if b"12345678" in exchange.pings_answered else "PING was not answered"


def large_message(exchange):
    """A message of more than three frames, and its reply."""
    exchange.send(f.request())
    exchange.send_as_allowed(1, LARGE)


def full_frame_without_a_call(exchange):
    exchange.send(f.plain("POST"))
    window = exchange.setting(h2.INITIAL_WINDOW_SIZE, 65535)
    exchange.until(lambda: window + exchange.granted[1] >= h2.MAX_FRAME_BYTES or exchange.got.ended)
    exchange.send(f.data(bytes(h2.MAX_FRAME_BYTES)))


SECTION = Section(
    "RFC 9113 4: HTTP frames",
    (
        Case(
            "rfc9113-4.1-unknown-type",
            "Frames of unknown types are ignored.",
            (f.frame(0x77, 0xFF, 0, b"anything"), f.call()),
            answered,
        ),
        Case(
            "rfc9113-4.1-unused-flags-ping",
            "A flag that is not defined for the frame type is ignored.",
            (f.ping(flags=UNUSED),),
            ignored,
            check=ping_answered,
        ),
        Case(
            "rfc9113-4.1-unused-flags-settings",
            "A flag without a meaning on SETTINGS is ignored.",
            (f.settings(flags=UNUSED), f.call()),
            answered,
        ),
        Case(
            "rfc9113-4.1-unused-flags-headers",
            "A flag without a meaning on HEADERS is ignored.",
            (f.headers(flags=f.END_HEADERS | UNUSED | 0x12) + f.data(),),
            answered,
        ),
        Case(
            "rfc9113-4.1-unused-flags-data",
            "A flag without a meaning on DATA is ignored.",
            (f.request() + f.data(flags=f.END | UNUSED | 0x24),),
            answered,
        ),
        Case(
            "rfc9113-4.1-unused-flags-continuation",
            "END_STREAM on CONTINUATION is ignored.",
            (f.headers(f.BLOCK[:9], flags=0) + f.continuation(f.BLOCK[9:], flags=f.END_HEADERS | f.END) + f.data(),),
            answered,
        ),
        Case(
            "rfc9113-4.1-unused-flags-window-update",
            "A flag without a meaning on WINDOW_UPDATE is ignored.",
            (f.frame(h2.WINDOW_UPDATE, 0xFF, 0, b"\0\0\0\1"), f.call()),
            answered,
        ),
        Case(
            "rfc9113-4.1-unused-flags-rst-stream",
            "A flag without a meaning on RST_STREAM is ignored.",
            (f.chat(), f.frame(h2.RST_STREAM, 0xFF, 1, b"\0\0\0\x08")),
            ignored,
        ),
        Case(
            "rfc9113-4.1-reserved-bit-ping",
            "The reserved bit before a stream id is ignored: a PING on stream 0.",
            (f.ping(stream=f.RESERVED),),
            ignored,
            check=ping_answered,
        ),
        Case(
            "rfc9113-4.1-reserved-bit-request",
            "The reserved bit before a stream id is ignored: HEADERS and DATA.",
            (f.call(stream=1 | f.RESERVED),),
            answered,
        ),
        Case(
            "rfc9113-4.1-reserved-bit-settings",
            "The reserved bit before a stream id is ignored: SETTINGS.",
            (f.settings(stream=f.RESERVED), f.call()),
            answered,
        ),
        Case(
            "rfc9113-4.2-full-frames",
            "Every implementation can receive frames of up to 16,384 bytes.",
            (large_message,),
            answered,
            replies=(WORD,),
        ),
        Case(
            "rfc9113-4.2-full-frame-without-a-call",
            "A request that is not a gRPC call may have a frame of 16,384 bytes, if the server's window allows it.",
            (full_frame_without_a_call,),
            http(200, 404, 405, 415),
        ),
        Case(
            "rfc9113-4.2-data-too-large",
            "DATA above SETTINGS_MAX_FRAME_SIZE is FRAME_SIZE_ERROR, of the stream or of the connection.",
            (f.chat(), f.data(bytes(TOO_LARGE), flags=0)),
            FRAME_SIZE + stream_error(h2.FRAME_SIZE_ERROR),
        ),
        Case(
            "rfc9113-4.2-headers-too-large",
            "HEADERS above SETTINGS_MAX_FRAME_SIZE are a connection error.",
            (f.headers(f.BLOCK + bytes(TOO_LARGE - len(f.BLOCK))),),
            FRAME_SIZE,
        ),
        Case(
            "rfc9113-4.2-continuation-too-large",
            "CONTINUATION above SETTINGS_MAX_FRAME_SIZE is a connection error.",
            (f.headers(flags=0) + f.continuation(bytes(TOO_LARGE)),),
            FRAME_SIZE,
        ),
        Case(
            "rfc9113-4.2-settings-too-large",
            "SETTINGS above SETTINGS_MAX_FRAME_SIZE are a connection error.",
            (f.frame(h2.SETTINGS, 0, 0, b"\0\x77\0\0\0\0" * 2731),),
            FRAME_SIZE,
        ),
        Case(
            "rfc9113-4.2-unknown-type-too-large",
            "A frame of an unknown type must not exceed SETTINGS_MAX_FRAME_SIZE.",
            (f.frame(0x77, 0, 0, bytes(TOO_LARGE)),),
            FRAME_SIZE,
        ),
        Case(
            "rfc9113-4.2-answer-in-default-frames",
            "The server sends no frame of more than 16,384 bytes unless the client allows more.",
            (large_message,),
            answered,
            replies=(WORD,),
            check=frames_up_to(16384),
        ),
        Case(
            "rfc9113-4.2-answer-in-allowed-frames",
            "The server sends no frame above the client's SETTINGS_MAX_FRAME_SIZE.",
            (large_message,),
            answered,
            replies=(WORD,),
            settings=((h2.MAX_FRAME_SIZE, 20000),),
            check=frames_up_to(20000),
        ),
        Case(
            "rfc9113-4.3-undecodable-block",
            "A header block that cannot be decoded is a connection error COMPRESSION_ERROR.",
            (f.packed(b"\xff\xff\xff\xff\xff\xff"),),
            connection_error(h2.COMPRESSION_ERROR),
        ),
        Case(
            "rfc9113-4.3-block-cut-anywhere",
            "A block may be split anywhere, here inside the length of a string.",
            tuple(
                f.headers(f.BLOCK[:cut], 2 * cut - 1, 0)
                + f.continuation(f.BLOCK[cut:], 2 * cut - 1)
                + f.data(stream=2 * cut - 1)
                for cut in range(1, len(f.BLOCK), 5)
            ),
            answered,
        ),
        Case(
            "rfc9113-4.3-state-kept-when-malformed",
            "The block of a malformed request is decoded: the next request can use its table entries.",
            (
                f.packed(f.incremental(b"x-echo-a", b"kept") + f.unindexed(b"UPPER", b"v"), 1),
                f.packed(f.indexed(62), 3),
            ),
            answered,
            stream=3,
            echo=(("x-echo-a", "kept"),),
        ),
        Case(
            "rfc9113-4.3-state-kept-on-closed-stream",
            "The block of HEADERS on a stream that the server has reset is decoded.",
            (
                f.packed(f.unindexed(b"connection", b"close"), 1),
                f.headers(f.incremental(b"x-echo-a", b"kept"), 1, f.END_HEADERS | f.END),
                f.packed(f.indexed(62), 3),
            ),
            answered,
            stream=3,
            echo=(("x-echo-a", "kept"),),
        ),
        Case(
            "rfc9113-4.3-state-kept-when-refused",
            "The block of a header list above the server's limit is decoded.",
            (
                f.headers(
                    f.BLOCK + f.incremental(b"x-echo-a", b"kept") + f.unindexed(b"x-b", b"v") * 100,
                    1,
                    f.END_HEADERS | f.END,
                ),
                f.packed(f.indexed(62), 3),
            ),
            answered,
            stream=3,
            echo=(("x-echo-a", "kept"),),
        ),
        Case(
            "rfc9113-4.3-header-list-too-large",
            "A header list above the server's limit is a stream error; the connection stays open.",
            (f.headers(f.BLOCK + f.unindexed(b"x-b", b"v" * 100) * 70, 1, f.END_HEADERS | f.END),),
            status(RESOURCE_EXHAUSTED),
        ),
        Case(
            "rfc9113-4.3.1-table-update-missing",
            "If the server has lowered the header table, the first block after the acknowledgement starts with an update.",
            (f.call(stream=3),),
            connection_error(h2.COMPRESSION_ERROR),
            early=f.packed(f.incremental(b"x-kept", b"v"), 1),
            applies=lambda exchange: exchange.setting(h2.HEADER_TABLE_SIZE, 4096) < 4096,
        ),
        Case(
            "rfc9113-4.3.1-table-kept",
            "If the server has not lowered the table of 4,096 bytes, the client sends no update.",
            (f.packed(f.indexed(62) + f.incremental(b"x-echo-b", b"v" * 3900), 3),),
            answered,
            stream=3,
            echo=(("x-echo-a", "kept"), ("x-echo-b", "v" * 3900)),
            early=f.packed(f.incremental(b"x-echo-a", b"kept"), 1),
        ),
        Case(
            "rfc9113-4.3.1-table-update-sent",
            "An update to the announced size is accepted.",
            (
                lambda exchange: exchange.send(
                    f.headers(f.size_update(exchange.setting(h2.HEADER_TABLE_SIZE, 4096)) + f.BLOCK) + f.data()
                ),
            ),
            answered,
        ),
    ),
)
