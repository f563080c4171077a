"""RFC 9113 sections 6.1, 6.2 and 6.10: DATA, HEADERS and CONTINUATION."""

import frames as f
import raw_http2 as h2
from case import Case, Section, answered, connection_error, http, status

PROTOCOL = connection_error(h2.PROTOCOL_ERROR)
FRAME_SIZE = connection_error(h2.FRAME_SIZE_ERROR)
CUT = f.headers(f.BLOCK[:9], flags=0)  # the start of a header block
REST = f.BLOCK[9:]
PRIORITY_FIELDS = b"\x80\0\0\0\xff"  # exclusive, depends on stream 0, weight 256
UNIMPLEMENTED, RESOURCE_EXHAUSTED = 12, 8


def padding_beyond_a_window(exchange):
    """Sends 300 frames of 256 bytes that contain only padding, as windows allow. The server must grant window for padding."""
    exchange.send(f.request())
    frame = f.data(f.padded(b"", 255), flags=f.PADDED)
    exchange.until(lambda: exchange.settings_acknowledged)
    window = exchange.setting(h2.INITIAL_WINDOW_SIZE, 65535)
    for sent in range(0, 300 * 256, 256):

        def has_room(sent=sent):
            return min(65535 + exchange.granted[0], window + exchange.granted[1]) >= sent + 256

        exchange.until(lambda: has_room() or exchange.got.reset is not None)
        if not has_room():
            return
        exchange.send(frame)
    exchange.send(f.data())


def interrupted_by(name, what, frame):
    return Case(
        f"rfc9113-6.2-block-interrupted-by-{name}",
        f"{what} inside a header block is a connection error.",
        (CUT + frame,),
        PROTOCOL,
        stream=0,
    )


