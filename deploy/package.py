"""Packages of a board's programs, in build/BOARD/packages: a .deb, a tarball, a container image, and their SHA256SUMS.

    package.py [--from FOLDER] [--out FOLDER] BOARD

BOARD is a folder of boards/, or host. A package runs on the processor of the board and on later ones of its kind. For any
Debian, use generic-aarch64, generic-armv7 or generic-amd64. The same sources make the same bytes. Files have the time
SOURCE_DATE_EPOCH or that of the commit.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
import archive
import deb
import oci
import release

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent
# Values of e_machine in ELF, and for ARM the floating-point ABI in e_flags.
X86_64, ARM, AARCH64 = 62, 40, 183
HARD_FLOAT = 0x400


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("board", metavar="BOARD")
    parser.add_argument("--from", dest="folder", type=Path, help="use the programs in this folder; do not build")
    parser.add_argument("--out", type=Path, help="where to put the packages (build/BOARD/packages)")
    options = parser.parse_args()
    try:
        for path in write(options.board, options.folder, options.out):
            print(f"{path.stat().st_size:9} {path}")
    except release.Unusable as error:
        print(f"package: {error}", file=sys.stderr)
        return 2
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"package: {error}", file=sys.stderr)
        return 1
    return 0


def write(board, folder=None, out=None):
    """The files written. Raises release.Unusable, OSError or CalledProcessError."""
    configuration = release.configuration(board)
    folder = folder or release.build_programs(board)
    programs = {name: stripped(release.read(folder / name)) for name in release.PROGRAMS}
    architecture = architecture_of(programs["mote-gateway"])
    version = release.project_version()
    out = out or PROJECT / "build" / board / "packages"
    out.mkdir(parents=True, exist_ok=True)
    services = release.service_files(configuration)

    debian = out / f"mote-gateway_{version}_{architecture}.deb"
    deb.package(debian, architecture, version, board, programs, configuration, services["mote-gateway.service"])
    tarball = out / f"mote-{version}-{board}.tar.gz"
    tarball.write_bytes(archive.gz(tarball_of(f"mote-{version}", programs, configuration, services)))
    container = out / f"mote-gateway-{version}-{architecture}-oci.tar"
    # The image contains no libraries, so only static programs run.
    alone = {name: program for name, program in programs.items() if deb.is_static(program)}
    container.write_bytes(oci.image(architecture, version, alone, configuration))
    sums = out / "SHA256SUMS"
    made = (debian, tarball, container)
    sums.write_text("".join(f"{archive.sha256(path.read_bytes())}  {path.name}\n" for path in made))
    return [*made, sums]


def tarball_of(top, programs, configuration, services):
    files = {
        **{f"bin/{name}": contents for name, contents in programs.items()},
        **services,
        "gateway.conf": configuration,
        "LICENSE": (PROJECT / "LICENSE").read_bytes(),
        "README.md": (HERE / "tarball.md").read_bytes(),
    }
    files["SHA256SUMS"] = "".join(f"{archive.sha256(files[name])}  {name}\n" for name in sorted(files)).encode()
    runs = {f"{top}/{name}" for name in files if name.startswith("bin/") or name.endswith(".init")}
    return archive.tar({f"{top}/{name}": contents for name, contents in files.items()}, runs)


def architecture_of(program):
    """Debian's name of the architecture of an ELF file."""
    machine = int.from_bytes(program[18:20], "little")
    if program[:4] == b"\x7fELF":
        if machine == X86_64:
            return "amd64"
        if machine == AARCH64:
            return "arm64"
        if machine == ARM:
            return "armhf" if int.from_bytes(program[36:40], "little") & HARD_FLOAT else "armel"
    raise release.Unusable("mote-gateway is not a program for a supported architecture")


def stripped(program):
    """Removes the symbols, which the programs of the host have."""
    if b"\0.symtab\0" not in program:
        return program
    with tempfile.TemporaryDirectory(prefix="mote-strip-") as work:
        path = Path(work) / "program"
        path.write_bytes(program)
        subprocess.run(["strip", path], check=True)
        return path.read_bytes()


if __name__ == "__main__":
    sys.exit(main())
