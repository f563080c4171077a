"""Runs mote-device over TLS: against the gateway, grpcio, and OpenSSL. MOTE_TEST_DEVICE is the
program, TLS_CALL the example in C."""

import contextlib
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest
from pathlib import Path

import gateway
import suite
import device_test
from device_test import device, objects
from gateway import Gateway
from ports import unused_port
from secured import make_certificates
from stunnel import Stunnel

MODES = ("reply", "reply-stream", "collect", "chat", "health")
REFUSED = "the server (refused with an alert|closed the connection)|reset by peer|the server refuses this device"
PSK_SUITE = "TLS_PSK_WITH_AES_128_GCM_SHA256"


class DeviceTlsTestCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        make_certificates(cls.folder, "--device", "pump", "--device", "valve")
        make_certificates(cls.folder / "other", "--device", "pump")
        line = next(line for line in (cls.folder / "devices.psk").read_text().splitlines() if line.startswith("pump "))
        cls.psk = line.split()[1]
        cls.psk_file = cls.secret("pump.psk", line + "\n")

    @classmethod
    def secret(cls, name, text):
        path = cls.folder / name
        path.touch(0o600)
        path.write_text(text)
        return path

    def start(self, *options, command=None, certificate=None):
        """A server with TLS. Its address does not have the prefix."""
        files = ("--tls-certificate", certificate or self.folder / "gateway.pem", "--tls-key", self.folder / "gateway.key")
        server = Gateway(*files, *options, listen=("tls:127.0.0.1:0",), command=command).start()
        self.addCleanup(server.stop)
        self.server = server
        return server.target.removeprefix("tls:")

    def mutual(self, command=None):
        return self.start("--tls-client-ca", self.folder / "ca.pem", command=command)

    def certificate(self, name="pump", folder=None):
        folder = folder or self.folder
        return ("--tls-ca", self.folder / "ca.pem", "--tls-cert", folder / f"{name}.pem", "--tls-key", folder / f"{name}.key")

    def assert_all_answered(self, target, *options, version="TLSv1.3", suite="TLS_AES_128_GCM_SHA256"):
        for mode in MODES:
            with self.subTest(mode):
                message = () if mode == "health" else ("--message", "hello")
                _, summary = objects("--target", target, *options, "--count", 4, "--interval", 1, "--mode", mode, *message)
                self.assertEqual((summary["answered"], summary["failed"]), (4, 0))
                self.assertEqual((summary["tls"]["version"], summary["tls"]["suite"]), (version, suite))
                self.assertIs(summary["tls"]["resumed"], False)
                self.assertGreaterEqual(summary["tls"]["handshake_ms"], 0)

    def assert_fails(self, reason, *options):
        failures, summary = objects(*options, "--count", 1, "--interval", 0, "--deadline", 5000, code=1)
        self.assertEqual(failures[0]["status"], "UNAVAILABLE", failures)
        self.assertRegex(failures[0]["detail"], reason)
        return summary


