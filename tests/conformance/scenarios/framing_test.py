"""Messages split into frames in every way, and messages that do not match their prefix."""

import gzip
import subprocess

import gateway
import raw_http2 as h2
import suite
from raw_case import CHAT, COLLECT, INTERNAL, OK, REPLY, RESOURCE_EXHAUSTED, UNIMPLEMENTED, FreshRawTestCase, RawTestCase, replies, request
from raw_hpack import encode_fields
from suite import gateway_only

HELLO = h2.message(request())
ANSWER_SECONDS = 5  # for an immediate answer


class Splits(RawTestCase):
    options = ("--max-streams-per-connection", 77, "--max-header-table-bytes", 555, "--max-header-bytes", 5555)

    def assert_replies(self, connection, stream, *expected):
        response = connection.response(stream)
        self.assertEqual((response.status, replies(response)), (OK, list(expected)))

    def test_message_in_frames_of_one_byte(self):
        connection = self.connect()
        stream = connection.send_headers(h2.request_fields())
        for index in range(len(HELLO)):
            connection.send_data(stream, HELLO[index : index + 1], end_stream=index == len(HELLO) - 1)
        self.assert_replies(connection, stream, "You said: hello")

    def test_every_cut_in_two(self):
        connection = self.connect()
        for cut in range(len(HELLO) + 1):
            stream = connection.send_headers(h2.request_fields())
            connection.send_data(stream, HELLO[:cut])
            connection.send_data(stream, HELLO[cut:], end_stream=True)
            self.assert_replies(connection, stream, "You said: hello")

    def test_many_messages_in_one_frame(self):
        connection = self.connect()
        stream = connection.call(CHAT, *[request(str(number)) for number in range(500)])
        self.assert_replies(connection, stream, *[f"You said: {number}" for number in range(500)])

    def test_frame_that_ends_inside_the_second_message(self):
        connection = self.connect()
        for cut in range(len(HELLO)):
            stream = connection.send_headers(h2.request_fields(CHAT))
            connection.send_data(stream, HELLO + HELLO[:cut])
            connection.send_data(stream, HELLO[cut:] + HELLO, end_stream=True)
            self.assert_replies(connection, stream, *["You said: hello"] * 3)

    def test_half_close_in_an_empty_frame(self):
        connection = self.connect()
        stream = connection.call(REPLY, request(), end_stream=False)
        connection.send_data(stream, b"", end_stream=True)
        self.assert_replies(connection, stream, "You said: hello")

    def test_empty_frames_between(self):
        connection = self.connect()
        stream = connection.send_headers(h2.request_fields())
        for piece in (b"", HELLO[:3], b"", b"", HELLO[3:], b""):
            connection.send_data(stream, piece)
        connection.send_data(stream, b"", end_stream=True)
        self.assert_replies(connection, stream, "You said: hello")

    def test_everything_byte_by_byte_on_the_socket(self):
        connection = self.connect(preface=False)
        fields = encode_fields(h2.request_fields(extra=[("x-echo-slow", "yes")]))
        whole = h2.PREFACE + h2.frame(h2.SETTINGS, payload=b"\0\1\0\0\0\0")
        whole += h2.frame(h2.HEADERS, h2.END_HEADERS, 1, fields) + h2.frame(h2.DATA, h2.END_STREAM, 1, HELLO)
        for byte in whole:
            connection.send(bytes([byte]))
        self.assert_replies(connection, 1, "You said: hello")

    def test_everything_in_one_write(self):
        connection = self.connect(preface=False)
        fields = encode_fields(h2.request_fields())
        whole = h2.PREFACE + h2.frame(h2.SETTINGS, payload=b"\0\1\0\0\0\0")
        streams = range(1, 101, 2)
        for stream in streams:
            whole += h2.frame(h2.HEADERS, h2.END_HEADERS, stream, fields)
            whole += h2.frame(h2.DATA, h2.END_STREAM, stream, HELLO)
        connection.send(whole)
        for stream in streams:
            self.assert_replies(connection, stream, "You said: hello")

    def test_interleaved_messages_of_two_calls(self):
        connection = self.connect()
        streams = [connection.send_headers(h2.request_fields(CHAT)) for _ in range(2)]
        for index in range(len(HELLO)):
            for stream in streams:
                connection.send_data(stream, HELLO[index : index + 1], end_stream=index == len(HELLO) - 1)
        for stream in streams:
            self.assert_replies(connection, stream, "You said: hello")

    def test_request_window_opens_again_after_the_reply_window(self):
        """The window for bytes that arrived while replies waited is granted after the replies are sent."""
        connection = self.connect((h2.INITIAL_WINDOW_SIZE, 0), replenish=False)
        connection.send_window_update(0, 1 << 20)
        connection.receive_until(lambda: connection.settings_acknowledged)
        stream = connection.send_headers(h2.request_fields(CHAT))
        one = h2.message(request("x" * 15000))
        data = 10 * one
        sent, opened = 0, False
        first = connection.settings.get(h2.INITIAL_WINDOW_SIZE, 65535)

        def room():
            return min(65535 + connection.granted[0], first + connection.granted[stream]) - sent

        while sent < len(data):
            if sent > len(one) and not opened:
                connection.send_settings((h2.INITIAL_WINDOW_SIZE, 1 << 20))
                opened = True
            connection.receive_until(lambda: room() > 0)
            piece = data[sent : sent + min(room(), 10000)]
            connection.send_data(stream, piece)
            sent += len(piece)
        connection.send_data(stream, b"", end_stream=True)
        self.assert_replies(connection, stream, *["You said: " + "x" * 15000] * 10)

    @gateway_only
    def test_settings_of_the_gateway(self):
        connection = self.connect()
        self.assert_answers(connection)
        self.assertEqual(connection.settings[h2.MAX_CONCURRENT_STREAMS], 77)
        self.assertEqual(connection.settings[h2.HEADER_TABLE_SIZE], 555)
        self.assertEqual(connection.settings[h2.MAX_HEADER_LIST_SIZE], 5555)
        self.assertNotIn(h2.ENABLE_PUSH, connection.settings)


