"""A release: the files that are copied to a host, in one tar archive.

    VERSION  SHA256SUMS  gateway.conf  mote-gateway.service  mote-gateway.init  bin/mote-gateway  bin/mote-device

Its version is the version of the project and the start of the SHA-256 of its files. The same files have the same version.
"""

import hashlib
import io
import re
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent
PROGRAMS = ("mote-gateway", "mote-device")
SERVICE_FILES = ("mote-gateway.service", "mote-gateway.init")
# Code, stack and kernel memory of the service, in addition to the memory of the limits.
PROGRAM_BYTES = 8 << 20
UNITS = {"": 1, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30}


class Unusable(Exception):
    """The command cannot run; the text is the reason."""


@dataclass(frozen=True)
class Release:
    version: str
    archive: bytes

    @property
    def sha256(self):
        return hashlib.sha256(self.archive).hexdigest()


def build(board, folder=None):
    """The release of a board. Builds the programs unless `folder` contains them."""
    configuration = board_configuration(board)
    if folder is None:
        folder = build_programs(board)
    files = {f"bin/{name}": read(folder / name) for name in PROGRAMS}
    files["gateway.conf"] = configuration
    return pack({**files, **service_files(configuration)})


def service_files(configuration):
    """The unit and the init script, by name, for a gateway with this configuration."""
    most = str(memory_max(configuration)).encode()
    return {name: read(HERE / name).replace(b"@MEMORY_MAX@", most) for name in SERVICE_FILES}


def board_configuration(board):
    """The gateway.conf of the board. For `host` it is empty: all defaults."""
    if board == "host":
        return b""
    path = PROJECT / "boards" / board / "gateway.conf"
    if not path.is_file():
        names = sorted(file.parent.name for file in PROJECT.glob("boards/*/gateway.conf"))
        raise Unusable(f"there is no gateway for board {board}; boards: {', '.join(['host', *names])}")
    return path.read_bytes()


def build_programs(board):
    command = ["build", "host"] if board == "host" else ["cross", board]
    if subprocess.run([PROJECT / "dev", *command], cwd=PROJECT, check=False).returncode != 0:
        raise Unusable(f"./dev {' '.join(command)} failed")
    return PROJECT / "build" / board / "bin"


def read(path):
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unusable(f"cannot read {path}: {error.strerror}") from error


def memory_max(configuration):
    """MemoryMax= in bytes, from memory-budget, whose default is 32 MiB."""
    found = re.search(rb"^\s*memory-budget\s*=\s*(\d+)\s*(\w*)", configuration, re.MULTILINE)
    budget = int(found.group(1)) * UNITS[found.group(2).decode().upper()] if found else 32 << 20
    return budget + PROGRAM_BYTES


def pack(files):
    contents = hashlib.sha256()
    for name in sorted(files):
        contents.update(f"{name}\0{len(files[name])}\0".encode())
        contents.update(files[name])
    version = f"{project_version()}-{contents.hexdigest()[:12]}"
    files = {**files, "VERSION": f"{version}\n".encode()}
    sums = [f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)]
    files["SHA256SUMS"] = "".join(sums).encode()

    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in sorted(files):
            entry = tarfile.TarInfo(name)
            entry.size = len(files[name])
            entry.mode = 0o755 if name.startswith("bin/") or name.endswith(".init") else 0o644
            tar.addfile(entry, io.BytesIO(files[name]))
    return Release(version, archive.getvalue())


def project_version():
    return re.search(r"project\(mote VERSION (\S+)", (PROJECT / "CMakeLists.txt").read_text()).group(1)
