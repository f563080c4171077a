"""Tests what protoc-gen-mote writes, and what it refuses.

    generator_test.py PROTOC PROTOC-GEN-MOTE [--write]

--write replaces the golden files. Read the difference before you commit it.
"""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROTOC, PLUGIN = sys.argv[1:3]
WRITE = "--write" in sys.argv
GOLDEN = Path(__file__).resolve().parent / "golden"
SUFFIXES = (".names.h", ".mote.h", ".client.h", ".nanopb_options")

HEAD = 'syntax = "proto3"; package a.v1; '


def generate(folder, *names, options=()):
    return subprocess.run([PROTOC, f"--plugin=protoc-gen-mote={PLUGIN}", f"--mote_out={folder}", *options, "-I", folder, *names],
                          check=False, capture_output=True, text=True)


class Golden(unittest.TestCase):
    maxDiff = None

    def test_files(self):
        with tempfile.TemporaryDirectory() as out:
            result = subprocess.run([PROTOC, f"--plugin=protoc-gen-mote={PLUGIN}", f"--mote_out={out}",
                                     f"--mote_opt=options_path={GOLDEN}", "-I", str(GOLDEN), "plant.proto"],
                                    check=False, capture_output=True, text=True)
            self.assertEqual(result.returncode, 0, result.stderr)
            for suffix in SUFFIXES:
                written = Path(out, f"plant{suffix}").read_text(encoding="utf-8").replace(str(GOLDEN), "GOLDEN")
                golden = GOLDEN / f"plant{suffix}.golden"
                if WRITE:
                    golden.write_text(written, encoding="utf-8")
                self.assertEqual(written, golden.read_text(encoding="utf-8"))


class Refused(unittest.TestCase):
    def refuse(self, source, sentence, options=None):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "x.proto").write_text(source, encoding="utf-8")
            if options is not None:
                Path(folder, "x.options").write_text(options, encoding="utf-8")
            result = generate(folder, "x.proto", options=[f"--mote_opt=options_path={folder}"])
            self.assertNotEqual(result.returncode, 0, result.stderr)
            self.assertIn(sentence, result.stderr)

    def test_keywords(self):
        self.refuse(HEAD + "message M { int32 class = 1; }", "x.proto: a.v1.M: field class: this is a keyword of C or C++")
        self.refuse(HEAD + "message union {}", "x.proto: message union: this is a keyword")
        self.refuse('syntax = "proto3"; package a.default; message M {}', "x.proto: package default: this is a keyword")
        self.refuse(HEAD + "message M {} service S { rpc delete(M) returns (M); }", "x.proto: service S: method delete: this is a")

    def test_field_numbers(self):
        self.refuse(HEAD + "message M { int32 n = 70000; }", "a.v1.M.n: field number 70000 is too large: mote reads field numbers up to")

    def test_recursion(self):
        sentence = "a message that contains itself has no fixed size; make the field repeated"
        self.refuse(HEAD + "message M { M m = 1; }", f"x.proto: a.v1.M.m: {sentence}")
        self.refuse(HEAD + "message M { oneof o { N n = 1; } } message N { M m = 1; }", f"a.v1.M.n: {sentence}")
        self.refuse(HEAD + "message M { repeated M m = 1; }", f"a.v1.M.m: {sentence}", options="a.v1.M.m max_count:2\n")

    def test_imports(self):
        self.refuse(HEAD + 'import "google/protobuf/api.proto"; message M { google.protobuf.Api a = 1; }',
                    "x.proto: google/protobuf/api.proto is not among the well-known types that mote has")

    def test_encoded_requests(self):
        self.refuse(HEAD + 'import "google/protobuf/struct.proto"; message M {} '
                    "service S { rpc Get(google.protobuf.Struct) returns (M); }",
                    "service S: method Get: google.protobuf.Struct cannot be a request or a reply")

    def test_names_of_methods(self):
        self.refuse(HEAD + "message M {} service S { rpc Get(M) returns (M); rpc GetCall(M) returns (M); }",
                    "service S: method Get: the generated class uses GetCall itself")

    def test_options(self):
        source = HEAD + "message M { string name = 1; }"
        self.refuse(source, "x.options:2: a.v1.M.nmae matches nothing in x.proto", options="# names\na.v1.M.nmae max_size:8\n")
        self.refuse(source, "x.options:1: a line is a name or a pattern, a space, and options", options="a.v1.M.name\n")
        self.refuse(source, "x.options:1: max_size needs a number, not x", options="a.v1.M.name max_size:x\n")
        self.refuse(source, "x.options:1: max_size has no value: write max_size:VALUE", options="a.v1.M.name max_size\n")

    def test_parameters(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "x.proto").write_text(HEAD, encoding="utf-8")
            result = generate(folder, "x.proto", options=["--mote_opt=path=x"])
            self.assertIn("protoc-gen-mote has no parameter path", result.stderr)


class Accepted(unittest.TestCase):
    def test_without_a_package_or_services(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "x.proto").write_text('syntax = "proto3"; message M { M2 m = 1; } message M2 { repeated M m = 1; }',
                                               encoding="utf-8")
            result = generate(folder, "x.proto")
            self.assertEqual(result.returncode, 0, result.stderr)
            for suffix in SUFFIXES:
                self.assertTrue(Path(folder, f"x{suffix}").is_file())

    def test_own_options_come_last(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "x.proto").write_text(HEAD + "message M { repeated int32 n = 1; }", encoding="utf-8")
            Path(folder, "x.options").write_text("a.*.n max_count:3  # three\n", encoding="utf-8")
            result = generate(folder, "x.proto", options=[f"--mote_opt=options_path={folder}"])
            self.assertEqual(result.returncode, 0, result.stderr)
            lines = Path(folder, "x.nanopb_options").read_text(encoding="utf-8").splitlines()
            self.assertEqual(lines[-1], "a.*.n max_count:3")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
