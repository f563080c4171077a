"""What a client receives through a proxy, compared field by field with what it receives from the server itself.

Each row is a function of two gateways and two mote-interop-servers, both behind the proxy, that returns a few words for the table of docs/scaling.md.
"""

import base64
import ssl

import grpc

import echo_pb2
import interop_pb2
import raw_http2 as h2
from behaviours import METADATA, NEVER_MS, STATUS_TEXTS
from harness import wait_until
from scaling_load import channel
from scaling_proxies import CLIENT, NAME

UNARY = "/grpc.testing.TestService/UnaryCall"
STREAM = "/grpc.testing.TestService/StreamingOutputCall"
OK, UNIMPLEMENTED = 0, 12
PATIENCE = 20


def through(pair):
    return connection(pair.proxy.target, pair.certificates)


def both(pair, path, *payloads, extra=()):
    """The response of the server itself, and the response through the proxy."""
    return [client.response(call(client, path, *payloads, extra=extra)) for client in (pair.direct, pair.through)]


def connection(target, certificates):
    context = ssl.create_default_context(cafile=certificates / "ca.pem")
    context.load_cert_chain(certificates / f"{CLIENT}.pem", certificates / f"{CLIENT}.key")
    context.set_alpn_protocols(["h2"])
    return h2.Connection(target, tls=lambda connected: context.wrap_socket(connected, server_hostname=NAME))


def call(client, path, *payloads, extra=(), end_stream=True):
    return client.call(path, *payloads, extra=((":scheme", "https"), (":authority", NAME), *extra), end_stream=end_stream)


def asks_for(kind, code, text=""):
    asked = kind()
    asked.response_status.code, asked.response_status.message = code, text
    if kind is interop_pb2.StreamingOutputCallRequest:
        asked.response_parameters.add().size = 1
    return asked.SerializeToString()


def fields(section, *names):
    return [(name, value) for name, value in section if name in names]


def verdict(differences):
    return "unchanged" if not differences else "; ".join(differences)


def statuses(gateways, servers):
    differences = []
    for code in range(17):
        asked = asks_for(interop_pb2.StreamingOutputCallRequest, code)
        before, after = both(servers, STREAM, asked)
        if after.status != before.status or after.messages != before.messages:
            differences.append(f"{code} becomes {after.status}")
    return verdict(differences)


def trailers_only(gateways, servers):
    """Statuses without a message: one header block, which ends the stream."""
    shapes = set()
    for code in range(1, 17):
        before, after = both(servers, UNARY, asks_for(interop_pb2.SimpleRequest, code))
        if len(before.sections) != 1:
            raise AssertionError(f"{code} is not Trailers-Only: {before.sections}")
        if after.status != before.status:
            shapes.add(f"{code} becomes {after.status}")
        elif after.data:
            shapes.add("a message is added")
        else:
            shapes.add("unchanged" if len(after.sections) == 1 else "headers and trailers")
    return "; ".join(sorted(shapes))


def messages(gateways, servers):
    differences = []
    for text in STATUS_TEXTS:
        before, after = both(servers, UNARY, asks_for(interop_pb2.SimpleRequest, 9, text))
        if after.trailers["grpc-message"] != before.trailers["grpc-message"]:
            differences.append(f"{before.trailers['grpc-message']} becomes {after.trailers['grpc-message']}")
    return verdict(differences)


def metadata(gateways, servers):
    """The gateway returns what it received, in headers and in trailers."""
    sent = [(name, base64.b64encode(value).decode().rstrip("=") if name.endswith("-bin") else value.decode()) for name, value in METADATA]
    names = [name for name, _ in sent]
    before, after = both(gateways, "/echo.Echo/Reply", b"", extra=sent)
    differences = []
    for section, place in ((0, "headers"), (-1, "trailers")):
        sent_back, received = (sorted(fields(response.sections[section], *names)) for response in (before, after))
        if len(sent_back) != len(sent):
            raise AssertionError(f"the gateway does not return all metadata: {sent_back}")
        differences += [f"{one[0]} in {place}" for one in sent_back if one not in received]
    return verdict(differences)