class Certificates(DeviceTlsTestCase):
    def test_every_mode_with_the_gateway_and_grpcio(self):
        for name, command in (("gateway", None), ("grpcio", gateway.REFERENCE)):
            with self.subTest(name):
                self.assert_all_answered(self.mutual(command), *self.certificate())

    def test_without_a_certificate_of_the_device(self):
        self.assert_all_answered(self.start(), "--tls-ca", self.folder / "ca.pem")

    def test_the_commands(self):
        target = self.mutual()
        self.assertIn("echo.Echo\n", device("list", target, *self.certificate()).stdout)
        self.assertIn("rpc Reply(", device("describe", target, "echo.Echo", *self.certificate()).stdout)
        reply = device("call", *self.certificate(), target, "echo.Echo/Reply", '{"message": "hi"}').stdout
        self.assertEqual(json.loads(reply), {"message": "You said: hi"})
        refused = device("list", target, "--tls-ca", self.folder / "other" / "ca.pem", code=1).stderr
        self.assertIn("the server's certificate is not signed by the given authority", refused)

    def test_the_name_of_the_server(self):
        target = self.start()
        ca = ("--tls-ca", self.folder / "ca.pem")
        port = target.rsplit(":")[-1]
        for good in (("--target", f"localhost:{port}"), ("--target", target), ("--target", target, "--tls-server-name", "localhost")):
            self.assertEqual(objects(*good, *ca, "--count", 1)[1]["answered"], 1)
        self.assert_fails("the server's certificate is for another name", "--target", target, "--tls-server-name", "gateway.plant", *ca)

    def test_a_large_message(self):
        target = self.start("--max-message-bytes", 4 << 20)
        _, summary = objects("--target", target, "--tls-ca", self.folder / "ca.pem", "--size", "1MiB", "--count", 2, "--interval", 1)
        self.assertEqual(summary["answered"], 2)

    def test_the_summary_has_a_line(self):
        printed = device("--target", self.start(), "--tls-ca", self.folder / "ca.pem", "--count", 1).stdout
        self.assertRegex(printed, r"(?m)^TLSv1\.3 TLS_AES_128_GCM_SHA256, handshake \d+ ms$")

    def test_another_authority(self):
        target = self.start()
        summary = self.assert_fails("the server's certificate is not signed by the given authority", "--target", target,
                                    "--tls-ca", self.folder / "other" / "ca.pem")
        self.assertNotIn("tls", summary)

    def test_a_certificate_that_the_server_refuses(self):
        target = self.mutual()
        # The alert may be lost with the connection. In TLS 1.3, mbedTLS sends it with keys that the client does not have yet.
        self.assert_fails(REFUSED, "--target", target, "--tls-ca",
                          self.folder / "ca.pem")
        self.assert_fails(REFUSED, "--target", target,
                          *self.certificate(folder=self.folder / "other"))
        self.server.wait_for_log("the client sent no certificate")
        self.server.wait_for_log("the client's certificate is not signed by tls-client-ca")

    def test_an_expired_certificate(self):
        expired = self.folder / "expired.pem"
        extensions = self.folder / "extensions"
        extensions.write_text("subjectAltName=IP:127.0.0.1\n")
        request = subprocess.run(["openssl", "req", "-new", "-subj", "/CN=old", "-key", self.folder / "gateway.key"],
                                 capture_output=True, check=True).stdout
        subprocess.run(["openssl", "x509", "-req", "-CA", self.folder / "ca.pem", "-CAkey", self.folder / "ca.key", "-days", "0",
                        "-extfile", extensions, "-out", expired], input=request, capture_output=True, check=True)
        check = ["openssl", "x509", "-in", expired, "-noout", "-checkend", "-1"]
        suite.wait_until(lambda: subprocess.run(check, capture_output=True, check=False).returncode != 0, "the certificate has expired")
        # The gateway refuses to start with it.
        target = self.start(command=gateway.REFERENCE, certificate=expired)
        self.assert_fails("the server's certificate has expired", "--target", target, "--tls-ca", self.folder / "ca.pem")

    def test_plaintext_and_tls_are_not_confused(self):
        with Gateway() as plaintext:
            self.assert_fails("does not speak TLS", "--target", plaintext.target, "--tls-ca", self.folder / "ca.pem")
        self.assert_fails("connection lost|closed", "--target", self.start())

    def test_a_silent_server(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            target = "127.0.0.1:{}".format(silent.getsockname()[1])
            failures, _ = objects("--target", target, "--tls-ca", self.folder / "ca.pem", "--count", 1, "--deadline", 300, code=1)
        self.assertIn(failures[0]["status"], ("UNAVAILABLE", "DEADLINE_EXCEEDED"))

    def test_a_session_with_the_gateway_is_resumed(self):
        """The gateway ends connections after a second; a ticket works for the next one."""
        target = self.start("--max-connection-age-seconds", 1)
        _, summary = objects("--target", target, "--tls-ca", self.folder / "ca.pem", "--count", 10, "--interval", 250)
        self.assertEqual(summary["answered"], 10)
        self.assertIs(summary["tls"]["resumed"], True)

    def test_a_session_is_resumed(self):
        """Through a proxy that ends each connection after a while."""
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version), Gateway() as plaintext, TlsProxy(plaintext.target, self.folder, version) as proxy:
                ca = ("--tls-ca", self.folder / "ca.pem")
                # A call that meets the end of a connection fails.
                printed = subprocess.run([*device_test.DEVICE, "--target", proxy.target, *map(str, ca), "--count", "8", "--interval", "1",
                                          "--json"], capture_output=True, text=True, timeout=suite.PATIENCE, check=False).stdout
                summary = json.loads(printed.splitlines()[-1])
                self.assertTrue(summary["tls"]["resumed"], (summary, proxy.resumed))
                self.assertGreater(len(proxy.resumed), 1)
                self.assertFalse(proxy.resumed[0])
                self.assertTrue(all(proxy.resumed[1:]), proxy.resumed)


