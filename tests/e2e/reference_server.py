"""The Echo service on grpcio: the reference for comparisons with the gateway.

Accepts all flags of the gateway, implements those that the scenarios need, and prints the same ready line.
"""

import argparse
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples" / "python"))
import stubs

stubs.load()
import echo_pb2
import echo_pb2_grpc
import health_pb2
import health_pb2_grpc

WORKERS = 256
SERVICES = ("", "echo.Echo", "grpc.health.v1.Health")


def now_us():
    return time.time_ns() // 1000


def answer_metadata(context):
    """Returns every x-echo-* key as initial and as trailing metadata."""
    echoed = [(key, value) for key, value in context.invocation_metadata() if key.startswith("x-echo-")]
    context.send_initial_metadata(echoed)
    context.set_trailing_metadata(echoed)


def reply_to(request, received_us, number=0):
    reply = echo_pb2.EchoReply(message=f"You said: {request.message}", number=number)
    if request.timing:
        reply.timing.received_us = received_us
        reply.timing.sent_us = now_us()
    return reply


class Echo(echo_pb2_grpc.EchoServicer):
    def __init__(self, fail_with):
        self._fail_with = fail_with

    def Reply(self, request, context):
        received_us = now_us()
        if self._fail_with is not None:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, self._fail_with)
        answer_metadata(context)
        return reply_to(request, received_us)

    def ReplyStream(self, request, context):
        received_us = now_us()
        over = threading.Event()
        context.add_callback(over.set)
        answer_metadata(context)
        for number in range(1, max(request.count, 1) + 1):
            if number > 1 and over.wait(request.interval_ms / 1000):
                return
            yield reply_to(request, received_us, number)

    def Collect(self, request_iterator, context):
        answer_metadata(context)
        summary = echo_pb2.EchoSummary()
        first_us = None
        for request in request_iterator:
            first_us = first_us or now_us()
            summary.messages += 1
            summary.bytes += len(request.message.encode())
        summary.duration_us = now_us() - first_us if first_us else 0
        return summary

    def Chat(self, request_iterator, context):
        answer_metadata(context)
        for number, request in enumerate(request_iterator, 1):
            yield reply_to(request, now_us(), number)


class Health(health_pb2_grpc.HealthServicer):
    def __init__(self):
        self._changed = threading.Condition()
        self._draining = False

    def drain(self):
        with self._changed:
            self._draining = True
            self._changed.notify_all()

    def _status(self, service):
        if service not in SERVICES:
            return health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
        if self._draining:
            return health_pb2.HealthCheckResponse.NOT_SERVING
        return health_pb2.HealthCheckResponse.SERVING

    def Check(self, request, context):
        status = self._status(request.service)
        if status == health_pb2.HealthCheckResponse.SERVICE_UNKNOWN:
            context.abort(grpc.StatusCode.NOT_FOUND, f"unknown service {request.service}")
        return health_pb2.HealthCheckResponse(status=status)

    def Watch(self, request, context):
        def wake():
            with self._changed:
                self._changed.notify_all()

        context.add_callback(wake)
        sent = None
        while context.is_active():
            with self._changed:
                status = self._status(request.service)
                if status == sent:
                    self._changed.wait(1)
                    continue
            yield health_pb2.HealthCheckResponse(status=status)
            sent = status
            if self._draining:
                return


def add_port(server, address, arguments):
    """Listens on the address, with TLS if it begins with "tls:". Returns the port."""
    if not address.startswith("tls:"):
        return server.add_insecure_port(address)
    pair = (arguments.tls_key.read_bytes(), arguments.tls_certificate.read_bytes())
    authority = arguments.tls_client_ca.read_bytes() if arguments.tls_client_ca else None
    credentials = grpc.ssl_server_credentials([pair], authority, authority is not None)
    return server.add_secure_port(address.removeprefix("tls:"), credentials)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--listen", action="append", required=True)
    parser.add_argument("--max-message-bytes", type=int, default=65536)
    parser.add_argument("--drain-seconds", type=float, default=10)
    parser.add_argument("--fail-with", metavar="TEXT", help="Reply ends in FAILED_PRECONDITION with this message")
    parser.add_argument("--tls-certificate", type=Path)
    parser.add_argument("--tls-key", type=Path)
    parser.add_argument("--tls-client-ca", type=Path)
    arguments, _ = parser.parse_known_args()

    server = grpc.server(
        ThreadPoolExecutor(max_workers=WORKERS),
        options=[
            ("grpc.max_receive_message_length", arguments.max_message_bytes),
            ("grpc.max_send_message_length", -1),
            ("grpc.so_reuseport", 0),
            ("grpc.http2.min_recv_ping_interval_without_data_ms", 1),
            ("grpc.http2.max_ping_strikes", 0),
        ],
    )
    health = Health()
    echo_pb2_grpc.add_EchoServicer_to_server(Echo(arguments.fail_with), server)
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    ports = [(address, add_port(server, address, arguments)) for address in arguments.listen]
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    server.start()
    print("version", grpc.__version__, file=sys.stderr)
    for address, port in ports:
        ready = address if address.startswith("unix:") else f"{address.rsplit(':', 1)[0]}:{port}"
        print(f"reference-server: ready on {ready}", file=sys.stderr, flush=True)
    while not stopping.wait(1):
        pass
    health.drain()
    server.stop(arguments.drain_seconds).wait()


if __name__ == "__main__":
    main()
