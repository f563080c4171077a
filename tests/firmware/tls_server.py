"""A server with TLS for an image, and the credentials that the image needs for it.

    with TlsServer(image, "--max-message-bytes", 4096) as server, Board(image, server.target, "script", credentials=server.credentials) as board:
"""

import contextlib
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
import gateway
from gateway import Gateway
from stunnel import Stunnel

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


def has_tls(image):
    return image.stem.endswith(("-tls", "-psk"))


class TlsServer:
    """With mutual certificates for an image "-tls", with pre-shared keys for an image "-psk". Of other servers than the gateway, which
    have none, stunnel is in front. `command` is that of Gateway."""

    def __init__(self, image, *options, command=None):
        self._psk = image.stem.endswith("-psk")
        self._files = {**SERVER_FILES, **(PSK_FILES if self._psk else CLIENT_FILES)}
        self._options = options
        self._command = command

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            run("certs.py", self.folder, "--device", "board", "--device", "other")
            self.credentials = self.make_credentials("board")
            if self._psk and self._command is None and gateway.is_reference():
                self.gateway = stack.enter_context(Gateway(*self._options))
                keys = dict(line.split() for line in (self.folder / "devices.psk").read_text().splitlines())
                self.target = stack.enter_context(Stunnel(self.gateway.target, keys)).target
            else:
                self._start("tls:127.0.0.1:0")
                stack.callback(lambda: self.gateway.stop())
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._stack.close()

    def restart(self):
        """Starts a killed gateway at the same address."""
        self._start(self.target)

    def _start(self, address):
        files = [word for name in self._files for word in (f"--tls-{name}", self.folder / self._files[name])]
        self.gateway = Gateway(*files, *self._options, listen=(address,), command=self._command).start()
        self.target = self.gateway.target

    def make_credentials(self, device, *options, folder=None):
        """Returns the path of a new file."""
        path = self.folder / f"{device}{len(list(self.folder.iterdir()))}.bin"
        kind = ["--psk"] if self._psk else []
        run("credentials.py", folder or self.folder, path, "--device", device, *kind, *options)
        return path


SERVER_FILES = {"certificate": "gateway.pem", "key": "gateway.key"}
CLIENT_FILES = {"client-ca": "ca.pem"}
PSK_FILES = {"psk-file": "devices.psk"}


def run(script, *arguments):
    subprocess.run([sys.executable, str(SCRIPTS / script), *map(str, arguments)], check=True)
