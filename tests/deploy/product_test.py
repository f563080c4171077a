"""Tests product.conf: its values reach every file that is deployed, and a fault in it is one clear line.

    product_test.py --gateway PATH --device PATH [unittest arguments]
"""

import argparse
import io
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
DEPLOY = HERE.parents[1] / "deploy"
sys.dont_write_bytecode = True
sys.path[:0] = [str(DEPLOY), str(HERE.parent / "e2e")]
import host
import image
import package
import product
import release
import verdict

paths = argparse.Namespace()
# What a product of another name has instead of mote's names.
OTHER = {
    "NAME": "plant",
    "VERSION": "2.3.4",
    "TITLE": "the plant",
    "DESCRIPTION": "readings of a plant",
    "DETAILS": "Keeps the readings of the devices of a plant.",
    "MAINTAINER": "The plant authors <plant@example.org>",
    "COPYRIGHT": "2026 The plant authors",
    "LICENSE": "MIT",
    "PROGRAM": "plant-gateway",
    "TOOLS": "",
    "SERVICE": "plant.v1.Plant",
    "ENVIRONMENT": "PLANT_",
    "PORT": "50099",
    "UNIT": "plant-unit",
    "USER": "plant-user",
    "GROUP": "plant-group",
    "HOME": "/opt/plant-home",
    "CONFIG": "/etc/plant-config/gateway.conf",
    "RUN": "/run/plant-run",
    "SOCKET": "/run/plant-run/plant.sock",
    "LOG": "/var/log/plant.log",
}
# The words of a systemd unit that begin with @.
UNIT_WORDS = {"@system-service", "@privileged", "@resources"}


class ProductTestCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="mote-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "LICENSE").write_text("MIT License\n\nDo as you like.\n")

    def write(self, **changes):
        """The folder with a product.conf: OTHER with changes; None leaves a key out."""
        values = {**OTHER, **changes}
        lines = [f"{key}={value}\n" for key, value in values.items() if value is not None]
        (self.folder / product.FILE).write_text("# A product\n\n" + "".join(lines))
        return self.folder


class Values(ProductTestCase):
    def test_all_values(self):
        other = product.Product(self.write())
        for key, value in OTHER.items():
            self.assertEqual(getattr(other, key.lower()), value)
        self.assertEqual(set(OTHER), set(product.KEYS))
        self.assertEqual((other.programs, other.released), (("plant-gateway",), ("plant-gateway", "mote-device")))

    def refused(self, text, **changes):
        with self.assertRaises(product.Unusable) as caught:
            product.Product(self.write(**changes))
        self.assertEqual(str(caught.exception).removeprefix(str(self.folder / product.FILE)), text)

    def test_every_key_is_required(self):
        for key in product.KEYS:
            self.refused(f": {key} is missing", **{key: None})

    def test_every_key_refuses_a_bad_value(self):
        for number, (key, (_, words)) in enumerate(product.KEYS.items(), 3):
            bad = "A b" if key in ("TOOLS", "SERVICE") else ""
            self.refused(f':{number}: {key} must be {words}, not "{bad}"', **{key: bad})
        self.refused(": PORT must be a number from 1 to 65535, not 65536", PORT="65536")
        self.refused(": SOCKET must be in the folder RUN, /run/plant-run, not /run/other/x", SOCKET="/run/other/x")

    def test_lines_that_are_no_assignment(self):
        self.write()
        path = self.folder / product.FILE
        whole = path.read_text()
        for line, text in (("words", "words is not a key; keys: NAME, VERSION"), ("COLOUR=red", "COLOUR is not a key; keys: NAME"), ("PORT=1", "PORT is there twice")):
            path.write_text(f"{whole}{line}\n")
            with self.assertRaisesRegex(product.Unusable, f":{len(whole.splitlines()) + 1}: {text}"):
                product.Product(self.folder)

    def test_the_commands_print_one_line(self):
        self.write(USER="The plant")
        expected = f': {self.folder / product.FILE}:17: USER must be {product.ACCOUNT[1]}, not "The plant"\n'
        for name, *arguments in (("deploy", "status", "127.0.0.1"), ("package.py", "host")):
            done = subprocess.run(
                [sys.executable, DEPLOY / name, "--project", self.folder, *arguments], capture_output=True, text=True, check=False
            )
            self.assertEqual((done.returncode, done.stderr), (2, name.removesuffix(".py") + expected))
        self.assertIn("cannot read /nonexistent/product.conf", subprocess.run(
            [sys.executable, DEPLOY / "deploy", "--project", "/nonexistent", "status", "a"], capture_output=True, text=True, check=False).stderr)


