"""Tests the Debian packages in a separate Debian: they are installed, upgraded, removed and purged; another one tests deploy without
systemd. lintian and skopeo check the packages of all architectures.

    install_test.py --programs FOLDER --root FOLDER [--release RELEASE] [unittest arguments]

FOLDER/BOARD/bin have the programs of `./dev cross BOARD`. The unpacked Debian is kept in --root for the next run. RELEASE is its
release, by default that of the host.
"""

import argparse
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
sys.dont_write_bytecode = True
sys.path[:0] = [str(PROJECT / "deploy"), str(PROJECT / "toolchains"), str(HERE.parent / "e2e")]
import deb
import package
import product
import release
import verdict
from isolated_apt import host_sources, release_name
from ports import unused_port

# The boards for any machine of an architecture, with the names of the architecture in Debian and in OCI.
BOARDS = {
    "generic-amd64": ("amd64", ("amd64", "")),
    "generic-aarch64": ("arm64", ("arm64", "v8")),
    "generic-armv7": ("armhf", ("arm", "v7")),
    "rpi-zero": ("armel", ("arm", "v6")),
}
# The board whose programs run on this machine.
HERE_BOARD = {"x86_64": "generic-amd64", "aarch64": "generic-aarch64"}[os.uname().machine]
MOTE = product.Product()
DEFAULTS = release.configuration(MOTE, "host")
options = argparse.Namespace()


def run(*command, **how):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, **how)
    if done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def debian():
    """A tar archive of a minimal Debian. The first run makes it."""
    archive = options.root / f"{options.release}.tar"
    if not archive.is_file():
        options.root.mkdir(parents=True, exist_ok=True)
        sources = "".join(f"deb {how} {uri} {suite} main\n" for uri, suite, how in host_sources(options.release))
        fresh = archive.with_suffix(".new.tar")
        run("mmdebstrap", "--mode=root", "--variant=minbase", "--include=adduser", options.release, fresh, "-", input=sources)
        fresh.rename(archive)
    return archive


@unittest.skipUnless(os.geteuid() == 0, "SKIPPED: chroot needs root")
class DebianTestCase(unittest.TestCase):
    def setUp(self):
        archive = debian()
        folder = tempfile.TemporaryDirectory(prefix="mote-", dir=options.root)
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name) / "root"
        self.root.mkdir()
        run("tar", "-xf", archive, "-C", self.root, "--exclude=./dev/*")
        (self.root / "dev/null").touch()  # Scripts redirect output to this file.
        self.config = self.root / "etc/mote/gateway.conf"

    def on_it(self, *command):
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive"}
        return run("chroot", self.root, *command, env=environment, stdin=subprocess.DEVNULL)


