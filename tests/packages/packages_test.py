"""The package descriptions of packages/: their syntax, that they say that they have not been built, and that their files, versions,
licenses and options are those of mote.

    packages_test.py ROOT SOURCE...

SOURCE are the files that CMake compiles into the libraries that the device client consists of.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import kconfiglib
import yaml

ROOT = Path(sys.argv[1]).resolve()
COMPILED = {Path(source).resolve() for source in sys.argv[2:]}
PACKAGES = ROOT / "packages"
STUBS = Path(__file__).parent / "stubs"
UNTRIED = re.compile(r"NOT (BUILT|TRIED): (it|this|this description) has not (been tried with|run on) \w+|\*\*It has not been\s+built with")

sys.path.insert(0, str(ROOT / "scripts"))
import amalgamate  # noqa: E402

VERSION = amalgamate.product("VERSION")


def read(path):
    return (PACKAGES / path).read_text(encoding="utf-8")


def cmake_words(text):
    """The commands of a CMake file, each with its words. Fails for anything that is not a command, a comment or a blank line."""
    text = re.sub(r"(?m)^\s*#.*$", "", text)
    commands, position = [], 0
    pattern = re.compile(r"\s*(\w+)\s*\(((?:[^()\"]|\"(?:[^\"\\]|\\.)*\"|\([^()]*\))*)\)")
    while text[position:].strip():
        match = pattern.match(text, position)
        if match is None:
            raise AssertionError(f"not a command of CMake: {text[position:position + 80]!r}")
        commands.append((match[1], re.findall(r'"(?:[^"\\]|\\.)*"|[^\s"]+', match[2])))
        position = match.end()
    return commands


def make(*arguments, cwd=None, **variables):
    """What make would do. Fails if the makefile is wrong, or uses a variable that is not set."""
    command = ["make", "-n", "--no-print-directory", "--warn-undefined-variables", *arguments, *(f"{key}={value}" for key, value in variables.items())]
    result = subprocess.run([str(word) for word in command], cwd=cwd, check=False, capture_output=True, text=True)
    if result.returncode != 0 or result.stderr:
        raise AssertionError(f"{' '.join(map(str, command))}:\n{result.stdout}{result.stderr}")
    return result.stdout


def bitbake_values(text):
    """The assignments and the inherited classes of a recipe. Fails for a line that is none of: blank, comment, assignment, inherit."""
    text = re.sub(r"\\\n", " ", text)
    values = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if match := re.fullmatch(r"inherit ((?:[a-z0-9-]+ ?)+)", line):
            values["inherit"] = match[1].split()
        elif match := re.fullmatch(r"([A-Z][A-Z_]*(?:\w|\$\{\w+\}|[:-])*) (=|\?=|\+=|=\+|\.=|=\.|:=) \"([^\"]*)\"", line):
            values[match[1]] = match[3].strip()
        else:
            raise AssertionError(f"not a line of a recipe: {line!r}")
    return values


class Descriptions(unittest.TestCase):
    def test_each_says_first_that_it_was_not_tried(self):
        files = sorted(path for path in PACKAGES.rglob("*") if path.is_file())
        self.assertGreater(len(files), 15)
        for path in files:
            if path.name in ("device_sources.cmake", "gateway.conf", "external.desc"):
                continue  # A part of a description.
            head = " ".join(path.read_text(encoding="utf-8").splitlines()[:8])
            self.assertRegex(head, UNTRIED, path)

    def test_the_versions_are_that_of_the_product(self):
        found = {
            "library.json": json.loads(read("amalgamation/library.json"))["version"],
            "library.properties": re.search(r"^version=(.+)$", read("amalgamation/library.properties"), re.MULTILINE)[1],
            "idf_component.yml": yaml.safe_load(read("esp-idf/idf_component.yml"))["version"],
            "OpenWrt": re.search(r"^PKG_VERSION:=(.+)$", read("openwrt/mote-gateway/Makefile"), re.MULTILINE)[1],
            "Buildroot": re.search(r"^MOTE_VERSION = (.+)$", read("buildroot/package/mote/mote.mk"), re.MULTILINE)[1],
            "Yocto": next(PACKAGES.glob("yocto/recipes-*/mote/mote_*.bb")).stem.split("_")[1],
        }
        self.assertEqual(found, dict.fromkeys(found, VERSION))

    def test_the_license_is_that_of_the_product(self):
        name = amalgamate.product("LICENSE")
        self.assertEqual(json.loads(read("amalgamation/library.json"))["license"], name)
        self.assertEqual(yaml.safe_load(read("esp-idf/idf_component.yml"))["license"], name)
        self.assertIn(f"PKG_LICENSE:={name}\n", read("openwrt/mote-gateway/Makefile"))
        text = (ROOT / "LICENSE").read_bytes()
        kind, digest, file = read("buildroot/package/mote/mote.hash").splitlines()[-1].split()
        self.assertEqual((kind, digest, file), ("sha256", hashlib.sha256(text).hexdigest(), "LICENSE"))

    def test_options_exist(self):
        known = set(re.findall(r"(?:option\(|set\()(MOTE_\w+)", "".join(path.read_text() for path in (ROOT / "cmake").glob("*.cmake"))))
        used = set()
        for path in PACKAGES.rglob("*"):
            if path.is_file():
                used |= set(re.findall(r"-D(MOTE_\w+)=", path.read_text(encoding="utf-8")))
        self.assertGreaterEqual(used, {"MOTE_TESTS", "MOTE_NANOPB_SOURCE"})
        self.assertLessEqual(used, known)


class DeviceSources(unittest.TestCase):
    def listed(self):
        words = dict(cmake_words(read("device_sources.cmake"))[0:1])["set"]
        self.assertEqual(words[0], "MOTE_DEVICE_SOURCES")
        return [ROOT / word.removeprefix("${mote}/") for word in words[1:]]

    def test_the_files_are_those_that_cmake_compiles(self):
        self.assertEqual(self.listed(), amalgamate.device_sources())
        self.assertGreater(len(COMPILED), 40)
        self.assertFalse([path for path in self.listed() if not path.is_file() or path not in COMPILED])
        # All of the client and of the codec is in the list; of the protocol, what they need.
        client = {path for path in COMPILED if path.parent.name in ("device", "codec") and path.is_relative_to(ROOT / "src")}
        self.assertLessEqual(client, set(self.listed()))

    def test_cmake_reads_the_list(self):
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder, "print.cmake")
            script.write_text(
                f'set(mote {ROOT})\ninclude({PACKAGES}/device_sources.cmake)\n'
                'foreach(name SOURCES INCLUDES PRIVATE_INCLUDES OPTIONS DEFINITIONS)\n  message("${name} ${MOTE_DEVICE_${name}}")\nendforeach()\n'
            )
            lines = subprocess.run(["cmake", "-P", script], check=True, capture_output=True, text=True).stderr.splitlines()
        values = dict(line.split(" ", 1) for line in lines)
        self.assertEqual(values["SOURCES"].split(";"), [str(path) for path in amalgamate.device_sources()])
        for folder in (values["INCLUDES"], values["PRIVATE_INCLUDES"]):
            self.assertTrue(Path(folder).is_dir())
        self.assertEqual(values["DEFINITIONS"], f'MOTE_VERSION="{VERSION}"')
        self.assertIn("-std=c++20", values["OPTIONS"].split(";"))


class Parsers(unittest.TestCase):
    """The parsers of this test find errors."""

    def test_recipe(self):
        self.assertEqual(bitbake_values('A = "1 \\\n  2"\n# c\n\ninherit cmake\n'), {"A": "1    2", "inherit": ["cmake"]})
        for wrong in ('A = 1\n', 'A = "1\n', "a = '1'\n", "inherit\n", "do_it() {\n"):
            with self.assertRaises(AssertionError):
                bitbake_values(wrong)

    def test_cmake(self):
        self.assertEqual(cmake_words('# c\nset(A b "c d")\nif(NOT A)\nendif()'), [("set", ["A", "b", '"c d"']), ("if", ["NOT", "A"]), ("endif", [])])
        for wrong in ("set(A", "set A", 'set(A "b)'):
            with self.assertRaises(AssertionError):
                cmake_words(wrong)


class EspIdf(unittest.TestCase):
    def test_manifest(self):
        manifest = yaml.safe_load(read("esp-idf/idf_component.yml"))
        self.assertEqual(set(manifest), {"version", "description", "license", "dependencies"})
        self.assertRegex(manifest["dependencies"]["idf"], r"^>=\d+\.\d+$")

    def test_component(self):
        commands = cmake_words(read("esp-idf/CMakeLists.txt"))
        register = dict(commands)["idf_component_register"]
        self.assertEqual(register[:2], ["SRCS", "${MOTE_DEVICE_SOURCES}"])
        self.assertEqual(register[-2:], ["REQUIRES", "nanopb"])
        self.assertIn(("include", ["${mote}/packages/device_sources.cmake"]), commands)
        self.assertEqual((PACKAGES / "esp-idf/../..").resolve(), ROOT)


class Zephyr(unittest.TestCase):
    def test_module(self):
        module = yaml.safe_load(read("zephyr/zephyr/module.yml"))
        self.assertEqual(module["name"], "mote")
        self.assertTrue((PACKAGES / "zephyr" / module["build"]["cmake"] / "CMakeLists.txt").is_file())
        self.assertTrue((PACKAGES / "zephyr" / module["build"]["kconfig"]).is_file())
        commands = cmake_words(read("zephyr/zephyr/CMakeLists.txt"))
        self.assertIn(("zephyr_library_sources", ["${MOTE_DEVICE_SOURCES}"]), commands)
        self.assertEqual((PACKAGES / "zephyr/zephyr/../../..").resolve(), ROOT)
        used = set(re.findall(r"CONFIG_(\w+)", read("zephyr/zephyr/CMakeLists.txt")))
        self.assertEqual(used, set(self.symbols({}, defined=True)))

    def symbols(self, values, defined=False):
        """The values of the module's symbols, after those of Zephyr were set."""
        with tempfile.TemporaryDirectory() as folder:
            top = Path(folder, "Kconfig")
            zephyr = "".join(f'config {name}\n\tbool "{name}"\n' for name in ("CPP", "STD_CPP20", "NANOPB"))
            top.write_text(f'mainmenu "test"\n{zephyr}source "{PACKAGES}/zephyr/zephyr/Kconfig"\n')
            config = kconfiglib.Kconfig(str(top), warn_to_stderr=False)
        self.assertFalse(config.warnings)
        for name, value in values.items():
            self.assertTrue(config.syms[name].set_value(value))
        names = [name for name, symbol in config.syms.items() if name.startswith("MOTE_") and symbol.nodes]
        return names if defined else {name: config.syms[name].str_value for name in names}

    def test_options(self):
        zephyr = {"CPP": "y", "STD_CPP20": "y", "NANOPB": "y"}
        self.assertEqual(self.symbols({"MOTE_DEVICE": "y"}), {"MOTE_DEVICE": "n", "MOTE_DEVICE_SMALL": "n"})
        self.assertEqual(self.symbols(zephyr | {"MOTE_DEVICE": "y"}), {"MOTE_DEVICE": "y", "MOTE_DEVICE_SMALL": "y"})
        self.assertEqual(self.symbols(zephyr | {"MOTE_DEVICE": "y", "MOTE_DEVICE_SMALL": "n"})["MOTE_DEVICE_SMALL"], "n")


