"""RFC 9113 section 8: HTTP semantics of requests and responses."""

import frames as f
import raw_http2 as h2
from case import Case, Section, answered, connection_error, http, status, stream_error
from raw_hpack import encode_fields

UNIMPLEMENTED, INTERNAL = 12, 13
# 8.1.1: an answer may come before the reset, or in its place.
MALFORMED = stream_error(h2.PROTOCOL_ERROR) + http(400) + status(INTERNAL)
OTHER_ANSWERS = http(200, 400, 403, 404, 405, 501)
PSEUDO, REGULAR = f.FIELDS[:4], f.FIELDS[4:]


def malformed(clause, name, what, pairs):
    """A request with this header list is malformed: a stream error; the connection stays open."""
    return Case(f"rfc9113-{clause}-{name}", what, (f.listed(pairs),), MALFORMED)


def with_field(clause, name, what, field, value):
    return malformed(clause, name, what, [*f.FIELDS, (field, value)])


def allowed(clause, name, what, field, value):
    """The field is accepted, and returned if it is one of x-echo-*."""
    echo = ((field, value),) if field.startswith("x-echo-") else ()
    return Case(f"rfc9113-{clause}-{name}", what, (f.call((field, value)),), answered, echo=echo)


def trimmed(name, value):
    """Whitespace around the value of custom metadata is removed, which deviates from 8.2.1 (differences.py)."""
    requirement = "Whitespace around a value of custom metadata is removed (gRPC over HTTP2, Custom-Metadata)."
    echo = (("x-echo-v", "v"),)
    return Case(f"rfc9113-8.2.1-{name}", requirement, (f.call(("x-echo-v", value)),), answered, echo=echo)


def without(name):
    return [pair for pair in f.FIELDS if pair[0] != name]


def response_form(exchange):
    """Checks for one header section, DATA, and one trailer section that ends the stream."""
    frames = [frame for frame in exchange.frames if frame.stream == 1 and frame.type in (h2.HEADERS, h2.DATA)]
    kinds = [frame.type for frame in frames]
    if kinds[0] != h2.HEADERS or kinds[-1] != h2.HEADERS or set(kinds[1:-1]) != {h2.DATA}:
        return "not HEADERS, DATA, HEADERS"
    if [bool(frame.flags & h2.END_STREAM) for frame in frames] != [False] * (len(frames) - 1) + [True]:
        return "the stream does not end with the last frame"
    return None


def response_fields(exchange):
    head, trailers = exchange.got.sections
    names = [name for name, _ in head]
    if names[0] != ":status" or any(name.startswith(":") for name in names[1:]):
        return "the response headers do not start with :status as their only pseudo-header field"
    if any(name.startswith(":") for name, _ in trailers):
        return "pseudo-header fields in the trailers"
    if any(name != name.lower() for name, _ in head + trailers):
        return "names in upper case"
    hop_by_hop = {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}
    return "connection-specific fields" if hop_by_hop & {name for name, _ in head + trailers} else None


def reset_without_error(exchange):
    return None if exchange.got.reset == h2.NO_ERROR else "no RST_STREAM NO_ERROR follows the response"


def trailers(*pairs, flags=f.END_HEADERS | f.END):
    return f.headers(encode_fields(pairs), 1, flags)


