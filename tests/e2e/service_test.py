"""Tests the gateway under a service manager: notifications, the watchdog, passed sockets, SIGHUP and the log."""

import fcntl
import os
import re
import select
import shlex
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import grpc

import gateway
import suite
from gateway import Gateway
from request_stream import RequestStream
from suite import PATIENCE, FreshGatewayTestCase, echo_pb2, echo_pb2_grpc, gateway_only


class ServiceManager:
    """The other end of NOTIFY_SOCKET."""

    def __init__(self, folder):
        self.path = f"{folder}/notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)

    def receive(self, seconds=PATIENCE):
        """The next message, as a dictionary."""
        self._socket.settimeout(seconds)
        lines = self._socket.recv(4096).decode().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def wait_for(self, key, seconds=PATIENCE):
        """The next message that has `key`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            message = self.receive(deadline - time.monotonic())
            if key in message:
                return message
        raise AssertionError(f"no {key} within {seconds} s")

    def silent_for(self, seconds):
        self._discard_pending()
        try:
            return not self.receive(seconds)
        except TimeoutError:
            return True

    def close(self):
        self._socket.close()

    def _discard_pending(self):
        self._socket.settimeout(0)
        try:
            while True:
                self._socket.recv(4096)
        except BlockingIOError:
            pass


class ServiceTestCase(FreshGatewayTestCase):
    """A gateway with a service manager and a configuration file, started by each test."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.manager = ServiceManager(folder.name)
        self.addCleanup(self.manager.close)
        self.config = Path(folder.name) / "gateway.conf"
        self.config.write_text("")

    def start(self, *options, watchdog_ms=0, **named):
        variables = [f"NOTIFY_SOCKET={self.manager.path}"]
        if watchdog_ms:
            variables.append(f"WATCHDOG_USEC={watchdog_ms * 1000}")
        command = ["env", *variables, *gateway.under_test(), "--config", str(self.config)]
        super().start(*options, command=command, **named)

    def say(self, message="hello"):
        return self.echo.Reply(echo_pb2.EchoRequest(message=message), timeout=PATIENCE).message


class Notify(ServiceTestCase):
    @gateway_only
    def test_ready(self):
        self.start()
        message = self.manager.receive()
        self.assertEqual(message, {"READY": "1", "STATUS": f"ready on {self.gateway.target}"})
        self.assertEqual(self.say(), "You said: hello")
        self.assertTrue(self.manager.silent_for(0.3))

    @gateway_only
    def test_stopping_during_a_call(self):
        self.start("--drain-seconds", 7)
        self.manager.wait_for("READY")
        stream = RequestStream()
        chat = self.echo.Chat(stream, timeout=PATIENCE)
        stream.send("one")
        next(chat)
        self.gateway.terminate()
        message = self.manager.receive()
        self.assertEqual(message["STOPPING"], "1")
        self.assertEqual(message["EXTEND_TIMEOUT_USEC"], "12000000")
        self.assertEqual(message["STATUS"], "finishing 1 connections, 1 calls")
        stream.close()
        self.assertEqual(list(chat), [])
        self.assertEqual(self.gateway.wait(), 0)

    @gateway_only
    def test_a_second_signal_ends_it_at_once(self):
        self.start("--drain-seconds", 60)
        self.manager.wait_for("READY")
        stream = RequestStream()
        chat = self.echo.Chat(stream, timeout=PATIENCE)
        stream.send("one")
        next(chat)
        self.gateway.terminate()
        self.manager.wait_for("STOPPING")
        self.gateway.terminate()
        self.gateway.expected_code = 128 + signal.SIGTERM
        self.assertEqual(self.gateway.wait(), 128 + signal.SIGTERM)
        stream.close()

    @gateway_only
    def test_the_watchdog_is_notified_when_idle_and_under_load(self):
        self.start(watchdog_ms=400)
        self.manager.wait_for("READY")
        for _ in range(3):
            message = self.manager.wait_for("WATCHDOG")
            self.assertRegex(message["STATUS"], r"^serving \d+ connections, \d+ calls$")
        until = time.monotonic() + 1
        while time.monotonic() < until:
            self.say()
        self.manager.wait_for("WATCHDOG")

    @gateway_only
    def test_the_watchdog_is_not_notified_by_a_hanging_loop(self):
        self.start(watchdog_ms=200)
        self.manager.wait_for("WATCHDOG")
        # The gateway runs behind env(1), which is the same process.
        self.gateway.process.send_signal(signal.SIGSTOP)
        try:
            suite.wait_until(self.gateway.is_stopped, "SIGSTOP")
            self.assertTrue(self.manager.silent_for(0.5))
        finally:
            self.gateway.process.send_signal(signal.SIGCONT)
        self.manager.wait_for("WATCHDOG")

    @gateway_only
    def test_no_service_manager_at_the_socket(self):
        command = ["env", "NOTIFY_SOCKET=/nonexistent/notify", *gateway.under_test()]
        with Gateway(command=command) as started:
            started.wait_for_log("no-service-manager")


