"""The programs of a run: clients, servers and proxies, and the protocol between the harness and a client.

A client program is started as `PROGRAM TARGET` and makes all calls on one channel; tls.py has the targets with TLS. It reads one order per line and prints the result.
Messages, metadata values and texts are hexadecimal.

    version                     prints: version TEXT

    call KEY=VALUE...           makes calls
      kind=unary|server|client|bidi, path=/package.Service/Method
      message=HEX               a request message; may be repeated
      copies=N                  the messages are sent N times
      metadata=NAME:HEX         may be repeated
      numbered=NAME             adds metadata of this name whose value is the number of the call, from 0
      timeout-ms=N              the deadline, 60 s unless given
      cancel-after=N            cancels after N replies; 0: as soon as the call is started
      lockstep=1                bidi only: each message after the first waits for the reply to the previous one
      times=N, at-once=N        number of calls in total, and at the same time; 1 unless given
      until-failure=1           starts no more calls after one fails

    It prints "started" when `at-once` calls have received a reply, and at the end:
      outcome CODE COUNT HEX    for each status code and message: the number of calls
      initial NAME HEX, trailing NAME HEX      the metadata of one of the calls
      reply HEX                 each reply, if there was one call
      replies N                 the number of replies of all calls
      done
"""

import collections
import contextlib
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
E2E = ROOT / "tests" / "e2e"
# Debian's packages of the proxies, unpacked and not installed, because an installed package starts a service.
PROXIES = Path(os.environ.get("PEERS_PROXIES") or ROOT / "build" / "sysroots" / "proxies")
sys.path.insert(0, str(E2E))

from gateway import Gateway
from ports import unused_port

ORDER_SECONDS = 120
START_SECONDS = 30
STOP_SECONDS = 20


class Failed(Exception):
    """A peer does not behave as expected."""


class Result:
    """The output of a client program for one order."""

    def __init__(self):
        self.outcomes = collections.Counter()
        self.initial, self.trailing, self.replies = [], [], []
        self.reply_count = 0

    @property
    def codes(self):
        codes = collections.Counter()
        for (code, _), count in self.outcomes.items():
            codes[code] += count
        return dict(codes)

    def __str__(self):
        outcomes = [f"{count} x {code} {text!r}" for (code, text), count in self.outcomes.items()]
        return f"{', '.join(outcomes[:5])}; {self.reply_count} replies"


class Client:
    """A running client program, with one channel to `target`."""

    def __init__(self, command, target, environment=None):
        self._process = subprocess.Popen(
            [*map(str, command), target],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self._lines = queue.SimpleQueue()
        self._errors = []
        self._readers = [
            threading.Thread(target=self._read, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def version(self):
        self._order("version")
        return self._next_line().partition(" ")[2]

    def call(self, kind, path, *messages, **options):
        self.begin(kind, path, *messages, **options)
        return self.result()

    def begin(self, kind, path, *messages, metadata=(), **options):
        words = [f"kind={kind}", f"path={path}", *(f"message={message.hex()}" for message in messages)]
        words += [f"metadata={name}:{value.hex()}" for name, value in metadata]
        words += [f"{name.replace('_', '-')}={value}" for name, value in options.items()]
        self._order("call", *words)

    def wait_until_started(self):
        while self._next_line() != "started":
            pass

    def result(self):
        result = Result()
        while True:
            verb, *words = self._next_line().split(" ")
            if verb == "outcome":
                result.outcomes[int(words[0]), bytes.fromhex(words[2]).decode()] += int(words[1])
            elif verb in ("initial", "trailing"):
                getattr(result, verb).append((words[0], bytes.fromhex(words[1])))
            elif verb == "reply":
                result.replies.append(bytes.fromhex(words[0]))
            elif verb == "replies":
                result.reply_count = int(words[0])
            elif verb == "done":
                return result

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self):
        self._process.kill()
        self._process.wait()

    def _order(self, *words):
        try:
            self._process.stdin.write(" ".join(words) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise self._ended() from error

    def _next_line(self):
        try:
            line = self._lines.get(timeout=ORDER_SECONDS)
        except queue.Empty as error:
            raise Failed(f"the client does not answer: no result after {ORDER_SECONDS} s") from error
        if line is None:
            raise self._ended()
        return line

    def _ended(self):
        self._process.wait(STOP_SECONDS)
        self._readers[1].join(STOP_SECONDS)
        return Failed(f"the client ended with {self._process.returncode}:\n" + "".join(self._errors[-20:]))

    def _read(self):
        for line in self._process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def _read_errors(self):
        for line in self._process.stderr:
            self._errors.append(line)


class Proxy:
    """A proxy in front of `upstream`. A subclass has its configuration and command line."""

    # Behaviours that do not apply: name and reason.
    cannot = {}

    def __init__(self, upstream, tls=None):
        """`tls`: a tls.Tls if the upstream speaks TLS."""
        self.upstream, self.tls = upstream.removeprefix("tls:"), tls

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        self.target = f"127.0.0.1:{unused_port()}"
        config = folder / "config"
        config.write_text(self.config(folder))
        self._log = (folder / "log").open("w+")
        self._process = subprocess.Popen(
            self.command(config),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            env={**proxy_environment(), "HOME": str(folder)},
        )
        wait_until(self._listens, f"{self.name} listens", START_SECONDS)
        return self

    def __exit__(self, *_):
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
        self._folder.cleanup()

    def pause(self, seconds):
        """For so long the proxy gets no processor time."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            self._process.send_signal(signal.SIGCONT)

    def log(self):
        return Path(self._log.name).read_text()

    def check(self):
        if self._process.poll() is not None:
            raise Failed(f"{self.name} ended with {self._process.returncode}:\n{self.log()}")

    def _listens(self):
        self.check()
        host, _, port = self.target.rpartition(":")
        try:
            socket.create_connection((host, int(port)), 1).close()
        except OSError:
            return False
        return True


def proxy_environment():
    libraries = sorted(str(folder) for folder in (PROXIES / "usr" / "lib").glob("*-linux-gnu*"))
    return {"PATH": os.environ["PATH"], "HOME": str(PROXIES), "LD_LIBRARY_PATH": ":".join(libraries)}


def proxy_program(name):
    found = [path for path in (PROXIES / "usr" / "sbin" / name, PROXIES / "usr" / "bin" / name) if path.exists()]
    if not found:
        raise SystemExit(f"{PROXIES} has no {name}: ./dev peers and ./dev test --all fetch it")
    return found[0]


def first_version(*command):
    """The first version number in the output of the command."""
    result = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, env=proxy_environment()
    )
    found = re.search(r"\d+\.\d+(\.\d+)*", result.stdout)
    if not found:
        raise Failed(f"{' '.join(map(str, command))} does not print a version:\n{result.stdout}")
    return found.group(0)


def wait_until(condition, what, seconds):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Failed(f"not within {seconds} s: {what}")
        time.sleep(0.01)


__all__ = ["Client", "Failed", "Gateway", "Proxy", "Result", "first_version", "proxy_program", "unused_port", "wait_until"]
