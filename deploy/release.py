"""A release: the files that are copied to a host, in one tar archive.

    VERSION  SHA256SUMS  gateway.conf  UNIT.service  UNIT.socket  UNIT.init  UNIT.logrotate  bin/PROGRAM  bin/mote-device

UNIT and PROGRAM are those of the product (product.py). Its version is the version of the product and the start of the SHA-256 of its
files. The same files have the same version.
"""

import hashlib
import io
import re
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

import elf
import signature
from product import PROJECT, Unusable

HERE = Path(__file__).resolve().parent
SERVICE_FILES = ("service", "socket", "init", "logrotate")
# Code, stack and kernel memory of the service, in addition to the memory of the limits.
PROGRAM_BYTES = 8 << 20
# The folder of the Unix socket is made by the unit (RuntimeDirectory=) and by the init script.
LOCAL_SOCKET = "unix:@SOCKET@"
LOCAL = ("127.0.0.1:@PORT@", LOCAL_SOCKET)
LISTEN = "# Where clients connect. Traffic is plaintext and unauthenticated.\n"
TLS_LISTEN = "# Where clients connect. The Unix socket is for programs on this machine.\n"
CLOSED = (
    "# Only clients on this machine can connect. To accept calls from all networks, replace both lines by: listen = *:@PORT@\n"
    "# Traffic is plaintext and unauthenticated: everyone who can reach the address can call.\n"
)
UNITS = {"": 1, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30}


@dataclass(frozen=True)
class Release:
    version: str
    archive: bytes
    # Of the files, and its signature, if there is one.
    sums: bytes
    signature: bytes | None

    @property
    def sha256(self):
        return hashlib.sha256(self.archive).hexdigest()


def build(product, board, folder=None, listen=(), values=None, signer=None, tls=None):
    """The release of a board. Builds the programs unless `folder` contains them. `listen`: as in configuration(). `values`: the
    configuration by key, which is part of the release and changes with it; None: that of the host stays. `signer`: the file of a key
    that signs the release, and a file of more keys that may sign later ones, or None. `tls`: a TlsFiles that the host has, or None."""
    listen = texts_of(values["listen"]) if values and "listen" in values else listen
    configured = configuration(product, board, listen, tls)
    if folder is None:
        folder = build_programs(product, board)
    files = {f"bin/{name}": read_program(folder / name, product, board) for name in product.released}
    if values is not None:
        configured = with_values(configured, {key: value for key, value in values.items() if key != "listen"})
        files["managed"] = b"gateway.conf changes with this release\n"
    files["gateway.conf"] = configured
    if signer is not None:
        files["signers"] = signature.signers(*signer)
    return pack(product, {**files, **service_files(product, configured)}, signer and signer[0])


def service_files(product, configured):
    """The units, the init script and the rotation of its log, by name, for a gateway with this gateway.conf."""
    most = memory_max(configured)
    return {f"{product.unit}.{kind}": product.render(read(HERE / f"gateway.{kind}"), MEMORY_MAX=most) for kind in SERVICE_FILES}


def configuration(product, board, listen=(), tls=None):
    """The gateway.conf of an installation: the limits of the board, the addresses `listen`, and the files of `tls`. Without addresses
    it is closed: only clients on the same machine reach it."""
    head = LISTEN if listen else CLOSED
    if listen and all(address.startswith("tls:") for address in listen):
        # The health check of the host has no certificate.
        head, listen = TLS_LISTEN, [*listen, LOCAL_SOCKET]
    lines = "".join(f"listen = {address}\n" for address in listen or LOCAL)
    if tls is not None:
        lines += tls.settings(product)
    return product.render((head + lines).encode()) + board_configuration(product, board)


def with_values(configured, values):
    """The gateway.conf with these values instead of its own. A value is a text, a number, a bool or a list of them."""
    kept = [line for line in configured.decode().splitlines() if line.split("=")[0].strip() not in values]
    lines = [f"{key} = {text}" for key, value in values.items() for text in texts_of(value)]
    return "".join(f"{line}\n" for line in [*kept, "# Of the fleet file:", *lines]).encode()


def texts_of(value):
    """A value of TOML as it is written in gateway.conf, once for each item of a list."""
    if isinstance(value, list):
        return [text for item in value for text in texts_of(item)]
    if isinstance(value, bool):
        return ["on" if value else "off"]
    return [str(value)]


def board_configuration(product, board):
    """The gateway.conf of the board's folder, in the product's boards/ or else in mote's. For `host` it is empty: all defaults."""
    if board == "host":
        return b""
    path = board_file(product, board, "gateway.conf")
    if path is None:
        names = boards_with(product, "gateway.conf")
        raise Unusable(f"there is no gateway for board {board}; boards: {', '.join(['host', *names])}")
    return path.read_bytes()


def board_folders(product):
    """Where boards are: in the product, and in mote."""
    return dict.fromkeys((product.folder / "boards", PROJECT / "boards"))


def board_file(product, board, name):
    """The path of a file of a board, or None."""
    paths = (folder / board / name for folder in board_folders(product))
    return next(filter(Path.is_file, paths), None)


def boards_with(product, name):
    """The boards that have a file of this name, sorted."""
    return sorted({file.parent.name for folder in board_folders(product) for file in folder.glob(f"*/{name}")})


def build_programs(product, board):
    command = ["build", "host"] if board == "host" else ["cross", board]
    if subprocess.run([product.folder / "dev", *command], cwd=product.folder, check=False).returncode != 0:
        raise Unusable(f"./dev {' '.join(command)} failed")
    return product.folder / "build" / board / "bin"


def read(path):
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unusable(f"cannot read {path}: {error.strerror}") from error


def read_program(path, product, board):
    """A program that can run on the board. A script or a program for another machine would reach hosts and fail there."""
    program = read(path)
    description = board_file(product, board, "board.cmake")
    if elf.machine_of(program) != elf.machine_of_board(description and description.read_text()):
        raise Unusable(f"{path} is not a program for {'this machine' if board == 'host' else board}")
    return program


def memory_max(configured):
    """MemoryMax= in bytes, from memory-budget, whose default is 32 MiB."""
    found = re.search(rb"^\s*memory-budget\s*=\s*(\d+)\s*(\w*)", configured, re.MULTILINE)
    budget = int(found.group(1)) * UNITS[found.group(2).decode().upper()] if found else 32 << 20
    return budget + PROGRAM_BYTES


def pack(product, files, key=None):
    contents = hashlib.sha256()
    for name in sorted(files):
        contents.update(f"{name}\0{len(files[name])}\0".encode())
        contents.update(files[name])
    version = f"{product.version}-{contents.hexdigest()[:12]}"
    files = {**files, "VERSION": f"{version}\n".encode()}
    sums = [f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)]
    files["SHA256SUMS"] = "".join(sums).encode()
    signed = None if key is None else signature.sign(key, files["SHA256SUMS"])
    if signed is not None:
        files["SHA256SUMS.sig"] = signed

    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in sorted(files):
            entry = tarfile.TarInfo(name)
            entry.size = len(files[name])
            entry.mode = 0o755 if name.startswith("bin/") or name.endswith(".init") else 0o644
            tar.addfile(entry, io.BytesIO(files[name]))
    return Release(version, archive.getvalue(), files["SHA256SUMS"], signed)
