"""Requests that are not gRPC calls, as HTTP/2 test suites send them: GET / and POST / without a content-type.

RFC 9113 8.1 allows a server to answer such a request before it ends, but then errors in the rest of it are not detected. The
gateway answers at the end of the request.
"""

import frames as f
import raw_http2 as h2
from case import Case, Section, connection_error, http, stream_error
from raw_hpack import encode_fields

ANSWERS = http(200, 400, 403, 404, 405, 415, 501)
MALFORMED = stream_error(h2.PROTOCOL_ERROR)
CLOSED = stream_error(h2.STREAM_CLOSED) + connection_error(h2.STREAM_CLOSED)
ENDS = f.END_HEADERS | f.END


def trailers(*pairs, flags=ENDS):
    return f.headers(encode_fields(pairs), 1, flags)


def case(clause, name, what, steps, expect):
    return Case(f"rfc9113-{clause}-without-a-call-{name}", what, (steps,), expect)


SECTION = Section(
    "RFC 9113 5 to 8: requests that are no gRPC calls",
    (
        case("8.1", "get", "GET / is answered.", f.plain(flags=ENDS), ANSWERS),
        case("8.1", "head", "HEAD / is answered.", f.plain("HEAD", flags=ENDS), ANSWERS),
        case("8.1", "post", "POST / with content is answered.", f.plain("POST") + f.data(b"test"), ANSWERS),
        case(
            "8.1",
            "post-in-frames",
            "POST / with content in several frames is answered.",
            f.plain("POST") + f.data(b"te", flags=0) + f.data(b"st"),
            ANSWERS,
        ),
        case(
            "8.1",
            "post-with-trailers",
            "POST / that ends with trailers is answered.",
            f.plain("POST", ("trailer", "x-late")) + f.data(b"test", flags=0) + trailers(("x-late", "v")),
            ANSWERS,
        ),
        case(
            "8.1",
            "second-head",
            "A second field section without END_STREAM makes the request malformed.",
            f.plain("POST") + f.data(b"test", flags=0) + trailers(("x-late", "v"), flags=f.END_HEADERS),
            MALFORMED,
        ),
        case(
            "8.3",
            "pseudo-header-in-trailers",
            "Pseudo-header fields in trailers are malformed.",
            f.plain("POST") + f.data(b"test", flags=0) + trailers((":method", "POST")),
            MALFORMED,
        ),
        case(
            "8.1.1",
            "more-than-content-length",
            "A request with more content than content-length is malformed.",
            f.plain("POST", ("content-length", "1")) + f.data(b"test"),
            MALFORMED,
        ),
        case(
            "8.1.1",
            "more-than-content-length-in-frames",
            "A request with more content than content-length in several frames is malformed.",
            f.plain("POST", ("content-length", "1")) + f.data(b"test", flags=0) + f.data(b"test"),
            MALFORMED,
        ),
        case(
            "8.1.1",
            "less-than-content-length",
            "A request with less content than content-length is malformed.",
            f.plain("POST", ("content-length", "5")) + f.data(b"test"),
            MALFORMED,
        ),
        case(
            "5.1",
            "half-closed-data",
            "DATA after the end of the request is an error STREAM_CLOSED.",
            f.plain(flags=ENDS) + f.data(b"test"),
            CLOSED,
        ),
        case(
            "5.1",
            "reset-then-data",
            "DATA on a stream that the client has reset is an error STREAM_CLOSED.",
            f.plain() + f.reset(1) + f.data(b"test"),
            CLOSED,
        ),
        case(
            "5.1",
            "reset-then-headers",
            "HEADERS on a stream that the client has reset are an error STREAM_CLOSED.",
            f.plain() + f.reset(1) + f.plain(flags=ENDS),
            CLOSED,
        ),
        case(
            "6.9",
            "window-update-of-0",
            "WINDOW_UPDATE of 0 on a stream is a stream error PROTOCOL_ERROR.",
            f.plain() + f.window_update(0, 1),
            MALFORMED,
        ),
        case(
            "6.9.1",
            "window-past-2-31",
            "WINDOW_UPDATE that increases the window of a stream above 2^31-1 is a stream error FLOW_CONTROL_ERROR.",
            f.plain() + f.window_update(0x7FFFFFFF, 1) * 2,
            stream_error(h2.FLOW_CONTROL_ERROR),
        ),
        case(
            "6.1",
            "padding-longer-than-the-frame",
            "Padding longer than its frame is a connection error.",
            f.plain("POST") + f.data(b"\x06test", flags=f.END | f.PADDED),
            connection_error(h2.PROTOCOL_ERROR),
        ),
        case(
            "6.2",
            "depends-on-itself",
            "A stream cannot depend on itself (RFC 7540 5.3.1).",
            f.headers(b"\0\0\0\1\x0f" + f.plain()[9:], 1, ENDS | f.PRIORITY),
            MALFORMED + connection_error(h2.PROTOCOL_ERROR),
        ),
    ),
)
