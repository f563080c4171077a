"""TLS between a client or proxy and the gateway: the certificates, and what the programs need to know of it.

A client program gets the target "tls:HOST:PORT" and these variables: PEERS_CA, PEERS_CERTIFICATE and PEERS_KEY are files, the last
two only if the client has a certificate; PEERS_TLS is the newest version that it may speak.
"""

import os
import subprocess
import tempfile
from pathlib import Path

CERTS = Path(__file__).resolve().parents[2] / "scripts" / "certs.py"
VERSIONS = ("1.2", "1.3")
# gRPC's C core has no setting for the version, and OpenSSL reads this file.
ONLY_1_2 = """openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = default
[default]
Protocol = -TLSv1.3
"""


class Tls:
    """`version`: what the client may speak, and for 1.3 what the gateway demands. `mutual`: the gateway demands a certificate."""

    def __init__(self, version, mutual):
        self.version, self.mutual = version, mutual
        self._folder = tempfile.TemporaryDirectory()
        self.folder = Path(self._folder.name)
        subprocess.run(["/usr/bin/python3", str(CERTS), str(self.folder)], check=True)
        self._openssl = self.folder / "openssl.cnf"
        self._openssl.write_text(ONLY_1_2)

    def __str__(self):
        return f"TLS {self.version}" + (", client certificates" if self.mutual else "")

    def gateway_options(self):
        options = ["--tls-certificate", self.folder / "gateway.pem", "--tls-key", self.folder / "gateway.key"]
        options += ["--tls-client-ca", self.folder / "ca.pem"] if self.mutual else []
        return [*options, "--tls-min-version", self.version]

    def environment(self, with_certificate=None):
        """The variables of a client."""
        found = {**os.environ, "PEERS_CA": str(self.folder / "ca.pem"), "PEERS_TLS": self.version}
        if self.mutual if with_certificate is None else with_certificate:
            found |= {"PEERS_CERTIFICATE": str(self.folder / "device.pem"), "PEERS_KEY": str(self.folder / "device.key")}
        if self.version == "1.2":
            found |= {"OPENSSL_CONF": str(self._openssl)}
        return found
