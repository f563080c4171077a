"""Packages of a board's programs, in build/BOARD/packages: a .deb, a tarball, a container image, their SHA256SUMS, and manifests
for Kubernetes.

    package.py [--project FOLDER] [--from FOLDER] [--out FOLDER] BOARD

The names are those of product.conf in the project, by default mote. BOARD is a folder of boards/, or host. A package runs on the processor of the board and on later ones of its kind. For any
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
import elf
import oci
import release
from product import PROJECT, Product

HERE = Path(__file__).resolve().parent


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("board", metavar="BOARD")
    parser.add_argument("--project", type=Path, default=PROJECT, help="the folder with the product.conf (mote)")
    parser.add_argument("--from", dest="folder", type=Path, help="use the programs in this folder; do not build")
    parser.add_argument("--out", type=Path, help="where to put the packages (build/BOARD/packages)")
    options = parser.parse_args()
    try:
        for path in write(Product(options.project), options.board, options.folder, options.out):
            print(f"{path.stat().st_size:9} {path}")
    except release.Unusable as error:
        print(f"package: {error}", file=sys.stderr)
        return 2
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"package: {error}", file=sys.stderr)
        return 1
    return 0


def write(product, board, folder=None, out=None):
    """The files written. Raises release.Unusable, OSError or CalledProcessError."""
    configuration = release.configuration(product, board)
    folder = folder or release.build_programs(product, board)
    programs = {name: stripped(release.read(folder / name)) for name in product.programs}
    architecture = elf.architecture_of(programs[product.program])
    if architecture is None:
        raise release.Unusable(f"{product.program} is not a program for a supported architecture")
    version = product.version
    out = out or product.folder / "build" / board / "packages"
    out.mkdir(parents=True, exist_ok=True)
    services = release.service_files(product, configuration)

    debian = out / f"{product.program}_{version}_{architecture}.deb"
    deb.package(product, debian, architecture, version, board, programs, configuration, services[f"{product.unit}.service"])
    tarball = out / f"{product.name}-{version}-{board}.tar.gz"
    tarball.write_bytes(archive.gz(tarball_of(product, f"{product.name}-{version}", programs, configuration, services)))
    container = out / f"{product.program}-{version}-{architecture}-oci.tar"
    # The image contains no libraries, so only static programs run.
    alone = {name: program for name, program in programs.items() if deb.is_static(program)}
    container.write_bytes(oci.image(product, architecture, version, alone, configuration))
    sums = out / "SHA256SUMS"
    made = (debian, tarball, container)
    sums.write_text("".join(f"{archive.sha256(path.read_bytes())}  {path.name}\n" for path in made))
    return [*made, sums, *manifests(product, version, out)]


def manifests(product, version, out):
    """Writes the manifests for Kubernetes. kubectl finds a kustomization by its name."""
    written = []
    for path in sorted((HERE / "kubernetes").glob("*.yaml")):
        written.append(out / (path.name if path.stem == "kustomization" else f"{product.program}-{version}-{path.name}"))
        written[-1].write_bytes(product.render(path.read_bytes(), VERSION=version))
    return written


def tarball_of(product, top, programs, configuration, services):
    files = {
        **{f"bin/{name}": contents for name, contents in programs.items()},
        **services,
        "gateway.conf": configuration,
        "LICENSE": release.read(product.folder / "LICENSE"),
        "README.md": product.render((HERE / "tarball.md").read_bytes()),
    }
    files["SHA256SUMS"] = "".join(f"{archive.sha256(files[name])}  {name}\n" for name in sorted(files)).encode()
    runs = {f"{top}/{name}" for name in files if name.startswith("bin/") or name.endswith(".init")}
    return archive.tar({f"{top}/{name}": contents for name, contents in files.items()}, runs)


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
