"""Checks the manual pages and completions of deploy/manual: they are what the programs print, roff accepts them, and bash completes.

    manual_test.py ROOT BIN
"""

import shutil
import subprocess
import sys
import unittest
from pathlib import Path

ROOT, BIN = map(Path, sys.argv[1:3])
MANUAL = ROOT / "deploy/manual"
sys.path.insert(0, str(ROOT / "deploy"))
import deb
from product import Product


def rendered(name):
    return Product(ROOT).render((MANUAL / name).read_bytes()).decode()


def completed(script, function, *words):
    """What bash completes the last word with."""
    array = " ".join(f"'{word}'" for word in words)
    command = f"{script}\nCOMP_WORDS=({array}); COMP_CWORD={len(words) - 1}; {function}; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    return subprocess.run(["bash", "-c", command], check=True, capture_output=True, text=True).stdout.split()


class Manual(unittest.TestCase):
    def test_it_is_what_the_programs_print(self):
        command = [sys.executable, str(ROOT / "scripts/manual.py"), "--check", str(BIN)]
        checked = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual((checked.returncode, checked.stderr), (0, ""))

    def test_no_name_of_the_product_is_left(self):
        for path in MANUAL.iterdir():
            self.assertNotRegex(rendered(path.name), r"@[A-Z_]+@", path)

    def test_roff_accepts_the_pages(self):
        if shutil.which("groff") is None:
            self.skipTest("groff is not installed")
        for path in MANUAL.glob("*.[158]"):
            checked = subprocess.run(
                ["groff", "-man", "-Tutf8", "-ww", "-z"], input=rendered(path.name), capture_output=True, text=True, check=False
            )
            self.assertEqual((checked.returncode, checked.stderr), (0, ""), path)

    def test_bash_completes_flags_and_values(self):
        gateway, device = rendered("gateway.bash"), rendered("mote-device.bash")
        self.assertEqual(completed(gateway, "_mote-gateway", "mote-gateway", "--max-streams"), ["--max-streams", "--max-streams-per-connection", "--max-streams-per-address"])
        self.assertEqual(completed(gateway, "_mote-gateway", "mote-gateway", "--log-level", "w"), ["warn"])
        self.assertEqual(completed(gateway, "_mote-gateway", "mote-gateway", "--log-level", "=", "d"), ["debug"])
        self.assertEqual(completed(gateway, "_mote-gateway", "mote-gateway", "--max-streams", ""), [])
        self.assertIn(str(ROOT / "README.md"), completed(gateway, "_mote-gateway", "mote-gateway", "--config", str(ROOT / "READ")))
        self.assertEqual(completed(device, "_mote-device", "mote-device", "--mode", "re"), ["reply", "reply-stream"])

    def test_the_package_has_them(self):
        product = Product(ROOT)
        self.assertEqual(set(deb.manual(product)), {"mote-gateway.8", "mote-gateway.conf.5", "mote-device.1"})
        folders = {f"usr/share/{folder}" for folder in ("bash-completion/completions/", "zsh/vendor-completions/_")}
        self.assertEqual(set(deb.completions(product)), {f"{folder}{name}" for folder in folders for name in ("mote-gateway", "mote-device")})


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
