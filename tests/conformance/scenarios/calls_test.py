"""Every kind of call: the replies, their order and their number."""

import time

import suite
from request_stream import RequestStream
from suite import PATIENCE, EchoTestCase, echo_pb2


def requests(*messages):
    return iter([echo_pb2.EchoRequest(message=message) for message in messages])


class Reply(EchoTestCase):
    def reply(self, message):
        return self.echo.Reply(echo_pb2.EchoRequest(message=message), timeout=PATIENCE)

    def test_returns_the_text(self):
        self.assertEqual(self.reply("hello"), echo_pb2.EchoReply(message="You said: hello"))

    def test_empty_message(self):
        self.assertEqual(self.reply(""), echo_pb2.EchoReply(message="You said: "))

    def test_non_ascii_text(self):
        for message in ("Grüße", "日本語", "\U0001f98a🇪🇺", "e\u0301", "a\0b", "\ufeff\u202e", "\U0010ffff"):
            with self.subTest(message=message):
                self.assertEqual(self.reply(message).message, f"You said: {message}")

    def test_every_length_near_a_varint_boundary(self):
        for size in [*range(110, 140), *range(16370, 16400)]:
            self.assertEqual(self.reply("x" * size).message, "You said: " + "x" * size)

    def test_thousand_sequential_calls(self):
        for number in range(1000):
            self.assertEqual(self.reply(str(number)).message, f"You said: {number}")

    def test_timing_when_requested(self):
        before_us = time.time_ns() // 1000
        timing = self.echo.Reply(echo_pb2.EchoRequest(message="t", timing=True), timeout=PATIENCE).timing
        after_us = time.time_ns() // 1000
        # The gateway may read its clock once per iteration of its loop, in whole milliseconds.
        self.assertGreaterEqual(timing.received_us, before_us - 1000)
        self.assertGreaterEqual(timing.sent_us, timing.received_us)
        self.assertLessEqual(timing.sent_us, after_us)

    def test_no_timing_unless_requested(self):
        self.assertFalse(self.reply("t").HasField("timing"))

    def test_count_and_interval_have_no_effect(self):
        request = echo_pb2.EchoRequest(message="once", count=7, interval_ms=60000)
        self.assertEqual(self.echo.Reply(request, timeout=PATIENCE), echo_pb2.EchoReply(message="You said: once"))


class ReplyStream(EchoTestCase):
    def replies(self, **fields):
        return list(self.echo.ReplyStream(echo_pb2.EchoRequest(**fields), timeout=PATIENCE))

    def test_numbered_from_one(self):
        replies = self.replies(message="again", count=5)
        self.assertEqual([reply.number for reply in replies], [1, 2, 3, 4, 5])
        self.assertEqual({reply.message for reply in replies}, {"You said: again"})

    def test_count_zero_means_one(self):
        self.assertEqual(self.replies(message="one"), [echo_pb2.EchoReply(message="You said: one", number=1)])

    def test_many_replies(self):
        replies = self.replies(message="x" * 100, count=10000)
        self.assertEqual([reply.number for reply in replies], list(range(1, 10001)))

    def test_interval_between_replies(self):
        request = echo_pb2.EchoRequest(message="slow", count=2, interval_ms=60_000)
        stream = self.echo.ReplyStream(request, timeout=PATIENCE)
        self.assertEqual(next(stream).number, 1)  # Does not wait for the second.
        stream.cancel()
        started = time.monotonic()
        replies = self.replies(message="slow", count=4, interval_ms=150)
        self.assertEqual([reply.number for reply in replies], [1, 2, 3, 4])
        self.assertGreaterEqual(time.monotonic() - started, 3 * 0.150 - 0.010)

    def test_timing_of_each_reply(self):
        interval_ms = 50
        replies = self.replies(message="t", count=3, interval_ms=interval_ms, timing=True)
        timings = [reply.timing for reply in replies]
        self.assertEqual(len({timing.received_us for timing in timings}), 1)
        # Reply n is due n intervals after the request. A slow gateway may send any of them late, the first one too.
        for number, timing in enumerate(timings):
            self.assertGreaterEqual(timing.sent_us - timing.received_us, (number * interval_ms - 1) * 1000)
        sent_us = [timing.sent_us for timing in timings]
        self.assertEqual(sent_us, sorted(sent_us))


class Timed(EchoTestCase):
    def let_time_pass(self, milliseconds):
        """Waits by the clock of the server: a second reply comes `milliseconds` after the first."""
        replies = self.echo.ReplyStream(echo_pb2.EchoRequest(count=2, interval_ms=milliseconds), timeout=PATIENCE)
        self.assertEqual([reply.number for reply in replies], [1, 2])


