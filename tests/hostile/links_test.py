"""Calls over a link that loses, delays and reorders packets, and over one that is cut. Needs root and /dev/net/tun.

    links_test.py --binary PROGRAM [--long] [unittest arguments]
"""

import argparse
import itertools
import shlex
import sys
import unittest
from concurrent import futures
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

import gateway
import raw_http2 as h2
import suite
import verdict
from bad_link import BadLink, NotPossible, enter_namespace
from gateway import Gateway
from lawful_calls import echo_request, work

PATIENCE = 120
CONNECTIONS = 8
is_long = False


class LinkTestCase(unittest.TestCase):
    options = ()

    def setUp(self):
        seed = suite.seeded_random().randrange(1 << 30)
        self.link = self.enterContext(BadLink(seed))
        self.gateway = Gateway(*self.options, listen=(f"{BadLink.NEAR}:0",)).start()
        self.addCleanup(self.gateway.stop)
        self.target = f"{BadLink.FAR}:{self.gateway.target.rpartition(':')[2]}"

    def connect(self):
        connection = h2.Connection(self.target)
        self.addCleanup(connection.close)
        return connection

    def run_clients(self):
        with futures.ThreadPoolExecutor(CONNECTIONS) as pool:
            list(pool.map(lambda number: work(self.target, number, 8 if is_long else 1), range(CONNECTIONS)))

    def wait_until_all_is_released(self):
        def is_released():
            left = self.gateway.counters()
            return left["connections"] == left["calls"] == 0

        suite.wait_until(is_released, "all connections released", PATIENCE)


class Lossy(LinkTestCase):
    def test_loss_delay_and_reordering(self):
        if is_long:
            self.link.set(loss=0.2, delay_ms=100, jitter_ms=100)
        else:
            self.link.set(loss=0.05, delay_ms=10, jitter_ms=20)
        self.run_clients()
        self.wait_until_all_is_released()


class OneFault(LinkTestCase):
    """Each fault alone, and more of it."""

    def setUp(self):
        if not is_long:
            self.skipTest("needs --long")
        super().setUp()

    def test_loss(self):
        self.link.set(loss=0.2, delay_ms=5)
        self.run_clients()

    def test_delay(self):
        self.link.set(delay_ms=200)
        self.run_clients()

    def test_reordering(self):
        self.link.set(delay_ms=5, jitter_ms=60)
        self.run_clients()


class Cut(LinkTestCase):
    options = ("--keepalive-ms", 500, "--keepalive-timeout-ms", 500, "--write-stall-ms", 1000)

    def test_calls_continue_when_the_link_returns(self):
        """The link is cut for less than the keepalive's time: TCP retransmits what was lost."""
        with Gateway(listen=(f"{BadLink.NEAR}:0",)) as patient:
            self.target = f"{BadLink.FAR}:{patient.target.rpartition(':')[2]}"
            connection = self.connect()
            stream = connection.call("/echo.Echo/ReplyStream", echo_request("x", count=30, interval_ms=20))
            got = connection.responses.setdefault(stream, h2.Response())
            for _ in range(3 if is_long else 1):
                had = len(got.data)
                connection.receive_until(lambda had=had: len(got.data) > had or got.ended)
                self.link.set(cut=True)
                while connection.receive_frame(seconds=0.5):
                    pass
                self.link.set()
            connection.response(stream, PATIENCE)
            self.assertEqual((got.status, len(got.messages)), (0, 30))
            connection.close()

    def test_a_link_that_stays_cut_releases_everything(self):
        """Connections without calls, with calls that wait, and with replies that nobody acknowledges."""
        connections = [self.connect() for _ in range(9)]
        for connection, kind in zip(connections, itertools.cycle(range(3))):
            connection.settle()
            if kind == 1:
                connection.call("/echo.Echo/Collect", echo_request("x"), end_stream=False)
            elif kind == 2:
                stream = connection.call("/echo.Echo/ReplyStream", echo_request("x" * 1000, count=10**6, interval_ms=1))
                got = connection.responses.setdefault(stream, h2.Response())
                connection.receive_until(lambda got=got: got.data)
        suite.wait_until(lambda: self.gateway.counters()["calls"] == 6, "all calls are open")
        self.link.set(cut=True)
        self.wait_until_all_is_released()
        self.assertGreaterEqual(self.gateway.counters()["keepalive_timeouts"], 1)
        self.link.set()
        work(self.target, 0)


class TcpKeepalive(LinkTestCase):
    options = ("--keepalive-ms", 0, "--tcp-keepalive-seconds", 1)

    def test_the_kernel_ends_a_connection_that_is_cut(self):
        connection = self.connect()
        connection.response(connection.call("/echo.Echo/Reply", echo_request("x")), PATIENCE)
        suite.wait_until(self.is_acknowledged, "the client's TCP has everything")
        self.link.set(cut=True)
        self.wait_until_all_is_released()
        self.assertEqual(self.gateway.counters()["tcp_timeouts"], 1)

    def is_acknowledged(self):
        """Whether no byte of the gateway waits in its socket; TCP would repeat it instead of sending probes."""
        port = int(self.gateway.target.rpartition(":")[2])
        lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        established = "01"
        queues = [line[4] for line in lines if line[1].endswith(f":{port:04X}") and line[3] == established]
        return len(queues) == 1 and queues[0].startswith("00000000:")


def main():
    global is_long
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--binary", default=str(suite.BUILT))
    parser.add_argument("--long", action="store_true", help="20 %% loss and 200 ms of delay")
    arguments, rest = parser.parse_known_args()
    is_long = arguments.long
    gateway.test_against(shlex.split(arguments.binary))
    try:
        enter_namespace()
        with BadLink(0):
            pass
    except NotPossible as reason:
        print(f"SKIPPED: {reason}")
        sys.exit(verdict.SKIPPED_CODE)
    verdict.run(rest)


if __name__ == "__main__":
    main()
