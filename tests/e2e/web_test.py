"""gRPC-Web on the listener of metrics: binary and text, unary and server streaming, and who may call."""

import base64
import json
import shutil
import socket
import struct
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import http1_client as http
import suite
from monitor_case import MonitorTestCase
from suite import echo_pb2, gateway_only, health_pb2
from web_site import Site, import_map

HERE = Path(__file__).resolve().parent
ORIGIN = "http://console.example"
PAGE = """<!doctype html><script type="importmap">{packages}</script>
<script>globalThis.exports = {{}}; globalThis.gateway = "{url}";</script>
<script src="/node_modules/grpc-web/index.js"></script><script type="module" src="/page.mjs"></script>"""
OK, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNIMPLEMENTED, INTERNAL = 0, 4, 8, 12, 13


def write_descriptors(folder):
    """The descriptors of the services, for clients that read them at run time."""
    path = Path(folder) / "descriptors"
    protos = ("echo.proto", "grpc/health/v1/health.proto")
    subprocess.run(["protoc", "-I", HERE.parents[1] / "proto", f"--descriptor_set_out={path}", *protos], check=True)
    return path


def client_page(url):
    """An answer of a Site: a page that calls the gateway at `url` with both npm packages."""
    packages = import_map("@bufbuild/protobuf", "@connectrpc/connect", "@connectrpc/connect-web")
    return "text/html", PAGE.format(packages=packages, url=url).encode()


def client_files():
    """The other files of that page."""
    if not (HERE / "node_modules/grpc-web").exists():
        raise unittest.SkipTest("SKIPPED: npm ci in tests/e2e is missing")
    with tempfile.TemporaryDirectory(prefix="mote-") as folder:
        descriptors = write_descriptors(folder).read_bytes()
    return {
        "/page.mjs": ("text/javascript", (HERE / "web_page.mjs").read_bytes()),
        "/descriptors": ("application/octet-stream", descriptors),
    }


class Reply:
    """The frames of a response."""

    def __init__(self, response):
        self.response = response
        data = response.body
        if "-text" in response.fields["content-type"]:
            data = b"".join(base64.b64decode(data[i : i + 4]) for i in range(0, len(data), 4))
        self.messages, self.trailers = [], None
        while data:
            assert self.trailers is None, "bytes after the trailers"
            flag, size = struct.unpack(">BI", data[:5])
            body, data = data[5 : 5 + size], data[5 + size :]
            assert len(body) == size, "an incomplete frame"
            if flag == 0x80:
                lines = body.decode().split("\r\n")
                assert lines.pop() == "", body
                self.trailers = dict(line.split(": ", 1) for line in lines)
            else:
                assert flag == 0, flag
                self.messages.append(echo_pb2.EchoReply.FromString(body).message)

    @property
    def status(self):
        return int(self.trailers["grpc-status"])


def message(payload, flag=0):
    return struct.pack(">BI", flag, len(payload)) + payload


def echo(text="hello", **fields):
    return message(echo_pb2.EchoRequest(message=text, **fields).SerializeToString())


def request(path, content, *lines, text=False, origin=ORIGIN, host="127.0.0.1"):
    kind = "application/grpc-web-text" if text else "application/grpc-web+proto"
    content = base64.b64encode(content) if text else content
    lines = [f"Content-Type: {kind}", "X-Grpc-Web: 1", f"Content-Length: {len(content)}", *([f"Origin: {origin}"] if origin else []), *lines]
    return http.get(path, host, *lines, verb="POST") + content


class WebTestCase(MonitorTestCase):
    options = ("--web-origin", ORIGIN)

    def ask(self, *arguments, **named):
        with http.Connection(self.address) as connection:
            connection.send(request(*arguments, **named))
            return connection.response()

    def call(self, *arguments, **named):
        return Reply(self.ask(*arguments, **named))


