"""Tests the behaviour of src/engine/official that the suites for every engine cannot test."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import grpc

import raw_http2 as h2
import suite
from gateway import Gateway
from raw_case import CHAT, OK, REPLY_STREAM, FreshRawTestCase, replies, request
from secured import make_certificates
from suite import PATIENCE, FreshGatewayTestCase, echo_pb2

sys.path.append(str(Path(__file__).resolve().parents[1] / "invariants"))
from measure import h2load, private_bytes, report  # noqa: E402

# A round is large enough to show a leak of 20 bytes per call.
SOAK_CALLS = int(os.environ.get("MOTE_TEST_SOAK_CALLS", "20000"))
SOAK_GROWTH_BYTES = 512 * 1024


class Start(FreshGatewayTestCase):
    def setUp(self):
        pass

    def test_reported_threads_and_memory(self):
        self.start()
        self.gateway.wait_for_log(r"^mote-gateway-grpc: threads \d+, resident memory \d+ KiB$")
        said = re.search(r"threads (\d+), resident memory (\d+) KiB", self.gateway.stderr)
        self.assertEqual(int(said[1]), self.gateway.threads())
        self.assertAlmostEqual(int(said[2]), self.gateway.memory_kib(), delta=2048)

    def test_limits_without_effect_are_logged_if_set(self):
        self.start("--reset-budget", 50, "--max-streams", 50)
        self.assertIn("event=limit-has-no-effect name=reset-budget", self.gateway.stderr)
        self.assertEqual(self.gateway.stderr.count("limit-has-no-effect"), 1)
        self.start()
        self.assertNotIn("limit-has-no-effect", self.gateway.stderr)

    def assert_refused(self, options, text):
        command = [*suite.gateway.under_test(), "--listen", "127.0.0.1:0", *map(str, options)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual((done.returncode, done.stdout, len(done.stderr.splitlines())), (2, "", 1), done.stderr)
        self.assertIn(text, done.stderr)

    def test_settings_of_tls_and_authorization_are_refused(self):
        if "--tls-key" not in subprocess.run([*suite.gateway.under_test(), "--help"], capture_output=True, text=True, check=True).stdout:
            self.skipTest("a build without TLS")
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            make_certificates(folder, "--device", "pump")
            files = {"tls-certificate": "gateway.pem", "tls-key": "gateway.key", "tls-client-ca": "ca.pem", "tls-psk-file": "devices.psk"}
            values = {**{key: folder / file for key, file in files.items()}, "tls-allow": "pump", "tls-min-version": "1.3",
                      "tls-suites": "TLS_AES_128_GCM_SHA256"}
            for key, value in values.items():
                with self.subTest(key):
                    self.assert_refused((f"--{key}", value), f"{key}: this engine has no TLS: use mote-gateway, or a proxy")
            listener = ("--listen", "tls:127.0.0.1:0", *(word for key in ("tls-certificate", "tls-key") for word in (f"--{key}", values[key])))
            self.assert_refused(listener, "tls-certificate: this engine has no TLS: use mote-gateway, or a proxy")
            rule = ("--allow", "pump /echo.Echo/Reply")
            tokens = folder / "tokens"
            tokens.touch(0o600)
            tokens.write_text(f"pump {'0' * 64}\n", encoding="ascii")
            for options in (rule, ("--token-file", tokens, *rule)):
                self.assert_refused(options, "allow: this engine has no authorization: use mote-gateway")

    def test_the_unix_socket_is_removed_at_the_end(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "mote.sock"
            with Gateway(listen=[f"unix:{path}"]) as server:
                self.assertEqual(server.target, f"unix:{path}")
                self.assertTrue(path.is_socket())
            self.assertFalse(path.exists())


class Limits(FreshRawTestCase):
    def setUp(self):
        pass

    def test_more_calls_than_allowed(self):
        self.start("--max-streams", 2)
        connection = self.connect()
        chats = [connection.call(CHAT, request(str(number)), end_stream=False) for number in range(2)]
        for number, chat in enumerate(chats):
            connection.receive_until(lambda: chat in connection.responses and connection.responses[chat].messages)
            self.assertEqual(replies(connection.responses[chat]), [f"You said: {number}"])
        refused = connection.response(connection.call())
        self.assert_status(grpc.StatusCode.UNAVAILABLE.value[0], refused, "max-streams")
        connection.send_data(chats[0], b"", end_stream=True)
        self.assertEqual(connection.response(chats[0]).status, OK)
        self.assert_answers(connection)

    def test_the_call_of_a_stalled_peer_is_reset(self):
        self.start("--write-stall-ms", 500)
        connection = self.connect((h2.INITIAL_WINDOW_SIZE, 0))
        stalled = connection.call(REPLY_STREAM, request(count=2))
        response = connection.response(stalled)
        self.assertTrue(response.reset is not None or response.status == grpc.StatusCode.CANCELLED.value[0], vars(response))
        self.gateway.process.send_signal(signal.SIGUSR1)
        self.gateway.wait_for_log("event=limit name=write-stall-ms write_stalls=1")
        self.gateway.wait_for_log("event=open calls=0 held_bytes=0")

    def test_a_ping_for_each_reply(self):
        """The library resets its ping strikes whenever it sends HEADERS or DATA."""
        self.start("--idle-frame-budget", 10, "--idle-frame-refill", 0)
        connection = self.connect()
        response = h2.ping_for_each_reply(connection, connection.call(REPLY_STREAM, request(count=3000)))
        self.assertEqual((response.status, len(response.messages)), (OK, 3000))

    def test_metadata_that_the_library_would_not_send(self):
        """Sending it unchanged would abort the process."""
        self.start()
        for value in ("\xe4", "a\x7f", "\t"):
            connection = self.connect()
            stream = connection.send_headers(h2.request_fields(extra=[("x-echo-k", value)]))
            connection.send_data(stream, h2.message(request()), end_stream=True)
            try:
                connection.response(stream)
            except h2.Closed:
                pass
            self.assert_answers()


class Signals(FreshGatewayTestCase):
    def setUp(self):
        pass

    def test_options_of_the_library_need_a_restart(self):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as config:
            self.start("--config", config.name)
            config.write("max-streams = 10\nmax-message-bytes = 2048\n")
            config.flush()
            self.gateway.process.send_signal(signal.SIGHUP)
            self.gateway.wait_for_log("event=limit-needs-restart name=max-message-bytes")
            self.gateway.wait_for_log("event=reloaded")
            reply = self.echo.Reply(echo_pb2.EchoRequest(message="x" * 4096), timeout=PATIENCE)
            self.assertEqual(len(reply.message), len("You said: ") + 4096)


@unittest.skipIf(os.environ.get("MOTE_TEST_SANITIZE"), "the sanitizers use memory themselves")
class Soak(FreshGatewayTestCase):
    def test_memory_is_flat(self):
        pid = self.gateway.process.pid
        h2load(self.gateway.target, SOAK_CALLS, "-c8", "-m16")
        before = private_bytes(pid)
        h2load(self.gateway.target, SOAK_CALLS, "-c8", "-m16")
        grown = private_bytes(pid) - before
        report(f"private memory before and after {SOAK_CALLS} calls: {before} and {before + grown} bytes")
        self.assertLess(grown, SOAK_GROWTH_BYTES)


if __name__ == "__main__":
    suite.main()
