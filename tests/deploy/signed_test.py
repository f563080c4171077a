"""Tests signed releases, and which versions replace which."""

import subprocess
import sys
import unittest
from pathlib import Path

from deploying import DeployTestCase, main
from targets import run

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "deploy"))
import age
import release
import signature
from product import Product, Unusable


class Age(unittest.TestCase):
    # From the oldest to the newest.
    ORDER = (
        "0.0.9", "0.1.0~git20261130021605.0123456789ab", "0.1.0~git20261130021605.0123456789ab.modified", "0.1.0~git20261201000000.00",
        "0.1.0~rc1", "0.1.0", "0.1.0+git20261202000000.01", "0.1.1", "0.2.0", "0.10.0", "1.0.0",
    )  # fmt: skip

    def test_the_order_is_that_of_dpkg(self):
        for index, old in enumerate(self.ORDER):
            for new in self.ORDER[index + 1 :]:
                self.assertEqual(subprocess.run(["dpkg", "--compare-versions", old, "lt", new], check=False).returncode, 0, (old, new))
                self.assertTrue(age.is_older(f"{old}-ffffffffffff", f"{new}-000000000000"), (old, new))
                self.assertFalse(age.is_older(f"{new}-000000000000", f"{old}-ffffffffffff"), (old, new))

    def test_other_files_are_not_older(self):
        self.assertFalse(age.is_older("0.1.0-000000000000", "0.1.0-ffffffffffff"))


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
        self.push(self.two, "--allow-older")
        self.assertEqual(self.root.linked(), self.version_of(self.two))

    def test_bad_keys(self):
        for key in ("/nonexistent", self.one / "mote-gateway"):
            with self.assertRaises(Unusable):
                release.build(Product(), "host", self.one, signer=(key, None))
        with self.assertRaisesRegex(Unusable, "is not a file of public keys"):
            signature.signers(self.key, Path(__file__))
        self.assertEqual(self.push(self.one, "--more-keys", f"{self.key}.pub", code=2), "")


if __name__ == "__main__":
    main()
