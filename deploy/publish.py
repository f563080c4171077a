"""A release for others, in build/release/VERSION: packages of boards, what is in them, checksums and signatures, and an apt repository.

    publish.py [--project FOLDER] [--from FOLDER] [--out FOLDER] [--sign-key FILE] [--apt-key KEY] [BOARD...]

By default all boards. Each has a tarball, and one board of each processor a .deb and a container image: the first BOARD for it. A board
without an operating system has a tarball of its images. --from: FOLDER/BOARD is the build folder of a board; nothing is built. The same sources
make the same bytes, without the signatures.

    SHA256SUMS        of all files but those of the apt repository
    SHA256SUMS.sig    ssh-keygen -Y verify -f signers -I release -n mote-release -s SHA256SUMS.sig <SHA256SUMS
    sbom.spdx.json    the software that is linked into the programs, and all files (SPDX 2.3)
    apt/              deb [signed-by=.../key.asc] URL stable main
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
import apt_repository
import archive
import package
import release
import sbom
import signature
from product import PROJECT, Product

# For any processor of a kind: these give their names to the packages for Debian.
FIRST = ("generic-amd64", "generic-aarch64", "generic-armv7", "rpi-zero")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("boards", metavar="BOARD", nargs="*")
    parser.add_argument("--project", type=Path, default=PROJECT, help="the folder with the product.conf (mote)")
    parser.add_argument("--from", dest="folder", type=Path, help="use the programs in the build folders FOLDER/BOARD; do not build")
    parser.add_argument("--out", type=Path, help="where to put the release (build/release/VERSION); it must not exist")
    parser.add_argument("--sign-key", type=Path, metavar="FILE", help="the ssh key that signs SHA256SUMS")
    parser.add_argument("--apt-key", metavar="KEY", help="the key of gpg that signs the apt repository")
    options = parser.parse_args()
    try:
        out = write(Product(options.project), options.boards, options.folder, options.out, options.sign_key, options.apt_key)
    except release.Unusable as error:
        print(f"release: {error}", file=sys.stderr)
        return 2
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    print(out)
    return 0


def write(product, boards, folder, out, sign_key, apt_key):
    """The folder of the release. It appears when it is complete. Raises release.Unusable, OSError or CalledProcessError."""
    out = out or product.folder / "build/release" / product.version
    if out.exists():
        raise release.Unusable(f"{out} exists")
    boards = boards or all_boards(product)
    for board in boards:
        if release.board_file(product, board, "board.cmake") is None:
            raise release.Unusable(f"there is no board {board}; boards: {', '.join(release.boards_with(product, 'board.cmake'))}")
    out.absolute().parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="release-", dir=out.absolute().parent) as work:
        made = Path(work) / "made"
        made.mkdir(mode=0o755)
        parts = {}
        for board in boards:
            programs = folder / board / "bin" if folder else release.build_programs(product, board)
            add_board(product, board, programs, made, Path(work) / "packages" / board)
            parts[tarball_name(product, board)] = sbom.components(product, board, programs.parent)
        names = {path.name: archive.sha256(path.read_bytes()) for path in made.iterdir()}
        (made / "sbom.spdx.json").write_bytes(sbom.document(product, parts, names))
        if sign_key:
            (made / "signers").write_bytes(signature.signers(sign_key))
        sums = "".join(f"{archive.sha256(path.read_bytes())}  {path.name}\n" for path in sorted(made.iterdir())).encode()
        (made / "SHA256SUMS").write_bytes(sums)
        if sign_key:
            (made / "SHA256SUMS.sig").write_bytes(signature.sign(sign_key, sums))
        apt_repository.write(product, made / "apt", sorted(made.glob("*.deb")), apt_key)
        made.rename(out)
    return out


def all_boards(product):
    """Those for packages come first. Boards for another engine, which have other programs, are not among them."""
    names = [name for name in release.boards_with(product, "board.cmake") if "MOTE_ENGINE" not in release.board_file(product, name, "board.cmake").read_text()]
    return [*(name for name in FIRST if name in names), *(name for name in names if name not in FIRST)]


def add_board(product, board, programs, made, work):
    if release.board_file(product, board, "gateway.conf") is None:
        add_images(product, board, programs, made)
        return
    for path in package.write(product, board, programs, work):
        # SHA256SUMS is that of the whole release. The .deb and the container of another board of the same processor stay.
        if path.name != "SHA256SUMS" and not (made / path.name).exists():
            shutil.move(path, made / path.name)


def tarball_name(product, board):
    return f"{product.name}-{product.version}-{board}.tar.gz"


def add_images(product, board, folder, made):
    top = f"{product.name}-{product.version}"
    files = {f"{top}/{path.name}": release.read(path) for path in sorted(folder.iterdir()) if path.is_file()}
    if not files:
        raise release.Unusable(f"{folder} has no images")
    (made / tarball_name(product, board)).write_bytes(archive.gz(archive.tar(files, files)))


if __name__ == "__main__":
    sys.exit(main())
