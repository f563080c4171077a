"""TLS between the suites and the server under test.

After turn_on(), every server that a suite starts has TLS listeners instead of plaintext ones, and its targets begin with "tls:".
Clients of such a target compare the certificate of the server.
"""

import atexit
import functools
import os
import shutil
import ssl
import subprocess
import tempfile
from pathlib import Path

CERTS = Path(__file__).resolve().parents[2] / "scripts" / "certs.py"
PREFIX = "tls:"
# A name of the certificate.
SERVER_NAME = "localhost"
# Programs of other languages that get a "tls:" target find the authority in this variable.
CA_VARIABLE = "MOTE_TEST_CA"

_folder = None
_mutual = False


def make_certificates(folder, *options):
    subprocess.run(["/usr/bin/python3", str(CERTS), str(folder), *options], check=True)


def turn_on(mutual=False):
    """`mutual`: the servers demand certificates, and raw clients have one."""
    global _folder, _mutual
    _folder = Path(tempfile.mkdtemp(prefix="mote-tls-"))
    _mutual = mutual
    atexit.register(shutil.rmtree, _folder)
    make_certificates(_folder)
    os.environ[CA_VARIABLE] = str(_folder / "ca.pem")


def turn_off():
    global _folder
    _folder = None


def is_on():
    return _folder is not None


def listeners(addresses):
    """The addresses, with TLS where TCP is used and TLS is on."""
    return [PREFIX + address if is_on() and not address.startswith("unix:") else address for address in addresses]


def server_options():
    if not is_on():
        return []
    authority = ["--tls-client-ca", str(_folder / "ca.pem")] if _mutual else []
    return ["--tls-certificate", str(_folder / "gateway.pem"), "--tls-key", str(_folder / "gateway.key"), *authority]


def address_of(target):
    """The address without "tls:"."""
    return target.removeprefix(PREFIX)


def authority():
    """The certificate of the authority, in PEM."""
    return (_folder / "ca.pem").read_bytes()


@functools.cache
def _context():
    context = ssl.create_default_context(cafile=_folder / "ca.pem")
    context.set_alpn_protocols(["h2"])
    if _mutual:
        context.load_cert_chain(_folder / "device.pem", _folder / "device.key")
    return context


def wrapped(connected, seconds):
    """TLS on a connected socket."""
    connected.settimeout(seconds)
    return _context().wrap_socket(connected, server_hostname=SERVER_NAME)
