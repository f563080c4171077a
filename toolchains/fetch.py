"""Fetches the inputs of cross builds: sysroots of Debian packages, and pinned source packages.

    fetch.py sysroot [--alone] NAME RELEASE ARCHITECTURE PACKAGE...
        build/sysroots/NAME: these packages of a Debian release, unpacked, with their dependencies unless --alone is given
    fetch.py source NAME...
        build/sources/NAME: the source package that sources.sha256 pins, from the release that it names

Prints the folders. $MOTE_FETCH_FOLDER is used instead of build/ if it is set. A separate apt downloads from the mirrors of the host, without root, and does not change the packages, lists
and caches of the host. Existing folders are not changed. With the downloads of an earlier run (build/downloads, or
$MOTE_DOWNLOADS) no network is needed. apt verifies packages with the signature of the archive when it downloads them; later runs
compare their SHA-256. Sources are compared with sources.sha256.
"""

import argparse
import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from isolated_apt import AptError, IsolatedApt

HERE = Path(__file__).resolve().parent
BUILD = Path(os.environ.get("MOTE_FETCH_FOLDER") or HERE.parent / "build").absolute()
DOWNLOADS = Path(os.environ.get("MOTE_DOWNLOADS") or BUILD / "downloads").absolute()
PINS = HERE / "sources.sha256"
# Part of the stamp, so that a sysroot of an older version of this script is unpacked again.
FORM = "2"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    sysroot = verbs.add_parser("sysroot", help="unpack Debian packages of another architecture")
    sysroot.add_argument("--alone", action="store_true", help="without the dependencies of the packages")
    sysroot.add_argument("name")
    sysroot.add_argument("release")
    sysroot.add_argument("architecture")
    sysroot.add_argument("packages", nargs="+")
    source = verbs.add_parser("source", help="unpack pinned source packages")
    source.add_argument("names", nargs="+")
    arguments = parser.parse_args()

    try:
        if arguments.verb == "sysroot":
            wanted = Wanted(arguments.release, arguments.architecture, arguments.packages, not arguments.alone)
            print(fetch_sysroot(arguments.name, wanted))
        else:
            for name in arguments.names:
                print(fetch_source(name))
    except (AptError, OSError, subprocess.CalledProcessError) as error:
        print(f"fetch: {error}", file=sys.stderr)
        sys.exit(1)


@dataclass(frozen=True)
class Wanted:
    release: str
    architecture: str
    packages: list
    with_dependencies: bool

    def __str__(self):
        how = "whole" if self.with_dependencies else "alone"
        return " ".join([FORM, self.release, self.architecture, how, *self.packages])

    @property
    def kind(self):
        return f"{self.release}-{self.architecture}"


def fetch_sysroot(name, wanted):
    folder = BUILD / "sysroots" / name
    if is_stamped(folder, str(wanted)):
        return folder
    with alone(wanted.kind):
        if not is_stamped(folder, str(wanted)):
            unpack_sysroot(folder, wanted)
    return folder


def unpack_sysroot(folder, wanted):
    archives = download_packages(wanted, f"{folder.name}.sha256")
    say(f"unpacking {len(archives)} packages for {wanted.architecture} into {folder}")
    with new_folder(folder) as fresh:
        for archive in archives:
            subprocess.run(["dpkg-deb", "--extract", str(archive), str(fresh)], check=True)
        make_links_relative(fresh)
        stamp(fresh, str(wanted))


def download_packages(wanted, manifest_name):
    """The .deb files of a sysroot, from the cache if it is complete."""
    apt = IsolatedApt(DOWNLOADS / wanted.kind, wanted.release, wanted.architecture)
    # The files of those packages, in the format of sha256sum.
    manifest = DOWNLOADS / wanted.kind / manifest_name
    head = f"# {wanted}"
    if manifest.is_file() and manifest.read_text().splitlines()[0] == head:
        files = read_checksums(manifest.read_text())
        if all(is_file_with(apt.archives / file, digest) for file, digest in files.items()):
            return [apt.archives / file for file in files]
    say(f"downloading packages of {wanted.release} for {wanted.architecture}: {' '.join(wanted.packages)}")
    apt.update()
    archives = [apt.archives / file for file in apt.download(wanted.packages, wanted.with_dependencies)]
    manifest.write_text(head + "\n" + "".join(f"{sha256(path)}  {path.name}\n" for path in archives))
    return archives


