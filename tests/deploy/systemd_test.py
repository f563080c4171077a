"""Tests deployments and the Debian package on a real systemd, in a virtual machine.

    systemd_test.py --gateway PATH --device PATH --root FOLDER [unittest arguments]

The unpacked Debian is kept in --root for the next run. All tests use one machine: each removes what it installs.
"""

import argparse
import os
import platform
import re
import subprocess
import sys
import unittest
from pathlib import Path

from targets import BROKEN, Programs, deploy_command, temporary_folder
from virtual_machine import VirtualMachine

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
import deb
import product
import release
import verdict

paths = argparse.Namespace()
MOTE = product.Product()
UNIT = MOTE.unit
CONFIG = MOTE.config
# An emulated processor on a busy machine is slow.
TIMES = ("--health-seconds", "300", "--watch-seconds", "2")
SECONDS = 300


@unittest.skipUnless(os.geteuid() == 0 and platform.machine() == "x86_64", "SKIPPED: the disk of the machine needs root, and a PC")
class SystemdTestCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        paths.root.mkdir(parents=True, exist_ok=True)
        folder = temporary_folder()
        cls.addClassCleanup(folder.cleanup)
        (Path(folder.name) / "programs").mkdir()
        (Path(folder.name) / "machine").mkdir()
        cls.folder = Path(folder.name)
        cls.programs = Programs(cls.folder / "programs", paths.gateway, paths.device)
        cls.one, cls.two = cls.programs.version("one"), cls.programs.version("two")
        cls.machine = VirtualMachine(cls.folder / "machine", paths.root)
        cls.addClassCleanup(cls.machine.stop)
        cls.machine.start()

    def tearDown(self):
        self.on_it(
            f"dpkg -P {MOTE.program}; systemctl disable --now {UNIT}.socket; systemctl stop {UNIT}; systemctl reset-failed; "
            f"rm -rf {MOTE.home} {MOTE.config_folder} /etc/systemd/system/{UNIT}* /usr/local/bin/mote-device; systemctl daemon-reload",
            code=None,
        )

    def on_it(self, command, code=0, data=None):
        return self.machine.on_it(command, code, data)

    def deploy(self, verb, *arguments, code=0, host="root@127.0.0.1"):
        command = [*deploy_command(), verb, *map(str, arguments), "--ssh", self.machine.ssh, host]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def push(self, folder, *arguments, **named):
        return self.deploy("push", "host", "--from", folder, *TIMES, *arguments, **named)

    def shown(self, name, unit=f"{UNIT}.service"):
        return self.on_it(f"systemctl show -p {name} --value {unit}").strip()

    def configure(self, text):
        self.on_it(f"mkdir -p {MOTE.config_folder}; cat >{CONFIG}", data=text.encode())

    def drop_in(self, text):
        folder = f"/etc/systemd/system/{UNIT}.service.d"
        self.on_it(f"mkdir -p {folder}; cat >{folder}/test.conf; systemctl daemon-reload", data=f"[Service]\n{text}\n".encode())

    def journal(self):
        return self.on_it(f"journalctl --no-pager -o cat -b -u {UNIT}")

    def wait_for(self, condition, what):
        if not self.machine.wait(condition, SECONDS):
            self.fail(f"{what}\n{self.on_it(f'systemctl status {UNIT}', code=None)}")

    def assert_serves(self, target=f"127.0.0.1:{MOTE.port}"):
        """Over the ssh connection: the network of the machine reaches only port 22."""
        self.on_it("test -x /usr/local/bin/mote-device || { cat >/usr/local/bin/mote-device && chmod 755 /usr/local/bin/mote-device; }", data=(self.one / "mote-device").read_bytes())
        self.assertIn("You said: hi", self.on_it(f"/usr/local/bin/mote-device --target {target} --count 1 --message hi --text"))

    def assert_exposure(self):
        """systemd-analyze rates the service as the page says."""
        page = (Path(__file__).resolve().parents[2] / "docs/deploy.md").read_text()
        (said,) = re.findall(r"`systemd-analyze security` rates [^.]* (\d+\.\d) of 10", page)
        self.assertRegex(self.on_it(f"systemd-analyze security --no-pager {UNIT}.service"), rf"Overall exposure level for {UNIT}.service: {said} ")


