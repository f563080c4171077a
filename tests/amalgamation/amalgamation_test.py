"""The amalgamated device client (scripts/amalgamate.py): the same bytes each time, compiled without CMake, on the host with calls to a
gateway, and for a Cortex-M3 not larger than the client that CMake compiles.

    amalgamation_test.py --server GATEWAY --generated FOLDER --nanopb-include FOLDER --nanopb-library FILE --arm-cxx COMPILER
                         --arm-objects FOLDER

FOLDER of --generated has the messages and calls of proto/echo.proto. FOLDER of --arm-objects has the objects of the test
freestanding/compile. FOLDER of --nanopb-include has nothing but the headers of nanopb.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("e2e", "freestanding")]

import freestanding  # noqa: E402
from gateway import Gateway  # noqa: E402

# Without optimization the headers of the C++ library need the library.
CXX = ("-Os", "-std=c++20", "-fno-exceptions", "-fno-rtti", "-Wall", "-Wextra", "-Wpedantic", "-Werror")
C = ("-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror")
PATIENCE = 60
ECHO_CALLS = ROOT / "firmware-host" / "examples" / "echo_calls.c"


def run(*command, **options):
    result = subprocess.run([str(word) for word in command], check=False, capture_output=True, text=True, **options)
    if result.returncode != 0:
        raise AssertionError(f"{command[0]} ended with {result.returncode}:\n{result.stdout}{result.stderr}")
    return result.stdout


def amalgamate(folder, **environment):
    run("/usr/bin/python3", ROOT / "scripts" / "amalgamate.py", folder, env=os.environ | environment)


class Amalgamation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.scratch = Path(scratch.name)
        cls.folder = cls.scratch / "amalgamation"
        amalgamate(cls.folder)

    def includes(self):
        """For a program that has nothing of mote but the amalgamation and generated code."""
        folders = (self.folder / "src", self.folder / "posix")
        system = (ARGUMENTS.generated, ARGUMENTS.nanopb_include)
        return [f"-I{folder}" for folder in folders] + [word for folder in system for word in ("-isystem", folder)]

    def test_is_the_same_each_time(self):
        again = self.scratch / "somewhere" / "else"
        amalgamate(again, PYTHONHASHSEED="7", LC_ALL="C")
        files = sorted(path.relative_to(self.folder) for path in self.folder.rglob("*") if path.is_file())
        self.assertEqual(files, sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file()))
        for file in files:
            self.assertEqual((self.folder / file).read_bytes(), (again / file).read_bytes(), file)
        self.assertEqual(sorted(path.name for path in self.folder.rglob("*.cpp")), ["mote_device.cpp", "mote_names.cpp", "mote_port_posix.cpp"])

    def test_replaces_what_was_there(self):
        folder = self.scratch / "old"
        (folder / "src").mkdir(parents=True)
        (folder / "src" / "stale.cpp").write_text("#error stale\n")
        amalgamate(folder)
        self.assertFalse((folder / "src" / "stale.cpp").exists())

    def test_contains_only_what_the_client_needs(self):
        text = (self.folder / "src" / "mote_device.cpp").read_text()
        parts = re.findall(r"^// --- (\S+/\S+)$", text, re.MULTILINE)
        self.assertEqual(len(parts), len(set(parts)))
        self.assertIn("src/device/client_call.cpp", parts)
        self.assertFalse([part for part in parts if re.search("server|engine|gateway|dynamic_table", part)])
        self.assertFalse(re.findall(r'^#include "(?!mote/)', text, re.MULTILINE))

    def test_headers_compile_alone(self):
        for header in sorted((self.folder / "src" / "mote").glob("*.h")):
            text = header.read_text()
            plain_c = "__cplusplus" in text
            for compiler, flags, language in (("g++", CXX, "c++"), ("gcc", C, "c")):
                if language == "c++" or plain_c:
                    run(compiler, *flags, *self.includes(), "-fsyntax-only", "-x", language, "-include", header, "/dev/null")

    def test_calls_a_gateway(self):
        objects = []
        for source in sorted(self.folder.rglob("*.cpp")):
            objects.append(self.scratch / f"{source.stem}.o")
            run("g++", *CXX, *self.includes(), "-c", source, "-o", objects[-1])
        for source in (ECHO_CALLS, ARGUMENTS.generated / "echo.pb.c"):
            objects.append(self.scratch / f"{source.name}.o")
            run("gcc", *C, *self.includes(), "-c", source, "-o", objects[-1])
        program = self.scratch / "echo_calls"
        # Without a C++ library, as firmware in C is linked.
        run("gcc", *objects, ARGUMENTS.nanopb_library, "-o", program)
        with Gateway(command=[ARGUMENTS.server]) as gateway:
            output = run(program, gateway.target, timeout=PATIENCE)
        self.assertEqual(re.findall(r"^(\w+): (\w+)$", output, re.MULTILINE), [(name, "OK") for name in ("Reply", "ReplyStream", "Collect", "Chat")])

    def arm_size(self, name, objects):
        """Bytes of flash of calls.c with the client, without what it does not use. Functions of nanopb and the C library do not count."""
        prefix = ARGUMENTS.arm_cxx.removesuffix("g++")
        linked = self.scratch / f"{name}.elf"
        # Relocatable, because the functions that do not count stay undefined.
        link = ["-r", "-Wl,--gc-sections", "-Wl,--entry=calls"]
        run(f"{prefix}gcc", *freestanding.CPU, "-nostdlib", *link, *objects, "-o", linked)
        text, data, *_ = run(f"{prefix}size", linked).splitlines()[1].split()
        return int(text) + int(data)

    def arm_object(self, source, *flags):
        includes = [word for folder in (ARGUMENTS.generated, ARGUMENTS.nanopb_include) for word in ("-isystem", str(folder))]
        target, code, errors = freestanding.compile_one(ARGUMENTS.arm_cxx, source, self.scratch, [*flags, *includes])
        self.assertEqual(code, 0, errors)
        return target

    def test_is_not_larger_on_a_microcontroller(self):
        include = f"-I{self.folder / 'src'}"
        calls = self.arm_object(ROOT / "tests" / "amalgamation" / "calls.c", include)
        normal = sorted(ARGUMENTS.arm_objects.glob("*.o"))
        self.assertGreater(len(normal), 20)
        messages = [path for path in normal if path.name.endswith("echo.pb.c.o")]

        def amalgamated(*flags):
            sources = sorted((self.folder / "src").glob("*.cpp"))
            return self.arm_size("amalgamated", [calls, *messages, *(self.arm_object(source, include, *flags) for source in sources)])

        sizes = {"separate files": self.arm_size("normal", [calls, *normal]), "amalgamation": amalgamated("-Wpedantic")}
        print(f"bytes of flash: {sizes}", file=sys.stderr)
        self.assertGreater(sizes["separate files"], 5000)
        self.assertLessEqual(sizes["amalgamation"], sizes["separate files"])
        self.assertLess(amalgamated("-DMOTE_SMALL"), sizes["amalgamation"] - 1000)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True)
    for name in ("--generated", "--nanopb-include", "--nanopb-library", "--arm-objects"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--arm-cxx", required=True)
    ARGUMENTS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
