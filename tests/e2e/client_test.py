"""Tests examples/python/client.py with the commands of its README."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import suite
from suite import EchoTestCase

EXAMPLE = Path(suite.stubs.__file__).parent
STUBS = Path(suite.echo_pb2.__file__).parent


class Client(EchoTestCase):
    def client(self, *arguments, environment=None):
        return subprocess.run(
            [sys.executable, EXAMPLE / "client.py", *arguments],
            env={**os.environ, "PYTHONPATH": str(STUBS), **(environment or {})},
            capture_output=True,
            text=True,
            timeout=suite.PATIENCE,
            check=False,
        )

    def assert_prints(self, result, line):
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, line + "\n", ""))

    def test_prints_the_reply(self):
        result = self.client("--target", self.gateway.target, "hello")
        self.assert_prints(result, "You said: hello")

    def test_message_of_several_words_and_scripts(self):
        result = self.client("--target", self.gateway.target, "Grüße aus 日本")
        self.assert_prints(result, "You said: Grüße aus 日本")

    def test_message_by_default(self):
        self.assert_prints(self.client("--target", self.gateway.target), "You said: hello")

    def test_finds_its_stubs_by_itself(self):
        result = self.client("--target", self.gateway.target, "alone", environment={"PYTHONPATH": ""})
        self.assert_prints(result, "You said: alone")

    def test_no_server(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            target = f"127.0.0.1:{unused.getsockname()[1]}"
            result = self.client("--target", target, "hello")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        self.assertIn(target, result.stderr)
        self.assertIn("UNAVAILABLE", result.stderr)


if __name__ == "__main__":
    suite.main()
