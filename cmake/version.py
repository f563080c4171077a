"""The version of a build of the product in a folder.

    version.py [--header FILE] [FOLDER]    prints it; FOLDER is by default the one of this checkout of mote

product.conf has the number of the release that comes next, such as 0.1.0. In a git checkout the version is
    0.1.0                                   at the tag v0.1.0
    0.1.0~git20261130021605.0123456789ab    before that tag: date and time (UTC) and hash of the commit
    0.1.0+git20261130021605.0123456789ab    after that tag, and at the tag if files were changed
and ends with .modified if files that git tracks were changed. dpkg sorts these by age. The clock is not read: one commit has one version.

Elsewhere it is what the file version.txt says, and without that file the number. In an archive that git made, git has written the
commit into version.txt (.gitattributes). A shallow clone does not know tags of earlier commits.

--header writes the line `#define BUILD_VERSION "0.1.0"` to FILE, unless the file has it.
"""

import argparse
import re
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

FIXED = "version.txt"
# What git archive writes: the time of the commit, its hash, and what git describe says.
ARCHIVED = re.compile(r"(\d+) ([0-9a-f]{40}) ?(\S*)")
VERSION = re.compile(r"[0-9][A-Za-z0-9.+~]*")
HASH_DIGITS = 12


class Unknown(Exception):
    """The text is the reason."""


def of(folder):
    """The version of the product in `folder`. Raises Unknown."""
    folder = Path(folder).resolve()
    fixed = folder / FIXED
    text = fixed.read_text(encoding="utf-8").strip() if fixed.is_file() else ""
    if archived := ARCHIVED.fullmatch(text):
        time, commit, described = archived.groups()
        return compose(number(folder), int(time), commit, described)
    if text and not text.startswith("$Format:"):
        if not VERSION.fullmatch(text):
            raise Unknown(f'{fixed}: "{text}" is not a version: a digit, then letters, digits, ".", "+" and "~"')
        return text
    return of_checkout(folder) or number(folder)


def number(folder):
    """VERSION of product.conf."""
    path = folder / "product.conf"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Unknown(f"cannot read {path}: {getattr(error, 'strerror', None) or 'it is not UTF-8'}") from error
    found = re.search(r"^VERSION=([0-9]+(?:\.[0-9]+)*)$", text, re.MULTILINE)
    if not found:
        raise Unknown(f"{path}: VERSION is missing or is not a number such as 1.0.0")
    return found[1]


def of_checkout(folder):
    """The version of a git checkout; None if `folder` is not the root of one, or if it has no commit."""
    root = git(folder, "rev-parse", "--show-toplevel")
    commit = git(folder, "log", "-1", "--format=%ct %H")
    if not commit or Path(root).resolve() != folder:
        return None
    wanted = number(folder)
    time, digest = commit.split()
    described = git(folder, "describe", "--tags", "--match", f"v{wanted}") or ""
    modified = bool(git(folder, "--no-optional-locks", "status", "--porcelain", "--untracked-files=no"))
    return compose(wanted, int(time), digest, described, modified)


def compose(wanted, time, digest, described, modified=False):
    """`described` is what git describe says: a tag, or one with the number of commits since then and a hash."""
    if described == f"v{wanted}" and not modified:
        return wanted
    released = re.fullmatch(rf"v{re.escape(wanted)}(-[0-9]+-g[0-9a-f]+)?", described)
    moment = datetime.fromtimestamp(time, timezone.utc).strftime("%Y%m%d%H%M%S")
    return f"{wanted}{'+' if released else '~'}git{moment}.{digest[:HASH_DIGITS]}{'.modified' if modified else ''}"


def container_tag(version):
    """The version as the tag of a container image, which cannot contain ~ and +."""
    return re.sub("[~+]", "-", version)


def git(folder, *arguments):
    """What git prints; None if it fails or there is no git."""
    # The owner of the files may be another user, as in a container.
    command = ["git", "-c", f"safe.directory={folder}", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def write_header(path, version):
    text = f'#define BUILD_VERSION "{version}"\n'
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--header", metavar="FILE", type=Path)
    parser.add_argument("folder", metavar="FOLDER", nargs="?", type=Path, default=Path(__file__).resolve().parent.parent)
    options = parser.parse_args()
    try:
        version = of(options.folder)
        if options.header:
            write_header(options.header, version)
        else:
            print(version)
    except (Unknown, OSError) as error:
        print(f"version: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
