"""Runs a command whose output is not trusted: it may be endless, never end, or contain control characters for the terminal."""

import os
import selectors
import subprocess
import tempfile
import time
from dataclasses import dataclass

MOST_LINE_CHARACTERS = 400
MOST_BYTES = 4 << 20


# Those that run, for stop_all().
_running = set()


class Broken(Exception):
    """The command did not end in time, or printed too much."""


@dataclass(frozen=True)
class Done:
    code: int
    lines: list
    errors: list


class Lines:
    """The lines of one stream, printable and cut. Calls `on_line` with each one as soon as it is complete."""

    def __init__(self, most_bytes, on_line=None):
        self.lines = []
        self._left = most_bytes
        self._on_line = on_line
        self._open = b""

    def add(self, part):
        self._left -= len(part)
        if self._left < 0:
            raise Broken("it prints too much")
        *whole, self._open = (self._open + part).split(b"\n")
        for line in whole:
            self._take(line)

    def end(self):
        if self._open:
            self._take(self._open)

    def _take(self, line):
        text = printable(line.decode(errors="replace"))
        if self._on_line is None:
            self.lines.append(text)
        else:
            self._on_line(text)


def printable(text):
    """The text without control characters, and not too long for a line."""
    shown = "".join(letter if letter.isprintable() else " " if letter == "\t" else "?" for letter in text.rstrip("\r"))
    return shown if len(shown) <= MOST_LINE_CHARACTERS else shown[: MOST_LINE_CHARACTERS - 3] + "..."


def run(command, data, seconds, on_line=None, most_bytes=MOST_BYTES):
    """Runs `command` with `data` as its standard input. `seconds`: the most that it may take, or None. Lines of standard output go
    to `on_line`, or into the result. Raises Broken; the command is then killed."""
    deadline = None if seconds is None else time.monotonic() + seconds
    output, errors = Lines(most_bytes, on_line), Lines(MOST_BYTES)
    with tempfile.TemporaryFile() as given:
        given.write(data)
        given.seek(0)
        process = subprocess.Popen(command, stdin=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    _running.add(process)
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ, output)
            selector.register(process.stderr, selectors.EVENT_READ, errors)
            while selector.get_map():
                ready = selector.select(None if deadline is None else max(deadline - time.monotonic(), 0))
                if not ready:
                    raise Broken(f"it does not end within {seconds} s")
                for key, _ in ready:
                    if part := os.read(key.fd, 1 << 16):
                        key.data.add(part)
                    else:
                        selector.unregister(key.fileobj)
        output.end()
        errors.end()
        return Done(process.wait(), output.lines, errors.lines)
    finally:
        _running.discard(process)
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def stop_all():
    """Kills all commands that other threads run. What they started on hosts continues there."""
    for process in list(_running):
        process.kill()
