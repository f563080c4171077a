"""gRPC-Web over HTTP/2 on a listener with TLS: binary and text, unary and server streaming, and which pages may call."""

import base64
import hashlib
import ssl
import subprocess
from types import SimpleNamespace

import http1_client as http
import raw_http2 as h2
import suite
from suite import health_pb2
from tls_test import TlsTestCase
from web_site import Site
from web_test import DEADLINE_EXCEEDED, INTERNAL, OK, RESOURCE_EXHAUSTED, UNIMPLEMENTED, Reply, client_files, client_page, echo, message

ORIGIN = "https://console.example"
REPLY, REPLY_STREAM = "/echo.Echo/Reply", "/echo.Echo/ReplyStream"
BINARY, TEXT = "application/grpc-web+proto", "application/grpc-web-text+proto"


def fields(path, *more, kind=BINARY, origin=ORIGIN, authority="localhost", method="POST"):
    """What a browser sends: no "te"."""
    pseudo = [(":method", method), (":authority", authority), (":scheme", "https"), (":path", path)]
    kinds = [("content-type", kind), ("x-grpc-web", "1")] if method == "POST" else [("access-control-request-method", "POST")]
    origins = [("origin", origin), ("sec-fetch-site", "cross-site")] if origin else []
    return [*pseudo, *kinds, *origins, *more]


class WebTlsTestCase(TlsTestCase):
    options = ("--web-origin", ORIGIN)

    def setUp(self):
        self.start(*self.options)
        self.context = ssl.create_default_context(cafile=self.folder / "ca.pem")
        self.context.set_alpn_protocols(["h2"])

    def connect(self, *settings, **named):
        def wrapped(raw):
            return self.context.wrap_socket(raw, server_hostname="localhost")

        connection = h2.Connection(self.address, settings, tls=wrapped, **named)
        connection.sent = 0  # Bytes of DATA.
        self.addCleanup(connection.close)
        return connection

    def send(self, connection, path, content, *more, text=False, cut=None, **named):
        """Sends a request with this content and returns its stream. `cut`: without the end."""
        stream = connection.send_headers(fields(path, *more, kind=TEXT if text else BINARY, **named))
        content = base64.b64encode(content) if text else content
        connection.settle()
        sent = 0
        while sent < len(content) and not connection.responses.get(stream, h2.Response()).ended:
            of_stream = connection.settings.get(h2.INITIAL_WINDOW_SIZE, 65535) + connection.granted[stream] - sent
            allowed = min(of_stream, 65535 + connection.granted[0] - connection.sent)
            part = content[sent : sent + max(allowed, 0)]
            if not part:
                self.assertIsNotNone(connection.receive_frame(), "no window")
                continue
            connection.send_data(stream, part)
            connection.sent += len(part)
            sent += len(part)
        if cut is None:
            connection.send_data(stream, b"", end_stream=True)
        return stream

    def ask(self, *arguments, **named):
        connection = self.connect()
        return connection.response(self.send(connection, *arguments, **named))

    def call(self, *arguments, **named):
        return self.reply_of(self.ask(*arguments, **named))

    def reply_of(self, response):
        self.assertEqual(response.initial[":status"], "200")
        self.assertEqual(len(response.sections), 1, "trailers are in the content")
        self.assertTrue(response.ended)
        return Reply(SimpleNamespace(fields=response.initial, body=response.data))