def added(gateways, servers):
    before, after = both(gateways, "/echo.Echo/Reply", b"")
    more = [name for name in after.initial if name not in before.initial]
    more += [f"{name} (trailers)" for name in after.trailers if name not in before.trailers]
    return ", ".join(f"`{name}`" for name in sorted(more)) or "none"


def deadline(gateways, servers):
    """The client sends its deadline and does not act on it."""
    endless = echo_pb2.EchoRequest(count=2, interval_ms=NEVER_MS).SerializeToString()
    before, after = both(gateways, "/echo.Echo/ReplyStream", endless, extra=(("grpc-timeout", "200m"),))
    if before.status != grpc.StatusCode.DEADLINE_EXCEEDED.value[0]:
        raise AssertionError(f"the gateway ends the call with {before.status}")
    return "the gateway ends the call" if after.status == before.status else f"lost: status {after.status}"


def cancelled(gateways):
    return gateways.sum("grpc_server_handled_total", grpc_code="CANCELLED")


def cancel(gateways, servers):
    before = cancelled(gateways)
    endless = echo_pb2.EchoRequest(count=2, interval_ms=NEVER_MS).SerializeToString()
    client = gateways.through
    stream = call(client, "/echo.Echo/ReplyStream", endless)
    got = client.responses.setdefault(stream, h2.Response())
    client.receive_until(lambda: got.data)
    client.send_reset(stream)
    wait_until(lambda: cancelled(gateways) > before, "the gateway ends the cancelled call", PATIENCE)
    return "the gateway ends the call"


def early_answer(gateways, servers):
    """Answers before the end of the request, which RST_STREAM NO_ERROR follows: ten at once, as a busy client asks."""
    client = gateways.through
    head = h2.request_fields("/echo.Echo/NotThere", ((":scheme", "https"), (":authority", NAME)))
    lost = 0
    for _ in range(20):
        streams = [client.send_headers(head) for _ in range(10)]
        lost += sum(client.response(stream).status != UNIMPLEMENTED for stream in streams)
    return "**lost at times**" if lost else "passed on"


def sharing(gateways, servers):
    """Connections to the gateways for 20 calls that are open."""
    endless = echo_pb2.EchoRequest(count=2, interval_ms=NEVER_MS).SerializeToString()
    with through(gateways) as client:
        streams = [call(client, "/echo.Echo/ReplyStream", endless) for _ in range(20)]
        client.receive_until(lambda: all(stream in client.responses and client.responses[stream].data for stream in streams))
        opened = gateways.sum("mote_pool_used", pool="connections")
    return "one at a time" if opened >= len(streams) else "many at once"


def unreachable(gateways, servers):
    """Both gateways are gone. This row is the last one."""
    for gateway in gateways.gateways:
        gateway.kill()
    with channel(gateways.proxy.target, gateways.certificates, NAME) as client, through(gateways) as raw:
        of_grpcio = client.unary_unary("/echo.Echo/Reply").future(b"", timeout=PATIENCE)
        got = raw.response(call(raw, "/echo.Echo/Reply", b""))
        return f"HTTP {got.initial[':status']}, {of_grpcio.code().name} in grpcio"


# In the order of the table. The last one stops the gateways.
ROWS = {
    "statuses 0 to 16 after a message": statuses,
    "Trailers-Only": trailers_only,
    "`grpc-message`, percent-encoded": messages,
    "metadata and `-bin` metadata, both directions": metadata,
    "header fields that the proxy adds to answers": added,
    "`grpc-timeout`": deadline,
    "a call that the client cancels": cancel,
    "an answer before the request has ended": early_answer,
    "calls on one connection to a gateway": sharing,
    "no gateway is there": unreachable,
}
