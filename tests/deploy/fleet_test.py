"""Tests deploy on many hosts: canaries, parallel hosts, failing hosts, and the table."""

import argparse
import contextlib
import io
import re
import sys
import threading
import time
import unittest

from deploying import DeployTestCase, main
from targets import ADDRESSES, BROKEN, Root, deploy_command, temporary_folder

sys.path.insert(0, deploy_command()[1].rsplit("/", 1)[0])
import fleet
from host import Outcome


class Order(unittest.TestCase):
    """Tests the order of two hundred simulated hosts."""

    def setUp(self):
        self.lock = threading.Lock()
        self.begun = []
        self.under_way = self.most = 0

    def visit(self, host):
        with self.lock:
            self.begun.append(host.name)
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            if len(self.begun) <= 3:
                self.assertEqual(self.under_way, 1)
        time.sleep(0.01)
        with self.lock:
            self.under_way -= 1
        return Outcome(3 if host.name in self.bad else 0, "visited")

    def run_fleet(self, bad=(), stop=True):
        self.bad = bad
        hosts = [argparse.Namespace(name=f"gw-{number}") for number in range(200)]
        with contextlib.redirect_stdout(io.StringIO()) as output:
            code = fleet.run(hosts, self.visit, canaries=3, parallel=20, stop_on_failure=stop)
        return code, output.getvalue()

    def test_canaries_run_one_by_one_and_the_others_in_parallel(self):
        code, output = self.run_fleet()
        self.assertEqual((code, self.most, len(self.begun)), (0, 20, 200))
        self.assertEqual(self.begun[:3], ["gw-0", "gw-1", "gw-2"])
        self.assertEqual(len(output.splitlines()), 200 + 1 + 200)

    def test_after_a_failure_no_host_is_started(self):
        code, output = self.run_fleet(bad=("gw-50",))
        self.assertEqual(code, 3)
        self.assertLess(len(self.begun), 100)
        self.assertEqual(output.count(" skipped: another host failed "), 200 - len(self.begun))

    def test_after_a_failed_canary_no_host_is_started(self):
        self.assertEqual(self.run_fleet(bad=("gw-1",))[0], 3)
        self.assertEqual(self.begun, ["gw-0", "gw-1"])

    def test_the_others_continue_if_requested(self):
        code, _ = self.run_fleet(bad=("gw-1", "gw-50"), stop=False)
        self.assertEqual((code, len(self.begun)), (3, 200))


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
        """On this host the gateway of the new version exits immediately."""
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

    def test_a_failed_canary_protects_the_others(self):
        one = self.version_of(self.one)
        self.push(self.one, hosts=ADDRESSES)
        output = self.push(self.programs.version("bad canary", BROKEN), hosts=ADDRESSES, code=3)
        self.assertEqual(self.versions(), [one] * 3)
        self.assertEqual(output.count("skipped: another host failed"), 2)

    def test_the_table_shows_the_failed_host(self):
        one, two = self.version_of(self.one), self.version_of(self.two)
        self.push(self.one, hosts=ADDRESSES)
        self.break_health_of(ADDRESSES[1], two)
        output = self.push(self.two, "--keep-going", hosts=ADDRESSES, code=3)
        self.assertEqual(self.versions(), [two, one, two])
        self.assertRegex(output, rf"(?m)^127\.0\.0\.1 +deployed +{one} +{two} ")
        self.assertRegex(output, rf"(?m)^127\.0\.0\.2 +{two} was not healthy: {one} is restored +{one} +{one} ")
        self.assertRegex(output, rf"(?m)^127\.0\.0\.3 +deployed +{one} +{two} ")
        for root in self.roots.values():
            self.assert_serves(root)

    def test_an_unreachable_host(self):
        one = self.version_of(self.one)
        output = self.push(self.one, "--keep-going", hosts=("127.0.0.1", "127.0.0.9", "127.0.0.3"), code=1)
        self.assertEqual(self.versions(), [one, None, one])
        self.assertRegex(output, r"(?m)^127\.0\.0\.9 +unreachable: ")


if __name__ == "__main__":
    main()