class Messages(RawTestCase):
    """gRPC messages that do not match their prefix."""

    def response_to(self, data, path=REPLY, extra=(), end_stream=True):
        connection = self.connect()
        stream = connection.send_headers(h2.request_fields(path, extra))
        connection.send_data(stream, data, end_stream)
        response = connection.response(stream, ANSWER_SECONDS)
        self.assert_answers(connection)
        return response

    @gateway_only
    def test_length_of_four_gigabytes(self):
        for end_stream in (False, True):
            response = self.response_to(b"\0\xff\xff\xff\xff", end_stream=end_stream)
            self.assert_status(8, response, "65536")

    @gateway_only
    def test_message_cut_short(self):
        for cut in range(1, len(HELLO)):
            for path in (REPLY, CHAT, COLLECT):
                self.assert_status(INTERNAL, self.response_to(HELLO[:cut], path))

    @gateway_only
    def test_second_message_cut_short(self):
        response = self.response_to(HELLO + HELLO[:-1], CHAT)
        self.assert_status(INTERNAL, response)
        self.assertEqual(replies(response), ["You said: hello"])

    def test_no_message(self):
        connection = self.connect()
        for data in (None, b""):
            stream = connection.send_headers(h2.request_fields(), end_stream=data is None)
            if data is not None:
                connection.send_data(stream, data, end_stream=True)
            self.assert_status(UNIMPLEMENTED, connection.response(stream))

    def test_two_messages_in_a_unary_call(self):
        response = self.response_to(HELLO + HELLO)
        self.assertIn(response.status, (OK, UNIMPLEMENTED, INTERNAL))
        self.assertLessEqual(len(response.messages), 1)

    @gateway_only
    def test_compressed_message(self):
        response = self.response_to(h2.message(b"\x1f\x8b", compressed=1), extra=[("grpc-encoding", "gzip")])
        self.assert_status(UNIMPLEMENTED, response)
        self.assertIn("compress", response.trailers["grpc-message"].lower())
        fields = dict(field for section in response.sections for field in section)
        self.assertEqual(fields.get("grpc-accept-encoding"), "identity")

    @gateway_only
    def test_compressed_message_without_an_encoding(self):
        for extra in ((), [("grpc-encoding", "identity")]):
            self.assert_status(INTERNAL, self.response_to(h2.message(request(), compressed=1), extra=extra))

    @gateway_only
    def test_unknown_flag(self):
        for flag in (2, 3, 0x80, 0xFF):
            self.assert_status(INTERNAL, self.response_to(h2.message(request(), compressed=flag)))

    def test_uncompressed_message_with_an_encoding(self):
        """The flag of each message states whether the message is compressed."""
        response = self.response_to(HELLO, extra=[("grpc-encoding", "gzip"), ("grpc-accept-encoding", "gzip")])
        self.assertIn(response.status, (OK, UNIMPLEMENTED))

    @gateway_only
    def test_client_may_stop_sending_after_a_refusal(self):
        """A refusal before the end of the request is followed by RST_STREAM(NO_ERROR) (RFC 9113 8.1)."""
        connection = self.connect()
        stream = connection.send_headers(h2.request_fields("/echo.Echo/Shout"))
        response = connection.response(stream)
        self.assert_status(UNIMPLEMENTED, response)
        connection.receive_until(lambda: response.reset is not None)
        self.assertEqual(response.reset, h2.NO_ERROR)
        connection.send_data(stream, HELLO, end_stream=True)
        self.assert_answers(connection)


