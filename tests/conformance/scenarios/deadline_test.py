"""Deadlines and cancellation: calls end immediately, and the gateway releases all their memory."""

import threading
import time

import grpc

import suite
from request_stream import RequestStream
from suite import PATIENCE, EchoTestCase, FreshGatewayTestCase, echo_pb2, gateway_only

SLOW = echo_pb2.EchoRequest(message="slow", count=1000, interval_ms=60000)
MAX_STREAMS = 8


class Deadlines(EchoTestCase):
    def assert_ends_in_time(self, seconds, call, *arguments):
        started = time.monotonic()
        self.assert_status(grpc.StatusCode.DEADLINE_EXCEEDED, call, *arguments, timeout=seconds)
        elapsed = time.monotonic() - started
        self.assertGreaterEqual(elapsed, seconds - 0.01)
        self.assertLess(elapsed, seconds + 5)

    def test_every_kind_of_call(self):
        self.assert_ends_in_time(0.2, self.echo.ReplyStream, SLOW)
        for call in (self.echo.Collect, self.echo.Chat):
            stream = RequestStream()
            stream.send("then nothing")
            self.assert_ends_in_time(0.2, call, stream)
            stream.close()

    def test_replies_before_the_deadline_arrive(self):
        replies = self.echo.ReplyStream(SLOW, timeout=1)
        self.assertEqual(next(replies).number, 1)
        self.assert_status(grpc.StatusCode.DEADLINE_EXCEEDED, next, replies)

    def test_deadline_that_has_passed(self):
        for seconds in (0, 1e-6, 1e-3):
            call = self.echo.ReplyStream(SLOW, timeout=seconds)
            self.assert_status(grpc.StatusCode.DEADLINE_EXCEEDED, list, call)
        self.assertEqual(self.echo.Reply(echo_pb2.EchoRequest(message="m"), timeout=PATIENCE).message, "You said: m")

    def test_distant_deadlines(self):
        for seconds in (60, 3600, 86400 * 365):
            reply = self.echo.Reply(echo_pb2.EchoRequest(message="m"), timeout=seconds)
            self.assertEqual(reply.message, "You said: m")

    def test_deadline_does_not_affect_other_calls(self):
        slow = [self.echo.ReplyStream(SLOW, timeout=0.3) for _ in range(50)]
        for number in range(200):
            self.assertEqual(len(list(self.echo.ReplyStream(echo_pb2.EchoRequest(count=3), timeout=PATIENCE))), 3)
        for call in slow:
            self.assert_status(grpc.StatusCode.DEADLINE_EXCEEDED, list, call)


class Released(FreshGatewayTestCase):
    """The gateway allows MAX_STREAMS calls. Each round opens all of them, so the next round fails if one is not released."""

    options = ("--max-streams", MAX_STREAMS, "--max-streams-per-connection", MAX_STREAMS)

    def open_calls(self, **named):
        """Opens the maximum number of calls, of all long-lasting kinds; the gateway has received each of them."""
        calls = []
        for _ in range(MAX_STREAMS // 2):
            stream = RequestStream()
            stream.send("first")
            self.addCleanup(stream.close)
            calls += [self.echo.ReplyStream(SLOW, **named), self.echo.Chat(stream, **named)]
        return calls

    def assert_cancelled(self, call):
        self.assert_status(grpc.StatusCode.CANCELLED, list, call)

    def test_cancelled_while_running(self):
        for _ in range(12):
            calls = self.open_calls(timeout=PATIENCE)
            for call in calls:
                self.assertEqual(next(call).number, 1)
            for call in calls:
                call.cancel()
            for call in calls:
                self.assert_cancelled(call)

    def test_cancelled_immediately(self):
        for _ in range(12):
            for call in self.open_calls(timeout=PATIENCE):
                call.cancel()
        for call in self.open_calls(timeout=PATIENCE):
            self.assertEqual(next(call).number, 1)
            call.cancel()

    def test_cancelled_from_another_thread(self):
        calls = self.open_calls(timeout=PATIENCE)
        for call in calls:
            self.assertEqual(next(call).number, 1)
        threads = [threading.Thread(target=call.cancel) for call in calls]
        for thread in threads:
            thread.start()
        for call in calls:
            self.assert_cancelled(call)
        for thread in threads:
            thread.join()

    def test_cancelled_while_collecting(self):
        for _ in range(10):
            streams = [RequestStream() for _ in range(MAX_STREAMS)]
            calls = [self.echo.Collect.future(stream, timeout=PATIENCE) for stream in streams]
            for stream in streams:
                stream.send("x" * 5000)
            for call in calls:
                self.assertTrue(call.cancel())
            for call, stream in zip(calls, streams):
                self.assertEqual(call.code(), grpc.StatusCode.CANCELLED)
                stream.close()
        for call in self.open_calls(timeout=PATIENCE):
            self.assertEqual(next(call).number, 1)  # Places for all calls are free.
            call.cancel()

    def test_cancelled_after_the_end(self):
        for _ in range(2 * MAX_STREAMS):
            call = self.echo.Reply.future(echo_pb2.EchoRequest(message="m"), timeout=PATIENCE)
            self.assertEqual(call.result().message, "You said: m")
            call.cancel()
            self.assertEqual(call.code(), grpc.StatusCode.OK)

    def test_deadline_exceeded(self):
        for _ in range(3):
            for call in self.open_calls(timeout=0.2):
                self.assert_status(grpc.StatusCode.DEADLINE_EXCEEDED, list, call)

    def all_opened(self, stub):
        """Opens the maximum number of calls. Returns whether all of them were accepted."""
        calls = [stub.ReplyStream(SLOW, timeout=PATIENCE) for _ in range(MAX_STREAMS)]
        try:
            return all(next(call).number == 1 for call in calls)
        except grpc.RpcError:
            return False
        finally:
            for call in calls:
                call.cancel()

    def test_connection_closed_with_calls_open(self):
        for _ in range(10):
            channel = suite.open_channel(self.gateway.target, options=suite.CHANNEL_OPTIONS)
            stub = suite.echo_pb2_grpc.EchoStub(channel)
            # The gateway may accept the new connection before it detects the end of the last one.
            suite.wait_until(lambda: self.all_opened(stub), "all calls accepted")
            calls = [stub.ReplyStream(SLOW, timeout=PATIENCE) for _ in range(MAX_STREAMS)]
            for call in calls:
                self.assertEqual(next(call).number, 1)
            channel.close()

    @gateway_only
    def test_one_more_than_the_gateway_has(self):
        calls = self.open_calls(timeout=PATIENCE)
        for call in calls:
            self.assertEqual(next(call).number, 1)
        other = suite.echo_pb2_grpc.EchoStub(self.open_channel(self.gateway.target))
        codes = (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
        self.assert_status(codes, other.Reply, echo_pb2.EchoRequest(message="one more"), timeout=2)
        for call in calls:
            call.cancel()
        suite.wait_until(lambda: self.all_opened(other), "all calls accepted")


if __name__ == "__main__":
    suite.main()
