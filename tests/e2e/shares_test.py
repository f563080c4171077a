"""One address takes all that it can get, before others come: clients at other addresses are served."""

import select
import signal
import socket
import struct
import tempfile

import raw_http2 as h2
import suite
from raw_case import CHAT, COLLECT, OK, REPLY, FreshRawTestCase, request
from suite import gateway_only

OTHER = "127.0.0.2"
CHECK = "/grpc.health.v1.Health/Check"


class Shares(FreshRawTestCase):
    def assert_all_answered(self, connections):
        for connection in connections:
            self.assert_answers(connection)

    @gateway_only
    def test_the_log_has_the_address_of_a_client_that_has_reset(self):
        with h2.connected_socket(self.gateway.target) as client:
            client.sendall(h2.PREFACE + h2.frame(h2.SETTINGS))
            suite.wait_until(lambda: self.gateway.counters().get("connections") == 1, "the gateway has accepted the connection")
            self.gateway.process.send_signal(signal.SIGSTOP)
            suite.wait_until(self.gateway.is_stopped, "the gateway is stopped")
            client.sendall(h2.frame(h2.DATA, 0, 0, b"on the connection"))
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.gateway.process.send_signal(signal.SIGCONT)
        self.gateway.wait_for_log(r"event=connection-error peer=127\.0\.0\.1:")

    @gateway_only
    def test_connections_of_one_address_make_room(self):
        self.start("--max-connections", 8)
        hoard = [self.connect() for _ in range(8)]
        self.assert_all_answered(hoard)
        newcomers = [self.connect(source=OTHER) for _ in range(2)]
        self.assert_all_answered(newcomers)
        # The first two were longest without a call.
        for connection in hoard[:2]:
            self.assert_goaway(connection, h2.NO_ERROR)
        self.assert_all_answered(hoard[2:])
        # The other address has its quarter now. Nobody makes room for more.
        self.assert_goaway(self.connect(source=OTHER, preface=False), h2.ENHANCE_YOUR_CALM)
        self.assert_all_answered(hoard[2:] + newcomers)

    @gateway_only
    def test_a_connection_that_makes_room_reads_goaway_while_it_sends(self):
        """Its socket is not reset before the client has closed it."""
        self.start("--max-connections", 8)
        hoard = [self.connect() for _ in range(8)]
        for connection in hoard:
            stream = connection.call(COLLECT, end_stream=False)
            connection.settle()
        self.assert_answers(self.connect(source=OTHER))
        # The one that makes room has something to read: its GOAWAY.
        readable = select.select([connection.socket for connection in hoard], [], [], suite.PATIENCE)[0]
        first = next(connection for connection in hoard if connection.socket in readable)
        for _ in range(20):
            first.send_data(stream, h2.message(request()))
        first.receive_until(lambda: first.goaway)
        self.assertEqual(first.goaway[1], h2.NO_ERROR)
        for _ in range(20):
            first.send_data(stream, h2.message(request()))
        self.assertEqual(first.socket.recv(1), b"")

    @gateway_only
    def test_connections_with_calls_of_one_address_make_room(self):
        self.start("--max-connections", 8)
        hoard = [self.connect() for _ in range(8)]
        for connection in hoard:
            connection.call(COLLECT, end_stream=False)
        self.assert_answers(self.connect(source=OTHER))
        self.assertEqual(sum(self.is_closed(connection) for connection in hoard), 1)

    @staticmethod
    def is_closed(connection):
        try:
            connection.assert_open()
            return False
        except AssertionError:
            return True

    @gateway_only
    def test_silent_connections_of_one_address_make_room(self):
        self.start("--max-connections", 8)
        hoard = [self.connect(preface=False) for _ in range(8)]
        self.assert_all_answered([self.connect(source=OTHER), self.connect(source=OTHER)])
        self.assert_goaway(hoard[0], h2.NO_ERROR)

    @gateway_only
    def test_connections_without_any_call_make_room_before_others(self):
        """No address is above its quarter."""
        self.start("--max-connections", 8)
        used = self.connect(source="127.0.0.3")
        self.assert_answers(used)
        silent = [self.connect(preface=False, source=f"127.0.0.{number}") for number in range(4, 11)]
        self.assert_answers(self.connect(source=OTHER))
        self.assertEqual(sum(self.is_closed(connection) for connection in silent), 1)
        self.assert_answers(used)

    @gateway_only
    def test_most_connections_of_an_address(self):
        self.start("--max-connections-per-address", 2)
        connections = [self.connect() for _ in range(2)]
        self.assert_all_answered(connections)
        self.assert_goaway(self.connect(preface=False), h2.ENHANCE_YOUR_CALM)
        self.assert_answers(self.connect(source=OTHER))

    @gateway_only
    def test_most_calls_of_an_address(self):
        self.start("--max-streams-per-address", 4, "--reserved-streams", 0)
        connection = self.connect()
        for _ in range(4):
            connection.call(COLLECT, end_stream=False)
        self.assertEqual(connection.response(connection.call(REPLY, request())).reset, h2.REFUSED_STREAM)
        self.assert_answers(self.connect(source=OTHER))

    @gateway_only
    def test_waiting_calls_of_one_address_make_room(self):
        self.start("--max-streams", 32)
        hoard = self.connect()
        streams = [hoard.call(COLLECT, end_stream=False) for _ in range(32)]
        hoard.settle()
        suite.wait_until(lambda: self.refused(self.connect()), "all calls to be open")
        newcomer = self.connect(source=OTHER)
        suite.wait_until(lambda: not self.refused(newcomer), "a call to be old enough to make room")
        for _ in range(8):
            newcomer.call(CHAT, end_stream=False)
        self.assert_answers(self.connect(source="127.0.0.3"))
        hoard.receive_until(lambda: any(hoard.responses[stream].ended for stream in streams if stream in hoard.responses))
        self.gateway.wait_for_log("event=call-ended-for-others .*limit=max-streams-per-address")

    @staticmethod
    def refused(connection):
        return connection.response(connection.call(REPLY, request())).reset == h2.REFUSED_STREAM

    @gateway_only
    def test_health_checks_have_places(self):
        self.start("--max-streams", 2)
        connection = self.connect()
        for _ in range(2):
            connection.call(COLLECT, end_stream=False)
        suite.wait_until(lambda: self.refused(self.connect()), "all calls to be open")
        for _ in range(100):
            self.assertEqual(connection.response(connection.call(CHECK, b"")).status, OK)

    @gateway_only
    def test_unix_sockets_have_places(self):
        with tempfile.TemporaryDirectory() as folder:
            self.start("--max-connections", 2, listen=("127.0.0.1:0", f"unix:{folder}/socket"))
            hoard = [self.connect() for _ in range(2)]
            self.assert_all_answered(hoard)
            local = [h2.Connection(self.gateway.targets[1]) for _ in range(2)]
            self.assert_all_answered(local + hoard)
            for connection in local:
                connection.close()


if __name__ == "__main__":
    suite.main()
