"""Tests listeners with TLS: real clients, with and without certificates, and every kind of refusal."""

import concurrent.futures
import contextlib
import os
import queue
import re
import resource
import select
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import unittest
from pathlib import Path

import grpc

import raw_http2 as h2
import suite
from gateway import Gateway
from raw_http2 import BIND_ADDRESS_NO_PORT
from secured import make_certificates
from suite import CHANNEL_OPTIONS, PATIENCE, echo_pb2, echo_pb2_grpc, wait_until

VERSIONS = {"-tls1_2": "TLSv1.2", "-tls1_3": "TLSv1.3"}
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\4" + bytes(5)  # and empty SETTINGS


def make_expired(certificate, key, *signer):
    request = subprocess.run(["openssl", "req", "-new", "-subj", "/CN=old", "-key", key], capture_output=True, check=True).stdout
    subprocess.run(["openssl", "x509", "-req", *signer, "-days", "0", "-out", certificate], input=request, capture_output=True, check=True)
    check = ["openssl", "x509", "-in", certificate, "-noout", "-checkend", "-1"]
    wait_until(lambda: subprocess.run(check, capture_output=True, check=False).returncode != 0, "the certificate has expired")


class TlsTestCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls._folder.cleanup)
        cls.folder = Path(cls._folder.name)
        make_certificates(cls.folder, "--device", "dev-1.plant", "--device", "pump")
        make_certificates(cls.folder / "other", "--device", "stranger")
        make_certificates(cls.folder / "old", "--days", "1")

    def start(self, *options, listen=("tls:127.0.0.1:0",), folder=None):
        folder = folder or self.folder
        files = ("--tls-certificate", folder / "gateway.pem", "--tls-key", folder / "gateway.key")
        self.gateway = Gateway(*files, *options, listen=listen).start()
        self.addCleanup(self.gateway.stop)
        self.address = self.gateway.target.removeprefix("tls:")
        return self.gateway

    def mutual(self, *options):
        return self.start("--tls-client-ca", self.folder / "ca.pem", *options)

    def channel(self, client=None, folder=None):
        folder = folder or self.folder
        key, chain = ((folder / f"{client}{end}").read_bytes() for end in (".key", ".pem")) if client else (None, None)
        credentials = grpc.ssl_channel_credentials((self.folder / "ca.pem").read_bytes(), key, chain)
        channel = grpc.secure_channel(f"localhost:{self.address.rsplit(':')[-1]}", credentials, options=CHANNEL_OPTIONS)
        self.addCleanup(channel.close)
        return channel

    def reply(self, channel, message="m"):
        return echo_pb2_grpc.EchoStub(channel).Reply(echo_pb2.EchoRequest(message=message), timeout=PATIENCE).message

    def assert_refused(self, channel):
        with self.assertRaises(grpc.RpcError) as caught:
            echo_pb2_grpc.EchoStub(channel).Reply(echo_pb2.EchoRequest(message="m"), timeout=5)
        self.assertIn(caught.exception.code(), (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED))

    def openssl(self, *options, send=""):
        command = ["openssl", "s_client", "-connect", self.address, "-CAfile", str(self.folder / "ca.pem"), "-servername",
                   "localhost", *map(str, options)]
        return subprocess.run(command, input=send, capture_output=True, text=True, timeout=PATIENCE, check=False)

    def peer(self, version="TLSv1.3", **options):
        return Peer(self.address, self.folder / "ca.pem", version, **options)

    def assert_serves(self):
        self.assertEqual(self.reply(self.channel(client=getattr(self, "client", None))), "You said: m")


class Peer:
    """A client that changes the bytes of its records."""

    def __init__(self, address, authority, version, most_at_once=None):
        context = ssl.create_default_context(cafile=authority)
        context.set_alpn_protocols(["h2"])
        context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version.replace(".", "_"))
        self._most_at_once = most_at_once  # bytes in one segment
        self._into, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._into, self._out, server_hostname="localhost")
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._complete(self._tls.do_handshake)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def records(self, data):
        """The records with `data`, not sent."""
        self._tls.write(data)
        return self._out.read()

    def write(self, data):
        self._send(self.records(data))

    def read(self, size):
        data = b""
        while len(data) < size:
            data += self._complete(lambda: self._tls.read(4096))
        return data

    def read_to_the_end(self):
        """Until the gateway closes the connection, with an alert or without one."""
        while self.socket.recv(4096):
            pass

    def _send(self, data):
        step = self._most_at_once or max(len(data), 1)
        for at in range(0, len(data), step):
            self.socket.sendall(data[at : at + step])

    def _complete(self, act):
        while True:
            try:
                result = act()
                self._send(self._out.read())
                return result
            except ssl.SSLWantReadError:
                self._send(self._out.read())
                self._into.write(self.socket.recv(4096))