class Amalgamation(unittest.TestCase):
    """PlatformIO and Arduino: the folder that ./dev amalgamate writes."""

    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.folder = Path(scratch.name) / "amalgamation"
        amalgamate.write(cls.folder)

    def test_library_json(self):
        library = json.loads((self.folder / "library.json").read_text())
        self.assertEqual(library["build"]["srcDir"], "src")
        self.assertTrue((self.folder / library["build"]["srcDir"] / library["headers"]).is_file())
        self.assertRegex(library["name"], r"^[a-z-]+$")

    def test_library_properties(self):
        lines = [line for line in (self.folder / "library.properties").read_text().splitlines() if not line.startswith("#")]
        properties = dict(line.split("=", 1) for line in lines)
        required = {"name", "version", "author", "maintainer", "sentence", "paragraph", "category", "url", "architectures"}
        self.assertEqual(set(properties), required | {"includes", "depends"})
        self.assertTrue((self.folder / "src" / properties["includes"]).is_file())
        self.assertIn(properties["category"], ("Communication", "Device Control", "Other"))

    def test_files_that_the_readme_names(self):
        for name in re.findall(r"^\| `([^`]+)`", (self.folder / "README.md").read_text(), re.MULTILINE):
            self.assertTrue((self.folder / name).exists(), name)


