"""The differences between an engine and the table of scenarios.

The list is complete: an unlisted difference fails the suite, and so does a listed difference that no longer exists.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    what: str  # the behaviour of the engine
    decides: str  # the clause that allows it, or that it violates
    seen: str  # a regular expression that matches the failure of the scenario
    at_times: bool = False  # depends on timing: the scenario may also pass


@dataclass(frozen=True)
class Deviation:
    clause: str
    what: str  # the behaviour of mote
    reason: str


# Where mote deviates from a clause on purpose.
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
        "A stream that was open at the acknowledgement may still use the larger window that it had.",
        "Go's net/http (Caddy, Traefik) may take window for DATA, acknowledge SETTINGS, and then send the DATA. The first call of "
        "a connection would end with FLOW_CONTROL_ERROR now and then.",
    ),
)

# By engine and scenario.
DIFFERENCES = {
    "grpc": {
        "limit-header-bytes": Difference(
            "Refuses the header list, sometimes by closing the connection.",
            "docs/limits.md, max-header-bytes; RFC 9113 10.5.1: a refusal of the stream, such as 431",
            "UNAVAILABLE",
            at_times=True,
        ),
        "limit-header-bytes-in-many-fields": Difference(
            "Refuses the header list, sometimes by closing the connection.",
            "docs/limits.md, max-header-bytes; RFC 9113 10.5.1: a refusal of the stream, such as 431",
            "UNAVAILABLE",
            at_times=True,
        ),
        "compressed-unknown": Difference(
            "Refuses the message and does not list the supported encodings.",
            "gRPC compression: the answer has grpc-accept-encoding",
            "None != 'identity'",
        ),
        "metadata-binary-joined": Difference(
            "Rejects the comma as invalid base64; the call fails with UNAVAILABLE.",
            "gRPC over HTTP2, Requests: binary values are split at commas before they are decoded",
            "14 != 0",
        ),
        "metadata-binary-malformed": Difference(
            "Closes the connection.",
            "gRPC over HTTP2, Requests: binary values are base64; other values are not specified",
            "Closed|connection closed",
        ),
        "timeout-malformed": Difference(
            "Ignores the timeout; the call has no deadline.",
            "gRPC over HTTP2, Requests: 1 to 8 digits and a unit",
            "0 not found in",
        ),
        "content-type-other": Difference(
            "Serves the call.",
            "gRPC over HTTP2, Requests: a server should answer 415",
            "'200' != '415'",
        ),
        "error-message-trailing-space": Difference(
            "Sends the space unencoded.",
            "RFC 9113 8.2.1: a field value does not end with whitespace; the library encodes grpc-message itself",
            "%20'",
        ),
        "metadata-binary-whitespace": Difference(
            "Rejects the whitespace as invalid base64; the call fails with UNAVAILABLE.",
            "gRPC over HTTP2, Requests: a receiver may remove whitespace around a value",
            "14 != 0",
        ),
        "malformed-field-named": Difference(
            "Answers UNKNOWN for another te; accepts calls with a wrong content-length or another Host.",
            "RFC 9113 8.1.1: such a request is malformed",
            "(0|2) != 13",
        ),
        "metadata-not-ascii": Difference(
            "Answers INTERNAL to a call whose x-echo-* value has bytes outside printable ASCII: the library cannot send them.",
            "gRPC over HTTP2, Requests: values are printable ASCII; other values are not specified",
            "13 != 0",
        ),
        "method-other": Difference(
            "Answers 200 with grpc-status UNKNOWN.",
            "RFC 9110 15.5.6; gRPC over HTTP2, Requests: the method is POST",
            "'200' != '405'",
        ),
        "get-of-the-root": Difference(
            "Answers 200 with grpc-status UNKNOWN and no page.",
            "none: the page is an extension of mote",
            "False is not true",
        ),
        "prefix-of-4-gigabytes": Difference(
            "Does not answer before the complete message has arrived.",
            "docs/limits.md, max-message-bytes; gRPC does not specify the time",
            "not within 5 s",
        ),
        "limit-message-much-more": Difference(
            "Refuses the message, sometimes with RST_STREAM ENHANCE_YOUR_CALM, which does not name the limit.",
            "docs/limits.md, max-message-bytes; RFC 9113 7 defines the code",
            "RST_STREAM with error code 11",
            at_times=True,
        ),
        "messages-beyond-memory": Difference(
            "Refuses messages with RESOURCE_EXHAUSTED when memory is exhausted; they do not wait.",
            "docs/limits.md, buffer-bytes; gRPC status codes define the code",
            "hold all of the|RST_STREAM with error code 11",
            at_times=True,
        ),
        "mebibytes-beyond-memory": Difference(
            "Sometimes refuses messages with RESOURCE_EXHAUSTED when memory is exhausted; they do not wait.",
            "docs/limits.md, buffer-bytes; gRPC status codes define the code",
            "RST_STREAM with error code 11",
            at_times=True,
        ),
        "drain-next-gateway": Difference(
            "Answers CANCELLED to a call that arrives before its client has received GOAWAY.",
            "RFC 9113 6.8: such a call is served, or reported as safe to retry",
            "StatusCode.CANCELLED",
            at_times=True,
        ),
        "message-cut-short": Difference(
            "Treats a truncated message as if there were no message.",
            "gRPC over HTTP2, Requests: the prefix contains the length of the message",
            "!= 13",
        ),
        **dict.fromkeys(
            ("gzip-request", "gzip-reply", "gzip-malformed", "gzip-other-encodings", "gzip-limit"),
            Difference(
                "Has no compression: in version 1.51 the library has no limit for what a message becomes.",
                "gRPC compression: a server chooses the algorithms that it supports",
                "this engine has no compression",
            ),
        ),
        "message-cut-short-late": Difference(
            "Treats a truncated message as if there were no message.",
            "gRPC over HTTP2, Requests: the prefix contains the length of the message",
            "0 != 13",
        ),
        "compressed-without-encoding": Difference(
            "Treats the message as uncompressed, or, if it is read late, as missing.",
            "gRPC compression: INTERNAL for the flag without an encoding",
            "(0|12) != 13",
        ),
        "prefix-flag-unknown": Difference(
            "Treats the message as uncompressed, or, if it is read late, as missing.",
            "gRPC over HTTP2, Requests: the flag is 0 or 1",
            "(0|12) != 13",
        ),
    },
}

# Answers of an engine that depend on timing and may differ between runs.
HTTP2_VARIES = {"grpc": ("rfc9113-6.9.1-beyond-the-server-s-window",)}
