"""Hosts to deploy to: an sshd on a free loopback port, and private root folders for gateways."""

import atexit
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from ports import unused_port

PATIENCE_SECONDS = 60
# What a gateway does that passes all checks before it serves, as the end of main() in C: it exits at once.
BROKEN = 'fputs("this version is broken\\n", stderr); return 7;'
SSHD = shutil.which("sshd", path="/usr/sbin:/usr/bin")


def run(*command, **named):
    return subprocess.run(command, check=True, capture_output=True, text=True, **named)


ADDRESSES = ("127.0.0.1", "127.0.0.2", "127.0.0.3")


class Sshd:
    """Several hosts in one: an sshd at all ADDRESSES that accepts one key, for the user that runs the tests. In commands
    @HOST@ is replaced by the called address. They run with `shims` first in PATH."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.shims = self.folder / "shims"
        self.shims.mkdir()
        for name in ("host_key", "user_key"):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / name))
        shutil.copy(self.folder / "user_key.pub", self.folder / "authorized_keys")
        session = self.folder / "session"
        session.write_text(
            # A login with the strictest umask.
            "#!/bin/sh\numask 077\nset -- $SSH_CONNECTION\n"
            'command=$(printf %s "$SSH_ORIGINAL_COMMAND" | sed "s/@HOST@/$3/g")\n'
            f'PATH={self.shims}:$PATH exec sh -c "$command"\n'
        )
        session.chmod(0o755)
        self.port = unused_port()
        (self.folder / "sshd_config").write_text(
            "".join(f"ListenAddress {address}:{self.port}\n" for address in ADDRESSES) + f"HostKey {self.folder}/host_key\nPidFile none\nUsePAM no\n"
            f"AuthorizedKeysFile {self.folder}/authorized_keys\nStrictModes no\nPasswordAuthentication no\n"
            f"ForceCommand {session}\nMaxStartups 100\n"
        )
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # The folder for privilege separation of sshd.
        self._log = (self.folder / "sshd.log").open("wb")
        self._process = subprocess.Popen(
            [SSHD, "-D", "-e", "-f", str(self.folder / "sshd_config")], stdin=subprocess.DEVNULL, stderr=self._log, preexec_fn=die_with_parent
        )
        self._wait()

    def _wait(self):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise AssertionError((self.folder / "sshd.log").read_text()) from None
                time.sleep(0.05)

    @property
    def command(self):
        return (
            f"ssh -F none -p {self.port} -i {self.folder}/user_key -o BatchMode=yes -o IdentitiesOnly=yes "
            f"-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
        )

    def shim(self, name, text):
        """Replaces a program of the host with the shell script `text`."""
        path = self.shims / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def clear_shims(self):
        for path in self.shims.iterdir():
            path.unlink()

    def stop(self):
        self._process.terminate()
        self._process.wait()
        self._log.close()


class Root:
    """A private root folder in which the gateway listens on a Unix socket, as USER if root runs the tests."""

    USER = "nobody"

    def __init__(self, path):
        self.path = Path(path)
        self.socket = self.path / "sockets/mote"
        self.target = f"unix:{self.socket}"
        self.home = self.path / "opt/mote"
        for name, text in (
            ("etc/mote/gateway.conf", f"listen = {self.target}\ndrain-seconds = 2\n"),
            ("etc/default/mote-gateway", f"user={self.USER}\n"),
        ):
            path = self.path / name
            path.parent.mkdir(parents=True)
            path.write_text(text)
        atexit.register(self.stop)  # Runs also if the tests are interrupted.
        self.socket.parent.mkdir()
        self.socket.parent.chmod(0o777)

    @property
    def init(self):
        return self.path / "etc/init.d/mote-gateway"

    def linked(self, name="current"):
        link = self.home / name
        return link.readlink().name if link.is_symlink() else None

    def user(self):
        """The user id of the gateway."""
        pid = (self.path / "run/mote-gateway.pid").read_text().strip()
        return Path(f"/proc/{pid}").stat().st_uid

    def check_whole(self):
        """Checks that the linked release is complete: each file matches the checksums."""
        for name in ("current", "previous"):
            version = self.linked(name)
            if version is None:
                continue
            release = self.home / "releases" / version
            run("sha256sum", "-c", "SHA256SUMS", cwd=release)
            assert (release / "VERSION").read_text().strip() == version

    def boot(self):
        """Simulates a boot after a power cut: stops everything and starts the service."""
        self.stop()
        (self.path / "run/mote-gateway.pid").unlink(missing_ok=True)
        if self.linked() is not None:
            run(str(self.init), "start")

    def stop(self):
        """Stops the gateway if it is running."""
        if self.init.exists():
            subprocess.run([str(self.init), "stop"], check=False, capture_output=True)

    def settle(self):
        """Waits until no deployment is in progress."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        lock = self.home / ".lock"
        while lock.is_symlink() and time.monotonic() < deadline:
            try:
                os.kill(int(lock.readlink().parent.name), 0)
            except (ProcessLookupError, FileNotFoundError):
                return
            time.sleep(0.05)


class Programs:
    """Folders of programs, each with a different version of the gateway."""

    def __init__(self, folder, gateway, device):
        self.folder = Path(folder)
        self._base = self.folder / "base"
        self._base.mkdir()
        for path in (gateway, device):
            run("strip", "-o", str(self._base / Path(path).name), str(path))

    def version(self, name, behaviour=None):
        """Version `name`: the gateway, or a program with this behaviour instead of it."""
        folder = self.folder / name
        shutil.copytree(self._base, folder)
        program = folder / "mote-gateway"
        if behaviour is None:
            with program.open("ab") as file:
                file.write(name.encode())  # Bytes after the end of an ELF file are ignored.
        else:
            make_program(program, behaviour)
        return folder


def make_program(path, behaviour, *compiler):
    """A program that passes all checks, and then does what the C code `behaviour` says."""
    source = (
        "#include <stdio.h>\n#include <string.h>\n#include <unistd.h>\nint main(int count, char** words) {\n"
        'for (int i = 1; i < count; ++i) if (strstr("--check-config --print-config --version", words[i])) return 0;\n'
        f"{behaviour}\n}}\n"
    )
    subprocess.run([*(compiler or ("cc",)), "-x", "c", "-o", path, "-"], input=source, text=True, check=True)


class Patience:
    """A limit for waiting on an emulated machine, in seconds of processor time of its process, so that a busy host does not count. A
    machine that is idle uses none: four times the seconds of real time are the limit, too."""

    def __init__(self, process, seconds):
        self._process = process
        self._most = (seconds, 4 * seconds)
        self._begun = self._used()

    def is_over(self):
        used = (now - begun for now, begun in zip(self._used(), self._begun, strict=True))
        return self._process.poll() is not None or any(one > most for one, most in zip(used, self._most, strict=True))

    def _used(self):
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            fields = ["0"] * 13
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK"), time.monotonic()


def die_with_parent():
    """Runs in a child process, which is then killed when the tests end or are killed."""
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def temporary_folder():
    # In /tmp, because paths of Unix sockets are short, and readable by the other users who run gateways.
    folder = tempfile.TemporaryDirectory(prefix="mote-", dir="/tmp")
    Path(folder.name).chmod(0o755)
    return folder


def deploy_command():
    return [sys.executable, str(Path(__file__).resolve().parents[2] / "deploy" / "deploy")]
