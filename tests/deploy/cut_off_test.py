"""Tests the state of a host after an interrupted deployment: killed at any step, on a full disk, or by another
deployment."""

import os
import re
import signal
import subprocess
from pathlib import Path

from deploying import DeployTestCase, main
from targets import PATIENCE_SECONDS, Root, run, temporary_folder


class CutOff(DeployTestCase):
    def test_killed_after_every_step(self):
        one, two = self.version_of(self.one), self.version_of(self.two)
        steps = re.findall(r"^127\.0\.0\.1: (\S+)$", self.push(self.one), re.MULTILINE)
        self.assertGreaterEqual(len(steps), 6)
        for step in steps[:6]:
            with self.subTest(step=step):
                self.push(self.one)
                arguments = ["host", "--from", self.two, "--health-seconds", 3, "--watch-seconds", 0]
                process = subprocess.Popen(self.command("push", *arguments), stdout=subprocess.PIPE, text=True)
                for line in process.stdout:
                    if line == f"127.0.0.1: {step}\n":
                        break
                process.send_signal(signal.SIGKILL)
                process.communicate()
                self.root.settle()
                self.root.check_whole()
                self.assertIn(self.root.linked(), (one, two))
                self.root.boot()
                self.assert_serves()
                self.push(self.two)
                self.assert_serves()

    def test_power_cut_at_every_change_of_a_file(self):
        """Kills the calling shell after the n-th call of one of these programs, like a power cut."""
        one, two = self.version_of(self.one), self.version_of(self.two)
        count = self.sshd.folder / "count"
        for name in ("mv", "ln", "rm", "sync", "mkdir", "tar"):
            self.sshd.shim(
                name,
                f'PATH=${{PATH#*:}}\n{name} "$@"\ncode=$?\n'
                f"n=$(($(cat {count}) - 1))\necho $n >{count}\n"
                "[ $n -ne 0 ] || kill -KILL $PPID\nexit $code",
            )
        outcomes = set()
        for call in range(1, 60):
            count.write_text("0\n")
            self.push(self.one)
            count.write_text(f"{call}\n")
            arguments = ["host", "--from", self.two, "--health-seconds", 3, "--watch-seconds", 0]
            done = subprocess.run(self.command("push", *arguments), capture_output=True, check=False, timeout=PATIENCE_SECONDS)
            survived = int(count.read_text()) > 0
            with self.subTest(call=call):
                self.root.settle()
                self.root.check_whole()
                self.assertIn(self.root.linked(), (one, two))
                outcomes.add(self.root.linked())
                self.root.boot()
                self.assert_serves()
            if survived:
                self.assertEqual(done.returncode, 0)
                break
        else:
            self.fail("a deployment makes fewer than 60 calls")
        self.assertGreater(call, 8)
        self.assertEqual(outcomes, {one, two})

    def test_a_lock_from_before_the_power_cut(self):
        """The process id of its owner belongs to another running process."""
        self.push(self.one)
        lock = self.root.home / ".lock"
        lock.symlink_to(f"{os.getpid()}/of-another-boot")
        self.push(self.two)
        lock.symlink_to(f"{os.getpid()}/{Path('/proc/sys/kernel/random/boot_id').read_text().strip()}")
        self.assertIn(f"another deployment is in progress (process {os.getpid()})", self.push(self.one, code=1))

    def test_two_deployments_at_once(self):
        self.push(self.one)
        go = self.sshd.folder / "go"
        self.sshd.shim("tar", f'while [ ! -e {go} ]; do sleep 0.1; done; PATH=${{PATH#*:}} exec tar "$@"')
        arguments = ["host", "--from", self.two, "--health-seconds", 3, "--watch-seconds", 0]
        first = subprocess.Popen(self.command("push", *arguments), stdout=subprocess.PIPE, text=True)
        for line in first.stdout:
            if "received" in line:
                break
        try:
            self.assertIn("another deployment is in progress", self.push(self.two, code=1))
        finally:
            go.touch()
        first.communicate()
        self.assertEqual(first.returncode, 0)
        self.assert_serves()

    def test_a_full_disk_is_reported_and_changes_nothing(self):
        with temporary_folder() as folder:
            if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], check=False).returncode != 0:
                self.skipTest("SKIPPED: no small tmpfs can be mounted here")
            try:
                root = Root(folder)
                self.addCleanup(root.stop)
                self.push(self.one, root=root)
                with open(f"{folder}/filler", "wb") as filler:
                    filler.write(bytes(os.statvfs(folder).f_bavail * 4096 - 100_000))
                output = self.push(self.two, root=root, code=1)
                self.assertIn("KiB are free", output)
                root.check_whole()
                self.assertEqual(root.linked(), self.version_of(self.one))
                self.assert_serves(root)
                root.stop()
            finally:
                run("umount", "-l", folder)


if __name__ == "__main__":
    main()
