"""What a release consists of, as an SPDX 2.3 document (JSON): the product and what is linked into its programs."""

import gzip
import json
import re
import subprocess
from datetime import datetime, timezone

import archive
import elf
import release
from product import PROJECT

SOURCES = PROJECT / "toolchains/sources.sha256"
GCC = "GPL-3.0-or-later WITH GCC-exception-3.1"
# What can be linked into programs, with its licence (SPDX). Newlib is a collection of many.
LICENCES = {
    **{"nanopb": "Zlib", "mbedtls": "Apache-2.0", "lwip": "BSD-3-Clause", "zlib": "Zlib"},
    **{"musl": "MIT", "glibc": "LGPL-2.1-or-later", "newlib": "NOASSERTION", "libgcc": GCC, "libstdc++": GCC},
}
# Those that mote builds from pinned sources (Debian's source packages have the same names), by the names of their files in the build.
BUILT = {"nanopb": r"lib\w*nanopb\w*\.a", "mbedtls": r"lib\w*mbedtls\.a", "lwip": r"liblwip\.a", "zlib": r"lib\w*zlib\.a"}


def document(product, boards, files):
    """The document. `boards`: for each board its components(), by the name of the file that has its programs; `files`: the SHA-256
    of each file of the release, by name."""
    used = sorted({part for parts in boards.values() for part in parts.items()})
    root = "SPDXRef-product"
    numbers = {name: number for number, name in enumerate(sorted(files))}
    packages = [package(root, product.program, product.version, product.license, product.copyright)]
    packages += [package(identifier(*part), *part, LICENCES[part[0]], "NOASSERTION") for part in used]
    relations = [relation("SPDXRef-DOCUMENT", "DESCRIBES", root)]
    relations += [relation(root, "STATIC_LINK", identifier(*part)) for part in used]
    relations += [relation(root, "CONTAINS", f"SPDXRef-file-{number}") for number in numbers.values()]
    for name, parts in sorted(boards.items()):
        relations += [relation(f"SPDXRef-file-{numbers[name]}", "STATIC_LINK", identifier(*part)) for part in sorted(parts.items())]
    return json.dumps(
        {
            "spdxVersion": "SPDX-2.3",
            "dataLicense": "CC0-1.0",
            "SPDXID": "SPDXRef-DOCUMENT",
            "name": f"{product.program}-{product.version}",
            "documentNamespace": f"urn:{product.name}:{product.version}:{archive.sha256(json.dumps(files, sort_keys=True).encode())}",
            "creationInfo": {
                "created": datetime.fromtimestamp(archive.epoch(), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "creators": [f"Organization: {product.maintainer.split(' <')[0]}", "Tool: mote release"],
            },
            "packages": packages,
            "files": [
                {
                    "SPDXID": f"SPDXRef-file-{number}",
                    "fileName": f"./{name}",
                    "checksums": [{"algorithm": "SHA256", "checksumValue": digest}],
                    "licenseConcluded": "NOASSERTION",
                    "copyrightText": "NOASSERTION",
                }
                for number, (name, digest) in enumerate(sorted(files.items()))
            ],
            "relationships": relations,
        },
        indent=1,
    ).encode() + b"\n"


def identifier(name, version):
    """Of a library. It has letters, digits, . and - only."""
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.]+", "-", f"{name.replace('+', 'p')}-{version}")


def package(key, name, version, licence, copyright_text):
    return {
        "SPDXID": key,
        "name": name,
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": licence,
        "licenseDeclared": licence,
        "copyrightText": copyright_text,
    }


def relation(one, kind, other):
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}


def components(product, board, build):
    """The versions of the libraries in the programs of a board, by name. `build`: its build folder. Raises Unusable."""
    description = release.board_file(product, board, "board.cmake").read_text()
    triplet = re.search(r"MOTE_TRIPLET (\S+)\)", description).group(1)
    if "MOTE_ENGINE" in description:
        raise release.Unusable(f"{board} has the official gRPC library, whose parts are not listed")
    linked = linked_files(product, build)
    compiler = compiler_version(build)
    found = {name: pinned_version(name) for name, pattern in BUILT.items() if re.search(pattern, linked)}
    # Its headers are part of every program in C++, also without the library.
    found |= {"libgcc": compiler, "libstdc++": compiler}
    cache = release.read(build / "CMakeCache.txt").decode()
    if triplet == "arm-none-eabi":
        found["newlib"] = debian_version("libnewlib-arm-none-eabi")
    elif "MOTE_CONFIGURED_CXX_LIBRARY:STRING=full" in cache or "gnu" in triplet:
        found["glibc"] = sysroot_version(triplet.replace("musl", "gnu"), "libc6", "glibc")
    else:
        found["musl"] = sysroot_version(triplet, "musl", "musl")
    return found


def linked_files(product, build):
    """The files that are linked into the programs of a build folder, as text."""
    if not (build / "build.ninja").is_file():
        raise release.Unusable(f"{build} is no build folder, from which the libraries in the programs are read")
    # A board without an operating system has images instead.
    programs = [path for name in product.released if (path := build / "bin" / name).is_file()] or sorted((build / "bin").iterdir())
    programs = [f"bin/{path.name}" for path in programs if elf.machine_of(path.read_bytes())]
    done = subprocess.run(["ninja", "-C", build, "-t", "query", *programs], capture_output=True, text=True, check=True)
    return done.stdout


def compiler_version(build):
    text = "".join(path.read_text() for path in sorted(build.glob("CMakeFiles/*/CMakeCXXCompiler.cmake")))
    return re.search(r'CMAKE_CXX_COMPILER_VERSION "([^"]+)"', text).group(1)


def pinned_version(name):
    """The version of a pinned source package, without the part of Debian."""
    return re.search(rf"\b{name}_(?:\S*really)?(\d[\d.]*\d)\S*\.dsc$", SOURCES.read_text(), re.MULTILINE).group(1)


def debian_version(package_name):
    """The version of an installed package, without Debian's part."""
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package_name], capture_output=True, text=True, check=True)
    return re.match(r"(?:\d+:)?([^-]+)", done.stdout).group(1)


def sysroot_version(triplet, package_name, source):
    """Of a package in the sysroot that the board was built with."""
    for changelog in sorted((PROJECT / "build/sysroots").glob(f"*/usr/share/doc/{package_name}/changelog.Debian.gz")):
        if (changelog.parents[3] / "lib" / triplet).is_dir():
            return re.match(rf"{source} \(([^)-]+)", gzip.decompress(changelog.read_bytes()).decode()).group(1)
    raise release.Unusable(f"there is no sysroot of {triplet} in build/sysroots: build the board first")
