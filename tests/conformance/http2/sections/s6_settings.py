"""RFC 9113 section 6.5: SETTINGS."""

import frames as f
import raw_http2 as h2
from case import Case, Section, answered, connection_error
from exchange import settings_of

PROTOCOL = connection_error(h2.PROTOCOL_ERROR)
FRAME_SIZE = connection_error(h2.FRAME_SIZE_ERROR)
FLOW_CONTROL = connection_error(h2.FLOW_CONTROL_ERROR)
MOST = 0xFFFFFFFF


def acknowledged(count):
    """Checks that the client's first SETTINGS and `count` more are acknowledged, each with an empty frame."""

    def check(exchange):
        got = [frame for frame in exchange.received(h2.SETTINGS) if frame.flags & h2.ACK]
        if any(frame.payload or frame.stream for frame in got):
            return "an acknowledgement that is not an empty frame on stream 0"
        return None if len(got) == count + 1 else f"{len(got)} acknowledgements for {count + 1} frames"

    return check


def announced(exchange):
    return dict(pair for frame in exchange.received(h2.SETTINGS) for pair in settings_of(frame))


def announces(identifier, allowed):
    def check(exchange):
        value = announced(exchange).get(identifier)
        return None if value is None or value in allowed else f"the server announces {value}"

    return check


def acknowledged_before_the_answer(exchange):
    """The client sends a request and SETTINGS that allow its DATA in one piece: the acknowledgement precedes the DATA."""
    kinds = [(frame.type, frame.flags & h2.ACK) for frame in exchange.frames]
    last = max(index for index, kind in enumerate(kinds) if kind == (h2.SETTINGS, h2.ACK))
    first = next(index for index, frame in enumerate(exchange.frames) if frame.type == h2.DATA)
    return None if last < first else "DATA came before the acknowledgement of the SETTINGS that allowed it"


NAMES = {
    h2.HEADER_TABLE_SIZE: "header-table-size",
    h2.ENABLE_PUSH: "enable-push",
    h2.MAX_CONCURRENT_STREAMS: "max-concurrent-streams",
    h2.INITIAL_WINDOW_SIZE: "initial-window-size",
    h2.MAX_FRAME_SIZE: "max-frame-size",
    h2.MAX_HEADER_LIST_SIZE: "max-header-list-size",
}


def accepted(identifier, value):
    return Case(
        f"rfc9113-6.5.2-{NAMES[identifier]}-{value}",
        f"{NAMES[identifier].replace('-', '_').upper()} may be {value}.",
        (f.settings((identifier, value)), f.call()),
        answered,
        check=acknowledged(1),
    )


def refused(identifier, value, expect):
    return Case(
        f"rfc9113-6.5.2-{NAMES[identifier]}-{value}",
        f"{NAMES[identifier].replace('-', '_').upper()} may not be {value}.",
        (f.settings((identifier, value)),),
        expect,
    )


