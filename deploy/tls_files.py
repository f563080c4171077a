"""The files of TLS that a gateway needs, from a folder of ./dev certs. Keys of the authority and of devices stay here."""

import hashlib
import io
import tarfile
from dataclasses import dataclass

from product import Unusable

REQUIRED = ("gateway.pem", "gateway.key")
OPTIONAL = ("ca.pem", "devices.psk")


@dataclass(frozen=True)
class TlsFiles:
    names: tuple  # Of those that are not empty.
    archive: bytes

    @property
    def sha256(self):
        return hashlib.sha256(self.archive).hexdigest()

    def settings(self, product):
        """The lines of gateway.conf."""
        place = f"{product.config_folder}/tls"
        lines = [f"tls-certificate = {place}/gateway.pem", f"tls-key = {place}/gateway.key"]
        if "ca.pem" in self.names:
            lines += ["# Clients need a certificate of this authority. Without the line, everyone can call.", f"tls-client-ca = {place}/ca.pem"]
        if "devices.psk" in self.names:
            lines += ["# Or one of these keys.", f"tls-psk-file = {place}/devices.psk"]
        return "".join(f"{line}\n" for line in lines)


def read(folder):
    """Raises Unusable."""
    contents = {}
    for name in REQUIRED + OPTIONAL:
        path = folder / name
        try:
            contents[name] = path.read_bytes()
        except FileNotFoundError as error:
            if name in REQUIRED:
                raise Unusable(f"--tls: {path} is missing: ./dev certs makes it") from error
        except OSError as error:
            raise Unusable(f"--tls: cannot read {path}: {error.strerror}") from error
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in contents.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mode = 0o600
            tar.addfile(entry, io.BytesIO(content))
    return TlsFiles(tuple(name for name, content in contents.items() if content.strip()), archive.getvalue())