SECTION = Section(
    "RFC 9113 8: HTTP messages",
    (
        Case(
            "rfc9113-8.1-response",
            "A response is HEADERS, DATA and a trailer section that ends the stream.",
            (f.call(),),
            answered,
            check=response_form,
        ),
        Case(
            "rfc9113-8.1-trailers",
            "A request may end with trailers.",
            (f.chat() + f.data(flags=0) + trailers(("x-late", "v")),),
            answered,
        ),
        Case(
            "rfc9113-8.1-empty-trailers",
            "The trailers may be an empty field section.",
            (f.chat() + f.data(flags=0) + trailers(),),
            answered,
        ),
        Case(
            "rfc9113-8.1-trailers-without-end",
            "A second field section without END_STREAM makes the request malformed.",
            (f.chat() + f.data(flags=0) + trailers(("x-late", "v"), flags=f.END_HEADERS),),
            stream_error(h2.PROTOCOL_ERROR),
        ),
        Case(
            "rfc9113-8.1-data-behind-trailers",
            "A frame of the request after its trailers is an error.",
            (f.request(path=f.REPLY_STREAM) + f.data(f.SLOW, flags=0) + trailers(("x-late", "v")) + f.data(),),
            stream_error(h2.STREAM_CLOSED) + connection_error(h2.STREAM_CLOSED),
        ),
        Case(
            "rfc9113-8.1-early-answer",
            "A response before the end of the request is complete, and RST_STREAM NO_ERROR follows.",
            (f.request(path="/echo.Echo/NoSuchMethod"), lambda x: x.until(lambda: x.got.reset is not None)),
            status(UNIMPLEMENTED),
            check=reset_without_error,
        ),
        Case(
            "rfc9113-8.1-rest-after-an-early-answer",
            "The rest of the request that was in transit when the answer arrived is ignored.",
            (f.request(path="/echo.Echo/NoSuchMethod"), lambda x: x.response_on(1), f.data(flags=0), f.data()),
            status(UNIMPLEMENTED),
        ),
        Case(
            "rfc9113-8.1.1-content-length",
            "A correct content-length is accepted.",
            (f.call(("content-length", str(len(f.HELLO)))),),
            answered,
        ),
        Case(
            "rfc9113-8.1.1-content-length-and-padding",
            "Padding is not content.",
            (f.request(("content-length", str(len(f.HELLO)))) + f.data(f.padded(f.HELLO, 9), flags=f.END | f.PADDED),),
            answered,
        ),
        Case(
            "rfc9113-8.1.1-content-length-in-frames",
            "The content of all DATA frames is counted.",
            (f.request(("content-length", str(len(f.HELLO)))) + f.data(f.HELLO[:4], flags=0) + f.data(f.HELLO[4:]),),
            answered,
        ),
        Case(
            "rfc9113-8.1.1-more-than-content-length",
            "A request with more content than content-length is malformed.",
            (f.call(("content-length", str(len(f.HELLO) - 1))),),
            MALFORMED,
        ),
        Case(
            "rfc9113-8.1.1-more-than-content-length-in-frames",
            "A request with more content than content-length in several frames is malformed.",
            (
                f.request(("content-length", str(len(f.HELLO) - 1)))
                + f.data(f.HELLO[:4], flags=0)
                + f.data(f.HELLO[4:]),
            ),
            MALFORMED,
        ),
        Case(
            "rfc9113-8.1.1-less-than-content-length",
            "A request with less content than content-length is malformed.",
            (f.call(("content-length", str(len(f.HELLO) + 1))),),
            MALFORMED,
        ),
        Case(
            "rfc9113-8.1.1-no-content-at-all",
            "A request that ends with its header section has no content.",
            (f.headers(f.fields(("content-length", "5")), 1, f.END_HEADERS | f.END),),
            MALFORMED,
        ),
        Case(
            "rfc9113-8.1.1-less-before-trailers",
            "The content is compared also when the request ends with trailers.",
            (
                f.request(("content-length", str(len(f.HELLO) + 1)), path=f.COLLECT)
                + f.data(flags=0)
                + trailers(("x-late", "v")),
            ),
            MALFORMED,
        ),
        Case(
            "rfc9113-8.1.1-connection-goes-on",
            "A malformed request is a stream error: the next request is answered.",
            (f.call(("connection", "close")), f.call(stream=3)),
            answered,
            stream=3,
        ),
        with_field("8.1.1", "content-length-no-number", "A content-length must be a number.", "content-length", "x"),
        with_field("8.1.1", "content-length-negative", "A content-length must not have a sign.", "content-length", "-1"),
        malformed(
            "8.1.1",
            "content-lengths-that-differ",
            "Two different content-lengths are malformed.",
            [*f.FIELDS, ("content-length", str(len(f.HELLO))), ("content-length", "5")],
        ),
        with_field("8.2.1", "upper-case-name", "A name must be in lower case.", "X-Upper", "v"),
        with_field("8.2.1", "upper-case-in-the-middle", "Every letter of a name must be in lower case.", "x-uPper", "v"),
        with_field("8.2.1", "empty-name", "A name must not be empty.", "", "v"),
        with_field("8.2.1", "space-in-a-name", "A name must not contain characters up to 0x20.", "x y", "v"),
        with_field("8.2.1", "control-in-a-name", "A name must not contain control characters.", "x\x01y", "v"),
        with_field("8.2.1", "line-break-in-a-name", "A name must not contain line breaks.", "x\r\ny", "v"),
        with_field("8.2.1", "delete-in-a-name", "A name must not contain the character 0x7f.", "x\x7fy", "v"),
        with_field("8.2.1", "high-byte-in-a-name", "A name must not contain characters above 0x7f.", b"x\xffy", "v"),
        with_field("8.2.1", "colon-in-a-name", "Only the name of a pseudo-header field may contain a colon.", "x:y", "v"),
        with_field("8.2.1", "nul-in-a-value", "A value must not contain NUL.", "x-v", "a\0b"),
        with_field("8.2.1", "line-feed-in-a-value", "A value must not contain LF.", "x-v", "a\nb"),
        with_field("8.2.1", "carriage-return-in-a-value", "A value must not contain CR.", "x-v", "a\rb"),
        trimmed("space-before-a-value", " v"),
        trimmed("tab-before-a-value", "\tv"),
        trimmed("space-behind-a-value", "v "),
        trimmed("tab-behind-a-value", "v\t"),
        trimmed("whitespace-around-a-value", " \t v\t "),
        Case(
            "rfc9113-8.2.1-whitespace-alone",
            "A value of custom metadata that contains only whitespace is empty (gRPC over HTTP2, Custom-Metadata).",
            (f.call(("x-echo-v", " \t ")),),
            answered,
            echo=(("x-echo-v", ""),),
        ),
        Case(
            "rfc9113-8.2.1-whitespace-in-trailers",
            "Trailers may have whitespace around values of custom metadata.",
            (f.chat() + f.data(flags=0) + trailers(("x-late", " v ")),),
            answered,
        ),
        with_field(
            "8.2.1", "space-before-a-content-length",
            "A field of HTTP itself must not begin or end with whitespace.", "content-length", " 12"
        ),
        with_field("8.2.1", "space-behind-a-user-agent",
            "A field of HTTP itself must not begin or end with whitespace.", "user-agent", "u "),
        with_field("8.2.1", "line-feed-behind-a-value", "A line feed is not whitespace.", "x-v", "a\n"),
        malformed(
            "8.2.1",
            "space-behind-a-path",
            "A pseudo-header field must not end with a space.",
            [(":path", pair[1] + " ") if pair[0] == ":path" else pair for pair in f.FIELDS],
        ),
        Case(
            "rfc9113-8.2.1-line-feed-in-trailers",
            "A line feed must not be in a value of trailers.",
            (f.request(path=f.COLLECT) + f.data(flags=0) + trailers(("x-late", "a\nb")),),
            MALFORMED,
        ),
        malformed(
            "8.2.1",
            "line-break-in-a-pseudo-header",
            "A line break must not be in a pseudo-header field.",
            [(":authority", "local\r\nhost") if pair[0] == ":authority" else pair for pair in f.FIELDS],
        ),
        allowed("8.2.1", "empty-value", "A value may be empty.", "x-echo-v", ""),
        allowed("8.2.1", "spaces-in-a-value", "A value may contain spaces.", "x-echo-v", "a  b c"),
        allowed(
            "8.2.1",
            "high-bytes-in-a-value",
            "A value may contain bytes from 0x80.",
            "x-v",
            b"caf\xe9".decode("latin-1"),
        ),
        allowed("8.2.1", "symbols-in-a-name", "A name may contain the symbols of a token.", "x!#$%&'*+-.^_`|~9", "v"),
        with_field("8.2.2", "connection", "A request with the field connection is malformed.", "connection", "close"),
        with_field("8.2.2", "keep-alive", "A request with the field keep-alive is malformed.", "keep-alive", "5"),
        with_field("8.2.2", "proxy-connection",
            "A request with the field proxy-connection is malformed.", "proxy-connection", "x"),
        with_field("8.2.2", "transfer-encoding",
            "A request with the field transfer-encoding is malformed.", "transfer-encoding", "chunked"),
        with_field("8.2.2", "upgrade", "A request with the field upgrade is malformed.", "upgrade", "h2c"),
        malformed(
            "8.2.2",
            "te-other-than-trailers",
            "TE must not have a value other than trailers.",
            [("te", "gzip") if pair[0] == "te" else pair for pair in f.FIELDS],
        ),
        malformed(
            "8.2.2",
            "te-with-more-than-trailers",
            "TE must not have other values besides trailers.",
            [("te", "trailers, gzip") if pair[0] == "te" else pair for pair in f.FIELDS],
        ),
        Case("rfc9113-8.2.2-te-trailers", "TE may be trailers.", (f.call(),), answered),
        Case(
            "rfc9113-8.2.3-cookies",
            "Cookies may be split into several fields.",
            (f.call(("cookie", "a=b"), ("cookie", "c=d"), ("x-echo-v", "v")),),
            answered,
            echo=(("x-echo-v", "v"),),
        ),
        malformed(
            "8.3",
            "unknown",
            "An undefined pseudo-header field is malformed.",
            [(":color", "red"), *f.FIELDS],
        ),
        malformed(
            "8.3",
            "of-responses",
            "A pseudo-header field of responses is malformed in a request.",
            [*PSEUDO, (":status", "200"), *REGULAR],
        ),
        malformed(
            "8.3", "behind-regular-fields",
            "Pseudo-header fields must precede the regular fields.", [*PSEUDO[:3], *REGULAR, PSEUDO[3]]
        ),
        Case(
            "rfc9113-8.3-in-trailers",
            "Pseudo-header fields in trailers are malformed.",
            (f.request(path=f.COLLECT) + f.data(flags=0) + trailers((":path", "/")),),
            MALFORMED,
        ),
        malformed("8.3", "method-twice", "A request must not contain :method twice.", [PSEUDO[0], *f.FIELDS]),
        malformed("8.3", "scheme-twice", "A request must not contain :scheme twice.", [PSEUDO[1], *f.FIELDS]),
        malformed("8.3", "path-twice", "A request must not contain :path twice.", [PSEUDO[2], *f.FIELDS]),
        malformed("8.3", "authority-twice", "A request must not contain :authority twice.", [PSEUDO[3], *f.FIELDS]),
        Case(
            "rfc9113-8.3-any-order",
            "Pseudo-header fields may have any order.",
            (f.listed([*reversed(PSEUDO), *REGULAR]),),
            answered,
        ),
        malformed("8.3.1", "no-method", "A request must have a :method.", without(":method")),
        malformed("8.3.1", "no-scheme", "A request must have a :scheme.", without(":scheme")),
        malformed("8.3.1", "no-path", "A request must have a :path.", without(":path")),
        malformed("8.3.1", "no-pseudo-header", "A request without pseudo-header fields is malformed.", REGULAR),
        Case(
            "rfc9113-8.3.1-empty-block",
            "An empty header block is malformed.",
            (f.headers(b"", 1, f.END_HEADERS | f.END),),
            MALFORMED,
        ),
        malformed("8.3.1", "empty-path", "A :path must not be empty.", h2.request_fields("")),
        malformed(
            "8.3.1", "path-without-a-slash", "A :path must start with a slash.", h2.request_fields("echo.Echo/Reply")
        ),
        malformed("8.3.1", "asterisk", "The path * is allowed only for OPTIONS.", h2.request_fields("*")),
        Case(
            "rfc9113-8.3.1-asterisk-of-options",
            "OPTIONS * is a valid request.",
            (f.listed([(":method", "OPTIONS"), (":scheme", "http"), (":path", "*"), (":authority", "localhost")]),),
            OTHER_ANSWERS + status(UNIMPLEMENTED),
        ),
        Case(
            "rfc9113-8.3.1-get",
            "A method other than POST is answered, possibly with an error.",
            (f.headers(f.fields((":method", "GET")), 1, f.END_HEADERS | f.END),),
            OTHER_ANSWERS + status(UNIMPLEMENTED),
        ),
        Case(
            "rfc9113-8.3.1-host-in-place-of-authority",
            "A request that was converted from HTTP/1.1 may have host instead of :authority.",
            (f.listed([*without(":authority"), ("host", "localhost")]),),
            answered,
        ),
        Case(
            "rfc9113-8.3.1-host-beside-authority",
            "Host and :authority may be equal.",
            (f.call(("host", "localhost")),),
            answered,
        ),
        Case(
            "rfc9113-8.3.1-host-with-the-default-port",
            "Host may add the default port to :authority.",
            (f.call(("host", "LOCALHOST:80")),),
            answered,
        ),
        malformed(
            "8.3.1",
            "host-with-another-port",
            "Host with another port than :authority should be malformed.",
            [*f.FIELDS, ("host", "localhost:81")],
        ),
        Case(
            "rfc9113-8.3.1-empty-authority",
            "An empty :authority is accepted, as gRPC's C library does.",
            (f.listed([*PSEUDO[:3], (":authority", ""), *REGULAR]),),
            answered,
        ),
        Case(
            "rfc9113-8.3.1-host-beside-an-empty-authority",
            "Host with an empty :authority is accepted.",
            (f.listed([*PSEUDO[:3], (":authority", ""), *REGULAR, ("host", "localhost")]),),
            answered,
        ),
        malformed(
            "8.3.1",
            "host-other-than-authority",
            "Host that differs from :authority should be malformed.",
            [*f.FIELDS, ("host", "elsewhere")],
        ),
        Case(
            "rfc9113-8.3.1-scheme-https",
            "The scheme may differ from that of the connection, because of proxies.",
            (f.call((":scheme", "https")),),
            answered,
        ),
        Case(
            "rfc9113-8.3.2-response-fields",
            "The response headers start with :status, the only pseudo-header field of the response.",
            (f.call(),),
            answered,
            check=response_fields,
        ),
        malformed(
            "8.5",
            "connect-with-path",
            "CONNECT must not have :scheme and :path.",
            [(":method", "CONNECT"), *f.FIELDS[1:]],
        ),
        malformed("8.5", "connect-without-authority",
            "CONNECT must have an :authority.", [(":method", "CONNECT"), *REGULAR]),
        Case(
            "rfc9113-8.5-connect",
            "A server that is not a proxy refuses CONNECT on its stream.",
            (f.listed([(":method", "CONNECT"), (":authority", "localhost:1"), *REGULAR]),),
            OTHER_ANSWERS[1:] + status(UNIMPLEMENTED) + MALFORMED,
        ),
        Case(
            "rfc9113-8.6-no-upgrade",
            "The server never switches the protocol (101).",
            (f.listed([(":method", "GET"), *f.FIELDS[1:4], ("upgrade", "websocket")]),),
            MALFORMED,
        ),
    ),
)
