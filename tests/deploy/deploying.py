"""The common part of the tests of deploy with a real sshd. Each is run as

    NAME_test.py --gateway PATH --device PATH [unittest arguments]
"""

import argparse
import signal
import subprocess
import sys
import unittest
from pathlib import Path

from targets import PATIENCE_SECONDS, SSHD, Programs, Root, Sshd, deploy_command, run, temporary_folder

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
import verdict

paths = argparse.Namespace()


class DeployTestCase(unittest.TestCase):
    service = ("--service", "init")

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
        where = ["--root", str((root or self.root).path), *self.service, "--ssh", self.sshd.command]
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
        import product
        import release

        return release.build(product.Product(), "host", folder).version


def main():
    # Gateways are stopped when ctest is asked to end, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--gateway", required=True)
    parser.add_argument("--device", required=True)
    _, rest = parser.parse_known_args(namespace=paths)
    if SSHD is None:
        print("SKIPPED: no sshd is installed")
        sys.exit(verdict.SKIPPED_CODE)
    verdict.run(rest)