class Calls(WebTestCase):
    @gateway_only
    def test_unary(self):
        for text in (False, True):
            with self.subTest(text=text):
                reply = self.call("/echo.Echo/Reply", echo(), text=text)
                self.assertEqual((reply.messages, reply.status), (["You said: hello"], OK))
                kind = "application/grpc-web-text+proto" if text else "application/grpc-web+proto"
                self.assertEqual(reply.response.fields["content-type"], kind)
                self.assertEqual(reply.response.fields["access-control-allow-origin"], ORIGIN)
                self.assertEqual(reply.response.fields["vary"], "origin")

    @gateway_only
    def test_server_streaming(self):
        for text in (False, True):
            for count, size in ((1, 1), (500, 100), (7, 2000)):
                with self.subTest(text=text, count=count, size=size):
                    words = "x" * size
                    reply = self.call("/echo.Echo/ReplyStream", echo(words, count=count), text=text)
                    self.assertEqual((reply.messages, reply.status), ([f"You said: {words}"] * count, OK))

    @gateway_only
    def test_replies_arrive_as_they_are_sent(self):
        with self.connect() as connection:
            connection.send(request("/echo.Echo/ReplyStream", echo("x", count=3, interval_ms=50)))
            reply = Reply(connection.response())
            self.assertEqual((len(reply.messages), reply.status), (3, OK))
            # The connection serves the next call.
            connection.send(request("/echo.Echo/Reply", echo()))
            self.assertEqual(Reply(connection.response()).status, OK)

    @gateway_only
    def test_every_size(self):
        """Messages and base64 cross the ends of the buffer at every place."""
        with self.connect() as connection:
            for size in [*range(0, 60), *range(2900, 3200)]:
                text = size % 2 == 0
                connection.send(request("/echo.Echo/Reply", echo("x" * size), text=text))
                if size == 0:
                    connection.response()
                    continue
                response = connection.response()
                if response.status == 413:
                    break
                self.assertEqual(Reply(response).messages, ["You said: " + "x" * size])

    @gateway_only
    def test_pipelined_calls(self):
        with self.connect() as connection:
            connection.send((request("/echo.Echo/Reply", echo("a")) + http.get("/stats.json") + request("/echo.Echo/Reply", echo("b"), text=True)) * 5)
            for _ in range(5):
                self.assertEqual(Reply(connection.response()).messages, ["You said: a"])
                self.assertEqual(connection.response().status, 200)
                self.assertEqual(Reply(connection.response()).messages, ["You said: b"])

    @gateway_only
    def test_content_in_pieces(self):
        with self.connect() as connection:
            for byte in request("/echo.Echo/Reply", echo()):
                connection.send(bytes([byte]))
            self.assertEqual(Reply(connection.response()).messages, ["You said: hello"])

    @gateway_only
    def test_errors_of_a_service_and_of_the_gateway(self):
        check = message(health_pb2.HealthCheckRequest(service="none").SerializeToString())
        for path, content, status in (
            ("/grpc.health.v1.Health/Check", check, 5),
            ("/echo.Echo/None", echo(), UNIMPLEMENTED),
            ("/a.B/C", echo(), UNIMPLEMENTED),
            ("/echo.Echo/Collect", echo(), UNIMPLEMENTED),
            ("/echo.Echo/Chat", echo(), UNIMPLEMENTED),
            ("/echo.Echo/Reply", b"", UNIMPLEMENTED),
            ("/echo.Echo/Reply", b"\0\0", INTERNAL),
            ("/echo.Echo/Reply", echo()[:-1], INTERNAL),
            ("/echo.Echo/Reply", echo() + echo(), INTERNAL),
            ("/echo.Echo/Reply", message(b"x", flag=1), UNIMPLEMENTED),
            ("/echo.Echo/Reply", message(b"x", flag=2), INTERNAL),
            ("/echo.Echo/Reply", message(b"\xff"), INTERNAL),
        ):
            for text in (False, True):
                with self.subTest(path=path, content=content, text=text):
                    reply = self.call(path, content, text=text)
                    self.assertEqual((reply.messages, reply.status), ([], status))
                    self.assertNotEqual(reply.trailers.get("grpc-message", ""), "")

    @gateway_only
    def test_content_that_is_not_base64(self):
        for content in (b"AAA", b"AAAA*AAA", b"====", b"AA=A"):
            with self.subTest(content), self.connect() as connection:
                head = http.get("/echo.Echo/Reply", "127.0.0.1", "Content-Type: application/grpc-web-text", f"Content-Length: {len(content)}", verb="POST")
                connection.send(head + content)
                self.assertEqual(Reply(connection.response()).status, INTERNAL)

    @gateway_only
    def test_deadline(self):
        reply = self.call("/echo.Echo/ReplyStream", echo("x", count=1000, interval_ms=20), "Grpc-Timeout: 50m")
        self.assertEqual(reply.status, DEADLINE_EXCEEDED)
        self.assertEqual(self.call("/echo.Echo/Reply", echo(), "Grpc-Timeout: soon").status, INTERNAL)

    @gateway_only
    def test_deadline_within_a_message(self):
        """The status follows the rest of the message."""
        self.start("--web-origin", ORIGIN, "--socket-send-bytes", 4096, "--http-request-bytes", "32KiB")
        for text in (False, True):
            with self.connect(receive_bytes=2048) as connection:
                connection.send(request("/echo.Echo/ReplyStream", echo("x" * 10000, count=100), "Grpc-Timeout: 200m", text=text))
                name = 'mote_pool_used{pool="blocks"}'
                suite.wait_until(lambda: http.scrape(self.address)[name] != 0, "a reply waits")
                time.sleep(0.3)
                reply = Reply(connection.response())
                self.assertEqual(reply.status, DEADLINE_EXCEEDED)
                self.assertEqual(set(reply.messages), {"You said: " + "x" * 10000})

    @gateway_only
    def test_metadata(self):
        reply = self.call("/echo.Echo/Reply", echo(), "X-Echo-Id: abc", "Authorization: Bearer x", "Cookie: secret", "Sec-Fetch-Site: cross-site")
        self.assertEqual(reply.status, OK)
        returned = {**reply.response.fields, **reply.trailers}
        self.assertEqual(returned.get("x-echo-id"), "abc")
        reply = self.call("/echo.Echo/Reply", echo(), *(f"X-{i}: {'x' * 100}" for i in range(12)))
        self.assertEqual(reply.status, RESOURCE_EXHAUSTED)

    @gateway_only
    def test_calls_are_counted(self):
        self.call("/echo.Echo/Reply", echo())
        self.call("/echo.Echo/None", echo())
        samples = http.scrape(self.address)
        reply = 'grpc_type="unary",grpc_service="echo.Echo",grpc_method="Reply"'
        other = 'grpc_type="other",grpc_service="other",grpc_method="other"'
        self.assertEqual(samples[f'grpc_server_handled_total{{{reply},grpc_code="OK"}}'], 1)
        self.assertEqual(samples[f'grpc_server_handled_total{{{other},grpc_code="UNIMPLEMENTED"}}'], 1)
        self.assertEqual(samples['mote_pool_used{pool="blocks"}'], 0)

    @gateway_only
    def test_a_client_that_goes_away(self):
        stream = 'grpc_type="server_stream",grpc_service="echo.Echo",grpc_method="ReplyStream"'
        with self.connect() as connection:
            connection.send(request("/echo.Echo/ReplyStream", echo("x", count=1000, interval_ms=100)))
            self.assertNotEqual(connection.socket.recv(1), b"")
        ended = f'grpc_server_handled_total{{{stream},grpc_code="CANCELLED"}}'
        suite.wait_until(lambda: http.scrape(self.address).get(ended) == 1, "the call has ended")
        self.assertEqual(http.scrape(self.address)['mote_pool_used{pool="blocks"}'], 0)

    @gateway_only
    def test_a_client_that_does_not_read(self):
        self.start("--web-origin", ORIGIN, "--http-timeout-ms", 200, "--socket-send-bytes", 4096)
        with self.connect(receive_bytes=2048) as connection:
            connection.send(request("/echo.Echo/ReplyStream", echo("x" * 2000, count=10000)))
            name = 'mote_limit_reached_total{limit="http-timeout-ms"}'
            suite.wait_until(lambda: http.scrape(self.address)[name] == 1, "the reply takes too long")
        self.assertEqual(http.scrape(self.address)['mote_pool_used{pool="blocks"}'], 0)

    @gateway_only
    def test_content_that_is_too_large(self):
        response = self.ask("/echo.Echo/Reply", echo("x" * 5000))
        self.assertEqual(response.status, 413)
        self.assertEqual(http.scrape(self.address)['mote_limit_reached_total{limit="http-request-bytes"}'], 1)
        self.start("--web-origin", ORIGIN, "--http-request-bytes", "32KiB")
        self.assertEqual(self.call("/echo.Echo/Reply", echo("x" * 20000)).messages, ["You said: " + "x" * 20000])

    @gateway_only
    def test_content_without_a_length(self):
        with self.connect() as connection:
            connection.send(http.get("/echo.Echo/Reply", "127.0.0.1", "Content-Type: application/grpc-web", "Transfer-Encoding: chunked", verb="POST"))
            self.assertEqual(connection.response().status, 411)
        self.assertEqual(http.scrape(self.address)['mote_http_requests_total{code="411"}'], 1)

    @gateway_only
    def test_http_1_0(self):
        with self.connect() as connection:
            content = echo()
            lines = ("Content-Type: application/grpc-web", f"Content-Length: {len(content)}")
            connection.send(http.get("/echo.Echo/Reply", "127.0.0.1", *lines, verb="POST", version="1.0") + content)
            self.assertEqual(Reply(connection.response()).messages, ["You said: hello"])

    @gateway_only
    def test_drain_finishes_a_stream(self):
        with self.connect() as connection:
            connection.send(request("/echo.Echo/ReplyStream", echo("x", count=20, interval_ms=20)))
            self.assertNotEqual(connection.socket.recv(1, socket.MSG_PEEK), b"")
            self.gateway.terminate()
            reply = Reply(connection.response())
        self.assertEqual((len(reply.messages), reply.status), (20, OK))
        self.gateway.wait()
        self.assertNotIn("drain-cut-short", self.gateway.stderr)