SECTION = Section(
    "RFC 9113 6.5: SETTINGS",
    (
        Case(
            "rfc9113-6.5-on-a-stream", "SETTINGS belong to the connection.", (f.chat(), f.settings(stream=1)), PROTOCOL
        ),
        Case(
            "rfc9113-6.5-5-bytes",
            "The length of SETTINGS must be a multiple of 6 bytes.",
            (f.frame(h2.SETTINGS, 0, 0, bytes(5)),),
            FRAME_SIZE,
        ),
        Case(
            "rfc9113-6.5-7-bytes",
            "The length of SETTINGS must be a multiple of 6 bytes, also after a complete setting.",
            (f.frame(h2.SETTINGS, 0, 0, b"\0\x04\0\0\xff\xff\0"),),
            FRAME_SIZE,
        ),
        Case(
            "rfc9113-6.5-acknowledgement-with-settings",
            "The acknowledgement of SETTINGS must be empty.",
            (f.settings((h2.INITIAL_WINDOW_SIZE, 65535), flags=h2.ACK),),
            FRAME_SIZE,
        ),
        Case(
            "rfc9113-6.5-at-any-time",
            "SETTINGS are allowed at any time, here between the frames of a request.",
            (f.request() + f.settings((h2.MAX_FRAME_SIZE, 20000)) + f.data(),),
            answered,
            check=acknowledged(1),
        ),
        Case(
            "rfc9113-6.5-last-value-counts",
            "A setting that occurs several times has the last value.",
            (f.settings(*[(h2.INITIAL_WINDOW_SIZE, size) for size in (1, 0, 65535)]), f.call()),
            answered,
            replenish=False,
        ),
        Case(
            "rfc9113-6.5-every-setting",
            "A frame may contain all settings that RFC 9113 defines.",
            (
                f.settings(
                    (h2.HEADER_TABLE_SIZE, 0),
                    (h2.ENABLE_PUSH, 1),
                    (h2.MAX_CONCURRENT_STREAMS, 100),
                    (h2.INITIAL_WINDOW_SIZE, 65535),
                    (h2.MAX_FRAME_SIZE, 16384),
                    (h2.MAX_HEADER_LIST_SIZE, 100),
                ),
                f.call(),
            ),
            answered,
            check=acknowledged(1),
        ),
        Case(
            "rfc9113-6.5-many-settings",
            "A frame may contain many settings, known and unknown.",
            (f.settings(*[(0x1000 + number, MOST) for number in range(2000)], (h2.MAX_FRAME_SIZE, 16384)), f.call()),
            answered,
            check=acknowledged(1),
        ),
        accepted(h2.HEADER_TABLE_SIZE, 0),
        accepted(h2.ENABLE_PUSH, 0),
        accepted(h2.ENABLE_PUSH, 1),
        refused(h2.ENABLE_PUSH, 2, PROTOCOL),
        refused(h2.ENABLE_PUSH, MOST, PROTOCOL),
        accepted(h2.MAX_CONCURRENT_STREAMS, 0),
        accepted(h2.MAX_CONCURRENT_STREAMS, MOST),
        accepted(h2.INITIAL_WINDOW_SIZE, 0x7FFFFFFF),
        refused(h2.INITIAL_WINDOW_SIZE, 0x80000000, FLOW_CONTROL),
        refused(h2.INITIAL_WINDOW_SIZE, MOST, FLOW_CONTROL),
        accepted(h2.MAX_FRAME_SIZE, 16384),
        accepted(h2.MAX_FRAME_SIZE, 0xFFFFFF),
        refused(h2.MAX_FRAME_SIZE, 0, PROTOCOL),
        refused(h2.MAX_FRAME_SIZE, 16383, PROTOCOL),
        refused(h2.MAX_FRAME_SIZE, 1 << 24, PROTOCOL),
        accepted(h2.MAX_HEADER_LIST_SIZE, MOST),
        Case(
            "rfc9113-6.5.2-server-enable-push",
            "A server must not announce ENABLE_PUSH 1.",
            (f.call(),),
            answered,
            check=announces(h2.ENABLE_PUSH, (0,)),
        ),
        Case(
            "rfc9113-6.5.2-server-initial-window-size",
            "The server's INITIAL_WINDOW_SIZE is at most 2^31-1.",
            (f.call(),),
            answered,
            check=announces(h2.INITIAL_WINDOW_SIZE, range(1 << 31)),
        ),
        Case(
            "rfc9113-6.5.2-server-max-frame-size",
            "The server's MAX_FRAME_SIZE is at least 16,384 and at most 2^24-1.",
            (f.call(),),
            answered,
            check=announces(h2.MAX_FRAME_SIZE, range(16384, 1 << 24)),
        ),
        Case(
            "rfc9113-6.5.3-each-acknowledged",
            "Each SETTINGS frame is acknowledged, with an empty frame.",
            (f.settings() + f.settings((h2.MAX_FRAME_SIZE, 16384)) + f.settings() + f.call(),),
            answered,
            check=acknowledged(3),
        ),
        Case(
            "rfc9113-6.5.3-acknowledgement-not-acknowledged",
            "The acknowledgement of SETTINGS is not acknowledged.",
            (f.call(),),
            answered,
            check=acknowledged(0),
        ),
        Case(
            "rfc9113-6.5.3-applied-before-acknowledgement",
            "The values are in force when the server acknowledges them.",
            (f.call() + f.settings((h2.INITIAL_WINDOW_SIZE, 65535)),),
            answered,
            settings=((h2.INITIAL_WINDOW_SIZE, 0),),
            check=acknowledged_before_the_answer,
        ),
    ),
)
