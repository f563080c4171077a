"""Python's grpcio as in its tutorials: a thread pool and one function for each method."""

import signal
import sys
from concurrent import futures
from pathlib import Path

import grpc

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples" / "python"))
import stubs  # noqa: E402

stubs.load()
import echo_pb2  # noqa: E402
import echo_pb2_grpc  # noqa: E402


def said(request, number=0):
    return echo_pb2.EchoReply(message="You said: " + request.message, number=number)


class Echo(echo_pb2_grpc.EchoServicer):
    def Reply(self, request, context):
        return said(request)

    def ReplyStream(self, request, context):
        for i in range(request.count):
            yield said(request, i + 1)

    def Collect(self, requests, context):
        sizes = [len(request.message) for request in requests]
        return echo_pb2.EchoSummary(messages=len(sizes), bytes=sum(sizes))

    def Chat(self, requests, context):
        for number, request in enumerate(requests, 1):
            yield said(request, number)


def main():
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=10))
    echo_pb2_grpc.add_EchoServicer_to_server(Echo(), server)
    port = server.add_insecure_port(sys.argv[2])
    server.start()
    print(f"grpc-python: ready on 127.0.0.1:{port}", file=sys.stderr, flush=True)
    signal.signal(signal.SIGTERM, lambda *_: server.stop(None))
    server.wait_for_termination()


if __name__ == "__main__":
    main()
