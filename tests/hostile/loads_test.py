"""More connections, more calls and fewer descriptors than usual.

    loads_test.py --binary PROGRAM [unittest arguments]
"""

import argparse
import contextlib
import re
import resource
import shlex
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

import gateway
import raw_http2 as h2
import suite
import verdict
from gateway import Gateway
from raw_hpack import encode_fields
from scene import SETTINGS_ACK, START, headers

IDLE, BUSY, ROUNDS = 9_900, 100, 20
OTHER_DESCRIPTORS = 200
HELLO = h2.message(suite.echo_pb2.EchoRequest(message="hello").SerializeToString())
REPLY = b"You said: hello"


def call(stream):
    return headers(stream, encode_fields(h2.request_fields())) + h2.frame(h2.DATA, h2.END_STREAM, stream, HELLO)


class ManyConnections(unittest.TestCase):
    def test_ten_thousand_connections_with_traffic_on_a_hundred(self):
        count = IDLE + BUSY
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < count + OTHER_DESCRIPTORS:
            self.skipTest(f"SKIPPED: a process may have only {hard} descriptors here")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count + OTHER_DESCRIPTORS), hard))
        with Gateway("--max-connections", count, "--memory-budget", "1GiB", "--drain-seconds", 30) as server:
            with contextlib.ExitStack() as stack:
                idle = []
                for _ in range(IDLE):
                    idle.append(stack.enter_context(h2.connected_socket(server.target)))
                    idle[-1].sendall(START + SETTINGS_ACK + call(1))
                    self.assert_answered(idle[-1])
                before = server.memory_kib()
                busy = [stack.enter_context(h2.Connection(server.target)) for _ in range(BUSY)]
                suite.wait_until(lambda: server.counters()["connections"] == count, "all connections open")
                for _ in range(ROUNDS):
                    streams = [each.call("/echo.Echo/Reply", HELLO[5:]) for each in busy]
                    for each, stream in zip(busy, streams):
                        self.assertEqual(each.response(stream).status, 0)
                self.assertLess(server.memory_kib() - before, 1024)
                for each in idle[:: IDLE // 100]:
                    each.sendall(call(3))
                    self.assert_answered(each)  # The idle connections are still open.

    def assert_answered(self, connected):
        connected.settimeout(h2.PATIENCE)
        received = b""
        while REPLY not in received:
            data = connected.recv(65536)
            self.assertNotEqual(data, b"", f"closed after {received}")
            received += data


class Descriptors(unittest.TestCase):
    """While all descriptors are in use, connections wait in the kernel's queue. They are served when descriptors are free."""

    WAITING = 30

    def test_accept_pauses_and_continues(self):
        with Gateway() as server:
            _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
            with h2.Connection(server.target) as old:
                self.assert_answers(old)
                used = len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))
                resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (used, hard))
                waiting = [h2.Connection(server.target) for _ in range(self.WAITING)]
                streams = [each.call("/echo.Echo/Reply", HELLO[5:]) for each in waiting]
                server.wait_for_log("event=accept-failed")
                for _ in range(100):
                    self.assert_answers(old)
                self.assertEqual(server.counters()["connections"], 1)
                resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (hard, hard))
                for each, stream in zip(waiting, streams):
                    self.assertEqual(each.response(stream).status, 0)
                    each.close()

    def assert_answers(self, connection):
        self.assertEqual(connection.response(connection.call("/echo.Echo/Reply", HELLO[5:])).status, 0)


class TwiceTheLoad(unittest.TestCase):
    """Twice the calls that the gateway may have open: it refuses one half at once, and this does not delay the other half."""

    STREAMS = 64

    def test_refuses_and_does_not_queue(self):
        with Gateway("--max-streams", self.STREAMS, "--max-streams-per-connection", 100) as server:
            connections = [h2.Connection(server.target) for _ in range(4)]
            for _ in range(5):
                self.overload(connections)
            for each in connections:
                each.close()

            def is_released():
                left = server.counters()
                return left["connections"] == left["calls"] == 0

            suite.wait_until(is_released, "all calls released")
            self.assertRegex(server.stderr, re.compile("streams_refused="))

    def overload(self, connections):
        """Makes calls that stay open until their client ends them, so that none ends before the last one is sent."""
        open_calls = [(each, each.call("/echo.Echo/Chat", HELLO[5:], end_stream=False))
                      for _ in range(2 * self.STREAMS // len(connections)) for each in connections]
        served, refused = [], []
        for connection, stream in open_calls:
            got = connection.responses.setdefault(stream, h2.Response())
            connection.receive_until(lambda got=got: got.data or got.reset is not None)
            if got.reset is None:
                served.append((connection, stream))
            else:
                self.assertEqual(got.reset, h2.REFUSED_STREAM)
                refused.append(stream)
        self.assertEqual((len(served), len(refused)), (self.STREAMS, self.STREAMS))
        for connection, stream in served:
            connection.send_data(stream, HELLO, end_stream=True)
        for connection, stream in served:
            response = connection.response(stream)
            self.assertEqual((response.status, len(response.messages)), (0, 2))


def main():
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--binary", default=str(suite.BUILT))
    arguments, rest = parser.parse_known_args()
    gateway.test_against(shlex.split(arguments.binary))
    verdict.run(rest)


if __name__ == "__main__":
    main()
