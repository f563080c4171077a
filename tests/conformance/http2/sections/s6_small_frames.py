"""RFC 9113 sections 6.3, 6.4, 6.6, 6.7 and 6.8: PRIORITY, RST_STREAM, PUSH_PROMISE, PING and GOAWAY."""

import frames as f
import raw_http2 as h2
from case import Case, Section, answered, closed, connection_error, ignored, stream_error

PROTOCOL = connection_error(h2.PROTOCOL_ERROR)
FRAME_SIZE = connection_error(h2.FRAME_SIZE_ERROR)
FRAME_SIZE_OF_STREAM = stream_error(h2.FRAME_SIZE_ERROR)


def acknowledged(*payloads):
    def check(exchange):
        got = [frame.payload for frame in exchange.received(h2.PING) if frame.flags & h2.ACK][: len(payloads)]
        return None if got == list(payloads) else f"{len(got)} answers that are not the expected ones"

    return check


def not_answered(exchange):
    return "the acknowledgement was answered" if b"12345678" in exchange.pings_answered else None


def room_for_another(exchange):
    """Opens and resets more streams than may be open at a time, then makes a call."""
    allowed = exchange.setting(h2.MAX_CONCURRENT_STREAMS, 0)
    for stream in range(1, 2 * allowed + 20, 2):
        exchange.send(f.chat(stream) + f.reset(stream))
    exchange.send(f.call(stream=2 * allowed + 21))
    exchange.responses[2 * allowed + 21] = exchange.got


