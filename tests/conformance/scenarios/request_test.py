"""Request headers: deadlines, content types, methods and paths that no gRPC library sends."""

import time

import raw_http2 as h2
import suite
from raw_case import (
    CHAT,
    COLLECT,
    DEADLINE_EXCEEDED,
    INTERNAL,
    INVALID_ARGUMENT,
    OK,
    REPLY,
    REPLY_STREAM,
    UNIMPLEMENTED,
    RawTestCase,
    replies,
    request,
)
from suite import gateway_only

BAD_REQUEST = (INTERNAL, INVALID_ARGUMENT)


class Timeouts(RawTestCase):
    """The gateway enforces grpc-timeout; this client has no deadline of its own."""

    def open(self, connection, timeout, path=REPLY):
        return connection.send_headers(h2.request_fields(path, [("grpc-timeout", timeout)]))

    def test_short_timeouts_in_every_unit(self):
        connection = self.connect()
        for timeout in ("0S", "1n", "99999999n", "300000u", "300m", "1S"):
            started = time.monotonic()
            response = connection.response(self.open(connection, timeout))
            self.assert_status(DEADLINE_EXCEEDED, response)
            elapsed = time.monotonic() - started
            self.assertLess(elapsed, 5)
            if timeout in ("300000u", "300m"):
                self.assertGreaterEqual(elapsed, 0.28)
            if timeout == "1S":
                self.assertGreaterEqual(elapsed, 0.98)
        self.assert_answers(connection)

    def test_long_timeouts_in_every_unit(self):
        connection = self.connect()
        streams = [self.open(connection, timeout) for timeout in ("99999999u", "9999m", "10S", "1M", "1H", "99999999H")]
        self.assert_status(DEADLINE_EXCEEDED, connection.response(self.open(connection, "300m")))
        for stream in streams:
            connection.send_data(stream, h2.message(request()), end_stream=True)
            response = connection.response(stream)
            self.assertEqual((response.status, replies(response)), (OK, ["You said: hello"]))

    def test_every_kind_of_call(self):
        connection = self.connect()
        streams = {path: self.open(connection, "300m", path) for path in (REPLY, REPLY_STREAM, COLLECT, CHAT)}
        connection.send_data(streams[REPLY_STREAM], h2.message(request(count=9, interval_ms=60000)), end_stream=True)
        connection.send_data(streams[CHAT], h2.message(request()))
        connection.send_data(streams[COLLECT], h2.message(request()))
        for path, stream in streams.items():
            response = connection.response(stream)
            self.assert_status(DEADLINE_EXCEEDED, response)
            self.assertEqual(len(response.messages), 1 if path in (REPLY_STREAM, CHAT) else 0)

    @gateway_only
    def test_stream_is_reset_when_the_request_had_not_ended(self):
        connection = self.connect()
        stream = self.open(connection, "50m", CHAT)
        response = connection.response(stream)
        self.assert_status(DEADLINE_EXCEEDED, response)
        connection.receive_until(lambda: response.reset is not None)
        self.assert_answers(connection)

    def test_deadline_with_an_exhausted_window(self):
        """Replies wait for a window that the client never grants; the deadline still ends the call."""
        connection = self.connect((h2.INITIAL_WINDOW_SIZE, 0), replenish=False)
        stream = connection.call(REPLY_STREAM, request(count=5), extra=[("grpc-timeout", "300m")])
        response = connection.response(stream)
        self.assertTrue(response.status == DEADLINE_EXCEEDED or response.reset is not None, vars(response))

    @gateway_only
    def test_malformed_timeouts(self):
        connection = self.connect()
        for timeout in ("", "S", "1", "abc", "1s", "1h", "-1S", "+1S", "1.5S", "1 S", "1SS", "123456789S", "0x1S"):
            with self.subTest(timeout=timeout):
                stream = self.open(connection, timeout)
                connection.send_data(stream, h2.message(request()), end_stream=True)
                response = connection.response(stream)
                self.assertIn(response.status, BAD_REQUEST)
                self.assertIn("timeout", response.trailers["grpc-message"])
        self.assert_answers(connection)


