"""Tests deploy push --tls: which files a host gets, with which modes, and their renewal."""

import os
import subprocess
import sys
import unittest
from pathlib import Path

from deploying import DeployTestCase, main, paths
from targets import Root, run, temporary_folder
from ports import unused_port

CERTS = Path(__file__).resolve().parents[2] / "scripts" / "certs.py"


def make_certificates(folder, *options):
    subprocess.run([sys.executable, str(CERTS), str(folder), *options], check=True)


class Tls(DeployTestCase):
    def setUp(self):
        super().setUp()
        folder = temporary_folder()
        self.addCleanup(folder.cleanup)
        self.certificates = Path(folder.name) / "certificates"
        make_certificates(self.certificates, "--device", "pump")
        self.place = self.root.path / "etc/mote/tls"
        self.port = unused_port()

    def configure(self):
        """The host has a configuration with TLS in its own root folder."""
        lines = [f"listen = {self.root.target}", f"listen = tls:127.0.0.1:{self.port}", "drain-seconds = 2",
                 f"tls-certificate = {self.place}/gateway.pem", f"tls-key = {self.place}/gateway.key", f"tls-client-ca = {self.place}/ca.pem"]
        self.config.write_text("".join(f"{line}\n" for line in lines))

    @property
    def config(self):
        return self.root.path / "etc/mote/gateway.conf"

    def assert_serves_over_tls(self):
        pump = self.certificates / "pump"
        done = run(str(paths.device), "--target", f"127.0.0.1:{self.port}", "--tls-ca", str(self.certificates / "ca.pem"), "--tls-cert", f"{pump}.pem",
                   "--tls-key", f"{pump}.key", "--count", "1", "--message", "hi", "--text")
        self.assertIn("You said: hi", done.stdout)

    def test_the_files_their_modes_and_their_owners(self):
        """The service has a group of its own, as a user that the push makes."""
        if os.geteuid() == 0:
            (self.root.path / "etc/default/mote-gateway").write_text("user=daemon\n")
        self.configure()
        output = self.push(self.one, "--tls", self.certificates)
        self.assertIn("127.0.0.1: TLS files installed\n", output)
        self.assert_serves_over_tls()
        self.assertTrue(self.place.is_symlink())
        modes = {path.name: path.stat().st_mode & 0o7777 for path in self.place.iterdir()}
        root = os.geteuid() == 0
        secret = 0o640 if root else 0o600
        # No key of the authority or of a device.
        self.assertEqual(modes, {"gateway.pem": 0o644, "ca.pem": 0o644, "gateway.key": secret, "devices.psk": secret})
        self.assertEqual(self.place.stat().st_mode & 0o7777, 0o750 if root else 0o700)
        if root:
            for path in (self.place, *self.place.iterdir()):
                self.assertEqual((path.owner(), path.group()), ("root", "daemon"))
        for name in modes:
            self.assertEqual((self.place / name).read_bytes(), (self.certificates / name).read_bytes())
        self.assertEqual({path.name for path in self.place.parent.iterdir()}, {"gateway.conf", "tls", self.place.readlink().name})

    @unittest.skipIf(os.geteuid() != 0, "only root gives files away")
    def test_a_service_that_shares_its_group_owns_its_secrets(self):
        self.configure()
        self.push(self.one, "--tls", self.certificates)
        self.assert_serves_over_tls()
        key = self.place / "gateway.key"
        self.assertEqual((key.owner(), key.stat().st_mode & 0o7777), (Root.USER, 0o600))
        self.assertEqual(self.place.stat().st_mode & 0o7777, 0o700)

    def test_renewed_files_are_read_without_a_restart(self):
        self.configure()
        self.push(self.one, "--tls", self.certificates)
        process = (self.root.path / "run/mote-gateway.pid").read_text()
        self.assertNotIn("reloaded", self.push(self.one, "--tls", self.certificates))
        make_certificates(self.certificates, "--device", "pump", "--renew")
        output = self.push(self.one, "--tls", self.certificates)
        self.assertIn("127.0.0.1: reloaded\n", output)
        self.assertIn("unchanged", output)
        self.assertEqual((self.root.path / "run/mote-gateway.pid").read_text(), process)
        self.assertEqual((self.place / "gateway.pem").read_bytes(), (self.certificates / "gateway.pem").read_bytes())
        self.assertEqual(len(list(self.place.parent.glob("tls-*"))), 1)
        self.assert_serves_over_tls()

    def test_files_that_the_gateway_refuses_change_nothing(self):
        self.configure()
        self.push(self.one, "--tls", self.certificates)
        before = self.root.linked()
        other = self.certificates / "other"
        make_certificates(other)
        (other / "gateway.key").write_bytes((self.certificates / "gateway.key").read_bytes())
        output = self.push(self.two, "--tls", other, code=1)
        self.assertIn("the files of TLS are refused: ", output)
        self.assertIn("the key does not belong to tls-certificate", output)
        self.assertEqual((self.place / "gateway.pem").read_bytes(), (self.certificates / "gateway.pem").read_bytes())
        self.assertEqual(len(list(self.place.parent.glob("tls-*"))), 1)
        self.assertEqual(self.root.linked(), before)
        self.assert_serves_over_tls()

    def test_a_gateway_with_tls_only(self):
        """Its health is checked over a Unix socket; without one, nothing changes."""
        self.configure()
        lines = [line for line in self.config.read_text().splitlines() if line != f"listen = {self.root.target}"]
        self.config.write_text("".join(f"{line}\n" for line in lines))
        self.assertIn("the health check does not use TLS: add \"listen = unix:", self.push(self.one, "--tls", self.certificates, code=1))
        place = self.root.path / "run/tls"  # The user of the service makes the socket.
        place.mkdir(parents=True)
        place.chmod(0o777)
        self.config.write_text("".join(f"{line}\n" for line in [*lines, f"listen = unix:{place}/mote.sock"]))
        self.push(self.one, "--tls", self.certificates)
        self.assert_serves_over_tls()

    def test_the_first_configuration(self):
        self.config.unlink()
        # Its paths are not below the root folder of the test.
        output = self.push(self.one, "--tls", self.certificates, "--listen", f"tls:127.0.0.1:{self.port}", code=1)
        self.assertIn("refuses the configuration", output)
        listed = self.root.path / "opt/mote/releases" / next((self.root.path / "opt/mote/releases").iterdir()).name / "gateway.conf"
        lines = [line for line in listed.read_text().splitlines() if not line.startswith("#")][:6]
        self.assertEqual(lines, [f"listen = tls:127.0.0.1:{self.port}", "listen = unix:/run/mote-gateway/mote.sock",
                                 "tls-certificate = /etc/mote/tls/gateway.pem", "tls-key = /etc/mote/tls/gateway.key",
                                 "tls-client-ca = /etc/mote/tls/ca.pem", "tls-psk-file = /etc/mote/tls/devices.psk"])

    def test_wrong_usage(self):
        def refused(*arguments):
            command = self.command("push", "host", "--from", self.one, *arguments)
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
            return done.stderr

        self.assertIn("--listen tls:ADDRESS needs --tls DIR", refused("--listen", "tls:*:50051"))
        (self.certificates / "gateway.key").unlink()
        self.assertIn("gateway.key is missing: ./dev certs makes it", refused("--tls", self.certificates))

    def test_a_folder_of_the_owner_is_not_replaced(self):
        self.place.mkdir()
        self.assertIn("is not from a deployment: move it away", self.push(self.one, "--tls", self.certificates, code=1))
        self.assertEqual(list(self.place.iterdir()), [])


if __name__ == "__main__":
    main()
