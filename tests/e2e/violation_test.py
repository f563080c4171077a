"""Violations of HTTP/2 (RFC 9113, RFC 7541): a GOAWAY with a code and a reason, or the end of one stream."""

import struct

import raw_http2 as h2
import suite
from raw_case import CHAT, REPLY, REPLY_STREAM, RawTestCase, request
from raw_hpack import encode_fields
from suite import gateway_only

HEAD = encode_fields(h2.request_fields())
HELLO = h2.message(request())


def settings(identifier, value):
    return h2.frame(h2.SETTINGS, payload=struct.pack(">HI", identifier, value))


# What goes out on a connection whose stream 1 is open, and the code that the connection ends with.
OF_THE_CONNECTION = {
    "DATA on stream 0": (h2.frame(h2.DATA, 0, 0, HELLO), h2.PROTOCOL_ERROR),
    "DATA on an idle stream": (h2.frame(h2.DATA, 0, 5, HELLO), h2.PROTOCOL_ERROR),
    "padding longer than the frame": (h2.frame(h2.DATA, h2.PADDED, 1, b"\x05abc"), h2.PROTOCOL_ERROR),
    "padding flag on an empty frame": (h2.frame(h2.DATA, h2.PADDED, 1), (h2.FRAME_SIZE_ERROR, h2.PROTOCOL_ERROR)),
    "frame of 16,385 bytes": (h2.frame(h2.DATA, 0, 1, bytes(16385)), h2.FRAME_SIZE_ERROR),
    "HEADERS on stream 0": (h2.frame(h2.HEADERS, h2.END_HEADERS, 0, HEAD), h2.PROTOCOL_ERROR),
    "HEADERS on an even stream": (h2.frame(h2.HEADERS, h2.END_HEADERS, 2, HEAD), h2.PROTOCOL_ERROR),
    "padding longer than the block": (
        h2.frame(h2.HEADERS, h2.END_HEADERS | h2.PADDED, 3, b"\xff" + HEAD),
        h2.PROTOCOL_ERROR,
    ),
    "PRIORITY on stream 0": (h2.frame(h2.PRIORITY, 0, 0, bytes(5)), h2.PROTOCOL_ERROR),
    "RST_STREAM on stream 0": (h2.frame(h2.RST_STREAM, 0, 0, bytes(4)), h2.PROTOCOL_ERROR),
    "RST_STREAM on an idle stream": (h2.frame(h2.RST_STREAM, 0, 5, bytes(4)), h2.PROTOCOL_ERROR),
    "RST_STREAM of 3 bytes": (h2.frame(h2.RST_STREAM, 0, 1, bytes(3)), h2.FRAME_SIZE_ERROR),
    "SETTINGS on a stream": (h2.frame(h2.SETTINGS, 0, 1), h2.PROTOCOL_ERROR),
    "SETTINGS of 5 bytes": (h2.frame(h2.SETTINGS, 0, 0, bytes(5)), h2.FRAME_SIZE_ERROR),
    "SETTINGS acknowledgement with bytes": (h2.frame(h2.SETTINGS, h2.ACK, 0, bytes(6)), h2.FRAME_SIZE_ERROR),
    "ENABLE_PUSH 2": (settings(h2.ENABLE_PUSH, 2), h2.PROTOCOL_ERROR),
    "INITIAL_WINDOW_SIZE 2^31": (settings(h2.INITIAL_WINDOW_SIZE, 1 << 31), h2.FLOW_CONTROL_ERROR),
    "MAX_FRAME_SIZE 16,383": (settings(h2.MAX_FRAME_SIZE, 16383), h2.PROTOCOL_ERROR),
    "MAX_FRAME_SIZE 2^24": (settings(h2.MAX_FRAME_SIZE, 1 << 24), h2.PROTOCOL_ERROR),
    "PUSH_PROMISE": (h2.frame(h2.PUSH_PROMISE, h2.END_HEADERS, 1, b"\0\0\0\2" + HEAD), h2.PROTOCOL_ERROR),
    "PING on a stream": (h2.frame(h2.PING, 0, 1, bytes(8)), h2.PROTOCOL_ERROR),
    "PING of 7 bytes": (h2.frame(h2.PING, 0, 0, bytes(7)), h2.FRAME_SIZE_ERROR),
    "GOAWAY on a stream": (h2.frame(h2.GOAWAY, 0, 1, bytes(8)), h2.PROTOCOL_ERROR),
    "GOAWAY of 7 bytes": (h2.frame(h2.GOAWAY, 0, 0, bytes(7)), h2.FRAME_SIZE_ERROR),
    "WINDOW_UPDATE by 0": (h2.frame(h2.WINDOW_UPDATE, 0, 0, bytes(4)), h2.PROTOCOL_ERROR),
    "WINDOW_UPDATE of 3 bytes": (h2.frame(h2.WINDOW_UPDATE, 0, 0, bytes(3)), h2.FRAME_SIZE_ERROR),
    "WINDOW_UPDATE past 2^31": (h2.frame(h2.WINDOW_UPDATE, 0, 0, b"\x7f\xff\xff\xff"), h2.FLOW_CONTROL_ERROR),
    "WINDOW_UPDATE on an idle stream": (h2.frame(h2.WINDOW_UPDATE, 0, 5, b"\0\0\0\1"), h2.PROTOCOL_ERROR),
    "CONTINUATION without HEADERS": (h2.frame(h2.CONTINUATION, h2.END_HEADERS, 1, HEAD), h2.PROTOCOL_ERROR),
    "PING inside a header block": (
        h2.frame(h2.HEADERS, 0, 3, HEAD[:9]) + h2.frame(h2.PING, 0, 0, bytes(8)),
        h2.PROTOCOL_ERROR,
    ),
    "CONTINUATION of another stream": (
        h2.frame(h2.HEADERS, 0, 3, HEAD[:9]) + h2.frame(h2.CONTINUATION, h2.END_HEADERS, 5, HEAD[9:]),
        h2.PROTOCOL_ERROR,
    ),
    "unknown frame inside a header block": (
        h2.frame(h2.HEADERS, 0, 3, HEAD[:9]) + h2.frame(0xFA, 0, 0, b"x"),
        h2.PROTOCOL_ERROR,
    ),
    "header index 0": (h2.frame(h2.HEADERS, h2.END_HEADERS, 3, b"\x80"), h2.COMPRESSION_ERROR),
    "header index that is not there": (h2.frame(h2.HEADERS, h2.END_HEADERS, 3, b"\xff\x7f"), h2.COMPRESSION_ERROR),
    "header index without an end": (
        h2.frame(h2.HEADERS, h2.END_HEADERS, 3, b"\xff" + b"\xff" * 20),
        h2.COMPRESSION_ERROR,
    ),
    "text cut short": (h2.frame(h2.HEADERS, h2.END_HEADERS, 3, b"\0\x05abc"), h2.COMPRESSION_ERROR),
    "Huffman padding of zeros": (h2.frame(h2.HEADERS, h2.END_HEADERS, 3, b"\0\x81\x00\x00"), h2.COMPRESSION_ERROR),
    "Huffman code of the end": (
        h2.frame(h2.HEADERS, h2.END_HEADERS, 3, b"\0\x84\xff\xff\xff\xff\x00"),
        h2.COMPRESSION_ERROR,
    ),
    "table size above what is allowed": (
        h2.frame(h2.HEADERS, h2.END_HEADERS, 3, b"\x3f\xff\xff\x03"),
        h2.COMPRESSION_ERROR,
    ),
    "table size behind a field": (
        h2.frame(h2.HEADERS, h2.END_HEADERS, 3, HEAD + b"\x20"),
        h2.COMPRESSION_ERROR,
    ),
}