class Compression(FreshRawTestCase):
    """With --gzip on."""

    LONG = "long " * 2000

    def setUp(self):
        if not gateway.is_ours():
            self.skipTest("needs its own gateway")
        manual = subprocess.run([*gateway.under_test(), "--help"], capture_output=True, text=True, check=True).stdout
        if "--gzip" not in manual:
            self.skipTest("built without compression")
        self.start("--gzip", "on")

    def call(self, *messages, path=REPLY, encoding="gzip", accepted=None):
        connection = self.connect()
        extra = [("grpc-encoding", encoding)] if encoding else []
        extra += [("grpc-accept-encoding", accepted)] if accepted else []
        stream = connection.send_headers(h2.request_fields(path, extra))
        data = b"".join(messages)
        for at in range(0, len(data), 16384):
            connection.send_data(stream, data[at : at + 16384], end_stream=at + 16384 >= len(data))
        response = connection.response(stream, ANSWER_SECONDS)
        self.assert_answers(connection)
        return response

    def plain(self, payload):
        return h2.message(payload), h2.message(gzip.compress(payload), compressed=1)

    def test_compressed_requests(self):
        hello, compressed = self.plain(request())
        response = self.call(hello, compressed, compressed, hello, path=CHAT)
        self.assertEqual((response.status, replies(response)), (OK, ["You said: hello"] * 4))
        self.assertNotIn("grpc-encoding", response.initial)
        _, long = self.plain(request(self.LONG))
        self.assertEqual(replies(self.call(long)), [f"You said: {self.LONG}"])

    def test_compressed_replies(self):
        long, _ = self.plain(request(self.LONG))
        for accepted in ("gzip", "identity, deflate, gzip", "identity,gzip,deflate"):
            response = self.call(long, encoding=None, accepted=accepted)
            self.assertEqual((response.status, response.initial["grpc-encoding"], response.data[0]), (OK, "gzip", 1))
            self.assertLess(len(response.data), len(self.LONG) // 10)
            reply = suite.echo_pb2.EchoReply.FromString(gzip.decompress(response.data[5:]))
            self.assertEqual(reply.message, f"You said: {self.LONG}")
        for accepted in (None, "identity", "deflate"):
            response = self.call(long, encoding=None, accepted=accepted)
            self.assertNotIn("grpc-encoding", response.initial)
            self.assertEqual(replies(response), [f"You said: {self.LONG}"])

    def test_messages_that_are_not_gzip(self):
        good = gzip.compress(request())
        for broken in (b"", b"hello", good[:-1], good[:12], good + b"x", good[:-8] + bytes(8)):
            response = self.call(h2.message(broken, compressed=1))
            self.assert_status(INTERNAL, response, "compressed message is malformed")

    def test_other_encodings(self):
        hello = h2.message(gzip.compress(request()), compressed=1)
        response = self.call(hello, encoding="deflate")
        self.assert_status(UNIMPLEMENTED, response)
        fields = dict(field for section in response.sections for field in section)
        self.assertEqual(fields.get("grpc-accept-encoding"), "identity,gzip")
        for encoding in (None, "identity"):
            self.assert_status(INTERNAL, self.call(hello, encoding=encoding))

    def test_what_a_message_contains_is_limited(self):
        bomb = h2.message(gzip.compress(bytes(60_000_000)), compressed=1)
        self.assertLess(len(bomb), 60_000)
        self.assert_status(RESOURCE_EXHAUSTED, self.call(bomb), "65536")


if __name__ == "__main__":
    suite.main()
