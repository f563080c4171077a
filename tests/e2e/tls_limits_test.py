"""Tests what listeners with TLS offer, what handshakes may take, and the header of a proxy in front of them."""

import concurrent.futures
import contextlib
import itertools
import re
import signal
import socket
import ssl
import subprocess
import threading
from pathlib import Path

import suite
from suite import PATIENCE, echo_pb2, echo_pb2_grpc, wait_until
from tls_test import PREFACE, TlsTestCase

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "tls.md"


class Connections(TlsTestCase):
    def raw(self, source="127.0.0.2"):
        host, port = self.address.rsplit(":", 1)
        raw = socket.create_connection((host, int(port)), PATIENCE, (source, 0))
        self.addCleanup(raw.close)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return raw

    def context(self, client=None):
        context = ssl.create_default_context(cafile=self.folder / "ca.pem")
        context.set_alpn_protocols(["h2"])
        if client:
            context.load_cert_chain(self.folder / f"{client}.pem", self.folder / f"{client}.key")
        return context

    def secured(self, raw, context=None, session=None):
        secured = (context or self.context()).wrap_socket(raw, server_hostname="localhost", session=session)
        self.addCleanup(secured.close)
        return secured


class Offers(TlsTestCase):
    def accepts(self, *options):
        return "Cipher is (NONE)" not in self.openssl("-alpn", "h2", *options).stdout

    def offered(self, *options):
        """The cipher suites that the gateway accepts from OpenSSL, which offers one at a time."""
        command = ["openssl", "ciphers", "-s", "-tls1_2", "-stdname", "ALL:@SECLEVEL=0"]
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        names = {line.split()[2]: line.split()[0] for line in listed.splitlines()}
        accepted = {names[name] for name in names if self.accepts("-tls1_2", "-cipher", f"{name}:@SECLEVEL=0", *options)}
        ciphers = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_CCM_SHA256",
                   "TLS_AES_128_CCM_8_SHA256")
        return accepted | {name for name in ciphers if self.accepts("-tls1_3", "-ciphersuites", name, *options)}

    def test_exactly_the_documented_suites_versions_and_curves(self):
        documented = re.findall(r"^\| `(TLS_\w+)` \|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
        self.assertEqual(len(documented), 8)
        self.start()
        self.assertEqual(self.offered(), {name for name in documented if "_PSK_" not in name})
        for version in ("-tls1", "-tls1_1"):
            self.assertFalse(self.accepts(version, "-cipher", "ALL:@SECLEVEL=0"))
        for curve in ("X25519", "X448", "P-384", "P-521", "ffdhe2048"):
            self.assertFalse(self.accepts("-groups", curve), curve)
        self.assertTrue(self.accepts("-groups", "P-256"))
        # An identity without a key is asked for where PSK suites are offered.
        key = "5a" * 32
        keys = self.folder / "scan.psk"
        keys.touch(0o600)
        keys.write_text(f"pump {key}\n", encoding="ascii")
        self.start("--tls-psk-file", keys)
        for name, cipher in (("TLS_PSK_WITH_AES_128_GCM_SHA256", "PSK-AES128-GCM-SHA256"),
                             ("TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-PSK-CHACHA20-POLY1305")):
            self.assertIn(name, documented)
            self.assertTrue(self.accepts("-tls1_2", "-psk_identity", "pump", "-psk", key, "-cipher", cipher))
        others = "PSK:!PSK-AES128-GCM-SHA256:!ECDHE-PSK-CHACHA20-POLY1305:@SECLEVEL=0"
        self.assertFalse(self.accepts("-tls1_2", "-psk_identity", "pump", "-psk", key, "-cipher", others))

    def test_the_suites_of_the_configuration(self):
        self.start("--tls-suites", "TLS_CHACHA20_POLY1305_SHA256,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384")
        for version, cipher in (("-tls1_3", "TLS_CHACHA20_POLY1305_SHA256"), ("-tls1_2", "ECDHE-ECDSA-AES256-GCM-SHA384")):
            self.assertIn(f"Cipher is {cipher}", self.openssl(version, "-alpn", "h2").stdout)
        self.assertFalse(self.accepts("-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256"))
        self.assertFalse(self.accepts("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"))


class Tickets(Connections):
    def resumes(self, context, session=None, act=lambda: None):
        """Whether the second of two connections resumes the session of the first."""
        for _ in range(2):
            secured = self.secured(self.raw(), context, session)
            secured.sendall(PREFACE)
            self.assertEqual(secured.recv(4096)[3], 4, "a SETTINGS frame")
            session, resumed = secured.session, secured.session_reused
            act()
        return resumed

    def contexts(self, client=None):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = self.context(client)
            context.maximum_version = version
            yield context

    def test_clients_without_an_identity_resume_their_sessions(self):
        self.start()
        for context in self.contexts():
            self.assertTrue(self.resumes(context))

        def reload():
            before = self.gateway.stderr.count("event=access-changed")
            self.gateway.process.send_signal(signal.SIGHUP)
            wait_until(lambda: self.gateway.stderr.count("event=access-changed") > before, "event=access-changed")

        for context in self.contexts():
            self.assertTrue(self.resumes(context, act=reload))
        self.assertEqual(self.openssl("-tls1_2", "-alpn", "h2", "-reconnect").stdout.count("Reused, TLSv1.2"), 5)

    def test_others_do_not(self):
        self.start("--tls-client-ca", self.folder / "ca.pem")
        for context in self.contexts("pump"):
            self.assertFalse(self.resumes(context))
        self.start("--tls-psk-file", self.folder / "devices.psk")
        for context in self.contexts():
            self.assertFalse(self.resumes(context))


class Shares(Connections):
    def test_many_refusals_have_few_lines_and_count_for_their_address(self):
        self.start("--max-connections-per-address", 4, "--log-rate", 5)
        for _ in range(40):
            with contextlib.suppress(OSError):
                self.raw("127.0.0.1").sendall(b"GET / HTTP/1.1\r\n\r\n")
        self.assertEqual(self.secured(self.raw()).selected_alpn_protocol(), "h2")
        self.assertGreater(self.gateway.counters()["address_connections_refused"], 0)
        lines = self.gateway.stderr.count("event=tls-refused")
        self.assertIn("the client does not speak TLS", self.gateway.stderr)
        self.assertLess(lines, 20)

    def test_handshakes_leave_time_for_calls(self):
        """While handshakes flood the gateway, a stream of another address goes on, and steps of handshakes wait for it."""
        self.start("--tls-handshake-percent", 20)
        ended = threading.Event()
        numbers = itertools.takewhile(lambda _: not ended.is_set(), itertools.count())
        messages = (echo_pb2.EchoRequest(message=f"{number}") for number in numbers)
        replies = echo_pb2_grpc.EchoStub(self.channel()).Chat(messages, timeout=PATIENCE)
        reader = concurrent.futures.ThreadPoolExecutor(1)
        self.addCleanup(reader.shutdown)
        read = reader.submit(lambda: [reply.message for reply in replies])

        def delayed():
            for _ in range(10):
                self.secured(self.raw()).close()
            return self.gateway.counters().get("tls_handshake_steps_delayed", 0) > 0

        wait_until(delayed, "a step of a handshake waits")
        ended.set()
        answered = read.result(PATIENCE)
        self.assertEqual(answered, [f"You said: {number}" for number in range(len(answered))])
        self.assertGreater(len(answered), 10)


class Proxies(Connections):
    """A trusted proxy names its client in front of the handshake, with version 2 of the PROXY protocol."""

    ADDRESS = bytes((192, 0, 2, 77))
    CLIENT = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + ADDRESS + bytes((192, 0, 2, 1, 1, 2, 3, 4))

    def of(self, last):
        return self.CLIENT.replace(self.ADDRESS, bytes((192, 0, 2, last)))

    def connect(self, *first, source="127.0.0.1"):
        raw = self.raw(source)
        for part in first:
            raw.sendall(part)
        return raw

    def assert_handshake(self, *first):
        secured = self.secured(self.connect(*first))
        secured.sendall(PREFACE)
        self.assertEqual(secured.recv(4096)[3], 4, "a SETTINGS frame")
        return secured

    def assert_logged(self, peer, reason):
        self.gateway.wait_for_log(rf'event=tls-refused peer={peer}\S* reason="{reason}"')

    def test_a_header_in_front_of_the_handshake(self):
        self.start("--trusted-proxy", "127.0.0.1")
        self.assert_handshake(self.CLIENT)
        self.assert_handshake(*(bytes([byte]) for byte in self.CLIENT))
        self.assert_handshake(self.CLIENT.replace(b"\0\x0c", b"\x80\x0c", 1) + bytes(0x8000))
        # One without an address, and none.
        self.assert_handshake(self.CLIENT[:12] + b"\x20\0\0\0")
        self.assert_handshake()
        self.assert_serves()

    def test_the_client_counts_and_is_in_the_log(self):
        self.start("--trusted-proxy", "127.0.0.1", "--max-connections-per-address", 1)
        self.assert_handshake(self.CLIENT)
        self.connect(self.CLIENT)
        self.assert_logged("", "too many connections")
        self.assert_handshake(self.of(78))
        self.connect(self.of(79) + b"GET / HTTP/1.1\r\n\r\n")
        self.assert_logged("192.0.2.79", "the client does not speak TLS")

    def test_malformed_headers_and_those_of_others_are_refused(self):
        self.start("--trusted-proxy", "127.0.0.1")
        self.connect(self.CLIENT.replace(b"\x21\x11", b"\x31\x11"))
        self.assert_logged("127.0.0.1", "malformed PROXY header")
        self.connect(self.CLIENT, source="127.0.0.2")
        self.assert_logged("127.0.0.2", "the client does not speak TLS")
        self.assert_serves()

    def test_a_connection_that_ends_before_its_header(self):
        self.start("--trusted-proxy", "127.0.0.1", "--preface-timeout-ms", 60000)
        for first in (b"", self.CLIENT[:20]):
            raw = self.connect(first)
            wait_until(lambda: self.gateway.counters()["connections"] == 1, "the connection")
            raw.close()
            wait_until(lambda: self.gateway.counters()["connections"] == 0, "its end")


if __name__ == "__main__":
    suite.main()
