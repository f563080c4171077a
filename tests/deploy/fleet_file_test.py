"""Tests fleet files: their faults, the hosts that they name, configuration that changes with the program, two services on one host,
and two hundred hosts."""

import os
import re
import shutil
import subprocess
import sys
import time
import unittest
from pathlib import Path

from deploying import DeployTestCase, main, paths
from targets import BROKEN, PATIENCE_SECONDS, Root, deploy_command, run, temporary_folder

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "deploy"))
import fleet_file
import release
from product import PROJECT as MOTE
from product import Product, Unusable

FLEET = """
[config]
log-level = "warn"
[groups.north]
board = "rpi-3"
canaries = ["gw-2"]
hosts = ["gw-1", "gw-2"]
config = { listen = ["*:50051", "unix:/run/x"], max-connections = 200 }
[groups.south]
hosts = ["gw-3"]
[hosts.gw-2]
address = "root@10.0.0.2"
config = { max-connections = 50, sandbox = false }
[hosts.gw-3]
board = "host"
"""


class File(unittest.TestCase):
    def read(self, text):
        with temporary_folder() as folder:
            path = Path(folder) / "fleet.toml"
            path.write_text(text)
            self.path = path
            return fleet_file.read(path)

    def test_values_of_hosts_groups_and_all(self):
        one, two, three = self.read(FLEET)
        self.assertEqual((one.name, one.address, one.group, one.board, one.canary), ("gw-1", "gw-1", "north", "rpi-3", False))
        self.assertEqual(one.config, {"log-level": "warn", "listen": ["*:50051", "unix:/run/x"], "max-connections": 200})
        self.assertEqual((two.address, two.canary, two.config["max-connections"], two.config["sandbox"]), ("root@10.0.0.2", True, 50, False))
        self.assertEqual((three.board, three.config), ("host", {"log-level": "warn"}))

    def test_the_choice_of_hosts(self):
        fleet = self.read(FLEET)
        for groups, names, expected in (((), (), ["gw-2", "gw-1", "gw-3"]), (["south"], (), ["gw-3"]), (["south"], ["gw-1"], ["gw-1", "gw-3"])):
            self.assertEqual([one.name for one in fleet_file.choose(fleet, groups, names)], expected)
        for groups, names, text in ((["west"], (), "no group west; it has north, south"), ((), ["gw-9"], "no host gw-9; it has gw-1, gw-2, gw-3")):
            with self.assertRaisesRegex(Unusable, text):
                fleet_file.choose(fleet, groups, names)

    def test_faults(self):
        for text, expected in (
            ("x = ", "cannot read .*: Invalid value"),
            ("", "it has no hosts"),
            ("colour = 1", "the file: colour is not a key; keys: config, groups, hosts"),
            ("[groups.a]\nhosts = 'b'", "groups.a: hosts must be a list"),
            ("[groups.a]\nhosts = [1]", "groups.a: hosts must be names"),
            ("[groups.a]\nhosts = ['b']", "groups.a: the host b has no board"),
            ("[groups.a]\nboard = 'host'\nhosts = ['-oProxyCommand=x']", "'-oProxyCommand=x' is not the name of a host"),
            ("[groups.a]\nboard = 'host'\nhosts = ['b']\n[hosts.b]\naddress = '-x'", "'-x' is not the name of a host"),
            ("[groups.a]\nboard = 'host'\nhosts = ['b']\ncanaries = ['c']", "groups.a: the canary c is not among its hosts"),
            ("[groups.a]\nboard = 'host'\nhosts = ['b', 'b']", "groups.a: the host b is in the group a already"),
            ("[groups.a]\nboard = 'host'\nhosts = ['b']\n[hosts.c]", "hosts.c: the host is in no group"),
            ("[config]\nA = 1", 'the file: config has the key "A"'),
            ("[config]\na = 1.5", "the file: a in config must be a text, a number"),
            ('[config]\na = "x\\ny = 1"', "the file: a in config must be a text, a number"),
            ("[groups]\na = 1", "groups.a is not a table"),
        ):
            with self.subTest(text), self.assertRaisesRegex(Unusable, expected):
                self.read(text)

    def test_the_configuration_of_a_board(self):
        configured = release.with_values(release.configuration(Product(), "rpi-3", ["*:1"]), {"max-connections": 7, "sandbox": False, "a": ["b", "c"]}).decode()
        self.assertEqual(re.findall(r"^max-connections = (.*)$", configured, re.MULTILINE), ["7"])
        self.assertIn("\nsandbox = off\na = b\na = c\n", configured)
        self.assertIn("\nlisten = *:1\n", configured)
        self.assertIn("memory-budget = ", configured)


