"""Tests deploy on one host: its verbs, with and without systemd, and the rollback of unhealthy versions."""

import os
import pwd
import re
import resource
import signal
import subprocess
import threading
import unittest
from pathlib import Path

from deploying import DeployTestCase, main
from targets import BROKEN, Root, deploy_command, make_program, run, temporary_folder

# Starts with a valid configuration and never answers.
DEAF = "sleep(600); return 0;"


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

    def test_its_log_is_rotated_where_logrotate_is(self):
        rule = self.root.path / "etc/logrotate.d/mote-gateway"
        self.push(self.one)
        self.assertFalse(rule.exists())
        rule.parent.mkdir()
        self.push(self.two)
        self.assertIn("/var/log/mote-gateway.log {\n  size 1M\n", rule.read_text())
        self.assertTrue((self.root.path / "var/log/mote-gateway.log").is_file())
        self.deploy("remove")
        self.assertFalse(rule.exists())

    def test_the_process_has_limits(self):
        self.push(self.one)
        run(str(self.root.init), "stop")
        soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_CORE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))  # The gateway inherits it, unless its script sets another.
        run(str(self.root.init), "start")
        pid = (self.root.path / "run/mote-gateway.pid").read_text().strip()
        lines = Path(f"/proc/{pid}/limits").read_text().splitlines()[1:]
        limits = {line[:26].strip(): line[26:47].strip() for line in lines}
        self.assertEqual(limits["Max core file size"], "0")
        (memory,) = re.findall(r"^memory_max_bytes=(\d+)$", self.root.init.read_text(), re.MULTILINE)
        self.assertEqual(int(limits["Max address space"]), int(memory) // 1024 * 1024)
        if os.geteuid() == 0 and resource.getrlimit(resource.RLIMIT_NOFILE)[1] >= 65536:
            self.assertEqual(limits["Max open files"], "65536")

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

    def test_the_same_version_again_changes_nothing(self):
        self.push(self.one)
        process = self.process()
        output = self.push(self.one)
        self.assertIn("kept", output)
        self.assertIn("unchanged", output)
        self.assertNotIn("received", output)
        self.assertIsNone(self.root.linked("previous"))
        self.assertEqual(self.process(), process)
        self.assert_serves()

    def test_the_same_version_again_restarts_a_gateway_that_does_not_run_it(self):
        """It hangs, it is stopped, or it is still another version after an interrupted push."""
        self.push(self.one)
        os.kill(int(self.process()), signal.SIGSTOP)
        frozen = self.process()
        self.assertIn("restarted", self.with_impatient_stop(lambda: self.push(self.one)))
        self.assertNotEqual(self.process(), frozen)
        run(str(self.root.init), "stop")
        self.assertIn("restarted", self.push(self.one))
        self.push(self.two)
        link = self.root.home / "current"
        link.unlink()
        link.symlink_to(f"releases/{self.version_of(self.one)}")
        self.assertIn(f"serving (runs {self.version_of(self.two)})", self.deploy("status"))
        self.assertIn("restarted", self.push(self.one))
        self.assertNotIn("(runs", self.deploy("status"))

    def with_impatient_stop(self, act):
        """A frozen process is killed at the end of stop_seconds."""
        text = self.root.init.read_text()
        release = self.root.home / "current/mote-gateway.init"
        impatient = text.replace("stop_seconds=30", "stop_seconds=2")
        self.assertNotEqual(impatient, text)
        for path in (self.root.init, release):
            path.write_text(impatient)
        sums = self.root.home / "current/SHA256SUMS"
        lines = [line for line in sums.read_text().splitlines() if not line.endswith(".init")]
        sums.write_text("".join(f"{line}\n" for line in lines))
        return act()

    def process(self):
        return (self.root.path / "run/mote-gateway.pid").read_text().strip()

    def test_the_addresses_of_the_running_gateway_count(self):
        """Not those of the file: here the environment overrides them."""
        config = self.root.path / "etc/mote/gateway.conf"
        config.write_text("listen = 127.0.0.1:1\ndrain-seconds = 2\n")
        defaults = self.root.path / "etc/default/mote-gateway"
        defaults.write_text(f"{defaults.read_text()}export MOTE_LISTEN={self.root.target}\n")
        self.assertIn("healthy", self.push(self.one))
        self.assertIn("serving", self.deploy("status"))

    def test_a_configuration_that_the_new_version_refuses(self):
        config = self.root.path / "etc/mote/gateway.conf"
        self.push(self.one)
        process = self.process()
        config.write_text(f"{config.read_text()}no-such-key = 1\n")
        output = self.push(self.two, code=1)
        self.assertIn(f"{self.version_of(self.two)} refuses the configuration: {config}:3: unknown key", output)
        self.assertEqual((self.root.linked(), self.process()), (self.version_of(self.one), process))
        for verb in ("reload", "restart"):
            with self.subTest(verb):
                done = subprocess.run([self.root.init, verb], capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 1)
                self.assertIn("unknown key", done.stderr)
                self.assertEqual(self.process(), process)
        self.assert_serves()

    def test_a_host_with_the_debian_package(self):
        database = self.root.path / "var/lib/dpkg/status"
        database.parent.mkdir(parents=True)
        (database.parent / "info").mkdir()
        fields = "Package: mote-gateway\nStatus: install ok {}\nMaintainer: m <m@m>\nArchitecture: amd64\nVersion: 7.7\nDescription: d\n\n"
        database.write_text(fields.format("installed"))
        output = self.push(self.one, code=1)
        self.assertIn("this host has the Debian package mote-gateway 7.7: upgrade it with apt, or run apt remove mote-gateway first", output)
        self.assertFalse(self.root.home.exists())
        self.assertIn("run apt remove mote-gateway first", self.deploy("remove", code=1))
        self.assertRegex(self.deploy("status", code=1), r"127\.0\.0\.1 +stopped \(package mote-gateway\) +- +7\.7 ")
        database.write_text(fields.format("deinstall config-files").replace("install ok deinstall", "deinstall ok"))
        self.push(self.one)
        self.assert_serves()

    def test_logs_follow(self):
        self.push(self.one)
        process = subprocess.Popen(self.command("logs", "--lines", 1, "--follow"), stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        limit = threading.Timer(60, process.kill)
        self.addCleanup(limit.cancel)
        limit.start()
        # The command follows the log once it has printed the last line.
        self.assertTrue(process.stdout.readline())
        os.kill(int(self.process()), signal.SIGHUP)
        self.assertTrue(any("event=reloaded" in line for line in process.stdout))
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=30), 130)

    @unittest.skipUnless(os.geteuid() == 0, "SKIPPED: only root can log in as another user")
    def test_a_login_without_permission(self):
        self.push(self.one)
        log = self.root.path / "var/log/mote-gateway.log"
        log.chmod(0o600)
        wrapper = self.sshd.folder / "as-nobody"
        wrapper.write_text(
            f'#!/bin/sh\nexec {self.sshd.command} "$1" "setpriv --reuid=65534 --regid=65534 --clear-groups $2"\n'
        )
        wrapper.chmod(0o755)
        for verb, words in (
            (["push", "host", "--from", self.two], f"the user nobody may not write to {self.root.home}: log in as root, or use --sudo"),
            (["logs"], f"the user nobody cannot read {log}: log in as root, or use --sudo"),
        ):
            command = [*self.command(*verb), "--ssh", wrapper]
            done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
            self.assertIn(words, done.stdout)

    def test_two_releases_are_kept(self):
        for name in ("three", "four", "five"):
            self.push(self.programs.version(name))
        self.assertEqual(len(list((self.root.home / "releases").iterdir())), 2)

    def test_bad_usage(self):
        for arguments in (["push"], ["push", "host"], ["explode", "h"], ["push", "no-such-board", "h"], ["status", "--parallel", "0", "h"]):
            done = subprocess.run([*deploy_command(), *arguments], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 2, arguments)
        self.assertEqual(self.deploy("push", "host", "--from", "/nonexistent", code=2), "")
        for name in ("-oProxyCommand=x", "a b", "a\x1b[2J", ""):
            done = subprocess.run([*deploy_command(), "status", "--", name], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 2, name)
            self.assertIn("is not the name of a host\n", done.stderr)

    def test_a_script_is_no_program(self):
        script = self.programs.version("script")
        (script / "mote-gateway").write_text("#!/bin/sh\n")
        command = [*deploy_command(), "push", "host", "--from", script, "127.0.0.1"]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (2, f"deploy: {script}/mote-gateway is not a program for this machine\n"))

    def test_rollback_without_a_previous_version(self):
        self.push(self.one)
        self.assertIn("no previous version", self.deploy("rollback", code=1))
        self.assert_serves()