class Installed(DebianTestCase):
    def setUp(self):
        super().setUp()
        self.wanted = self.root / "etc/systemd/system/multi-user.target.wants/mote-gateway.service"

    def make(self, version, configuration=DEFAULTS):
        programs = {name: (options.programs / HERE_BOARD / "bin" / name).read_bytes() for name in MOTE.programs}
        unit = release.service_files(MOTE, configuration)["mote-gateway.service"]
        deb.package(MOTE, self.root / f"{version}.deb", BOARDS[HERE_BOARD][0], version, HERE_BOARD, programs, configuration, unit)

    def install(self, version, *arguments):
        return self.on_it("dpkg", *arguments, "-i", f"/{version}.deb")

    def state(self):
        return self.on_it("dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", "mote-gateway")

    def test_install_upgrade_remove_purge(self):
        self.make("1.0")
        self.assertIn("only programs on this machine can call it", self.install("1.0"))
        self.assertEqual(self.state(), "installed 1.0")
        self.assertRegex(self.on_it("getent", "passwd", "mote-gateway"), r"^mote-gateway:x:\d+:\d+:.*:/nonexistent:/usr/sbin/nologin$")
        self.assertTrue(self.wanted.is_symlink())
        as_it = ("runuser", "-u", "mote-gateway", "--")
        checked = self.on_it(*as_it, "/usr/bin/mote-gateway", "--config", "/etc/mote/gateway.conf", "--check-config")
        self.assertEqual(checked, "configuration is valid\n")

        with self.subTest("an upgrade keeps an edited configuration"):
            edited = self.config.read_text() + "max-connections = 77\n"
            self.config.write_text(edited)
            self.make("1.1")
            self.assertNotIn("only programs on this machine", self.install("1.1"))
            self.assertEqual((self.state(), self.config.read_text()), ("installed 1.1", edited))

        with self.subTest("also if the configuration of the package has changed"):
            self.make("1.2", DEFAULTS + b"max-streams = 99\n")
            self.install("1.2", "--force-confdef", "--force-confold")
            self.assertEqual((self.state(), self.config.read_text()), ("installed 1.2", edited))
            self.assertIn("max-streams = 99", (self.root / "etc/mote/gateway.conf.dpkg-dist").read_text())

        with self.subTest("a disabled service stays disabled"):
            self.wanted.unlink()
            self.make("1.3", DEFAULTS + b"max-streams = 99\n")
            self.install("1.3")
            self.assertFalse(self.wanted.is_symlink())

        with self.subTest("after remove the configuration is still there"):
            self.on_it("dpkg", "-r", "mote-gateway")
            self.assertFalse((self.root / "usr/bin/mote-gateway").exists())
            self.assertEqual(self.config.read_text(), edited)
            self.install("1.3")
            self.assertEqual(self.config.read_text(), edited)

        with self.subTest("after purge only the user is left"):
            self.on_it("dpkg", "-P", "mote-gateway")
            left = [path for path in self.root.rglob("*mote*") if not path.is_relative_to(self.root / "proc")]
            self.assertEqual([path for path in left if path.name != "mote-gateway.list"], [])
            self.assertIn("mote-gateway", self.on_it("getent", "passwd", "mote-gateway"))

    def test_an_untouched_configuration_follows_the_package(self):
        self.make("1.0")
        self.install("1.0")
        self.make("1.1", DEFAULTS + b"max-streams = 99\n")
        self.install("1.1")
        self.assertIn("max-streams = 99", self.config.read_text())

    def test_a_purge_keeps_files_of_the_owner(self):
        self.make("1.0")
        self.install("1.0")
        mine = self.root / "etc/mote/server.pem"
        mine.write_text("mine")
        self.on_it("dpkg", "-P", "mote-gateway")
        self.assertEqual(list(mine.parent.iterdir()), [mine])


