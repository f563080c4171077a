"""Tests scripts/stack_bound.py: with small programs, and with the images in the folder that MOTE_TEST_IMAGES names."""

import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
import stack_bound  # noqa: E402
from linker_map import section_sizes  # noqa: E402

IMAGES = Path(os.environ["MOTE_TEST_IMAGES"])
COMPILE = ("arm-none-eabi-gcc", "-mcpu=cortex-m3", "-mthumb", "-O2", "-fcallgraph-info=su", "-fstack-usage", "-nostdlib", "-Wl,-emote_reset")
HEAD = "#define KEEP __attribute__((noinline, noclone))\nvoid mote_on_tick(void) {}\n"
LEAF = "KEEP int leaf(int n) { volatile int room[25]; room[n] = n; return room[n / 2]; }\n"


def bound_of(source):
    """The bound of a program, and the frames that the compiler reports."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        (path / "program.c").write_text(HEAD + source, encoding="utf-8")
        subprocess.run([*COMPILE, "-o", "image.elf", "program.c"], cwd=folder, check=True, stderr=subprocess.DEVNULL)
        usage = next(path.glob("*.su")).read_text(encoding="utf-8")
        (next(path.glob("*.ci"))).rename(path / "image.elf.0.ci")
        frames = {name: int(size) for name, size in re.findall(r":(\w+)\t(\d+)\tstatic$", usage, re.MULTILINE)}
        return stack_bound.bound(path / "image.elf")[0], frames


class Programs(unittest.TestCase):
    def test_frames_on_a_path_add_up(self):
        source = LEAF + "KEEP int middle(int n) { return leaf(n) + leaf(n + 1); }\nint mote_reset(void) { return middle(1) + 1; }\n"
        size, frames = bound_of(source)
        self.assertGreaterEqual(frames["leaf"], 100)
        self.assertEqual(size, frames["mote_reset"] + frames["middle"] + frames["leaf"] + stack_bound.EXCEPTION_BYTES)

    def test_a_tail_call_releases_the_frame_of_its_caller(self):
        small = "KEEP int small(int n) { volatile int room = n; return room; }\n"
        size, frames = bound_of(LEAF + small + "int mote_reset(void) { return leaf(small(1)); }\n")
        self.assertGreater(frames["mote_reset"], 0)
        self.assertEqual(size, frames["leaf"] + stack_bound.EXCEPTION_BYTES)

    def test_an_unknown_pointer_is_an_error(self):
        with self.assertRaisesRegex(ValueError, "mote_reset calls through a pointer"):
            bound_of("int (*volatile pointer)(int);\nint mote_reset(void) { return pointer(1) + 1; }\n")

    def test_an_unknown_recursion_is_an_error(self):
        with self.assertRaisesRegex(ValueError, "again is recursive"):
            bound_of("KEEP int again(int n) { return n < 2 ? 1 : again(n - 1) + again(n - 2); }\nint mote_reset(void) { return again(9) + 1; }\n")

    def test_a_frame_of_unknown_size_is_an_error(self):
        with self.assertRaisesRegex(ValueError, "dynamic"):
            bound_of("KEEP int any(int n) { volatile char room[n]; room[0] = 1; return room[n / 2]; }\nint mote_reset(void) { return any(9) + 1; }\n")

    def test_levels_are_those_of_the_messages(self):
        header = "#define p_{0}_FIELDLIST(X, a)\n"
        nested = header.format("A") + header.format("B") + header.format("C") + "#define p_A_b_MSGTYPE p_B\n#define p_B_c_MSGTYPE p_C\n"
        self.assertEqual(stack_bound.levels_of([header.format("A")]), 1)
        self.assertEqual(stack_bound.levels_of([nested]), 3)


class Images(unittest.TestCase):
    def test_the_stack_of_each_image_is_large_enough(self):
        for link in ("uart", "ethernet"):
            image = IMAGES / f"mps2-an385-{link}.elf"
            with self.subTest(image.name):
                size, path = stack_bound.bound(image)
                self.assertLessEqual(size, section_sizes(image.with_suffix(".map"))[".stack"])
                # The path goes through a call of the client.
                self.assertIn("mote::device::Client::", " ".join(function for function, _ in path))


if __name__ == "__main__":
    unittest.main()
