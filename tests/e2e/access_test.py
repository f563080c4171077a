"""Tests who may call which method: names of certificates, tokens, users of Unix sockets, and what SIGHUP changes."""

import hashlib
import http.client
import os
import re
import secrets
import signal
import socket
import ssl
import subprocess
import tempfile
import unittest
from pathlib import Path

import grpc

import suite
from gateway import Gateway
from secured import make_certificates
from suite import CHANNEL_OPTIONS, PATIENCE, echo_pb2, echo_pb2_grpc, health_pb2, health_pb2_grpc

TOKEN = secrets.token_hex(16)
DENIED, UNKNOWN = grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED


def token_line(name, token):
    return f"{name} {hashlib.sha256(token.encode()).hexdigest()}\n"


class AccessTestCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls._folder.cleanup)
        cls.certificates = Path(cls._folder.name) / "certificates"
        make_certificates(cls.certificates, "--device", "dev-1.plant", "--device", "pump")

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.socket = self.folder / "socket"
        self.tokens = self.folder / "tokens"
        self.write_tokens(token_line("operator", TOKEN))

    def write_tokens(self, text, mode=0o600):
        self.tokens.write_text(text, encoding="ascii")
        self.tokens.chmod(mode)

    def start(self, *rules, tokens=True, options=(), mutual=True):
        """A plaintext listener, one with TLS and a Unix socket, with these rules in the configuration file."""
        self.config = self.folder / "gateway.conf"
        self.write_rules(*rules, tokens=tokens)
        files = ["--tls-certificate", self.certificates / "gateway.pem", "--tls-key", self.certificates / "gateway.key"]
        if mutual:
            files += ["--tls-client-ca", self.certificates / "ca.pem"]
        listen = ("127.0.0.1:0", "tls:127.0.0.1:0", f"unix:{self.socket}")
        self.gateway = Gateway("--config", self.config, *files, *options, listen=listen).start()
        self.addCleanup(self.gateway.stop)

    def write_rules(self, *rules, tokens=True):
        lines = [f"allow = {rule}" for rule in rules] + ([f"token-file = {self.tokens}"] if tokens else [])
        self.config.write_text("\n".join(lines) + "\n", encoding="ascii")

    def reload(self, event="access-changed"):
        before = self.gateway.stderr.count(f"event={event}")
        self.gateway.process.send_signal(signal.SIGHUP)
        suite.wait_until(lambda: self.gateway.stderr.count(f"event={event}") > before, f"event={event}")

    def plain(self):
        return self.opened(grpc.insecure_channel(self.gateway.targets[0], options=CHANNEL_OPTIONS))

    def unix(self):
        return self.opened(grpc.insecure_channel(f"unix:{self.socket}", options=CHANNEL_OPTIONS))

    def tls(self, client=None):
        key, chain = ((self.certificates / f"{client}{end}").read_bytes() for end in (".key", ".pem")) if client else (None, None)
        credentials = grpc.ssl_channel_credentials((self.certificates / "ca.pem").read_bytes(), key, chain)
        port = self.gateway.targets[1].rsplit(":", 1)[-1]
        return self.opened(grpc.secure_channel(f"localhost:{port}", credentials, options=CHANNEL_OPTIONS))

    def opened(self, channel):
        self.addCleanup(channel.close)
        return channel

    def reply(self, channel, token=None):
        metadata = [("authorization", f"Bearer {token}")] if token else []
        return echo_pb2_grpc.EchoStub(channel).Reply(echo_pb2.EchoRequest(message="m"), metadata=metadata, timeout=PATIENCE).message

    def caller(self, channel, token=None):
        """What Echo says about its caller, without the address."""
        metadata = [("x-caller", "?")] + ([("authorization", f"bearer {token}")] if token else [])
        _, call = echo_pb2_grpc.EchoStub(channel).Reply.with_call(echo_pb2.EchoRequest(), metadata=metadata, timeout=PATIENCE)
        said = {name.removeprefix("x-caller-"): value for name, value in call.initial_metadata() if name.startswith("x-caller-")}
        self.address = said.pop("address")
        return said

    def collected(self, channel):
        return echo_pb2_grpc.EchoStub(channel).Collect(iter([echo_pb2.EchoRequest()]), timeout=PATIENCE).messages

    def assert_denied(self, code, text, channel, token=None):
        with self.assertRaises(grpc.RpcError) as caught:
            self.reply(channel, token)
        self.assertEqual((caught.exception.code(), caught.exception.details()), (code, text))
        self.gateway.wait_for_log(f'event=call-denied peer=.* reason="{re.escape(text)}"')