class OpenWrt(unittest.TestCase):
    PACKAGE = PACKAGES / "openwrt" / "mote-gateway"

    def test_makefile(self):
        text = make("install", cwd=self.PACKAGE, TOPDIR=STUBS / "openwrt", INCLUDE_DIR=STUBS / "openwrt", MOTE_NANOPB_SOURCE="/nanopb")
        for expected in ("title gRPC gateway in fixed memory", "depends +libstdcpp", "-DMOTE_NANOPB_SOURCE=/nanopb", "/usr/bin/mote-gateway",
                         "/etc/init.d/mote-gateway", "conffile /etc/mote/gateway.conf", f"tar -C {self.PACKAGE}/../../.."):
            self.assertIn(expected, text)
        for file in re.findall(r"\./(files/\S+)", text):
            self.assertTrue((self.PACKAGE / file).is_file(), file)

    def test_the_source_is_that_of_mote(self):
        self.assertEqual((self.PACKAGE / "../../..").resolve(), ROOT)

    def test_service(self):
        script = self.PACKAGE / "files" / "mote-gateway.init"
        calls = f'procd_open_instance() {{ echo open; }}; procd_set_param() {{ echo "$@"; }}; procd_close_instance() {{ echo close; }}; . {script}; start_service'
        lines = subprocess.run(["sh", "-euc", calls], check=True, capture_output=True, text=True).stdout.splitlines()
        self.assertEqual((lines[0], lines[-1]), ("open", "close"))
        self.assertIn("command /usr/bin/mote-gateway --config /etc/mote/gateway.conf", lines)


