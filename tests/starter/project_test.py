"""Makes a project by docs/tutorial.md: makes it with ./dev new, calls it, changes and tests it, packs it for a board and deploys it to an
sshd on this machine. Then looks at what came out, and deploys mote beside it.

    project_test.py --gateway PATH --device PATH [unittest arguments]

PATH are mote's programs.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests/deploy"))
import tutorial
from deploying import DeployTestCase, main, paths
from targets import Root, run, temporary_folder
from ports import unused_port

BUILD_SECONDS = 2400


class Project(DeployTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        home = temporary_folder()
        cls.addClassCleanup(home.cleanup)
        cls.project = Path(home.name) / "plant"
        cls.port = str(unused_port())
        folder = temporary_folder()
        cls.addClassCleanup(folder.cleanup)
        # The host of the tutorial: it also has mote's configuration.
        cls.host = Root(folder.name)
        cls.addClassCleanup(cls.host.stop)
        cls.listen = f"unix:{cls.host.path}/sockets/plant"
        for name, text in (
            ("etc/plant/gateway.conf", f"listen = {cls.listen}\n"),
            ("etc/default/plant-gateway", f"user={Root.USER}\n"),
        ):
            path = cls.host.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        cls.init = cls.host.path / "etc/init.d/plant-gateway"
        cls.addClassCleanup(lambda: cls.init.exists() and subprocess.run([cls.init, "stop"], check=False, capture_output=True))
        where = f"--root {cls.host.path} --service init --ssh '{cls.sshd.command}' 127.0.0.1"
        replacements = {"50052": cls.port, "--name plant": f"--name plant --port {cls.port}", "root@gateway-1": where}
        tutorial.run(home.name, replacements, BUILD_SECONDS)

    def setUp(self):
        self.root = self.host
        self.addCleanup(self.sshd.clear_shims)

    def test_its_program_has_its_names(self):
        gateway = self.project / "build/host/bin/plant-gateway"
        self.assertIn(f"\n#listen = 127.0.0.1:{self.port}\n", run(str(gateway), "--print-config").stdout)
        self.assertRegex(run(str(gateway), "--version").stdout, r"^plant-gateway 1\.0\.0")
        process = subprocess.Popen([gateway], env={**os.environ, "PLANT_LISTEN": "127.0.0.1:0"}, stderr=subprocess.PIPE, text=True)
        try:
            target = next(line.split()[-1] for line in process.stderr if line.startswith("plant-gateway: ready on "))
            page = run("curl", "-sS", f"http://{target}/").stdout
            self.assertTrue(page.startswith("This is plant-gateway, a gRPC server.\n"), page)
            self.assertIn("\n  plant.v1.Plant/Latest\n", page)
        finally:
            process.terminate()
            process.communicate()

    def test_the_package_of_a_board(self):
        (package,) = (self.project / "build/rpi-3/packages").glob("plant-gateway_1.0.0*_arm64.deb")
        fields = run("dpkg-deb", "-f", str(package)).stdout
        self.assertIn("Package: plant-gateway\n", fields)
        self.assertIn("Maintainer: The plant authors <plant@localhost>\n", fields)
        files = re.findall(r"\./(\S*[^/\s])$", run("dpkg-deb", "-c", str(package)).stdout, re.MULTILINE)
        for name in ("usr/bin/plant-gateway", "etc/plant/gateway.conf", "lib/systemd/system/plant-gateway.service"):
            self.assertIn(name, files)
        self.assertEqual([name for name in files if "mote" in name or "starter" in name], [])

    def test_a_board_of_its_own(self):
        # Only one small target: the board differs from rpi-3 in its name.
        self.dev("cross", "plant-board", "--target", "plant_messages")
        self.assertTrue((self.project / "build/plant-board/libplant_messages.a").is_file())
        done = subprocess.run([self.project / "dev", "cross", "nothing"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r'^dev: no board "nothing"; there are: .*\bplant-board\b.*\brpi-3\b')

    def test_two_products_on_one_host(self):
        self.push(self.one)
        self.assert_serves()
        self.assertRegex(self.deploy_project("status"), r"127\.0\.0\.1 +serving")
        check = [str(paths.device), "--target", self.listen, "--mode", "health", "--count", "1", "--message"]
        run(*check, "plant.v1.Plant")
        self.assertEqual(subprocess.run([*check, "echo.Echo"], capture_output=True, check=False).returncode, 1)

        # A server at its address that has other services is not healthy.
        run(str(self.init), "stop")
        other = subprocess.Popen([paths.gateway, "--listen", self.listen], stderr=subprocess.PIPE, text=True)
        self.addCleanup(other.communicate)
        self.addCleanup(other.terminate)
        next(line for line in other.stderr if "ready on" in line)
        (self.host.path / "run/plant-gateway.pid").write_text(f"{other.pid}\n")
        self.assertRegex(self.deploy_project("status", code=1), r"127\.0\.0\.1 +unhealthy")
        (self.host.path / "run/plant-gateway.pid").unlink()

        self.deploy_project("remove", "--purge")
        self.assertFalse((self.host.path / "opt/plant").exists())
        self.assertFalse((self.host.path / "etc/plant").exists())
        self.assert_serves()
        self.assertRegex(self.deploy("status"), r"127\.0\.0\.1 +serving")

    def dev(self, *arguments):
        command = [self.project / "dev", *arguments]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def deploy_project(self, verb, *arguments, code=0):
        command = self.command(verb, *arguments)
        at = command.index(verb)
        command = [*command[:at], "--project", str(self.project), *command[at:]]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout


if __name__ == "__main__":
    main()
