"""Signatures with ssh keys (ssh-keygen -Y), which gateways can check: most have OpenSSH."""

import subprocess
import tempfile
from pathlib import Path

from product import Unusable

# What a signature is for, and the name of who signs, in the files of allowed signers.
NAMESPACE, IDENTITY = "mote-release", "release"


def sign(key, contents):
    """The signature of `contents` by the private key in the file `key`, or by the agent's if it is a public one. Raises Unusable."""
    done = run("-Y", "sign", "-q", "-f", key, "-n", NAMESPACE, data=contents)
    if done.returncode != 0:
        raise Unusable(f"cannot sign with {key}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def verify(accepted, contents, signed):
    """True if `signed` is a signature of `contents` by one of the keys in `accepted`, the text of a file of allowed signers."""
    with tempfile.TemporaryDirectory(prefix="mote-") as work:
        keys, path = Path(work) / "signers", Path(work) / "signature"
        keys.write_bytes(accepted)
        path.write_bytes(signed)
        return run("-Y", "verify", "-f", keys, "-I", IDENTITY, "-n", NAMESPACE, "-s", path, data=contents).returncode == 0


def signers(key, others=None):
    """The file of allowed signers with the public key of `key` and those in the file `others`, one a line. Raises Unusable."""
    done = run("-y", "-f", key)
    public = done.stdout.decode() if done.returncode == 0 else text_of(key)
    lines = [*public.splitlines(), *(text_of(others).splitlines() if others else [])]
    keys = [" ".join(line.split()[:2]) for line in lines if line.strip() and not line.startswith("#")]
    if not all(line.startswith(("ssh-", "ecdsa-", "sk-")) for line in keys):
        raise Unusable(f"{others or key} is not a file of public keys")
    return "".join(f'{IDENTITY} namespaces="{NAMESPACE}" {line}\n' for line in dict.fromkeys(keys)).encode()


def text_of(path):
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"cannot read {path}: {error}") from error


def run(*words, data=b""):
    return subprocess.run(["ssh-keygen", *map(str, words)], input=data, capture_output=True, check=False)