class Files(ProductTestCase):
    """Every file that is deployed has the names of the product, and none of mote's."""

    def setUp(self):
        super().setUp()
        self.other = product.Product(self.write())
        self.programs = self.folder / "programs"
        self.programs.mkdir()
        shutil.copy(paths.gateway, self.programs / "plant-gateway")
        shutil.copy(paths.device, self.programs / "mote-device")

    def check(self, name, contents):
        text = contents.decode()
        left = [word for word in re.findall(r"@[\w-]+@?", text) if word not in UNIT_WORDS and word != "@example"]
        self.assertEqual(left, [], name)
        # The program that checks the health is mote's.
        self.assertEqual(re.findall(r".*mote.*", text.replace("remote", "").replace("mote-device", ""), re.IGNORECASE), [], name)

    def test_a_release_and_the_script_of_the_host(self):
        with tarfile.open(fileobj=io.BytesIO(release.build(self.other, "host", self.programs).archive)) as archive:
            files = {entry.name: archive.extractfile(entry).read() for entry in archive}
        services = [f"plant-unit.{kind}" for kind in release.SERVICE_FILES]
        self.assertEqual(sorted(files), sorted(["SHA256SUMS", "VERSION", "bin/mote-device", "bin/plant-gateway", "gateway.conf", *services]))
        self.assertTrue(files["VERSION"].startswith(b"2.3.4-"))
        self.assertIn(b"listen = unix:/run/plant-run/plant.sock\n", files["gateway.conf"])
        unit = files["plant-unit.service"].decode()
        for line in (
            "Description=the plant",
            "ExecStart=/opt/plant-home/current/bin/plant-gateway --config /etc/plant-config/gateway.conf",
            "RuntimeDirectory=plant-run",
        ):
            self.assertIn(f"\n{line}\n", unit)
        for name in ("gateway.conf", *services):
            self.check(name, files[name])
        script = self.other.render(host.TARGET, SIGNER="release", NAMESPACE="release")
        self.assertIn(b"--message \"plant.v1.Plant\"", script)
        self.check("target.sh", script)

    def test_packages(self):
        made = {path.name: path for path in package.write(self.other, "host", self.programs, self.folder / "out")}
        self.assertEqual(
            sorted(re.sub("amd64|arm64", "ARCHITECTURE", name) for name in made),
            [
                "SHA256SUMS",
                "kustomization.yaml",
                "plant-2.3.4-host.tar.gz",
                "plant-gateway-2.3.4-ARCHITECTURE-oci.tar",
                "plant-gateway-2.3.4-daemonset.yaml",
                "plant-gateway-2.3.4-deployment.yaml",
                "plant-gateway-2.3.4-servicemonitor.yaml",
                "plant-gateway_2.3.4_ARCHITECTURE.deb",
            ],
        )
        for name, path in made.items():
            if name.endswith(".yaml"):
                self.check(name, path.read_bytes())
            elif name.endswith(".tar.gz"):
                self.check_archive(path.read_bytes())
            elif name.endswith(".deb"):
                self.check_debian(path)

    def check_archive(self, contents):
        with tarfile.open(fileobj=io.BytesIO(contents)) as archive:
            for entry in archive:
                self.check(entry.name, entry.name.encode())
                if entry.isfile() and "/bin/" not in entry.name:
                    self.check(entry.name, archive.extractfile(entry).read())

    def check_debian(self, path):
        root, control = self.folder / "root", self.folder / "control"
        subprocess.run(["dpkg-deb", "-x", path, root], check=True)
        subprocess.run(["dpkg-deb", "-e", path, control], check=True)
        self.assertIn("\nMaintainer: The plant authors <plant@example.org>\n", (control / "control").read_text())
        self.assertIn("\nDescription: readings of a plant\n Keeps the readings", (control / "control").read_text())
        self.assertTrue((root / "etc/plant-config/gateway.conf").is_file())
        self.assertIn("\nUser=plant-user\nGroup=plant-group\n", (root / "lib/systemd/system/plant-unit.service").read_text())
        self.assertIn(" Do as you like.\n", (root / "usr/share/doc/plant-gateway/copyright").read_text())
        for file in (*control.iterdir(), *root.rglob("*")):
            self.check(file, str(file.relative_to(self.folder)).encode())
            if file.is_file() and file.parent.name != "bin" and file.suffix != ".gz":
                self.check(file, file.read_bytes())

    def test_the_scripts_of_an_image(self):
        for path in image.SCRIPTS.iterdir():
            self.check(path.name, self.other.render(path.read_bytes()))
        for name, text in image.ACCOUNTS.items():
            self.check(name, self.other.render(text.encode()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--gateway", required=True)
    parser.add_argument("--device", required=True)
    _, rest = parser.parse_known_args(namespace=paths)
    verdict.run(rest)