class Deployment(SystemdTestCase):
    def test_push_rollback_reboot_remove(self):
        first, second = (release.build(MOTE, "host", folder).version for folder in (self.one, self.two))
        self.push(self.one)
        self.assert_serves()
        self.assertNotEqual(self.on_it(f"stat -c %u /proc/$(systemctl show -p MainPID --value {UNIT})").strip(), "0")
        self.assert_exposure()
        self.assertRegex(self.journal(), r"sandbox: system calls are filtered, files are restricted \(Landlock \d+\)")
        self.assertNotIn("Unknown system call", self.on_it("journalctl --no-pager -b"))
        process = self.shown("MainPID")
        self.assertIn("unchanged", self.push(self.one))
        self.assertEqual(self.shown("MainPID"), process)
        self.push(self.two)
        self.assertRegex(self.deploy("status"), rf"serving +{first} +{second} ")

        with self.subTest("a broken version is rolled back, and its log is shown"):
            output = self.push(self.programs.version("broken", BROKEN), "--health-seconds", 10, code=3)
            self.assertIn("log: this version is broken\n", output)
            self.assertIn(f"{second} is restored", output)
            self.assert_serves()
        with self.subTest("rollback"):
            self.deploy("rollback", *TIMES)
            self.assertRegex(self.deploy("status"), rf"serving +{second} +{first} ")
        with self.subTest("reboot"):
            self.machine.reboot()
            self.wait_for(lambda: "serving" in self.deploy("status", code=0 if self.shown("ActiveState") == "active" else 1), "it does not serve after a reboot")
        with self.subTest("logs"):
            self.assertIn("ready on", self.deploy("logs"))
        with self.subTest("a user without permission"):
            host = "guest@127.0.0.1"
            self.assertIn("the user guest may not read the journal: log in as root, use --sudo", self.deploy("logs", host=host, code=1))
            self.assertIn(f"the user guest may not write to {MOTE.home}: log in as root, or use --sudo", self.push(self.one, host=host, code=1))
            self.assertIn("serving", self.deploy("status", host=host))
        self.deploy("remove")
        self.assertEqual(self.shown("LoadState"), "not-found")

    def test_a_hung_gateway_is_restarted(self):
        self.push(self.one)
        process = self.shown("MainPID")
        self.on_it(f"kill -STOP {process}")
        self.wait_for(lambda: self.shown("NRestarts") != "0" and self.shown("ActiveState") == "active", "the watchdog did not restart it")
        self.assertIn("serving", self.deploy("status"))

    def test_a_gateway_without_memory_is_restarted(self):
        self.push(self.one)
        # A second process in its control group takes all of its memory.
        self.on_it(f"sh -c 'echo $$ >/sys/fs/cgroup/system.slice/{UNIT}.service/cgroup.procs; exec tail /dev/zero'", code=None)
        self.wait_for(lambda: self.shown("NRestarts") != "0" and self.shown("ActiveState") == "active", "it was not restarted")
        self.assertIn("oom-kill", self.journal())
        self.assert_serves()

    def test_a_cap_below_the_worst_case_is_reported(self):
        self.push(self.one)
        self.assertNotIn("warning: the worst case", self.journal().split("Started")[-1])
        self.drop_in("MemoryMax=8M")
        self.on_it(f"systemctl restart {UNIT}")
        self.assertRegex(self.journal(), rf"warning: the worst case of the limits is \S+ MiB.*/{UNIT}.service/memory.max allows 8 MiB")

    def test_an_address_that_appears_later(self):
        self.configure("listen = 10.9.9.9:50051\n")
        self.push(self.one, "--health-seconds", 5, code=4)
        # Without the address no health check succeeds, but the gateway waits for it.
        self.on_it(f"ln -sfn releases/$(ls {MOTE.home}/releases) {MOTE.home}/current; systemctl start {UNIT}")
        self.assertEqual((self.shown("ActiveState"), self.shown("NRestarts")), ("active", "0"))
        self.assertIn("event=address-missing address=10.9.9.9:50051", self.journal())
        self.on_it("ip address add 10.9.9.9/32 dev lo")
        self.addCleanup(self.on_it, "ip address del 10.9.9.9/32 dev lo")
        self.assert_serves("10.9.9.9:50051")
        self.assertIn("serving", self.deploy("status"))

    def test_a_port_that_is_free_later(self):
        """systemd does not give up."""
        self.push(self.one)
        self.configure("listen = 127.0.0.1:22\n")
        self.on_it(f"systemctl restart {UNIT}", code=1)
        self.wait_for(lambda: int(self.shown("NRestarts")) > 6, "it was not restarted repeatedly")
        self.configure("listen = 127.0.0.1:50051\n")
        self.wait_for(lambda: self.shown("ActiveState") == "active", "it did not start at last")
        self.assert_serves()

    def test_reload(self):
        self.push(self.one)
        process = self.shown("MainPID")
        self.configure("no-such-key = 1\n")
        self.on_it(f"systemctl reload {UNIT}", code=1)
        self.assertIn("unknown key", self.journal())
        self.configure("log-level = debug\n")
        self.on_it(f"systemctl reload {UNIT}")
        self.wait_for(lambda: "event=reloaded" in self.journal(), "it was not reloaded")
        self.assertEqual(self.shown("MainPID"), process)

    def test_the_environment_and_a_socket_unit_decide_where_it_listens(self):
        self.drop_in("Environment=MOTE_LISTEN=127.0.0.1:50099")
        self.push(self.one)
        self.assertIn("serving", self.deploy("status"))
        self.assert_serves("127.0.0.1:50099")
        self.drop_in("Environment=")
        port = "s/^ListenStream=.*/ListenStream=127.0.0.1:50088/"
        self.on_it(f"sed '{port}' {MOTE.home}/current/{UNIT}.socket >/etc/systemd/system/{UNIT}.socket")
        self.on_it(f"systemctl daemon-reload; systemctl stop {UNIT}; systemctl enable --now {UNIT}.socket")
        self.assert_serves("127.0.0.1:50088")
        self.push(self.two)
        self.assertIn("serving", self.deploy("status"))
        self.assert_serves("127.0.0.1:50088")


