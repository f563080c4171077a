"""The listener of metrics and the status page: HTTP/1.1, its limits, and who may ask."""

import signal
import socket
import tempfile
import time
import unittest
from pathlib import Path

import grpc
import http1_client as http
import suite
from gateway import Gateway
from monitor_case import MonitorTestCase
from suite import gateway_only, health_pb2, health_pb2_grpc

PATHS = ("/", "/metrics", "/stats.json")


class HttpTestCase(MonitorTestCase):
    def ask(self, *request, **named):
        with http.Connection(self.address) as connection:
            return connection.ask(*request, **named)

    def counter(self, limit):
        return http.scrape(self.address)[f'mote_limit_reached_total{{limit="{limit}"}}']


class Requests(HttpTestCase):
    @gateway_only
    def test_get(self):
        response = self.ask("/metrics")
        self.assertEqual((response.status, response.fields["content-type"]), (200, "text/plain; version=0.0.4; charset=utf-8"))
        self.assertIn("\nmote_uptime_seconds ", response.text)
        self.assertTrue(response.text.endswith("\n"))
        self.assertIn("no-store", response.fields["cache-control"])
        self.assertRegex(response.fields["date"], r"^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$")

    @gateway_only
    def test_queries_are_no_part_of_the_path(self):
        self.assertEqual(self.ask("/metrics?from=1").status, 200)

    @gateway_only
    def test_head(self):
        with self.connect() as connection:
            for path in PATHS:
                response = connection.ask(path, verb="HEAD")
                self.assertEqual(response.status, 200)
            # No body came before this.
            self.assertEqual(connection.ask("/stats.json").status, 200)

    @gateway_only
    def test_http_1_0(self):
        for path in PATHS:
            with self.connect() as connection:
                response = connection.ask(path, version="1.0")
                self.assertNotIn("transfer-encoding", response.fields)
                self.assertEqual(response.fields["connection"], "close")
                self.assertGreater(len(response.body), 500)

    @gateway_only
    def test_a_connection_stays_open(self):
        with self.connect() as connection:
            for _ in range(20):
                for path in PATHS:
                    self.assertEqual(connection.ask(path).status, 200)
            self.assertEqual(connection.ask("/none").status, 404)
            self.assertEqual(connection.ask("/metrics", "127.0.0.1", "Connection: close").status, 200)
            self.assertTrue(connection.is_closed())

    @gateway_only
    def test_errors(self):
        for verb, path, status in (
            ("GET", "/nothing", 404),
            ("POST", "/nothing", 404),
            ("POST", "/metrics", 405),
            ("DELETE", "/stats.json", 405),
            ("get", "/metrics", 405),
        ):
            with self.subTest(verb=verb, path=path):
                response = self.ask(path, verb=verb)
                self.assertEqual(response.status, status)
                self.assertNotEqual(response.text, "")
        self.assertEqual(self.ask("/metrics", verb="PUT").fields["allow"], "GET, HEAD")
        self.assertEqual(http.scrape(self.address)['mote_http_requests_total{code="404"}'], 2)

    @gateway_only
    def test_what_is_no_request_closes_the_connection(self):
        for data, status in (
            (b"hello\r\n\r\n", 400),
            (b"GET /metrics HTTP/1.1\r\n\r\n", 400),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
            (http.get("/metrics", "127.0.0.1", "Transfer-Encoding: gzip"), 501),
            (http.get("/metrics", "127.0.0.1", "Content-Length: 3") + b"abc", 413),
            (http.get("/metrics", "127.0.0.1", "Transfer-Encoding: chunked") + b"3\r\nabc\r\n0\r\n\r\n", 413),
        ):
            with self.subTest(data), self.connect() as connection:
                connection.send(data)
                self.assertEqual(connection.response().status, status)
                self.assertTrue(connection.is_closed())
        samples = http.scrape(self.address)
        for status, count in ((400, 2), (413, 2), (501, 1), (505, 1)):
            self.assertEqual(samples[f'mote_http_requests_total{{code="{status}"}}'], count)

    @gateway_only
    def test_requests_that_arrive_in_pieces(self):
        pieces = suite.seeded_random()
        data = (b"\r\n" + http.get("/stats.json") + http.get("/none")) * 5
        with self.connect() as connection:
            connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while data:
                size = pieces.randrange(1, 40)
                connection.send(data[:size])
                data = data[size:]
            for _ in range(5):
                self.assertEqual(connection.response().status, 200)
                self.assertEqual(connection.response().status, 404)

    @gateway_only
    def test_pipelined_requests_are_answered_in_order(self):
        with self.connect() as connection:
            connection.send(b"".join(http.get(path) for path in ("/metrics", "/none", "/stats.json") * 20))
            for _ in range(20):
                self.assertIn("# HELP", connection.response().text)
                self.assertEqual(connection.response().status, 404)
                self.assertEqual(connection.response().text[:2], '{"')

    @gateway_only
    def test_a_client_that_ends_its_side_gets_its_answer(self):
        for receive_bytes in (None, 2048):
            with self.connect(receive_bytes=receive_bytes) as connection:
                connection.send(http.get("/metrics"))
                connection.socket.shutdown(socket.SHUT_WR)
                self.assertIn("\nmote_draining 0\n", connection.response().text)
                self.assertTrue(connection.is_closed())


