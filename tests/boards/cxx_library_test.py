"""Builds for boards with each C++ library, MOTE_CXX_LIBRARY.

    cxx_library_test.py FOLDER      FOLDER: for the builds, which are kept
"""

import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILDS = Path(sys.argv[1])
SENTENCE = "the complete C++ library: set MOTE_CXX_LIBRARY to full (docs/porting.md)"
TOOLCHAIN = ROOT / "toolchains" / "board.cmake"


def run(*command):
    result = subprocess.run([str(word) for word in command], check=False, capture_output=True, text=True)
    return result.returncode, result.stdout + result.stderr


def configure(source, build, board, *options):
    command = ["cmake", "-G", "Ninja", "-S", source, "-B", build, f"-DCMAKE_TOOLCHAIN_FILE={TOOLCHAIN}", f"-DMOTE_BOARD={board}"]
    return run(*command, "-DCMAKE_BUILD_TYPE=MinSizeRel", *options)


class Small(unittest.TestCase):
    SOURCE = Path(__file__).parent / "small_cxx"

    def test_what_needs_the_full_library_does_not_build(self):
        build = BUILDS / "small"
        code, output = configure(self.SOURCE, build, "rpi-3")
        self.assertEqual(code, 0, output)
        for source in self.SOURCE.glob("*.cpp"):
            with self.subTest(source.stem):
                code, output = run("ninja", "-C", build, source.stem)
                if source.stem == "accepted":
                    self.assertEqual(code, 0, output)
                else:
                    self.assertNotEqual(code, 0, output)
                    self.assertIn(SENTENCE, output)


class Full(unittest.TestCase):
    def test_a_service_with_threads_exceptions_streams_and_locales(self):
        build = BUILDS / "rpi-3"
        code, output = configure(ROOT, build, "rpi-3", "-DMOTE_CXX_LIBRARY=full", "-DMOTE_TESTS=ON")
        self.assertEqual(code, 0, output)
        code, output = run("ninja", "-C", build, "station-gateway")
        self.assertEqual(code, 0, output)
        program = build / "bin" / "station-gateway"
        self.assertNotIn("Shared library", run("readelf", "-d", program)[1])
        emulator = (build / "emulator.txt").read_text(encoding="utf-8").strip()
        code, output = run(sys.executable, ROOT / "tests/station/station_test.py", f"{emulator} {program}", "--no-sandbox")
        self.assertEqual(code, 0, output)


class Key(unittest.TestCase):
    """MOTE_CXX_LIBRARY in the board.cmake of a board, and on the command line."""

    def library_of(self, *options):
        with tempfile.TemporaryDirectory(prefix="mote-") as folder:
            board = Path(folder) / "board"
            board.mkdir()
            board.joinpath("board.cmake").write_text("set(MOTE_TRIPLET aarch64-linux-musl)\nset(MOTE_CXX_LIBRARY full)\n", encoding="utf-8")
            name = os.path.relpath(board, ROOT / "boards")
            code, output = configure(Small.SOURCE, Path(folder) / "build", name, *options)
            self.assertEqual(code, 0, output)
            cache = Path(folder).joinpath("build", "CMakeCache.txt").read_text(encoding="utf-8")
            flags = re.search("^CMAKE_EXE_LINKER_FLAGS:STRING=(.*)$", cache, re.MULTILINE)[1]
            return "small" if "-nostdlib" in flags else "full" if "-static-pie" in flags else flags

    def test_a_board_has_a_library(self):
        self.assertEqual(self.library_of(), "full")

    def test_the_command_line_overrides_it(self):
        self.assertEqual(self.library_of("-DMOTE_CXX_LIBRARY=small"), "small")


class Refused(unittest.TestCase):
    """Options that cannot work."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="mote-")
        self.addCleanup(folder.cleanup)
        self.build = Path(folder.name)

    def refuse(self, sentence, board, *options, toolchain=None):
        if toolchain:
            options = (f"-DCMAKE_TOOLCHAIN_FILE={ROOT / 'toolchains' / toolchain}", *options)
        code, output = configure(Small.SOURCE, self.build, board, *options)
        self.assertNotEqual(code, 0, output)
        self.assertIn(sentence, re.sub(r"\s+", " ", output))

    def test_another_value(self):
        self.refuse('MOTE_CXX_LIBRARY is "ful"; it is small or full', "rpi-3", "-DMOTE_CXX_LIBRARY=ful")

    def test_a_board_without_linux(self):
        self.refuse("needs a board with Linux, and mps2-an385 has none", "mps2-an385", "-DMOTE_CXX_LIBRARY=full")

    def test_a_board_of_the_grpc_engine(self):
        self.refuse("generic-armv7-grpc needs no MOTE_CXX_LIBRARY=full", "generic-armv7-grpc", "-DMOTE_CXX_LIBRARY=full")

    def test_the_toolchain_of_musl(self):
        self.refuse("MOTE_CXX_LIBRARY=full needs the toolchain aarch64-linux-gnu.cmake", "", "-DMOTE_CXX_LIBRARY=full",
                    toolchain="aarch64-linux-musl.cmake")

    def test_armhf_for_armv6(self):
        for libc in ("musl", "gnu"):
            self.refuse(f'are for ARMv6, and Debian\'s armhf is for ARMv7: set MOTE_TRIPLET to arm-linux-{libc}eabi,', "",
                        "-DMOTE_CPU_FLAGS=-mcpu=arm1176jzf-s", toolchain=f"arm-linux-{libc}eabihf.cmake")

    def test_a_folder_of_the_other_library(self):
        (self.build / "CMakeCache.txt").write_text("MOTE_CONFIGURED_CXX_LIBRARY:STRING=small\n", encoding="utf-8")
        self.refuse("This build folder has MOTE_CXX_LIBRARY=small; use another folder", "rpi-3", "-DMOTE_CXX_LIBRARY=full")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