class FleetTestCase(DeployTestCase):
    def fleet(self, text):
        path = self.sshd.folder / "fleet.toml"
        path.write_text(text)
        return path

    def push_fleet(self, text, *arguments, folder=None, **named):
        times = ["--health-seconds", 3, "--watch-seconds", 0]
        return self.deploy("push", "--fleet", self.fleet(text), "--from", folder or self.one, *times, *arguments, hosts=(), **named)

    def configured(self, extra="", root=None):
        target = (root or self.root).target
        return f"[groups.all]\nboard = 'host'\nhosts = ['127.0.0.1']\nconfig = {{ listen = '{target}', drain-seconds = 2{extra} }}\n"


class Configuration(FleetTestCase):
    def setUp(self):
        super().setUp()
        self.config = self.root.path / "etc/mote/gateway.conf"
        self.owners = self.config.read_text()

    def test_it_changes_and_is_rolled_back_with_the_program(self):
        self.push(self.one)
        self.push_fleet(self.configured(", max-connections = 61"))
        self.assertIn("max-connections = 61\n", self.config.read_text())
        self.assert_serves()
        output = self.push_fleet(self.configured(", max-connections = 62"))
        self.assertIn("healthy", output)
        self.assertIn("max-connections = 62\n", self.config.read_text())
        self.assertIn("unchanged", self.push_fleet(self.configured(", max-connections = 62")))

        with self.subTest("an invalid configuration is refused on the target"):
            before = self.root.linked()
            self.assertRegex(self.push_fleet(self.configured(", no-such-key = 1"), code=1), r"refuses the configuration: .*gateway\.conf:\d+: unknown key")
            self.assertEqual(self.root.linked(), before)
            self.assert_serves()
        with self.subTest("a failed version takes its configuration with it"):
            broken = self.programs.version("broken in a fleet", BROKEN)
            self.push_fleet(self.configured(", max-connections = 63"), folder=broken, code=3)
            self.assertIn("max-connections = 62\n", self.config.read_text())
            self.assert_serves()
        with self.subTest("rollback"):
            self.deploy("rollback", "--watch-seconds", 0)
            self.assertIn("max-connections = 61\n", self.config.read_text())
            self.assert_serves()
        with self.subTest("a push without the fleet file gives the owner's configuration back"):
            self.push(self.two)
            self.assertFalse(self.config.is_symlink())
            self.assertEqual(self.config.read_text(), self.owners)
            self.deploy("rollback", "--watch-seconds", 0)
            self.assertIn("max-connections = 61\n", self.config.read_text())
        with self.subTest("remove, too"):
            self.deploy("remove")
            self.assertFalse(self.config.is_symlink())
            self.assertEqual(self.config.read_text(), self.owners)

    def test_a_failed_first_version_leaves_the_owners_configuration(self):
        self.push_fleet(self.configured(), folder=self.programs.version("broken first in a fleet", BROKEN), code=4)
        self.assertEqual(self.config.read_text(), self.owners)

    def test_a_dry_run_changes_nothing(self):
        output = self.push_fleet(self.configured(), "--dry-run")
        self.assertRegex(output, r"(?m)^127\.0\.0\.1 +would be deployed +- +0\.1\.0")
        self.assertFalse(self.root.home.exists())
        self.push_fleet(self.configured())
        self.assertRegex(self.push_fleet(self.configured(), "--dry-run"), r"(?m)^127\.0\.0\.1 +unchanged ")