class Hosts(HttpTestCase):
    options = ("--http-host", "gateway.local,plant.example:80")

    @gateway_only
    def test_hosts(self):
        for host, status in (
            ("127.0.0.1", 200),
            ("127.0.0.1:9464", 200),
            ("localhost:1", 200),
            ("[::1]:9464", 200),
            ("192.168.7.1", 200),
            ("Gateway.Local:9464", 200),
            ("plant.example:80", 200),
            ("plant.example:81", 421),
            ("evil.example", 421),
            ("127.0.0.1.evil.example", 421),
            ("gateway.local.evil.example", 421),
        ):
            for path in PATHS:
                with self.subTest(host=host, path=path):
                    self.assertEqual(self.ask(path, host).status == 421, status == 421)
        self.gateway.wait_for_log(r"event=http-refused peer=127\.0\.0\.1:\d+ host=evil\.example")

    @gateway_only
    def test_origins(self):
        for origin, status in (
            ("http://127.0.0.1:9464", 200),
            ("http://127.0.0.1:9465", 403),
            ("http://evil.example", 403),
            ("null", 403),
        ):
            with self.subTest(origin):
                response = self.ask("/stats.json", "127.0.0.1:9464", f"Origin: {origin}")
                self.assertEqual(response.status, status)
        self.gateway.wait_for_log(r"event=http-refused .*origin=http://evil\.example")


class Limits(HttpTestCase):
    def setUp(self):
        pass

    @gateway_only
    def test_off_by_default(self):
        with Gateway() as gateway:
            self.assertNotIn("metrics on", gateway.stderr)

    @gateway_only
    def test_request_bytes(self):
        self.start("--http-request-bytes", 512)
        head = http.get("/metrics")
        fits = http.get("/metrics", "127.0.0.1", "X: " + "x" * (512 - len(head) - len("X: \r\n")))
        self.assertEqual(len(fits), 512)
        with self.connect() as connection:
            connection.send(fits)
            self.assertEqual(connection.response().status, 200)
            connection.send(fits[:-4] + b"x\r\n\r\n")
            self.assertEqual(connection.response().status, 431)
            self.assertTrue(connection.is_closed())
        self.assertEqual(self.counter("http-request-bytes"), 1)
        self.gateway.wait_for_log("event=limit-reached name=http-request-bytes")

    @gateway_only
    def test_a_request_that_does_not_end(self):
        self.start("--http-timeout-ms", 50)
        with self.connect() as connection:
            connection.send(http.get("/metrics")[:-2])
            self.assertEqual(connection.response().status, 408)
            self.assertTrue(connection.is_closed())
        self.assertEqual(self.counter("http-timeout-ms"), 1)

    @gateway_only
    def test_a_client_that_does_not_read(self):
        self.start("--http-timeout-ms", 100, "--socket-send-bytes", 4096)
        with self.connect(receive_bytes=2048) as connection:
            connection.send(http.get("/metrics") * 50)
            suite.wait_until(lambda: self.counter("http-timeout-ms") == 1, "the reply takes too long")

    @gateway_only
    def test_a_connection_without_a_request(self):
        self.start("--http-idle-timeout-ms", 50)
        with self.connect() as connection:
            self.assertEqual(connection.ask("/stats.json").status, 200)
            self.assertTrue(connection.is_closed())
        self.assertEqual(self.counter("http-idle-timeout-ms"), 1)

    @gateway_only
    def test_a_connection_that_both_ends_have_closed_makes_room(self):
        self.start("--http-timeout-ms", 60000)
        with self.connect() as connection:
            self.assertEqual(connection.ask("/stats.json", "127.0.0.1", "Connection: close").status, 200)
            # What comes behind the end of the replies is discarded: it neither resets the connection nor ends it.
            connection.send(http.get("/stats.json"))
            self.assertEqual(self.open_connections(), 2)
        suite.wait_until(lambda: self.open_connections() == 1, "the connection that asks is the only one")

    def open_connections(self):
        return http.scrape(self.address)['mote_pool_used{pool="http-connections"}']

    @gateway_only
    def test_the_connection_that_is_longest_without_a_request_makes_room(self):
        self.start("--http-connections", 2)
        first, second = self.connect(), self.connect()
        self.assertEqual(first.ask("/stats.json").status, 200)
        self.assertEqual(second.ask("/stats.json").status, 200)
        with self.connect() as third:
            self.assertEqual(third.ask("/stats.json").status, 200)
            self.assertTrue(first.is_closed())
            self.assertEqual(second.ask("/stats.json").status, 200)
        self.assertGreaterEqual(self.counter("http-connections"), 1)

    @gateway_only
    def test_all_connections_have_a_request(self):
        self.start("--http-connections", 2, "--http-timeout-ms", 20000)
        busy = [self.connect(), self.connect()]
        for connection in busy:
            connection.send(http.get("/stats.json") + http.get("/metrics")[:-2])
            # With this answer, the gateway has the beginning of the second request.
            self.assertEqual(connection.response().status, 200)
        with self.connect() as third:
            self.assertEqual(third.response().status, 503)
            self.assertTrue(third.is_closed())
        for connection in busy:
            connection.send(b"\r\n")
            self.assertEqual(connection.response().status, 200)
        # The second one made room for this question.
        self.assertEqual(self.counter("http-connections"), 2)

    @gateway_only
    def test_metrics_methods(self):
        self.start("--metrics-methods", 1)
        samples = http.scrape(self.address)
        started = [name for name in samples if name.startswith("grpc_server_started_total")]
        self.assertEqual(len(started), 2)
        with grpc.insecure_channel(self.gateway.target, options=suite.CHANNEL_OPTIONS) as channel:
            health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=suite.PATIENCE)
        self.assertEqual(self.counter("metrics-methods"), 1)

    @gateway_only
    def test_timeouts_change_while_it_runs(self):
        with tempfile.TemporaryDirectory(prefix="mote-") as folder:
            config = Path(folder) / "gateway.conf"
            config.write_text("http-timeout-ms = 20000\n")
            self.start("--config", config)
            config.write_text("http-timeout-ms = 50\n")
            self.gateway.process.send_signal(signal.SIGHUP)
            self.gateway.wait_for_log("event=limit-changed name=http-timeout-ms value=50")
            with self.connect() as connection:
                connection.send(b"GET ")
                self.assertEqual(connection.response().status, 408)


