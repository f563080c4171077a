"""SIGTERM and SIGINT: open calls are finished, new calls go to another server, the exit code is 0."""

import signal
import socket
import time

import grpc

import gateway
import secured
import suite
from gateway import Gateway
from request_stream import RequestStream
from suite import PATIENCE, FreshGatewayTestCase, echo_pb2, gateway_only

SLOW = echo_pb2.EchoRequest(message="slow", count=1000, interval_ms=60000)


def address_of(server):
    host, port = secured.address_of(server.target).rsplit(":", 1)
    return host, int(port)


def refuses_connections(server):
    try:
        socket.create_connection(address_of(server), timeout=1).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:
        pass  # The listener was closed with this connection in its queue (Linux, inet_csk_listen_stop).
    return False


class Drain(FreshGatewayTestCase):
    def setUp(self):
        # grpcio waits for idle connections until its grace period ends.
        self.start("--drain-seconds", 3 if gateway.is_reference() else 20)

    def assert_stopped(self):
        self.assertEqual(self.gateway.wait(seconds=10), 0, self.gateway.stderr)

    def test_without_a_connection(self):
        self.gateway.terminate()
        self.assert_stopped()

    def test_with_an_idle_connection(self):
        self.echo.Reply(echo_pb2.EchoRequest(message="m"), timeout=PATIENCE)
        self.gateway.terminate()
        self.assert_stopped()

    def test_with_a_connection_that_sends_nothing(self):
        with socket.create_connection(address_of(self.gateway)):
            self.gateway.terminate()
            self.assert_stopped()

    @gateway_only
    def test_sigint(self):
        self.gateway.process.send_signal(signal.SIGINT)
        self.assert_stopped()

    def test_every_kind_of_call_is_finished(self):
        collected, chatted = RequestStream(), RequestStream()
        replies = self.echo.ReplyStream(echo_pb2.EchoRequest(count=6, interval_ms=200), timeout=PATIENCE)
        summary = self.echo.Collect.future(collected, metadata=[("x-echo-k", "v")], timeout=PATIENCE)
        chat = self.echo.Chat(chatted, timeout=PATIENCE)
        self.assertEqual(next(replies).number, 1)
        collected.send("before")
        chatted.send("before")
        self.assertEqual(next(chat).number, 1)
        # Initial metadata may wait for the first reply, so an exchange of the chat shows that Collect was received.
        chatted.send("again")
        self.assertEqual(next(chat).number, 2)

        self.gateway.terminate()
        suite.wait_until(lambda: refuses_connections(self.gateway), "no longer listening")

        chatted.send("after")
        self.assertEqual(next(chat), echo_pb2.EchoReply(message="You said: after", number=3))
        collected.send("after")
        collected.close()
        self.assertEqual(summary.result().messages, 2)
        self.assertEqual([reply.number for reply in replies], [2, 3, 4, 5, 6])
        chatted.close()
        self.assertEqual(list(chat), [])
        self.assert_stopped()

    def test_fifty_streams_are_finished(self):
        request = echo_pb2.EchoRequest(message="x" * 100, count=20, interval_ms=50)
        calls = [self.echo.ReplyStream(request, timeout=PATIENCE) for _ in range(50)]
        for call in calls:
            self.assertEqual(next(call).number, 1)
        self.gateway.terminate()
        for call in calls:
            self.assertEqual([reply.number for reply in call], list(range(2, 21)))
        self.assert_stopped()

    @gateway_only  # grpcio answers CANCELLED to calls that arrive while it stops.
    def test_unary_calls_in_progress_are_answered_or_retryable(self):
        """Every call is answered, or ends with UNAVAILABLE and may be retried."""
        calls = [
            self.echo.Reply.future(echo_pb2.EchoRequest(message=str(number)), timeout=PATIENCE) for number in range(300)
        ]
        calls[0].result()
        self.gateway.terminate()
        for number, call in enumerate(calls):
            error = call.exception()
            if error is None:
                self.assertEqual(call.result().message, f"You said: {number}")
            else:
                self.assertEqual(error.code(), grpc.StatusCode.UNAVAILABLE, error.details())
        self.assert_stopped()

    @gateway_only  # grpcio answers CANCELLED to calls that arrive while it stops.
    def test_new_calls_go_to_the_next_gateway(self):
        with Gateway() as other:
            both = ",".join("{}:{}".format(*address_of(server)) for server in (self.gateway, other))
            prefix = secured.PREFIX if secured.is_on() else ""
            name = ("grpc.ssl_target_name_override", secured.SERVER_NAME)
            channel = self.open_channel(f"{prefix}ipv4:{both}", name)
            stub = suite.echo_pb2_grpc.EchoStub(channel)
            replies = stub.ReplyStream(echo_pb2.EchoRequest(count=8, interval_ms=200), timeout=PATIENCE)
            self.assertEqual(next(replies).number, 1)
            self.gateway.terminate()
            self.gateway.wait_for_log("drain")
            for number in range(50):
                request = echo_pb2.EchoRequest(message=str(number))
                reply = stub.Reply(request, timeout=PATIENCE, wait_for_ready=True)
                self.assertEqual(reply.message, f"You said: {number}")
            self.assertEqual([reply.number for reply in replies], list(range(2, 9)))
            self.assert_stopped()
            channel.close()


class Impatient(FreshGatewayTestCase):
    options = ("--drain-seconds", 1)

    def test_calls_that_never_end_are_aborted(self):
        calls = [self.echo.ReplyStream(SLOW, timeout=PATIENCE), self.echo.Chat(RequestStream(), timeout=PATIENCE)]
        self.assertEqual(next(calls[0]).number, 1)
        started = time.monotonic()
        self.gateway.terminate()
        codes = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
        for call in calls:
            self.assert_status(codes, list, call)
        self.assertEqual(self.gateway.wait(seconds=10), 0)
        self.assertGreaterEqual(time.monotonic() - started, 0.9)


class SecondSignal(FreshGatewayTestCase):
    @gateway_only
    def test_exits_immediately(self):
        impatient = Gateway("--drain-seconds", 60).start()
        self.addCleanup(impatient.kill)
        stub = suite.echo_pb2_grpc.EchoStub(self.open_channel(impatient.target))
        replies = stub.ReplyStream(SLOW, timeout=PATIENCE)
        self.assertEqual(next(replies).number, 1)
        impatient.terminate()
        suite.wait_until(lambda: refuses_connections(impatient), "no longer listening")
        self.assertIsNone(impatient.process.poll())
        impatient.terminate()
        impatient.wait(seconds=10)
        impatient.check_sound()


if __name__ == "__main__":
    suite.main()
