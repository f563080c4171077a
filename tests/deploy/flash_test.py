"""Tests deploy flash and flash-mcu on a simulated machine: refused devices, writing and verification."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
sys.path.insert(0, str(DEPLOY))
import flash
import release

MIB = 1 << 20
ROOT_LINE = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"


class Machine:
    """/sys, /proc and /dev in a folder: sda is a fixed disk with the running system; sdb is a card with one partition."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.dev = self.folder / "dev"
        self.dev.mkdir()
        self.block = self.folder / "sys/class/block"
        self.disk("sda", "8:0", removable=0, mib=1024)
        self.partition("sda", "sda1", "8:1")
        self.disk("sdb", "8:16", removable=1, mib=64)
        self.partition("sdb", "sdb1", "8:17")
        (self.folder / "proc/self").mkdir(parents=True)
        self.mounted("")
        (self.folder / "proc/swaps").write_text("Filename Type Size Used Priority\n")

    def disk(self, name, number, removable, mib):
        folder = self.block / name
        (folder / "holders").mkdir(parents=True)
        (folder / "device").mkdir()
        facts = {"dev": number, "removable": removable, "ro": 0, "size": mib * MIB // 512, "device/model": f"Model {name}"}
        for fact, value in facts.items():
            (folder / fact).write_text(f"{value}\n")
        # Not erased: bytes that are not written keep their value.
        (self.dev / name).write_bytes(b"\xee" * (8 * MIB + 4096))

    def partition(self, disk, name, number):
        for folder in (self.block / disk / name, self.block / name):
            (folder / "holders").mkdir(parents=True)
            (folder / "partition").write_text("1\n")
            (folder / "dev").write_text(f"{number}\n")
        (self.dev / name).write_bytes(b"")

    def mounted(self, lines):
        (self.folder / "proc/self/mountinfo").write_text(ROOT_LINE + lines)

    def environment(self, **more):
        return {**os.environ, "MOTE_TEST_SYS": f"{self.folder}/sys", "MOTE_TEST_PROC": f"{self.folder}/proc", **more}


class MachineTestCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="mote-")
        self.addCleanup(folder.cleanup)
        self.machine = Machine(folder.name)

    def deploy(self, *arguments, code, **environment):
        done = subprocess.run(
            [sys.executable, DEPLOY / "deploy", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            env=self.machine.environment(**environment),
        )
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr


class Flash(MachineTestCase):
    def setUp(self):
        super().setUp()
        self.image = self.machine.folder / "card.img"
        # Two blocks and a part of a third, with zeros where the card has other bytes.
        self.image.write_bytes(os.urandom(4 * MIB) + bytes(4 * MIB) + os.urandom(512))

    def flash(self, name, *arguments, code=1):
        return self.deploy("flash", "rpi-3", self.machine.dev / name, "--image", self.image, *arguments, code=code)

    def assert_refused(self, text, name="sdb", *arguments):
        before = (self.machine.dev / name).read_bytes()
        self.assertIn(text, self.flash(name, *arguments))
        self.assertEqual((self.machine.dev / name).read_bytes(), before)

    def test_a_card_is_written_and_read_back(self):
        output = self.flash("sdb", code=0)
        card = (self.machine.dev / "sdb").read_bytes()
        self.assertEqual(card[: self.image.stat().st_size], self.image.read_bytes())
        self.assertEqual(card[self.image.stat().st_size :].strip(b"\xee"), b"")
        for text in ("Model sdb, 0.1 GB", "writing: 8 of 8 MiB", "reading back: 8 of 8 MiB"):
            self.assertIn(text, output)

    def test_a_mounted_card(self):
        self.machine.mounted("30 22 8:17 / /media/card rw shared:5 - vfat /dev/sdb1 rw\n")
        self.assert_refused("it is mounted (/media/card)", "sdb", "--not-removable", "--not-removable")

    def test_a_card_mounted_with_another_device_number(self):
        self.machine.mounted("30 22 0:40 / /media/card rw - btrfs /dev/sdb1 rw\n")
        self.assert_refused("it is mounted (/media/card)")

    def test_the_disk_of_the_system(self):
        self.assert_refused("the running system is on it (/)", "sda", "--not-removable", "--not-removable")

    def test_a_disk_in_use_by_a_mapped_device(self):
        (self.machine.block / "sdb1/holders/dm-0").mkdir()
        self.assert_refused("in use by dm-0")

    def test_swap(self):
        with (self.machine.folder / "proc/swaps").open("a") as swaps:
            swaps.write("/dev/sdb1 partition 1000 0 -2\n")
        self.assert_refused("in use by swap")

    def test_a_built_in_disk_needs_the_option_twice(self):
        (self.machine.block / "sdb/removable").write_text("0\n")
        self.assert_refused("give --not-removable twice")
        self.assert_refused("give --not-removable twice", "sdb", "--not-removable")
        self.flash("sdb", "--not-removable", "--not-removable", code=0)

    def test_a_card_in_a_reader_that_is_not_reported_as_removable(self):
        (self.machine.block / "sdb/removable").write_text("0\n")
        (self.machine.block / "sdb/device/type").write_text("SD\n")
        self.flash("sdb", code=0)
        (self.machine.block / "sdb/device/type").write_text("MMC\n")
        self.assert_refused("give --not-removable twice")

    def test_devices_that_are_no_cards(self):
        self.assert_refused("it is a partition", "sdb1")
        self.assertIn("no such device", self.flash("sdc"))
        (self.machine.dev / "file").write_bytes(b"mine")
        self.assert_refused("not a block device", "file")

    def test_a_card_that_is_too_small_or_protected(self):
        (self.machine.block / "sdb/size").write_text(f"{4 * MIB // 512}\n")
        self.assert_refused("it has 4 MiB, and the image 8")
        (self.machine.block / "sdb/ro").write_text("1\n")
        self.assert_refused("write-protected")

    def test_a_regular_file_outside_of_a_test(self):
        output = self.deploy("flash", "rpi-3", self.image, "--image", self.image, code=1, MOTE_TEST_SYS="/sys", MOTE_TEST_PROC="/proc")
        self.assertIn("not a block device", output)

    def test_a_card_that_loses_data(self):
        card = self.machine.dev / "sdb"
        self.flash("sdb", code=0)
        with card.open("r+b") as target, self.image.open("rb") as source:
            size = self.image.stat().st_size
            flash.verify(source, target.fileno(), size)
            for at in (0, 5 * MIB, size - 1):
                target.seek(at)
                right = target.read(1)
                target.seek(at)
                target.write(bytes([right[0] ^ 1]))
                target.flush()
                with self.assertRaisesRegex(release.Unusable, f"byte {at} differs"):
                    flash.verify(source, target.fileno(), size)
                target.seek(at)
                target.write(right)
                target.flush()
            target.truncate(size - 5)
            with self.assertRaisesRegex(release.Unusable, f"byte {size - 5} differs"):
                flash.verify(source, target.fileno(), size)

    def test_a_write_that_fails_leaves_no_partition_table(self):
        """The card is smaller than the kernel reports, and smaller than the image."""
        script = (
            "import resource, sys; sys.argv = sys.argv[1:]; sys.path.insert(0, sys.argv[0].rsplit('/', 1)[0])\n"
            f"import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, ({6 * MIB},) * 2)\n"
            "import runpy; runpy.run_path(sys.argv[0], run_name='__main__')"
        )
        command = [sys.executable, "-c", script, DEPLOY / "deploy", "flash", "rpi-3", self.machine.dev / "sdb", "--image", self.image]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, env=self.machine.environment())
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("writing failed: File too large", done.stderr)
        self.assertEqual((self.machine.dev / "sdb").read_bytes()[:512], bytes(512))