class TwoServices(FleetTestCase):
    def test_two_services_live_on_one_host(self):
        """Each has its own names, and neither notices the other."""
        other = self.sshd.folder / "other"
        other.mkdir()
        text = (MOTE / "product.conf").read_text()
        for old, new in (("mote-gateway", "plant-gateway"), ("/opt/mote", "/opt/plant"), ("/etc/mote/", "/etc/plant/"), ("/mote.sock", "/plant.sock")):
            text = text.replace(old, new)
        (other / "product.conf").write_text(text)
        programs = self.sshd.folder / "plant"
        shutil.copytree(self.two, programs)
        (programs / "mote-gateway").rename(programs / "plant-gateway")
        (self.root.path / "etc/default/plant-gateway").write_text(f"user={Root.USER}\n")
        socket = f"unix:{self.root.path}/sockets/plant"

        def deploy(verb, *arguments):
            command = [*deploy_command(), "--project", other, *self.command(verb, *arguments)[2:]]
            done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=3 * PATIENCE_SECONDS, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            return done.stdout

        self.push(self.one)
        self.addCleanup(lambda: subprocess.run(["sh", self.root.path / "etc/init.d/plant-gateway", "stop"], capture_output=True, check=False))
        deploy("push", "host", "--from", programs, "--listen", socket, "--watch-seconds", 0)
        for target in (self.root.target, socket):
            self.assertIn("You said: hi", run(str(paths.device), "--target", target, "--count", "1", "--message", "hi", "--text").stdout)
        self.assertIn("serving", deploy("status"))
        self.deploy("remove", "--purge")
        self.assertIn("serving", deploy("status"))
        self.assertIn("You said: hi", run(str(paths.device), "--target", socket, "--count", "1", "--message", "hi", "--text").stdout)
        deploy("remove")


class TwoHundred(FleetTestCase):
    COUNT = 200

    def setUp(self):
        folder = temporary_folder()
        self.addCleanup(folder.cleanup)
        self.names = [f"gw-{number}" for number in range(self.COUNT)]
        self.roots = {name: Root(f"{folder.name}/{name}") for name in self.names}
        self.root = type("Roots", (), {"path": f"{folder.name}/@TARGET@"})
        for root in self.roots.values():
            self.addCleanup(root.stop)
        # Every name is this machine, and a root folder of its own.
        ssh = self.sshd.folder / "ssh-to"
        ssh.write_text(f'#!/bin/sh\nexec {self.sshd.command} 127.0.0.1 "$(printf %s "$2" | sed "s/@TARGET@/$1/g")"\n')
        ssh.chmod(0o755)
        self.ssh = str(ssh)
        self.text = f"[groups.all]\nboard = 'host'\ncanaries = ['gw-0', 'gw-1']\nhosts = {self.names}\nconfig = {{ drain-seconds = 2 }}\n" + "".join(
            f"[hosts.{name}]\nconfig = {{ listen = '{root.target}' }}\n" for name, root in self.roots.items()
        )

    def command(self, verb, *arguments, **named):
        return [*super().command(verb, *arguments, **named), "--ssh", self.ssh, "--parallel", "8"]

    def deploy(self, verb, *arguments, code=0, **_):
        done = subprocess.run(self.command(verb, *arguments, hosts=()), capture_output=True, text=True, timeout=3000, check=False)
        self.assertEqual(done.returncode, code, done.stdout[-5000:] + done.stderr)
        return done.stdout

    def test_all_are_deployed(self):
        begun = time.monotonic()
        output = self.push_fleet(self.text, "--health-seconds", 60)
        print(f"{self.COUNT} hosts in {time.monotonic() - begun:.0f} s", file=sys.stderr)
        self.assertRegex(output, rf"(?m)^1/{self.COUNT} gw-0: deployed\n")
        self.assertRegex(output, rf"(?m)^{self.COUNT}/{self.COUNT} gw-\d+: deployed\n")
        self.assertEqual(len(re.findall(r"(?m)^gw-\d+ +deployed ", output)), self.COUNT)
        status = self.deploy("status", "--fleet", self.fleet(self.text))
        self.assertEqual(len(re.findall(r"(?m)^gw-\d+ +serving ", status)), self.COUNT)
        for root in self.roots.values():
            self.assertIn(f"listen = {root.target}\n", (root.path / "etc/mote/gateway.conf").read_text())
        # A broken version reaches the first canary only.
        broken = self.programs.version("broken canary", BROKEN)
        output = self.push_fleet(self.text, folder=broken, code=3)
        self.assertEqual(len(re.findall(r"(?m)^gw-\d+ +skipped: a canary failed", output)), self.COUNT - 1)


if __name__ == "__main__":
    if "MOTE_TEST_HOSTS" in os.environ:
        TwoHundred.COUNT = int(os.environ["MOTE_TEST_HOSTS"])
    main()
