"""Builds a project outside of mote with each way to use mote, and runs it: the server and the device client call each other.

    library_test.py BUILD WAY

BUILD is the build folder whose libraries are installed. WAY is a test below: package, starter, pkg_config, subdirectory, fetch or board.
"""

import contextlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PROJECT = HERE / "project"
BUILD, WAY = Path(sys.argv[1]), sys.argv[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
from gateway import Gateway  # noqa: E402  (after the path)

PROGRAMS = ["greeter-device", "greeter-gateway"]
QEMU = [] if platform.machine() == "aarch64" else ["qemu-aarch64-static", "-cpu", "cortex-a53"]
# What mote compiles its own sources with, and other projects must not get from it.
FLAGS_OF_MOTE = ("-Werror", "-Wall", "-Wshadow", "-fno-exceptions", "-fno-rtti", "-fstack-protector-strong", f"-I{ROOT}/src")


def run(*command, check=True, **environment):
    done = subprocess.run(
        [*map(str, command)], check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **environment}
    )
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stdout}")
    return done


class Library(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="mote-library-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name).resolve()
        self.project = self.folder / "project"
        shutil.copytree(PROJECT, self.project)
        self.built = self.folder / "build"
        self.prefix = self.folder / "prefix"

    def configure(self, *settings, folder=None, check=True, **environment):
        flags = [f"-D{setting}" for setting in settings]
        return run("cmake", "-G", "Ninja", "-S", self.project, "-B", folder or self.built, *flags, check=check, **environment)

    def build(self, *settings, targets=(), **more):
        self.configure("CMAKE_EXPORT_COMPILE_COMMANDS=ON", *settings, **more)
        run("cmake", "--build", more.get("folder") or self.built, *(f"--target={target}" for target in targets))

    def install(self):
        run("cmake", "--install", BUILD, "--prefix", self.prefix)

    def assert_works(self, folder=None, emulator=()):
        gateway, device = ([*emulator, str((folder or self.built) / name)] for name in ("greeter-gateway", "greeter-device"))
        self.assertEqual(run(*gateway, "--version").stdout, "greeter-gateway 1.2.3\n")
        with Gateway(command=gateway) as server:
            port = server.target.rpartition(":")[2]
            self.assertEqual(run(*device, port, "dev-1").stdout, "hello dev-1, call 1\n")
            self.assertEqual(run(*device, port, "dev-2").stdout, "hello dev-2, call 2\n")
            refused = run(*device, port, "", check=False)
            self.assertEqual((refused.returncode, refused.stdout), (1, "INVALID_ARGUMENT: a greeting needs a name\n"))

    def assert_clean(self):
        """The project got nothing from mote but what it needs."""
        commands = {Path(one["file"]).name: one["command"].split() for one in json.loads((self.built / "compile_commands.json").read_text())}
        for name in ("gateway.cpp", "device.c"):
            self.assertEqual([flag for flag in FLAGS_OF_MOTE if flag in commands[name]], [], name)
        self.assertIn("-std=gnu++20", commands["gateway.cpp"])
        self.assertIn("No tests were found", run("ctest", "--test-dir", self.built).stdout)
        targets = run("ninja", "-C", self.built, "-t", "targets", "all").stdout
        self.assertIn("greeter-gateway:", targets)
        self.assertNotIn("mote-gateway:", targets)

    def assert_installs_its_programs(self):
        run("cmake", "--install", self.built, "--prefix", self.folder / "installed")
        installed = sorted(path.name for path in (self.folder / "installed").rglob("*") if path.is_file())
        self.assertEqual(installed, PROGRAMS)

    def test_package(self):
        self.install()
        self.build(f"CMAKE_PREFIX_PATH={self.prefix}")
        self.assert_works()
        self.assert_clean()
        self.assert_installs_its_programs()
        generator = run(self.prefix / "bin" / "protoc-gen-mote", "--version").stdout.split()
        device = run(self.prefix / "bin" / "mote-device", "--version").stdout.split()
        self.assertEqual(generator, ["protoc-gen-mote", device[1]])
        for page, words in (
            ("man/man8/mote-gateway.8", ".B mote-gateway\n"),
            ("man/man5/mote-gateway.conf.5", "max\\-streams"),
            ("man/man1/mote-device.1", "\\-\\-target"),
            ("bash-completion/completions/mote-gateway", "complete -o filenames"),
            ("bash-completion/completions/mote-device", "complete -o filenames"),
            ("zsh/site-functions/_mote-gateway", "#compdef mote-gateway\n"),
            ("zsh/site-functions/_mote-device", "#compdef mote-device\n"),
            ("doc/mote/examples/mote-gateway.avahi.service", "<port>50051</port>"),
        ):
            text = (self.prefix / "share" / page).read_text()
            self.assertIn(words, text)
            self.assertNotRegex(text, r"@[A-Z_]+@")

        listing = self.project / "CMakeLists.txt"
        whole = listing.read_text()
        for correct, wrong, reason in (
            ("server device port_posix", "server toaster", "This mote has no mote::toaster"),
            ("LANGUAGES C CXX", "LANGUAGES C", "mote needs both languages"),
            ("find_package(mote 0.1", "find_package(mote 0.9", '"0.9"'),
        ):
            listing.write_text(whole.replace(correct, wrong))
            failed = self.configure(f"CMAKE_PREFIX_PATH={self.prefix}", folder=self.folder / "wrong", check=False)
            self.assertNotEqual(failed.returncode, 0, wrong)
            self.assertIn(reason, " ".join(failed.stdout.split()))
            shutil.rmtree(self.folder / "wrong")

    def test_starter(self):
        """The template of ./dev new, which also has a product.conf and a test with mote::testing."""
        self.install()
        self.project = ROOT / "examples" / "starter"
        self.build(f"CMAKE_PREFIX_PATH={self.prefix}")
        number = re.search(r"^VERSION=(\S+)$", (self.project / "product.conf").read_text(), re.MULTILINE)[1]
        self.assertEqual(run(self.built / "bin" / "starter-gateway", "--version").stdout, f"starter-gateway {number}\n")
        run(self.built / "bin" / "service_test")

    def test_pkg_config(self):
        self.install()
        # It can be moved.
        moved = self.prefix.rename(self.folder / "moved")
        self.built.mkdir()
        run(self.project / "build.sh", self.built, PKG_CONFIG_PATH=str(next(moved.rglob("pkgconfig"))))
        self.assert_works()

    def test_subdirectory(self):
        self.build("GREETER_MOTE=subdirectory", f"MOTE_FOLDER={ROOT}", "CMAKE_BUILD_TYPE=RelWithDebInfo")
        self.assert_works()
        self.assert_clean()
        self.assert_installs_its_programs()

    def test_fetch(self):
        source = self.folder / "mote"
        source.mkdir()
        # The files as they are, committed or not.
        names = subprocess.run(
            ["git", "-c", f"safe.directory={ROOT}", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            check=True, stdout=subprocess.PIPE, text=True,
        ).stdout
        for name in filter(None, names.split("\0")):
            with contextlib.suppress(FileNotFoundError):
                (source / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, source / name, follow_symlinks=False)
        git = ["git", "-C", source, "-c", "user.name=A", "-c", "user.email=a@example.org"]
        run(*git, "init", "--initial-branch", "main")
        run(*git, "add", "--all")
        run(*git, "commit", "--message", "All files")
        # The gateway is compiled as by test_subdirectory, and takes minutes.
        self.build("GREETER_MOTE=fetch", f"MOTE_URL=file://{source}", targets=["greeter-device"])
        self.assert_clean()
        digest = run(*git, "rev-parse", "HEAD").stdout[:12]
        usage = run(self.built / "greeter-device", check=False).stdout
        self.assertRegex(usage, rf"\(mote \d+\.\d+\.\d+~git\d{{14}}\.{digest}\)\n$")

    def test_board(self):
        board = ("MOTE_BOARD=greeter-board", f"MOTE_BOARD_DIR={self.project}/boards", "CMAKE_BUILD_TYPE=MinSizeRel")
        mote = (f"CMAKE_TOOLCHAIN_FILE={ROOT}/toolchains/board.cmake", "GREETER_MOTE=subdirectory", f"MOTE_FOLDER={ROOT}")
        self.build(*board, *mote, "MOTE_INSTALL=ON")
        self.assert_board_programs(self.built)
        self.assert_works(emulator=QEMU)

        # The same with what was installed for the board.
        run("cmake", "--install", self.built, "--prefix", self.prefix)
        from_prefix = self.folder / "from-prefix"
        toolchain = f"CMAKE_TOOLCHAIN_FILE={self.prefix}/share/mote/toolchains/board.cmake"
        downloads = os.environ.get("MOTE_DOWNLOADS", str(ROOT / "build" / "downloads"))
        environment = {"XDG_CACHE_HOME": str(self.folder / "cache"), "MOTE_DOWNLOADS": downloads}
        self.build(*board, toolchain, folder=from_prefix, **environment)
        self.assert_board_programs(from_prefix)
        self.assert_works(from_prefix, emulator=QEMU)

        for settings, reason in (
            (("MOTE_BOARD=toaster", *board[1:]), 'MOTE_BOARD is "toaster", but there is no board.cmake'),
            (("MOTE_BOARD=greeter-board", "MOTE_BOARD_DIR=boards"), 'MOTE_BOARD_DIR is "boards"; it must be an absolute path'),
        ):
            failed = self.configure(*settings, *mote, folder=self.folder / "wrong", check=False)
            self.assertNotEqual(failed.returncode, 0)
            self.assertIn(reason, " ".join(failed.stdout.split()))

    def assert_board_programs(self, folder):
        for name in PROGRAMS:
            header = run("readelf", "--file-header", "--program-headers", folder / name).stdout
            self.assertIn("AArch64", header)
            self.assertNotIn("INTERP", header, "it needs no loader")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], f"Library.test_{WAY}"], verbosity=2)
