"""RFC 9113 section 5: streams, their states, identifiers and errors."""

import frames as f
import raw_http2 as h2
from case import Case, Section, answered, connection_error, ignored, stream_error

PROTOCOL = connection_error(h2.PROTOCOL_ERROR)
CLOSED_STREAM = stream_error(h2.STREAM_CLOSED)
CLOSED_CONNECTION = connection_error(h2.STREAM_CLOSED)
DEPENDENCY = stream_error(h2.PROTOCOL_ERROR) + PROTOCOL
DEPENDS_ON_1 = b"\0\0\0\1\x0f"
LAST_STREAM = 0x7FFFFFFF


def answered_call(exchange):
    """Stream 1 is closed: both sides have ended it."""
    exchange.send(f.call())
    exchange.response_on(1)
    exchange.ping()


def server_reset(exchange):
    """Stream 1 is closed by the server's RST_STREAM."""
    exchange.send(f.request(("connection", "close")))
    exchange.ping()


def fill(exchange):
    """Opens as many streams as the server allows, from stream 1."""
    exchange.send(b"".join(f.chat(stream) for stream in range(1, 2 * limit(exchange), 2)))


def limit(exchange):
    return exchange.setting(h2.MAX_CONCURRENT_STREAMS, 0)


def limited(exchange):
    return 0 < limit(exchange) < 1000


def one_too_many(exchange):
    fill(exchange)
    stream = 2 * limit(exchange) + 1
    exchange.responses[stream] = exchange.got
    exchange.send(f.chat(stream))


def one_after_a_close(exchange):
    fill(exchange)
    exchange.send(f.reset(1))
    stream = 2 * limit(exchange) + 1
    exchange.responses[stream] = exchange.got
    exchange.send(f.call(stream=stream))


def others_stay_open(exchange):
    reset = [
        stream
        for stream in range(1, 2 * limit(exchange), 2)
        if stream in exchange.responses and exchange.responses[stream].reset is not None
    ]
    return f"{len(reset)} other streams were reset" if reset else None


def no_reset(exchange):
    return "RST_STREAM answered RST_STREAM" if exchange.received(h2.RST_STREAM, 1) else None


def last_stream_is(expected):
    def check(exchange):
        last = exchange.goaway[0]
        return None if last == expected else f"GOAWAY names stream {last} as the last"

    return check


def call_on_the_last_stream(exchange):
    exchange.send(f.call(stream=LAST_STREAM))


