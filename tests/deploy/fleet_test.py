"""Tests deploy on many hosts: canaries, parallel hosts, failing hosts, and the table."""

import argparse
import contextlib
import io
import json
import re
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path

from deploying import DeployTestCase, main
from targets import ADDRESSES, BROKEN, Root, deploy_command, temporary_folder

sys.path.insert(0, deploy_command()[1].rsplit("/", 1)[0])
import command
import fleet
from host import Outcome, Unreached


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
        if host.name in self.away:
            raise Unreached("no route")
        return Outcome(3 if host.name in self.bad else 0, "visited")

    def run_fleet(self, bad=(), away=(), max_failures=0):
        self.bad, self.away = bad, away
        hosts = [argparse.Namespace(name=f"gw-{number}") for number in range(200)]
        with contextlib.redirect_stdout(io.StringIO()) as output:
            code = fleet.run(hosts, self.visit, canaries=3, parallel=20, max_failures=max_failures)
        return code, output.getvalue()

    def test_canaries_run_one_by_one_and_the_others_in_parallel(self):
        code, output = self.run_fleet()
        self.assertEqual((code, self.most, len(self.begun)), (0, 20, 200))
        self.assertEqual(self.begun[:3], ["gw-0", "gw-1", "gw-2"])
        lines = output.splitlines()
        self.assertEqual(len(lines), 200 + 1 + 200)
        self.assertEqual(lines[:2], ["1/200 gw-0: visited", "2/200 gw-1: visited"])
        self.assertTrue(lines[199].startswith("200/200 gw-"))

    def test_after_a_failure_no_host_is_started(self):
        code, output = self.run_fleet(bad=("gw-50",))
        self.assertEqual(code, 3)
        self.assertLess(len(self.begun), 100)
        self.assertEqual(output.count("  skipped: another host failed "), 200 - len(self.begun))

    def test_after_a_failed_canary_no_host_is_started(self):
        self.assertEqual(self.run_fleet(bad=("gw-1",))[0], 3)
        self.assertEqual(self.begun, ["gw-0", "gw-1"])

    def test_a_canary_stops_the_others_whatever_may_fail(self):
        self.assertEqual(self.run_fleet(bad=("gw-1",), max_failures=100)[0], 3)
        self.assertEqual(self.begun, ["gw-0", "gw-1"])

    def test_so_many_may_fail(self):
        code, _ = self.run_fleet(bad=("gw-50", "gw-60"), max_failures=2)
        self.assertEqual((code, len(self.begun)), (3, 200))

    def test_one_more_stops(self):
        code, output = self.run_fleet(bad=("gw-50", "gw-60", "gw-70"), max_failures=2)
        self.assertEqual(code, 3)
        self.assertLess(len(self.begun), 130)
        self.assertEqual(output.count("  skipped: 3 hosts failed "), 200 - len(self.begun))

    def test_hosts_that_are_not_reached_stop_nothing(self):
        code, output = self.run_fleet(away=[f"gw-{number}" for number in range(100, 150)])
        self.assertEqual((code, len(self.begun)), (1, 200))
        self.assertEqual(output.count("  unreachable: no route "), 50)

    def test_a_canary_that_is_not_reached_is_replaced(self):
        """gw-2 and gw-3 are the second and the third canary."""
        self.run_fleet(away=("gw-1",), bad=("gw-3",))
        self.assertEqual(self.begun, ["gw-0", "gw-1", "gw-2", "gw-3"])


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
            # Other hosts, which run at the same time, have the same programs.
            f"if [ \"$(set -- $SSH_CONNECTION; echo $3)\" = {address} ] && [ -e {program} ] && ! grep -q BROKEN {program}; then\n"
            f"printf '#!/bin/sh\\n# BROKEN\\ncase \"$*\" in *config | --version) exit 0 ;; esac\\nexit 7\\n' >{program}.x\n"
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
        self.assertEqual(output.count("  skipped: a canary failed"), 2)

    def test_the_table_shows_the_failed_host(self):
        one, two = self.version_of(self.one), self.version_of(self.two)
        self.push(self.one, hosts=ADDRESSES)
        self.break_health_of(ADDRESSES[1], two)
        output = self.push(self.two, "--max-failures", 1, hosts=ADDRESSES, code=3)
        self.assertEqual(self.versions(), [two, one, two])
        self.assertRegex(output, rf"(?m)^127\.0\.0\.1 +deployed +{one} +{two} ")
        self.assertRegex(output, rf"(?m)^127\.0\.0\.2 +{two} was not healthy: {one} is restored +{one} +{one} ")
        self.assertRegex(output, rf"(?m)^127\.0\.0\.3 +deployed +{one} +{two} ")
        for root in self.roots.values():
            self.assert_serves(root)

    def test_an_unreachable_host(self):
        one = self.version_of(self.one)
        output = self.push(self.one, hosts=("127.0.0.9", "127.0.0.1", "127.0.0.3"), code=1)
        self.assertEqual(self.versions(), [one, None, one])
        self.assertRegex(output, r"(?m)^127\.0\.0\.9 +unreachable: ")

    def test_the_status_as_json(self):
        one = self.version_of(self.one)
        self.push(self.one, hosts=ADDRESSES[:1])
        found = json.loads(self.deploy("status", "--json", hosts=("127.0.0.1", "127.0.0.9"), code=1))
        self.assertEqual([(row["host"], row["reached"], row["code"], row["now"]) for row in found], [("127.0.0.1", True, 0, one), ("127.0.0.9", False, 1, "-")])
        self.assertEqual(found[0]["result"], "serving")