class Calls(WebTlsTestCase):
    def test_unary(self):
        for text in (False, True):
            with self.subTest(text=text):
                reply = self.call(REPLY, echo(), text=text)
                self.assertEqual((reply.messages, reply.status), (["You said: hello"], OK))
                got = reply.response.fields
                self.assertEqual(got["content-type"], TEXT if text else BINARY)
                self.assertEqual((got["access-control-allow-origin"], got["vary"]), (ORIGIN, "origin"))

    def test_server_streaming(self):
        for text in (False, True):
            for count, size in ((1, 1), (500, 100), (7, 20000)):
                with self.subTest(text=text, count=count, size=size):
                    reply = self.call(REPLY_STREAM, echo("x" * size, count=count), text=text)
                    self.assertEqual((reply.messages, reply.status), ([f"You said: {'x' * size}"] * count, OK))

    def test_sizes(self):
        # The limit less what the field needs around its bytes, and the same for the longer reply.
        largest = 65536 - 4 - len("You said: ")
        for text in (False, True):
            for size in (0, 1, 2, 3, 16384, 40000, largest):
                with self.subTest(text=text, size=size):
                    reply = self.call(REPLY, echo("x" * size), text=text)
                    self.assertEqual((reply.messages, reply.status), (["You said: " + "x" * size], OK))
            with self.subTest(text=text):
                self.assertEqual(self.call(REPLY, echo("x" * 65536), text=text).status, RESOURCE_EXHAUSTED)

    def test_replies_arrive_as_they_are_sent(self):
        for text in (False, True):
            connection = self.connect()
            stream = self.send(connection, REPLY_STREAM, echo("x", count=1000, interval_ms=20), text=text)
            connection.receive_until(lambda: len(connection.responses.get(stream, h2.Response()).data) > 60)
            connection.send_reset(stream)
            # The connection serves the next call.
            self.assertEqual(self.reply_of(connection.response(self.send(connection, REPLY, echo(), text=text))).status, OK)

    def test_calls_side_by_side(self):
        connection = self.connect()
        streams = [self.send(connection, REPLY_STREAM, echo(f"{i}", count=3, interval_ms=20), text=i % 2 == 0) for i in range(20)]
        plain = connection.call(REPLY, b"")
        for i, stream in enumerate(streams):
            self.assertEqual(self.reply_of(connection.response(stream)).messages, [f"You said: {i}"] * 3)
        self.assertEqual(connection.response(plain).status, OK)

    def test_errors_of_a_service_and_of_the_gateway(self):
        check = message(health_pb2.HealthCheckRequest(service="none").SerializeToString())
        for path, content, status in (
            ("/grpc.health.v1.Health/Check", check, 5),
            ("/echo.Echo/None", echo(), UNIMPLEMENTED),
            ("/a.B/C", echo(), UNIMPLEMENTED),
            ("/echo.Echo/Collect", echo(), UNIMPLEMENTED),
            ("/echo.Echo/Chat", echo(), UNIMPLEMENTED),
            (REPLY, b"", UNIMPLEMENTED),
            (REPLY, b"\0\0", INTERNAL),
            (REPLY, echo()[:-1], INTERNAL),
            (REPLY, message(b"x", flag=1), INTERNAL),
            (REPLY, message(b"x", flag=2), INTERNAL),
            (REPLY, message(b"x", flag=0x80), INTERNAL),
            (REPLY, message(b"\xff"), INTERNAL),
        ):
            for text in (False, True):
                with self.subTest(path=path, content=content, text=text):
                    reply = self.call(path, content, text=text)
                    self.assertEqual((reply.messages, reply.status), ([], status))
                    self.assertNotEqual(reply.trailers.get("grpc-message", ""), "")

    def test_content_that_is_not_base64(self):
        for content in (b"AAA", b"AAAA*AAA", b"====", b"AA=A"):
            with self.subTest(content):
                connection = self.connect()
                stream = connection.send_headers(fields(REPLY, kind=TEXT))
                connection.send_data(stream, content, end_stream=True)
                self.assertEqual(self.reply_of(connection.response(stream)).status, INTERNAL)

    def test_deadline(self):
        for text in (False, True):
            reply = self.call(REPLY_STREAM, echo("x", count=1000, interval_ms=20), ("grpc-timeout", "50m"), text=text)
            self.assertEqual(reply.status, DEADLINE_EXCEEDED)
            self.assertEqual(self.call(REPLY, echo(), ("grpc-timeout", "soon"), text=text).status, INTERNAL)

    def test_metadata(self):
        reply = self.call(REPLY, echo(), ("x-echo-id", "abc"), ("cookie", "secret"))
        self.assertEqual({**reply.response.fields, **reply.trailers}.get("x-echo-id"), "abc")
        response = self.ask(REPLY, echo(), *((f"x-{i}", "x" * 1000) for i in range(9)))
        self.assertEqual(response.status if response.status is not None else self.reply_of(response).status, RESOURCE_EXHAUSTED)

    def test_a_reset_in_the_middle_leaves_nothing(self):
        self.start("--http", "127.0.0.1:0", *self.options)
        monitor = http.monitor_address(self.gateway)
        for text in (False, True):
            connection = self.connect((h2.INITIAL_WINDOW_SIZE, 100))
            reading = self.send(connection, REPLY_STREAM, echo("x" * 5000, count=100), text=text)
            sending = self.send(connection, REPLY, echo("x" * 5000)[:4000], text=text, cut=True)
            connection.receive_until(lambda reading=reading, connection=connection: reading in connection.responses)
            connection.send_reset(reading)
            connection.send_reset(sending)
            self.assertEqual(self.reply_of(connection.response(self.send(connection, REPLY, echo()))).status, OK)
        samples = http.scrape(monitor)
        self.assertEqual((samples['mote_pool_used{pool="blocks"}'], samples['mote_pool_used{pool="streams"}']), (0, 0))

    def test_drain_finishes_a_stream(self):
        connection = self.connect()
        stream = self.send(connection, REPLY_STREAM, echo("x", count=20, interval_ms=20))
        connection.receive_until(lambda: connection.responses.get(stream))
        self.gateway.terminate()
        reply = self.reply_of(connection.response(stream))
        self.assertEqual((len(reply.messages), reply.status), (20, OK))


