"""Tests listening addresses, reconnecting clients and idle connections."""

import tempfile
from pathlib import Path

import grpc

import gateway
import suite
from gateway import Gateway
from suite import PATIENCE, FreshGatewayTestCase, echo_pb2, gateway_only


class Listeners(FreshGatewayTestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.socket = Path(folder.name) / "mote.sock"

    def start(self, **named):
        super().start("--drain-seconds", 1, **named)

    def assert_answers(self, target):
        stub = suite.echo_pb2_grpc.EchoStub(self.open_channel(target))
        reply = stub.Reply(echo_pb2.EchoRequest(message="m"), timeout=PATIENCE)
        self.assertEqual(reply.message, "You said: m")

    def test_ipv4(self):
        self.start(listen=["127.0.0.1:0"])
        self.assertRegex(self.gateway.target, r"^127\.0\.0\.1:\d+$")
        self.assert_answers(self.gateway.target)

    def test_ipv6(self):
        self.start(listen=["[::1]:0"])
        self.assertRegex(self.gateway.target, r"^\[::1\]:\d+$")
        self.assert_answers(self.gateway.target)

    def test_unix_socket(self):
        self.start(listen=[f"unix:{self.socket}"])
        self.assertEqual(self.gateway.target, f"unix:{self.socket}")
        self.assert_answers(self.gateway.target)

    def test_several_at_once(self):
        self.start(listen=["127.0.0.1:0", "[::1]:0", f"unix:{self.socket}", "127.0.0.1:0"])
        self.assertEqual(len(set(self.gateway.targets)), 4)
        for target in self.gateway.targets:
            self.assert_answers(target)

    def test_unix_socket_is_removed_at_the_stop(self):
        self.start(listen=[f"unix:{self.socket}"])
        self.assertTrue(self.socket.is_socket())
        self.gateway.stop()
        self.assertFalse(self.socket.exists())

    @gateway_only
    def test_unix_socket_of_a_killed_gateway_is_replaced(self):
        dead = Gateway(listen=[f"unix:{self.socket}"]).start()
        dead.kill()
        self.assertTrue(self.socket.is_socket())
        self.start(listen=[f"unix:{self.socket}"])
        self.assert_answers(self.gateway.target)

    def test_same_port_again_right_after_the_stop(self):
        self.start()
        target = self.gateway.target
        for _ in range(3):
            self.assert_answers(target)
            self.gateway.stop()
            self.start(listen=[target])
        self.assert_answers(target)

    def test_wait_for_ready(self):
        target = f"unix:{self.socket}"
        stub = suite.echo_pb2_grpc.EchoStub(self.open_channel(target))
        request = echo_pb2.EchoRequest(message="patient")
        self.assert_status(grpc.StatusCode.UNAVAILABLE, stub.Reply, request, timeout=PATIENCE)
        call = stub.Reply.future(request, timeout=PATIENCE, wait_for_ready=True)
        self.start(listen=[target])
        self.assertEqual(call.result().message, "You said: patient")

    def test_channel_finds_the_next_gateway_at_the_same_address(self):
        self.start(listen=[f"unix:{self.socket}"])
        stub = suite.echo_pb2_grpc.EchoStub(self.open_channel(self.gateway.target))

        def answered():
            try:
                return stub.Reply(echo_pb2.EchoRequest(message="m"), timeout=PATIENCE).message == "You said: m"
            except grpc.RpcError as error:
                # An idle channel may detect the end of its connection only after it has sent the next call.
                self.assertEqual(error.code(), grpc.StatusCode.UNAVAILABLE, error.details())
                return False

        for _ in range(3):
            suite.wait_until(answered, "an answer")
            self.gateway.stop()
            self.start(listen=[self.gateway.target])
        suite.wait_until(answered, "an answer")


class Keepalive(FreshGatewayTestCase):
    def test_pings_of_the_client_are_answered(self):
        channel = self.open_channel(
            self.gateway.target,
            ("grpc.keepalive_time_ms", 200),
            ("grpc.keepalive_timeout_ms", 5000),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.max_pings_without_data", 0),
        )
        stub = suite.echo_pb2_grpc.EchoStub(channel)
        replies = stub.ReplyStream(echo_pb2.EchoRequest(count=2, interval_ms=3000), timeout=PATIENCE)
        self.assertEqual([reply.number for reply in replies], [1, 2])

    @gateway_only
    def test_pings_of_the_gateway_are_answered(self):
        self.start("--keepalive-ms", 1000, "--keepalive-timeout-ms", 5000)
        states = []
        self.channel.subscribe(states.append)
        replies = self.echo.ReplyStream(echo_pb2.EchoRequest(count=2, interval_ms=4000), timeout=PATIENCE)
        self.assertEqual([reply.number for reply in replies], [1, 2])
        self.assertNotIn(grpc.ChannelConnectivity.TRANSIENT_FAILURE, states)

    def test_hundred_idle_connections(self):
        channels = [self.open_channel(self.gateway.target) for _ in range(100)]
        request = echo_pb2.EchoRequest(message="m")
        for _ in range(2):
            for channel in channels:
                reply = suite.echo_pb2_grpc.EchoStub(channel).Reply(request, timeout=PATIENCE)
                self.assertEqual(reply.message, "You said: m")
        if not gateway.is_reference():
            self.assertEqual(self.gateway.threads(), 1)


if __name__ == "__main__":
    suite.main()
