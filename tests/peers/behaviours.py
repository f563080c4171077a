"""The behaviours that every client is tested for, directly and through a proxy.

A behaviour is a function that raises Failed. It receives a Session (session.py): a server and, if the run has one, the proxy.
"""

from dataclasses import dataclass
from typing import Callable

import echo_pb2
import interop_pb2
from harness import Failed

REPLY, REPLY_STREAM = "/echo.Echo/Reply", "/echo.Echo/ReplyStream"
COLLECT, CHAT = "/echo.Echo/Collect", "/echo.Echo/Chat"
UNARY_CALL = "/grpc.testing.TestService/UnaryCall"

OK, CANCELLED, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED = 0, 1, 4, 8
FAILED_PRECONDITION, UNIMPLEMENTED, UNAVAILABLE = 9, 12, 14

MEBIBYTE = "0123456789abcdef" * 65536
LARGE = ("--max-message-bytes", 4 << 20, "--memory-budget", 128 << 20)
NEVER_MS = 60_000

# Above all characters that a field value must not begin or end with.
STATUS_TEXTS = (
    "failed: ", " failed", "\ttab", "tab\t", "  ", "100%", "%41", "%", "Grüße", "日本 🦊", "two\nlines", "line\r\n", "x" * 500,
)  # fmt: skip


@dataclass(frozen=True)
class Behaviour:
    name: str
    description: str
    check: Callable
    options: tuple = ()  # of the gateway
    server: str = "gateway"  # or interop
    connections: int = 1  # the most that the client may open


def request(message="", **fields):
    return echo_pb2.EchoRequest(message=message, **fields).SerializeToString()


def reply_text(data):
    return echo_pb2.EchoReply.FromString(data).message


def expect(holds, what):
    if not holds:
        raise Failed(str(what))


def expect_codes(result, *codes):
    expect(set(result.codes) <= set(codes), f"ended with {result}, not with {' or '.join(map(str, codes))}")


def expect_served(client):
    """The channel still works."""
    result = client.call("unary", REPLY, request("still there"))
    expect(result.codes == {OK: 1}, f"a later call ended with {result}")
    expect(reply_text(result.replies[0]) == "You said: still there", result)


def unary(session):
    client = session.client()
    for text in ("hello", "", "Grüße 日本語 🦊", "x" * 20_000):
        result = client.call("unary", REPLY, request(text))
        expect_codes(result, OK)
        expect([reply_text(reply) for reply in result.replies] == [f"You said: {text}"], result)


def server_streaming(session):
    result = session.client().call("server", REPLY_STREAM, request("again", count=50))
    expect_codes(result, OK)
    expect([echo_pb2.EchoReply.FromString(reply).number for reply in result.replies] == [*range(1, 51)], result)


def client_streaming(session):
    client = session.client()
    for messages, copies in (([request("ten bytes.")], 1000), ([request()], 2000), ([], 1)):
        result = client.call("client", COLLECT, *messages, copies=copies)
        expect_codes(result, OK)
        summary = echo_pb2.EchoSummary.FromString(result.replies[0])
        sent = copies * len(messages)
        expect(summary.messages == sent, f"{summary.messages} of {sent} messages were counted")


def bidi_streaming(session):
    client = session.client()
    messages = [request(f"message {number}") for number in range(500)]
    for options in ({"lockstep": 1}, {}):
        result = client.call("bidi", CHAT, *messages, **options)
        expect_codes(result, OK)
        said = [reply_text(reply) for reply in result.replies]
        expect(said == [f"You said: message {number}" for number in range(500)], result)
    result = client.call("bidi", CHAT)
    expect(result.codes == {OK: 1} and not result.replies, result)


METADATA = (
    ("x-echo-text", b"plain text, with commas"),
    ("x-echo-data-bin", bytes(range(256))),
    ("x-echo-odd-bin", b"\xff"),
    ("x-echo-even-bin", b"\xfb\xff"),
)


def metadata(session):
    client = session.client()
    calls = (
        ("unary", REPLY, (request(),)),
        ("server", REPLY_STREAM, (request(count=2),)),
        ("client", COLLECT, (request(),)),
        ("bidi", CHAT, (request(),)),
    )
    for kind, path, messages in calls:
        result = client.call(kind, path, *messages, metadata=METADATA)
        expect_codes(result, OK)
        for name, got in (("initial", result.initial), ("trailing", result.trailing)):
            echoed = sorted(pair for pair in got if pair[0].startswith("x-echo-"))
            expect(echoed == sorted(METADATA), f"{name} metadata of {path}: {echoed}")


def metadata_padded(session):
    """Spaces around a value are removed."""
    result = session.client().call("unary", REPLY, request(), metadata=(("x-echo-padded", b"  in the middle "),))
    expect_codes(result, OK)
    expect(("x-echo-padded", b"in the middle") in result.initial, result.initial)