class Listeners(unittest.TestCase):
    @gateway_only
    def test_a_unix_socket(self):
        with tempfile.TemporaryDirectory(prefix="mote-") as folder, socket.socket(socket.AF_UNIX) as client:
            path = f"{folder}/http.sock"
            with Gateway("--http", f"unix:{path}"):
                client.settimeout(http.PATIENCE)
                client.connect(path)
                client.sendall(http.get("/metrics", "localhost"))
                self.assertTrue(client.recv(100).startswith(b"HTTP/1.1 200 OK\r\n"))
            self.assertFalse(Path(path).exists())

    @gateway_only
    def test_an_address_in_use(self):
        with Gateway("--http", "127.0.0.1:0") as gateway:
            host, port = http.monitor_address(gateway)
            with self.assertRaisesRegex(AssertionError, f"cannot listen on {host}:{port}"):
                Gateway("--http", f"{host}:{port}").start()

    @gateway_only
    def test_wrong_origins(self):
        for options in (
            ("--web-origin", "http://console.example"),
            ("--http", "127.0.0.1:0", "--web-origin", "console.example"),
            ("--http", "127.0.0.1:0", "--web-origin", "http://console.example/"),
            ("--http", "127.0.0.1:0", "--web-origin", "*"),
        ):
            with self.subTest(options), self.assertRaisesRegex(AssertionError, "--web-origin: "):
                Gateway(*options).start()

    @gateway_only
    def test_wrong_addresses(self):
        for address in ("9464", "localhost:9464", "tls:127.0.0.1:9464"):
            with self.subTest(address), self.assertRaisesRegex(AssertionError, "--http"):
                Gateway("--http", address).start()


class Drain(HttpTestCase):
    @gateway_only
    def test_a_reply_under_way_is_finished(self):
        rests = self.connect()
        self.assertEqual(rests.ask("/stats.json").status, 200)
        reading = self.connect(receive_bytes=2048)
        reading.send(http.get("/metrics"))
        self.assertNotEqual(reading.socket.recv(1, socket.MSG_PEEK), b"")
        self.gateway.terminate()
        self.assertTrue(rests.is_closed())
        self.assertIn("mote_draining ", reading.response().text)
        self.gateway.wait(10)
        self.assertNotIn("drain-cut-short", self.gateway.stderr)

    @gateway_only
    def test_the_gateway_ends_when_the_last_reply_is_read(self):
        """The reply is in the kernel for a client that reads slowly; http-timeout-ms does not matter any more."""
        self.start("--http-timeout-ms", 60000, "--drain-seconds", 60)
        reading = self.connect(receive_bytes=2048)
        reading.send(http.get("/stats.json") + http.get("/metrics")[:-2])
        # With this answer, the gateway has the beginning of the second request.
        self.assertEqual(reading.response().status, 200)
        self.gateway.terminate()
        self.gateway.wait_for_log("event=drain ")
        reading.send(b"\r\n")
        time.sleep(0.2)
        self.assertIn("\nmote_draining 1\n", reading.response().text)
        self.assertTrue(reading.is_closed())
        self.gateway.wait(10)


if __name__ == "__main__":
    suite.main()
