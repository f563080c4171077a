"""Tests deploy on one host: its verbs, with and without systemd, and the rollback of unhealthy versions."""

import os
import pwd
import signal
import subprocess

from deploying import DeployTestCase, main
from targets import BROKEN, Root, deploy_command, run

# Starts with a valid configuration and never answers.
DEAF = 'case "$*" in *--check-config*) exit 0 ;; *--print-config*) exit 0 ;; esac\nexec sleep 600'
OF_ANOTHER_MACHINE = "exit 126"


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
        self.assertEqual(self.root.user(), pwd.getpwnam(Root.USER).pw_uid if os.geteuid() == 0 else os.geteuid())

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
        self.assertFalse(self.root.socket.exists())
        self.assertIn("absent", self.deploy("status"))

    def test_four_starts_at_once_start_one_gateway(self):
        self.push(self.one)
        run(str(self.root.init), "stop")
        starts = [subprocess.Popen([self.root.init, "start"]) for _ in range(4)]
        self.assertEqual([start.wait() for start in starts], [0] * 4)
        self.assertEqual(run("pgrep", "-c", "-f", f"mote-gateway --config {self.root.path}/").stdout, "1\n")
        self.assert_serves()

    def test_a_crashed_and_stopped_gateway_stays_stopped(self):
        """Supervisors use the pid file."""
        self.push(self.one)
        pid_file = self.root.path / "run/mote-gateway.pid"
        os.kill(int(pid_file.read_text()), signal.SIGKILL)
        run(str(self.root.init), "stop")
        self.assertFalse(pid_file.exists())

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

    def test_the_first_configuration_has_the_addresses_of_listen(self):
        config = self.root.path / "etc/mote/gateway.conf"
        config.unlink()
        self.push(self.one, "--listen", self.root.target, "--listen", f"{self.root.target}.2")
        listens = [line for line in config.read_text().splitlines() if line.startswith("listen")]
        self.assertEqual(listens, [f"listen = {self.root.target}", f"listen = {self.root.target}.2"])
        self.assert_serves()
        self.assertIn("--listen has no effect", self.push(self.two, "--listen", "*:50051"))
        self.assertNotIn("*:50051", config.read_text())

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

    def test_rollback_without_a_previous_version(self):
        self.push(self.one)
        self.assertIn("no previous version", self.deploy("rollback", code=1))
        self.assert_serves()


class Systemd(DeployTestCase):
    """Replacements of systemctl, journalctl and sudo, which record their arguments and start the gateway with its init
    script."""

    service = ("--service", "systemd", "--sudo")

    def setUp(self):
        super().setUp()
        self.unit = self.root.path / "etc/systemd/system/mote-gateway.service"
        self.unit.parent.mkdir(parents=True)
        self.told = self.sshd.folder / "told"
        self.told.write_text("")
        script = f"mkdir -p {self.root.init.parent}; cp {self.root.home}/current/mote-gateway.init {self.root.init}; exec {self.root.init}"
        self.sshd.shim(
            "systemctl", f'echo "$*" >>{self.told}\ncase $1 in\nis-active) {script} status ;;\nstop | restart) {script} "$1" ;;\nesac'
        )
        self.sshd.shim("journalctl", 'echo "journal $*"')
        self.sshd.shim("sudo", f'echo "sudo $1" >>{self.told}\nshift\nexec "$@"')

    def test_the_unit_is_installed_started_and_removed(self):
        self.push(self.one)
        told = self.told.read_text().splitlines()
        changes = [line for line in told if not line.startswith(("is-active", "sudo -n"))]
        self.assertEqual(changes, ["daemon-reload", "enable --quiet mote-gateway", "restart mote-gateway"])
        self.assertIn("sudo -n", told)
        # 32 MiB, the default of memory-budget, and the program.
        self.assertIn(f"\nMemoryMax={40 << 20}\n", self.unit.read_text())
        self.assertEqual(self.unit.stat().st_mode & 0o777, 0o644)
        self.assert_serves()

        self.told.write_text("")
        self.push(self.two)
        self.assertNotIn("daemon-reload", self.told.read_text())
        self.assertIn("serving", self.deploy("status"))
        self.assertIn("journal --no-pager -u mote-gateway -n 7", self.deploy("logs", "--lines", 7))
        self.push(self.programs.version("broken with systemd", BROKEN), code=3)
        self.assert_serves()

        self.deploy("remove")
        self.assertIn("\nstop mote-gateway\n", self.told.read_text())
        self.assertIn("\ndisable --quiet mote-gateway\n", self.told.read_text())
        self.assertFalse(self.unit.exists())
        self.assertFalse(self.root.home.exists())


class Rollback(DeployTestCase):
    def test_a_version_that_does_not_answer_is_rolled_back(self):
        one = self.version_of(self.one)
        self.push(self.one)
        output = self.push(self.programs.version("deaf", DEAF), code=3)
        self.assertIn("127.0.0.1: unhealthy\n", output)
        self.assertIn("127.0.0.1: restored\n", output)
        self.assertEqual(self.root.linked(), one)
        self.assert_serves()

    def test_a_rollback_keeps_the_previous_version(self):
        one, two = self.version_of(self.one), self.version_of(self.two)
        self.push(self.one)
        self.push(self.two)
        self.push(self.programs.version("broken", BROKEN), code=3)
        self.assertEqual((self.root.linked(), self.root.linked("previous")), (two, one))
        self.assert_serves()

    def test_a_broken_first_version_is_stopped(self):
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


if __name__ == "__main__":
    main()
