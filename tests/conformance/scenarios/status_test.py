"""Failed calls: the code, the message, and that the connection stays open."""

import grpc

import gateway
import suite
from gateway import Gateway
from suite import PATIENCE, EchoTestCase, echo_pb2, gateway_only

MALFORMED = (grpc.StatusCode.INTERNAL, grpc.StatusCode.INVALID_ARGUMENT)
HELLO = echo_pb2.EchoRequest(message="hello").SerializeToString()


class Status(EchoTestCase):
    def call_raw(self, path, payload=HELLO):
        return self.channel.unary_unary(path)(payload, timeout=PATIENCE)

    def tearDown(self):
        reply = self.echo.Reply(echo_pb2.EchoRequest(message="still there"), timeout=PATIENCE)
        self.assertEqual(reply.message, "You said: still there")

    def test_unknown_method(self):
        error = self.assert_status(grpc.StatusCode.UNIMPLEMENTED, self.call_raw, "/echo.Echo/Shout")
        if not gateway.is_reference():
            self.assertIn("Shout", error.details())

    def test_unknown_service(self):
        error = self.assert_status(grpc.StatusCode.UNIMPLEMENTED, self.call_raw, "/echo.Nobody/Reply")
        if not gateway.is_reference():
            self.assertIn("echo.Nobody", error.details())

    def test_unknown_paths(self):
        for path in ("/", "//", "/echo.Echo", "/echo.Echo/", "/echo.Echo/Reply/", "/echo.echo/reply", "/x" * 300):
            with self.subTest(path=path):
                self.assert_status(grpc.StatusCode.UNIMPLEMENTED, self.call_raw, path)

    def test_unknown_method_of_every_kind(self):
        path = "/echo.Echo/Shout"
        self.assert_status(grpc.StatusCode.UNIMPLEMENTED, self.channel.unary_stream(path), HELLO)
        self.assert_status(grpc.StatusCode.UNIMPLEMENTED, self.channel.stream_unary(path), iter([HELLO] * 3))
        self.assert_status(grpc.StatusCode.UNIMPLEMENTED, self.channel.stream_stream(path), iter([HELLO] * 3))

    def test_malformed_message(self):
        for payload in (b"\xff", b"\x0a\x05abc", b"\x0a\xff\xff\xff\xff\x0f", b"\x10" + b"\xff" * 10):
            with self.subTest(payload=payload):
                self.assert_status(MALFORMED, self.call_raw, "/echo.Echo/Reply", payload)

    def test_malformed_message_in_every_kind_of_call(self):
        self.assert_status(MALFORMED, self.channel.unary_stream("/echo.Echo/ReplyStream"), b"\xff")
        if gateway.is_reference():
            return  # grpcio ends a request stream at a message that it cannot decode.
        self.assert_status(MALFORMED, self.channel.stream_unary("/echo.Echo/Collect"), iter([HELLO, b"\xff"]))
        self.assert_status(MALFORMED, self.channel.stream_stream("/echo.Echo/Chat"), iter([HELLO, b"\xff"]))

    def test_replies_before_a_malformed_message_arrive(self):
        if gateway.is_reference():
            return
        chat = self.channel.stream_stream("/echo.Echo/Chat")(iter([HELLO, HELLO, b"\xff"]), timeout=PATIENCE)
        self.assertEqual(echo_pb2.EchoReply.FromString(next(chat)).number, 1)
        self.assertEqual(echo_pb2.EchoReply.FromString(next(chat)).number, 2)
        self.assert_status(MALFORMED, next, chat)

    @gateway_only
    def test_compressed_message(self):
        channel = suite.open_channel(self.gateway.target, compression=grpc.Compression.Gzip)
        self.addCleanup(channel.close)
        call = channel.unary_unary("/echo.Echo/Reply")
        payload = echo_pb2.EchoRequest(message="x" * 1000).SerializeToString()
        error = self.assert_status(grpc.StatusCode.UNIMPLEMENTED, call, payload, timeout=PATIENCE)
        self.assertIn("compress", error.details().lower())

    def test_refused_calls_do_not_affect_others(self):
        streams = [self.echo.ReplyStream(echo_pb2.EchoRequest(count=10, interval_ms=20)) for _ in range(10)]
        for _ in range(50):
            self.assert_status(grpc.StatusCode.UNIMPLEMENTED, self.call_raw, "/echo.Echo/Shout")
        for stream in streams:
            self.assertEqual(len(list(stream)), 10)


def varint(value):
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])


def text(payload):
    return b"\x0a" + varint(len(payload)) + payload