class OfTheConnection(RawTestCase):
    @gateway_only
    def test_each(self):
        for name, (sent, code) in OF_THE_CONNECTION.items():
            with self.subTest(name):
                connection = self.connect()
                self.assertEqual(connection.send_headers(h2.request_fields(CHAT)), 1)
                connection.send(sent)
                self.assert_goaway(connection, code)
                connection.close()
        self.assert_answers()

    @gateway_only
    def test_stream_numbers_that_go_down(self):
        connection = self.connect()
        connection.send_headers(h2.request_fields(CHAT), stream=9)
        connection.send_headers(h2.request_fields(CHAT), stream=7)
        goaway = connection.receive_to_the_end()
        self.assertIn(goaway[1], (h2.PROTOCOL_ERROR, h2.STREAM_CLOSED))
        self.assertEqual(goaway[0], 9)

    @gateway_only
    def test_priority_of_4_bytes(self):
        """RFC 9113 6.3 makes it an error of the stream, and 5.4.1 allows to end the connection for it."""
        connection = self.connect()
        stream = connection.send_headers(h2.request_fields(CHAT))
        connection.send_frame(h2.PRIORITY, 0, stream, bytes(4))
        response = connection.responses.setdefault(stream, h2.Response())
        connection.receive_until(lambda: connection.goaway or response.reset is not None)
        told = connection.goaway[1] if connection.goaway else response.reset
        self.assertEqual(told, h2.FRAME_SIZE_ERROR)

    @gateway_only
    def test_preface_without_settings(self):
        connection = self.connect(preface=False)
        connection.send(h2.PREFACE + h2.frame(h2.PING, 0, 0, bytes(8)))
        self.assert_goaway(connection, h2.PROTOCOL_ERROR)

    @gateway_only
    def test_what_is_not_http2(self):
        for sent in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), b"SSH-2.0-x\r\n", bytes(100)):
            with self.subTest(sent=sent[:10]):
                connection = self.connect(preface=False)
                connection.send(sent)
                self.assert_goaway(connection, h2.PROTOCOL_ERROR)
                connection.close()
        self.assert_answers()

    @gateway_only
    def test_preface_with_one_wrong_byte(self):
        for index in range(1, len(h2.PREFACE)):
            preface = bytearray(h2.PREFACE)
            preface[index] ^= 1
            connection = self.connect(preface=False)
            connection.send(bytes(preface) + h2.frame(h2.SETTINGS))
            self.assert_goaway(connection, h2.PROTOCOL_ERROR)
            connection.close()

    @gateway_only
    def test_calls_under_way_elsewhere_go_on(self):
        other = self.connect()
        stream = other.call(REPLY_STREAM, request(count=4, interval_ms=100))
        connection = self.connect()
        connection.send(h2.frame(h2.PING, 0, 0, bytes(7)))
        self.assert_goaway(connection, h2.FRAME_SIZE_ERROR)
        self.assertEqual(len(other.response(stream).messages), 4)