SECTION = Section(
    "RFC 9113 6.1, 6.2, 6.10: DATA, HEADERS, CONTINUATION",
    (
        Case("rfc9113-6.1-stream-0", "DATA belongs to a stream.", (f.chat(), f.data(stream=0)), PROTOCOL),
        Case(
            "rfc9113-6.1-padding",
            "Padding is removed.",
            (f.request() + f.data(f.padded(f.HELLO, 17), flags=f.END | f.PADDED),),
            answered,
        ),
        Case(
            "rfc9113-6.1-padding-of-0",
            "The length of padding may be 0.",
            (f.request() + f.data(f.padded(f.HELLO, 0), flags=f.END | f.PADDED),),
            answered,
        ),
        Case(
            "rfc9113-6.1-padding-of-255",
            "The length of padding may be 255.",
            (f.request() + f.data(f.padded(f.HELLO, 255), flags=f.END | f.PADDED),),
            answered,
        ),
        Case(
            "rfc9113-6.1-nothing-but-padding",
            "A frame may contain only padding.",
            (f.request() + f.data(f.padded(b"", 9), flags=f.PADDED) + f.data(),),
            answered,
        ),
        Case(
            "rfc9113-6.1-padding-fills-the-last-frame",
            "A frame that contains only padding may end the stream.",
            (f.request() + f.data(flags=0) + f.data(f.padded(b"", 9), flags=f.END | f.PADDED),),
            answered,
        ),
        Case(
            "rfc9113-6.1-padding-as-long-as-the-frame",
            "Padding as long as the payload is a connection error.",
            (f.chat(), f.data(b"\x04abc", flags=f.PADDED)),
            PROTOCOL,
        ),
        Case(
            "rfc9113-6.1-padding-longer-than-the-frame",
            "Padding longer than the payload is a connection error.",
            (f.chat(), f.data(b"\xffabc", flags=f.PADDED)),
            PROTOCOL,
        ),
        Case(
            "rfc9113-6.1-no-room-for-the-pad-length",
            "A padded frame of 0 bytes has no pad length: a connection error.",
            (f.chat(), f.data(b"", flags=f.PADDED)),
            FRAME_SIZE + PROTOCOL,
        ),
        Case(
            "rfc9113-6.1-padding-that-is-not-zero",
            "Padding that is not zero may be ignored or be a connection error.",
            (f.request() + f.data(b"\x03" + f.HELLO + b"abc", flags=f.END | f.PADDED),),
            answered + PROTOCOL,
        ),
        Case(
            "rfc9113-6.1-padding-counts-for-windows",
            "Padding counts for flow control, and the server grants window for it.",
            (padding_beyond_a_window,),
            answered,
        ),
        Case(
            "rfc9113-6.1-empty-frames",
            "DATA may be empty.",
            (f.request() + f.data(b"", flags=0) * 3 + f.data(flags=0) + f.data(b""),),
            answered,
        ),
        Case(
            "rfc9113-6.1-frames-of-one-byte",
            "A message may be split into several DATA frames.",
            (f.request() + b"".join(f.data(bytes([byte]), flags=0) for byte in f.HELLO) + f.data(b""),),
            answered,
        ),
        Case(
            "rfc9113-6.1-several-messages-in-a-frame",
            "A DATA frame may contain several messages.",
            (f.chat() + f.data(f.HELLO * 3),),
            answered,
            replies=("hello",) * 3,
        ),
        Case(
            "rfc9113-6.2-stream-0",
            "HEADERS belong to a stream.",
            (f.headers(stream=0),),
            PROTOCOL,
            stream=0,
        ),
        Case(
            "rfc9113-6.2-padding",
            "Padding is removed.",
            (f.headers(f.padded(f.BLOCK, 17), flags=f.END_HEADERS | f.PADDED) + f.data(),),
            answered,
        ),
        Case(
            "rfc9113-6.2-padding-of-0",
            "The length of padding may be 0.",
            (f.headers(f.padded(f.BLOCK, 0), flags=f.END_HEADERS | f.PADDED) + f.data(),),
            answered,
        ),
        Case(
            "rfc9113-6.2-padding-of-255",
            "The length of padding may be 255.",
            (f.headers(f.padded(f.BLOCK, 255), flags=f.END_HEADERS | f.PADDED) + f.data(),),
            answered,
        ),
        Case(
            "rfc9113-6.2-priority-fields",
            "The priority fields are removed.",
            (f.headers(PRIORITY_FIELDS + f.BLOCK, flags=f.END_HEADERS | f.PRIORITY) + f.data(),),
            answered,
        ),
        Case(
            "rfc9113-6.2-padding-and-priority-fields",
            "The pad length precedes the priority fields.",
            (
                f.headers(f.padded(PRIORITY_FIELDS + f.BLOCK, 9), flags=f.END_HEADERS | f.PRIORITY | f.PADDED)
                + f.data(),
            ),
            answered,
        ),
        Case(
            "rfc9113-6.2-padding-between-fragments",
            "Padding of HEADERS before CONTINUATION is not part of the block.",
            (f.headers(f.padded(f.BLOCK[:9], 5), flags=f.PADDED) + f.continuation(REST) + f.data(),),
            answered,
        ),
        Case(
            "rfc9113-6.2-padding-longer-than-the-frame",
            "Padding longer than the frame is a connection error.",
            (f.headers(b"\xff" + f.BLOCK, flags=f.END_HEADERS | f.PADDED),),
            PROTOCOL,
        ),
        Case(
            "rfc9113-6.2-padding-into-the-priority-fields",
            "Padding that overlaps the priority fields is a connection error.",
            (f.headers(b"\x01" + PRIORITY_FIELDS, flags=f.END_HEADERS | f.PRIORITY | f.PADDED),),
            PROTOCOL,
        ),
        Case(
            "rfc9113-6.2-no-room-for-the-pad-length",
            "A padded frame of 0 bytes has no pad length: a connection error.",
            (f.headers(b"", flags=f.END_HEADERS | f.PADDED),),
            FRAME_SIZE + PROTOCOL,
        ),
        Case(
            "rfc9113-6.2-no-room-for-the-priority-fields",
            "A frame too short for the fields that its flags announce is FRAME_SIZE_ERROR.",
            (f.headers(b"\0\0\0\0", flags=f.END_HEADERS | f.PRIORITY),),
            FRAME_SIZE,
        ),
        Case(
            "rfc9113-6.2-end-stream",
            "HEADERS with END_STREAM are a complete request, here without a message.",
            (f.headers(flags=f.END_HEADERS | f.END),),
            status(UNIMPLEMENTED),
        ),
        Case(
            "rfc9113-6.2-end-stream-before-continuation",
            "CONTINUATION may follow HEADERS with END_STREAM.",
            (f.headers(f.BLOCK[:9], flags=f.END) + f.continuation(REST),),
            status(UNIMPLEMENTED),
        ),
        interrupted_by("ping", "PING", f.ping()),
        interrupted_by("settings", "SETTINGS", f.settings()),
        interrupted_by("settings-acknowledgement", "The acknowledgement of SETTINGS", f.settings(flags=h2.ACK)),
        interrupted_by("data", "DATA", f.data()),
        interrupted_by("headers", "HEADERS of the same stream", f.headers(REST)),
        interrupted_by("headers-of-another-stream", "HEADERS of another stream", f.headers(stream=3)),
        interrupted_by("priority", "PRIORITY", f.priority()),
        interrupted_by("rst-stream", "RST_STREAM", f.reset()),
        interrupted_by("window-update", "WINDOW_UPDATE", f.window_update(1)),
        interrupted_by("goaway", "GOAWAY", f.goaway()),
        Case(
            "rfc9113-6.10-one",
            "A block may continue in CONTINUATION.",
            (CUT + f.continuation(REST) + f.data(),),
            answered,
        ),
        Case(
            "rfc9113-6.10-several",
            "A block may continue in several CONTINUATION frames.",
            (
                f.headers(f.BLOCK[:5], flags=0)
                + f.continuation(f.BLOCK[5:20], flags=0)
                + f.continuation(f.BLOCK[20:40], flags=0)
                + f.continuation(f.BLOCK[40:])
                + f.data(),
            ),
            answered,
        ),
        Case(
            "rfc9113-6.10-long-fields",
            "A block of two long fields, the second from the table, is decoded or is a stream error.",
            (
                f.headers(flags=f.END)
                + f.continuation(f.incremental(b"x-long", b"v" * 4000), flags=0)
                + f.continuation(f.indexed(62)),
            ),
            status(UNIMPLEMENTED, RESOURCE_EXHAUSTED) + http(431),
            applies=lambda exchange: exchange.setting(h2.HEADER_TABLE_SIZE, 4096) >= 4096,
        ),
        Case(
            "rfc9113-6.10-interrupted",
            "Only CONTINUATION may follow CONTINUATION without END_HEADERS.",
            (CUT + f.continuation(REST[:9], flags=0) + f.data(),),
            PROTOCOL,
        ),
        Case(
            "rfc9113-6.10-empty-headers",
            "HEADERS may be empty if CONTINUATION follows.",
            (f.headers(b"", flags=0) + f.continuation(f.BLOCK) + f.data(),),
            answered,
        ),
        Case(
            "rfc9113-6.10-empty-continuation",
            "An empty CONTINUATION may end the block.",
            (f.headers(flags=0) + f.continuation(b"") + f.data(),),
            answered,
        ),
        Case(
            "rfc9113-6.10-frames-one-by-one",
            "The frames of a block may arrive one by one.",
            (CUT, lambda exchange: exchange.receive_frame(0.05), f.continuation(REST), f.data()),
            answered,
        ),
        Case(
            "rfc9113-6.10-of-trailers",
            "Trailers may continue in CONTINUATION.",
            (
                f.request()
                + f.data(flags=0)
                + f.headers(f.unindexed(b"x-late", b"v")[:4], flags=f.END)
                + f.continuation(f.unindexed(b"x-late", b"v")[4:]),
            ),
            answered,
        ),
        Case(
            "rfc9113-6.10-stream-0",
            "CONTINUATION belongs to a stream.",
            (CUT + f.continuation(REST, 0),),
            PROTOCOL,
        ),
        Case(
            "rfc9113-6.10-of-another-stream",
            "CONTINUATION belongs to the stream whose block is open.",
            (CUT + f.continuation(REST, 3),),
            PROTOCOL,
        ),
        Case(
            "rfc9113-6.10-behind-the-end",
            "CONTINUATION after END_HEADERS is a connection error.",
            (f.request(path=f.CHAT), f.continuation(REST)),
            PROTOCOL,
        ),
        Case(
            "rfc9113-6.10-behind-continuation-that-ended",
            "CONTINUATION after CONTINUATION with END_HEADERS is a connection error.",
            (CUT + f.continuation(REST) + f.continuation(b""),),
            PROTOCOL,
        ),
        Case(
            "rfc9113-6.10-behind-data",
            "CONTINUATION after DATA is a connection error.",
            (f.chat() + f.data(flags=0) + f.continuation(REST),),
            PROTOCOL,
        ),
        Case(
            "rfc9113-6.10-block-cut-short",
            "A block that ends inside a field is COMPRESSION_ERROR.",
            (f.headers(f.BLOCK[:9], flags=0) + f.continuation(REST[:-3]),),
            connection_error(h2.COMPRESSION_ERROR),
        ),
    ),
)