class Collect(Timed):
    def test_counts_messages_and_bytes(self):
        summary = self.echo.Collect(requests("a", "", "bcd", "ü"), timeout=PATIENCE)
        self.assertEqual((summary.messages, summary.bytes), (4, 6))

    def test_stream_without_messages(self):
        self.assertEqual(self.echo.Collect(requests(), timeout=PATIENCE), echo_pb2.EchoSummary())

    def test_many_messages(self):
        summary = self.echo.Collect(requests(*["x" * 10] * 5000), timeout=PATIENCE)
        self.assertEqual((summary.messages, summary.bytes), (5000, 50000))

    def test_duration_from_the_first_message_to_the_end(self):
        stream = RequestStream()
        call = self.echo.Collect.future(stream, timeout=PATIENCE)
        self.let_time_pass(100)
        started = time.monotonic()
        stream.send("first")
        self.let_time_pass(1000)
        stream.close()
        duration_us = call.result().duration_us
        elapsed_us = (time.monotonic() - started) * 1e6
        self.assertGreaterEqual(duration_us, 500_000)  # "first" may reach a busy gateway late.
        self.assertLessEqual(duration_us, elapsed_us + 10_000)


class Chat(Timed):
    def test_one_immediate_reply_per_message(self):
        stream = RequestStream()
        replies = self.echo.Chat(stream, timeout=PATIENCE)
        for number in range(1, 101):
            stream.send(f"message {number}")
            self.assertEqual(next(replies), echo_pb2.EchoReply(message=f"You said: message {number}", number=number))
        stream.close()
        self.assertEqual(list(replies), [])

    def test_all_messages_before_the_first_read(self):
        replies = self.echo.Chat(requests(*map(str, range(500))), timeout=PATIENCE)
        expected = [(f"You said: {number}", number + 1) for number in range(500)]
        self.assertEqual([(reply.message, reply.number) for reply in replies], expected)

    def test_immediate_half_close(self):
        self.assertEqual(list(self.echo.Chat(requests(), timeout=PATIENCE)), [])

    def test_half_close_long_after_the_last_reply(self):
        stream = RequestStream()
        replies = self.echo.Chat(stream, timeout=PATIENCE)
        stream.send("only")
        self.assertEqual(next(replies).number, 1)
        self.let_time_pass(300)
        stream.close()
        self.assertEqual(list(replies), [])

    def test_timing_of_messages_that_request_it(self):
        requested = [True, False, True]
        stream = iter([echo_pb2.EchoRequest(message="t", timing=timing) for timing in requested])
        replies = self.echo.Chat(stream, timeout=PATIENCE)
        self.assertEqual([reply.HasField("timing") for reply in replies], requested)


class Concurrency(EchoTestCase):
    def test_hundred_concurrent_chats_on_one_connection(self):
        streams = [RequestStream() for _ in range(100)]
        chats = [self.echo.Chat(stream, timeout=PATIENCE) for stream in streams]
        for turn in range(1, 4):
            for index, stream in enumerate(streams):
                stream.send(f"{index}/{turn}")
            for index, chat in enumerate(chats):
                self.assertEqual(next(chat), echo_pb2.EchoReply(message=f"You said: {index}/{turn}", number=turn))
        for stream in streams:
            stream.close()
        for chat in chats:
            self.assertEqual(list(chat), [])

    def test_hundred_concurrent_reply_streams(self):
        request = echo_pb2.EchoRequest(message="x" * 1000, count=20, interval_ms=5)
        for stream in [self.echo.ReplyStream(request, timeout=PATIENCE) for _ in range(100)]:
            self.assertEqual([reply.number for reply in stream], list(range(1, 21)))

    def test_more_calls_than_streams_allowed(self):
        calls = [
            self.echo.Reply.future(echo_pb2.EchoRequest(message=str(number)), timeout=PATIENCE) for number in range(500)
        ]
        for number, call in enumerate(calls):
            self.assertEqual(call.result().message, f"You said: {number}")

    def test_all_kinds_interleaved(self):
        for turn in range(20):
            reply = self.echo.Reply.future(echo_pb2.EchoRequest(message="r"), timeout=PATIENCE)
            stream = self.echo.ReplyStream(echo_pb2.EchoRequest(message="s", count=9), timeout=PATIENCE)
            summary = self.echo.Collect.future(requests("a", "b"), timeout=PATIENCE)
            chat = self.echo.Chat(requests("c", "d"), timeout=PATIENCE)
            self.assertEqual([message.number for message in chat], [1, 2])
            self.assertEqual(summary.result().messages, 2)
            self.assertEqual(len(list(stream)), 9)
            self.assertEqual(reply.result().message, "You said: r")

    def test_ten_connections(self):
        stubs = [suite.echo_pb2_grpc.EchoStub(self.open_channel(self.gateway.target)) for _ in range(10)]
        calls = [stub.Reply.future(echo_pb2.EchoRequest(message="m"), timeout=PATIENCE) for stub in stubs * 20]
        self.assertEqual({call.result().message for call in calls}, {"You said: m"})


if __name__ == "__main__":
    suite.main()
