"""What a case is: what goes out, and what may come back.

An outcome is one line of text, worked out by exchange.py:

    answered              the call on the case's stream got its replies and grpc-status 0
    grpc-status 12        it ended with another status
    HTTP 405              it got an answer that is none of gRPC's: there is no grpc-status
    RST_STREAM CODE       the stream was reset, and the connection goes on
    GOAWAY CODE           the connection was ended with this error (", not closed": it stayed open all the same)
    closed                it was ended without a word
    nothing               nothing came on the stream, and the connection goes on
    does not apply        the server does not announce what the case is about
    silent                the server neither answers a PING nor ends the connection
    wrong: ...            what came is not what the case looks for
"""

from dataclasses import dataclass
from typing import Callable

ANSWERED, NOTHING, DOES_NOT_APPLY, CLOSED = "answered", "nothing", "does not apply", "closed"
ERROR_NAMES = (
    "NO_ERROR PROTOCOL_ERROR INTERNAL_ERROR FLOW_CONTROL_ERROR SETTINGS_TIMEOUT STREAM_CLOSED FRAME_SIZE_ERROR "
    "REFUSED_STREAM CANCEL COMPRESSION_ERROR CONNECT_ERROR ENHANCE_YOUR_CALM INADEQUATE_SECURITY HTTP_1_1_REQUIRED"
).split()

# How the connection stands when the case begins: SETTINGS acknowledged both ways; the server's SETTINGS received; or
# nothing sent yet.
SETTLED, GREETED, RAW = "settled", "greeted", "raw"


@dataclass(frozen=True)
class Case:
    name: str  # by clause: rfc9113-6.5.2-enable-push-2
    requirement: str
    steps: tuple  # bytes to send, or functions of the exchange
    expect: tuple  # the outcomes allowed
    stream: int = 1  # the stream that the outcome is about
    replies: tuple = ("hello",)  # what "answered" has to say
    echo: tuple = ()  # the x-echo-* fields that come back with it
    start: str = SETTLED
    early: bytes = b""  # follows the client's preface, before the server's SETTINGS can have been acknowledged
    settings: tuple = ()  # of the client's preface
    replenish: bool = True  # windows are opened again for what is received
    applies: Callable | None = None  # given the exchange, once it has started
    check: Callable | None = None  # given the exchange at the end, says what is wrong, or None
    probe: bool = True  # a call at the end shows that the connection goes on

    @property
    def clause(self):
        return self.name.split("-")[1]

    @property
    def document(self):
        return self.name.split("-")[0]


@dataclass(frozen=True)
class Section:
    title: str
    cases: tuple


def error_name(code):
    return ERROR_NAMES[code] if code < len(ERROR_NAMES) else f"0x{code:x}"


def connection_error(*codes):
    return tuple(f"GOAWAY {error_name(code)}" for code in codes)


def stream_error(*codes):
    return tuple(f"RST_STREAM {error_name(code)}" for code in codes)


def status(*codes):
    return tuple(f"grpc-status {code}" for code in codes)


def http(*codes):
    return tuple(f"HTTP {code}" for code in codes)


answered = (ANSWERED,)
ignored = (NOTHING,)
closed = (CLOSED,)
