"""Tests cmake/nanopb_oneofs.py with the output of nanopb's generator.

    oneofs_test.py nanopb_generator.py nanopb_oneofs.py
"""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

GENERATOR, CHECK = sys.argv[1:3]

PROTO = """syntax = "proto3";
package hostile;
message Part { string name = 1; }
message Choice { int32 before = 1; oneof value { Part part = 2; fixed64 number = 3; string text = 4; } }
"""
BYTES = 'hostile.proto include:"mote/bytes.h" callback_datatype:"mote_bytes" callback_function:"mote_bytes_callback"\n'


def checked(options):
    """The exit code of the check and what it printed, for the .proto above with these options."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "hostile.proto").write_text(PROTO, encoding="utf-8")
        (Path(folder) / "hostile.options").write_text(options, encoding="utf-8")
        command = ["/usr/bin/python3", GENERATOR, "--quiet", "--cpp-descriptors", "hostile.proto"]
        subprocess.run(command, cwd=folder, check=True)
        ran = subprocess.run(
            ["/usr/bin/python3", CHECK, f"{folder}/hostile.pb.h"], stderr=subprocess.PIPE, text=True, check=False
        )
        return ran.returncode, ran.stderr


class Oneofs(unittest.TestCase):
    def test_a_callback_beside_a_number_is_refused(self):
        for options in ("", "hostile.Choice.text max_size:8\nhostile.Choice.part type:FT_CALLBACK\n"):
            with self.subTest(options):
                code, text = checked(options)
                self.assertEqual(code, 1)
                self.assertRegex(text, "hostile_Choice: a oneof with a callback")

    def test_members_with_memory_of_their_own_are_accepted(self):
        self.assertEqual(checked("hostile.Choice.value no_unions:true\n"), (0, ""))

    def test_members_without_callbacks_are_accepted(self):
        self.assertEqual(checked("hostile.Choice.text max_size:8\nhostile.Part.name max_size:8\n"), (0, ""))

    def test_the_callbacks_of_the_codec_are_accepted(self):
        self.assertEqual(checked(BYTES), (0, ""))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
