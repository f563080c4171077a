"""grpc.testing.TestService on Debian's grpcio, to test the clients of the cases.

    reference_server.py --port=PORT [--wrong]

Prints the ready line of mote-interop-server. With --wrong every answer is wrong: a case that still passes tests nothing.
"""

import argparse
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import interop_pb2 as pb
import interop_pb2_grpc

WORKERS = 16
MOST_MESSAGE_BYTES = 512 * 1024
INITIAL_KEY = "x-grpc-test-echo-initial"
TRAILING_KEY = "x-grpc-test-echo-trailing-bin"


def zeros(size):
    return pb.Payload(body=bytes(size))


def echo_metadata(context):
    metadata = context.invocation_metadata()
    context.send_initial_metadata([(key, value) for key, value in metadata if key == INITIAL_KEY])
    context.set_trailing_metadata([(key, value) for key, value in metadata if key == TRAILING_KEY])


def echo_status(request, context):
    if request.HasField("response_status"):
        status = request.response_status
        code = next(each for each in grpc.StatusCode if each.value[0] == status.code)
        context.abort(code, status.message)


def check_type(request, context):
    if request.response_type != pb.COMPRESSABLE:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, "unknown response_type")


class TestService(interop_pb2_grpc.TestServiceServicer):
    def EmptyCall(self, request, context):
        return pb.Empty()

    def UnaryCall(self, request, context):
        echo_metadata(context)
        echo_status(request, context)
        check_type(request, context)
        return pb.SimpleResponse(payload=zeros(request.response_size))

    def StreamingOutputCall(self, request, context):
        check_type(request, context)
        yield from self._responses(request)

    def StreamingInputCall(self, request_iterator, context):
        size = sum(len(request.payload.body) for request in request_iterator)
        return pb.StreamingInputCallResponse(aggregated_payload_size=size)

    def FullDuplexCall(self, request_iterator, context):
        echo_metadata(context)
        for request in request_iterator:
            echo_status(request, context)
            yield from self._responses(request)

    def HalfDuplexCall(self, request_iterator, context):
        for request in list(request_iterator):
            yield from self._responses(request)

    @staticmethod
    def _responses(request):
        for parameters in request.response_parameters:
            time.sleep(parameters.interval_us / 1e6)
            yield pb.StreamingOutputCallResponse(payload=zeros(parameters.size))


class WrongService(interop_pb2_grpc.TestServiceServicer):
    """One byte too many, one response too many, metadata in the wrong place."""

    def EmptyCall(self, request, context):
        empty = pb.Empty()
        empty.ParseFromString(b"\x08\x01")  # A field that Empty does not have.
        return empty

    def UnaryCall(self, request, context):
        if request.HasField("response_status"):
            context.abort(grpc.StatusCode.UNKNOWN, request.response_status.message.strip() + ".")
        metadata = [(key, value) for key, value in context.invocation_metadata() if key in (INITIAL_KEY, TRAILING_KEY)]
        context.send_initial_metadata([(key, value) for key, value in metadata if key == TRAILING_KEY])
        context.set_trailing_metadata([(key, value) for key, value in metadata if key == INITIAL_KEY])
        return pb.SimpleResponse(payload=zeros(request.response_size + (0 if metadata else 1)))

    def StreamingOutputCall(self, request, context):
        yield from (pb.StreamingOutputCallResponse() for _ in request.response_parameters)
        yield pb.StreamingOutputCallResponse()

    def StreamingInputCall(self, request_iterator, context):
        return pb.StreamingInputCallResponse(aggregated_payload_size=1)

    def FullDuplexCall(self, request_iterator, context):
        yield pb.StreamingOutputCallResponse()

    def HalfDuplexCall(self, request_iterator, context):
        for request in request_iterator:
            yield from TestService._responses(request)

    def UnimplementedCall(self, request, context):
        return pb.Empty()


class WrongUnimplementedService(interop_pb2_grpc.UnimplementedServiceServicer):
    def UnimplementedCall(self, request, context):
        return pb.Empty()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--wrong", action="store_true")
    arguments = parser.parse_args()
    options = [("grpc.max_receive_message_length", MOST_MESSAGE_BYTES), ("grpc.so_reuseport", 0)]
    server = grpc.server(ThreadPoolExecutor(max_workers=WORKERS), options=options)
    if arguments.wrong:
        interop_pb2_grpc.add_TestServiceServicer_to_server(WrongService(), server)
        interop_pb2_grpc.add_UnimplementedServiceServicer_to_server(WrongUnimplementedService(), server)
    else:
        interop_pb2_grpc.add_TestServiceServicer_to_server(TestService(), server)
    port = server.add_insecure_port(f"127.0.0.1:{arguments.port}")
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    server.start()
    print(f"reference-server: ready on 127.0.0.1:{port}", file=sys.stderr, flush=True)
    while not stopping.wait(0.1):
        pass
    server.stop(1).wait()


if __name__ == "__main__":
    main()