class OfOneStream(RawTestCase):
    """The stream ends with RST_STREAM; the connection and its other calls go on."""

    def assert_reset(self, sent, code):
        connection = self.connect()
        stream = connection.send_headers(h2.request_fields(CHAT))
        connection.send(sent)
        response = connection.response(stream)
        self.assertEqual(response.reset, code, vars(response))
        self.assert_answers(connection)

    @gateway_only
    def test_window_update_by_0(self):
        self.assert_reset(h2.frame(h2.WINDOW_UPDATE, 0, 1, bytes(4)), h2.PROTOCOL_ERROR)

    @gateway_only
    def test_window_past_2_31(self):
        self.assert_reset(h2.frame(h2.WINDOW_UPDATE, 0, 1, b"\x7f\xff\xff\xff"), h2.FLOW_CONTROL_ERROR)

    @gateway_only
    def test_trailers_that_do_not_end_the_stream(self):
        trailers = encode_fields([("x-late", "v")])
        self.assert_reset(h2.frame(h2.HEADERS, h2.END_HEADERS, 1, trailers), h2.PROTOCOL_ERROR)

    @gateway_only
    def test_pseudo_header_in_trailers(self):
        trailers = encode_fields([(":path", "/")])
        self.assert_reset(h2.frame(h2.HEADERS, h2.END_HEADERS | h2.END_STREAM, 1, trailers), h2.PROTOCOL_ERROR)

    @gateway_only
    def test_data_behind_the_end(self):
        connection = self.connect()
        stream = connection.call(REPLY_STREAM, request(count=2, interval_ms=60000))
        connection.send_data(stream, HELLO)
        response = connection.response(stream)
        self.assertEqual(response.reset, h2.STREAM_CLOSED, vars(response))

    @gateway_only
    def test_more_streams_than_allowed(self):
        """The one too many is refused, so that the client may try again; those that are open stay open."""
        connection = self.connect()
        streams = [connection.send_headers(h2.request_fields(CHAT)) for _ in range(101)]
        self.assertEqual(connection.response(streams[-1]).reset, h2.REFUSED_STREAM)
        for stream in streams[:-1]:
            connection.send_data(stream, HELLO, end_stream=True)
            self.assertEqual(len(connection.response(stream).messages), 1)

    def test_frames_on_a_stream_that_has_ended(self):
        """What was under way when the stream ended is no error."""
        connection = self.connect()
        stream = connection.call(REPLY, request())
        connection.response(stream)
        connection.send_window_update(stream, 1000)
        connection.send_reset(stream)
        connection.send_frame(h2.PRIORITY, 0, stream, bytes(5))
        self.assert_answers(connection)


if __name__ == "__main__":
    suite.main()