class HostileHost(unittest.TestCase):
    """A compromised host answers what it likes."""

    def ask(self, script, *verb, host="victim"):
        with temporary_folder() as folder:
            ssh = Path(folder) / "answers"
            ssh.write_text(f"#!/bin/sh\n{script}\n")
            ssh.chmod(0o755)
            done = subprocess.run([*deploy_command(), *(verb or ("status",)), "--ssh", ssh, host], capture_output=True, text=True, timeout=100, check=False)
        self.assertEqual(done.stderr, "")
        return done

    def test_an_empty_answer(self):
        self.assertIn("unreachable: its answer is not that of a deployment", self.ask("exit 0").stdout)

    def test_an_endless_answer(self):
        self.assertIn("unreachable: it prints too much", self.ask("exec cat /dev/zero").stdout)
        self.assertIn("unreachable: it prints too much", self.ask("exec yes step x >&2").stdout)

    def test_control_characters(self):
        esc = "\\033[2J\\033]0;title\\007\\r\\302\\233"
        for script in (f"printf 'version={esc}\\n'", f"printf 'state=serving\\nversion={esc}\\nprevious=-\\n'", f"printf '{esc}\\n' >&2; exit 1"):
            output = self.ask(script).stdout
            self.assertEqual([letter for letter in output if not (letter.isprintable() or letter == "\n")], [], output)
        output = self.ask(f"printf '{esc}\\n'", "logs").stdout
        self.assertIn("victim: ?[2J?]0;title??", output)

    def test_a_long_line_is_cut(self):
        longest = max(map(len, self.ask("head -c 100000 /dev/zero | tr '\\0' x >&2; exit 1").stdout.splitlines()))
        self.assertLess(longest, 1000)

    def test_an_exit_code_that_pretends_success_or_more(self):
        self.assertEqual(self.ask("printf 'version=1\\nprevious=-\\nstate=serving\\n'; exit 77").returncode, 1)

    def test_ssh_never_asks_and_never_waits_forever(self):
        """Options of --ssh stay, and the others are added."""
        with temporary_folder() as folder:
            ssh = Path(folder) / "ssh"
            ssh.write_text('#!/bin/sh\nshift 2\necho "$*" | head -c 300 >&2\nexit 1\n')
            ssh.chmod(0o755)
            done = subprocess.run([*deploy_command(), "status", "--ssh", f"{ssh} -p 7", "h"], capture_output=True, text=True, check=False)
        for option in ("BatchMode=yes", "ConnectTimeout=10", "ServerAliveInterval=15"):
            self.assertIn(f"-o {option}", done.stdout)


class Timeouts(unittest.TestCase):
    def test_a_command_that_does_not_end(self):
        with self.assertRaisesRegex(command.Broken, "it does not end within 0.5 s"):
            command.run(["sleep", "100"], b"", 0.5)

    def test_output_in_pieces(self):
        lines = []
        done = command.run(["sh", "-c", "printf a; sleep 0.2; printf 'b\\nc'; cat"], b"\nend", 10, lines.append)
        self.assertEqual((lines, done.code), (["ab", "c", "end"], 0))


if __name__ == "__main__":
    main()