class Origins(WebTlsTestCase):
    options = ("--web-origin", ORIGIN, "--http", "127.0.0.1:0", "--http-host", "gateway.example")

    def question(self, *more, **named):
        connection = self.connect()
        return connection.response(connection.send_headers(fields(REPLY, *more, method="OPTIONS", **named), end_stream=True))

    def test_a_foreign_origin_or_host_reaches_no_handler(self):
        monitor = http.monitor_address(self.gateway)
        for authority, origin, status in (
            ("localhost", "https://evil.example", "403"),
            ("localhost", "null", "403"),
            ("localhost", "http://console.example", "403"),
            ("localhost", "https://console.example.evil", "403"),
            ("evil.example", "https://evil.example", "421"),
            ("evil.example", ORIGIN, "421"),
            ("evil.example", None, "421"),
        ):
            for answer in (self.ask, lambda *_, **named: self.question(**named)):
                with self.subTest(authority=authority, origin=origin):
                    response = answer(REPLY, echo(), authority=authority, origin=origin)
                    self.assertEqual(response.initial[":status"], status)
                    self.assertNotIn("access-control-allow-origin", response.initial)
        started = [value for name, value in http.scrape(monitor).items() if name.startswith("grpc_server_started_total")]
        self.assertEqual(sum(started), 0)

    def test_known_hosts_and_no_origin(self):
        for authority in ("gateway.example", f"gateway.example:{self.address.split(':')[1]}", "127.0.0.1:1", "[::1]"):
            self.assertEqual(self.call(REPLY, echo(), authority=authority).status, OK)
        reply = self.call(REPLY, echo(), origin=None)
        self.assertEqual(reply.status, OK)
        self.assertNotIn("access-control-allow-origin", reply.response.fields)

    def test_the_question_of_a_browser(self):
        response = self.question(("access-control-request-headers", "content-type,x-grpc-web,authorization"))
        self.assertEqual(response.initial[":status"], "204")
        self.assertEqual(response.initial["access-control-allow-origin"], ORIGIN)
        self.assertEqual(response.initial["access-control-allow-headers"], "content-type,x-grpc-web,authorization")
        self.assertEqual(response.initial["access-control-allow-methods"], "POST")
        self.assertEqual(response.data, b"")

    def test_off_by_default(self):
        self.start()
        for kind in (BINARY, TEXT):
            connection = self.connect()
            stream = connection.send_headers(fields(REPLY, kind=kind))
            connection.send_data(stream, echo(), end_stream=True)
            response = connection.response(stream)
            self.assertEqual(response.initial[":status"], "415")
            self.assertNotIn("access-control-allow-origin", response.initial)
        self.assertEqual(self.question().initial[":status"], "405")

    def test_not_on_listeners_without_tls(self):
        self.start(*self.options, listen=("127.0.0.1:0", "tls:127.0.0.1:0"))
        connection = h2.Connection(self.gateway.targets[0])
        self.addCleanup(connection.close)
        stream = connection.send_headers(fields(REPLY))
        connection.send_data(stream, echo(), end_stream=True)
        self.assertEqual(connection.response(stream).initial[":status"], "415")

    def test_tokens_name_callers(self):
        tokens = self.folder / "tokens"
        tokens.write_text(f"operator {hashlib.sha256(b'a long secret word of this page').hexdigest()}\n")
        tokens.chmod(0o600)
        self.start("--web-origin", ORIGIN, "--token-file", tokens, "--allow", "operator /echo.Echo/*")
        token = ("authorization", "Bearer a long secret word of this page")
        self.assertEqual(self.call(REPLY, echo(), token).messages, ["You said: hello"])
        self.assertEqual(self.call(REPLY, echo()).status, 16)


class Packages(WebTlsTestCase):
    def spki(self):
        """The hash of the gateway's key, for which Chromium accepts a certificate of an unknown authority."""
        public = subprocess.run(["openssl", "x509", "-in", self.folder / "gateway.pem", "-pubkey", "-noout"], capture_output=True, check=True)
        der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=public.stdout, capture_output=True, check=True)
        digest = subprocess.run(["openssl", "dgst", "-sha256", "-binary"], input=der.stdout, capture_output=True, check=True)
        return base64.b64encode(digest.stdout).decode()

    def test_npm_packages_in_chromium(self):
        """A page of another origin calls the gateway: the browser asks before (CORS), and reads the answers."""
        pages = client_files()
        trusted = f"--ignore-certificate-errors-spki-list={self.spki()}"
        with Site(pages) as site:
            for origin, result in ((site.origin, "passed"), ("https://console.example", "failed to fetch")):
                self.start("--http", "127.0.0.1:0", "--web-origin", origin)
                pages["/"] = client_page(f"https://localhost:{self.address.split(':')[1]}")
                self.assertIn(result, site.visit(trusted).lower())
                started = [value for name, value in http.scrape(http.monitor_address(self.gateway)).items() if name.startswith("grpc_server_started_total")]
                self.assertEqual(sum(started) > 0, result == "passed")


if __name__ == "__main__":
    suite.main()