class Buildroot(unittest.TestCase):
    TREE = PACKAGES / "buildroot"

    def test_description(self):
        description = yaml.safe_load(f"{{{', '.join(repr(line.split(': ', 1)[0]) + ': ' + json.dumps(line.split(': ', 1)[1]) for line in read('buildroot/external.desc').splitlines())}}}")
        self.assertEqual(description["name"], "MOTE")
        self.assertRegex(description["desc"], UNTRIED)

    def test_options(self):
        needs = ("BR2_INSTALL_LIBSTDCPP", "BR2_TOOLCHAIN_GCC_AT_LEAST_12", "BR2_TOOLCHAIN_HEADERS_AT_LEAST_4_19")
        with tempfile.TemporaryDirectory() as folder:
            top = Path(folder, "Config.in")
            buildroot = "".join(f'config {name}\n\tbool "{name}"\n' for name in needs)
            top.write_text(f'mainmenu "test"\n{buildroot}source "{self.TREE}/Config.in"\n')
            os.environ["BR2_EXTERNAL_MOTE_PATH"] = str(self.TREE)
            config = kconfiglib.Kconfig(str(top), warn_to_stderr=False)
        self.assertFalse(config.warnings)
        package = config.syms["BR2_PACKAGE_MOTE"]
        package.set_value("y")
        self.assertEqual(package.str_value, "n")
        for name in needs:
            config.syms[name].set_value("y")
        self.assertEqual(package.str_value, "y")

    def test_makefile(self):
        text = make("-f", STUBS / "buildroot.mk", BR2_EXTERNAL_MOTE_PATH=self.TREE, MOTE_NANOPB_SOURCE="/nanopb", TARGET_DIR="/target")
        self.assertIn(f"site {self.TREE}/../.. local", text)
        self.assertIn("-DMOTE_TESTS=OFF -DMOTE_NANOPB_SOURCE=/nanopb", text)
        self.assertIn("license Apache-2.0 LICENSE", text)
        self.assertIn("rm -rf /target/usr/share/mote /target/usr/bin/protoc-gen-mote", text)
        self.assertEqual((self.TREE / "../..").resolve(), ROOT)


class Yocto(unittest.TestCase):
    LAYER = PACKAGES / "yocto"

    def recipe(self):
        paths = list(self.LAYER.glob("recipes-*/*/*.bb"))
        self.assertEqual(len(paths), 1)
        return paths[0], bitbake_values(paths[0].read_text(encoding="utf-8"))

    def test_layer(self):
        layer = bitbake_values(read("yocto/conf/layer.conf").replace("${LAYERDIR}", "LAYERDIR"))
        self.assertEqual(layer["BBFILE_COLLECTIONS"], "mote")

    def test_recipe(self):
        path, values = self.recipe()
        self.assertEqual(values["LICENSE"], amalgamate.product("LICENSE"))
        digest = hashlib.md5((ROOT / "LICENSE").read_bytes(), usedforsecurity=False).hexdigest()
        self.assertEqual(values["LIC_FILES_CHKSUM"], f"file://LICENSE;md5={digest}")
        self.assertEqual(values["inherit"], ["cmake", "externalsrc", "python3native"])
        source = re.search(r"getVar\('THISDIR'\), '([./]+)'", values["EXTERNALSRC"])[1]
        self.assertEqual((path.parent / source).resolve(), ROOT)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
