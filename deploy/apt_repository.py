"""An apt repository of packages in a folder, signed with OpenPGP, which apt requires."""

import gzip
import subprocess
from email.utils import formatdate

import archive
from product import Unusable

SUITE, COMPONENT = "stable", "main"
KEY = "key.asc"


def write(product, folder, packages, key):
    """The repository in `folder` (new): the files `packages` (.deb) and their index. `key`: of gpg, for --local-user; None: it is not
    signed, and apt refuses it unless it is trusted by hand. Raises Unusable or CalledProcessError."""
    pool = folder / "pool"
    pool.mkdir(parents=True)
    by_architecture = {}
    for path in packages:
        contents = path.read_bytes()
        (pool / path.name).write_bytes(contents)
        control = subprocess.run(["dpkg-deb", "--field", path], check=True, capture_output=True, text=True).stdout
        architecture = next(line.split()[1] for line in control.splitlines() if line.startswith("Architecture:"))
        stanza = f"{control}Filename: pool/{path.name}\nSize: {len(contents)}\nSHA256: {archive.sha256(contents)}\n"
        by_architecture.setdefault(architecture, []).append(stanza)
    suite = folder / "dists" / SUITE
    indexes = {}
    for architecture, stanzas in by_architecture.items():
        text = "\n".join(stanzas).encode()
        name = f"{COMPONENT}/binary-{architecture}/Packages"
        indexes |= {name: text, f"{name}.gz": gzip.compress(text, mtime=0)}
    for name, contents in indexes.items():
        (suite / name).parent.mkdir(parents=True, exist_ok=True)
        (suite / name).write_bytes(contents)
    date = formatdate(archive.epoch(), usegmt=True)
    sums = "".join(f" {archive.sha256(contents)} {len(contents)} {name}\n" for name, contents in sorted(indexes.items()))
    (suite / "Release").write_text(
        f"Origin: {product.name}\nLabel: {product.name}\nSuite: {SUITE}\nCodename: {SUITE}\nDate: {date}\n"
        f"Architectures: {' '.join(sorted(by_architecture))}\nComponents: {COMPONENT}\nDescription: {product.description}\nSHA256:\n{sums}"
    )
    if key is not None:
        gpg(key, "--clearsign", "--output", suite / "InRelease", suite / "Release")
        gpg(key, "--armor", "--detach-sign", "--output", suite / "Release.gpg", suite / "Release")
        gpg(key, "--armor", "--output", folder / KEY, "--export", key)


def gpg(key, *words):
    done = subprocess.run(["gpg", "--batch", "--yes", "--local-user", key, *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unusable(f"gpg cannot sign with {key}: {(done.stderr.strip().splitlines() or ['no reason'])[-1]}")
