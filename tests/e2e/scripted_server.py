"""An Echo server that answers each request as a script defines, for behaviour that no library has.

    with ScriptedServer(refuse, answer) as server:
        subprocess.run([DEVICE, "--target", server.target, ...])
    server.requests    # for each request: the number of its connection, its stream
"""

import contextlib
import socket
import struct
import threading

from raw_http2 import (
    CANCEL,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    NO_ERROR,
    PATIENCE,
    PREFACE,
    REFUSED_STREAM,
    RST_STREAM,
    SETTINGS,
    frame,
    message,
)
from raw_hpack import encode_fields

ACCEPT_SECONDS = 0.1


def refuse(stream):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", REFUSED_STREAM))


def cancel(stream):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", CANCEL))


def go_away(stream):
    """Sends GOAWAY: has not processed this stream and later ones, and accepts no new ones."""
    return frame(GOAWAY, 0, 0, struct.pack(">II", max(stream - 2, 0), NO_ERROR))


def answer(stream, reply=b""):
    """OK, and an EchoReply, empty by default."""
    return b"".join(
        (
            frame(HEADERS, END_HEADERS, stream, encode_fields([(":status", "200"), ("content-type", "application/grpc")])),
            frame(DATA, 0, stream, message(reply)),
            frame(HEADERS, END_HEADERS | END_STREAM, stream, encode_fields([("grpc-status", "0")])),
        )
    )


def serving(stream):
    """OK, and a HealthCheckResponse of SERVING."""
    return answer(stream, b"\x08\x01")


class ScriptedServer:
    """Accepts one connection after another. Requests after the end of the script get the last answer of the script."""

    def __init__(self, *script):
        self._script = script
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(ACCEPT_SECONDS)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self.requests = []
        self.connections = 0
        self.target = f"127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopping.set()
        self._thread.join()
        self._listener.close()

    def _serve(self):
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                connection, _ = self._listener.accept()
                self.connections += 1
                with connection, connection.makefile("rb") as stream, contextlib.suppress(OSError):
                    connection.settimeout(PATIENCE)
                    self._converse(connection, stream)

    def _converse(self, connection, received):
        if received.read(len(PREFACE)) != PREFACE:
            return
        connection.sendall(frame(SETTINGS))
        while len(head := received.read(9)) == 9:
            kind, flags, stream = struct.unpack(">BBI", head[3:])
            received.read(int.from_bytes(head[:3], "big"))
            if kind in (HEADERS, DATA) and flags & END_STREAM:
                self.requests.append((self.connections, stream))
                line = min(len(self.requests), len(self._script)) - 1
                connection.sendall(self._script[line](stream))