class Heads(RawTestCase):
    def response_to(self, connection, **named):
        stream = connection.send_headers(h2.request_fields(**named))
        connection.send_data(stream, h2.message(request()), end_stream=True)
        return connection.response(stream)

    def test_content_types_of_grpc(self):
        connection = self.connect()
        for content_type in ("application/grpc", "application/grpc+proto", "application/grpc;charset=utf-8"):
            response = self.response_to(connection, extra=[("content-type", content_type)])
            self.assertEqual((response.status, replies(response)), (OK, ["You said: hello"]))
            self.assertTrue(response.initial["content-type"].startswith("application/grpc"))

    @gateway_only
    def test_spellings_of_content_types(self):
        connection = self.connect()
        for content_type in (
            "Application/gRPC",
            "APPLICATION/GRPC+PROTO",
            "application/grpc ;charset=utf-8",
            "application/grpc\t; charset=utf-8",
        ):
            with self.subTest(content_type=content_type):
                response = self.response_to(connection, extra=[("content-type", content_type)])
                self.assertEqual((response.status, replies(response)), (OK, ["You said: hello"]))

    @gateway_only
    def test_other_content_types(self):
        connection = self.connect()
        for content_type in ("text/plain", "application/json", "application/grpcx", "application/grpc-web", "application/grp", "", "grpc"):
            with self.subTest(content_type=content_type):
                response = self.response_to(connection, extra=[("content-type", content_type)])
                self.assertEqual(response.initial[":status"], "415")
                self.assertTrue(response.ended)
        self.assertEqual(self.response_to(connection, without=["content-type"]).initial[":status"], "415")
        self.assert_answers(connection)

    @gateway_only
    def test_methods_other_than_post(self):
        connection = self.connect()
        for method in ("GET", "PUT", "HEAD", "DELETE", "OPTIONS", "post", "X"):
            with self.subTest(method=method):
                response = self.response_to(connection, extra=[(":method", method)])
                self.assertEqual(response.initial[":status"], "405")
                self.assertTrue(response.ended)
        self.assert_answers(connection)

    @gateway_only
    def test_get_of_the_root(self):
        connection = self.connect()
        fields = [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "localhost")]
        response = connection.response(connection.send_headers(fields, end_stream=True))
        self.assertEqual(response.initial[":status"], "200")
        self.assertTrue(response.initial["content-type"].startswith("text/plain"))
        self.assertIn(b"gRPC", response.data)
        head = connection.response(connection.send_headers([(":method", "HEAD"), *fields[1:]], end_stream=True))
        self.assertIn(head.initial[":status"], ("200", "405"))
        self.assertEqual(head.data, b"")
        self.assert_answers(connection)

    def test_te(self):
        """The specification requires `te: trailers`. A call without it may be refused, but must be answered."""
        response = self.response_to(self.connect(), without=["te"])
        self.assertTrue(response.status is not None or response.initial[":status"] == "400", vars(response))

    def test_status_message_is_percent_encoded(self):
        connection = self.connect()
        stream = connection.call("/echo.Nobody/Hä%20", request())
        response = connection.response(stream)
        if response.reset is None:
            self.assert_status(UNIMPLEMENTED, response)
            self.assertTrue(response.trailers["grpc-message"].isascii())

    @gateway_only
    def test_status_message_that_ends_with_a_space(self):
        """Names are truncated to 64 bytes, here after the space."""
        connection = self.connect()
        stream = connection.call("/" + "s" * 63 + " t/Reply", request())
        response = connection.response(stream)
        self.assert_status(UNIMPLEMENTED, response)
        self.assertEqual(response.trailers["grpc-message"], "unknown service " + "s" * 63 + "%20")

    @gateway_only
    def test_values_with_forbidden_characters(self):
        connection = self.connect()
        for value in ("a\nb", "a\rb", "a\0b", "a\r\n", "\0"):
            with self.subTest(value=value):
                response = self.response_to(connection, extra=[("x-secret", value)])
                self.assert_status(INTERNAL, response)
                self.assertIn('"x-secret"', response.trailers["grpc-message"])
        self.assert_answers(connection)

    @gateway_only
    def test_malformed_fields(self):
        connection = self.connect()
        for name, value in (
            ("connection", "close"),
            ("te", "gzip"),
            ("content-length", "x"),
            ("user-agent", "me "),
            ("host", "elsewhere"),
            ("X-Upper", "v"),
        ):
            with self.subTest(name=name):
                response = self.response_to(connection, extra=[(name, value)])
                self.assert_status(INTERNAL, response)
                self.assertIn(f'"{name}"', response.trailers["grpc-message"])
        self.assert_answers(connection)

    @gateway_only
    def test_values_that_are_not_ascii(self):
        """RFC 9110 5.5: bytes from 0x80 on are opaque data."""
        response = self.response_to(self.connect(), extra=[("x-echo-a", "20 \u00b0C")])
        self.assert_status(OK, response)
        self.assertEqual(response.trailers["x-echo-a"], "20 \u00b0C")

    @gateway_only
    def test_whitespace_around_binary_metadata(self):
        response = self.response_to(self.connect(), extra=[("x-echo-b-bin", " AAE=\t")])
        self.assert_status(OK, response)
        self.assertEqual(response.trailers["x-echo-b-bin"].rstrip("="), "AAE")

    @gateway_only
    def test_binary_metadata_with_and_without_padding(self):
        connection = self.connect()
        for sent in ("AAE", "AAE=", "", "/+8", "/+8="):
            response = self.response_to(connection, extra=[("x-echo-b-bin", sent)])
            self.assert_status(OK, response)
            self.assertEqual(response.trailers["x-echo-b-bin"].rstrip("="), sent.rstrip("="))

    def test_binary_metadata_joined_by_commas(self):
        """Values of one key may be joined in one field; the decoder splits them."""
        response = self.response_to(self.connect(), extra=[("x-echo-b-bin", "AAE,AAI="), ("x-echo-b-bin", "AAM")])
        self.assert_status(OK, response)
        for section in response.sections:
            values = ",".join(value for name, value in section if name == "x-echo-b-bin")
            self.assertEqual([value.strip("= ") for value in values.split(",")], ["AAE", "AAI", "AAM"])

    @gateway_only
    def test_binary_metadata_that_is_not_base64(self):
        """The connection stays open, whatever the result of the call."""
        connection = self.connect()
        for sent in ("!", "A", "A=B", "====", "AA\u007fA"):
            self.response_to(connection, extra=[("x-echo-b-bin", sent)])
        self.assert_answers(connection)


if __name__ == "__main__":
    suite.main()