class FlashMcu(MachineTestCase):
    def setUp(self):
        super().setUp()
        self.image = self.machine.folder / "a firmware.elf"
        self.image.write_bytes(b"\x7fELF and the rest")
        self.programs = self.machine.folder / "bin"
        self.programs.mkdir()
        self.usb = self.machine.folder / "sys/bus/usb/devices"
        self.plug("usb1", "1d6b", "0002")

    def plug(self, place, vendor, product):
        (self.usb / place).mkdir(parents=True)
        (self.usb / place / "idVendor").write_text(f"{vendor}\n")
        (self.usb / place / "idProduct").write_text(f"{product}\n")

    def install_openocd(self, code=0):
        program = self.programs / "openocd"
        program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >{self.machine.folder}/called\nexit {code}\n')
        program.chmod(0o755)

    def called(self):
        return (self.machine.folder / "called").read_text().splitlines()

    def flash(self, *arguments, code):
        environment = {"PATH": str(self.programs)}
        return self.deploy("flash-mcu", "mps2-an385", self.image, *arguments, code=code, **environment)

    def test_the_connected_probe(self):
        self.plug("1-2", "0483", "374b")
        self.install_openocd()
        output = self.flash("--target", "target/stm32f1x.cfg", code=0)
        program = f"program {{{self.image}}} verify reset exit"
        self.assertEqual(self.called(), ["-f", "interface/stlink.cfg", "-f", "target/stm32f1x.cfg", "-c", program])
        self.assertIn("ST-Link V2-1", output)

    def test_any_probe_of_a_vendor(self):
        self.plug("1-2", "1366", "1015")
        self.install_openocd()
        self.flash("--target", "target/nrf52.cfg", code=0)
        self.assertEqual(self.called()[1], "interface/jlink.cfg")

    def test_no_probe_or_two_print_the_command(self):
        self.install_openocd()
        output = self.flash("--target", "target/stm32f1x.cfg", code=1)
        self.assertIn("no known probe", output)
        self.assertIn(f"openocd -f interface/PROBE.cfg -f target/stm32f1x.cfg -c 'program {{{self.image}}} verify reset exit'", output)
        self.plug("1-2", "0483", "3748")
        self.plug("1-3", "0d28", "0204")
        self.assertIn("found ST-Link V2, DAPLink.", self.flash("--target", "target/stm32f1x.cfg", code=1))
        self.assertFalse((self.machine.folder / "called").exists())
        self.flash("--target", "target/stm32f1x.cfg", "--interface", "interface/cmsis-dap.cfg", code=0)
        self.assertEqual(self.called()[1], "interface/cmsis-dap.cfg")

    def test_openocd_that_fails_or_is_missing(self):
        where = ("--target", "target/stm32f1x.cfg", "--interface", "interface/stlink.cfg")
        self.assertIn("openocd -f interface/stlink.cfg", self.flash(*where, code=1))
        self.assertIn("install the package openocd", self.flash(*where, code=1))
        self.install_openocd(code=1)
        self.assertIn("openocd failed", self.flash(*where, code=1))

    def test_unknown_boards_and_files(self):
        self.assertIn("boards/mps2-an385 has no openocd.cfg", self.flash("--interface", "interface/stlink.cfg", code=1))
        self.image.write_bytes(b"\0\1")
        self.assertIn("is not an ELF file", self.flash("--target", "target/stm32f1x.cfg", code=1))


if __name__ == "__main__":
    unittest.main(verbosity=2)