class Package(SystemdTestCase):
    def make(self, version, folder, configuration=None):
        configuration = configuration or release.configuration(MOTE, "host")
        programs = {name: (folder / name).read_bytes() for name in MOTE.programs}
        unit = release.service_files(MOTE, configuration)[f"{UNIT}.service"]
        path = self.folder / f"{version}.deb"
        deb.package(MOTE, path, "amd64", version, "host", programs, configuration, unit)
        self.on_it(f"cat >/{version}.deb", data=path.read_bytes())

    def test_install_upgrade_remove_purge(self):
        self.make("1.0", self.one)
        self.make("1.1", self.two)
        with self.subTest("not where a deployment is"):
            self.push(self.one)
            self.assertIn("remove it first, with deploy remove", self.on_it("dpkg -i /1.0.deb", code=1))
            self.assert_serves()
            self.deploy("remove", "--purge")
        self.on_it("dpkg -i /1.0.deb")
        self.assertEqual((self.shown("ActiveState"), self.shown("UnitFileState")), ("active", "enabled"))
        self.assert_exposure()
        self.assert_serves()
        self.assertIn(f"serving (package {MOTE.program})", self.deploy("status"))
        self.assertIn("ready on", self.deploy("logs"))
        self.assertIn(f"has the Debian package {MOTE.program} 1.0", self.push(self.two, code=1))

        process = self.shown("MainPID")
        with self.subTest("an upgrade with an invalid configuration"):
            valid = self.on_it(f"cat {CONFIG}")
            self.configure(f"{valid}no-such-key = 1\n")
            self.assertIn(f"was not restarted: the new version refuses {CONFIG}", self.on_it("dpkg -i /1.1.deb", code=1))
            self.assertEqual(self.shown("MainPID"), process)
            self.assert_serves()
            self.configure(valid)
            self.on_it("dpkg --configure -a")
            self.assertNotEqual(self.shown("MainPID"), process)
            self.assert_serves()
        with self.subTest("a stopped and disabled service stays so"):
            self.on_it(f"systemctl disable --now {UNIT}; dpkg -i /1.0.deb")
            self.assertEqual((self.shown("ActiveState"), self.shown("UnitFileState")), ("inactive", "disabled"))
            self.on_it(f"systemctl enable --now {UNIT}")
        self.on_it(f"dpkg -r {MOTE.program}")
        self.assertNotEqual(self.shown("ActiveState"), "active")
        self.on_it(f"test -e {CONFIG}; dpkg -P {MOTE.program}; test ! -e {MOTE.config_folder}; getent passwd {MOTE.user}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--gateway", required=True)
    parser.add_argument("--device", required=True)
    parser.add_argument("--root", required=True, type=Path)
    _, rest = parser.parse_known_args(namespace=paths)
    verdict.run(rest)
