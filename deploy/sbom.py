"""What a release consists of, as an SPDX 2.3 document (JSON): the product and what is linked into its programs."""

import gzip
import json
import re
from datetime import datetime, timezone

import archive
import release
from product import PROJECT

SOURCES = PROJECT / "toolchains/sources.sha256"
# What is linked statically, with its licence (SPDX) and where it comes from. Debian's source packages have the same names.
LICENCES = {"nanopb": "Zlib", "musl": "MIT", "lwip": "BSD-3-Clause", "mbedtls": "Apache-2.0"}


def document(product, boards, files):
    """The document. `boards`: their names; `files`: the SHA-256 of each file of the release, by name."""
    used = {name: version for board in boards for name, version in components(product, board).items()}
    root = "SPDXRef-product"
    packages = [package(root, product.program, product.version, product.license, product.copyright)]
    packages += [package(f"SPDXRef-{name}", name, version, LICENCES[name], "NOASSERTION") for name, version in sorted(used.items())]
    relations = [relation("SPDXRef-DOCUMENT", "DESCRIBES", root)]
    relations += [relation(root, "STATIC_LINK", f"SPDXRef-{name}") for name in sorted(used)]
    relations += [relation(root, "CONTAINS", f"SPDXRef-file-{number}") for number in range(len(files))]
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


def package(identifier, name, version, licence, copyright_text):
    return {
        "SPDXID": identifier,
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


def components(product, board):
    """The versions of the libraries in the programs of a board, by name."""
    description = release.board_file(product, board, "board.cmake")
    triplet = re.search(r"MOTE_TRIPLET (\S+)\)", description.read_text()).group(1)
    found = {"nanopb": pinned_version("nanopb")}
    if "musl" in triplet:
        found["musl"] = musl_version(triplet)
    if triplet == "arm-none-eabi":
        found |= {name: version for name in ("lwip", "mbedtls") if (version := pinned_version(name))}
    return found


def pinned_version(name):
    """The version of a pinned source package, or None."""
    match = re.search(rf"\b{name}_(\S+?)(?:-\S+)?\.dsc$", SOURCES.read_text(), re.MULTILINE)
    return match and match.group(1)


def musl_version(triplet):
    """Of the sysroot that the board was built with."""
    for sysroot in sorted((PROJECT / "build/sysroots").glob("*-musl")):
        if (sysroot / "usr/lib" / triplet).is_dir():
            changelog = gzip.decompress((sysroot / "usr/share/doc/musl/changelog.Debian.gz").read_bytes())
            return re.match(r"musl \(([^)-]+)", changelog.decode()).group(1)
    raise release.Unusable(f"there is no sysroot of {triplet} in build/sysroots: build the board first")
