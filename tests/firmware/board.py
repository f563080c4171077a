"""Runs a firmware image in QEMU. Its console is semihosting; its network connects it to a server on this machine.

    with Board(image, server.target, "script") as board:
        board.wait_for("ok reply ")
        code = board.wait()
"""

import re
import subprocess
import sys
import threading
import time

MACHINE = ("qemu-system-arm", "-M", "mps2-an385", "-display", "none", "-monitor", "none")
# Much longer than any run: an image that exceeds it hangs.
PATIENCE = 90
# CREDENTIALS in firmware-host/images/mps2-an385/image.ld.
CREDENTIALS_AT = 0x3FF000


class Board:
    """An image and its mode (firmware-host/images/mps2-an385/image.h). The name of the image contains its link: uart or
    ethernet. `credentials`: a file of scripts/credentials.py that the flash contains.

    `reconnect`: QEMU connects the UART to the server again after the connection ends, at the earliest after a second.
    Without it, QEMU starts when the server has accepted the connection.
    """

    def __init__(self, image, target, mode, reconnect=False, credentials=None):
        host, port = target.rsplit(":", 1)
        if image.stem.endswith("-uart"):
            socket = f"socket,id=uart,host={host},port={port},nodelay=on" + (",reconnect=1" if reconnect else "")
            link = ["-chardev", socket, "-serial", "chardev:uart"]
            words = [mode]
        else:
            # The image reaches this machine at 10.0.2.2.
            link = ["-serial", "none", "-nic", "user,model=lan9118"]
            words = [port, mode]
        console = ["-chardev", "stdio,id=console", "-semihosting-config"]
        console.append("enable=on,target=native,chardev=console" + "".join(f",arg={word}" for word in words))
        flash = ["-device", f"loader,file={credentials},addr={CREDENTIALS_AT:#x},force-raw=on"] if credentials else []
        self._command = [*MACHINE, *link, *console, *flash, "-kernel", str(image)]
        self._changed = threading.Condition()
        self.lines = []

    @property
    def console(self):
        return "\n".join(self.lines)

    def wait_for(self, pattern):
        """Waits for a line that begins with `pattern` and returns the match."""
        deadline = time.monotonic() + PATIENCE
        with self._changed:
            while not (found := self.find(pattern)):
                left = deadline - time.monotonic()
                assert left > 0 and self._process.poll() is None, f"no {pattern!r} in:\n{self.console}"
                self._changed.wait(min(left, 0.1))
        return found

    def find(self, pattern):
        return next(filter(None, (re.match(pattern, line) for line in self.lines)), None)

    def wait(self):
        """Waits for the exit of the image and returns its code."""
        try:
            code = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"still running after {PATIENCE} s:\n{self.console}") from error
        self._reader.join()
        return code

    def __enter__(self):
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, kind, error, trace):
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        self._process.stdout.close()
        if kind is not None:
            print(f"--- console of {self._command[-1]}\n{self.console}", file=sys.stderr)

    def _read(self):
        for line in self._process.stdout:
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()