def fetch_source(name):
    release, pins = pins_of(name)
    descriptions = [file for file in pins if file.endswith(".dsc")]
    if len(descriptions) != 1 or not release:
        raise AptError(f"{PINS.name} does not pin the source package {name}, or names no release for it")
    folder = BUILD / "sources" / name
    wanted = " ".join([FORM, *pins.values()])
    if is_stamped(folder, wanted):
        return folder
    with alone("source"):
        if not is_stamped(folder, wanted):
            unpack_source(folder, wanted, name, release, pins, descriptions[0])
    return folder


def pins_of(name):
    """The release of the source package `name`, and its files with their digests."""
    release, files = None, {}
    for section in re.split(r"^(?=# from )", PINS.read_text(), flags=re.MULTILINE):
        found = {file: digest for file, digest in read_checksums(section).items() if file.startswith(f"{name}_")}
        files |= found
        if found and (named := re.match(r"# from (\w+)$", section, re.MULTILINE)):
            release = named[1]
    return release, files


def unpack_source(folder, wanted, name, release, pins, description):
    apt = IsolatedApt(DOWNLOADS / "source", release, "source")
    apt.archives.mkdir(parents=True, exist_ok=True)
    if not all(is_file_with(apt.archives / file, digest) for file, digest in pins.items()):
        version = re.fullmatch(r"[^_]+_(.+)\.dsc", description)[1]
        say(f"downloading the source of {name} {version} from {release}")
        apt.update()
        for file in pins:
            (apt.archives / file).unlink(missing_ok=True)
        apt.must("source", "--download-only", f"{name}={apt.with_epoch(name, version)}", folder=apt.archives)
    for file, digest in pins.items():
        if not is_file_with(apt.archives / file, digest):
            raise AptError(f"{apt.archives / file} does not match the digest in {PINS.name}")
    with new_folder(folder) as fresh:
        fresh.rmdir()
        # The digest makes a check of the uploader's signature unnecessary.
        command = ["dpkg-source", "--no-check", "--extract", str(apt.archives / description), str(fresh)]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        stamp(fresh, wanted)


@contextlib.contextmanager
def alone(kind):
    """A lock: two configurations may need the same files at the same time."""
    folder = DOWNLOADS / kind
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "in-use").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class new_folder:
    """A temporary folder that replaces the final one only on success."""

    def __init__(self, folder):
        self._folder = folder
        self._fresh = folder.with_name(folder.name + ".new")

    def __enter__(self):
        shutil.rmtree(self._fresh, ignore_errors=True)
        self._fresh.mkdir(parents=True)
        return self._fresh

    def __exit__(self, kind, error, trace):
        if kind is None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._fresh.rename(self._folder)


def stamp(folder, text):
    (folder / ".fetched").write_text(text + "\n")


def is_stamped(folder, text):
    path = folder / ".fetched"
    return path.is_file() and path.read_text() == text + "\n"


def make_links_relative(root):
    """Makes absolute links relative: in an unpacked package they point into the host, where CMake would find other files."""
    for path in root.rglob("*"):
        if path.is_symlink() and (target := os.readlink(path)).startswith("/"):
            path.unlink()
            path.symlink_to(os.path.relpath(root / target.lstrip("/"), path.parent))


def read_checksums(text):
    """File names and their digests, from lines in the format of sha256sum."""
    return {file: digest for digest, file in re.findall(r"^([0-9a-f]{64})  (\S+)$", text, re.MULTILINE)}


def is_file_with(path, digest):
    return path.is_file() and sha256(path) == digest


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def say(text):
    print(f"fetch: {text}", file=sys.stderr)


if __name__ == "__main__":
    main()
