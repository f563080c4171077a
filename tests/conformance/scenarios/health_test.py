"""grpc.health.v1: Check and Watch, for the server and for each service."""

import threading

import grpc

import suite
from suite import PATIENCE, EchoTestCase, FreshGatewayTestCase, health_pb2

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
SERVICE_UNKNOWN = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN


def of(service):
    return health_pb2.HealthCheckRequest(service=service)


class Check(EchoTestCase):
    def test_serving(self):
        for service in ("", "echo.Echo"):
            with self.subTest(service=service):
                self.assertEqual(self.health.Check(of(service), timeout=PATIENCE).status, SERVING)

    def test_unknown_service(self):
        for service in ("echo.Nobody", "echo", "/echo.Echo", "echo.Echo ", "ü" * 100, "ü" * 1000, "x" * 5000):
            with self.subTest(service=service):
                error = self.assert_status(grpc.StatusCode.NOT_FOUND, self.health.Check, of(service), timeout=PATIENCE)
                # A status message has at most 1,024 bytes and ends at a character boundary.
                text = f"unknown service {service}".encode()[:1024].decode(errors="ignore")
                self.assertEqual(error.details(), text)

    def test_malformed_request(self):
        codes = (grpc.StatusCode.INTERNAL, grpc.StatusCode.INVALID_ARGUMENT)
        for path in ("/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"):
            self.assert_status(codes, self.channel.unary_stream(path), b"\xff", timeout=PATIENCE)

    def test_unknown_method(self):
        call = self.channel.unary_unary("/grpc.health.v1.Health/Cure")
        self.assert_status(grpc.StatusCode.UNIMPLEMENTED, call, b"", timeout=PATIENCE)


class Watch(EchoTestCase):
    def watch(self, service, timeout=PATIENCE):
        call = self.health.Watch(of(service), timeout=timeout)
        self.addCleanup(call.cancel)
        return call

    def test_sends_the_status_immediately(self):
        for service, status in (("", SERVING), ("echo.Echo", SERVING), ("echo.Nobody", SERVICE_UNKNOWN)):
            with self.subTest(service=service):
                self.assertEqual(next(self.watch(service)).status, status)

    def test_stays_open(self):
        for service in ("echo.Echo", "echo.Nobody"):
            call = self.watch(service, timeout=1)
            next(call)
            self.assert_status(grpc.StatusCode.DEADLINE_EXCEEDED, next, call)

    def test_fifty_watchers_come_and_go(self):
        for _ in range(3):
            calls = [self.watch("echo.Echo") for _ in range(50)]
            self.assertEqual({next(call).status for call in calls}, {SERVING})
            for call in calls:
                call.cancel()


class Drain(FreshGatewayTestCase):
    options = ("--drain-seconds", 20)

    def test_watchers_receive_the_drain_and_do_not_delay_it(self):
        """Watchers receive NOT_SERVING and their calls end: a drain must not wait for calls that never end."""
        calls = [self.health.Watch(of(service), timeout=PATIENCE) for service in ("", "echo.Echo")]
        for call in calls:
            self.assertEqual(next(call).status, SERVING)
        stop = threading.Timer(0, self.gateway.terminate)
        stop.start()
        for call in calls:
            self.assertEqual(next(call).status, NOT_SERVING)
        stop.join()
        self.assertEqual(self.gateway.wait(seconds=10), 0)


if __name__ == "__main__":
    suite.main()