class Origins(WebTestCase):
    @gateway_only
    def test_a_foreign_origin_or_host_reaches_no_handler(self):
        for host, origin, status in (
            ("127.0.0.1", "http://evil.example", 403),
            ("127.0.0.1", "null", 403),
            ("127.0.0.1", "https://console.example", 403),
            ("127.0.0.1", "http://console.example.evil", 403),
            ("evil.example", "http://evil.example", 421),
            ("evil.example", ORIGIN, 421),
            ("evil.example", None, 421),
        ):
            with self.subTest(host=host, origin=origin):
                response = self.ask("/echo.Echo/Reply", echo(), host=host, origin=origin)
                self.assertEqual(response.status, status)
                self.assertNotIn("access-control-allow-origin", response.fields)
                question = ("Access-Control-Request-Method: POST", *([f"Origin: {origin}"] if origin else []))
                with http.Connection(self.address) as connection:
                    connection.send(http.get("/echo.Echo/Reply", host, *question, verb="OPTIONS"))
                    self.assertEqual(connection.response().status, status)
        started = [value for name, value in http.scrape(self.address).items() if name.startswith("grpc_server_started_total")]
        self.assertEqual(sum(started), 0)

    @gateway_only
    def test_own_and_no_origin(self):
        self.assertEqual(self.call("/echo.Echo/Reply", echo(), origin="http://127.0.0.1:9464", host="127.0.0.1:9464").status, OK)
        reply = self.call("/echo.Echo/Reply", echo(), origin=None)
        self.assertEqual(reply.status, OK)
        self.assertNotIn("access-control-allow-origin", reply.response.fields)

    @gateway_only
    def test_the_question_of_a_browser(self):
        with self.connect() as connection:
            lines = ("Access-Control-Request-Method: POST", "Access-Control-Request-Headers: content-type,x-grpc-web,authorization")
            connection.send(http.get("/echo.Echo/Reply", "127.0.0.1", f"Origin: {ORIGIN}", *lines, verb="OPTIONS"))
            response = connection.response(head_only=True)
            self.assertEqual(response.status, 204)
            self.assertEqual(response.fields["access-control-allow-origin"], ORIGIN)
            self.assertEqual(response.fields["access-control-allow-headers"], "content-type,x-grpc-web,authorization")
            self.assertEqual(response.fields["access-control-allow-methods"], "POST")
            connection.send(request("/echo.Echo/Reply", echo()))
            self.assertEqual(Reply(connection.response()).status, OK)

    @gateway_only
    def test_off_by_default(self):
        self.start()
        self.assertEqual(self.ask("/echo.Echo/Reply", echo(), origin=None).status, 404)
        self.assertEqual(self.ask("/echo.Echo/Reply", echo()).status, 403)
        self.assertEqual(http.scrape(self.address)['grpc_server_started_total{grpc_type="unary",grpc_service="echo.Echo",grpc_method="Reply"}'], 0)

    @gateway_only
    def test_other_content(self):
        for kind in ("application/json", "application/grpc", "application/grpc-web+json", "application/grpc-webx", "text/plain"):
            with self.subTest(kind), self.connect() as connection:
                connection.send(http.get("/echo.Echo/Reply", "127.0.0.1", f"Content-Type: {kind}", "Content-Length: 0", verb="POST"))
                self.assertEqual(connection.response().status, 404)


