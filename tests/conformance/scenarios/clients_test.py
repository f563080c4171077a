"""Clients in other languages. Each is a program that checks the replies."""

import os
import shutil
import subprocess
from pathlib import Path

import suite
from suite import EchoTestCase

E2E = Path(suite.__file__).resolve().parent
BUILT = "build/host/bin/e2e_cpp_client"
CLIENT_SECONDS = 100


class Clients(EchoTestCase):
    options = ("--max-message-bytes", 4 << 20, "--memory-budget", "64MiB", "--drain-seconds", 1)

    def assert_satisfied(self, *command):
        result = subprocess.run(
            [*command, self.gateway.target],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=CLIENT_SECONDS,
            check=False,
        )
        self.assertEqual(result.returncode, 0, result.stdout)

    def test_cpp(self):
        program = Path(os.environ.get("MOTE_TEST_CPP_CLIENT") or E2E.parents[1] / BUILT)
        if not program.exists():
            self.skipTest(f"SKIPPED: {program} is not built")
        self.assert_satisfied(program)

    def test_js(self):
        if not shutil.which("node") or not (E2E / "node_modules").exists():
            self.skipTest("SKIPPED: node, or npm ci in tests/e2e, is missing")
        self.assert_satisfied("node", E2E / "calls_test.js")


if __name__ == "__main__":
    suite.main()
