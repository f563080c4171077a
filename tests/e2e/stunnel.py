"""stunnel in front of a plaintext server: TLS with pre-shared keys, which gRPC's libraries do not have.

    with Stunnel(server.target, {"pump": "00ff..."}) as tunnel:
        device("--target", tunnel.target, ...)
"""

import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import suite
from ports import unused_port

PROGRAM = shutil.which("stunnel4") or shutil.which("stunnel") or "/usr/bin/stunnel4"


class Stunnel:
    def __init__(self, server, keys, version="TLSv1.3"):
        """`version` is the newest that it speaks."""
        self._server = server
        self._version = version
        self._keys = keys

    @property
    def log(self):
        return (self._folder / "log").read_text()

    def __enter__(self):
        self._temporary = tempfile.TemporaryDirectory()
        self._folder = Path(self._temporary.name)
        secrets = self._folder / "secrets"
        secrets.touch(0o600)
        secrets.write_text("".join(f"{identity}:{key}\n" for identity, key in self._keys.items()))
        self.target = f"127.0.0.1:{unused_port()}"
        configuration = self._folder / "configuration"
        configuration.write_text(
            f"foreground = yes\npid =\n[grpc]\naccept = {self.target}\nconnect = {self._server}\nciphers = PSK\nPSKsecrets = {secrets}\n"
            f"sslVersionMax = {self._version}\n"
        )
        with (self._folder / "log").open("w") as log:
            self._process = subprocess.Popen([PROGRAM, str(configuration)], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        suite.wait_until(self._accepts, "stunnel accepts connections")
        return self

    def _accepts(self):
        assert self._process.poll() is None, self.log
        host, port = self.target.split(":")
        try:
            socket.create_connection((host, int(port)), 1).close()
        except OSError:
            return False
        return True

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(suite.PATIENCE)
        self._temporary.cleanup()