class Packages(WebTestCase):
    @gateway_only
    def test_npm_packages_in_node(self):
        if not shutil.which("node") or not (HERE / "node_modules/grpc-web").exists():
            self.skipTest("SKIPPED: node, or npm ci in tests/e2e, is missing")
        with tempfile.TemporaryDirectory(prefix="mote-") as folder:
            descriptors = write_descriptors(folder)
            url = "http://{}:{}".format(*self.address)
            done = subprocess.run(["node", "web_clients.mjs", url, descriptors], cwd=HERE, capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


    @gateway_only
    def test_npm_packages_in_chromium(self):
        """A page of another origin calls the gateway: the browser asks before (CORS), and reads the answers."""
        pages = client_files()
        with Site(pages) as site:
            self.start("--web-origin", site.origin)
            pages["/"] = client_page("http://{}:{}".format(*self.address))
            self.assertEqual(site.visit(), "passed")
            self.start("--web-origin", "http://console.example")
            pages["/"] = client_page("http://{}:{}".format(*self.address))
            self.assertIn("failed to fetch", site.visit().lower())
            self.gateway.wait_for_log("event=http-refused")
        started = [value for name, value in http.scrape(self.address).items() if name.startswith("grpc_server_started_total")]
        self.assertEqual(sum(started), 0)


class Stats(WebTestCase):
    @gateway_only
    def test_a_call_under_way(self):
        with self.connect() as connection:
            connection.send(request("/echo.Echo/ReplyStream", echo("x", count=3, interval_ms=20)))
            with http.Connection(self.address) as other:
                self.assertEqual(json.loads(other.ask("/stats.json").text)["program"], "mote-gateway")
            self.assertEqual(Reply(connection.response()).status, OK)


if __name__ == "__main__":
    suite.main()
