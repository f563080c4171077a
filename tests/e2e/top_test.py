"""mote-device top: the numbers of a gateway once, and in a terminal. MOTE_TEST_DEVICE is the program."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, HTTPServer

import grpc
import http1_client as http
import suite
from gateway import Gateway
from suite import PATIENCE, echo_pb2, echo_pb2_grpc

DEVICE = os.environ["MOTE_TEST_DEVICE"]


def top(*arguments, code=0):
    result = subprocess.run([DEVICE, "top", *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL,
                            check=False)
    assert result.returncode == code, (result.returncode, result.stdout, result.stderr)
    return result.stderr if code else result.stdout


class Terminal:
    """A pseudo-terminal in which it runs."""

    def __init__(self, *arguments, columns=100, rows=30):
        self._main, other = pty.openpty()
        self.resize(columns, rows)
        self.before = termios.tcgetattr(other)
        self._other = other
        self.process = subprocess.Popen([DEVICE, "top", *map(str, arguments)], stdin=other, stdout=other, stderr=subprocess.PIPE,
                                        start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.text = ""

    def resize(self, columns, rows):
        fcntl.ioctl(self._main, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def wait_for(self, pattern):
        """Reads until the text that is new matches, and returns the match."""
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, self.text, re.DOTALL)):
            readable = select.select([self._main], [], [], max(deadline - time.monotonic(), 0))[0]
            assert readable, f"{pattern} does not come: {self.text!r}"
            self.text += os.read(self._main, 65536).decode()
        self.text = self.text[found.end():]
        return found

    def press(self, key):
        os.write(self._main, key.encode())

    def end(self):
        """Its exit code, and whether the terminal is as it was."""
        code = self.process.wait(PATIENCE)
        same = termios.tcgetattr(self._other) == self.before
        return code, same

    def close(self):
        self.process.kill()
        self.process.communicate()
        os.close(self._main)
        os.close(self._other)


class Top(unittest.TestCase):
    def setUp(self):
        self.gateway = Gateway("--http", "127.0.0.1:0").start()
        self.addCleanup(self.gateway.stop)
        self.address = "{}:{}".format(*http.monitor_address(self.gateway))

    def call(self, count):
        with grpc.insecure_channel(self.gateway.target, options=suite.CHANNEL_OPTIONS) as channel:
            echo = echo_pb2_grpc.EchoStub(channel)
            for _ in range(count):
                echo.Reply(echo_pb2.EchoRequest(message="hello"), timeout=PATIENCE)
            with self.assertRaises(grpc.RpcError):
                channel.unary_unary("/echo.Echo/None")(b"", timeout=PATIENCE)

    def run_in_terminal(self, *arguments, **size):
        terminal = Terminal(*arguments, **size)
        self.addCleanup(terminal.close)
        return terminal

    def test_once(self):
        self.call(7)
        output = top(self.address, "--once")
        self.assertNotIn("\033", output)
        self.assertRegex(output, r"^mote-gateway \S+, up 0 min \d\d s, serving\n")
        self.assertRegex(output, r"\necho\.Echo/Reply +\d+\.\d +7 +0 +< \S+ [um]?s +< \S+ [um]?s\n")
        self.assertRegex(output, r"\nother/other +\d+\.\d +1 +1 ")
        self.assertRegex(output, r"\nresident memory +\.*#*\.* +[\d.]+ [KM]iB of +[\d.]+ MiB\n")
        self.assertRegex(output, r"\nstreams +\.{20} +0 of +256\n")
        self.assertRegex(output, r"\nREFUSAL +TIMES  AGO +PEER\n$")

    def test_it_draws_until_q(self):
        terminal = self.run_in_terminal(self.address, "--interval", 100)
        terminal.wait_for(r"\033\[\?1049h\033\[\?25l\033\[Hmote-gateway ")
        self.call(5)
        terminal.wait_for(r"\r\necho\.Echo/Reply +[1-9]\d*\.\d +5 ")
        terminal.wait_for(r"\r\necho\.Echo/Reply +0\.0 +5 ")
        terminal.press("x")
        terminal.wait_for(r"\033\[Hmote-gateway ")
        terminal.press("q")
        terminal.wait_for(r"\033\[\?25h\033\[\?1049l")
        self.assertEqual(terminal.end(), (0, True))

    def test_it_fits_the_window(self):
        terminal = self.run_in_terminal(self.address, "--interval", 3600000, columns=40, rows=5)
        page = terminal.wait_for(r"\033\[H(mote.*?)\033\[K\033\[J")[1]
        lines = re.sub(r"\033\[\d*\w", "", page).split("\r\n")
        self.assertEqual((len(lines), max(map(len, lines))), (5, 40))
        terminal.resize(60, 8)
        page = terminal.wait_for(r"\033\[H(mote.*?)\033\[K\033\[J")[1]
        lines = re.sub(r"\033\[\d*\w", "", page).split("\r\n")
        self.assertEqual((len(lines), max(map(len, lines))), (8, 60))
        terminal.process.send_signal(signal.SIGINT)
        terminal.wait_for(r"\033\[\?1049l")
        self.assertEqual(terminal.end(), (0, True))

    def test_a_gateway_that_restarts(self):
        terminal = self.run_in_terminal(self.address, "--interval", 100)
        terminal.wait_for(r"mote-gateway ")
        self.gateway.stop()
        terminal.wait_for(r"\033\[H\033\[7mConnection refused\033\[0m")
        again = Gateway("--http", self.address).start()
        self.addCleanup(again.stop)
        terminal.wait_for(r"\033\[Hmote-gateway ")
        terminal.press("q")
        self.assertEqual(terminal.end(), (0, True))

    def test_errors(self):
        needs = " (top needs the listener of the gateway's --http)\n"
        target = self.gateway.target
        self.assertEqual(top(target, "--once", code=1), f"mote-device: {target}: HTTP/1.1 505 HTTP Version Not Supported{needs}")
        self.assertEqual(top("unix:/none", "--once", code=1), f"mote-device: unix:/none: No such file or directory{needs}")
        usage = "top HOST [--once] [--interval MS]\n"
        for words, error in (
            ((), f"top: {usage}"),
            ((self.address, "b"), f"top: {usage}"),
            ((self.address, "--count"), f"--count: {usage}"),
            ((self.address, "--interval", "99"), "--interval: write a number of milliseconds from 100 to 3600000\n"),
            ((self.address, "--interval"), "--interval: write a number of milliseconds from 100 to 3600000\n"),
            (("host:port",), "host:port: the port is not a number from 1 to 65535\n"),
            ((self.address,), "top: the output is no terminal: use --once\n"),
        ):
            self.assertEqual(top(*words, code=2), f"mote-device: {error}")

    def test_another_server(self):
        """Control characters do not reach the terminal, and missing numbers are 0."""
        answers = [(200, '{"program": "\033[2Jx", "version": 1}'), (200, "no JSON"), (421, "")]

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                status, text = answers.pop(0)
                self.send_response(status)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        address = f"127.0.0.1:{server.server_port}"
        self.assertTrue(top(address, "--once").startswith("?[2Jx 1, up 0 min 00 s, serving\n"))
        self.assertIn(": the answer is no JSON (top needs ", top(address, "--once", code=1))
        self.assertIn(": HTTP/1.0 421 Misdirected Request (top needs ", top(address, "--once", code=1))


if __name__ == "__main__":
    suite.main()