class TlsProxy:
    """OpenSSL in front of a plaintext server. It ends a connection cleanly, after the answer to its second call."""

    def __init__(self, server, folder, version):
        self._server = server.split(":")
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(folder / "gateway.pem", folder / "gateway.key")
        self._context.set_alpn_protocols(["h2"])
        self._context.minimum_version = self._context.maximum_version = version
        self.resumed = []

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.target = "127.0.0.1:{}".format(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(suite.PATIENCE)

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                raw, _ = self._listener.accept()
                with self._context.wrap_socket(raw, server_side=True) as client:
                    self.resumed.append(client.session_reused)
                    with socket.create_connection((self._server[0], int(self._server[1]))) as server:
                        self._forward(client, server)

    def _forward(self, client, server):
        answers = 0
        client.settimeout(0.02)
        server.settimeout(0.02)
        while answers < 2:
            for source, sink in ((client, server), (server, client)):
                with contextlib.suppress(TimeoutError):
                    data = source.recv(65536)
                    if not data:
                        return
                    sink.sendall(data)
                    answers += data.count(b"You said: ")


@unittest.skipUnless("TLS_CALL" in os.environ, "the example is for this machine")
class CExample(DeviceTlsTestCase):
    """firmware-host/examples/tls_call.c"""

    def example(self, *arguments):
        command = [os.environ["TLS_CALL"], *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=suite.PATIENCE, check=False)
        return done.returncode, done.stdout + done.stderr

    def test_calls_and_refusals(self):
        target, ca = self.start(), self.folder / "ca.pem"
        self.assertEqual(self.example(target, ca, "localhost"), (0, "You said: hello\n"))
        self.assertEqual(self.example(target, ca, "gateway.plant"),
                         (1, "no connection: the server's certificate is for another name\n"))
        self.assertEqual(self.example(target, "/nowhere", "localhost"),
                         (2, "/nowhere: no usable certificate of an authority (ECDSA on P-256)\n"))
        self.assertEqual(self.example(), (2, "usage: tls_call HOST:PORT CA.pem SERVER-NAME\n"))


class PreSharedKeys(DeviceTlsTestCase):
    def start_with_psks(self, *options):
        return self.start("--tls-psk-file", self.folder / "devices.psk", *options)

    def test_every_mode_with_the_gateway(self):
        """Also where clients without a key need a certificate."""
        for options in ((), ("--tls-client-ca", self.folder / "ca.pem")):
            with self.subTest(options):
                self.assert_all_answered(self.start_with_psks(*options), "--tls-psk-file", self.psk_file)

    def test_the_gateway_refuses_wrong_keys_and_names(self):
        target = self.start_with_psks()
        self.assert_fails(REFUSED, "--target", target, "--tls-psk-file", self.secret("wrong.psk", f"pump {'00' * 32}"))
        self.server.wait_for_log(
            r'event=tls-refused peer=\S+ reason="the client\'s key is not the one in tls-psk-file" identity=pump')
        stranger = self.secret("unknown.psk", f"stranger {self.psk}")
        self.assert_fails(f"no common version|{REFUSED}", "--target", target, "--tls-psk-file", stranger)
        self.server.wait_for_log(r'event=tls-refused peer=\S+ reason="the client\'s identity is not in tls-psk-file"')
        self.assertEqual(objects("--target", target, "--tls-psk-file", self.psk_file, "--count", 1)[1]["answered"], 1)

    def test_the_identity_names_the_caller(self):
        target = self.start_with_psks("--allow", "pump /echo.Echo/*")
        replies, _ = objects("--target", target, "--tls-psk-file", self.psk_file, "--count", 1, "--metadata", "x-caller=?")
        self.assertIn("pump", json.dumps(replies[0]))
        valve = self.secret("valve.psk", next(line for line in (self.folder / "devices.psk").read_text().splitlines() if "valve" in line))
        failures, _ = objects("--target", target, "--tls-psk-file", valve, "--count", 1, code=1)
        self.assertEqual((failures[0]["status"], failures[0]["detail"]), ("PERMISSION_DENIED", "valve may not call /echo.Echo/Reply"))

    def reload(self):
        before = self.server.stderr.count("event=access-changed")
        self.server.process.send_signal(signal.SIGHUP)
        suite.wait_until(lambda: self.server.stderr.count("event=access-changed") > before, "event=access-changed")

    def test_new_keys_come_with_sighup(self):
        """No call is lost. A connection ends when its identity has no key any more."""
        keys = self.secret("keys.psk", f"pump {self.psk}\nvalve {'01' * 32}\n")
        target = self.start("--tls-psk-file", keys)
        command = [*device_test.DEVICE, "--target", target, "--tls-psk-file", self.psk_file, "--count", 0, "--interval", 1, "--json"]
        caller = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)
        self.addCleanup(lambda: (caller.kill(), caller.wait(), caller.stdout.close()))

        calls = (json.loads(line) for line in caller.stdout)
        self.assertNotEqual(next(calls)["type"], "failure")
        for key in ("02" * 32, "03" * 16):
            keys.write_text(f"pump {key}\n")
            self.reload()
            self.assert_fails(REFUSED, "--target", target, "--tls-psk-file", self.psk_file)
            new = self.secret("new.psk", f"pump {key}\n")
            self.assertEqual(objects("--target", target, "--tls-psk-file", new, "--count", 1)[1]["answered"], 1)
        keys.write_text(f"valve {'01' * 32}\n")
        self.reload()
        failed = next(call for call in calls if call["type"] == "failure")
        self.assertRegex(failed["detail"], "no common version|refused with an alert")
        self.server.wait_for_log("the client's identity is not in tls-psk-file")

    def test_every_mode_with_grpcio_behind_stunnel(self):
        for version, cipher in (("TLSv1.2", PSK_SUITE), ("TLSv1.3", "TLS_AES_128_GCM_SHA256")):
            with self.subTest(version), Gateway(command=gateway.REFERENCE) as server, \
                    Stunnel(server.target, {"pump": self.psk}, version) as tunnel:
                self.assert_all_answered(tunnel.target, "--tls-psk-file", self.psk_file, version=version, suite=cipher)

    def test_another_key_or_name_is_refused(self):
        with Gateway(command=gateway.REFERENCE) as server, Stunnel(server.target, {"pump": self.psk}) as tunnel:
            for line in (f"pump {'00' * 32}", f"valve {self.psk}"):
                other = self.secret("other.psk", line)
                self.assert_fails(REFUSED, "--target", tunnel.target, "--tls-psk-file", other)

    def test_a_handshake_with_openssl(self):
        """Its server does not speak HTTP/2."""
        port = unused_port()
        command = ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-nocert", "-psk", self.psk, "-psk_identity", "pump", "-tls1_2",
                   "-cipher", "PSK-AES128-GCM-SHA256", "-alpn", "h2", "-quiet"]
        server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: (server.kill(), server.wait(), server.stdin.close()))

        def accepts():
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 1).close()
                return True
            return False

        suite.wait_until(accepts, "openssl accepts connections")
        _, summary = objects("--target", f"127.0.0.1:{port}", "--tls-psk-file", self.psk_file, "--count", 1, "--deadline", 1000, code=1)
        self.assertEqual(summary["tls"]["suite"], PSK_SUITE)


