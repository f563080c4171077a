"""Every program says its version: that of the build, or that of the checkout for programs that are not built.

    programs_test.py HEADER PROGRAM...

HEADER is the build_version.h of the build.
"""

import re
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEADER, *PROGRAMS = map(Path, sys.argv[1:])
SCRIPTS = (ROOT / "deploy" / "deploy", ROOT / "generator" / "protoc-gen-mote")


def said_by(program):
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


class Programs(unittest.TestCase):
    def test_programs(self):
        built = re.fullmatch(r'#define BUILD_VERSION "(\S+)"\n', HEADER.read_text())[1]
        for program in PROGRAMS:
            self.assertEqual(said_by(program), f"{program.name} {built}\n")

    def test_scripts(self):
        number = re.search(r"^VERSION=(\S+)$", (ROOT / "product.conf").read_text(), re.MULTILINE)[1]
        for script in SCRIPTS:
            self.assertRegex(said_by(script), rf"^{script.name} {re.escape(number)}([~+]git\d{{14}}\.[0-9a-f]{{12}}(\.modified)?)?\n$")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
