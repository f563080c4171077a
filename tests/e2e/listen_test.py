"""Tests listening addresses, reconnecting clients and idle connections."""

import subprocess
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
    def test_an_address_that_appears_later(self):
        """In a network namespace without interfaces but lo, as before DHCP."""
        if subprocess.run(["unshare", "-rn", "true"], check=False).returncode != 0:
            self.skipTest("SKIPPED: no network namespace can be made here")
        command = ["unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", *gateway.under_test()]
        for address, listen in (("192.0.2.7/32", "192.0.2.7:50051"), ("2001:db8::7/128", "[2001:db8::7]:50051")):
            with self.subTest(address), Gateway(listen=[listen], command=command) as late:
                self.assertIn(f"event=address-missing address={listen}", late.stderr)
                inside = ["nsenter", f"--target={late.process.pid}", "--user", "--net", "--preserve-credentials"]
                device = [*inside, Path(gateway.under_test()[0]).with_name("mote-device"), "--target", listen, "--count", "1"]
                self.assertNotEqual(subprocess.run(device, capture_output=True, check=False).returncode, 0)
                subprocess.run([*inside, "ip", "address", "add", address, "dev", "lo"], check=True)
                answered = subprocess.run(device, capture_output=True, text=True, check=False)
                self.assertEqual(answered.returncode, 0, answered.stdout + answered.stderr)

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
