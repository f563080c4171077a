"""The Debian package: the programs, the service with its own user, and the configuration."""

import gzip
import hashlib
import os
import re
import subprocess
import tempfile
import textwrap
from email.utils import formatdate
from pathlib import Path

import archive
import release

HERE = Path(__file__).resolve().parent
DEBIAN = HERE / "debian"
MANUAL = HERE / "manual"
# Licences whose text is in /usr/share/common-licenses.
COMMON_LICENSES = ("Apache-2.0", "GPL-2", "GPL-3", "LGPL-2.1", "LGPL-3", "MPL-2.0")


def package(product, out, architecture, version, board, programs, configuration, unit):
    """Writes the .deb to `out`. `programs`, `configuration` and `unit` are the contents of files."""
    documents = f"usr/share/doc/{product.program}"
    files = {
        **{f"usr/bin/{name}": contents for name, contents in programs.items()},
        product.config.removeprefix("/"): configuration,
        f"lib/systemd/system/{product.unit}.service": for_package(product, unit),
        f"lib/systemd/system/{product.unit}.socket": product.render((HERE / "gateway.socket").read_bytes()),
        f"{documents}/copyright": copyright_file(product),
        f"{documents}/changelog.gz": gzip.compress(changelog(product, version), mtime=0),
        f"usr/share/lintian/overrides/{product.program}": product.render((DEBIAN / "lintian-overrides").read_bytes()),
    }
    for name, page in manual(product).items():
        files[f"usr/share/man/man{name[-1]}/{name}.gz"] = gzip.compress(product.render(page), mtime=0)
    files |= completions(product)
    # Not active: it announces a gateway to the network, and this one listens on localhost.
    files[f"{documents}/examples/{product.unit}.avahi.service"] = product.render((HERE / "gateway.avahi").read_bytes())
    scripts = {name: product.render((DEBIAN / f"{name}.sh").read_bytes()) for name in ("preinst", "postinst", "prerm", "postrm")}
    control = {
        "control": control_file(product, architecture, version, board, files, libc_of(programs)),
        "conffiles": f"{product.config}\n".encode(),
        "md5sums": md5sums(files),
        **scripts,
    }
    with tempfile.TemporaryDirectory(prefix="mote-deb-") as work:
        lay(Path(work), files, executable={f"usr/bin/{name}" for name in programs})
        lay(Path(work), {f"DEBIAN/{name}": contents for name, contents in control.items()}, {f"DEBIAN/{name}" for name in scripts})
        command = ["dpkg-deb", "--build", "--root-owner-group", "-Zxz", "--threads-max=1", work, out]
        environment = {**os.environ, "SOURCE_DATE_EPOCH": str(archive.epoch())}
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)


def for_package(product, unit):
    """Changes the service of `deploy` for a package: the paths of the programs, and a user that the package creates."""
    unit = unit.replace(f"{product.home}/current/bin/".encode(), b"/usr/bin/")
    return unit.replace(b"DynamicUser=yes\n", product.render(b"User=@USER@\nGroup=@GROUP@\n"))


def manual(product):
    """The manual pages by name and section: of the service's program, of its configuration, and those of tools that the product has in
    deploy/manual/."""
    tools = {f"{name}.1": product.folder / f"deploy/manual/{name}.1" for name in product.tools.split()}
    pages = {f"{product.program}.8": MANUAL / "gateway.8", f"{product.program}.conf.5": MANUAL / "gateway.conf.5"}
    pages |= {name: path for name, path in tools.items() if path.is_file()}
    return {name: path.read_bytes() for name, path in pages.items()}


def completions(product):
    """The completions of bash and zsh, by their paths in the package."""
    programs = {product.program: MANUAL / "gateway", **{name: product.folder / "deploy/manual" / name for name in product.tools.split()}}
    files = {}
    for name, source in programs.items():
        for suffix, path in ((".bash", f"bash-completion/completions/{name}"), (".zsh", f"zsh/vendor-completions/_{name}")):
            completion = source.with_name(source.name + suffix)
            if completion.is_file():
                files[f"usr/share/{path}"] = product.render(completion.read_bytes())
    return files


def copyright_file(product):
    text = product.render((DEBIAN / "copyright").read_bytes())
    if product.license in COMMON_LICENSES:
        return text + product.render(b" On Debian systems the text of this licence is in\n /usr/share/common-licenses/@LICENSE@.\n")
    lines = release.read(product.folder / "LICENSE").decode().splitlines()
    return text + "".join(f" {line or '.'}\n" for line in lines).encode()


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


def control_file(product, architecture, version, board, files, libc):
    details = textwrap.fill(product.details, 79, initial_indent=" ", subsequent_indent=" ", break_on_hyphens=False)
    kib = sum((len(contents) + 1023) // 1024 for contents in files.values())
    return (
        f"Package: {product.program}\nVersion: {version}\nArchitecture: {architecture}\nMaintainer: {product.maintainer}\n"
        f"Installed-Size: {kib}\nDepends: adduser{libc}\nPre-Depends: init-system-helpers (>= 1.54~)\nSection: net\nPriority: optional\n"
        f"Description: {product.description}\n{details}\n .\n Built for {board}.\n"
    ).encode()


def changelog(product, version):
    date = formatdate(archive.epoch(), localtime=False, usegmt=False).replace("-0000", "+0000")
    return (
        f"{product.program} ({version}) stable; urgency=medium\n\n  * See the CHANGELOG.md of the project.\n\n"
        f" -- {product.maintainer}  {date}\n"
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