class Progress(unittest.TestCase):
    def test_lines_that_are_written_in_pieces(self):
        text = (Path(deploy_command()[1]).parent / "target.sh").read_text()
        function = text[text.index("print_news() {") : text.index("\n}\n", text.index("print_news() {")) + 3]
        parts = ("step on", "e\\n", "step two\\n  indented\\n", "", "no end")
        script = f'exec 4<"$1"\nnews=\n{function}' + "".join(f'printf "{part}" >>"$1"\nprint_news\n' for part in parts) + 'echo "$news"\n'
        with temporary_folder() as folder:
            path = Path(folder) / "output"
            path.touch()
            self.assertEqual(run("sh", "-c", script, "sh", str(path)).stdout, "step one\nstep two\n  indented\nno end\n")


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
            "systemctl", f'echo "$*" >>{self.told}\ncase $1 in\nshow) cat {self.root.path}/run/mote-gateway.pid ;;\nis-active) {script} status ;;\nstop | restart) {script} "$1" ;;\nesac'
        )
        self.sshd.shim("journalctl", 'echo "journal $*"')
        self.sshd.shim("sudo", f'echo "sudo $1" >>{self.told}\nshift\nexec "$@"')

    def test_the_unit_is_installed_started_and_removed(self):
        self.push(self.one)
        told = self.told.read_text().splitlines()
        changes = [line for line in told if not line.startswith(("is-active", "show", "sudo -n"))]
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
        output = self.push(self.programs.version("deaf", f'fputs("I do not listen\\n", stderr); {DEAF}'), code=3)
        self.assertRegex(output, r"127\.0\.0\.1: unhealthy\n(127\.0\.0\.1: log: .*\n)*127\.0\.0\.1: log: I do not listen\n")
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

    def test_a_rollback_to_a_version_that_fails_shows_its_log(self):
        one, two = self.version_of(self.one), self.version_of(self.two)
        self.push(self.one)
        self.push(self.two)
        defaults = self.root.path / "etc/default/mote-gateway"
        # The init script reads it: the first version fails now, but not its files.
        fails = f'case $(readlink "$root/opt/mote/current") in *{one}) echo "it fails now" >>"$log"; program=/bin/false ;; esac\n'
        defaults.write_text(defaults.read_text() + fails)
        output = self.deploy("rollback", "--health-seconds", 3, "--watch-seconds", 0, code=3)
        self.assertIn("127.0.0.1: log: it fails now\n", output)
        self.assertIn(f"{one} was not healthy: {two} is restored", output)
        self.assertEqual((self.root.linked(), self.root.linked("previous")), (two, one))
        self.assert_serves()

    def test_a_program_for_another_machine_changes_nothing(self):
        one = self.version_of(self.one)
        self.push(self.one)
        alien = self.programs.version("alien")
        # For the loader of another C library, which is not here.
        make_program(alien / "mote-gateway", "return 0;", "cc", "-Wl,--dynamic-linker=/nonexistent")
        output = self.push(alien, code=1)
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
