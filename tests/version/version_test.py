"""Versions of builds (cmake/version.py), in git checkouts that the tests make.

    version_test.py
"""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "cmake" / "version.py"
sys.path.insert(0, str(SCRIPT.parent))
sys.dont_write_bytecode = True
import version  # noqa: E402  (after the path)

ROOT = SCRIPT.parents[1]
FIRST = 1_700_000_000  # 2023-11-14 22:13:20 UTC


class Checkout(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="mote-version-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name).resolve()
        self.root = self.folder / "plant"
        self.root.mkdir()
        self.commits = 0
        self.set_number("0.1.0")

    def git(self, *arguments):
        time = f"{FIRST + self.commits * 60} +0900"
        environment = {**os.environ, "GIT_AUTHOR_DATE": "1600000000 +0000", "GIT_COMMITTER_DATE": time, "GIT_CONFIG_GLOBAL": os.devnull}
        command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", "-C", self.root, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout.strip()

    def set_number(self, number):
        (self.root / "product.conf").write_text(f"NAME=plant\nVERSION={number}\n")

    def commit(self):
        """Commits all files and returns the version."""
        if not self.commits:
            self.git("init", "--initial-branch", "main")
        self.commits += 1
        self.git("add", "--all")
        self.git("commit", "--allow-empty", "--message", f"Commit {self.commits}")
        return version.of(self.root)

    def hash(self):
        return self.git("rev-parse", "HEAD")[:12]

    def assert_ascending(self, *versions):
        for older, newer in zip(versions, versions[1:]):
            with self.subTest(older=older, newer=newer):
                done = subprocess.run(["dpkg", "--compare-versions", older, "lt", newer], check=False)
                self.assertEqual(done.returncode, 0)

    def test_a_commit_before_the_release(self):
        self.assertEqual(self.commit(), f"0.1.0~git20231114221420.{self.hash()}")

    def test_a_release(self):
        self.commit()
        self.git("tag", "--annotate", "--message", "Release", "v0.1.0")
        self.assertEqual(version.of(self.root), "0.1.0")

    def test_the_tag_of_another_release(self):
        self.commit()
        self.git("tag", "v0.0.9")
        self.git("tag", "v0.1.0-rc1")
        self.assertEqual(version.of(self.root), f"0.1.0~git20231114221420.{self.hash()}")

    def test_versions_sort_by_age(self):
        made = [self.commit(), self.commit()]
        self.commit()
        self.git("tag", "v0.1.0")
        made.append(version.of(self.root))
        made += [self.commit(), self.commit()]
        self.assertEqual(made[-1], f"0.1.0+git20231114221820.{self.hash()}")
        self.set_number("0.2.0")
        made.append(self.commit())
        self.git("tag", "v0.2.0")
        made.append(version.of(self.root))
        self.assert_ascending(*made)
        self.assertEqual(made[2::4], ["0.1.0", "0.2.0"])

    def test_changed_files(self):
        clean = self.commit()
        (self.root / "untracked").touch()
        self.assertEqual(version.of(self.root), clean)
        self.set_number("0.1.1")
        changed = version.of(self.root)
        self.assertEqual(changed, clean.replace("0.1.0", "0.1.1") + ".modified")
        self.set_number("0.1.0")
        self.git("tag", "v0.1.0")
        self.assertEqual(version.of(self.root), "0.1.0")
        with (self.root / "product.conf").open("a") as file:
            file.write("# A line\n")
        modified = version.of(self.root)
        self.assertEqual(modified, f"0.1.0+git20231114221420.{self.hash()}.modified")
        self.assert_ascending(clean, "0.1.0", modified)

    def test_a_worktree_and_a_link_to_it(self):
        made = self.commit()
        self.git("worktree", "add", "--detach", self.folder / "other")
        (self.folder / "link").symlink_to(self.folder / "other")
        self.assertEqual(version.of(self.folder / "link"), made)

    def test_a_folder_of_another_checkout(self):
        self.commit()
        copy = self.root / "third-party"
        copy.mkdir()
        (copy / "product.conf").write_text("VERSION=7.0.0\n")
        self.commit()
        self.assertEqual(version.of(copy), "7.0.0")

    def test_no_git_and_no_commit(self):
        self.assertEqual(version.of(self.root), "0.1.0")
        self.git("init")
        self.assertEqual(version.of(self.root), "0.1.0")

    def test_archives_of_git(self):
        for name in (version.FIXED, ".gitattributes"):
            (self.root / name).write_bytes((ROOT / name).read_bytes())
        for tag in (None, "v0.1.0", None):
            made = self.commit()
            if tag:
                self.git("tag", tag)
                made = version.of(self.root)
            self.git("archive", "--prefix=archived/", f"--output={self.folder / 'archive.tar'}", "HEAD")
            subprocess.run(["tar", "-xf", "archive.tar"], cwd=self.folder, check=True)
            self.assertEqual(version.of(self.folder / "archived"), made)

    def test_a_fixed_version(self):
        self.commit()
        (self.root / version.FIXED).write_text("0.1.0+local1\n")
        self.assertEqual(version.of(self.root), "0.1.0+local1")
        for bad in ("v1", '0.1.0"', "1.0 beta"):
            (self.root / version.FIXED).write_text(bad)
            with self.assertRaisesRegex(version.Unknown, r"version\.txt: .* is not a version"):
                version.of(self.root)

    def test_a_missing_number(self):
        for text in ("NAME=plant\n", "VERSION=\n", "VERSION=one\n"):
            (self.root / "product.conf").write_text(text)
            with self.assertRaisesRegex(version.Unknown, "product.conf: VERSION is missing or is not a number"):
                version.of(self.root)
        (self.root / "product.conf").unlink()
        self.assertEqual(self.run_script(self.root), (1, "", f"version: cannot read {self.root}/product.conf: No such file or directory\n"))

    def test_container_tags(self):
        self.assertEqual(version.container_tag("0.1.0~git2.ab"), "0.1.0-git2.ab")
        self.assertEqual(version.container_tag("0.1.0+git2.ab.modified"), "0.1.0-git2.ab.modified")
        self.assertEqual(version.container_tag("0.1.0"), "0.1.0")

    def run_script(self, *arguments):
        done = subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    def test_a_header_is_written_only_when_it_changes(self):
        header = self.folder / "new" / "build_version.h"
        self.assertEqual(self.run_script("--header", header, self.root), (0, "", ""))
        self.assertEqual(header.read_text(), '#define BUILD_VERSION "0.1.0"\n')
        os.utime(header, (1, 1))
        self.run_script("--header", header, self.root)
        self.assertEqual(header.stat().st_mtime, 1)
        self.set_number("0.2.0")
        self.run_script("--header", header, self.root)
        self.assertEqual(header.read_text(), '#define BUILD_VERSION "0.2.0"\n')
        self.assertEqual(self.run_script(self.root), (0, "0.2.0\n", ""))


if __name__ == "__main__":
    unittest.main(verbosity=2)