def metadata_that_varies(session):
    """Fields that differ from call to call, which fill the header table many times."""
    client = session.client()
    fixed = tuple((f"x-echo-{number}", b"v" * 100) for number in range(8))
    result = client.call("unary", REPLY, request(), metadata=fixed, numbered="x-echo-number", times=600, at_once=4)
    expect(result.codes == {OK: 600}, result)
    result = client.call("unary", REPLY, request(), metadata=METADATA)
    expect_codes(result, OK)
    expect(set(METADATA) <= set(result.initial), result.initial)


def status(session):
    client = session.client()
    for text in STATUS_TEXTS:
        asked = interop_pb2.SimpleRequest()
        asked.response_status.code = FAILED_PRECONDITION
        asked.response_status.message = text
        result = client.call("unary", UNARY_CALL, asked.SerializeToString())
        expect(dict(result.outcomes) == {(FAILED_PRECONDITION, text): 1}, f"{text!r} became {result}")


def deadline(session):
    client = session.client()
    slow = request(count=2, interval_ms=NEVER_MS)
    result = client.call("server", REPLY_STREAM, slow, timeout_ms=300)
    expect(result.codes == {DEADLINE_EXCEEDED: 1}, result)
    expect_served(client)


def deadline_at_once(session):
    """Deadlines that a client may exceed before it has sent the request."""
    client = session.client()
    expect_served(client)
    slow = request(count=2, interval_ms=NEVER_MS)
    result = client.call("server", REPLY_STREAM, slow, timeout_ms=1, times=50)
    expect(result.codes == {DEADLINE_EXCEEDED: 50}, result)
    expect_served(client)


def deadlines_under_load(session):
    """60 calls a second exceed their deadline, for eight seconds."""
    client = session.client()
    expect_served(client)
    slow = request(count=2, interval_ms=NEVER_MS)
    result = client.call("server", REPLY_STREAM, slow, timeout_ms=500, times=480, at_once=30)
    expect(result.codes == {DEADLINE_EXCEEDED: 480}, result)
    expect_served(client)


def cancel_at_once(session):
    client = session.client()
    expect_served(client)
    for kind, path in (("unary", REPLY), ("server", REPLY_STREAM), ("client", COLLECT), ("bidi", CHAT)):
        result = client.call(kind, path, request(count=100, interval_ms=NEVER_MS), cancel_after=0, times=25, at_once=5)
        expect_codes(result, OK, CANCELLED)
    expect_served(client)


def cancel_after_replies(session):
    """Far more cancelled calls than the reset budget allows, each after it received replies."""
    client = session.client()
    endless = request("again", count=100_000, interval_ms=1)
    result = client.call("server", REPLY_STREAM, endless, cancel_after=3, times=600, at_once=10)
    expect_codes(result, CANCELLED)
    expect_served(client)


def thousand_calls(session):
    client = session.client()
    result = client.call("unary", REPLY, request("one of many"), times=1000)
    expect(result.codes == {OK: 1000}, result)
    session.expect_upstream_connections(1)


def many_at_once(session):
    client = session.client()
    result = client.call("unary", REPLY, request("one of many"), times=2000, at_once=50)
    expect(result.codes == {OK: 2000}, result)
    result = client.call("bidi", CHAT, request("hello"), copies=20, times=200, at_once=20)
    expect(result.codes == {OK: 200}, result)
    expect(result.reply_count == 4000, result)


def long_stream(session):
    """A client with default settings measures bandwidth with PINGs while it reads."""
    client = session.client()
    result = client.call("server", REPLY_STREAM, request("again and again", count=20_000))
    expect_codes(result, OK)
    expect(result.reply_count == 20_000, result)
    result = client.call("server", REPLY_STREAM, request("paced", count=1500, interval_ms=1))
    expect_codes(result, OK)
    expect(result.reply_count == 1500, result)
    result = client.call("bidi", CHAT, request("ping"), copies=3000, lockstep=1)
    expect_codes(result, OK)
    expect(result.reply_count == 3000, result)


def large_messages(session):
    client = session.client()
    # Not at the same time: behind HAProxy 2.6 two such calls block each other (proxies/haproxy.py).
    result = client.call("unary", REPLY, request(MEBIBYTE), times=4)
    expect(result.codes == {OK: 4}, result)
    result = client.call("client", COLLECT, request(MEBIBYTE), copies=8)
    expect_codes(result, OK)
    expect(echo_pb2.EchoSummary.FromString(result.replies[0]).bytes == 8 << 20, result)
    result = client.call("server", REPLY_STREAM, request(MEBIBYTE, count=4))
    expect_codes(result, OK)
    expect(result.reply_count == 4, result)


def large_chat(session):
    result = session.client().call("bidi", CHAT, request(MEBIBYTE), copies=3)
    expect_codes(result, OK)
    expect([reply_text(reply) for reply in result.replies] == [f"You said: {MEBIBYTE}"] * 3, "a reply differs")


