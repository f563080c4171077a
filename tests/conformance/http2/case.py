"""A case: the bytes to send and the allowed outcomes.

An outcome is one line of text, which exchange.py determines:

    answered              the call on the stream of the case received its replies and grpc-status 0
    grpc-status 12        the call ended with another status
    HTTP 405              the response is not gRPC: it has no grpc-status
    RST_STREAM CODE       the stream was reset; the connection stays open
    GOAWAY CODE           the connection ended with this error (", not closed": it was not closed)
    closed                the connection was closed without GOAWAY
    nothing               nothing arrived on the stream; the connection stays open
    does not apply        the server does not announce the feature that the case tests
    silent                the server neither answers a PING nor ends the connection
    wrong: ...            the response is not as the case requires
"""

from dataclasses import dataclass
from typing import Callable

ANSWERED, NOTHING, DOES_NOT_APPLY, CLOSED = "answered", "nothing", "does not apply", "closed"
ERROR_NAMES = (
    "NO_ERROR PROTOCOL_ERROR INTERNAL_ERROR FLOW_CONTROL_ERROR SETTINGS_TIMEOUT STREAM_CLOSED FRAME_SIZE_ERROR "
    "REFUSED_STREAM CANCEL COMPRESSION_ERROR CONNECT_ERROR ENHANCE_YOUR_CALM INADEQUATE_SECURITY HTTP_1_1_REQUIRED"
).split()

# The state of the connection at the start of the case: SETTINGS acknowledged in both directions; the server's SETTINGS received;
# or nothing sent yet.
SETTLED, GREETED, RAW = "settled", "greeted", "raw"


@dataclass(frozen=True)
class Case:
    name: str  # by clause: rfc9113-6.5.2-enable-push-2
    requirement: str
    steps: tuple  # bytes to send, or functions of the exchange
    expect: tuple  # the outcomes allowed
    stream: int = 1  # the stream of the outcome
    replies: tuple = ("hello",)  # the replies for "answered"
    echo: tuple = ()  # the x-echo-* fields that the response returns
    start: str = SETTLED
    early: bytes = b""  # sent after the client's preface, before the server's SETTINGS are acknowledged
    settings: tuple = ()  # the settings in the client's preface
    replenish: bool = True  # grants window for received DATA
    applies: Callable | None = None  # called with the exchange after its start
    check: Callable | None = None  # called with the exchange at the end; returns an error or None
    probe: bool = True  # a call at the end shows that the connection still works

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