SECTION = Section(
    "RFC 9113 6.3, 6.4, 6.6 to 6.8: PRIORITY, RST_STREAM, PUSH_PROMISE, PING, GOAWAY",
    (
        Case("rfc9113-6.3-stream-0", "PRIORITY belongs to a stream.", (f.priority(0),), PROTOCOL),
        Case(
            "rfc9113-6.3-4-bytes",
            "PRIORITY of 4 bytes is a stream error FRAME_SIZE_ERROR; 5.4.1 allows a connection error.",
            (f.chat(), f.frame(h2.PRIORITY, 0, 1, bytes(4))),
            FRAME_SIZE_OF_STREAM + FRAME_SIZE,
        ),
        Case(
            "rfc9113-6.3-6-bytes",
            "PRIORITY of 6 bytes is a stream error FRAME_SIZE_ERROR; 5.4.1 allows a connection error.",
            (f.chat(), f.frame(h2.PRIORITY, 0, 1, bytes(6))),
            FRAME_SIZE_OF_STREAM + FRAME_SIZE,
        ),
        Case(
            "rfc9113-6.3-open-stream",
            "PRIORITY is allowed between HEADERS and DATA.",
            (f.request() + f.priority(1, 0x80000000, 255) + f.data(),),
            answered,
        ),
        *[
            Case(f"rfc9113-6.3-{name}", what, (f.priority(stream, dependency, weight), f.call()), answered)
            for name, what, stream, dependency, weight in (
                ("lowest-weight", "The weight may be 1.", 1, 0, 0),
                ("highest-weight", "The weight may be 256.", 1, 0, 255),
                ("dependency", "An idle stream may depend on another idle one.", 3, 1, 0),
                ("exclusive", "A dependency may be exclusive.", 1, 0x80000000, 0),
                ("higher-stream", "PRIORITY on an idle stream does not use up lower numbers.", 3, 0, 255),
            )
        ],
        Case(
            "rfc9113-5.3.2-depends-on-an-idle-stream",
            "PRIORITY may name a stream that is idle.",
            (f.priority(1, 12345), f.call()),
            answered,
        ),
        Case("rfc9113-6.4-stream-0", "RST_STREAM belongs to a stream.", (f.reset(0),), PROTOCOL),
        Case(
            "rfc9113-6.4-3-bytes",
            "RST_STREAM of 3 bytes is a connection error.",
            (f.chat(), f.frame(h2.RST_STREAM, 0, 1, bytes(3))),
            FRAME_SIZE,
        ),
        Case(
            "rfc9113-6.4-5-bytes",
            "RST_STREAM of 5 bytes is a connection error.",
            (f.chat(), f.frame(h2.RST_STREAM, 0, 1, bytes(5))),
            FRAME_SIZE,
        ),
        Case(
            "rfc9113-6.4-ends-the-stream",
            "The server sends nothing on a stream that the client has reset.",
            (f.waiting(), f.reset(1)),
            ignored,
        ),
        Case(
            "rfc9113-6.4-frees-the-stream",
            "A stream that the client has reset does not count for SETTINGS_MAX_CONCURRENT_STREAMS.",
            (room_for_another,),
            answered,
            stream=0,
            applies=lambda exchange: 0 < exchange.setting(h2.MAX_CONCURRENT_STREAMS, 0) < 150,
            probe=False,
        ),
        Case(
            "rfc9113-6.6-push-promise",
            "A client cannot push: PUSH_PROMISE is a connection error.",
            (f.chat(), f.frame(h2.PUSH_PROMISE, f.END_HEADERS, 1, b"\0\0\0\2" + f.BLOCK)),
            PROTOCOL,
        ),
        Case(
            "rfc9113-6.6-push-promise-on-stream-0",
            "PUSH_PROMISE on stream 0 is a connection error.",
            (f.frame(h2.PUSH_PROMISE, f.END_HEADERS, 0, b"\0\0\0\2" + f.BLOCK),),
            PROTOCOL,
        ),
        Case(
            "rfc9113-6.7-same-payload",
            "PING is answered with the same 8 bytes.",
            (f.ping(b"\0\xff\x80 \x7f?\n1"),),
            ignored,
            check=acknowledged(b"\0\xff\x80 \x7f?\n1"),
        ),
        Case(
            "rfc9113-6.7-each-in-turn",
            "Every PING is answered, in order.",
            (f.ping(b"number 1") + f.ping(b"number 2") + f.ping(b"number 2") + f.ping(b"number 3"),),
            ignored,
            check=acknowledged(b"number 1", b"number 2", b"number 2", b"number 3"),
        ),
        Case(
            "rfc9113-6.7-acknowledgement",
            "The acknowledgement of a PING is not answered.",
            (f.ping(flags=h2.ACK),),
            ignored,
            check=not_answered,
        ),
        Case("rfc9113-6.7-on-a-stream", "PING belongs to the connection.", (f.chat(), f.ping(stream=1)), PROTOCOL),
        Case("rfc9113-6.7-7-bytes",
            "PING of another length than 8 bytes is a connection error.", (f.ping(bytes(7)),), FRAME_SIZE),
        Case("rfc9113-6.7-9-bytes",
            "PING of another length than 8 bytes is a connection error.", (f.ping(bytes(9)),), FRAME_SIZE),
        Case("rfc9113-6.7-0-bytes",
            "PING of another length than 8 bytes is a connection error.", (f.ping(b""),), FRAME_SIZE),
        Case(
            "rfc9113-6.7-acknowledgement-of-7-bytes",
            "An acknowledgement of PING of another length than 8 bytes is a connection error.",
            (f.ping(bytes(7), h2.ACK),),
            FRAME_SIZE,
        ),
        Case("rfc9113-6.8-on-a-stream", "GOAWAY belongs to the connection.", (f.chat(), f.goaway(stream=1)), PROTOCOL),
        Case(
            "rfc9113-6.8-7-bytes",
            "GOAWAY contains at least a stream and an error code.",
            (f.frame(h2.GOAWAY, 0, 0, bytes(7)),),
            FRAME_SIZE,
        ),
        Case(
            "rfc9113-6.8-calls-end",
            "A call that was open when the client sent GOAWAY is finished.",
            (f.request() + f.goaway() + f.data(),),
            answered,
            probe=False,
        ),
        Case(
            "rfc9113-6.8-debug-data",
            "GOAWAY may contain additional data.",
            (f.request() + f.goaway(debug=b"\0\xff good bye") + f.data(),),
            answered,
            probe=False,
        ),
        Case(
            "rfc9113-6.8-reserved-bit",
            "The reserved bit before the last stream is ignored.",
            (f.request() + f.goaway(0x80000000) + f.data(),),
            answered,
            probe=False,
        ),
        Case(
            "rfc9113-6.8-without-a-call",
            "The client may make calls after its GOAWAY; the server may close an idle connection.",
            (f.goaway(), f.ping()),
            ignored + closed,
            probe=False,
        ),
        Case(
            "rfc9113-7-unknown-code-in-rst-stream",
            "An unknown error code in RST_STREAM has no special meaning.",
            (f.chat(), f.reset(1, 0xFFFFFFFF)),
            ignored,
        ),
        Case(
            "rfc9113-7-unknown-code-in-goaway",
            "An unknown error code in GOAWAY has no special meaning.",
            (f.request() + f.goaway(0, 0xFFFFFFFF) + f.data(),),
            answered,
            probe=False,
        ),
    ),
)