class Calls(TlsTestCase):
    def test_every_kind_of_call_of_grpcio(self):
        self.start()
        stub = echo_pb2_grpc.EchoStub(self.channel())
        for size in (0, 1, 1000, 16384, 40000, 60000):
            self.assertEqual(stub.Reply(echo_pb2.EchoRequest(message="m" * size), timeout=PATIENCE).message,
                             "You said: " + "m" * size)
        replies = stub.ReplyStream(echo_pb2.EchoRequest(message="m"), timeout=PATIENCE)
        self.assertTrue(all(reply.message == "You said: m" for reply in replies))
        summary = stub.Collect((echo_pb2.EchoRequest(message="m" * 1000) for _ in range(100)), timeout=PATIENCE)
        self.assertEqual(summary.messages, 100)
        requests = (echo_pb2.EchoRequest(message=f"{i}") for i in range(200))
        self.assertEqual(len(list(stub.Chat(requests, timeout=PATIENCE))), 200)

    def test_many_connections_at_once(self):
        self.start()

        def one(index):
            channel = self.channel()
            for call in range(5):
                self.assertEqual(self.reply(channel, f"{index} {call}"), f"You said: {index} {call}")

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            list(pool.map(one, range(32)))

    def test_plaintext_and_tls_listeners_side_by_side(self):
        self.start(listen=("127.0.0.1:0", "tls:127.0.0.1:0"))
        plain = grpc.insecure_channel(self.gateway.targets[0], options=CHANNEL_OPTIONS)
        self.addCleanup(plain.close)
        self.address = self.gateway.targets[1].removeprefix("tls:")
        self.assertEqual(self.reply(plain), "You said: m")
        self.assertEqual(self.reply(self.channel()), "You said: m")

    def test_both_versions_with_openssl_and_curl(self):
        """Without a certificate and with one."""
        for start, identity in ((self.start, ()), (self.mutual, ("--cert", self.folder / "pump.pem", "--key", self.folder / "pump.key"))):
            start()
            for option, version in VERSIONS.items():
                with self.subTest(option, identity=identity):
                    done = self.openssl(option, "-alpn", "h2", "-verify_return_error", *(str(word).replace("--", "-") for word in identity))
                    self.assertIn(f"New, {version}", done.stdout, done.stderr)
                    self.assertIn("ALPN protocol: h2", done.stdout)
                    self.assertIn("Verify return code: 0 (ok)", done.stdout)
            url = f"https://localhost:{self.address.rsplit(':')[-1]}/"
            for option in ("--tlsv1.3", "--tls-max 1.2"):
                command = ["curl", "-s", "--cacert", self.folder / "ca.pem", *identity, *option.split(), url]
                self.assertIn("gRPC server", subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    def test_records_of_one_byte_and_in_pieces(self):
        """The client cuts its plaintext into records of one byte, and the records into segments of one byte."""
        self.start()
        for version in VERSIONS.values():
            with self.subTest(version), self.peer(version, most_at_once=1) as peer:
                for byte in PREFACE:
                    peer.write(bytes([byte]))
                self.assertEqual(peer.read(9)[3], 4, "a SETTINGS frame")
        self.assert_serves()

    def test_a_drain_ends_calls_without_loss(self):
        self.start()
        requests = queue.Queue()
        replies = echo_pb2_grpc.EchoStub(self.channel()).Chat(iter(requests.get, None), timeout=PATIENCE)
        requests.put(echo_pb2.EchoRequest(message="before"))
        self.assertEqual(next(replies).message, "You said: before")
        self.gateway.terminate()
        self.gateway.wait_for_log("event=draining|drain")
        requests.put(echo_pb2.EchoRequest(message="after"))
        self.assertEqual(next(replies).message, "You said: after")
        requests.put(None)
        self.assertEqual(list(replies), [])
        self.assertEqual(replies.code(), grpc.StatusCode.OK)
        self.gateway.wait()

    def test_a_call_right_behind_a_handshake_survives_a_drain(self):
        """A client of TLS 1.3 sends its call with the last message of the handshake. The gateway waits a second for it."""
        context = ssl.create_default_context(cafile=self.folder / "ca.pem")
        context.set_alpn_protocols(["h2"])

        def drained_in_the_handshake(connected):
            begun = context.wrap_socket(connected, server_hostname="localhost", do_handshake_on_connect=False)
            begun.settimeout(0)
            with self.assertRaises(ssl.SSLWantReadError):
                begun.do_handshake()
            select.select([begun], [], [], PATIENCE)
            self.gateway.terminate()
            self.gateway.wait_for_log("event=drain")
            begun.settimeout(PATIENCE)
            begun.do_handshake()
            return begun

        for _ in range(10):
            self.start()
            with contextlib.suppress(AssertionError, OSError, h2.Closed), \
                    h2.Connection(self.address, tls=drained_in_the_handshake) as client:
                answer = client.response(client.call("/echo.Echo/Reply", b"", extra=((":scheme", "https"),)))
                self.assertEqual(answer.status, 0)
                client.close()
                self.gateway.stop()
                return
        self.fail("the gateway closes connections whose handshake is not over")


class Refusals(TlsTestCase):
    def assert_logged(self, reason):
        self.gateway.wait_for_log(rf'event=tls-refused peer=\S+ reason="?{re.escape(reason)}')

    def test_no_alpn(self):
        self.start()
        for option in VERSIONS:
            self.openssl(option)
            self.openssl(option, "-alpn", "http/1.1")
        reason = "the client does not offer h2 (ALPN)"
        self.assert_logged(reason)
        wait_until(lambda: self.gateway.stderr.count(reason) == 4, "a line for each refusal")
        self.assert_serves()

    def test_plaintext_on_a_tls_listener(self):
        self.start()
        channel = grpc.insecure_channel(self.address, options=CHANNEL_OPTIONS)
        self.addCleanup(channel.close)
        self.assert_refused(channel)
        self.assert_logged("the client does not speak TLS")
        self.assert_serves()

    def test_no_certificate_and_one_of_a_stranger(self):
        self.mutual()
        self.client = "pump"
        self.assert_serves()
        self.assert_refused(self.channel())
        self.assert_logged("the client sent no certificate")
        self.assert_refused(self.channel(client="stranger", folder=self.folder / "other"))
        self.assert_logged("the client's certificate is not signed by tls-client-ca")
        self.assert_serves()

    def test_an_expired_certificate(self):
        expired = self.folder / "late.pem"
        make_expired(expired, self.folder / "pump.key", "-CA", self.folder / "ca.pem", "-CAkey", self.folder / "ca.key")
        self.mutual()
        self.client = "pump"
        for option in VERSIONS:
            self.openssl(option, "-alpn", "h2", "-cert", expired, "-key", self.folder / "pump.key")
        reason = "the client's certificate has expired"
        self.assert_logged(reason)
        wait_until(lambda: self.gateway.stderr.count(reason) == 2, "a line for each refusal")
        self.assert_serves()

    def test_clients_that_refuse_the_gateway(self):
        """They trust another authority, or expect another name."""
        self.start()
        wrong = (("-CAfile", self.folder / "other" / "ca.pem"), ("-verify_hostname", "elsewhere"))
        for option in VERSIONS:
            for check in wrong:
                self.assertIn("Verification error", self.openssl(option, "-alpn", "h2", "-verify_return_error", *check).stdout)
        # OpenSSL does not encrypt its alert in TLS 1.3 as the server expects.
        for reason in ("the client refused with an alert", "a record was changed on its way, or the client sent an alert that cannot be read"):
            wait_until(lambda reason=reason: self.gateway.stderr.count(f'reason="{reason}"') == 2, reason)
        self.assert_serves()

    def test_names(self):
        self.mutual("--tls-allow", "*.plant")
        self.client = "dev-1.plant"
        self.assert_serves()
        self.assert_refused(self.channel(client="pump"))
        self.assert_logged("no name of the client's certificate is in tls-allow")
        self.assert_serves()

    def test_versions(self):
        self.start("--tls-min-version", "1.3")
        self.assertIn("alert protocol version", self.openssl("-tls1_2", "-alpn", "h2").stderr)
        self.assert_logged("no common version of TLS: see tls-min-version")
        self.assert_serves()

    def test_refused_connections_hold_no_place(self):
        """While their sockets are open, for a second at most, they have given their memory back."""
        self.start("--tls-handshakes", 1)
        host, port = self.address.rsplit(":", 1)
        for _ in range(20):
            raw = socket.create_connection((host, int(port)), PATIENCE)
            self.addCleanup(raw.close)
            raw.sendall(b"GET / HTTP/1.1\r\n\r\n")
        wait_until(lambda: self.gateway.stderr.count("the client does not speak TLS") >= 10, "refusals")
        self.assert_serves()
        self.assertNotIn("no memory for the handshake", self.gateway.stderr)

    def test_silent_connections_and_a_flood_of_handshakes(self):
        """Neither takes the places of a well-behaved client."""
        self.start("--tls-handshakes", 4, "--preface-timeout-ms", 3000)
        host, port = self.address.rsplit(":", 1)
        silent = [socket.create_connection((host, int(port))) for _ in range(100)]
        self.addCleanup(lambda: [each.close() for each in silent])
        started = [socket.create_connection((host, int(port))) for _ in range(10)]
        self.addCleanup(lambda: [each.close() for each in started])
        for each in started:
            each.sendall(b"\x16\x03\x01\x02")
        # The flood comes from 127.0.0.1; this client has another address.
        context = ssl.create_default_context(cafile=self.folder / "ca.pem")
        context.set_alpn_protocols(["h2"])
        with socket.create_connection((host, int(port)), PATIENCE, ("127.0.0.2", 0)) as raw, \
                context.wrap_socket(raw, server_hostname="localhost") as other:
            self.assertEqual(other.selected_alpn_protocol(), "h2")
        self.assertGreater(self.gateway.counters()["tls_handshakes_waited"], 0)
        self.gateway.wait_for_log("the handshake took too long")
        self.assertGreater(self.gateway.counters()["preface_timeouts"], 0)
        self.assert_serves()


class Silence(TlsTestCase):
    def test_ten_thousand_silent_connections(self):
        """They take no memory of TLS, and others still find a place."""
        most = 10_000
        wanted = most + 1000
        self.assertGreaterEqual(resource.getrlimit(resource.RLIMIT_NOFILE)[1], wanted)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        self.start("--tls-handshakes", 2)
        open_one = self.channel()
        host, port = self.address.rsplit(":", 1)
        with contextlib.ExitStack() as silent:
            for number in range(most):
                one = silent.enter_context(socket.socket())
                one.setsockopt(socket.IPPROTO_IP, BIND_ADDRESS_NO_PORT, 1)
                one.bind((f"127.0.1.{1 + number % 100}", 0))
                one.connect((host, int(port)))
                if number % 1000 == 999:
                    self.assertEqual(self.reply(open_one), "You said: m")
                    self.assert_serves()
            counters = self.gateway.counters()
        self.assertEqual(counters.get("tls_handshakes_waited", 0), 0)
        self.assertEqual(counters["connections"], 128)  # the default of max-connections
        self.gateway.wait_for_log('event=connection-closed-for-others .* reason="too many connections')
        self.gateway.wait_for_log("event=limit-reached name=max-connections-per-address")


class Faults(TlsTestCase):
    """Connections that break the rules after their handshake: each ends alone, with a line."""

    def assert_logged(self, reason):
        self.gateway.wait_for_log(rf'event=tls-failed peer=\S+ reason="?{re.escape(reason)}')
        self.assert_serves()

    def assert_ends(self, version, reason, spoil):
        """`spoil` sends something wrong on a connection that works."""
        self.start()
        with self.peer(version) as peer:
            peer.write(PREFACE)
            peer.read(9)
            spoil(peer)
            peer.read_to_the_end()
        self.assert_logged(reason)

    def test_renegotiation(self):
        self.start()
        self.openssl("-tls1_2", "-alpn", "h2", send="R\n")
        self.assert_logged("KeyUpdate, renegotiation and warnings are not supported")

    def test_key_update(self):
        self.start()
        self.openssl("-tls1_3", "-alpn", "h2", send="K\n")
        self.assert_logged("KeyUpdate, renegotiation and warnings are not supported")

    def test_a_changed_record(self):
        def spoil(peer):
            record = bytearray(peer.records(b"changed"))
            record[-1] ^= 1
            peer.socket.sendall(record)

        for version in VERSIONS.values():
            with self.subTest(version):
                self.assert_ends(version, "a record was changed on its way", spoil)

    def test_a_record_twice(self):
        def spoil(peer):
            peer.socket.sendall(peer.records(bytes(4) + b"\6" + bytes(12)) * 2)

        for version in VERSIONS.values():
            with self.subTest(version):
                self.assert_ends(version, "a record was changed on its way", spoil)

    def test_a_truncated_record(self):
        def spoil(peer):
            peer.socket.sendall(peer.records(b"truncated")[:-1])
            peer.socket.shutdown(socket.SHUT_WR)

        for version in VERSIONS.values():
            with self.subTest(version):
                self.assert_ends(version, "the connection ended inside a record", spoil)

    def test_a_record_that_is_too_long(self):
        self.assert_ends("TLSv1.3", "a record is too long", lambda peer: peer.socket.sendall(b"\x17\3\3\xff\xff"))

    def test_bytes_that_are_no_record(self):
        self.assert_ends("TLSv1.2", "the client does not speak TLS", lambda peer: peer.socket.sendall(b"GET / HTTP/1.1\r\n" * 600))


class Files(TlsTestCase):
    def run_gateway(self, *options, listen="tls:127.0.0.1:0"):
        command = [*suite.gateway.under_test(), "--listen", listen, *map(str, options)]
        return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)

    def assert_line(self, done, text):
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertIn(text, done.stderr)

    def test_each_wrong_file_is_one_line(self):
        good = ("--tls-certificate", self.folder / "gateway.pem", "--tls-key", self.folder / "gateway.key")
        self.assert_line(self.run_gateway(), '--listen: a "tls:" listener needs tls-certificate and tls-key')
        self.assert_line(self.run_gateway(*good, "--tls-certificate", "/nowhere"), "mote-gateway: --tls-certificate: /nowhere: No such file or directory")
        self.assert_line(self.run_gateway(*good, "--tls-certificate", self.folder / "pump.pem"),
                         "the key does not belong to tls-certificate")
        self.assert_line(self.run_gateway(*good, "--tls-key", self.folder / "gateway.pem"), "others may read or change this secret")
        self.assert_line(self.run_gateway(*good, "--tls-allow", "pump"), "tls-allow needs tls-client-ca")
        self.assert_line(self.run_gateway(*good, "--tls-client-ca", __file__), "no certificate in PEM")
        self.assert_line(self.run_gateway(*good, "--tls-suites", "TLS_RSA_WITH_AES_128_CBC_SHA"),
                         '"TLS_RSA_WITH_AES_128_CBC_SHA" is none of the cipher suites TLS_')
        self.assert_line(self.run_gateway(*good, "--tls-min-version", "1.1"), "is not a version: write 1.2 or 1.3")
        fifo = self.folder / "fifo"
        os.mkfifo(fifo, 0o600)
        self.assert_line(self.run_gateway(*good, "--tls-key", fifo), "it is not a regular file")

    def test_each_wrong_file_of_keys_is_one_line(self):
        keys = self.folder / "wrong.psk"
        keys.touch(0o600)
        options = ("--tls-certificate", self.folder / "gateway.pem", "--tls-key", self.folder / "gateway.key", "--tls-psk-file", keys)
        for text, error in (("pump", '1: this is not "NAME KEY" with 16 to 32 bytes'), (f"pump {'00' * 33}", "1: this is not"),
                            (f"\na b {'00' * 16}", "2: this is not"), ("# none\n", " it has no key"),
                            (f"pump {'00' * 16}\npump {'01' * 16}\n", "2: a second key of pump")):
            keys.write_text(text, encoding="ascii")
            done = self.run_gateway(*options)
            self.assert_line(done, f"--tls-psk-file: {keys}:{error}")
            self.assertNotIn("00000000", done.stderr)
        keys.chmod(0o644)
        self.assert_line(self.run_gateway(*options), "others may read or change this secret")

    def test_a_certificate_that_has_expired(self):
        folder = self.folder / "old"
        expired = folder / "expired.pem"
        make_expired(expired, folder / "gateway.key", "-signkey", folder / "gateway.key")
        self.assert_line(self.run_gateway("--tls-certificate", expired, "--tls-key", folder / "gateway.key"),
                         "the certificate expired on ")


