"""Where an engine may answer otherwise than the table of scenarios says.

All of it stands here: a difference that is not listed fails the suite, and so does a listed one that is gone.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    what: str  # the engine does instead
    decides: str  # the clause that allows it, or that it breaks
    seen: str  # a regular expression that is found in the failure of the scenario
    at_times: bool = False  # depends on what comes first, so that the scenario may hold as well


@dataclass(frozen=True)
class Deviation:
    clause: str
    what: str  # mote does instead
    reason: str


# Where mote does on purpose something else than a clause says.
DEVIATIONS = (
    Deviation(
        "RFC 9113 5.1, 6.4: RST_STREAM on an idle stream is a connection error",
        "The lean engine tolerates it on a connection that has had a stream. It spends reset-budget and leaves the stream idle.",
        "gRPC's C library (Python, Ruby, C++) resets a call that is cancelled before its HEADERS are written (grpc issues "
        "19655, 38758). A connection error would end the other calls of the connection.",
    ),
    Deviation(
        "RFC 9113 8.2.1: a field value that begins or ends with whitespace is malformed",
        "Both ends remove spaces and tabs around the values of custom metadata, `-bin` values included, and read a "
        "`grpc-message` as it is. Pseudo-header fields and the fields of HTTP and gRPC themselves (`content-length`, "
        "`content-type`, `host`, `te`, `user-agent`, `grpc-*`) keep the rule in requests. NUL, CR and LF are malformed "
        "everywhere.",
        "gRPC's libraries pass on what applications set, and its specification lets a receiver remove the whitespace "
        "(gRPC over HTTP2, Custom-Metadata). Without this, a status message such as `failed: ` or a token that ends with a "
        "space fails calls that every other implementation serves.",
    ),
    Deviation(
        "RFC 9113 6.5.3, 6.9.2: SETTINGS_INITIAL_WINDOW_SIZE is in force when it is acknowledged",
        "A stream that was open at the acknowledgement may still send the 65,535 bytes of its first window.",
        "Go's net/http (Caddy, Traefik) may take window for DATA, acknowledge SETTINGS, and then send the DATA. The first call of "
        "a connection would end with FLOW_CONTROL_ERROR now and then.",
    ),
)

# By engine and scenario.
DIFFERENCES = {
    "grpc": {
        "limit-header-bytes": Difference(
            "Refuses the header list, at times by closing the connection.",
            "docs/limits.md, max-header-bytes; RFC 9113 10.5.1: a refusal of the stream, such as 431",
            "UNAVAILABLE",
            at_times=True,
        ),
        "limit-header-bytes-in-many-fields": Difference(
            "Refuses the header list, at times by closing the connection.",
            "docs/limits.md, max-header-bytes; RFC 9113 10.5.1: a refusal of the stream, such as 431",
            "UNAVAILABLE",
            at_times=True,
        ),
        "compressed-unknown": Difference(
            "Refuses the message, and does not say which encodings it takes.",
            "gRPC compression: the answer has grpc-accept-encoding",
            "None != 'identity'",
        ),
        "metadata-binary-joined": Difference(
            "Takes the comma for no base64, and fails the call with UNAVAILABLE.",
            "gRPC over HTTP2, Requests: binary values are split at commas before they are decoded",
            "14 != 0",
        ),
        "metadata-binary-malformed": Difference(
            "Closes the connection.",
            "gRPC over HTTP2, Requests: binary values are base64; what becomes of others is left open",
            "Closed|connection closed",
        ),
        "timeout-malformed": Difference(
            "Passes over the timeout, and the call has none.",
            "gRPC over HTTP2, Requests: 1 to 8 digits and a unit",
            "0 not found in",
        ),
        "content-type-other": Difference(
            "Serves the call.",
            "gRPC over HTTP2, Requests: a server should answer 415",
            "'200' != '415'",
        ),
        "error-message-trailing-space": Difference(
            "Sends the space as it is.",
            "RFC 9113 8.2.1: a field value does not end with whitespace; the library encodes grpc-message itself",
            "%20'",
        ),
        "metadata-binary-whitespace": Difference(
            "Takes the whitespace for no base64, and fails the call with UNAVAILABLE.",
            "gRPC over HTTP2, Requests: whitespace around a value may be removed, and need not be",
            "14 != 0",
        ),
        "malformed-field-named": Difference(
            "Answers UNKNOWN to another te, and serves calls with a wrong content-length or another Host.",
            "RFC 9113 8.1.1: such a request is malformed",
            "(0|2) != 13",
        ),
        "method-other": Difference(
            "Answers 200 with grpc-status UNKNOWN.",
            "RFC 9110 15.5.6; gRPC over HTTP2, Requests: the method is POST",
            "'200' != '405'",
        ),
        "get-of-the-root": Difference(
            "Answers 200 with grpc-status UNKNOWN and no page.",
            "none: the page is a courtesy of mote",
            "False is not true",
        ),
        "prefix-of-4-gigabytes": Difference(
            "Says nothing before the whole message has come.",
            "docs/limits.md, max-message-bytes; gRPC leaves the moment open",
            "not within 5 s",
        ),
        "limit-message-much-more": Difference(
            "Refuses the message, at times with a reset that says ENHANCE_YOUR_CALM in place of the limit.",
            "docs/limits.md, max-message-bytes; RFC 9113 7 has the code",
            "RST_STREAM with error code 11",
            at_times=True,
        ),
        "messages-beyond-memory": Difference(
            "Refuses with RESOURCE_EXHAUSTED what it has no memory for, in place of letting it wait.",
            "docs/limits.md, buffer-bytes; gRPC status codes has the code",
            "hold all of the",
            at_times=True,
        ),
        "drain-next-gateway": Difference(
            "Answers CANCELLED to a call that arrives before its client has heard that it stops.",
            "RFC 9113 6.8: such a call is served, or said to be safe to make again",
            "StatusCode.CANCELLED",
            at_times=True,
        ),
        "message-cut-short": Difference(
            "Takes a message that ends early for none at all.",
            "gRPC over HTTP2, Requests: a message has as many bytes as its prefix says",
            "!= 13",
        ),
        "message-cut-short-late": Difference(
            "Takes a message that ends early for none at all.",
            "gRPC over HTTP2, Requests: a message has as many bytes as its prefix says",
            "0 != 13",
        ),
        "compressed-without-encoding": Difference(
            "Takes the message for a plain one, or, when it is read late, for none.",
            "gRPC compression: INTERNAL for the flag without an encoding",
            "(0|12) != 13",
        ),
        "prefix-flag-unknown": Difference(
            "Takes the message for a plain one, or, when it is read late, for none.",
            "gRPC over HTTP2, Requests: the flag is 0 or 1",
            "(0|12) != 13",
        ),
    },
}

# Answers of an engine that depend on what comes first, so that a run says nothing about the next one.
HTTP2_VARIES = {"grpc": ("rfc9113-6.9.1-beyond-the-server-s-window",)}
