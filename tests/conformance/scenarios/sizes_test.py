"""Messages up to the limit, at the limit and one byte above it."""

import grpc

import suite
from request_stream import RequestStream
from suite import PATIENCE, EchoTestCase, echo_pb2

DEFAULT_LIMIT = 65536
LARGE_LIMIT = 4 << 20
MEBIBYTE = "0123456789abcdef" * 65536


def request_of(size):
    """A request with an encoded size of `size` bytes."""
    for overhead in range(2, 9):
        for count in (0, 1):
            request = echo_pb2.EchoRequest(message="x" * (size - overhead), count=count)
            if request.ByteSize() == size:
                return request
    raise ValueError(f"no request has {size} bytes")


class DefaultLimit(EchoTestCase):
    options = ("--max-message-bytes", DEFAULT_LIMIT)

    def refused(self, call, *arguments):
        error = self.assert_status(grpc.StatusCode.RESOURCE_EXHAUSTED, call, *arguments, timeout=PATIENCE)
        self.assertIn(str(DEFAULT_LIMIT), error.details())

    def test_exactly_the_limit(self):
        request = request_of(DEFAULT_LIMIT)
        self.assertEqual(self.echo.Reply(request, timeout=PATIENCE).message, "You said: " + request.message)

    def test_one_byte_more(self):
        self.refused(self.echo.Reply, request_of(DEFAULT_LIMIT + 1))

    def test_much_more(self):
        self.refused(self.echo.Reply, request_of(8 << 20))

    def test_one_byte_more_in_every_kind_of_call(self):
        request = request_of(DEFAULT_LIMIT + 1)
        self.refused(self.echo.ReplyStream, request)
        self.refused(self.echo.Collect, iter([request_of(10), request]))
        self.refused(self.echo.Chat, iter([request_of(10), request]))

    def test_the_connection_stays_open(self):
        for _ in range(20):
            self.refused(self.echo.Reply, request_of(DEFAULT_LIMIT + 1))
            self.assertEqual(self.echo.Reply(request_of(20), timeout=PATIENCE).message, "You said: " + "x" * 18)

    def test_many_at_the_limit_in_one_call(self):
        request = request_of(DEFAULT_LIMIT)
        summary = self.echo.Collect(iter([request] * 50), timeout=PATIENCE)
        self.assertEqual((summary.messages, summary.bytes), (50, 50 * len(request.message)))


    def test_many_concurrent_messages_wait_for_memory(self):
        """The messages need more memory than the gateway has: they wait, and none is refused."""
        request = request_of(DEFAULT_LIMIT - 1)
        calls = [self.echo.Reply.future(request, timeout=PATIENCE) for _ in range(300)]
        for call in calls:
            self.assertEqual(len(call.result().message), len("You said: ") + len(request.message))


class LargeLimit(EchoTestCase):
    options = ("--max-message-bytes", LARGE_LIMIT, "--memory-budget", "64MiB")

    def test_many_concurrent_messages_wait_for_memory(self):
        calls = [self.echo.Reply.future(echo_pb2.EchoRequest(message=MEBIBYTE), timeout=PATIENCE) for _ in range(30)]
        for call in calls:
            self.assertEqual(call.result().message, "You said: " + MEBIBYTE)

    def test_mebibyte_in_both_directions(self):
        reply = self.echo.Reply(echo_pb2.EchoRequest(message=MEBIBYTE), timeout=PATIENCE)
        self.assertEqual(reply.message, "You said: " + MEBIBYTE)

    def test_mebibyte_in_a_chat(self):
        stream = RequestStream()
        chat = self.echo.Chat(stream, timeout=PATIENCE)
        for number in range(1, 9):
            stream.send(MEBIBYTE)
            self.assertEqual(next(chat), echo_pb2.EchoReply(message="You said: " + MEBIBYTE, number=number))
        stream.close()
        self.assertEqual(list(chat), [])

    def test_mebibytes_collected(self):
        summary = self.echo.Collect(iter([echo_pb2.EchoRequest(message=MEBIBYTE)] * 8), timeout=PATIENCE)
        self.assertEqual((summary.messages, summary.bytes), (8, 8 * len(MEBIBYTE)))

    def test_mebibytes_streamed(self):
        request = echo_pb2.EchoRequest(message=MEBIBYTE, count=8)
        for number, reply in enumerate(self.echo.ReplyStream(request, timeout=PATIENCE), 1):
            self.assertEqual(reply, echo_pb2.EchoReply(message="You said: " + MEBIBYTE, number=number))
        self.assertEqual(number, 8)

    def test_mebibytes_with_small_calls(self):
        request = echo_pb2.EchoRequest(message=MEBIBYTE)
        large = [self.echo.Reply.future(request, timeout=PATIENCE) for _ in range(4)]
        for _ in range(50):
            self.assertEqual(self.echo.Reply(request_of(20), timeout=PATIENCE).message, "You said: " + "x" * 18)
        for call in large:
            self.assertEqual(call.result().message, "You said: " + MEBIBYTE)

    def test_exactly_four_mebibytes(self):
        request = request_of(LARGE_LIMIT)
        self.assertEqual(self.echo.Reply(request, timeout=PATIENCE).message, "You said: " + request.message)

    def test_one_byte_more_than_four_mebibytes(self):
        error = self.assert_status(
            grpc.StatusCode.RESOURCE_EXHAUSTED, self.echo.Reply, request_of(LARGE_LIMIT + 1), timeout=PATIENCE
        )
        self.assertIn(str(LARGE_LIMIT), error.details())

    def test_sizes_around_frames_and_windows(self):
        for boundary in (16384, 32768, 65535, 65536, 131072, 1 << 20):
            for size in range(boundary - 7, boundary + 8):
                request = request_of(size)
                self.assertEqual(self.echo.Reply(request, timeout=PATIENCE).message, "You said: " + request.message)


if __name__ == "__main__":
    suite.main()