class Repository(DebianTestCase):
    """A release for others: its signatures, what it says about its parts, and apt install from its repository."""

    def setUp(self):
        super().setUp()
        # apt reads it, and gives up root for that.
        null = self.root / "dev/null"
        null.unlink()
        os.mknod(null, stat.S_IFCHR, os.makedev(1, 3))
        null.chmod(0o666)
        work = self.root.parent
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", work / "key")
        self.gnupg = work / "gnupg"
        self.gnupg.mkdir(mode=0o700)
        self.environment = {**os.environ, "GNUPGHOME": str(self.gnupg)}
        self.addCleanup(subprocess.run, ["gpgconf", "--kill", "all"], check=False, env=self.environment)
        run("gpg", "--batch", "--passphrase", "", "--quick-generate-key", "test@example.org", "ed25519", "sign", "never", env=self.environment)

    def publish(self, name, *arguments):
        out = self.root.parent / name
        command = [sys.executable, PROJECT / "deploy/publish.py", "--from", options.programs, "--out", out, *arguments, HERE_BOARD]
        run(*command, env=self.environment)
        return out

    def test_a_release(self):
        keys = ("--sign-key", self.root.parent / "key", "--apt-key", "test@example.org")
        out = self.publish("release", *keys)
        architecture = BOARDS[HERE_BOARD][0]
        names = {re.sub(re.escape(MOTE.version), "VERSION", path.name) for path in out.iterdir()}
        self.assertEqual(
            names,
            {
                *("SHA256SUMS", "SHA256SUMS.sig", "sbom.spdx.json", "signers", "apt"),
                *(f"mote-VERSION-{HERE_BOARD}.tar.gz", f"mote-gateway_VERSION_{architecture}.deb", f"mote-gateway-VERSION-{architecture}-oci.tar"),
                *("mote-gateway-VERSION-daemonset.yaml", "mote-gateway-VERSION-deployment.yaml", "mote-gateway-VERSION-servicemonitor.yaml"),
                "kustomization.yaml",
            },
        )
        with self.subTest("checksums and signature"):
            run("sha256sum", "-c", "--strict", "SHA256SUMS", cwd=out)
            verify = ["ssh-keygen", "-Y", "verify", "-f", out / "signers", "-I", "release", "-n", "mote-release", "-s", out / "SHA256SUMS.sig"]
            sums = (out / "SHA256SUMS").read_text()
            run(*verify, input=sums)
            with self.assertRaises(AssertionError):
                run(*verify, input=sums.replace("0", "1"))
        with self.subTest("the same sources make the same bytes"):
            again = self.publish("again", *keys)
            for path in (out / "SHA256SUMS", out / "apt/dists/stable/Release"):
                self.assertEqual(path.read_bytes(), (again / path.relative_to(out)).read_bytes())
        with self.subTest("the bill of materials"):
            bill = json.loads((out / "sbom.spdx.json").read_text())
            parts = {part["name"]: f"{part['versionInfo']} {part['licenseDeclared']}" for part in bill["packages"]}
            has_tls = b"tls-certificate" in (options.programs / HERE_BOARD / "bin/mote-gateway").read_bytes()
            self.assertEqual(set(parts), {"mote-gateway", "nanopb", "musl", "libgcc", "libstdc++", *(["mbedtls"] if has_tls else [])})
            self.assertEqual(parts["mote-gateway"], f"{MOTE.version} Apache-2.0")
            self.assertRegex(parts["nanopb"], r"^0\.\d+\.\d+ Zlib$")
            self.assertRegex(parts["musl"], r"^1\.\d+\.\d+ MIT$")
            self.assertRegex(parts["libgcc"], r"^\d+\.\d+\.\d+ GPL-3.0-or-later WITH GCC-exception-3.1$")
            # The compiler writes its version into each program.
            program = (options.programs / HERE_BOARD / "bin/mote-gateway").read_bytes()
            self.assertIn(f") {parts['libgcc'].split()[0]}\0".encode(), program)
            for part in bill["packages"]:
                self.assertRegex(part["SPDXID"], r"^SPDXRef-[A-Za-z0-9.-]+$")
            (tarball,) = (entry["SPDXID"] for entry in bill["files"] if entry["fileName"].endswith(".tar.gz"))
            linked = {one["relatedSpdxElement"] for one in bill["relationships"] if (one["spdxElementId"], one["relationshipType"]) == (tarball, "STATIC_LINK")}
            self.assertEqual(linked, {part["SPDXID"] for part in bill["packages"] if part["name"] != "mote-gateway"})
            known = {entry["SPDXID"] for kind in ("packages", "files") for entry in bill[kind]} | {"SPDXRef-DOCUMENT"}
            self.assertEqual({end for one in bill["relationships"] for end in (one["spdxElementId"], one["relatedSpdxElement"])}, known)
            listed = {entry["fileName"].removeprefix("./"): entry["checksums"][0]["checksumValue"] for entry in bill["files"]}
            sums = dict(reversed(line.split("  ")) for line in (out / "SHA256SUMS").read_text().splitlines())
            self.assertEqual(listed, {name: digest for name, digest in sums.items() if name not in ("sbom.spdx.json", "signers")})
        with self.subTest("apt installs it"):
            run("cp", "-r", out / "apt", self.root / "repository")
            parts = self.root / "etc/apt/sources.list.d"
            (self.root / "etc/apt/sources.list").write_text("")
            (parts / "mote.list").write_text("deb [signed-by=/repository/key.asc] file:/repository stable main\n")
            self.on_it("apt-get", "update")
            self.on_it("apt-get", "install", "-y", "--no-install-recommends", "mote-gateway")
            self.assertEqual(self.on_it("mote-gateway", "--version"), run(options.programs / HERE_BOARD / "bin/mote-gateway", "--version"))
            self.assertEqual(self.on_it("dpkg-query", "-W", "-f", "${Version}", "mote-gateway"), MOTE.version)
        with self.subTest("apt refuses a repository that was changed"):
            path = self.root / f"repository/dists/stable/main/binary-{architecture}/Packages"
            for name in (path, path.with_suffix(".gz")):
                name.write_bytes(name.read_bytes()[:-1] + b" ")
            self.on_it("sh", "-c", "rm -rf /var/lib/apt/lists/*")
            with self.assertRaises(AssertionError):
                self.on_it("apt-get", "-o", "APT::Update::Error-Mode=any", "update")

    def test_what_cannot_be_published(self):
        out = self.publish("release")
        self.assertFalse((out / "SHA256SUMS.sig").exists())
        without = self.root.parent / "without"
        shutil.copytree(options.programs / HERE_BOARD / "bin", without / HERE_BOARD / "bin")
        for arguments, text in (
            (["--out", out], f"{out} exists"),
            (["--out", out.with_name("b"), "--sign-key", "/nonexistent"], "cannot read /nonexistent"),
            (["--out", out.with_name("c"), "--apt-key", "nobody@example.org"], "gpg cannot sign with nobody@example.org"),
            (["--out", out.with_name("d"), "no-such-board"], "there is no board no-such-board"),
            (["--out", out.with_name("e"), "--from", without], f"{without}/{HERE_BOARD} is no build folder"),
        ):
            command = [sys.executable, PROJECT / "deploy/publish.py", "--from", options.programs, *arguments, HERE_BOARD]
            done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, env=self.environment)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(text, done.stderr)
            self.assertEqual([path.name for path in out.parent.glob("release-*")], [])


