"""A release: the files that are copied to a host, in one tar archive.

    VERSION  SHA256SUMS  gateway.conf  mote-gateway.service  mote-gateway.init  mote-gateway.logrotate  bin/mote-gateway
    bin/mote-device

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
SERVICE_FILES = ("mote-gateway.service", "mote-gateway.init", "mote-gateway.logrotate")
# Code, stack and kernel memory of the service, in addition to the memory of the limits.
PROGRAM_BYTES = 8 << 20
# The folder of the Unix socket is made by the unit (RuntimeDirectory=) and by the init script.
LOCAL = ("127.0.0.1:50051", "unix:/run/mote-gateway/mote.sock")
LISTEN = "# Where clients connect. Traffic is plaintext and unauthenticated.\n"
CLOSED = (
    "# Only clients on this machine can connect. To accept calls from all networks, replace both lines by: listen = *:50051\n"
    "# Traffic is plaintext and unauthenticated: everyone who can reach the address can call.\n"
)
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


def build(board, folder=None, listen=()):
    """The release of a board. Builds the programs unless `folder` contains them. `listen`: as in configuration()."""
    configured = configuration(board, listen)
    if folder is None:
        folder = build_programs(board)
    files = {f"bin/{name}": read(folder / name) for name in PROGRAMS}
    files["gateway.conf"] = configured
    return pack({**files, **service_files(configured)})


def service_files(configured):
    """The unit, the init script and the rotation of its log, by name, for a gateway with this gateway.conf."""
    most = str(memory_max(configured)).encode()
    return {name: read(HERE / name).replace(b"@MEMORY_MAX@", most) for name in SERVICE_FILES}


def configuration(board, listen=()):
    """The gateway.conf of an installation: the limits of the board, and the addresses `listen`. Without addresses it is closed:
    only clients on the same machine reach it."""
    head = LISTEN if listen else CLOSED
    lines = "".join(f"listen = {address}\n" for address in listen or LOCAL)
    return head.encode() + lines.encode() + board_configuration(board)


def board_configuration(board):
    """The gateway.conf of the board's folder. For `host` it is empty: all defaults."""
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


def memory_max(configured):
    """MemoryMax= in bytes, from memory-budget, whose default is 32 MiB."""
    found = re.search(rb"^\s*memory-budget\s*=\s*(\d+)\s*(\w*)", configured, re.MULTILINE)
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
