"""The Debian package: the programs, the service with its own user, and the configuration."""

import gzip
import hashlib
import os
import re
import subprocess
import tempfile
from email.utils import formatdate
from pathlib import Path

import archive

HERE = Path(__file__).resolve().parent
DEBIAN = HERE / "debian"
MAINTAINER = "The mote authors <mote@localhost>"


def package(out, architecture, version, board, programs, configuration, unit):
    """Writes the .deb to `out`. `programs`, `configuration` and `unit` are the contents of files."""
    documents = "usr/share/doc/mote-gateway"
    files = {
        **{f"usr/bin/{name}": contents for name, contents in programs.items()},
        "etc/mote/gateway.conf": configuration,
        "lib/systemd/system/mote-gateway.service": for_package(unit),
        f"{documents}/copyright": (DEBIAN / "copyright").read_bytes(),
        f"{documents}/changelog.gz": gzip.compress(changelog(version), mtime=0),
        "usr/share/lintian/overrides/mote-gateway": (DEBIAN / "lintian-overrides").read_bytes(),
    }
    for name in sorted(path.name for path in DEBIAN.glob("*.1")):
        files[f"usr/share/man/man1/{name}.gz"] = gzip.compress((DEBIAN / name).read_bytes(), mtime=0)
    scripts = {name: (DEBIAN / f"{name}.sh").read_bytes() for name in ("postinst", "prerm", "postrm")}
    control = {
        "control": control_file(architecture, version, board, files, libc_of(programs)),
        "conffiles": b"/etc/mote/gateway.conf\n",
        "md5sums": md5sums(files),
        **scripts,
    }
    with tempfile.TemporaryDirectory(prefix="mote-deb-") as work:
        lay(Path(work), files, executable={f"usr/bin/{name}" for name in programs})
        lay(Path(work), {f"DEBIAN/{name}": contents for name, contents in control.items()}, {f"DEBIAN/{name}" for name in scripts})
        command = ["dpkg-deb", "--build", "--root-owner-group", "-Zxz", "--threads-max=1", work, out]
        environment = {**os.environ, "SOURCE_DATE_EPOCH": str(archive.epoch())}
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)


def for_package(unit):
    """Changes the service of `deploy` for a package: the paths of the programs, and a user that the package creates."""
    unit = unit.replace(b"/opt/mote/current/bin/", b"/usr/bin/")
    return unit.replace(b"DynamicUser=yes\n", b"User=mote-gateway\nGroup=mote-gateway\n")


def libc_of(programs):
    """The dependency on the C library: the newest version that dynamically linked programs need."""
    asked = [
        tuple(map(int, found.split(b".")))
        for program in programs.values()
        if not is_static(program)
        for found in re.findall(rb"\0GLIBC_(\d+\.\d+)", program)
    ]
    return ", libc6 (>= {}.{})".format(*max(asked)) if asked else ""


def is_static(program):
    """True if the ELF file names no loader near its start."""
    return b"/ld-linux" not in program[:4096]


def control_file(architecture, version, board, files, libc):
    kib = sum((len(contents) + 1023) // 1024 for contents in files.values())
    return (
        f"Package: mote-gateway\nVersion: {version}\nArchitecture: {architecture}\nMaintainer: {MAINTAINER}\n"
        f"Installed-Size: {kib}\nDepends: adduser{libc}\nPre-Depends: init-system-helpers (>= 1.54~)\nSection: net\nPriority: optional\n"
        "Description: gRPC echo gateway in fixed memory\n"
        " A gRPC server for the last hop, in one thread and without a heap while it\n"
        " serves: connect any gRPC client to check whether devices, radio links and\n"
        " gateways support gRPC end to end. Contains mote-device, which checks any gRPC\n"
        " server like ping.\n"
        " .\n"
        f" Built for {board}.\n"
    ).encode()


def changelog(version):
    date = formatdate(archive.epoch(), localtime=False, usegmt=False).replace("-0000", "+0000")
    return (
        f"mote-gateway ({version}) stable; urgency=medium\n\n  * See the CHANGELOG.md of the project.\n\n"
        f" -- {MAINTAINER}  {date}\n"
    ).encode()


def md5sums(files):
    lines = [
        f"{hashlib.md5(contents, usedforsecurity=False).hexdigest()}  {name}\n"
        for name, contents in sorted(files.items())
        if not name.startswith("etc/")
    ]
    return "".join(lines).encode()


def lay(root, files, executable):
    for name, contents in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents)
        path.chmod(0o755 if name in executable else 0o644)
    for path in [root, *root.rglob("*")]:
        if path.is_dir():
            path.chmod(0o755)
        os.utime(path, (archive.epoch(), archive.epoch()))