class WithoutSystemd(DebianTestCase):
    def test_a_push_makes_the_user_and_starts_at_boot(self):
        session = self.root.parent / "session"
        session.write_text(f'#!/bin/sh\nPATH=/usr/sbin:/usr/bin:/sbin:/bin exec chroot {self.root} sh -c "$2"\n')
        session.chmod(0o755)
        self.config.parent.mkdir()
        self.config.write_text(f"listen = 127.0.0.1:{unused_port()}\n")

        def deploy(verb, *arguments):
            return run(sys.executable, PROJECT / "deploy/deploy", verb, *arguments, "--ssh", session, "--service", "init", "debian")

        self.addCleanup(deploy, "remove")
        deploy("push", HERE_BOARD, "--from", options.programs / HERE_BOARD / "bin", "--watch-seconds", "1")
        self.assertIn("serving", deploy("status"))
        user = int(self.on_it("id", "-u", "mote-gateway"))
        self.assertNotEqual(user, 0)
        pid = (self.root / "run/mote-gateway.pid").read_text().strip()
        self.assertEqual(Path(f"/proc/{pid}").stat().st_uid, user)
        self.assertEqual(len(list(self.root.glob("etc/rc[2345].d/S*mote-gateway"))), 4)

        deploy("remove")
        self.assertFalse(Path(f"/proc/{pid}").exists())
        self.assertEqual(list(self.root.glob("etc/rc?.d/*mote-gateway")), [])


class Examined(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="mote-")
        cls.addClassCleanup(folder.cleanup)
        cls.made = {
            board: package.write(MOTE, board, options.programs / board / "bin", Path(folder.name) / board) for board in (*BOARDS, "host")
        }

    def test_lintian(self):
        for board, files in self.made.items():
            with self.subTest(board):
                architecture = BOARDS[HERE_BOARD if board == "host" else board][0]
                # The tool of the host uses the C library of the host.
                libc = r"(, libc6 \(>= \S+\))?" if board == "host" else ""
                self.assertRegex(run("dpkg-deb", "-f", files[0], "Architecture", "Depends"), rf"^Architecture: {architecture}\nDepends: adduser{libc}\n$")
                run("lintian", "--allow-root", "--fail-on", "error,warning", files[0])

    def test_skopeo(self):
        for board in BOARDS:
            files = self.made[board]
            for kind in ("oci-archive", "docker-archive"):
                with self.subTest(board=board, kind=kind):
                    config = json.loads(run("skopeo", "inspect", "--config", f"{kind}:{files[2]}"))
                    found = (config["architecture"], config.get("variant", ""))
                    self.assertEqual((found, config["config"]["User"]), (BOARDS[board][1], "65532:65532"))
                    with tempfile.TemporaryDirectory() as copy:
                        run("skopeo", "--insecure-policy", "copy", f"{kind}:{files[2]}", f"dir:{copy}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--programs", required=True, type=Path)
    parser.add_argument("--root", required=True, type=Path)
    parser.add_argument("--release", default=release_name())
    _, rest = parser.parse_known_args(namespace=options)
    verdict.run(rest)
