"""Tests toolchains/fetch.py without a network: apt-get is replaced by a program that records the call and fails."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOLCHAINS = Path(__file__).resolve().parents[2] / "toolchains"
sys.dont_write_bytecode = True
sys.path.insert(0, str(TOOLCHAINS))
import isolated_apt  # noqa: E402
WANTED = "# 2 bookworm arm64 alone sample"


class Fetch(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        (self.root / "toolchains").mkdir()
        for name in ("fetch.py", "isolated_apt.py"):
            shutil.copy(TOOLCHAINS / name, self.root / "toolchains")
        self.downloads = self.root / "downloads"
        self.asked = self.root / "asked"
        programs = self.root / "programs"
        programs.mkdir()
        (programs / "apt-get").write_text(f"#!/bin/sh\necho called >>{self.asked}\nexit 100\n")
        (programs / "apt-get").chmod(0o755)
        self.environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "MOTE_DOWNLOADS": str(self.downloads)}

    def fetch(self, *arguments):
        command = ["/usr/bin/python3", str(self.root / "toolchains/fetch.py"), *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)

    def fetch_sample(self):
        return self.fetch("sysroot", "--alone", "sample", "bookworm", "arm64", "sample")

    @property
    def sysroot(self):
        return self.root / "build/sysroots/sample"

    def fill_downloads(self):
        """Makes a package with a file and an absolute link to it, as if an earlier run had downloaded it."""
        tree = self.root / "tree"
        (tree / "DEBIAN").mkdir(parents=True)
        (tree / "usr/lib").mkdir(parents=True)
        (tree / "DEBIAN/control").write_text(
            "Package: sample\nVersion: 1\nArchitecture: arm64\nMaintainer: nobody <nobody@example.org>\nDescription: sample\n"
        )
        (tree / "usr/lib/libsample.so.1").write_text("the library\n")
        (tree / "usr/lib/libsample.so").symlink_to("/usr/lib/libsample.so.1")
        package = self.downloads / "bookworm-arm64/archives/sample_1_arm64.deb"
        package.parent.mkdir(parents=True)
        subprocess.run(["dpkg-deb", "--build", "--root-owner-group", tree, package], check=True, stdout=subprocess.DEVNULL)
        digest = hashlib.sha256(package.read_bytes()).hexdigest()
        (self.downloads / "bookworm-arm64/sample.sha256").write_text(f"{WANTED}\n{digest}  {package.name}\n")
        return package

    def test_complete_downloads_need_no_apt(self):
        self.fill_downloads()
        ran = self.fetch_sample()
        self.assertEqual((ran.returncode, ran.stdout), (0, f"{self.sysroot}\n"), ran.stderr)
        self.assertFalse(self.asked.exists())
        self.assertEqual((self.sysroot / "usr/lib/libsample.so").read_text(), "the library\n")
        self.assertEqual(os.readlink(self.sysroot / "usr/lib/libsample.so"), "libsample.so.1")

    def test_a_second_run_changes_nothing(self):
        self.fill_downloads()
        self.fetch_sample()
        (self.sysroot / "mine").touch()
        shutil.rmtree(self.downloads)
        ran = self.fetch_sample()
        self.assertEqual((ran.returncode, ran.stderr), (0, ""))
        self.assertTrue((self.sysroot / "mine").exists())
        self.assertFalse(self.downloads.exists())

    def test_a_changed_download_is_not_unpacked(self):
        package = self.fill_downloads()
        with package.open("r+b") as file:
            file.seek(200)
            file.write(b"\xff")
        ran = self.fetch_sample()
        self.assertEqual(ran.returncode, 1, ran.stderr)
        self.assertTrue(self.asked.exists(), "apt was called to download it again")
        self.assertFalse(self.sysroot.exists())

    def test_a_source_with_another_digest_is_refused(self):
        archives = self.downloads / "source/archives"
        archives.mkdir(parents=True)
        (archives / "sample_1.dsc").write_text("another\n")
        (self.root / "toolchains/sources.sha256").write_text(f"# from bookworm\n{'0' * 64}  sample_1.dsc\n")
        ran = self.fetch("source", "sample")
        self.assertEqual(ran.returncode, 1, ran.stderr)
        self.assertFalse((self.root / "build/sources/sample").exists())
        (self.root / "programs/apt-get").write_text(f"#!/bin/sh\necho another >{archives}/sample_1.dsc\n")
        ran = self.fetch("source", "sample")
        self.assertEqual(ran.returncode, 1, ran.stderr)
        self.assertIn("sample_1.dsc does not match the digest in sources.sha256", ran.stderr)

    def test_a_source_without_a_pin(self):
        (self.root / "toolchains/sources.sha256").write_text("")
        ran = self.fetch("source", "sample")
        self.assertEqual((ran.returncode, ran.stderr), (1, "fetch: sources.sha256 does not pin the source package sample, or names no release for it\n"))

    def test_a_source_comes_from_the_release_that_its_pin_names(self):
        pins = f"# from bookworm\n{'0' * 64}  other_1.dsc\n# from trixie\n{'0' * 64}  sample_1.dsc\n"
        (self.root / "toolchains/sources.sha256").write_text(pins)
        self.fetch("source", "sample")
        lines = (self.downloads / "source/sources.list").read_text().splitlines()
        self.assertIn("trixie", {line.split()[-2] for line in lines})
        self.assertEqual([line for line in lines if "bookworm" in line or not line.startswith("deb-src ")], [])


class HostSources(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.etc = Path(folder.name)
        self.own = isolated_apt.release_name()
        (self.etc / "sources.list.d").mkdir()

    def write(self, name, text):
        (self.etc / name).write_text(text)

    def sources(self, release=None):
        return isolated_apt.host_sources(release, self.etc)

    def test_both_formats_of_sources_are_read_and_third_parties_ignored(self):
        self.write("sources.list", f"deb http://one/debian {self.own} main contrib\ndeb http://other/apt stable main\n")
        self.write(
            "sources.list.d/debian.sources",
            f"Types: deb\nURIs: http://two/security\nSuites: {self.own}-security\nComponents: main\nSigned-By: /keys.gpg\n",
        )
        wanted = [("http://one/debian", self.own, ""), ("http://two/security", f"{self.own}-security", "[signed-by=/keys.gpg]")]
        self.assertEqual(self.sources(), wanted)

    def test_another_release_comes_from_the_same_mirrors(self):
        self.write("sources.list", f"deb http://one/debian {self.own} main\ndeb http://one/security {self.own}-security main\n")
        self.assertEqual(self.sources("another"), [("http://one/debian", "another", ""), ("http://one/security", "another-security", "")])

    def test_sid_has_no_updates(self):
        self.write("sources.list", f"deb http://one/debian {self.own} main\ndeb http://one/security {self.own}-security main\n")
        self.assertEqual(self.sources("sid"), [("http://one/debian", "sid", "")])

    def test_lines_of_the_other_release_come_first(self):
        self.write("sources.list", f"deb http://one/debian {self.own} main\ndeb http://old/debian another main\n")
        self.assertEqual(self.sources("another"), [("http://old/debian", "another", "")])

    def test_a_missing_mirror_is_an_error_with_the_release(self):
        self.write("sources.list", "deb http://other/apt stable main\n")
        with self.assertRaisesRegex(isolated_apt.AptError, "no line for another main, nor for "):
            self.sources("another")


if __name__ == "__main__":
    unittest.main()
