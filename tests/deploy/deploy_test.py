"""deploy against a real sshd: what it does, and what is left when it is cut off at any step.

    deploy_test.py --gateway PATH --device PATH [unittest arguments]
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import unittest

from targets import ADDRESSES, PATIENCE_SECONDS, SSHD, Programs, Root, Sshd, deploy_command, run, temporary_folder

paths = argparse.Namespace()
# Never answers, although it starts and its configuration is fine.
DEAF = 'case "$*" in *--check-config*) exit 0 ;; *--print-config*) exit 0 ;; esac\nexec sleep 600'
# Ends at once.
BROKEN = 'case "$*" in *--check-config*) exit 0 ;; *--print-config*) exit 0 ;; esac\nexit 7'
OF_ANOTHER_MACHINE = "exit 126"


class DeployTestCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = temporary_folder()
        cls.addClassCleanup(folder.cleanup)
        cls.sshd = Sshd(folder.name)
        cls.addClassCleanup(cls.sshd.stop)
        programs = temporary_folder()
        cls.addClassCleanup(programs.cleanup)
        cls.programs = Programs(programs.name, paths.gateway, paths.device)
        cls.one = cls.programs.version("one")
        cls.two = cls.programs.version("two")

    def setUp(self):
        self.root = self.new_root()
        self.addCleanup(self.sshd.clear_shims)

    def new_root(self):
        folder = temporary_folder()
        self.addCleanup(folder.cleanup)
        root = Root(folder.name)
        self.addCleanup(root.stop)
        return root

    def command(self, verb, *arguments, root=None, hosts=("127.0.0.1",)):
        where = ["--root", str((root or self.root).path), "--service", "init", "--ssh", self.sshd.command]
        return [*deploy_command(), verb, *map(str, arguments), *where, *hosts]

    def deploy(self, verb, *arguments, code=0, **named):
        done = subprocess.run(
            self.command(verb, *arguments, **named),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=3 * PATIENCE_SECONDS,
            check=False,
        )
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def push(self, folder, *arguments, **named):
        times = ["--health-seconds", 3, "--watch-seconds", 0]
        return self.deploy("push", "host", "--from", folder, *times, *arguments, **named)

    def assert_serves(self, root=None):
        root = root or self.root
        done = run(str(paths.device), "--target", root.target, "--count", "1", "--message", "hi", "--text")
        self.assertIn("You said: hi", done.stdout)

    def version_of(self, folder):
        sys.path.insert(0, str(deploy_command()[1].rsplit("/", 1)[0]))
        import release

        return release.build("host", folder).version


class Verbs(DeployTestCase):
    def test_push_status_rollback_logs_remove(self):
        one, two = self.version_of(self.one), self.version_of(self.two)
        self.assertNotEqual(one, two)
        self.assertIn("absent", self.deploy("status"))

        output = self.push(self.one)
        for step in ("received", "verified", "installed", "switched", "restarted", "healthy"):
            self.assertIn(f"127.0.0.1: {step}\n", output)
        self.assertEqual((self.root.linked(), self.root.linked("previous")), (one, None))
        self.assert_serves()

        self.push(self.two)
        self.assertEqual((self.root.linked(), self.root.linked("previous")), (two, one))
        self.assert_serves()
        self.assertRegex(self.deploy("status"), rf"127\.0\.0\.1 +serving +{one} +{two} ")

        self.deploy("rollback", "--watch-seconds", 0)
        self.assertEqual((self.root.linked(), self.root.linked("previous")), (one, two))
        self.assert_serves()
        self.assertIn("ready on unix:", self.deploy("logs"))

        self.deploy("remove")
        self.assertFalse(self.root.home.exists())
        self.assertFalse(self.root.init.exists())
        self.assertTrue((self.root.path / "etc/mote/gateway.conf").exists())
        self.assertFalse((self.root.path / "mote.sock").exists())
        self.assertIn("absent", self.deploy("status"))

    def test_remove_with_its_configuration(self):
        self.push(self.one)
        self.deploy("remove", "--purge")
        self.assertFalse((self.root.path / "etc/mote").exists())

    def test_an_edited_configuration_stays(self):
        config = self.root.path / "etc/mote/gateway.conf"
        edited = config.read_text() + "# mine\n"
        config.write_text(edited)
        self.push(self.one)
        self.push(self.two)
        self.assertEqual(config.read_text(), edited)

    def test_the_same_version_again_copies_nothing(self):
        self.push(self.one)
        output = self.push(self.one)
        self.assertIn("kept", output)
        self.assertNotIn("received", output)
        self.assertIsNone(self.root.linked("previous"))
        self.assert_serves()

    def test_two_releases_are_kept(self):
        for name in ("three", "four", "five"):
            self.push(self.programs.version(name))
        self.assertEqual(len(list((self.root.home / "releases").iterdir())), 2)

    def test_bad_usage(self):
        for arguments in (["push"], ["push", "host"], ["explode", "h"], ["push", "no-such-board", "h"], ["status", "--parallel", "0", "h"]):
            done = subprocess.run([*deploy_command(), *arguments], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 2, arguments)
        self.assertEqual(self.deploy("push", "host", "--from", "/nonexistent", code=2), "")

    def test_rollback_without_a_version_before(self):
        self.push(self.one)
        self.assertIn("no previous version", self.deploy("rollback", code=1))
        self.assert_serves()


class Rollback(DeployTestCase):
    def test_a_deaf_version_is_rolled_back(self):
        one = self.version_of(self.one)
        self.push(self.one)
        output = self.push(self.programs.version("deaf", DEAF), code=3)
        self.assertIn("127.0.0.1: unhealthy\n", output)
        self.assertIn("127.0.0.1: restored\n", output)
        self.assertEqual(self.root.linked(), one)
        self.assert_serves()

    def test_a_broken_version_is_rolled_back_and_the_one_before_stays_the_one_before(self):
        one, two = self.version_of(self.one), self.version_of(self.two)
        self.push(self.one)
        self.push(self.two)
        self.push(self.programs.version("broken", BROKEN), code=3)
        self.assertEqual((self.root.linked(), self.root.linked("previous")), (two, one))
        self.assert_serves()

    def test_a_broken_first_version_leaves_nothing_running(self):
        self.push(self.programs.version("broken first", BROKEN), code=4)
        self.assertIsNone(self.root.linked())

    def test_a_program_for_another_machine_changes_nothing(self):
        one = self.version_of(self.one)
        self.push(self.one)
        output = self.push(self.programs.version("alien", OF_ANOTHER_MACHINE), code=1)
        self.assertIn("does not run on this machine", output)
        self.assertEqual((self.root.linked(), self.root.linked("previous")), (one, None))
        self.assert_serves()

    def test_a_damaged_copy_is_refused(self):
        self.push(self.one)
        self.sshd.shim("cat", 'PATH=${PATH#*:} exec sed "s/You said/You sang/"')
        output = self.push(self.two, code=1)
        self.assertIn("SHA-256 differs", output)
        self.sshd.clear_shims()
        self.assertEqual(list(self.root.home.glob(".incoming*")), [])
        self.assert_serves()

    def test_a_full_disk_is_said_and_changes_nothing(self):
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

    def test_the_host_dies_at_every_change_of_a_file(self):
        """At the n-th call of one of these the shell that called it is killed behind it, as a power cut would."""
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
            self.fail("a deployment takes no 60 calls")
        self.assertGreater(call, 8)
        self.assertEqual(outcomes, {one, two})

    def test_two_deployments_at_once(self):
        self.push(self.one)
        self.sshd.shim("tar", 'sleep 3; PATH=${PATH#*:} exec tar "$@"')
        arguments = ["host", "--from", self.two, "--health-seconds", 3, "--watch-seconds", 0]
        first = subprocess.Popen(self.command("push", *arguments), stdout=subprocess.PIPE, text=True)
        for line in first.stdout:
            if "received" in line:
                break
        self.assertIn("another deployment is under way", self.push(self.two, code=1))
        first.communicate()
        self.assertEqual(first.returncode, 0)
        self.assert_serves()


class Fleet(DeployTestCase):
    def setUp(self):
        folder = temporary_folder()
        self.addCleanup(folder.cleanup)
        self.roots = {address: Root(f"{folder.name}/{address}") for address in ADDRESSES}
        for root in self.roots.values():
            self.addCleanup(root.stop)
        self.root = argparse.Namespace(path=f"{folder.name}/@HOST@")
        self.addCleanup(self.sshd.clear_shims)

    def versions(self):
        return [self.roots[address].linked() for address in ADDRESSES]

    def break_health_of(self, address, version):
        """On that host the version's gateway ends at once."""
        program = self.roots[address].home / "releases" / version / "bin/mote-gateway"
        self.sshd.shim(
            "readlink",
            f"if [ -e {program} ] && ! grep -q BROKEN {program}; then\n"
            f"printf '#!/bin/sh\\n# BROKEN\\ncase \"$*\" in *config) exit 0 ;; esac\\nexit 7\\n' >{program}.x\n"
            f"chmod 755 {program}.x; mv {program}.x {program}\nfi\n"
            'PATH=${PATH#*:} exec readlink "$@"',
        )

    def test_three_hosts_at_once(self):
        one = self.version_of(self.one)
        output = self.push(self.one, hosts=ADDRESSES)
        self.assertEqual(self.versions(), [one] * 3)
        for address in ADDRESSES:
            self.assertRegex(output, rf"(?m)^{re.escape(address)} +deployed +- +{one} +\d+$")
            self.assert_serves(self.roots[address])

    def test_a_canary_that_fails_spares_the_others(self):
        one = self.version_of(self.one)
        self.push(self.one, hosts=ADDRESSES)
        output = self.push(self.programs.version("bad canary", BROKEN), hosts=ADDRESSES, code=3)
        self.assertEqual(self.versions(), [one] * 3)
        self.assertEqual(output.count("left out: another host failed"), 2)

    def test_one_of_three_fails_and_the_table_says_so(self):
        one, two = self.version_of(self.one), self.version_of(self.two)
        self.push(self.one, hosts=ADDRESSES)
        self.break_health_of(ADDRESSES[1], two)
        output = self.push(self.two, "--keep-going", hosts=ADDRESSES, code=3)
        self.assertEqual(self.versions(), [two, one, two])
        self.assertRegex(output, rf"(?m)^127\.0\.0\.1 +deployed +{one} +{two} ")
        self.assertRegex(output, rf"(?m)^127\.0\.0\.2 +{two} was not healthy: {one} is back +{one} +{one} ")
        self.assertRegex(output, rf"(?m)^127\.0\.0\.3 +deployed +{one} +{two} ")
        for root in self.roots.values():
            self.assert_serves(root)

    def test_a_host_that_is_not_reached(self):
        one = self.version_of(self.one)
        output = self.push(self.one, "--keep-going", hosts=("127.0.0.1", "127.0.0.9", "127.0.0.3"), code=1)
        self.assertEqual(self.versions(), [one, None, one])
        self.assertRegex(output, r"(?m)^127\.0\.0\.9 +not reached: ")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--gateway", required=True)
    parser.add_argument("--device", required=True)
    paths, rest = parser.parse_known_args()
    if SSHD is None:
        print("SKIPPED: no sshd is installed")
        sys.exit(0)
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