def refused_methods(session):
    """1,000 calls of a method that does not exist; the end of each request arrives after the answer."""
    client = session.client()
    for kind in ("unary", "server", "client", "bidi"):
        result = client.call(kind, "/echo.Echo/NotThere", b"", times=250, at_once=10)
        expect(result.codes == {UNIMPLEMENTED: 250}, result)
    expect_served(client)


def refused_messages(session):
    """Messages larger than the limit, refused while the client still sends them."""
    client = session.client()
    result = client.call("unary", REPLY, request("x" * 100_000), times=150, at_once=5)
    expect(result.codes == {RESOURCE_EXHAUSTED: 150}, result)
    result = client.call("client", COLLECT, request("x" * 70_000), copies=5, times=50, at_once=5)
    expect(result.codes == {RESOURCE_EXHAUSTED: 50}, result)
    expect_served(client)


def refused_header_lists(session):
    """Metadata larger than the limit, which the gateway refuses, or the client, which knows the limit."""
    client = session.client()
    expect_served(client)
    large = tuple((f"x-echo-{number}", b"v" * 1000) for number in range(12))
    result = client.call("unary", REPLY, b"", metadata=large, times=40, at_once=5)
    expect(OK not in result.codes, result)
    expect_served(client)


def busy(session):
    """More calls than the gateway accepts: each is answered, or refused with UNAVAILABLE."""
    client = session.client()
    expect_served(client)
    result = client.call("server", REPLY_STREAM, request(count=2, interval_ms=20), times=300, at_once=16)
    expect_codes(result, OK, UNAVAILABLE)
    expect(result.codes.get(OK, 0) > 0, result)
    expect_served(client)


def drain(session):
    """SIGTERM under load: streams complete, and every other call is answered or refused with UNAVAILABLE."""
    streams, load = session.client(), session.client()
    load.begin("unary", REPLY, request("load"), times=1_000_000, at_once=4, until_failure=1)
    load.wait_until_started()
    streams.begin("server", REPLY_STREAM, request("to the end", count=30, interval_ms=50), times=10, at_once=10)
    streams.wait_until_started()
    session.server.terminate()
    result = streams.result()
    expect(result.codes == {OK: 10}, result)
    expect(result.reply_count == 300, result)
    expect_codes(load.result(), OK, UNAVAILABLE)
    code = session.server.wait()
    expect(code == 0, f"the gateway ended with {code}")


BEHAVIOURS = (
    Behaviour("unary", "One reply to one request, with texts of several kinds and sizes.", unary),
    Behaviour("server-streaming", "50 replies in order.", server_streaming),
    Behaviour("client-streaming", "Streams of 1,000 messages, of 2,000 empty messages and of no message are counted.", client_streaming),
    Behaviour("bidi-streaming", "500 messages in lockstep, 500 messages without waiting, and no message.", bidi_streaming),
    Behaviour("metadata", "Text and -bin metadata in both directions, in every kind of call.", metadata),
    Behaviour("metadata-padded", "Spaces around a value are removed.", metadata_padded),
    Behaviour("metadata-that-varies", "600 calls with different fields.", metadata_that_varies),
    Behaviour("status", "Status messages that begin and end with every kind of character.", status, server="interop"),
    Behaviour("deadline", "DEADLINE_EXCEEDED after a reply.", deadline),
    Behaviour("deadline-at-once", "50 calls with a deadline of 1 ms.", deadline_at_once),
    Behaviour("deadlines-under-load", "60 calls a second that exceed their deadline, for 8 s.", deadlines_under_load),
    Behaviour("cancel-at-once", "100 calls, cancelled as soon as they are started.", cancel_at_once),
    Behaviour("cancel-after-replies", "600 streams, cancelled after three replies.", cancel_after_replies),
    Behaviour("thousand-calls", "1,000 calls, one after the other, on one connection.", thousand_calls),
    Behaviour("many-at-once", "2,000 calls, 50 at once; 200 chats, 20 at once.", many_at_once),
    Behaviour("long-stream", "20,000 replies; 1,500 replies 1 ms apart; 3,000 messages in lockstep.", long_stream),
    Behaviour("large-messages", "Messages of 1 MiB in each direction.", large_messages, options=LARGE),
    Behaviour("large-chat", "Messages of 1 MiB in both directions at once.", large_chat, options=LARGE),
    Behaviour("refused-methods", "1,000 calls of a method that does not exist.", refused_methods),
    Behaviour("refused-messages", "200 calls with messages larger than the limit.", refused_messages),
    Behaviour("refused-header-lists", "40 calls with metadata larger than the limit.", refused_header_lists),
    Behaviour("busy", "300 calls, 16 at once, with a limit of 8.", busy, options=("--max-streams", "8")),
    Behaviour("drain", "SIGTERM under load: streams complete, other calls are answered or refused.", drain, connections=1000),
)