SECTION = Section(
    "RFC 9113 5: streams",
    (
        Case("rfc9113-5.1-idle-data", "DATA on an idle stream is a connection error.", (f.data(),), PROTOCOL),
        Case(
            "rfc9113-5.1-idle-rst-stream", "RST_STREAM on an idle stream is a connection error.", (f.reset(),), PROTOCOL
        ),
        Case(
            "rfc9113-6.4-idle-rst-stream-beside-calls",
            "RST_STREAM on an idle stream is tolerated after a call (see the deviations). The stream stays idle.",
            (f.call(), f.reset(7), f.call(stream=3), f.call(stream=7)),
            answered,
            stream=7,
        ),
        Case(
            "rfc9113-5.1-idle-window-update",
            "WINDOW_UPDATE on an idle stream is a connection error.",
            (f.window_update(1, 1),),
            PROTOCOL,
        ),
        Case(
            "rfc9113-5.1-idle-continuation",
            "CONTINUATION on an idle stream is a connection error.",
            (f.continuation(f.BLOCK),),
            PROTOCOL,
        ),
        Case(
            "rfc9113-5.1-idle-priority",
            "PRIORITY is allowed on an idle stream, which stays idle.",
            (f.priority(1), f.call()),
            answered,
        ),
        Case(
            "rfc9113-5.1-half-closed-data",
            "DATA on a stream that the client has ended is a stream error STREAM_CLOSED.",
            (f.waiting(), f.data(flags=0)),
            CLOSED_STREAM,
        ),
        Case(
            "rfc9113-5.1-half-closed-empty-data",
            "Empty DATA with END_STREAM on a stream that the client has ended is a stream error STREAM_CLOSED.",
            (f.waiting(), f.data(b"")),
            CLOSED_STREAM,
        ),
        Case(
            "rfc9113-5.1-half-closed-headers",
            "HEADERS on a stream that the client has ended are a stream error STREAM_CLOSED.",
            (f.waiting(), f.headers(f.unindexed(b"x-late", b"v"), 1, f.END_HEADERS | f.END)),
            CLOSED_STREAM,
        ),
        Case(
            "rfc9113-5.1-half-closed-continuation",
            "CONTINUATION without an open header block is a connection error in every state.",
            (f.waiting(), f.continuation(f.BLOCK)),
            PROTOCOL,
        ),
        Case(
            "rfc9113-5.1-half-closed-window-update",
            "WINDOW_UPDATE is allowed on a stream that the client has ended.",
            (f.waiting(), f.window_update(1000, 1)),
            ignored,
        ),
        Case(
            "rfc9113-5.1-half-closed-priority",
            "PRIORITY is allowed on a stream that the client has ended.",
            (f.waiting(), f.priority(1)),
            ignored,
        ),
        Case(
            "rfc9113-5.1-half-closed-rst-stream",
            "RST_STREAM is allowed on a stream that the client has ended.",
            (f.waiting(), f.reset(1)),
            ignored,
        ),
        Case(
            "rfc9113-5.1-closed-headers",
            "HEADERS on a stream that both sides have ended are an error STREAM_CLOSED.",
            (answered_call, f.headers(f.BLOCK, 1, f.END_HEADERS | f.END)),
            CLOSED_CONNECTION,
        ),
        Case(
            "rfc9113-5.1-closed-data",
            "DATA on a stream that both sides have ended is an error STREAM_CLOSED.",
            (answered_call, f.data()),
            CLOSED_CONNECTION + CLOSED_STREAM,
        ),
        Case(
            "rfc9113-5.1-closed-continuation",
            "CONTINUATION on a stream that both sides have ended is a connection error.",
            (answered_call, f.continuation(f.BLOCK)),
            PROTOCOL + CLOSED_CONNECTION,
        ),
        Case(
            "rfc9113-5.1-closed-window-update",
            "WINDOW_UPDATE that was in transit when the stream ended is ignored.",
            (answered_call, f.window_update(1000, 1)),
            answered,
        ),
        Case(
            "rfc9113-5.1-closed-rst-stream",
            "RST_STREAM that was in transit when the stream ended is ignored.",
            (answered_call, f.reset(1)),
            answered,
        ),
        Case(
            "rfc9113-5.1-closed-priority",
            "PRIORITY is allowed on a closed stream.",
            (answered_call, f.priority(1)),
            answered,
        ),
        Case(
            "rfc9113-5.1-reset-then-headers",
            "HEADERS on a stream that the client has reset are an error STREAM_CLOSED.",
            (f.chat(), f.reset(1), f.headers(f.BLOCK, 1, f.END_HEADERS | f.END)),
            CLOSED_CONNECTION + CLOSED_STREAM,
        ),
        Case(
            "rfc9113-5.1-reset-then-data",
            "DATA on a stream that the client has reset is an error STREAM_CLOSED.",
            (f.chat(), f.reset(1), f.data()),
            CLOSED_CONNECTION + CLOSED_STREAM,
        ),
        Case(
            "rfc9113-5.1-reset-then-continuation",
            "CONTINUATION on a stream that the client has reset is a connection error.",
            (f.chat(), f.reset(1), f.continuation(f.BLOCK)),
            PROTOCOL + CLOSED_CONNECTION,
        ),
        Case(
            "rfc9113-5.1-reset-then-headers-of-one-stream",
            "HEADERS on a stream that the client has reset are a stream error (RFC 7540 5.1): other calls are not affected.",
            (f.request(stream=1) + f.chat(3) + f.reset(3) + f.headers(f.BLOCK, 3, f.END_HEADERS | f.END) + f.data(),),
            answered + CLOSED_CONNECTION,
        ),
        Case(
            "rfc9113-5.1-server-reset-then-data",
            "DATA that was in transit when the server reset the stream is ignored.",
            (server_reset, f.data()),
            stream_error(h2.PROTOCOL_ERROR),
        ),
        Case(
            "rfc9113-5.1-server-reset-then-headers",
            "Trailers that were in transit when the server reset the stream are ignored.",
            (server_reset, f.headers(f.unindexed(b"x-late", b"v"), 1, f.END_HEADERS | f.END)),
            stream_error(h2.PROTOCOL_ERROR),
        ),
        Case(
            "rfc9113-5.1-server-reset-then-window-update",
            "WINDOW_UPDATE and RST_STREAM that were in transit when the server reset the stream are ignored.",
            (server_reset, f.window_update(1, 1), f.reset(1)),
            stream_error(h2.PROTOCOL_ERROR),
        ),
        Case(
            "rfc9113-5.1.1-even-stream",
            "A client must use odd stream ids.",
            (f.call(stream=2),),
            PROTOCOL,
        ),
        Case(
            "rfc9113-5.1.1-lower-stream",
            "The id of a new stream must be higher than all earlier ids.",
            (f.chat(9), f.call(stream=7)),
            PROTOCOL,
            stream=7,
            check=last_stream_is(9),
        ),
        Case(
            "rfc9113-5.1.1-stream-used-again",
            "A stream id must not be reused.",
            (answered_call, f.call()),
            CLOSED_CONNECTION + PROTOCOL,
        ),
        Case(
            "rfc9113-5.1.1-numbers-left-out",
            "Stream ids may be skipped.",
            (f.call(stream=1), f.call(stream=77)),
            answered,
            stream=77,
        ),
        Case(
            "rfc9113-5.1.1-left-out-is-closed",
            "A skipped stream is closed, not idle: DATA on it is not an error for an idle stream.",
            (f.chat(9), f.data(stream=7)),
            CLOSED_STREAM + CLOSED_CONNECTION,
            stream=7,
        ),
        Case(
            "rfc9113-5.1.1-highest-stream",
            "The stream id 2^31-1 is allowed.",
            (call_on_the_last_stream,),
            answered,
            stream=LAST_STREAM,
            probe=False,
        ),
        Case(
            "rfc9113-5.1.2-one-too-many",
            "A stream above SETTINGS_MAX_CONCURRENT_STREAMS is refused; open streams are not affected.",
            (one_too_many,),
            stream_error(h2.REFUSED_STREAM),
            stream=0,
            applies=limited,
            check=others_stay_open,
            probe=False,
        ),
        Case(
            "rfc9113-5.1.2-room-again",
            "A closed stream does not count for SETTINGS_MAX_CONCURRENT_STREAMS.",
            (one_after_a_close,),
            answered,
            stream=0,
            applies=limited,
            probe=False,
        ),
        Case(
            "rfc9113-5.1.2-idle-priority-counts-nothing",
            "PRIORITY on idle streams does not open them.",
            (b"".join(f.priority(stream) for stream in range(3, 603, 2)), f.call()),
            answered,
        ),
        Case(
            "rfc9113-5.2-others-not-held-up",
            "A stream with an exhausted window does not block another stream.",
            (f.call(stream=1), f.call(stream=3), f.window_update(1000, 3)),
            answered,
            stream=3,
            settings=((h2.INITIAL_WINDOW_SIZE, 0),),
            replenish=False,
        ),
        Case(
            "rfc9113-5.3.2-headers-that-depend-on-themselves",
            "A stream cannot depend on itself (RFC 7540 5.3.1; RFC 9113 has no dependencies): a stream error, in HEADERS.",
            (f.headers(DEPENDS_ON_1 + f.BLOCK, flags=f.END_HEADERS | f.PRIORITY) + f.data(),),
            DEPENDENCY,
        ),
        Case(
            "rfc9113-5.3.2-priority-that-depends-on-itself",
            "A stream cannot depend on itself: a stream error, in PRIORITY on an open stream.",
            (f.chat(), f.priority(1, 1)),
            DEPENDENCY,
        ),
        Case(
            "rfc9113-5.3.2-idle-priority-that-depends-on-itself",
            "A stream cannot depend on itself, in PRIORITY on an idle stream. An idle stream cannot be reset "
            "(RFC 9113 6.4), so the connection may end.",
            (f.priority(1, 1),),
            DEPENDENCY,
        ),
        Case(
            "rfc9113-5.3.2-state-kept-when-refused",
            "The block of HEADERS that depend on themselves is decoded.",
            (
                f.headers(
                    DEPENDS_ON_1 + f.BLOCK + f.incremental(b"x-echo-a", b"kept"),
                    flags=f.END_HEADERS | f.END | f.PRIORITY,
                ),
                f.packed(f.indexed(62), 3),
            ),
            answered + PROTOCOL,
            stream=3,
            echo=(("x-echo-a", "kept"),),
        ),
        Case(
            "rfc9113-5.4.1-closes-after-goaway",
            "After the GOAWAY of a connection error the server closes the connection.",
            (f.waiting(), f.ping(b"short")),
            connection_error(h2.FRAME_SIZE_ERROR),
        ),
        Case(
            "rfc9113-5.4.1-last-stream",
            "GOAWAY contains the last stream that the server has accepted.",
            (f.waiting(1), f.waiting(5), f.ping(b"short")),
            connection_error(h2.FRAME_SIZE_ERROR),
            check=last_stream_is(5),
        ),
        Case(
            "rfc9113-5.4.1-frames-behind-the-error",
            "Frames after the error are not processed.",
            (f.ping(b"short") + f.call(stream=3),),
            connection_error(h2.FRAME_SIZE_ERROR),
            stream=3,
            check=lambda exchange: "a call after the error was answered" if exchange.got.sections else None,
        ),
        Case(
            "rfc9113-5.4.2-no-reset-for-a-reset",
            "RST_STREAM is not answered with RST_STREAM.",
            (f.chat(), f.reset(1)),
            ignored,
            check=no_reset,
        ),
        Case(
            "rfc9113-5.4.2-no-reset-twice",
            "A stream that the server has reset is not reset again for each later frame.",
            (server_reset, f.data(flags=0), f.data(flags=0), f.data()),
            stream_error(h2.PROTOCOL_ERROR),
            check=lambda exchange: "reset more than once" if len(exchange.received(h2.RST_STREAM, 1)) > 1 else None,
        ),
        Case(
            "rfc9113-5.5-unknown-frame-on-open-stream",
            "A frame of an unknown type between HEADERS and DATA is ignored.",
            (f.request(), f.frame(0x77, 0xFF, 1, b"anything"), f.data()),
            answered,
        ),
        Case(
            "rfc9113-5.5-unknown-frame-on-idle-stream",
            "A frame of an unknown type does not open a stream.",
            (f.frame(0x77, 0, 99, b"anything"), f.call()),
            answered,
        ),
        Case(
            "rfc9113-5.5-unknown-frame-in-header-block",
            "A frame of an unknown type inside a header block is a connection error.",
            (f.headers(f.BLOCK[:9], flags=0) + f.frame(0x77, 0, 0, b"anything"),),
            PROTOCOL,
        ),
        Case(
            "rfc9113-5.5-unknown-setting",
            "An unknown setting is ignored.",
            (f.settings((0x77, 0xFFFFFFFF)), f.call()),
            answered,
        ),
    ),
)
