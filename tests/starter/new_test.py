"""Tests ./dev new: what it makes, and what it refuses."""

import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "deploy"), str(ROOT / "scripts")]
import new_project
import product


class New(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="mote-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def new(self, *arguments):
        return subprocess.run([ROOT / "dev", "new", *map(str, arguments)], cwd=self.folder, capture_output=True, text=True, check=False)

    def test_the_project_has_its_own_names_only(self):
        done = self.new("here", "--name", "plant", "--port", "50077")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, "made here. Next:\n  cd here\n  ./dev run &\n  ./dev call\n")
        self.assertEqual([path.name for path in self.folder.iterdir()], ["here"])
        project = self.folder / "here"
        files = {str(path.relative_to(project)): path for path in project.rglob("*") if path.is_file()}
        self.assertEqual(len(files), len(list(new_project.template_files())) + 1)
        for name, path in files.items():
            self.assertNotIn("starter", name)
            if name != "LICENSE":
                self.assertEqual(re.findall(r".*(?:starter|50052).*", path.read_text(), re.IGNORECASE), [], name)
        for name in ("dev", "ci", "client.py"):
            self.assertTrue(os.access(files[name], os.X_OK), name)
        made = product.Product(project)
        self.assertEqual((made.name, made.program, made.environment, made.port), ("plant", "plant-gateway", "PLANT_", "50077"))
        self.assertEqual(made.service, "plant.v1.Plant")
        self.assertEqual(Path(re.search(r"^MOTE=(.*)$", files["product.conf"].read_text(), re.MULTILINE)[1]), ROOT)

    def test_the_template_is_a_valid_product(self):
        self.assertEqual(product.Product(new_project.TEMPLATE).name, "starter")

    def test_refusals(self):
        (self.folder / "full").mkdir()
        meaning = "it has another meaning in C++, in CMake or in the template"
        form = "it names C++ code, a Debian package and a user, so it must be 2 to 20 lower-case letters and digits, with a letter first"
        for arguments, text in (
            (("full", "--name", "plant"), f"{self.folder}/full exists"),
            (("no/folder", "--name", "plant"), f"there is no folder {self.folder}/no"),
            (("new", "--name", "plant", "--port", "0"), 'the port must be a number from 1 to 65535, not "0"'),
            *((("new", "--name", name), f'the name "{name}" cannot be used: {form}') for name in ("", "x", "2a", "my-plant", "my_plant", "Plant", "pl\N{LATIN SMALL LETTER A WITH RING ABOVE}nt", "a" * 21, "a\n")),
            *((("new", "--name", name), f'the name "{name}" cannot be used: {meaning}') for name in ("class", "mote", "watch", "test", "time")),
        ):
            with self.subTest(arguments):
                done = self.new(*arguments)
                self.assertEqual((done.returncode, done.stdout, done.stderr), (2, "", f"new: {text}\n"))
        self.assertEqual(self.new("new").returncode, 2)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["full"])

    def test_a_project_without_its_mote(self):
        self.new("here", "--name", "plant")
        environment = {**os.environ, "MOTE_DIR": "/nonexistent"}
        done = subprocess.run([self.folder / "here/dev", "build"], env=environment, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, 'dev: there is no mote in "/nonexistent": correct MOTE in product.conf, or set MOTE_DIR\n')


if __name__ == "__main__":
    unittest.main(verbosity=2)
