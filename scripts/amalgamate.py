"""Writes the device client as two C++ files with its C headers, for firmware whose build system is not CMake.

    amalgamate.py FOLDER

FOLDER is emptied and gets:

    src/mote_device.cpp          the client: the protocol, the codec and the calls
    src/mote_names.cpp           the names of status codes
    src/mote/*.h                 the headers that firmware and generated code include
    posix/mote_port_posix.cpp    the port for Linux and other POSIX systems, with mote/port_posix.h beside it
    library.json, library.properties, README.md, LICENSE

nanopb is not included: its runtime must have the version of the generator that writes the messages, and a project that has
nanopb messages has both. The same sources give the same files, byte by byte.

Most sources share one translation unit, so names in the anonymous namespaces of one namespace must differ.
"""

import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SRC, INCLUDE = ROOT / "src", ROOT / "include"
ROOMS = ("bytes", "hpack", "http2", "grpc_http2", "codec", "device")
PORT = ROOT / "firmware-host" / "ports" / "posix"
PORT_HEADER = "port_posix.h"
OTHER_HEADERS = (PORT_HEADER, "product.h", "serve.h", "version.h")  # Not for firmware.
# Headers whose definitions are in a source of another name.
DEFINED_IN = {SRC / "hpack" / "huffman_code.h": SRC / "hpack" / "huffman.cpp"}
# Tables of texts: the compiler keeps the strings of all tables of a file together, so a program that prints none of these names would
# contain them if they were in the file of the client.
NAMES = {SRC / "grpc_http2" / "status_code.cpp", SRC / "http2" / "constants.cpp"}

QUOTED = re.compile(r'^#include "([^"]+)"$')
SYSTEM = re.compile(r"^#include <([^>]+)>$")


def product(key):
    """A value of product.conf."""
    return re.search(rf"^{key}=(.+)$", (ROOT / "product.conf").read_text(encoding="utf-8"), re.MULTILINE)[1]


def library_sources(folder):
    """The sources that a CMakeLists.txt compiles into its first library."""
    text = (folder / "CMakeLists.txt").read_text(encoding="utf-8")
    names = re.search(r"mote_library\(\w+(?: AS \w+)?\s+([^)]*)\)", text)[1].split()
    return [folder / name for name in names]


def included(file):
    """The files of the tree that a file includes."""
    for line in file.read_text(encoding="utf-8").splitlines():
        if quoted := QUOTED.match(line):
            yield find(quoted[1], file)


def find(name, includer):
    for folder in (includer.parent, SRC, INCLUDE, PORT):
        if (folder / name).is_file():
            return folder / name
    raise SystemExit(f'amalgamate: {includer.relative_to(ROOT)} includes "{name}", which does not exist')


def device_sources():
    """The sources of the device client, in the order of its rooms: all of src/device and src/codec, and those of the protocol whose
    headers they include."""
    sources = [source for room in ROOMS for source in library_sources(SRC / room)]
    by_header = dict(DEFINED_IN)
    for source in sources:
        for header in (source.with_suffix(".h"), INCLUDE / "mote" / f"{source.stem}.h"):
            if header.is_file():
                by_header.setdefault(header, source)
    needed, rest = set(), [source for source in sources if source.parent.name in ("codec", "device")]
    seen = set()
    while rest:
        file = rest.pop()
        if file in seen:
            continue
        seen.add(file)
        if file.suffix == ".cpp":
            needed.add(file)
        rest.extend(included(file))
        if file in by_header:
            rest.append(by_header[file])
    return [source for source in sources if source in needed]


class Unit:
    """One file that is joined from sources and the headers of the tree that they include."""

    def __init__(self, title, defines=""):
        self.title, self.defines = title, defines
        self.public, self.system = set(), set()
        self.parts, self.seen = [], set()

    def add(self, file):
        """Appends a file, after the headers that it includes. Those of include/ stay includes."""
        if file in self.seen:
            return
        self.seen.add(file)
        lines = []
        for line in file.read_text(encoding="utf-8").splitlines():
            quoted, system = QUOTED.match(line), SYSTEM.match(line)
            if system:
                self.system.add(system[1])
            elif quoted and (INCLUDE / quoted[1]).is_file():
                self.public.add(quoted[1])
            elif quoted:
                self.add(find(quoted[1], file))
            elif line != "#pragma once":
                lines.append(line)
        text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
        self.parts.append(f"// --- {file.relative_to(ROOT).as_posix()}\n\n{text}\n")

    def text(self):
        head = f"// {self.title}\n// Written by ./dev amalgamate from mote {product('VERSION')}. Change the sources of mote, not this file.\n"
        system = "".join(f"#include <{name}>\n" for name in sorted(self.system))
        public = "".join(f'#include "{name}"\n' for name in sorted(self.public))
        return "\n".join(part for part in (head, self.defines, system, public, *self.parts) if part)


def headers():
    """The headers that firmware includes."""
    return [header for header in sorted((INCLUDE / "mote").glob("*.h")) if header.name not in OTHER_HEADERS]


def write(folder):
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("src/mote", "posix/mote"):
        (folder / name).mkdir(parents=True)
    client = Unit(
        "The gRPC client for devices (mote/device.h).",
        f'#ifndef MOTE_VERSION\n#define MOTE_VERSION "{product("VERSION")}"\n#endif\n',
    )
    names = Unit("The names of status codes and of errors of HTTP/2.")
    for source in device_sources():
        (names if source in NAMES else client).add(source)
    port = Unit("The port for Linux and other POSIX systems.")
    for source in library_sources(PORT):
        port.add(source)
    (folder / "src" / "mote_device.cpp").write_text(client.text(), encoding="utf-8")
    (folder / "src" / "mote_names.cpp").write_text(names.text(), encoding="utf-8")
    (folder / "posix" / "mote_port_posix.cpp").write_text(port.text(), encoding="utf-8")
    shutil.copyfile(INCLUDE / "mote" / PORT_HEADER, folder / "posix" / "mote" / PORT_HEADER)
    for header in headers():
        shutil.copyfile(header, folder / "src" / "mote" / header.name)
    for file in sorted((ROOT / "packages" / "amalgamation").iterdir()):
        shutil.copyfile(file, folder / file.name)
    shutil.copyfile(ROOT / "LICENSE", folder / "LICENSE")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    write(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
