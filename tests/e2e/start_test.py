"""Tests the output at start, and errors at start: one line that names the necessary change, exit code 2."""

import os
import re
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

import gateway
import suite
from gateway import Gateway
from suite import gateway_only

BOARDS = Path(__file__).resolve().parents[2] / "boards"


class Refusals(unittest.TestCase):
    def assert_refused(self, *arguments, words=(), environment=None):
        result = subprocess.run(
            [*gateway.under_test(), *arguments],
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=suite.PATIENCE,
            check=False,
        )
        self.assertEqual(result.returncode, 2, (arguments, result.stderr))
        self.assertEqual(result.stdout, "")
        self.assertEqual(len(result.stderr.splitlines()), 1, (arguments, result.stderr))
        for word in words:
            self.assertIn(word, result.stderr)

    @gateway_only
    def test_port_in_use(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            self.assert_refused("--listen", address, words=[address])
            self.assert_refused("--listen", "127.0.0.1:0", "--listen", address, words=[address])

    @gateway_only
    def test_unix_socket_in_use(self):
        with tempfile.TemporaryDirectory() as folder:
            address = f"unix:{folder}/mote.sock"
            with Gateway(listen=[address]):
                self.assert_refused("--listen", address, words=[address])

    @gateway_only
    def test_file_where_the_unix_socket_should_be(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "precious"
            path.write_text("data")
            self.assert_refused("--listen", f"unix:{path}", words=[str(path)])
            self.assertEqual(path.read_text(), "data")

    @gateway_only
    def test_invalid_addresses(self):
        for address in (
            "", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1", "256.0.0.1:1",
            "::1:50051", "[::1]", "[::1:50051", "[::g]:1", "unix:", "unix:" + "x" * 200, "http://127.0.0.1:1",
        ):  # fmt: skip
            with self.subTest(address=address):
                self.assert_refused("--listen", address)

    @gateway_only
    def test_address_of_another_machine(self):
        """The lean gateway waits for the address (listen_test.py); the gRPC library cannot."""
        if Path(gateway.under_test()[0]).name != "mote-gateway-grpc":
            self.skipTest("the gRPC engine only")
        self.assert_refused("--listen", "192.0.2.1:0", words=["192.0.2.1"])

    @gateway_only
    def test_budget_too_small(self):
        for budget in ("100KiB", "1MiB"):
            self.assert_refused("--memory-budget", budget, "--listen", "127.0.0.1:0", words=["memory-budget"])
        self.assert_refused("--max-connections", "65536", "--listen", "127.0.0.1:0", words=["memory-budget"])

    @gateway_only
    def test_flags(self):
        for arguments in (
            ["--no-such-flag"],
            ["--max-streams"],
            ["--max-streams", "many"],
            ["--max-streams", "-1"],
            ["--max-streams", "0"],
            ["--max-streams", "99999999999999999999"],
            ["--max-message-bytes", "1TiB"],
            ["--memory-budget", "lots"],
            ["--drain-seconds", "1x"],
            ["stray"],
        ):
            with self.subTest(arguments=arguments):
                self.assert_refused(*arguments, "--listen", "127.0.0.1:0", words=[arguments[0].lstrip("-")])

    @gateway_only
    def test_a_misspelled_flag_gets_a_suggestion(self):
        self.assert_refused("--max-stream", "5", words=["max-streams"])

    @gateway_only
    def test_environment(self):
        self.assert_refused(
            "--listen", "127.0.0.1:0", environment={"MOTE_MAX_STREAMS": "many"}, words=["MOTE_MAX_STREAMS"]
        )


class Start(unittest.TestCase):
    @gateway_only
    def test_worst_case_of_memory_is_printed(self):
        with Gateway() as started:
            before_ready = started.stderr.split("ready on")[0]
            self.assertRegex(before_ready, re.compile("memory", re.IGNORECASE))

    @gateway_only
    def test_one_ready_line_per_listener(self):
        with Gateway(listen=["127.0.0.1:0", "[::1]:0"]) as started:
            lines = [line for line in started.stderr.splitlines() if "ready on" in line]
            self.assertEqual(len(lines), 2)
            for line in lines:
                self.assertRegex(line, r"^mote-gateway(-grpc)?: ready on \S+$")

    @gateway_only
    def test_nothing_on_stdout(self):
        command = [*gateway.under_test(), "--listen", "127.0.0.1:0"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while "ready on" not in process.stderr.readline():
            pass
        process.terminate()
        output, _ = process.communicate(timeout=suite.PATIENCE)
        self.assertEqual((process.returncode, output), (0, ""))


class Boards(unittest.TestCase):
    @gateway_only
    def test_the_worst_case_of_each_board_is_within_its_budget(self):
        grpc = Path(gateway.under_test()[0]).name.endswith("-grpc")
        boards = [path for path in BOARDS.glob("*/gateway.conf") if path.parent.name.endswith("-grpc") == grpc]
        self.assertNotEqual(boards, [])
        for path in boards:
            with self.subTest(board=path.parent.name):
                command = [*gateway.under_test(), "--config", path, "--check-config"]
                result = subprocess.run(command, capture_output=True, text=True, timeout=suite.PATIENCE, check=False)
                self.assertEqual((result.returncode, result.stderr), (0, ""))


if __name__ == "__main__":
    suite.main()