# Requests that a generated encoder would not send.
ODD_REQUESTS = {
    "empty": b"",
    "empty message field": text(b""),
    "message twice": text(b"first") + text(b"second"),
    "unknown varint field": b"\x78\x05" + HELLO,
    "unknown fixed64 field": b"\x79" + bytes(8) + HELLO,
    "unknown fixed32 field": HELLO + b"\x7d" + bytes(4),
    "unknown bytes field": b"\x7a\x03abc" + HELLO,
    "unknown field with a large number": varint(536870911 << 3) + b"\x01" + HELLO,
    "message as a varint": b"\x08\x05" + HELLO,
    "count in ten bytes": b"\x10\x81\x80\x80\x80\x80\x80\x80\x80\x80\x00" + HELLO,
    "timing as a large number": b"\x20\x00" + HELLO,
    "tag in more bytes than needed": b"\x8a\x00\x05hello",
    "length in more bytes than needed": b"\x0a\x85\x00hello",
    "field number zero": b"\x02\x01a",
    "wire type six": b"\x7e\x00",
    "wire type seven": b"\x7f\x00",
    "message cut short": b"\x0a\x06hello",
    "tag cut short": HELLO + b"\x80",
    "length cut short": b"\x0a\x80",
    "varint cut short": b"\x10\x80",
    "varint of eleven bytes": b"\x10" + b"\x80" * 10 + b"\x01",
    "fixed64 cut short": b"\x79" + bytes(7),
    "length of four gigabytes": b"\x0a\xff\xff\xff\xff\x0f",
    "length of 2**64 - 1": b"\x0a" + b"\xff" * 9 + b"\x01",
    "UTF-8 of two, three and four bytes": text("é€\U0001f98a".encode()),
    "largest code point": text(b"\xf4\x8f\xbf\xbf"),
    "lone continuation byte": text(b"a\x80b"),
    "sequence cut short": text(b"a\xe2\x82"),
    "overlong slash": text(b"\xc0\xaf"),
    "overlong in three bytes": text(b"\xe0\x80\xaf"),
    "overlong in four bytes": text(b"\xf0\x80\x80\xaf"),
    "surrogate": text(b"\xed\xa0\x80"),
    "beyond the largest code point": text(b"\xf4\x90\x80\x80"),
    "byte that UTF-8 never has": text(b"\xfe"),
    "nul bytes": text(b"\0a\0"),
}

# Encodings that protobuf accepts and another decoder may refuse.
READ_BY_PROTOBUF = {
    "count as bytes": b"\x12\x01a" + HELLO,
    "count beyond 32 bits": b"\x10" + varint(2**40 + 1) + HELLO,
}


class AgainstTheReference(EchoTestCase):
    """Sends the same bytes to grpcio and to the server under test. The payloads must be identical."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reference = Gateway(command=gateway.REFERENCE).start()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.reference.stop()

    def outcome(self, channel, path, payload):
        """The bytes of the reply, or a marker for a malformed message."""
        try:
            return channel.unary_unary(path)(payload, timeout=PATIENCE)
        except grpc.RpcError as error:
            self.assertIn(error.code(), MALFORMED, error.details())
            return "malformed"

    def outcomes(self, payload):
        reference = self.open_channel(self.reference.target)
        return [self.outcome(channel, "/echo.Echo/Reply", payload) for channel in (self.channel, reference)]

    def test_unusual_encodings(self):
        for name, payload in ODD_REQUESTS.items():
            with self.subTest(name):
                got, expected = self.outcomes(payload)
                self.assertEqual(got, expected)

    def test_wrong_wire_types(self):
        for name, payload in READ_BY_PROTOBUF.items():
            with self.subTest(name):
                got, expected = self.outcomes(payload)
                self.assertIn(got, (expected, "malformed"))

    def test_random_requests(self):
        source = suite.seeded_random()
        reference = self.open_channel(self.reference.target)
        for _ in range(300):
            pieces = [self.random_piece(source) for _ in range(source.randrange(4))]
            payload = b"".join(pieces)
            payload = payload[: source.choice((None, len(payload) - 1))]
            with self.subTest(payload=payload):
                expected = self.outcome(reference, "/echo.Echo/Reply", payload)
                self.assertEqual(self.outcome(self.channel, "/echo.Echo/Reply", payload), expected)

    @staticmethod
    def random_piece(source):
        kind = source.randrange(4)
        if kind == 0:
            return text("".join(source.choices("Aé€\U0001f98a", k=source.randrange(9))).encode())
        if kind == 1:
            return text(source.randbytes(source.randrange(4)))
        if kind == 2:
            return varint(source.randrange(5, 100) << 3) + varint(source.randrange(2**64))
        return bytes([0x10, source.randrange(128)])

    def test_streamed_replies(self):
        reference = self.open_channel(self.reference.target)
        requests = [echo_pb2.EchoRequest(message=word).SerializeToString() for word in ("", "a", "é" * 100)] * 50
        replies = [
            list(channel.stream_stream("/echo.Echo/Chat")(iter(requests), timeout=PATIENCE))
            for channel in (self.channel, reference)
        ]
        self.assertEqual(replies[0], replies[1])
        self.assertEqual(len(replies[0]), len(requests))


if __name__ == "__main__":
    suite.main()
