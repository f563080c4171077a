"""The names of a product, from its product.conf: one KEY=VALUE per line, without quotes; lines that begin with # are comments."""

import functools
import re
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT / "cmake"))
import version as versions  # noqa: E402  (behind the path)

FILE = "product.conf"

NAME = (r"[a-z][a-z0-9-]*[a-z0-9]", "lower-case letters, digits and -, with a letter first")
# As in useradd(8).
ACCOUNT = (r"[a-z][a-z0-9_-]{0,31}", "at most 32 lower-case letters, digits, - and _, with a letter first")
LINE = (r"\S.*", "a line of text")
# What each value must be, as a regular expression and in words.
KEYS = {
    "NAME": NAME,
    "VERSION": (r"[0-9]+\.[0-9]+\.[0-9]+", "three numbers, such as 1.0.0"),
    "TITLE": LINE,
    "DESCRIPTION": LINE,
    "DETAILS": LINE,
    "MAINTAINER": (r"\S.* <\S+@\S+>", "a name and an address, such as The authors <authors@example.org>"),
    "COPYRIGHT": LINE,
    "LICENSE": (r"[A-Za-z0-9.+-]+", "the SPDX name of a licence, such as Apache-2.0"),
    "PROGRAM": NAME,
    "TOOLS": (rf"({NAME[0]}( {NAME[0]})*)?", "names of programs, separated by one blank"),
    "SERVICE": (r"([A-Za-z_]\w*(\.[A-Za-z_]\w*)*)?", "the full name of a gRPC service, such as plant.v1.Plant"),
    "ENVIRONMENT": (r"[A-Z][A-Z0-9_]*_", "upper-case letters, digits and _, with _ last"),
    "PORT": (r"[1-9][0-9]{0,4}", "a number from 1 to 65535"),
    "UNIT": NAME,
    "USER": ACCOUNT,
    "GROUP": ACCOUNT,
    "HOME": (r"/opt/[A-Za-z0-9._-]+", "a folder in /opt"),
    "CONFIG": (r"/etc/[A-Za-z0-9._-]+/gateway\.conf", "the file gateway.conf in a folder in /etc"),
    "RUN": (r"/run/[A-Za-z0-9._-]+", "a folder in /run"),
    "SOCKET": (r"/run(/[A-Za-z0-9._-]+){2}", "a file in a folder in /run"),
    "LOG": (r"/var/log/[A-Za-z0-9._-]+", "a file in /var/log"),
}
# Where mote is, in a project that uses it. Only its ./dev and CMake read it.
OPTIONAL = {"MOTE": LINE}
# The program that checks the health of a service. It is part of every release.
CHECK = "mote-device"


class Unusable(Exception):
    """The command cannot run; the text is the reason."""


class Product:
    """The values of product.conf in `folder`, as attributes with the names of the keys in lower case. Raises Unusable."""

    def __init__(self, folder=PROJECT):
        self.folder = Path(folder).resolve()
        path = self.folder / FILE
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Unusable(f"cannot read {path}: {getattr(error, 'strerror', None) or 'it is not UTF-8'}") from error
        self._values = values(text, path)
        if int(self._values["PORT"]) > 65535:
            raise Unusable(f"{path}: PORT must be {KEYS['PORT'][1]}, not {self._values['PORT']}")
        if not self.socket.startswith(f"{self.run}/"):
            raise Unusable(f"{path}: SOCKET must be in the folder RUN, {self.run}, not {self.socket}")

    def __getattr__(self, name):
        try:
            return self._values[name.upper()]
        except KeyError:
            raise AttributeError(name) from None

    @functools.cached_property
    def version(self):
        """The version of a build of these files. Raises Unusable."""
        try:
            return versions.of(self.folder)
        except versions.Unknown as error:
            raise Unusable(str(error)) from error

    @property
    def tag(self):
        """The version as the tag of a container image."""
        return versions.container_tag(self.version)

    @property
    def config_folder(self):
        return self.config.rsplit("/", 1)[0]

    @property
    def programs(self):
        """The programs of a package."""
        return (self.program, *self.tools.split())

    @property
    def released(self):
        """The programs of a release."""
        return tuple(dict.fromkeys((*self.programs, CHECK)))

    def render(self, text, **more):
        """`text` (bytes) with the value of each @KEY@. Further values are in `more`."""
        known = {**self._values, **self._derived(), **more}
        for key, value in known.items():
            text = text.replace(f"@{key}@".encode(), str(value).encode())
        return text

    def text(self, text):
        """The same for text."""
        return self.render(text.encode()).decode()

    def _derived(self):
        return {
            "VERSION": self.version,
            "TAG": self.tag,
            "CHECK": CHECK,
            "CONFIG_FOLDER": self.config_folder,
            # For RuntimeDirectory=, which is below /run.
            "RUN_NAME": self.run.removeprefix("/run/"),
            # FAT labels have 11 characters, those of ext4 16.
            "BOOT_LABEL": f"{self.name[:6].upper()}-BOOT",
            "ROOT_LABEL": f"{self.name[:11]}-root",
            "DATA_LABEL": f"{self.name[:11]}-data",
            # roff reads - as a hyphen, and \- as the character of a command.
            "UNIT_ROFF": self.unit.replace("-", "\\-"),
            "PROGRAM_UPPER": self.program.upper(),
        }


def values(text, path):
    """The values of the text of a product.conf, by key. Raises Unusable with the first fault."""
    known = {**KEYS, **OPTIONAL}
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        key, equals, value = line.partition("=")
        if not equals or key not in known:
            raise Unusable(f"{path}:{number}: {key} is not a key; keys: {', '.join(known)}")
        if key in found:
            raise Unusable(f"{path}:{number}: {key} is there twice")
        pattern, words = known[key]
        if not re.fullmatch(pattern, value):
            raise Unusable(f'{path}:{number}: {key} must be {words}, not "{value}"')
        found[key] = value
    for key in KEYS:
        if key not in found:
            raise Unusable(f"{path}: {key} is missing")
    return found
