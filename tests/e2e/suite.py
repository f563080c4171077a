"""The common part of the test suites: command line, stubs and test case.

    listen_test.py [--binary COMMAND | --server reference | --at ADDRESS] [--tls] [unittest arguments]
"""

import argparse
import functools
import os
import random
import shlex
import sys
import time
import unittest
from pathlib import Path

import grpc

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples" / "python"))
import stubs

stubs.load()
import echo_pb2
import echo_pb2_grpc
import gateway
import health_pb2
import health_pb2_grpc
import secured
import verdict
from gateway import Gateway

__all__ = ["echo_pb2", "echo_pb2_grpc", "health_pb2", "health_pb2_grpc", "EchoTestCase", "FreshGatewayTestCase"]

BUILT = Path(__file__).resolve().parents[2] / "build/host/bin/mote-gateway"
# Much longer than any call: a call that exceeds it hangs.
PATIENCE = 30
# Channels do not share a connection, and failed connections are retried soon. grpcio uses min_reconnect_backoff_ms for
# the maximum time of an attempt including the HTTP/2 preface, which takes long on a busy machine.
CHANNEL_OPTIONS = (
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 20000),  # the maximum time of one attempt
    ("grpc.max_reconnect_backoff_ms", 500),
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
)


def gateway_only(test):
    """Marks tests that the reference does not pass or does not support."""

    @functools.wraps(test)
    def skip_for_reference(case):
        if gateway.is_reference():
            case.skipTest("gateway only")
        test(case)

    return skip_for_reference


def open_channel(target, **options):
    """A channel to a target with or without TLS."""
    if not target.startswith(secured.PREFIX):
        return grpc.insecure_channel(target, **options)
    credentials = grpc.ssl_channel_credentials(secured.authority())
    return grpc.secure_channel(secured.address_of(target), credentials, **options)


class EchoTestCase(unittest.TestCase):
    """One server for all tests of the class, started with `options`, and one channel for each test."""

    options = ()

    @classmethod
    def setUpClass(cls):
        if cls.options and not gateway.is_ours():
            raise unittest.SkipTest("needs a gateway with other options")
        cls.gateway = Gateway(*cls.options).start()

    @classmethod
    def tearDownClass(cls):
        cls.gateway.stop()

    def setUp(self):
        self.channel = self.open_channel(self.gateway.target)
        self.echo = echo_pb2_grpc.EchoStub(self.channel)
        self.health = health_pb2_grpc.HealthStub(self.channel)

    def open_channel(self, target, *options):
        channel = open_channel(target, options=CHANNEL_OPTIONS + options)
        self.addCleanup(channel.close)
        return channel

    def assert_status(self, code, call, *arguments, **named):
        """Makes a call, expects a status other than OK, and returns the error. `code` may be several codes."""
        codes = code if isinstance(code, tuple) else (code,)
        with self.assertRaises(grpc.RpcError) as caught:
            result = call(*arguments, **named)
            list(result) if hasattr(result, "__next__") else result
        self.assertIn(caught.exception.code(), codes, caught.exception.details())
        return caught.exception


class FreshGatewayTestCase(EchoTestCase):
    """A separate server for each test."""

    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def setUp(self):
        self.start(*self.options)

    def start(self, *options, **named):
        """Starts a server, stops the previous one if any, and opens a channel."""
        if not gateway.is_ours():
            self.skipTest("needs its own gateway")
        self.gateway = Gateway(*options, **named).start()
        self.addCleanup(self.gateway.stop)
        super().setUp()


def wait_until(condition, what, seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.01)


def seeded_random():
    """A random source with a printed seed, which MOTE_TEST_SEED can set."""
    seed = int(os.environ.get("MOTE_TEST_SEED") or random.SystemRandom().randrange(2**32))
    print(f"MOTE_TEST_SEED={seed}", file=sys.stderr)
    return random.Random(seed)


def add_server_options(parser):
    parser.add_argument("--server", choices=("reference", "gateway"), default="gateway")
    parser.add_argument("--binary", default=str(BUILT), help="its program, or a command of several words")
    parser.add_argument("--engine", choices=("lean", "grpc"), default="lean", help="the engine of that program")
    parser.add_argument("--at", metavar="ADDRESS", help="a running gateway with its own options")
    parser.add_argument("--tls", action="store_true", help="everything over TLS")


def take_server_options(arguments):
    if arguments.server == "gateway":
        gateway.test_against(shlex.split(arguments.binary))
    if arguments.at:
        gateway.test_at(arguments.at)
    if arguments.tls:
        secured.turn_on()


def main():
    parser = argparse.ArgumentParser(add_help=False)
    add_server_options(parser)
    arguments, rest = parser.parse_known_args()
    take_server_options(arguments)
    verdict.run(rest)
