"""Makes a project from examples/starter: a service of its own with clients, tests, a board and deployment.

    ./dev new PATH --name NAME [--port PORT]

NAME names everything in the project: C++ code, the package, the program, the user. The names are in product.conf there.
"""

import argparse
import os
import re
import shlex
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "examples/starter"
TEMPLATE_PORT = "50052"
NAME = re.compile(r"[a-z][a-z0-9]{1,19}")
# Names with another meaning in C++, in the C library, in CMake, or in the template. Of the C library, only what is a word.
RESERVED = frozenset(
    """alignas alignof and asm auto bitand bitor bool break case catch char class compl concept const consteval constexpr constinit
    continue decltype default delete do double else enum explicit export extern false float for friend goto if inline int long
    mutable namespace new noexcept not nullptr operator or private protected public register requires return short signed sizeof
    static struct switch template this throw true try typedef typeid typename union unsigned using virtual void volatile while xor
    abort accept access alarm bind clock clone close connect daemon daylight exit fork free gamma index kill linger link linux listen
    log nice open pause pipe poll profil raise random read remainder remove rename rewind round select send shutdown signal sleep
    socket splice stat system tee time timezone truncate unix wait write
    std all clean help install package test tests boards build client device google grpc main mote product report service value
    watch""".split()
)


class Unusable(Exception):
    """The project cannot be made; the text is the reason."""


def main():
    parser = argparse.ArgumentParser("./dev new", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", metavar="PATH", type=Path, help="the folder to make")
    parser.add_argument("--name", required=True, help="2 to 20 lower-case letters and digits, with a letter first")
    parser.add_argument("--port", default=TEMPLATE_PORT, help=f"the port of the service ({TEMPLATE_PORT})")
    options = parser.parse_args()
    try:
        make(options.path, options.name, options.port)
    except Unusable as error:
        print(f"new: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"new: cannot make {options.path}: {error.strerror}", file=sys.stderr)
        return 1
    print(f"made {options.path}. Next:\n  cd {shlex.quote(str(options.path))}\n  ./dev run &\n  ./dev call")
    return 0


def make(path, name, port):
    """Makes the project in `path`, completely or not at all."""
    if not NAME.fullmatch(name):
        raise Unusable(
            f'the name "{name}" cannot be used: it names C++ code, a Debian package and a user, so it must be 2 to 20 lower-case '
            "letters and digits, with a letter first"
        )
    if name in RESERVED:
        raise Unusable(f'the name "{name}" cannot be used: it has another meaning in C++, in CMake or in the template')
    if not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise Unusable(f'the port must be a number from 1 to 65535, not "{port}"')
    path = path.absolute()
    if path.exists() or path.is_symlink():
        raise Unusable(f"{path} exists")
    if not path.parent.is_dir():
        raise Unusable(f"there is no folder {path.parent}")
    with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as work:
        project = Path(work) / path.name
        for source in template_files():
            target = project / renamed(str(source.relative_to(TEMPLATE)), name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(renamed(source.read_text(encoding="utf-8"), name).replace(TEMPLATE_PORT, port), encoding="utf-8")
            shutil.copymode(source, target)
        shutil.copy(ROOT / "LICENSE", project)
        names = project / "product.conf"
        names.write_text(names.read_text(encoding="utf-8").replace("MOTE=../..\n", f"MOTE={path_to_mote(path)}\n"), encoding="utf-8")
        project.rename(path)


def template_files():
    """The files of the template, without what a build or a test run leaves there."""
    for path in sorted(TEMPLATE.rglob("*")):
        parts = path.relative_to(TEMPLATE).parts
        if path.is_file() and parts[0] != "build" and "__pycache__" not in parts:
            yield path


def renamed(text, name):
    return text.replace("starter", name).replace("Starter", name.capitalize()).replace("STARTER", name.upper())


def path_to_mote(project):
    """Relative if both are in one folder, which may then move."""
    return os.path.relpath(ROOT, project) if project.parent == ROOT.parent else str(ROOT)


if __name__ == "__main__":
    sys.exit(main())