class Reload(TlsTestCase):
    """What SIGHUP changes, and that no call is lost."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.own = Path(folder.name)
        for name in ("gateway.pem", "gateway.key", "ca.pem", "ca.key"):
            shutil.copy(self.folder / name, self.own / name)
        self.config = self.own / "gateway.conf"

    def start_mutual(self, *names):
        self.write_names(*names)
        self.start("--tls-client-ca", self.own / "ca.pem", "--config", self.config, folder=self.own)

    def write_names(self, *names):
        self.config.write_text("".join(f"tls-allow = {name}\n" for name in names), encoding="ascii")

    def reload(self, event="access-changed"):
        before = self.gateway.stderr.count(f"event={event}")
        self.gateway.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.gateway.stderr.count(f"event={event}") > before, f"event={event}")

    def serial(self):
        text = self.openssl("-alpn", "h2").stdout
        certificate = text[text.index("-----BEGIN"):text.index("-----END") + len("-----END CERTIFICATE-----")]
        return subprocess.run(["openssl", "x509", "-noout", "-serial"], input=certificate, capture_output=True, text=True,
                              check=True).stdout

    def chat(self, channel):
        requests = queue.Queue()
        return requests, echo_pb2_grpc.EchoStub(channel).Chat(iter(requests.get, None), timeout=PATIENCE)

    def test_a_new_certificate(self):
        self.start(folder=self.own)
        self.gateway.wait_for_log(r"event=certificate days_left=82\d")
        before = self.serial()
        requests, replies = self.chat(self.channel())
        for number in range(3):
            make_certificates(self.own, "--renew", "--days", "20")
            self.reload()
            requests.put(echo_pb2.EchoRequest(message=f"{number}"))
            self.assertEqual(next(replies).message, f"You said: {number}")
            self.assertNotEqual(self.serial(), before)
            before = self.serial()
        self.gateway.wait_for_log(r"level=warn event=certificate days_left=(19|20)")
        requests.put(None)
        self.assertEqual(list(replies), [])
        self.assert_serves()

    def test_a_wrong_file_keeps_the_old_ones(self):
        self.start(folder=self.own)
        before = self.serial()
        shutil.copy(self.folder / "pump.pem", self.own / "gateway.pem")
        self.reload("reload-failed")
        self.assertIn("the key does not belong to tls-certificate", self.gateway.stderr)
        (self.own / "gateway.pem").unlink()
        self.reload("reload-failed")
        self.assertIn("No such file or directory", self.gateway.stderr)
        self.assertEqual(self.serial(), before)
        self.assert_serves()

    def test_a_name_that_is_removed(self):
        """Its calls end as usual, and its connection then."""
        self.start_mutual("*.plant", "pump")
        pump, other = self.channel(client="pump"), self.channel(client="dev-1.plant")
        requests, replies = self.chat(pump)
        others, other_replies = self.chat(other)
        for each in (requests, others):
            each.put(echo_pb2.EchoRequest(message="before"))
        self.assertEqual([next(replies).message, next(other_replies).message], ["You said: before"] * 2)
        self.write_names("*.plant")
        self.reload()
        requests.put(echo_pb2.EchoRequest(message="after"))
        self.assertEqual(next(replies).message, "You said: after")
        requests.put(None)
        self.assertEqual((list(replies), replies.code()), ([], grpc.StatusCode.OK))
        self.assert_refused(pump)
        self.gateway.wait_for_log('event=tls-refused peer=.* reason="no name of the client\'s certificate is in tls-allow')
        others.put(None)
        self.assertEqual((list(other_replies), other_replies.code()), ([], grpc.StatusCode.OK))

    def test_handshakes_that_have_begun_keep_their_certificates(self):
        """A second SIGHUP waits for those that began before the first."""
        self.start(folder=self.own)
        context = ssl.create_default_context(cafile=self.folder / "ca.pem")
        context.set_alpn_protocols(["h2"])
        into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(into, out, server_hostname="localhost")
        host, port = self.address.rsplit(":", 1)
        with socket.create_connection((host, int(port)), PATIENCE) as raw:
            with self.assertRaises(ssl.SSLWantReadError):
                tls.do_handshake()
            raw.sendall(out.read())
            into.write(raw.recv(65536))  # The gateway has begun, and waits for the client.
            make_certificates(self.own, "--renew")
            self.reload()
            self.gateway.process.send_signal(signal.SIGHUP)
            self.assert_serves()
            self.assertEqual(self.gateway.stderr.count("event=access-changed"), 1)
            while True:
                try:
                    tls.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    raw.sendall(out.read())
                    into.write(raw.recv(65536))
            raw.sendall(out.read())
            self.assertEqual(tls.selected_alpn_protocol(), "h2")
            wait_until(lambda: self.gateway.stderr.count("event=access-changed") == 2, "the second reload")
        self.assert_serves()


if __name__ == "__main__":
    suite.main()
