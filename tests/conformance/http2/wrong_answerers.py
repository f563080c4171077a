"""Servers that answer wrongly, to test that the cases detect it.

LENIENT treats nothing as an error: it acknowledges SETTINGS, answers every PING, and replies on every stream, whatever the
windows are.
HARSH ends the connection with INTERNAL_ERROR at the first frame after the client's SETTINGS.
"""

import contextlib
import socket
import socketserver
import struct
import threading

import raw_http2 as h2
from exchange import PROBE_STREAM
from raw_hpack import encode_fields

LENIENT, HARSH = "lenient", "harsh"
GREETING = h2.message(b"\x0a\x0fYou said: hello")
HEAD = encode_fields([(":status", "200"), ("content-type", "application/grpc")])
OK = encode_fields([("grpc-status", "0")])
UNIMPLEMENTED = encode_fields([(":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "12")])
TABLE_BYTES = {LENIENT: 256, HARSH: 4096}  # some cases apply to a lowered table, others to the default one
ENDS_HEADERS = h2.END_HEADERS | h2.END_STREAM


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64


class _Answerer(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    manner = LENIENT

    def handle(self):
        with contextlib.suppress(OSError, h2.Closed):
            self._take(len(h2.PREFACE))
            self.request.sendall(_settings(TABLE_BYTES[self.manner]))
            while True:
                self._answer(*self._take_frame())

    def _answer(self, kind, flags, stream):
        if kind == h2.SETTINGS:
            self.request.sendall(b"" if flags & h2.ACK else h2.frame(h2.SETTINGS, h2.ACK))
        elif self.manner == HARSH:
            self.request.sendall(h2.frame(h2.GOAWAY, payload=struct.pack(">II", 0, h2.INTERNAL_ERROR)))
            # A socket that is closed with unread bytes resets the connection, and the GOAWAY may be lost.
            self.request.shutdown(socket.SHUT_WR)
            self.rfile.read()
            raise h2.Closed
        elif kind == h2.PING and not flags & h2.ACK:
            self.request.sendall(h2.frame(h2.PING, h2.ACK, 0, self.payload))
        elif kind in (h2.HEADERS, h2.DATA) and flags & h2.END_STREAM:
            self.request.sendall(_answer_on(stream))

    def _take_frame(self):
        head = self._take(9)
        kind, flags, stream = struct.unpack(">BBI", head[3:])
        self.payload = self._take(int.from_bytes(head[:3], "big"))
        return kind, flags, stream & 0x7FFFFFFF

    def _take(self, size):
        taken = self.rfile.read(size)
        if len(taken) < size:
            raise h2.Closed
        return taken


def _settings(table_bytes):
    values = struct.pack(">HIHI", h2.MAX_CONCURRENT_STREAMS, 10, h2.HEADER_TABLE_SIZE, table_bytes)
    return h2.frame(h2.SETTINGS, payload=values)


def _answer_on(stream):
    if stream == PROBE_STREAM:
        return h2.frame(h2.HEADERS, ENDS_HEADERS, stream, UNIMPLEMENTED)
    greeting = h2.frame(h2.HEADERS, h2.END_HEADERS, stream, HEAD) + h2.frame(h2.DATA, 0, stream, GREETING)
    return greeting + h2.frame(h2.HEADERS, ENDS_HEADERS, stream, OK)


@contextlib.contextmanager
def answering(manner):
    """Yields the address of a server that answers in this manner."""
    handler = type("Answerer", (_Answerer,), {"manner": manner})
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield "{}:{}".format(*server.server_address)
        server.shutdown()
        thread.join()
