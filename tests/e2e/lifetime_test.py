"""Tests how connections begin and end by configuration: their age, and gateways that share a port."""

import grpc

import suite
from gateway import Gateway
from suite import PATIENCE, FreshGatewayTestCase, echo_pb2, gateway_only


def request(message, **fields):
    return echo_pb2.EchoRequest(message=message, **fields)


class Age(FreshGatewayTestCase):
    options = ("--max-connection-age-seconds", 1)

    @gateway_only
    def test_calls_go_on_while_connections_end(self):
        """A lawful client loses no call: it reads the first GOAWAY and connects again."""
        number = 0
        while self.gateway.counters().get("connections_aged", 0) < 3:
            for _ in range(50):
                number += 1
                self.assertEqual(self.echo.Reply(request(str(number)), timeout=PATIENCE).message, f"You said: {number}")

    @gateway_only
    def test_a_stream_outlives_the_age(self):
        # The age is reached after 2.1 s at the latest: it counts from the next whole second, and has a jitter of a tenth.
        stream = self.echo.ReplyStream(request("m", count=60, interval_ms=50), timeout=PATIENCE)
        self.assertEqual(len(list(stream)), 60)
        self.assertGreaterEqual(self.gateway.counters()["connections_aged"], 1)

    @gateway_only
    def test_grace(self):
        self.start(*self.options, "--max-connection-age-grace-seconds", 1)
        caught = self.assert_status(grpc.StatusCode.UNAVAILABLE, self.echo.ReplyStream,
                                    request("m", count=10**6, interval_ms=50), timeout=PATIENCE)
        self.assertEqual(caught.details(), "the connection is older than max-connection-age-seconds")
        self.assertEqual(self.gateway.counters()["age_graces_over"], 1)


class SharedPort(FreshGatewayTestCase):
    options = ("--reuse-port", "on")

    @gateway_only
    def test_two_gateways_at_one_port(self):
        with Gateway(*self.options, listen=(self.gateway.target,)) as second:
            both = (self.gateway, second)
            channels = 0
            while not all(gateway.counters()["connections"] for gateway in both):
                channels += 1
                self.assertLess(channels, 200, "the kernel uses one gateway only")
                stub = suite.echo_pb2_grpc.EchoStub(self.open_channel(self.gateway.target))
                self.assertEqual(stub.Reply(request("m"), timeout=PATIENCE).message, "You said: m")

    @gateway_only
    def test_a_gateway_takes_over_without_a_lost_call(self):
        self.assertEqual(self.echo.Reply(request("m"), timeout=PATIENCE).message, "You said: m")
        stream = self.echo.Chat(iter(()), timeout=PATIENCE)
        self.assertEqual(list(stream), [])
        open_call = self.echo.ReplyStream(request("m", count=20, interval_ms=50), timeout=PATIENCE)
        next(open_call)
        with Gateway(*self.options, listen=(self.gateway.target,)):
            self.gateway.terminate()
            for number in range(200):
                self.assertEqual(self.echo.Reply(request(str(number)), timeout=PATIENCE).message, f"You said: {number}")
            self.assertEqual(len(list(open_call)), 19)
            self.gateway.stop()

    @gateway_only
    def test_a_port_is_not_shared_by_default(self):
        refused = Gateway(listen=(self.gateway.target,))
        with self.assertRaisesRegex(AssertionError, "Address already in use"):
            refused.start()


if __name__ == "__main__":
    suite.main()
