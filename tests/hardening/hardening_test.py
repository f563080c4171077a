"""Checks in programs that they were built with the options of cmake/MoteHardening.cmake.

    hardening_test.py [--static] [--musl] [--objects FOLDER] [--run] PROGRAM... [-- unittest arguments]

--objects: the build folder of stripped programs; its object files show the stack protectors. --run: the first program is a
gateway that runs on this machine.
"""

import argparse
import re
import subprocess
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
import elf_file
from elf_file import AARCH64, ARM, X86_64, ElfFile

OWN = re.compile(r"_ZT?[hcv]?[\dn_]*NK?4mote")
# The end of a function that compares the canary in its frame with the thread's: sub or xor of %fs:0x28.
CANARY = re.compile(rb"\x64[\x48\x4c][\x2b\x33].\x25\x28\0\0\0", re.DOTALL)
# endbr64; bti c, bti j, bti jc, paciasp, pacibsp.
LANDING = {X86_64: (b"\xf3\x0f\x1e\xfa",), AARCH64: tuple(bytes([code, 0x24, 3, 0xD5]) for code in (0x5F, 0x9F, 0xDF)) + (b"\x3f\x23\x03\xd5", b"\x7f\x23\x03\xd5")}
options = argparse.Namespace()


class Hardening(unittest.TestCase):
    def setUp(self):
        self.programs = {Path(path).name: ElfFile(path) for path in options.programs}

    def test_addresses_are_random(self):
        for name, elf in self.programs.items():
            with self.subTest(name):
                self.assertEqual(elf.kind, elf_file.DYN)
                self.assertTrue(elf.dynamic()[elf_file.DT_FLAGS_1] & elf_file.DF_1_PIE)
                self.assertEqual(bool(elf.all(elf_file.PT_INTERP)), not options.static)

    def test_no_memory_is_writable_and_executable(self):
        for name, elf in self.programs.items():
            with self.subTest(name):
                for segment in elf.all(elf_file.PT_LOAD):
                    self.assertNotEqual(segment.flags & (elf_file.PF_W | elf_file.PF_X), elf_file.PF_W | elf_file.PF_X)
                (stack,) = elf.all(elf_file.PT_GNU_STACK)
                self.assertFalse(stack.flags & elf_file.PF_X)
                self.assertNotIn(elf_file.DT_TEXTREL, elf.dynamic())
                self.assertFalse(elf.dynamic().get(elf_file.DT_FLAGS, 0) & elf_file.DF_TEXTREL)

    def test_relocated_data_is_read_only(self):
        for name, elf in self.programs.items():
            with self.subTest(name):
                self.assertEqual(len(elf.all(elf_file.PT_GNU_RELRO)), 1)
                dynamic = elf.dynamic()
                self.assertTrue(dynamic.get(elf_file.DT_FLAGS, 0) & elf_file.DF_BIND_NOW or dynamic[elf_file.DT_FLAGS_1] & elf_file.DF_1_NOW)

    def test_stack_protectors(self):
        for name, elf in self.programs.items():
            with self.subTest(name):
                own = [symbol for symbol in elf.symbols() if symbol.is_function and symbol.size and OWN.match(symbol.name)]
                if elf.machine != X86_64 or options.objects:
                    continue
                self.assertTrue(own, "the program is stripped: --objects is needed")
                guarded = sum(bool(CANARY.search(elf.read(symbol.address, symbol.size))) for symbol in own)
                # Functions without a local array and without a local variable whose address is taken need no protector.
                self.assertGreater(guarded, len(own) // 8)
        if options.objects:
            objects = sorted(Path(options.objects).glob("src/**/*.cpp.o"))
            self.assertGreater(len(objects), 50)
            guarded = sum(any(symbol.name == "__stack_chk_fail" for symbol in ElfFile(path).symbols()) for path in objects)
            self.assertGreater(guarded, len(objects) // 3)

    def test_indirect_calls_have_marked_targets(self):
        for name, elf in self.programs.items():
            with self.subTest(name):
                if elf.machine == ARM:
                    self.skipTest("32-bit ARM has no such instruction")
                targets = {address for address in elf.relocated_addresses() if elf.is_code(address)}
                own = {symbol.address for symbol in elf.symbols() if symbol.is_function and OWN.match(symbol.name)}
                # A stripped program has no symbols, so targets in the C library count too, which have no marks.
                least = 1.0 if own else 0.5
                targets = targets & own if own else targets
                marked = [address for address in targets if elf.read(address, 4) in LANDING[elf.machine]]
                self.assertGreater(len(targets), 8)
                self.assertGreaterEqual(len(marked) / len(targets), least, f"{len(marked)} of {len(targets)}")

    def test_checked_functions_of_the_c_library(self):
        if options.musl:
            self.skipTest("musl has no checked functions")
        for name, elf in self.programs.items():
            with self.subTest(name):
                names = {symbol.name for symbol in elf.symbols(elf_file.SHT_SYMTAB) + elf.symbols(elf_file.SHT_DYNSYM)}
                self.assertTrue([name for name in names if re.match(r"_*(fprintf|vsnprintf|snprintf|memcpy|read|recv)_chk(@|$)", name)], sorted(names)[:5])

    def test_a_running_program_cannot_write_relocated_data(self):
        if not options.run:
            self.skipTest("the program does not run here")
        elf = ElfFile(options.programs[0])
        (relro,) = elf.all(elf_file.PT_GNU_RELRO)
        command = [options.programs[0], "--listen", "127.0.0.1:0"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            try:
                self.assertTrue(any("ready on" in line for line in process.stderr))
                maps = Path(f"/proc/{process.pid}/maps").read_text().splitlines()
            finally:
                process.terminate()
        areas = [(*(int(word, 16) for word in line.split()[0].split("-")), line.split()[1]) for line in maps]
        base = min(begin for (begin, _, _), line in zip(areas, maps) if line.endswith(str(Path(options.programs[0]).resolve())))
        first = next(segment for segment in elf.all(elf_file.PT_LOAD))
        # The first page of the area, and the last whole one.
        for address in (relro.address, relro.address + relro.size - 4096):
            address += base - (first.address & ~4095)
            (rights,) = [rights for begin, end, rights in areas if begin <= address < end]
            self.assertEqual(rights, "r--p")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--static", action="store_true")
    parser.add_argument("--musl", action="store_true")
    parser.add_argument("--objects")
    parser.add_argument("--run", action="store_true")
    parser.add_argument("programs", nargs="+")
    cut = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    parser.parse_args(sys.argv[1:cut], namespace=options)
    unittest.main(argv=[sys.argv[0], *sys.argv[cut + 1 :]], verbosity=2)