class Callers(AccessTestCase):
    def test_what_a_service_knows_about_its_caller(self):
        self.start(tokens=False)
        self.assertEqual(self.caller(self.plain()), {"encrypted": "no"})
        self.assertRegex(self.address, r"^127\.0\.0\.1:\d+$")
        self.assertEqual(self.caller(self.tls("dev-1.plant"), TOKEN), {"encrypted": "yes", "certificate": "dev-1.plant"})
        self.assertEqual(self.caller(self.unix()), {"encrypted": "no", "uid": f"{os.getuid()}"})
        self.assertEqual(self.address, "unix:")

    def test_the_name_that_tls_allow_admits(self):
        self.start(tokens=False, options=("--tls-allow", "*.plant"))
        self.assertEqual(self.caller(self.tls("dev-1.plant"))["certificate"], "dev-1.plant")

    def test_the_name_of_a_token(self):
        self.start("* /echo.Echo/*", mutual=False)
        self.assertEqual(self.caller(self.tls(), TOKEN)["token"], "operator")
        self.assertEqual(self.caller(self.unix(), TOKEN)["token"], "operator")


class Rules(AccessTestCase):
    def test_names_of_certificates(self):
        self.start("*.plant /echo.Echo/Reply", "pump /echo.Echo/Collect", tokens=False)
        self.assertEqual(self.reply(self.tls("dev-1.plant")), "You said: m")
        self.assert_denied(DENIED, "pump may not call /echo.Echo/Reply", self.tls("pump"))
        self.assertEqual(self.collected(self.tls("pump")), 1)
        self.assert_denied(UNKNOWN, "the caller has no identity, and /echo.Echo/Reply needs one: a client certificate or a token",
                           self.plain())

    def test_users_of_unix_sockets_and_everybody(self):
        self.start(f"uid:{os.getuid()} /echo.Echo/Collect", "* /grpc.health.v1.Health/*", tokens=False)
        self.assertEqual(self.collected(self.unix()), 1)
        self.assert_denied(DENIED, f"user {os.getuid()} may not call /echo.Echo/Reply", self.unix())
        check = health_pb2_grpc.HealthStub(self.plain()).Check(health_pb2.HealthCheckRequest(), timeout=PATIENCE)
        self.assertEqual(check.status, health_pb2.HealthCheckResponse.SERVING)

    def test_health_checks_over_the_unix_socket_need_no_rule(self):
        self.start("pump /echo.Echo/Reply", tokens=False)
        request = health_pb2.HealthCheckRequest()
        self.assertEqual(health_pb2_grpc.HealthStub(self.unix()).Check(request, timeout=PATIENCE).status, 1)
        with self.assertRaises(grpc.RpcError) as caught:
            health_pb2_grpc.HealthStub(self.plain()).Check(request, timeout=PATIENCE)
        self.assertEqual(caught.exception.code(), UNKNOWN)

    def test_a_call_of_grpc_web_has_no_identity(self):
        self.start("pump /echo.Echo/Reply", "* /echo.Echo/ReplyStream", tokens=False,
                   options=("--http", "127.0.0.1:0", "--web-origin", "http://a.example"))
        port = int(re.search(r"metrics on http 127\.0\.0\.1:(\d+)", self.gateway.stderr)[1])
        for method, status in {"Reply": b"grpc-status:16", "ReplyStream": b"grpc-status:0"}.items():
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            connection.request("POST", f"/echo.Echo/{method}", body=bytes(5),
                               headers={"content-type": "application/grpc-web+proto", "origin": "http://a.example", "x-grpc-web": "1"})
            self.assertIn(status, connection.getresponse().read().replace(b": ", b":"))
            connection.close()

    def test_streams_are_refused_before_their_first_message(self):
        self.start("pump /echo.Echo/Reply", tokens=False)
        stub = echo_pb2_grpc.EchoStub(self.tls("pump"))
        for call in (stub.ReplyStream(echo_pb2.EchoRequest(count=3), timeout=PATIENCE),
                     stub.Chat(iter([echo_pb2.EchoRequest(message="m")]), timeout=PATIENCE)):
            with self.assertRaises(grpc.RpcError) as caught:
                list(call)
            self.assertEqual(caught.exception.code(), DENIED)


class Tokens(AccessTestCase):
    def test_tokens_name_callers_and_wrong_ones_are_refused(self):
        self.start("operator /echo.Echo/*", mutual=False)
        self.assertEqual(self.reply(self.tls(), TOKEN), "You said: m")
        self.assertEqual(self.reply(self.unix(), TOKEN), "You said: m")
        self.assert_denied(UNKNOWN, "the bearer token is not known", self.tls(), TOKEN[:-1] + "!")
        self.assert_denied(UNKNOWN, "the caller has no identity, and /echo.Echo/Reply needs one: a client certificate or a token",
                           self.tls())
        self.assertNotIn(TOKEN, self.gateway.stderr)

    def test_tokens_are_refused_over_plaintext_tcp(self):
        self.start("* /echo.Echo/*")
        self.assertEqual(self.reply(self.plain()), "You said: m")
        self.assert_denied(UNKNOWN, "a bearer token needs TLS: everybody on the way can read it here", self.plain(), TOKEN)

    def test_a_guessable_token_is_not_known(self):
        self.write_tokens(token_line("operator", "password"))
        self.start("operator /echo.Echo/*", mutual=False)
        self.assert_denied(UNKNOWN, "the bearer token is not known", self.tls(), "password")

    def test_the_file_of_tokens(self):
        def refused(text, mode=0o600, options=()):
            self.write_tokens(text, mode)
            command = [*suite.gateway.under_test(), "--listen", f"unix:{self.socket}", "--token-file", str(self.tokens), *options]
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
            self.assertEqual((done.returncode, len(done.stderr.splitlines())), (2, 1), done.stderr)
            return done.stderr

        rule = ("--allow", "operator /echo.Echo/*")
        line = token_line("operator", TOKEN)
        self.assertIn("every caller may call everything", refused(line))
        self.assertIn("others may read or change this secret", refused(line, 0o644, rule))
        self.assertIn(f"{self.tokens}:2: this is not \"NAME HASH\"", refused(f"# tokens\noperator {TOKEN}\n", options=rule))
        self.assertIn("it has no token", refused("\n# none\n", options=rule))
        self.assertNotIn(TOKEN, refused(f"operator {TOKEN}\n", options=rule))


