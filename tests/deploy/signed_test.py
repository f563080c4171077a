"""Tests signed releases, and which versions replace which."""

import dataclasses
import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

from deploying import DeployTestCase, main
from targets import run, temporary_folder

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
sys.path.insert(0, str(DEPLOY))
import release
import signature
from host import Host
from product import Product, Unusable


class Age(unittest.TestCase):
    # From the oldest to the newest.
    ORDER = (
        "0.0.9", "0.1.0~git20261130021605.0123456789ab", "0.1.0~git20261130021605.0123456789ab.modified", "0.1.0~git20261201000000.00",
        "0.1.0~rc1", "0.1.0", "0.1.0+git20261202000000.01", "0.1.1", "0.2.0", "0.10.0", "1.0.0",
    )  # fmt: skip

    def older(self, pairs, shell):
        """What is_older of target.sh says about each pair, with the awk that `shell` finds."""
        text = (DEPLOY / "target.sh").read_text()
        function = text[text.index("\nis_older() {") : text.index("\n}\n", text.index("\nis_older() {")) + 3]
        calls = "".join(f"if is_older {one} {other}; then echo yes; else echo no; fi\n" for one, other in pairs)
        return [word == "yes" for word in run(*shell, f"{function}{calls}").stdout.split()]

    def test_the_order_is_that_of_dpkg(self):
        pairs = [(old, new) for index, old in enumerate(self.ORDER) for new in self.ORDER[index + 1 :]]
        for old, new in pairs:
            self.assertEqual(subprocess.run(["dpkg", "--compare-versions", old, "lt", new], check=False).returncode, 0, (old, new))
        ups = [(f"{old}-ffffffffffff", f"{new}-000000000000") for old, new in pairs]
        downs = [(new, old) for old, new in ups]
        with temporary_folder() as folder:
            shells = [["sh", "-c"]]
            if busybox := shutil.which("busybox"):
                (Path(folder) / "awk").symlink_to(busybox)
                shells.append(["env", f"PATH={folder}", busybox, "sh", "-c"])
            for shell in shells:
                with self.subTest(shell=shell):
                    self.assertEqual([pair for pair, older in zip(ups, self.older(ups, shell), strict=True) if not older], [])
                    self.assertEqual([pair for pair, older in zip(downs, self.older(downs, shell), strict=True) if older], [])

    def test_other_files_are_not_older(self):
        self.assertEqual(self.older([("0.1.0-000000000000", "0.1.0-ffffffffffff"), ("1-a", "1-a")], ["sh", "-c"]), [False, False])


