"""A client that sends exactly the same bytes every time, to count instructions: the server receives each send() in one piece.

Header blocks are like those of nghttp2 and gRPC's libraries: new fields enter the dynamic table, which has the size that the
server announces, and take one byte each from the second call on.
"""

import array
import fcntl
import socket
import struct
import termios

import raw_http2 as h2
from raw_hpack import integer

# Larger than the replies of any scenario, so that the client sends no WINDOW_UPDATE.
WINDOW_BYTES = 2**31 - 1
DEFAULT_WINDOW_BYTES = 65535
DEFAULT_TABLE_BYTES = 4096
TABLE_BASE = 62  # RFC 7541 2.3.3: the newest entry of the dynamic table.


def text(string):
    return integer(len(string), 7) + string.encode()


class WireClient:
    """One connection to "HOST:PORT" or "unix:PATH"."""

    def __init__(self, target, path):
        if target.startswith("unix:"):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(target.removeprefix("unix:"))
        else:
            host, port = target.rsplit(":", 1)
            self.socket = socket.create_connection((host, int(port)))
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(60)
        self._fields = [
            (":path", path),
            (":authority", "localhost"),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
            ("user-agent", "grpc-c++/1.51.1 grpc-c/29.0.0 (linux; chttp2)"),
            ("grpc-accept-encoding", "identity, deflate, gzip"),
        ]
        self._known = False
        self._stream = -1
        self._received = b""
        self._table_bytes = DEFAULT_TABLE_BYTES
        self.granted = 0  # Granted by WINDOW_UPDATE, per stream.
        settings = struct.pack(">HIHI", h2.INITIAL_WINDOW_SIZE, WINDOW_BYTES, h2.ENABLE_PUSH, 0)
        update = struct.pack(">I", WINDOW_BYTES - DEFAULT_WINDOW_BYTES)
        self.send(h2.PREFACE + h2.frame(h2.SETTINGS, payload=settings) + h2.frame(h2.WINDOW_UPDATE, payload=update))
        self.read_until(lambda kind, flags: kind == h2.SETTINGS and flags & h2.ACK)
        self.send(h2.frame(h2.SETTINGS, h2.ACK))

    def close(self):
        self.socket.close()

    def send(self, data):
        """Sends all of it in one piece. When this returns, the server has received it (on a Unix socket)."""
        assert self.socket.send(data) == len(data)
        if self.socket.family != socket.AF_UNIX:
            return
        unread = array.array("i", [1])
        while unread[0] != 0:
            fcntl.ioctl(self.socket, termios.TIOCOUTQ, unread)

    def head(self, timeout_ms=None):
        """Returns the HEADERS of a new call, and its stream."""
        self._stream += 2
        block = b"\x83\x86"  # :method POST, :scheme http
        if self._known:
            block += bytes(0x80 | (TABLE_BASE + len(self._fields) - 1 - i) for i in range(len(self._fields)))
        else:
            if self._table_bytes < DEFAULT_TABLE_BYTES:
                block = integer(self._table_bytes, 5, 0x20) + block  # RFC 9113 4.3.1
            for name, value in self._fields:
                block += b"\x40" + text(name) + text(value)
            self._known = True
        if timeout_ms is not None:
            block += b"\x00" + text("grpc-timeout") + text(f"{timeout_ms}m")
        return h2.frame(h2.HEADERS, h2.END_HEADERS, self._stream, block), self._stream

    def data(self, stream, payload, end=True):
        return h2.frame(h2.DATA, h2.END_STREAM if end else 0, stream, payload)

    def read_until(self, wanted, times=1):
        """Receives frames until `wanted` (type, flags) was true this many times."""
        while times > 0:
            while times > 0 and len(self._received) >= 9:
                length = int.from_bytes(self._received[:3], "big")
                if len(self._received) < 9 + length:
                    break
                kind, flags = self._received[3:5]
                stream = int.from_bytes(self._received[5:9], "big")
                payload = self._received[9 : 9 + length]
                self._received = self._received[9 + length :]
                # Some servers send RST_STREAM(NO_ERROR) after their trailers.
                assert kind != h2.GOAWAY and (kind != h2.RST_STREAM or payload == bytes(4)), payload
                if kind == h2.SETTINGS:
                    announced = dict(struct.iter_unpack(">HI", payload))
                    self._table_bytes = announced.get(h2.HEADER_TABLE_SIZE, self._table_bytes)
                if kind == h2.WINDOW_UPDATE and stream != 0:
                    self.granted += int.from_bytes(payload, "big")
                times -= wanted(kind, flags)
            if times > 0:
                more = self.socket.recv(1 << 20)
                assert more, "closed by the server"
                self._received += more

    def read_ends(self, times):
        self.read_until(lambda kind, flags: kind == h2.HEADERS and bool(flags & h2.END_STREAM), times)