class WrongRules(AccessTestCase):
    def test_each_is_one_line(self):
        for rule, text in {
                "pump": '"pump" is not "NAME /package.Service/Method"',
                "pu:mp /echo.Echo/Reply": '"pu:mp" is neither a name',
                "pump /echo.Echo/Repl": '"/echo.Echo/Repl" is not served, the nearest is "/echo.Echo/Reply"',
                "pump /echo.Ecco/*": '"/echo.Ecco/*" is not served, the nearest is "/echo.Echo/*"',
                "pump echo": '"echo" is neither /package.Service/Method nor /package.Service/*'}.items():
            with self.subTest(rule):
                done = subprocess.run([*suite.gateway.under_test(), "--allow", rule, "--check-config"], capture_output=True, text=True,
                                      timeout=PATIENCE, check=False)
                self.assertEqual(done.returncode, 2)
                self.assertEqual(done.stderr.splitlines()[:1], [line for line in done.stderr.splitlines() if text in line])


class Reload(AccessTestCase):
    def test_rules_and_tokens(self):
        self.start("operator /echo.Echo/*", mutual=False)
        channel = self.tls()
        self.assertEqual(self.reply(channel, TOKEN), "You said: m")
        other = secrets.token_hex(16)
        self.write_tokens(token_line("operator", other))
        self.reload()
        self.assert_denied(UNKNOWN, "the bearer token is not known", channel, TOKEN)
        self.assertEqual(self.reply(channel, other), "You said: m")
        self.write_rules("operator /echo.Echo/Chat")
        self.reload()
        self.assert_denied(DENIED, "operator may not call /echo.Echo/Reply", channel, other)

    def test_a_wrong_file_changes_nothing(self):
        self.start("operator /echo.Echo/*", mutual=False)
        self.write_tokens("nonsense\n")
        self.reload("reload-failed")
        self.assertIn(f"token-file: {self.tokens}:1: this is not", self.gateway.stderr)
        self.assertEqual(self.reply(self.tls(), TOKEN), "You said: m")

    def test_the_first_rule_comes_with_a_reload(self):
        self.start(tokens=False)
        self.assertEqual(self.reply(self.plain()), "You said: m")
        self.write_rules("pump /echo.Echo/Reply", tokens=False)
        self.reload()
        self.assert_denied(UNKNOWN, "the caller has no identity, and /echo.Echo/Reply needs one: a client certificate or a token",
                           self.plain())
        self.assertEqual(self.reply(self.tls("pump")), "You said: m")

    def test_a_handshake_delays_the_second_reload(self):
        """It uses the certificates of the version before the first one, in the memory that the third version needs."""
        self.start("operator /echo.Echo/*", mutual=False)
        context = ssl.create_default_context(cafile=self.certificates / "ca.pem")
        context.set_alpn_protocols(["h2"])
        into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = context.wrap_bio(into, out, server_hostname="localhost")
        with self.assertRaises(ssl.SSLWantReadError):
            client.do_handshake()
        with socket.create_connection(("127.0.0.1", int(self.gateway.targets[1].rsplit(":", 1)[-1])), PATIENCE) as handshake:
            handshake.sendall(out.read())
            self.assertNotEqual(handshake.recv(1), b"")
            self.reload()
            other = secrets.token_hex(16)
            self.write_tokens(token_line("operator", other))
            self.gateway.process.send_signal(signal.SIGHUP)
            self.assert_denied(UNKNOWN, "the bearer token is not known", self.tls(), other)
            self.assertEqual(self.gateway.stderr.count("event=access-changed"), 1)
        suite.wait_until(lambda: self.gateway.stderr.count("event=access-changed") == 2, "the reload")
        self.assertEqual(self.reply(self.tls(), other), "You said: m")
        self.assertNotIn("event=access-kept", self.gateway.stderr)
        self.assertNotIn("event=reload-failed", self.gateway.stderr)

    def test_files_that_have_grown_too_much(self):
        self.start("operator /echo.Echo/*", mutual=False)
        self.write_tokens("".join(token_line(f"name-{i}", f"{i}") for i in range(200)))
        self.reload("access-kept")
        self.assertEqual(self.reply(self.tls(), TOKEN), "You said: m")


if __name__ == "__main__":
    suite.main()
