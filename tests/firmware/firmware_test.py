"""Tests a firmware image in QEMU with a server: the gateway, or Python's grpcio.

    firmware_test.py IMAGE [--server reference | --server gateway --binary PATH] [unittest arguments]
"""

import sys
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[part] / folder) for part, folder in ((1, "e2e"), (2, "scripts"))]
import stack_bound  # noqa: E402
import suite  # noqa: E402
from board import Board  # noqa: E402
from gateway import Gateway  # noqa: E402
from suite import gateway_only  # noqa: E402

# selftest.h: the script sends one message of slightly more than 8192 bytes, which the server must refuse.
LIMIT = ("--max-message-bytes", 4096)
STEPS = (
    "reply",
    "reply-stream",
    "collect",
    "chat",
    "metadata",
    "deadline",
    "oversized-request",
    "oversized-reply",
    "unknown-method",
    "200-calls",
)
# firmware-host/images/mps2-an385/image.h and semihosting.h
FAILED, USAGE, HARD_FAULT = 1, 2, 70

image = Path(sys.argv.pop(1)) if len(sys.argv) > 1 else None


class ScriptTestCase(unittest.TestCase):
    def check_script(self, board):
        code = board.wait()
        self.assertEqual(code, 0, board.console)
        for step in STEPS:
            self.assertTrue(board.find(f"ok {step} "), f"no step {step} in:\n{board.console}")
        self.assertTrue(board.find(r"mote \d+\.\d+\.\d+\S*"), board.console)
        self.assertTrue(board.find("passed$"), board.console)
        used, size = map(int, board.find(r"stack (\d+) of (\d+) bytes").groups())
        # The last word is used before the stack overflows.
        self.assertLess(used, size)
        self.assertLessEqual(used, stack_bound.bound(image)[0])


class ScriptTest(ScriptTestCase):
    def test_script(self):
        with Gateway(*LIMIT) as server, Board(image, server.target, "script") as board:
            self.check_script(board)

    def test_server_is_killed_and_restarted(self):
        server = Gateway(*LIMIT).start()
        with Board(image, server.target, "outage", reconnect=True) as board:
            board.wait_for("ok serving ")
            server.kill()
            # A UART does not report it: the call waits until its deadline.
            # UNAVAILABLE or DEADLINE_EXCEEDED.
            board.wait_for(r"ok outage \d+ ms: status (14|4) ")
            with Gateway(*LIMIT, listen=(server.target,)):
                board.wait_for("ok back ")
                self.check_script(board)


class ImageTest(unittest.TestCase):
    """Tests images without a server, and with errors."""

    @gateway_only
    def test_faults_have_their_own_exit_code(self):
        for mode in ("fault", "overflow"):
            with self.subTest(mode), Gateway() as server, Board(image, server.target, mode) as board:
                self.assertEqual(board.wait(), HARD_FAULT)
                self.assertEqual(board.lines, ["HardFault"])

    @gateway_only
    def test_unknown_mode_is_refused(self):
        with Gateway() as server, Board(image, server.target, "nonsense") as board:
            self.assertEqual(board.wait(), USAGE)

    @gateway_only
    def test_failed_steps_are_reported(self):
        """A server that accepts the large message makes exactly one step fail."""
        with Gateway("--max-message-bytes", 65536) as server, Board(image, server.target, "script") as board:
            self.assertEqual(board.wait(), FAILED)
        failed = [line for line in board.lines if line.startswith("FAILED ")]
        self.assertEqual(len(failed), 1, board.console)
        self.assertRegex(failed[0], r"^FAILED oversized-request \d+ ms: ")
        self.assertTrue(board.find("ok 200-calls "), board.console)
        self.assertEqual(board.lines[-1], "FAILED")


if __name__ == "__main__":
    assert image, __doc__
    suite.main()
