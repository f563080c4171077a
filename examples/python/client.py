#!/usr/bin/python3
"""Calls Echo.Reply once and prints the answer.

    client.py [--target HOST:PORT] [message]
"""

import argparse
import sys

import grpc

import stubs

TIMEOUT_SECONDS = 10


def call(target, message):
    import echo_pb2
    import echo_pb2_grpc

    with grpc.insecure_channel(target) as channel:
        stub = echo_pb2_grpc.EchoStub(channel)
        reply = stub.Reply(echo_pb2.EchoRequest(message=message), timeout=TIMEOUT_SECONDS)
        return reply.message


def main():
    parser = argparse.ArgumentParser(description="Calls Echo.Reply once and prints the answer.")
    parser.add_argument("--target", default="127.0.0.1:50051", metavar="HOST:PORT", help="default: %(default)s")
    parser.add_argument("message", nargs="?", default="hello", help="default: %(default)s")
    arguments = parser.parse_args()
    try:
        stubs.load()
        print(call(arguments.target, arguments.message))
    except stubs.StubsError as error:
        sys.exit(f"client.py: {error}")
    except grpc.RpcError as error:
        sys.exit(f"client.py: {arguments.target}: {error.code().name}: {error.details()}")


if __name__ == "__main__":
    main()
