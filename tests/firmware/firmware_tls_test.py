"""Tests a firmware image with TLS in QEMU with a server: the gateway, or Python's grpcio, which has stunnel in front for an image with a
pre-shared key.

    firmware_tls_test.py IMAGE [--server reference | --server gateway --binary PATH] [unittest arguments]
"""

import re
import unittest
from pathlib import Path

import firmware_test
import suite
from board import Board
from firmware_test import FAILED, LIMIT, image
from suite import gateway_only
from tls_server import TlsServer, run

HEADER = Path(__file__).resolve().parents[2] / "include" / "mote" / "port_tls.h"
# The numbers of mote_tls_result, by name.
RESULTS = {name: number for number, name in enumerate(re.findall(r"^  MOTE_TLS_(\w+)(?: = 0)?,? ", HEADER.read_text(), re.MULTILINE))}
PSK = image.stem.endswith("-psk")
SUITE = "TLS-PSK-WITH-AES-128-GCM-SHA256" if PSK else "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256"


class TlsTest(firmware_test.ScriptTestCase):
    def board(self, server, mode="script", **named):
        return Board(image, server.target, mode, **{"credentials": server.credentials, **named})

    def test_script(self):
        with TlsServer(image, *LIMIT) as server, self.board(server) as board:
            self.check_script(board)
        line = board.find(r"TLSv1\.2 (\S+), handshake (\d+) ms, memory (\d+) of (\d+) bytes")
        self.assertTrue(line, board.console)
        self.assertEqual(line[1], SUITE)
        self.assertLess(int(line[3]), int(line[4]))

    @gateway_only
    def test_server_is_killed_and_restarted(self):
        with TlsServer(image, *LIMIT) as server, self.board(server, "outage") as board:
            board.wait_for("ok serving ")
            server.gateway.kill()
            board.wait_for(r"ok outage \d+ ms: status (14|4) ")
            server.restart()
            board.wait_for("ok back ")
            self.check_script(board)

    def assert_refused(self, server, *results, **named):
        with self.board(server, **named) as board:
            self.assertEqual(board.wait(), FAILED, board.console)
        numbers = "|".join(str(RESULTS[result]) for result in results)
        self.assertTrue(board.find(rf"TLS: result ({numbers}), alert \d+$"), board.console)
        self.assertFalse(board.find("ok reply "), board.console)

    @gateway_only
    def test_another_key_or_authority_is_refused(self):
        with TlsServer(image, *LIMIT) as server:
            run("certs.py", server.folder / "other", "--device", "board")
            wrong = server.make_credentials("board", folder=server.folder / "other")
            # The alert may be lost with the connection.
            results = ("ALERT", "CLOSED") if PSK else ("UNTRUSTED",)
            self.assert_refused(server, *results, credentials=wrong)

    @gateway_only
    @unittest.skipIf(PSK, "a pre-shared key has no name of a server")
    def test_another_name_and_a_missing_certificate_are_refused(self):
        with TlsServer(image, *LIMIT) as server:
            wrong = server.make_credentials("board", "--server-name", "gateway.plant")
            self.assert_refused(server, "WRONG_NAME", credentials=wrong)
            # The alert may be lost with the connection.
            self.assert_refused(server, "ALERT", "CLOSED", credentials=server.make_credentials("board", "--no-certificate"))

    @gateway_only
    def test_a_plaintext_server_is_not_used(self):
        with TlsServer(image, *LIMIT) as server, firmware_test.Gateway(*LIMIT) as plaintext:
            server.target = plaintext.target
            self.assert_refused(server, "NOT_TLS")

    @gateway_only
    def test_a_board_without_credentials_says_so(self):
        with TlsServer(image, *LIMIT) as server, self.board(server, credentials=None) as board:
            self.assertEqual(board.wait(), FAILED, board.console)
        self.assertEqual(board.lines, ["FAILED: there are no credentials"])


if __name__ == "__main__":
    suite.main()
