"""Tests SD-card images without starting them, also of boards that QEMU does not emulate: the kernel, the device tree and the
filesystems."""

import json
import re
import subprocess

from emulated_pi import BOOT_PARTITION
from images import ImageTestCase, main
from targets import deploy_command, run

MIB = 1 << 20


class Layout(ImageTestCase):
    def check(self, board, device_tree, programs, *listen):
        image = self.make(board, "--hostname", "gateway-7", *listen, programs=programs)
        self.assertEqual(image.stat().st_size, 256 * MIB)
        table = json.loads(run("/sbin/sfdisk", "-J", str(image)).stdout)["partitiontable"]["partitions"]
        self.assertEqual([part["type"] for part in table], ["c", "83", "83"])
        for number, part in enumerate(table):
            self.assertEqual(part["start"] * 512 % (4 * MIB), 0)
            one = self.folder / "partition"
            with image.open("rb") as source, one.open("wb") as target:
                source.seek(part["start"] * 512)
                target.write(source.read(part["size"] * 512))
            run(*(["/sbin/fsck.vfat", "-n"] if number == 0 else ["/sbin/e2fsck", "-f", "-n"]), str(one))
        at = f"{image}@@{BOOT_PARTITION}"
        names = run("mdir", "-b", "-i", at).stdout.split()
        for name in (device_tree, "vmlinuz", "initrd.img", "bootcode.bin", "start.elf", "gateway.conf", "firmware-licence.txt"):
            self.assertIn(f"::/{name}", names)
        self.assertEqual(run("mtype", "-i", at, "::hostname").stdout, "gateway-7\n")
        configured = re.findall(r"^listen = (.*)$", run("mtype", "-i", at, "::gateway.conf").stdout, re.MULTILINE)
        self.assertEqual(configured, [*listen[1::2]] or ["127.0.0.1:50051", "unix:/run/mote-gateway/mote.sock"])
        self.assertIn((self.folder / "key.pub").read_text(), run("mtype", "-i", at, "::authorized_keys").stdout)
        image.unlink()

    def test_rpi_2(self):
        self.check("rpi-2", "bcm2836-rpi-2-b.dtb", "rpi-zero")

    def test_rpi_4(self):
        self.check("rpi-4", "bcm2711-rpi-4-b.dtb", "rpi-3", "--listen", "192.0.2.7:50051", "--listen", "unix:/run/mote.sock")

    def test_rpi_zero_2_w(self):
        self.check("rpi-zero-2-w", "bcm2837-rpi-zero-2-w.dtb", "rpi-3")

    def test_a_board_without_a_kernel_in_debian(self):
        done = subprocess.run([*deploy_command(), "image", "rpi-5", "/tmp/none.img"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("there is no image for board rpi-5", done.stderr)


if __name__ == "__main__":
    main()
