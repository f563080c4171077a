"""Requests cut into frames in every way that HTTP/2 allows, and in some that it does not."""

import raw_http2 as h2
import suite
from raw_case import CHAT, COLLECT, INTERNAL, OK, REPLY, REPLY_STREAM, UNIMPLEMENTED, RawTestCase, replies, request
from raw_hpack import encode_fields
from suite import echo_pb2, gateway_only

HELLO = h2.message(request())


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

    def test_messages_of_two_calls_in_turns(self):
        connection = self.connect()
        streams = [connection.send_headers(h2.request_fields(CHAT)) for _ in range(2)]
        for index in range(len(HELLO)):
            for stream in streams:
                connection.send_data(stream, HELLO[index : index + 1], end_stream=index == len(HELLO) - 1)
        for stream in streams:
            self.assert_replies(connection, stream, "You said: hello")

    @gateway_only  # grpcio refuses padding.
    def test_padding(self):
        connection = self.connect()
        for padding in (0, 1, 17, 255):
            block = bytes([padding]) + encode_fields(h2.request_fields()) + bytes(padding)
            stream = connection.new_stream()
            connection.send_frame(h2.HEADERS, h2.END_HEADERS | h2.PADDED, stream, block)
            data = bytes([padding]) + HELLO + bytes(padding)
            connection.send_frame(h2.DATA, h2.END_STREAM | h2.PADDED, stream, data)
            self.assert_replies(connection, stream, "You said: hello")

    @gateway_only  # grpcio refuses padding.
    def test_padding_counts_for_flow_control(self):
        """More padding than a window holds goes through, because windows are opened again for it."""
        connection = self.connect()
        stream = connection.send_headers(h2.request_fields(COLLECT))
        payload = bytes([255]) + HELLO + bytes(255)
        for sent in range(0, 1000 * len(payload), len(payload)):
            room = 65535 - sent - len(payload)
            connection.receive_until(lambda: min(connection.granted[0], connection.granted[stream]) + room >= 0)
            connection.send_frame(h2.DATA, h2.PADDED, stream, payload)
        connection.send_data(stream, b"", end_stream=True)
        response = connection.response(stream)
        self.assertEqual(response.status, OK)
        self.assertEqual(echo_pb2.EchoSummary.FromString(response.messages[0]).messages, 1000)

    def test_priority_in_headers(self):
        connection = self.connect()
        stream = connection.new_stream()
        block = b"\x80\0\0\0\xff" + encode_fields(h2.request_fields())
        connection.send_frame(h2.HEADERS, h2.END_HEADERS | h2.PRIORITY_FLAG, stream, block)
        connection.send_data(stream, HELLO, end_stream=True)
        self.assert_replies(connection, stream, "You said: hello")

    def test_header_block_cut_by_continuation(self):
        connection = self.connect()
        block = encode_fields(h2.request_fields(extra=[("x-echo-cut", "here")]))
        for cut in range(0, len(block) + 1, 7):
            stream = connection.new_stream()
            connection.send_frame(h2.HEADERS, 0, stream, block[:cut])
            connection.send_frame(h2.CONTINUATION, h2.END_HEADERS, stream, block[cut:])
            connection.send_data(stream, HELLO, end_stream=True)
            self.assert_replies(connection, stream, "You said: hello")
            self.assertEqual(connection.responses[stream].trailers["x-echo-cut"], "here")

    def test_header_block_in_seven_frames(self):
        connection = self.connect()
        block = encode_fields(h2.request_fields())
        stream = connection.new_stream()
        connection.send_frame(h2.HEADERS, 0, stream, block[:1])
        for index in range(1, 6):
            connection.send_frame(h2.CONTINUATION, 0, stream, block[index : index + 1])
        connection.send_frame(h2.CONTINUATION, h2.END_HEADERS, stream, block[6:])
        connection.send_data(stream, HELLO, end_stream=True)
        self.assert_replies(connection, stream, "You said: hello")

    def test_frames_that_mean_nothing_between(self):
        connection = self.connect()
        stream = connection.send_headers(h2.request_fields())
        connection.send_frame(0xFA, 0xFF, stream, b"unknown")
        connection.send_frame(h2.PRIORITY, 0, stream, b"\0\0\0\0\x10")
        connection.send_frame(h2.PING, 0, 0, b"12345678")
        connection.send_frame(0xFB, 0, 0)
        connection.send_data(stream, HELLO, end_stream=True)
        self.assert_replies(connection, stream, "You said: hello")
        connection.receive_until(lambda: connection.pings_answered == [b"12345678"])

    def test_trailers_from_the_client(self):
        connection = self.connect()
        for path, expected in ((REPLY, 1), (CHAT, 1)):
            stream = connection.call(path, request(), end_stream=False)
            connection.send_headers([("x-echo-late", "trailer")], stream, end_stream=True)
            self.assert_replies(connection, stream, *["You said: hello"] * expected)

    def test_answer_of_one_byte_windows(self):
        connection = self.connect((h2.INITIAL_WINDOW_SIZE, 1), replenish=False)
        stream = connection.call(REPLY_STREAM, request("drop by drop", count=2))
        response = connection.responses.setdefault(stream, h2.Response())
        messages = [echo_pb2.EchoReply(message="You said: drop by drop", number=number) for number in (1, 2)]
        expected = b"".join(h2.message(each.SerializeToString()) for each in messages)
        for size in range(1, len(expected) + 1):
            connection.receive_until(lambda size=size: len(response.data) == size)
            connection.send_window_update(stream, 1)
        connection.receive_until(lambda: response.ended)
        self.assertEqual((response.data, response.status), (expected, OK))

    def test_window_shut_then_opened_by_settings(self):
        connection = self.connect((h2.INITIAL_WINDOW_SIZE, 0), replenish=False)
        stream = connection.call(REPLY, request())
        response = connection.responses.setdefault(stream, h2.Response())
        connection.receive_until(lambda: response.sections)
        connection.send_frame(h2.PING, 0, 0, b"sync-one")
        connection.receive_until(lambda: connection.pings_answered)
        self.assertEqual((response.data, response.ended), (b"", False))
        connection.send_settings((h2.INITIAL_WINDOW_SIZE, 65535))
        self.assert_replies(connection, stream, "You said: hello")

    def test_request_window_opens_again_after_the_reply_window(self):
        """Bytes that came in while replies had to wait are given back once the replies have gone."""
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

    def test_window_of_the_connection(self):
        """65,535 bytes for all streams together, and not one more until the window is opened."""
        connection = self.connect((h2.INITIAL_WINDOW_SIZE, 1 << 20), replenish=False)
        stream = connection.call(REPLY_STREAM, request("x" * 1000, count=100))
        response = connection.responses.setdefault(stream, h2.Response())
        connection.receive_until(lambda: len(response.data) >= 65535)
        connection.send_frame(h2.PING, 0, 0, b"sync-two")
        connection.receive_until(lambda: connection.pings_answered)
        self.assertEqual(len(response.data), 65535)
        connection.send_window_update(0, 1 << 20)
        connection.receive_until(lambda: response.ended)
        self.assertEqual(len(response.messages), 100)

    def test_answer_in_frames_that_the_client_allows(self):
        connection = self.connect((h2.INITIAL_WINDOW_SIZE, 1 << 20))
        connection.send_window_update(0, 1 << 20)
        stream = connection.call(REPLY, request("x" * 60000))
        response = connection.responses.setdefault(stream, h2.Response())
        largest = 0
        while not response.ended:
            largest = max(largest, len(connection.receive_frame().payload))
        self.assertLessEqual(largest, 16384)
        self.assertEqual(replies(response), ["You said: " + "x" * 60000])

    def test_settings_are_acknowledged(self):
        connection = self.connect()
        for count in range(2, 6):
            connection.send_settings()
            connection.receive_until(lambda count=count: connection.settings_acknowledged == count)

    @gateway_only
    def test_what_the_gateway_announces(self):
        connection = self.connect()
        self.assert_answers(connection)
        self.assertEqual(connection.settings[h2.MAX_CONCURRENT_STREAMS], 77)
        self.assertEqual(connection.settings[h2.HEADER_TABLE_SIZE], 555)
        self.assertEqual(connection.settings[h2.MAX_HEADER_LIST_SIZE], 5555)
        self.assertNotIn(h2.ENABLE_PUSH, connection.settings)


