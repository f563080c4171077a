"""The Debian packages of an SD-card image. packages.sha256 pins each by version and SHA-256.

    pinned.py fetch ARCHITECTURE
        build/pinned/ARCHITECTURE: all packages that are pinned for it, unpacked
    pinned.py renew
        pins the current versions of RELEASE on the mirrors, without downloading them

Prints the folder. A separate apt, as in fetch.py, downloads to build/downloads or $MOTE_DOWNLOADS. A mirror keeps only the newest
version: when the pinned one is gone, renew the pins, run ./dev e2e, and commit.
"""

import argparse
import re
import subprocess
import sys

import fetch
from isolated_apt import AptError, IsolatedApt

PINS = fetch.HERE / "packages.sha256"
# On every host: the images were tried with the packages of this release.
RELEASE = "bookworm"
# raspi-firmware is not free software, but a Raspberry Pi does not boot without it.
COMPONENTS = "main non-free-firmware"
HEAD = "# The Debian packages of SD-card images, in the format of sha256sum; pinned.py renew writes this file.\n"
KERNEL = re.compile(r"linux-image-\d\S*?-\d+-(?=[a-z])")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("fetch").add_argument("architecture")
    verbs.add_parser("renew")
    arguments = parser.parse_args()
    try:
        if arguments.verb == "fetch":
            print(fetch_pinned(arguments.architecture))
        else:
            renew()
    except (AptError, OSError, subprocess.CalledProcessError) as error:
        print(f"pinned: {error}", file=sys.stderr)
        return 1
    return 0


def fetch_pinned(architecture):
    """Returns the folder with all packages of an architecture. Raises AptError, OSError or CalledProcessError."""
    pins = pinned().get(architecture)
    if not pins:
        raise AptError(f"{PINS.name} has no packages for {architecture}")
    folder = fetch.BUILD / "pinned" / architecture
    wanted = " ".join([fetch.FORM, *pins.values()])
    with fetch.alone(architecture):
        if not fetch.is_stamped(folder, wanted):
            archives = download(architecture, pins)
            with fetch.new_folder(folder) as fresh:
                for archive in archives:
                    subprocess.run(["dpkg-deb", "--extract", str(archive), str(fresh)], check=True)
                fetch.stamp(fresh, wanted)
    return folder


def download(architecture, pins):
    apt = IsolatedApt(fetch.DOWNLOADS / f"{architecture}-image", RELEASE, architecture, COMPONENTS)
    missing = [file for file, digest in pins.items() if not fetch.is_file_with(apt.archives / file, digest)]
    if missing:
        fetch.say(f"downloading packages for {architecture}: {' '.join(map(package_of, missing))}")
        apt.update()
        for file in missing:
            (apt.archives / file).unlink(missing_ok=True)
            apt.must("download", f"{package_of(file)}={version_of(file)}", folder=apt.archives)
            if not fetch.is_file_with(apt.archives / file, pins[file]):
                raise AptError(f"{apt.archives / file} does not match the digest in {PINS.name}")
    return [apt.archives / file for file in pins]


def renew():
    lines = []
    for architecture, pins in sorted(pinned().items()):
        apt = IsolatedApt(fetch.DOWNLOADS / f"{architecture}-image", RELEASE, architecture, COMPONENTS)
        apt.update()
        for name in map(package_of, pins):
            # The name of a kernel package contains the version; the package without a version depends on the newest one.
            newest = apt.described(KERNEL.sub("linux-image-", name))
            if KERNEL.match(name):
                newest = apt.described(newest["Depends"].split()[0])
            lines.append(f"{newest['SHA256']}  {architecture}/{file_of(newest)}\n")
    PINS.write_text(HEAD + "".join(lines))


def file_of(description):
    """The file name that apt gives to a package."""
    version = description["Version"].replace(":", "%3a")
    return f"{description['Package']}_{version}_{description['Architecture']}.deb"


def pinned():
    """By architecture: file names and their SHA-256."""
    pins = {}
    for path, digest in fetch.read_checksums(PINS.read_text()).items():
        architecture, file = path.split("/")
        pins.setdefault(architecture, {})[file] = digest
    return pins


def package_of(file):
    return file.split("_")[0]


def version_of(file):
    return file.split("_")[1].replace("%3a", ":")


if __name__ == "__main__":
    sys.exit(main())
