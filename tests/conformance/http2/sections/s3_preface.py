"""RFC 9113 section 3: how a connection starts."""

import frames as f
import raw_http2 as h2
from case import GREETED, RAW, Case, Section, answered, closed, connection_error

FIRST_SETTINGS = f.settings((h2.HEADER_TABLE_SIZE, 0))
PREFACE_ERROR = connection_error(h2.PROTOCOL_ERROR) + closed  # 3.4: GOAWAY may be left out


def byte_by_byte(*parts):
    """Sends the parts byte by byte."""

    def send(exchange):
        for byte in b"".join(parts):
            exchange.send(bytes([byte]))

    return send


def first_frame_is_settings(exchange):
    first = exchange.frames[0]
    if first.type != h2.SETTINGS or first.flags & h2.ACK or first.stream != 0:
        return "the server's first frame is not SETTINGS"
    return None


def one_settings_at_first(exchange):
    settings = [frame for frame in exchange.received(h2.SETTINGS) if not frame.flags & h2.ACK]
    return None if settings and settings[0] is exchange.frames[0] else "SETTINGS is not the first frame"


SECTION = Section(
    "RFC 9113 3: starting HTTP/2",
    (
        Case(
            "rfc9113-3.4-server-preface",
            "The server's preface is a SETTINGS frame, the first frame that it sends.",
            (f.call(),),
            answered,
            check=first_frame_is_settings,
        ),
        Case(
            "rfc9113-3.4-server-preface-before-answers",
            "A request that arrives with the client's preface is answered after the server's SETTINGS.",
            (h2.PREFACE, FIRST_SETTINGS, f.call()),
            answered,
            start=RAW,
            check=one_settings_at_first,
        ),
        Case(
            "rfc9113-3.4-preface-in-one-piece",
            "The client may send requests before it receives the server's SETTINGS.",
            (h2.PREFACE + FIRST_SETTINGS + f.call(),),
            answered,
            start=RAW,
        ),
        Case(
            "rfc9113-3.4-preface-byte-by-byte",
            "The preface and later bytes may arrive in pieces of any size.",
            (byte_by_byte(h2.PREFACE, FIRST_SETTINGS, f.call()),),
            answered,
            start=RAW,
        ),
        Case(
            "rfc9113-3.4-empty-settings",
            "The SETTINGS frame of the preface may be empty.",
            (h2.PREFACE + f.settings(), f.ping()),
            ("nothing",),
            start=RAW,
            probe=False,
        ),
        Case(
            "rfc9113-3.4-wrong-preface",
            "A preface other than the 24 bytes is a connection error.",
            (b"PRI * HTTP/2.0\r\n\r\nNO\r\n\r\n" + FIRST_SETTINGS,),
            PREFACE_ERROR,
            start=RAW,
        ),
        Case(
            "rfc9113-3.4-wrong-last-byte",
            "A preface with a wrong last byte is a connection error.",
            (h2.PREFACE[:-1] + b"\r" + FIRST_SETTINGS,),
            PREFACE_ERROR,
            start=RAW,
        ),
        Case(
            "rfc9113-3.4-not-http",
            "A peer with another protocol, here TLS, is disconnected.",
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32),),
            PREFACE_ERROR,
            start=RAW,
        ),
        Case(
            "rfc9113-3.4-ping-before-settings",
            "PING before the client's SETTINGS is a connection error.",
            (h2.PREFACE + f.ping(),),
            PREFACE_ERROR,
            start=RAW,
        ),
        Case(
            "rfc9113-3.4-headers-before-settings",
            "A request before the client's SETTINGS is a connection error.",
            (h2.PREFACE + f.call(),),
            PREFACE_ERROR,
            start=RAW,
        ),
        Case(
            "rfc9113-3.4-request-before-acknowledgement",
            "Requests are answered before the client has acknowledged the server's SETTINGS.",
            (f.call(),),
            answered,
            start=GREETED,
        ),
    ),
)
