"""Tests packages: reproducible bytes, their content, and that their programs run.

    package_test.py --gateway PATH --device PATH [unittest arguments]
"""

import argparse
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
import verdict
from ports import unused_port

PACKAGE = Path(__file__).resolve().parents[2] / "deploy" / "package.py"
EPOCH = 1_700_000_000
paths = argparse.Namespace()


def package(out, epoch=EPOCH):
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch)}
    command = [sys.executable, PACKAGE, "host", "--from", Path(paths.gateway).parent, "--out", out]
    subprocess.run(list(map(str, command)), check=True, capture_output=True, env=environment)
    return {path.name: path.read_bytes() for path in Path(out).iterdir()}


class PackageTestCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="mote-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        cls.made = package(cls.folder / "one")

    def made_as(self, pattern):
        (name,) = [name for name in self.made if re.fullmatch(pattern, name)]
        return self.made[name]

    def version(self):
        """The version in the names of the files."""
        (found,) = {match[1] for name in self.made if (match := re.fullmatch(r"mote-(?:gateway_)?(\d.*?)(?:_\w+\.deb|-host\.tar\.gz)", name))}
        return found

    def check_serves(self, command, **how):
        """Starts a gateway with `command` and an address as the last argument, and calls it."""
        target = f"127.0.0.1:{unused_port()}"
        process = subprocess.Popen([*map(str, command), "--listen", target], stderr=subprocess.PIPE, text=True, **how)
        try:
            for line in process.stderr:
                if f"ready on {target}" in line:
                    break
            else:
                self.fail(f"{command} ended with {process.wait()}")
            called = [paths.device, "--target", target, "--count", "1", "--message", "hi", "--text"]
            self.assertIn("You said: hi", subprocess.run(called, check=True, capture_output=True, text=True).stdout)
        finally:
            process.terminate()
            process.communicate()
            self.assertEqual(process.returncode, 0)


    def check_closed(self, program, configuration):
        """Only programs on the same machine can connect until the owner changes the configuration."""
        printed = subprocess.run([program, "--config", configuration, "--print-config"], check=True, capture_output=True, text=True).stdout
        self.assertEqual(re.findall(r"^listen = (.*)$", printed, re.MULTILINE), ["127.0.0.1:50051", "unix:/run/mote-gateway/mote.sock"])


class Files(PackageTestCase):
    def test_the_same_sources_make_the_same_bytes(self):
        self.assertEqual(len(self.made), 8)
        time.sleep(1.1)
        self.assertEqual(package(self.folder / "two"), self.made)
        self.assertNotEqual(package(self.folder / "three", EPOCH + 60), self.made)

    def test_sums(self):
        lines = self.made["SHA256SUMS"].decode().splitlines()
        sums = {name: hashlib.sha256(contents).hexdigest() for name, contents in self.made.items() if name.endswith((".deb", ".tar.gz", ".tar"))}
        self.assertEqual(dict(reversed(line.split("  ")) for line in lines), sums)

    def test_an_unknown_board_and_an_invalid_program(self):
        for arguments, text in (
            (["no-such-board"], "there is no gateway for board no-such-board"),
            (["host", "--from", "/nonexistent"], "cannot read /nonexistent"),
            (["host", "--from", self.folder / "text"], "not a program for a supported architecture"),
        ):
            (self.folder / "text").mkdir(exist_ok=True)
            for name in ("mote-gateway", "mote-device"):
                (self.folder / "text" / name).write_text("#!/bin/sh\n")
            command = [sys.executable, PACKAGE, "--out", self.folder / "none", *arguments]
            done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(text, done.stderr)


class Tarball(PackageTestCase):
    def test_it_checks_and_runs(self):
        with tarfile.open(fileobj=io.BytesIO(self.made_as(r"mote-.*\.tar\.gz"))) as archive:
            self.assertEqual({(entry.uid, entry.gid, entry.mtime) for entry in archive}, {(0, 0, EPOCH)})
            archive.extractall(self.folder)
        (top,) = self.folder.glob("mote-*")
        subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=top, check=True)
        listed = {line.split("  ")[1] for line in (top / "SHA256SUMS").read_text().splitlines()}
        there = {str(path.relative_to(top)) for path in top.rglob("*") if path.is_file()}
        self.assertEqual(listed, there - {"SHA256SUMS"})
        self.check_serves([top / "bin/mote-gateway", "--config", top / "gateway.conf"])
        self.check_closed(top / "bin/mote-gateway", top / "gateway.conf")