class Files(DeviceTlsTestCase):
    def assert_refused(self, text, *options):
        done = device(*options, code=2)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertIn(text, done.stderr)

    def test_each_wrong_file_is_one_line(self):
        ca = ("--tls-ca", self.folder / "ca.pem")
        self.assert_refused("mote-device: --tls-ca: /nowhere: No such file or directory", "--tls-ca", "/nowhere")
        self.assert_refused("--tls-ca: no usable certificate of an authority", "--tls-ca", gateway.__file__)
        self.assert_refused("--tls-cert: this needs --tls-key too", *ca, "--tls-cert", self.folder / "pump.pem")
        self.assert_refused("--tls-key: the key cannot be read, or is not the key of the certificate", *ca, "--tls-cert",
                            self.folder / "pump.pem", "--tls-key", self.folder / "valve.key")
        self.assert_refused("--tls-cert: no usable certificate", *ca, "--tls-cert", gateway.__file__, "--tls-key", self.folder / "pump.key")
        open_key = self.folder / "open.key"
        shutil.copy(self.folder / "pump.key", open_key)
        open_key.chmod(0o644)
        self.assert_refused("others may read or change this secret", *ca, "--tls-cert", self.folder / "pump.pem", "--tls-key", open_key)
        large = self.folder / "large.pem"
        large.write_text("x" * 70000)
        self.assert_refused("--tls-ca: {}: the file is too large".format(large), "--tls-ca", large)

    def test_each_wrong_psk_file_is_one_line(self):
        flag = "--tls-psk-file"
        several = self.folder / "devices.psk"
        self.assertEqual(len(several.read_text().splitlines()), 2)
        self.assert_refused("the file has the keys of several devices", flag, several)
        for text in ("", "pump", "pump xyz", "pump 123", f"pump {'00' * 33}"):
            self.assert_refused("write NAME KEY", flag, self.secret("wrong.psk", text))
        self.assert_refused("a pre-shared key needs an identity, and 16 to 32 bytes", flag, self.secret("short.psk", "pump 0011"))
        self.assert_refused("--tls-ca: not together with --tls-psk-file", flag, self.psk_file, "--tls-ca", self.folder / "ca.pem")

    def test_sizes_of_a_bundle(self):
        """Several authorities in one file; the second one signed the certificate."""
        bundle = self.folder / "bundle.pem"
        bundle.write_text((self.folder / "other" / "ca.pem").read_text() + (self.folder / "ca.pem").read_text())
        self.assertEqual(objects("--target", self.start(), "--tls-ca", bundle, "--count", 1)[1]["answered"], 1)


if __name__ == "__main__":
    suite.main()