class Signed(DeployTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name in ("key", "other"):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(cls.sshd.folder / name))
        cls.key, cls.other = cls.sshd.folder / "key", cls.sshd.folder / "other"

    REFUSED = "the release is not signed by a key that this host accepts"

    def signed(self, folder, key=None, **named):
        return self.push(folder, "--sign-key", key or self.key, **named)

    def test_the_keys_of_the_first_push_decide(self):
        self.signed(self.one)
        before = self.root.linked()
        for wrong in (lambda: self.push(self.two, code=1), lambda: self.signed(self.two, self.other, code=1)):
            self.assertIn(self.REFUSED, wrong())
            self.assertEqual(self.root.linked(), before)
        self.signed(self.two)
        self.assertNotEqual(self.root.linked(), before)
        self.assert_serves()
        self.deploy("rollback", "--watch-seconds", 0)
        self.assertEqual(self.root.linked(), before)

    def test_an_unsigned_release_that_is_there_is_not_kept(self):
        self.push(self.one)
        self.push(self.two)
        self.signed(self.two)
        self.assertIn(self.REFUSED, self.push(self.one, code=1))

    def test_a_release_may_bring_new_keys(self):
        self.push(self.one, "--sign-key", self.key, "--more-keys", f"{self.other}.pub")
        self.signed(self.two, self.other)
        self.assertIn(self.REFUSED, self.signed(self.one, self.key, code=1))

    def test_a_rollback_does_not_bring_old_keys_back(self):
        self.push(self.one, "--sign-key", self.key, "--more-keys", f"{self.other}.pub")
        self.signed(self.two, self.other)
        self.deploy("rollback", "--watch-seconds", 0)
        self.assertIn(self.REFUSED, self.signed(self.programs.version("three"), self.key, code=1))

    def test_files_that_the_signature_does_not_cover(self):
        """An archive with one file more than the signed list."""
        self.signed(self.one)
        self.sshd.shim("sha256sum", '[ "$1" = -c ] && [ "$2" = SHA256SUMS ] && [ ! -e VERSION.more ] && case $PWD in */.incoming*) echo x >VERSION.more ;; esac\nPATH=${PATH#*:} exec sha256sum "$@"')
        self.assertIn(self.REFUSED, self.signed(self.two, code=1))

    def test_an_older_version(self):
        self.push(self.one)
        version = self.root.linked()
        newer = f"9.9.9-{version.rpartition('-')[2]}"
        releases = self.root.home / "releases"
        (releases / version).rename(releases / newer)
        (self.root.home / "current").unlink()
        (self.root.home / "current").symlink_to(f"releases/{newer}")
        self.assertIn(f"has the newer version {newer}: --allow-older replaces it", self.push(self.two, code=1))
        self.assertEqual(self.root.linked(), newer)
        self.assertEqual(list(self.root.home.glob(".incoming*")), [])
        self.push(self.two, "--allow-older")
        self.assertEqual(self.root.linked(), self.version_of(self.two))
        with self.subTest("rollback is exempt"):
            for expected in (newer, self.version_of(self.two)):
                self.deploy("rollback", "--watch-seconds", 0)
                self.assertEqual(self.root.linked(), expected)

    def test_a_release_under_another_name(self):
        """As an older one with a valid signature would be sent to pass for a newer one."""
        self.push(self.one)
        package = release.build(Product(), "host", self.two)
        host = Host(Product(), "127.0.0.1", self.sshd.command, False, str(self.root.path), "init")
        outcome = host.push(dataclasses.replace(package, version="9.9.9-000000000000"), 3, 0, False, False)
        self.assertEqual((outcome.code, outcome.result), (1, "the release is not 9.9.9-000000000000"))
        self.assertEqual(self.root.linked(), self.version_of(self.one))

    def test_the_sender_checks_for_a_host_that_cannot(self):
        """Hosts with dropbear have no ssh-keygen."""
        programs = self.sshd.folder / "without-ssh-keygen"
        programs.mkdir()
        for folder in ("/usr/sbin", "/usr/bin", "/sbin", "/bin"):
            for path in Path(folder).iterdir():
                if path.name != "ssh-keygen" and not os.path.lexists(programs / path.name):
                    (programs / path.name).symlink_to(path)
        wrapper = self.sshd.folder / "ssh-without"
        wrapper.write_text(f'#!/bin/sh\nexec {self.sshd.command} "$1" "PATH={programs}; $2"\n')
        wrapper.chmod(0o755)

        def push(folder, *arguments, code=0):
            return self.push(folder, *arguments, hosts=("--ssh", str(wrapper), "127.0.0.1"), code=code)

        # Longer than a line that deploy reads.
        run("ssh-keygen", "-q", "-t", "rsa", "-b", "4096", "-N", "", "-f", str(self.sshd.folder / "long"))
        push(self.one, "--sign-key", self.sshd.folder / "long")
        before = self.root.linked()
        for wrong in ((), ("--sign-key", self.key)):
            self.assertIn(self.REFUSED, push(self.two, *wrong, code=1))
            self.assertEqual(self.root.linked(), before)
        self.assertIn("signature checked here: the host has no ssh-keygen", push(self.two, "--sign-key", self.sshd.folder / "long"))
        self.assertEqual(self.root.linked(), self.version_of_signed(self.two, self.sshd.folder / "long"))

    def version_of_signed(self, folder, key):
        return release.build(Product(), "host", folder, signer=(key, None)).version

    def test_bad_keys(self):
        for key in ("/nonexistent", self.one / "mote-gateway"):
            with self.assertRaises(Unusable):
                release.build(Product(), "host", self.one, signer=(key, None))
        with self.assertRaisesRegex(Unusable, "is not a file of public keys"):
            signature.signers(self.key, Path(__file__))
        self.assertEqual(self.push(self.one, "--more-keys", f"{self.key}.pub", code=2), "")


if __name__ == "__main__":
    main()
