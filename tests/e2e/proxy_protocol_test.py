"""Trusted proxies name their clients with version 2 of the PROXY protocol."""

import pathlib
import shutil
import socket
import struct
import subprocess
import tempfile
import unittest

import raw_http2 as h2
import suite
from ports import unused_port
from raw_case import REPLY, FreshRawTestCase, request
from suite import gateway_only

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
LOCAL, PROXY = 0x20, 0x21
TCP4, TCP6, UNIX = 0x11, 0x21, 0x31
TRUSTING = ("--trusted-proxy", "127.0.0.0/31")
UNTRUSTED = "127.0.0.2"


def header(command, family, addresses, tlvs=b""):
    return SIGNATURE + struct.pack(">BBH", command, family, len(addresses) + len(tlvs)) + addresses + tlvs


def client(address):
    """The header of a connection from this address."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    packed = socket.inet_pton(family, address)
    return header(PROXY, TCP6 if ":" in address else TCP4, packed + packed + struct.pack(">HH", 4711, 50051))


class ProxyProtocol(FreshRawTestCase):
    def connect_with(self, first_bytes, **named):
        """A connection that sends these bytes and then speaks HTTP/2."""
        connection = self.connect(preface=False, **named)
        connection.send(first_bytes)
        connection._answers = True
        connection._start(())
        return connection

    @gateway_only
    def test_clients_count_by_their_own_addresses(self):
        self.start(*TRUSTING, "--max-connections-per-address", 1)
        for address in ("192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8:0:1::1"):
            self.assert_answers(self.connect_with(client(address)))
        for address in ("192.0.2.2", "2001:db8::2", "::ffff:192.0.2.1"):
            self.assert_goaway(self.connect_with(client(address)), h2.ENHANCE_YOUR_CALM)

    @gateway_only
    def test_proxies_are_exempt(self):
        self.start(*TRUSTING, "--max-connections-per-address", 1)
        for first in (b"", b"", header(LOCAL, 0, b""), header(LOCAL, TCP4, bytes(12)), header(PROXY, UNIX, bytes(216))):
            self.assert_answers(self.connect_with(first))

    @gateway_only
    def test_header_in_single_bytes_and_with_tlvs(self):
        self.start(*TRUSTING)
        addresses = bytes((192, 0, 2, 1, 192, 0, 2, 9)) + struct.pack(">HH", 4711, 50051)
        connection = self.connect(preface=False)
        for byte in header(PROXY, TCP4, addresses, tlvs=bytes(300)):
            connection.send(bytes([byte]))
        connection._answers = True
        connection._start(())
        self.assert_answers(connection)
        self.assert_answers(self.connect_with(header(PROXY, TCP4, addresses, tlvs=bytes(60000))))

    @gateway_only
    def test_log_names_the_client(self):
        self.start(*TRUSTING)
        connection = self.connect_with(client("192.0.2.77"))
        connection.send(h2.frame(h2.PING, 0, 0, bytes(7)))
        self.assert_goaway(connection, h2.FRAME_SIZE_ERROR)
        self.gateway.wait_for_log("peer=192.0.2.77")

    @gateway_only
    def test_others_may_not_name_clients(self):
        self.start(*TRUSTING)
        self.assert_goaway(self.connect_with(client("192.0.2.1"), source=UNTRUSTED), h2.PROTOCOL_ERROR)
        self.start()
        self.assert_goaway(self.connect_with(client("192.0.2.1")), h2.PROTOCOL_ERROR)

    @gateway_only
    def test_malformed_headers(self):
        self.start(*TRUSTING)
        for malformed in (header(0x11, TCP4, bytes(12)), header(PROXY, 0x12, bytes(12)), header(PROXY, TCP6, bytes(12))):
            self.assertEqual(self.assert_goaway(self.connect_with(malformed), h2.PROTOCOL_ERROR), "malformed PROXY header")

    @gateway_only
    def test_header_has_the_time_of_the_preface(self):
        self.start(*TRUSTING, "--preface-timeout-ms", 300)
        connection = self.connect(preface=False)
        connection.send(client("192.0.2.1")[:20])
        self.assert_goaway(connection, h2.PROTOCOL_ERROR)

    @gateway_only
    @unittest.skipUnless(shutil.which("haproxy", path="/usr/sbin:/usr/bin"), "haproxy is not installed")
    def test_haproxy(self):
        self.start(*TRUSTING, "--max-connections-per-address", 1)
        port = unused_port()
        with tempfile.TemporaryDirectory() as folder:
            config = pathlib.Path(folder, "haproxy.cfg")
            config.write_text(
                "defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 1m\n  timeout server 1m\n"
                f"listen gateway\n  bind 127.0.0.1:{port}\n  server gateway {self.gateway.target} send-proxy-v2\n"
            )
            proxy = subprocess.Popen([shutil.which("haproxy", path="/usr/sbin:/usr/bin"), "-db", "-f", config])
            try:
                target = f"127.0.0.1:{port}"
                suite.wait_until(lambda: self.listens(port), "haproxy")
                for source in ("127.0.0.5", "127.0.0.6"):
                    connection = h2.Connection(target, source=source)
                    self.addCleanup(connection.close)
                    self.assertEqual(connection.response(connection.call(REPLY, request())).status, 0)
                second = h2.Connection(target, source="127.0.0.5")
                self.addCleanup(second.close)
                self.assert_goaway(second, h2.ENHANCE_YOUR_CALM)
            finally:
                proxy.terminate()
                proxy.wait()

    @staticmethod
    def listens(port):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return True
        except OSError:
            return False


if __name__ == "__main__":
    suite.main()