class Reload(ServiceTestCase):
    def reload(self):
        self.gateway.process.send_signal(signal.SIGHUP)

    @gateway_only
    def test_a_changed_limit_applies_to_later_calls(self):
        self.start()
        many = [(f"key-{number}", "v") for number in range(30)]
        request = echo_pb2.EchoRequest(message="m")
        self.echo.Reply(request, metadata=many, timeout=PATIENCE)
        self.config.write_text("max-header-fields = 20\n")
        self.reload()
        self.gateway.wait_for_log("event=limit-changed name=max-header-fields value=20")
        error = self.assert_status(
            grpc.StatusCode.RESOURCE_EXHAUSTED, self.echo.Reply, request, metadata=many, timeout=PATIENCE
        )
        self.assertIn("20", error.details())
        self.assertEqual(self.say(), "You said: hello")
        self.manager.wait_for("READY")
        self.assertIn("MONOTONIC_USEC", self.manager.wait_for("RELOADING"))
        self.manager.wait_for("READY")

    @gateway_only
    def test_streams_continue(self):
        self.start()
        stream = RequestStream()
        chat = self.echo.Chat(stream, timeout=PATIENCE)
        for number in range(20):
            self.config.write_text(f"idle-timeout-ms = {number + 10_000}\n")
            self.reload()
            stream.send(str(number))
            self.assertEqual(next(chat).message, f"You said: {number}")
        self.gateway.wait_for_log("value=10019")
        stream.close()
        self.assertEqual(list(chat), [])

    @gateway_only
    def test_limits_that_reserve_memory_need_a_restart(self):
        self.start()
        self.config.write_text("max-connections = 5\nlog-level = debug\n")
        self.reload()
        self.gateway.wait_for_log("event=limit-needs-restart name=max-connections value=5")
        self.say()
        self.gateway.wait_for_log("level=debug event=connection-opened")

    @gateway_only
    def test_an_invalid_file_changes_nothing(self):
        self.start()
        self.config.write_text("keepalive-ms = 5000\nmax-header-field = 20\n")
        self.reload()
        self.gateway.wait_for_log(r"gateway\.conf:2: .*max-header-fields")
        self.gateway.wait_for_log("level=error event=reload-failed")
        self.assertNotIn("limit-changed", self.gateway.stderr)
        self.assertEqual(self.say(), "You said: hello")
        self.config.unlink()
        self.reload()
        self.gateway.wait_for_log(r"gateway\.conf")
        self.assertEqual(self.say(), "You said: hello")

    @gateway_only
    def test_many_at_once(self):
        self.start()
        for _ in range(50):
            self.reload()
            self.assertEqual(self.say(), "You said: hello")


