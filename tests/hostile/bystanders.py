"""Clients at other addresses than the attacker's, whose calls show what an attack does to others.

    bystanders.py TARGET UNIX_TARGET [PAUSE_SECONDS]

Three kinds call until standard input ends: "open" keeps a connection with a call of Watch open, "new" connects for each call,
"unix" connects to the Unix socket for each call. Prints a line when each kind has made a call, and at the end all calls as
JSON: [kind, time of the start, seconds, fault or null].
"""

import json
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
import raw_http2 as h2
from raw_hpack import encode_fields

ADDRESS = "127.0.0.2"
REPLY, HEALTH, WATCH = "/echo.Echo/Reply", "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"
CALL_SECONDS = 10
PAUSE_SECONDS = 0.004
HELLO = b"\x0a\x05hello"
# More than one page of blocks for the message, and more than one small block for the metadata.
LARGE = b"\x0a\x80\x40" + b"x" * 8192
METADATA = [("x-large", "m" * 3500)]


class Caller(threading.Thread):
    def __init__(self, kind, target, source, pause, over):
        super().__init__(daemon=True)
        self.kind, self.target, self.source, self.pause, self.over = kind, target, source, pause, over
        self.calls = []
        self.has_called = threading.Event()
        self._connection = self._watch = None

    def run(self):
        number = 0
        while not self.over.is_set():
            begun = time.monotonic()
            fault = self._try(number)
            self.calls.append((self.kind, begun, time.monotonic() - begun, fault))
            self.has_called.set()
            number += 1
            self.over.wait(self.pause)
        self._close()

    def _try(self, number):
        try:
            if self._connection is None:
                self._connection = self._connect()
            fault = self._call(number) or self._watch_fault()
        except (AssertionError, OSError, h2.Closed) as error:
            fault = f"{type(error).__name__}: {error}"[:200]
        if fault or self.kind != "open":
            self._close()
        return fault

    def _connect(self):
        connection = h2.Connection(self.target, source=self.source)
        if self.kind == "open":
            self._watch = connection.call(WATCH, b"")
        return connection

    def _watch_fault(self):
        """A fault if the call of Watch on the open connection has ended, else None."""
        got = self._connection.responses.get(self._watch)
        return "Watch has ended" if got and (got.ended or got.reset is not None) else None

    def _call(self, number):
        path, extra, payload = ((REPLY, [], HELLO), (HEALTH, [], b""), (REPLY, METADATA, LARGE))[number % 3]
        connection = self._connection
        stream = connection.new_stream()
        block = encode_fields(h2.request_fields(path, extra))
        request = h2.frame(h2.HEADERS, h2.END_HEADERS, stream, block)
        # The window of a stream is smaller than the large message.
        data = h2.message(payload)
        if not connection.settings:
            connection.send(request)
            connection.settle()
            request = b""
        first = data[: connection.settings.get(h2.INITIAL_WINDOW_SIZE, 65535)]
        flags = h2.END_STREAM if len(first) == len(data) else 0
        connection.send(request + h2.frame(h2.DATA, flags, stream, first))
        got = connection.responses.setdefault(stream, h2.Response())
        if not flags:
            connection.receive_until(lambda: len(first) + connection.granted[stream] >= len(data) or got.ended
                                     or got.reset is not None, CALL_SECONDS)
            if not got.ended and got.reset is None:
                connection.send(h2.frame(h2.DATA, h2.END_STREAM, stream, data[len(first) :]))
        connection.response(stream, CALL_SECONDS)
        del connection.responses[stream]
        connection.granted.pop(stream, None)
        if got.reset not in (None, h2.NO_ERROR):
            return f"reset with {got.reset}"
        return None if got.status == 0 else f"status {got.status}: {got.trailers.get('grpc-message')}"

    def _close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def main():
    target, unix_target = sys.argv[1:3]
    pause = float(sys.argv[3]) if len(sys.argv) > 3 else PAUSE_SECONDS
    over = threading.Event()
    callers = [
        Caller("open", target, ADDRESS, pause, over),
        Caller("new", target, ADDRESS, pause, over),
        Caller("unix", unix_target, None, pause, over),
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.has_called.wait()
    print("calling", flush=True)
    sys.stdin.read()
    over.set()
    for caller in callers:
        caller.join()
    json.dump([call for caller in callers for call in caller.calls], sys.stdout)


if __name__ == "__main__":
    main()
