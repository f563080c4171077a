"""The common part of the tests of SD-card images. Each is run as

    NAME_test.py --programs FOLDER [unittest arguments]

FOLDER/BOARD/bin has the programs of `./dev cross BOARD` for rpi-3 and rpi-zero.
"""

import argparse
import sys
import unittest
from pathlib import Path

from targets import deploy_command, run, temporary_folder

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
import verdict

options = argparse.Namespace()


def programs_of(board):
    return options.programs / board / "bin"


class ImageTestCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = temporary_folder()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(cls.folder / "key"))

    def make(self, board, *arguments, programs=None):
        image = self.folder / f"{board}.img"
        keys = ["--authorized-keys", f"{self.folder}/key.pub"]
        run(*deploy_command(), "image", board, str(image), "--from", str(programs_of(programs or board)), *keys, *arguments)
        return image


def main():
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--programs", required=True, type=Path)
    _, rest = parser.parse_known_args(namespace=options)
    verdict.run(rest)
