"""Tests firmware-host/examples/echo_calls.c, the example firmware in C of docs/device.md. ECHO_CALLS is the program."""

import os
import socket
import subprocess

import suite
from suite import EchoTestCase

OUTPUT = """\
  0: You said: hello
Reply: OK
  1: You said: again
  2: You said: again
  3: You said: again
ReplyStream: OK
  3 messages, 12 bytes
Collect: OK
  1: You said: one
  2: You said: two
  3: You said: three
Chat: OK
"""


class CExample(EchoTestCase):
    def example(self, *arguments):
        command = [os.environ["ECHO_CALLS"], *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=suite.PATIENCE, check=False)

    def test_makes_all_kinds_of_calls(self):
        result = self.example(self.gateway.target)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, OUTPUT, ""))

    def test_no_server(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            result = self.example(f"127.0.0.1:{unused.getsockname()[1]}")
        self.assertEqual((result.returncode, result.stdout), (1, "Reply: UNAVAILABLE no connection\n"))

    def test_usage(self):
        result = self.example()
        self.assertEqual((result.returncode, result.stderr), (2, "usage: echo_calls HOST:PORT\n"))


if __name__ == "__main__":
    suite.main()