class PassedSockets(unittest.TestCase):
    def start(self, descriptors, count=None):
        """Starts the gateway with these descriptors, from number 3 on, like a service manager."""
        count = len(descriptors) if count is None else count
        # Move them to high numbers first, so that none is overwritten.
        moves = [f"exec {90 + place}<&{number}" for place, number in enumerate(descriptors)]
        moves += [f"exec {3 + place}<&{90 + place} {90 + place}<&-" for place in range(len(descriptors))]
        command = shlex.join([*gateway.under_test(), "--listen", "127.0.0.1:0"])
        script = "\n".join([*moves, f"LISTEN_PID=$$ LISTEN_FDS={count} exec {command}"])
        process = subprocess.Popen(
            ["bash", "-c", script], pass_fds=descriptors, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def listening(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        return listener

    @gateway_only
    def test_passed_sockets_replace_the_configured_addresses(self):
        listeners = [self.listening(), self.listening()]
        targets = [f"127.0.0.1:{listener.getsockname()[1]}" for listener in listeners]
        process = self.start([listener.fileno() for listener in listeners])
        ready = []
        while len(ready) < len(targets):
            line = process.stderr.readline()
            self.assertNotEqual(line, "", "it ended before it was ready")
            if "ready on" in line:
                ready.append(line.split("ready on ")[1].strip())
        self.assertEqual(ready, targets)
        for target in targets:
            with grpc.insecure_channel(target) as channel:
                reply = suite.echo_pb2_grpc.EchoStub(channel).Reply(echo_pb2.EchoRequest(message="m"), timeout=PATIENCE)
                self.assertEqual(reply.message, "You said: m")
        process.terminate()
        process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 0)

    @gateway_only
    def test_a_call_made_before_the_gateway_runs_is_answered(self):
        listener = self.listening()
        with grpc.insecure_channel(f"127.0.0.1:{listener.getsockname()[1]}") as channel:
            request = echo_pb2.EchoRequest(message="early")
            early = suite.echo_pb2_grpc.EchoStub(channel).Reply.future(request, timeout=PATIENCE, wait_for_ready=True)
            select.select([listener], [], [], PATIENCE)  # The client has connected.
            process = self.start([listener.fileno()])
            self.assertEqual(early.result().message, "You said: early")
        process.terminate()
        process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 0)

    @gateway_only
    def test_a_descriptor_that_does_not_listen_is_refused(self):
        with socket.socket() as unbound:
            process = self.start([unbound.fileno()])
            _, errors = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 2)
        self.assertRegex(errors, re.compile(r"^mote-gateway: descriptor 3 of LISTEN_FDS .*\n$"))


class Log(ServiceTestCase):
    @gateway_only
    def test_every_event_is_one_line_with_its_priority(self):
        self.start("--log-level", "debug")
        self.say()
        host, port = self.gateway.target.rsplit(":", 1)
        with socket.create_connection((host, int(port))) as peer:
            peer.sendall(b"\n<0>level=error event=forged\r\n\0\x1b[2J" + bytes(64))
            peer.settimeout(PATIENCE)
            while peer.recv(4096):
                pass
        self.gateway.wait_for_log("event=connection-error")
        events = [line for line in self.gateway.stderr.splitlines() if not line.startswith("mote-gateway: ")]
        self.assertTrue(events)
        for line in events:
            self.assertRegex(line, r'^<[3467]>level=(error|warn|info|debug) event=[a-z-]+( [a-z_]+=(\S+|"[^"]*"))*$')
            self.assertTrue(line.isascii() and line.isprintable())

    @gateway_only
    def test_a_log_that_nobody_reads_stops_nothing(self):
        log, log_end = os.pipe()
        self.addCleanup(os.close, log)
        fcntl.fcntl(log_end, fcntl.F_SETPIPE_SZ, 4096)
        command = [*gateway.under_test(), "--listen", "127.0.0.1:0", "--log-rate", "1000000"]
        process = subprocess.Popen(command, stderr=log_end, stdin=subprocess.DEVNULL)
        self.addCleanup(process.kill)
        os.close(log_end)
        text = b""
        while b"threads" not in text:
            text += os.read(log, 4096)
        target = re.search(rb"ready on (\S+)", text).group(1).decode()
        host, port = target.rsplit(":", 1)
        # Each connection causes a line; together they are more than the pipe holds.
        for _ in range(100):
            with socket.create_connection((host, int(port)), PATIENCE) as peer:
                peer.sendall(b"x" * 64)
                while peer.recv(4096):
                    pass
        with grpc.insecure_channel(target) as channel:
            echo = echo_pb2_grpc.EchoStub(channel)
            self.assertEqual(echo.Reply(echo_pb2.EchoRequest(message="a"), timeout=PATIENCE).message, "You said: a")
        # What was lost is reported as soon as somebody reads.
        while b"event=log-lost lines=" not in text:
            text += os.read(log, 4096)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE), 0)


if __name__ == "__main__":
    suite.main()
