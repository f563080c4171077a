"""Starts the server under test, waits until it is ready, stops it and checks its exit.

    with Gateway("--max-message-bytes", 4194304) as gateway:
        channel = grpc.insecure_channel(gateway.target)

The command line of the suite selects the server (see suite.py): a program, a command of several words such as an emulator with
its arguments, or the address of a running server with its own options.
"""

import contextlib
import fcntl
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import secured

START_SECONDS = 30
STOP_SECONDS = 30
READY = re.compile(r"^[\w-]+: ready on (\S+)$")
CRASH = re.compile(r"Sanitizer|runtime error:|terminate called|Assertion|stack smashing")
REFERENCE = (sys.executable, str(Path(__file__).with_name("reference_server.py")))

_command = REFERENCE
_running_at = None


def test_against(command):
    """Sets the default command of Gateway."""
    global _command
    _command = tuple(command)


def under_test():
    return _command


def is_reference():
    return is_ours() and _command == REFERENCE


def test_at(target):
    """Makes every Gateway represent a running server at this address."""
    global _running_at
    _running_at = target


def is_ours():
    """True if this module starts and stops the server, so that its log is available."""
    return _running_at is None


class Gateway:
    """A server on free loopback ports, or on the addresses in `listen`. `targets` has its addresses in order.

    If other options contain the addresses, `ready` is their number.
    """

    def __init__(self, *options, listen=("127.0.0.1:0",), ready=None, command=None):
        if command is None:
            listen = secured.listeners(listen)
            options = (*secured.server_options(), *options)
        addresses = [word for address in listen for word in ("--listen", address)]
        self._command = [*(command or _command), *addresses, *map(str, options)]
        self._expected = len(listen) if ready is None else ready
        self._runs_at = None if command else _running_at
        self._changed = threading.Condition()
        self._lines = []
        self._may_read = threading.Event()
        self._may_read.set()
        self.targets = []
        self.process = None
        self._is_asked_to_stop = False
        self.expected_code = 0

    @property
    def target(self):
        return self.targets[0]

    @property
    def stderr(self):
        with self._changed:
            return "\n".join(self._lines)

    def start(self):
        if self._runs_at:
            self.targets = [self._runs_at] * self._expected
            return self
        self._is_asked_to_stop = False
        self.process = subprocess.Popen(self._command, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if not self._wait(lambda: len(self.targets) == self._expected or self._is_over(), START_SECONDS):
            self.kill()
            raise AssertionError(f"not ready after {START_SECONDS} s:\n{self.stderr}")
        if len(self.targets) < self._expected:
            raise AssertionError(f"exit {self.wait()} before ready:\n{self.stderr}")
        return self

    def terminate(self):
        """Requests a stop and returns immediately."""
        self._is_asked_to_stop = True
        self.process.send_signal(signal.SIGTERM)

    def wait(self, seconds=STOP_SECONDS):
        """Waits for the exit and returns its code."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise AssertionError(f"still running after {seconds} s:\n{self.stderr}") from error
        self._close()
        return code

    def stop(self):
        """Stops it if it is still running, and checks its exit code."""
        if self.process is None:
            return
        # A second signal would kill it.
        if self.process.poll() is None and not self._is_asked_to_stop:
            self.terminate()
        code = self.wait()
        assert code == self.expected_code, f"exit code {code}:\n{self.stderr}"
        self.check_sound()

    def check_sound(self):
        crash = CRASH.search(self.stderr)
        assert not crash, f"{crash.group(0)} in:\n{self.stderr}"

    def kill(self):
        if self.process is None:
            return
        self.process.kill()
        self.process.wait()
        self._close()

    def wait_for_log(self, pattern, seconds=10):
        """Waits for a line on stderr that matches `pattern`."""
        found = self._wait(lambda: any(re.search(pattern, line) for line in self._lines), seconds)
        assert found, f"no {pattern!r} within {seconds} s in:\n{self.stderr}"

    @contextlib.contextmanager
    def log_unread(self):
        """Inside of this, nobody reads stderr, and its pipe holds one page."""
        fcntl.fcntl(self.process.stderr, fcntl.F_SETPIPE_SZ, 4096)
        self._may_read.clear()
        try:
            yield
        finally:
            self._may_read.set()

    def counters(self):
        """The counters that SIGUSR1 logs, and what is open, by name. The log may not be paused."""
        before = self._count("event=open")
        self.process.send_signal(signal.SIGUSR1)
        assert self._wait(lambda: self._count("event=open") > before, 10), f"no report in:\n{self.stderr}"
        found = {}
        for line in self.stderr.splitlines():
            if re.search(r"event=(limit|log|loop|open) ", line):
                found |= {key: int(value) for key, value in re.findall(r" (\w+)=(\d+)", line)}
        return found

    def _count(self, word):
        return sum(word in line for line in self._lines)

    def memory_kib(self, key="VmRSS"):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"^{key}:\s+(\d+)", status, re.MULTILINE).group(1))

    def is_stopped(self):
        """By SIGSTOP."""
        return re.search(r"^State:\s+T", Path(f"/proc/{self.process.pid}/status").read_text(), re.MULTILINE) is not None

    def threads(self):
        return len(list(Path(f"/proc/{self.process.pid}/task").iterdir()))

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, error, trace):
        if kind is None:
            self.stop()
            return
        self.kill()
        print(f"--- stderr of {self._command[0]}\n{self.stderr}", file=sys.stderr)

    def _close(self):
        self._reader.join()
        self.process.stderr.close()

    def _read(self):
        for line in self.process.stderr:
            self._may_read.wait()
            with self._changed:
                self._lines.append(line.rstrip("\n"))
                ready = READY.match(self._lines[-1])
                if ready:
                    self.targets.append(ready.group(1))
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def _is_over(self):
        return self.process.poll() is not None

    def _wait(self, condition, seconds):
        deadline = time.monotonic() + seconds
        with self._changed:
            while not condition():
                left = deadline - time.monotonic()
                if left <= 0 or not self._changed.wait(min(left, 0.1)):
                    if condition():
                        return True
                    if left <= 0:
                        return False
        return True