class Messages(RawTestCase):
    """gRPC messages that are not what their prefix says."""

    def response_to(self, data, path=REPLY, extra=(), end_stream=True):
        connection = self.connect()
        stream = connection.send_headers(h2.request_fields(path, extra))
        connection.send_data(stream, data, end_stream)
        response = connection.response(stream)
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

    def test_two_messages_where_one_is_due(self):
        response = self.response_to(HELLO + HELLO)
        self.assertIn(response.status, (OK, UNIMPLEMENTED, INTERNAL))
        self.assertLessEqual(len(response.messages), 1)

    @gateway_only
    def test_compressed_message(self):
        response = self.response_to(h2.message(b"\x1f\x8b", compressed=1), extra=[("grpc-encoding", "gzip")])
        self.assert_status(UNIMPLEMENTED, response, "compress")
        fields = dict(field for section in response.sections for field in section)
        self.assertEqual(fields.get("grpc-accept-encoding"), "identity")

    @gateway_only
    def test_compressed_message_without_an_encoding(self):
        for extra in ((), [("grpc-encoding", "identity")]):
            self.assert_status(INTERNAL, self.response_to(h2.message(request(), compressed=1), extra=extra))

    @gateway_only
    def test_flag_that_means_nothing(self):
        for flag in (2, 3, 0x80, 0xFF):
            self.assert_status(INTERNAL, self.response_to(h2.message(request(), compressed=flag)))

    def test_plain_message_under_an_encoding(self):
        """Each message says for itself whether it is compressed."""
        response = self.response_to(HELLO, extra=[("grpc-encoding", "gzip"), ("grpc-accept-encoding", "gzip")])
        self.assertIn(response.status, (OK, UNIMPLEMENTED))

    @gateway_only
    def test_client_may_stop_sending_after_a_refusal(self):
        """A refusal that comes before the request has ended is followed by RST_STREAM(NO_ERROR) (RFC 9113 8.1)."""
        connection = self.connect()
        stream = connection.send_headers(h2.request_fields("/echo.Echo/Shout"))
        response = connection.response(stream)
        self.assert_status(UNIMPLEMENTED, response)
        connection.receive_until(lambda: response.reset is not None)
        self.assertEqual(response.reset, h2.NO_ERROR)
        connection.send_data(stream, HELLO, end_stream=True)
        self.assert_answers(connection)


if __name__ == "__main__":
    suite.main()
