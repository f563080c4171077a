"""SD-card images: made, looked into, and started in QEMU; then a version is pushed over the network, and a broken one.

    image_test.py --programs FOLDER [unittest arguments]

FOLDER/rpi-3/bin and FOLDER/rpi-zero/bin have what `./dev cross` builds.
"""

import argparse
import json
import shutil
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path

import echo_pb2
import echo_pb2_grpc
import grpc
from emulated_pi import BOOT_PARTITION, Pi
from targets import deploy_command, run, temporary_folder

MIB = 1 << 20
options = argparse.Namespace()
BROKEN = 'case "$*" in *--check-config*) exit 0 ;; *--print-config*) exit 0 ;; esac\nexit 7'


def programs_of(board):
    return options.programs / board / "bin"


class ImageTestCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = temporary_folder()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(cls.folder / "key"))

    def make(self, board, *arguments, programs=None):
        image = self.folder / f"{board}.img"
        keys = ["--authorized-keys", f"{self.folder}/key.pub"]
        run(*deploy_command(), "image", board, str(image), "--from", str(programs_of(programs or board)), *keys, *arguments)
        return image


class Layout(ImageTestCase):
    """Of boards that QEMU does not have, too: that there is a kernel, a device tree, and filesystems without a fault."""

    def check(self, board, device_tree, programs):
        image = self.make(board, "--hostname", "gateway-7", programs=programs)
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
        self.assertIn((self.folder / "key.pub").read_text(), run("mtype", "-i", at, "::authorized_keys").stdout)
        image.unlink()

    def test_rpi_2(self):
        self.check("rpi-2", "bcm2836-rpi-2-b.dtb", "rpi-zero")

    def test_rpi_4(self):
        self.check("rpi-4", "bcm2711-rpi-4-b.dtb", "rpi-3")

    def test_rpi_zero_2_w(self):
        self.check("rpi-zero-2-w", "bcm2837-rpi-zero-2-w.dtb", "rpi-3")

    def test_a_board_that_debian_has_no_kernel_for(self):
        done = subprocess.run([*deploy_command(), "image", "rpi-5", "/tmp/none.img"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("no board rpi-5 that there is an image for", done.stderr)


class Emulated(ImageTestCase):
    def boot(self, board):
        folder = self.folder / f"{board}-qemu"
        folder.mkdir()
        self.pi = Pi(board, self.make(board, "--hostname", "gateway-7"), folder)
        self.addCleanup(self.pi.stop)
        self.pi.start()
        self.wait_until_up()

    def wait_until_up(self, since=0):
        self.pi.wait_until_ready(since)
        deadline = time.monotonic() + 120
        while subprocess.run([*self.ssh.split(), "root@127.0.0.1", "true"], capture_output=True, check=False).returncode != 0:
            self.assertLess(time.monotonic(), deadline, f"no ssh; the console's end:\n{self.pi.console[-3000:]}")
            time.sleep(1)

    def call(self, message, seconds=30):
        with grpc.insecure_channel(f"127.0.0.1:{self.pi.grpc_port}") as channel:
            return echo_pb2_grpc.EchoStub(channel).Reply(echo_pb2.EchoRequest(message=message), timeout=seconds).message

    @property
    def ssh(self):
        return (
            f"ssh -F none -p {self.pi.ssh_port} -i {self.folder}/key -o BatchMode=yes -o IdentitiesOnly=yes -o ConnectTimeout=60 "
            "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
        )

    def on_it(self, command):
        return run(*self.ssh.split(), "root@127.0.0.1", command).stdout

    def deploy(self, verb, *arguments, code=0):
        done = subprocess.run(
            [*deploy_command(), verb, *map(str, arguments), "--ssh", self.ssh, "root@127.0.0.1"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        self.assertEqual(done.returncode, code, f"{done.stdout}{done.stderr}\n{self.pi.console[-3000:]}")
        return done.stdout

    def version(self):
        return self.on_it("cat /opt/mote/current/VERSION").strip()

    def another(self, script=None):
        """The programs as another version, or with a script in the gateway's place."""
        folder = self.folder / ("broken" if script else "another")
        shutil.copytree(programs_of("rpi-3"), folder)
        program = folder / "mote-gateway"
        if script:
            program.write_text(f"#!/bin/sh\n{script}\n")
        else:
            program.write_bytes(program.read_bytes() + b"another")
        return folder

    def test_rpi_3(self):
        self.boot("rpi-3")
        self.assertEqual(self.call("from the host"), "You said: from the host")

        with self.subTest("what is in it"):
            self.assertEqual(self.on_it("hostname"), "gateway-7\n")
            self.assertIn("Read-only file system", self.on_it("touch /etc/mine /usr/mine 2>&1; true"))
            self.assertIn("aarch64", self.on_it("uname -m"))
            self.pi.type("\n")
            self.pi.type("echo typed-$((40 + 2))\n")
            self.pi.wait_for("^typed-42", seconds=60)

        first = self.version()
        with self.subTest("a reset in the middle of traffic"):
            answered = self.reset_in_the_middle_of_traffic()
            self.assertGreater(answered, 20)
            self.assertEqual(self.call("after the reset"), "You said: after the reset")
            self.assertEqual(self.version(), first)

        with self.subTest("a version is pushed, and stays"):
            times = ["--health-seconds", 60, "--watch-seconds", 2]
            output = self.deploy("push", "rpi-3", "--from", self.another(), *times)
            second = self.version()
            self.assertNotEqual(second, first)
            self.assertRegex(output, rf"deployed +{first} +{second} ")
            self.assertEqual(self.call("pushed"), "You said: pushed")
            self.wait_until_up(self.pi.reset())
            self.assertEqual(self.version(), second)
            self.assertEqual(self.call("after another reset"), "You said: after another reset")

        with self.subTest("a broken version is rolled back"):
            output = self.deploy("push", "rpi-3", "--from", self.another(BROKEN), "--health-seconds", 20, "--watch-seconds", 0, code=3)
            self.assertIn(f"was not healthy: {second} is back", output)
            self.assertEqual(self.version(), second)
            self.assertEqual(self.call("rolled back"), "You said: rolled back")
            self.assertIn("serving", self.deploy("status"))

        with self.subTest("one that dies is started again"):
            before = len(self.pi.console.splitlines())
            self.on_it("kill -9 $(cat /run/mote-gateway.pid)")
            self.pi.wait_for("mote-gateway: ready on", since=before, seconds=120)
            self.assertEqual(self.call("again"), "You said: again")

    def reset_in_the_middle_of_traffic(self):
        """How many calls were answered before it."""
        answered = threading.Semaphore(0)
        count = 0

        def calls():
            with grpc.insecure_channel(f"127.0.0.1:{self.pi.grpc_port}") as channel:
                stub = echo_pb2_grpc.EchoStub(channel)
                while True:
                    try:
                        stub.Reply(echo_pb2.EchoRequest(message="traffic"), timeout=20)
                    except grpc.RpcError:
                        return
                    answered.release()

        clients = [threading.Thread(target=calls) for _ in range(4)]
        for client in clients:
            client.start()
        while count < 40 and answered.acquire(timeout=30):
            count += 1
        since = self.pi.reset()
        for client in clients:
            client.join()
        self.wait_until_up(since)
        return count

    def test_rpi_zero(self):
        self.boot("rpi-zero")
        self.assertEqual(self.call("from the host"), "You said: from the host")
        self.assertIn("armv6l", self.on_it("uname -m"))
        self.assertIn("serving", self.deploy("status"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--programs", required=True, type=Path)
    _, rest = parser.parse_known_args(namespace=options)
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