class Debian(PackageTestCase):
    def setUp(self):
        self.deb = self.folder / "one.deb"
        self.deb.write_bytes(self.made_as(r"mote-gateway_.*\.deb"))

    def field(self, name):
        return subprocess.run(["dpkg-deb", "-f", self.deb, name], check=True, capture_output=True, text=True).stdout.strip()

    def test_all_files_have_the_owner_root_and_one_time(self):
        listed = subprocess.run(["dpkg-deb", "--fsys-tarfile", self.deb], check=True, capture_output=True).stdout
        with tarfile.open(fileobj=io.BytesIO(listed)) as archive:
            for entry in archive:
                self.assertEqual((entry.uid, entry.gid, entry.mtime), (0, 0, EPOCH), entry.name)
                runs = entry.isdir() or entry.name.startswith("./usr/bin/")
                self.assertEqual(entry.mode, 0o755 if runs else 0o644, entry.name)

    def test_it_runs_from_the_unpacked_folder(self):
        root = self.folder / "root"
        subprocess.run(["dpkg-deb", "-x", self.deb, root], check=True)
        control = self.folder / "control"
        subprocess.run(["dpkg-deb", "-e", self.deb, control], check=True)
        self.assertEqual((control / "conffiles").read_text(), "/etc/mote/gateway.conf\n")
        subprocess.run(["md5sum", "-c", "--quiet", control / "md5sums"], cwd=root, check=True)
        self.check_serves([root / "usr/bin/mote-gateway", "--config", root / "etc/mote/gateway.conf"])
        self.check_closed(root / "usr/bin/mote-gateway", root / "etc/mote/gateway.conf")
        self.assertIn("only programs on this machine can call it", (control / "postinst").read_text())

    def test_its_unit_starts_the_installed_program(self):
        root = self.folder / "unit"
        subprocess.run(["dpkg-deb", "-x", self.deb, root], check=True)
        unit = (root / "lib/systemd/system/mote-gateway.service").read_text()
        self.assertIn("\nExecStart=/usr/bin/mote-gateway --config /etc/mote/gateway.conf\n", unit)
        self.assertIn("\nUser=mote-gateway\n", unit)
        self.assertNotIn("DynamicUser", unit)
        self.assertIn("\nRuntimeDirectory=mote-gateway\n", unit)
        self.assertNotIn("@", unit.replace("@system-service", "").replace("@privileged", "").replace("@resources", ""))
        # The socket has the name of the service: systemd passes it to that.
        socket = (root / "lib/systemd/system/mote-gateway.socket").read_text()
        self.assertIn("\n[Socket]\n# For all networks: ListenStream=50051. ", socket)
        self.assertIn("\nListenStream=127.0.0.1:50051\n", socket)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "SKIPPED: no systemd-analyze is installed")
    def test_systemd_accepts_its_units(self):
        root = self.folder / "analyzed"
        subprocess.run(["dpkg-deb", "-x", self.deb, root], check=True)
        unit = root / "lib/systemd/system/mote-gateway.service"
        # With the paths of an installed package.
        text = unit.read_text().replace("/usr/bin/mote-gateway", f"{root}/usr/bin/mote-gateway").replace("/bin/kill", shutil.which("kill"))
        unit.write_text(text)
        verified = subprocess.run(["systemd-analyze", "verify", "--man=no", unit.with_suffix(".socket")], capture_output=True, text=True, check=False)
        self.assertEqual((verified.returncode, verified.stdout + verified.stderr), (0, ""))
        for command in (["verify", "--man=no"], ["security", "--offline=true", "--threshold=20"]):
            done = subprocess.run(["systemd-analyze", *command, unit], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_control(self):
        machine = {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]
        self.assertEqual(self.field("Architecture"), machine)
        self.assertEqual(self.field("Package"), "mote-gateway")
        self.assertEqual(self.field("Version"), self.version())

    def test_manual_and_completions(self):
        root = self.folder / "manual"
        subprocess.run(["dpkg-deb", "-x", self.deb, root], check=True)
        share = root / "usr/share"
        pages = {page.relative_to(share).as_posix() for page in (share / "man").rglob("*.gz")}
        self.assertEqual(pages, {"man/man8/mote-gateway.8.gz", "man/man5/mote-gateway.conf.5.gz", "man/man1/mote-device.1.gz"})
        for program in ("mote-gateway", "mote-device"):
            self.assertIn(f"complete -o filenames -F _{program} {program}\n", (share / "bash-completion/completions" / program).read_text())
            self.assertTrue((share / f"zsh/vendor-completions/_{program}").read_text().startswith(f"#compdef {program}\n"))
        avahi = share / "doc/mote-gateway/examples/mote-gateway.avahi.service"
        self.assertIn("<type>_grpc._tcp</type>", avahi.read_text())


class Container(PackageTestCase):
    def setUp(self):
        with tarfile.open(fileobj=io.BytesIO(self.made_as(r".*-oci\.tar"))) as archive:
            self.files = {entry.name: archive.extractfile(entry).read() for entry in archive if entry.isfile()}

    def json(self, name):
        return json.loads(self.files[name])

    def described(self, descriptor):
        contents = self.files["blobs/" + descriptor["digest"].replace(":", "/")]
        self.assertEqual(len(contents), descriptor["size"])
        self.assertEqual(f"sha256:{hashlib.sha256(contents).hexdigest()}", descriptor["digest"])
        return contents

    def test_the_layout(self):
        self.assertEqual(self.json("oci-layout"), {"imageLayoutVersion": "1.0.0"})
        (named,) = self.json("index.json")["manifests"]
        manifest = json.loads(self.described(named))
        config = json.loads(self.described(manifest["config"]))
        layers = [gzip.decompress(self.described(layer)) for layer in manifest["layers"]]
        self.assertEqual(config["rootfs"]["diff_ids"], [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers])
        self.assertEqual(config["created"], "2023-11-14T22:13:20Z")
        (docker,) = self.json("manifest.json")
        self.assertEqual(self.files[docker["Config"]], self.described(manifest["config"]))
        self.assertEqual([self.files[name] for name in docker["Layers"]], [self.described(layer) for layer in manifest["layers"]])
        self.assertEqual(len(self.files), 3 + 1 + 1 + len(layers))

    def test_the_tag_is_the_version(self):
        (named,) = self.json("index.json")["manifests"]
        tag = named["annotations"]["org.opencontainers.image.ref.name"]
        self.assertRegex(tag, r"^\w[\w.-]{0,127}$")
        self.assertEqual(tag, self.version().replace("~", "-").replace("+", "-"))
        self.assertEqual(self.json("manifest.json")[0]["RepoTags"], [f"mote-gateway:{tag}"])
        self.assertTrue(named["annotations"]["io.containerd.image.name"].endswith(f"/mote-gateway:{tag}"))
        config = json.loads(self.described(json.loads(self.described(named))["config"]))
        self.assertEqual(config["config"]["Labels"]["org.opencontainers.image.version"], self.version())

    def test_it_runs_as_nobody(self):
        manifest = json.loads(self.described(self.json("index.json")["manifests"][0]))
        config = json.loads(self.described(manifest["config"]))["config"]
        user, group = map(int, config["User"].split(":"))
        self.assertNotEqual(user, 0)
        root = self.folder / "container"
        root.mkdir()
        for layer in manifest["layers"]:
            with tarfile.open(fileobj=io.BytesIO(self.described(layer))) as archive:
                archive.extractall(root)
        entry = config["Entrypoint"]
        self.assertIn("MOTE_LISTEN=*:50051", config["Env"])
        if os.geteuid() != 0:
            self.skipTest("SKIPPED: chroot and another user need root")
        self.folder.chmod(0o755)

        def enter():
            os.chroot(root)
            os.chdir("/")
            os.setgroups([])
            os.setgid(group)
            os.setuid(user)

        self.check_serves(entry, preexec_fn=enter, env={})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--gateway", required=True)
    parser.add_argument("--device", required=True)
    _, rest = parser.parse_known_args(namespace=paths)
    verdict.run(rest)
