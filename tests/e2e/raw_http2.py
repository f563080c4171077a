"""A minimal HTTP/2 client (RFC 9113) for tests that need control over every byte sent.

Tests manage the send windows themselves. Received SETTINGS, PING and DATA frames are answered; without `replenish` only SETTINGS frames
are, and without `preface` nothing is.
"""

import socket
import ssl
import struct
import time
from collections import Counter, namedtuple

import secured
from raw_hpack import decode_fields, encode_fields

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITY_FLAG = 0x1, 0x1, 0x4, 0x8, 0x20
HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS = range(1, 4)
INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE = range(4, 7)
NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT, STREAM_CLOSED = range(6)
FRAME_SIZE_ERROR, REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, CONNECT_ERROR, ENHANCE_YOUR_CALM = range(6, 12)
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
MAX_FRAME_BYTES = 16384
PATIENCE = 20
BIND_ADDRESS_NO_PORT = 24  # ip(7): the port is chosen by connect(), so that it may be in use for another peer.

Frame = namedtuple("Frame", "type flags stream payload")


class Closed(Exception):
    """The peer closed the connection."""


def connected_socket(target, receive_buffer=None, source=None):
    if target.startswith("unix:"):
        connected = socket.socket(socket.AF_UNIX)
        connected.connect(target.removeprefix("unix:"))
        return connected
    host, port = secured.address_of(target).rsplit(":", 1)
    connected = socket.socket()
    try:
        if receive_buffer:
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if source:
            connected.setsockopt(socket.IPPROTO_IP, BIND_ADDRESS_NO_PORT, 1)
            connected.bind((source, 0))
        connected.connect((host, int(port)))
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if target.startswith(secured.PREFIX):
            connected = secured.wrapped(connected, PATIENCE)
    except OSError:
        connected.close()
        raise
    return connected


def varint(value):
    """A number as protobuf encodes it."""
    encoded = b""
    while value >= 0x80:
        encoded += bytes([value & 0x7F | 0x80])
        value >>= 7
    return encoded + bytes([value])


def message(payload, compressed=0):
    """A gRPC length-prefixed message."""
    return struct.pack(">BI", compressed, len(payload)) + payload


class Response:
    """The response on one stream."""

    def __init__(self):
        self.sections = []
        self.data = b""
        self.reset = None
        self.ended = False

    @property
    def initial(self):
        return dict(self.sections[0]) if self.sections else {}

    @property
    def trailers(self):
        return dict(self.sections[-1]) if self.sections else {}

    @property
    def status(self):
        """grpc-status as a number, or None."""
        return int(self.trailers["grpc-status"]) if "grpc-status" in self.trailers else None

    @property
    def messages(self):
        found, rest = [], self.data
        while rest:
            flag, size = struct.unpack(">BI", rest[:5])
            assert flag == 0 and len(rest) >= 5 + size, "a reply is compressed or truncated"
            found.append(rest[5 : 5 + size])
            rest = rest[5 + size :]
        return found


class Connection:
    """`target` is "HOST:PORT", "tls:HOST:PORT" or "unix:PATH"; `source` is the local address to connect from; `tls` returns the socket
    with TLS of its own."""

    def __init__(self, target, settings=(), preface=True, replenish=True, receive_buffer=None, source=None, tls=None):
        self.socket = connected_socket(target, receive_buffer, source)
        if tls:
            self.socket = tls(self.socket)
        self.replenish = replenish
        self._answers = preface
        self.responses = {}
        self.goaway = None  # (last stream, error code, reason)
        self.settings = {}
        self.settings_acknowledged = 0
        self.pings_answered = []
        self.granted = Counter()  # WINDOW_UPDATE, by stream
        self._received = b""
        self._block = b""
        self._next_stream = 1
        if preface:
            self._start(settings)

    def _start(self, settings):
        try:
            self.send(PREFACE)
            self.send_settings((HEADER_TABLE_SIZE, 0), *settings)
        except Closed:
            self.close()
            raise

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # Sending

    def send(self, data):
        self.socket.settimeout(PATIENCE)
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError) as error:
            raise Closed from error

    def send_frame(self, kind, flags=0, stream=0, payload=b""):
        self.send(frame(kind, flags, stream, payload))

    def send_settings(self, *settings):
        self.send_frame(SETTINGS, payload=b"".join(struct.pack(">HI", *setting) for setting in settings))

    def send_headers(self, fields, stream=None, end_stream=False):
        stream = stream or self.new_stream()
        flags = END_HEADERS | (END_STREAM if end_stream else 0)
        self.send_frame(HEADERS, flags, stream, encode_fields(fields))
        return stream

    def send_data(self, stream, data, end_stream=False):
        """Sends data in as many DATA frames as necessary."""
        while len(data) > MAX_FRAME_BYTES:
            self.send_frame(DATA, 0, stream, data[:MAX_FRAME_BYTES])
            data = data[MAX_FRAME_BYTES:]
        self.send_frame(DATA, END_STREAM if end_stream else 0, stream, data)

    def send_window_update(self, stream, size):
        self.send_frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", size))

    def send_reset(self, stream, code=CANCEL):
        self.send_frame(RST_STREAM, 0, stream, struct.pack(">I", code))

    def new_stream(self):
        self._next_stream += 2
        return self._next_stream - 2

    def call(self, path="/echo.Echo/Reply", *payloads, extra=(), end_stream=True):
        """Sends a complete request with these messages and returns its stream."""
        stream = self.send_headers(request_fields(path, extra))
        self.send_data(stream, b"".join(map(message, payloads)), end_stream)
        return stream

    # Receiving

    def receive_frame(self, seconds=PATIENCE):
        """The next frame, or None after a timeout. Raises Closed at the end of the connection."""
        deadline = time.monotonic() + seconds
        while len(self._received) < 9 or len(self._received) < 9 + int.from_bytes(self._received[:3], "big"):
            self.socket.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                data = self.socket.recv(65536)
            except TimeoutError:
                return None
            except (ConnectionResetError, ssl.SSLError) as error:
                raise Closed from error
            if not data:
                raise Closed
            self._received += data
        size = int.from_bytes(self._received[:3], "big")
        kind, flags, stream = struct.unpack(">BBI", self._received[3:9])
        taken = Frame(kind, flags, stream, self._received[9 : 9 + size])
        self._received = self._received[9 + size :]
        self._handle(taken)
        return taken

    def receive_until(self, condition, seconds=PATIENCE):
        """Receives until the condition holds. Fails at the end of the connection or after a timeout."""
        deadline = time.monotonic() + seconds
        while not condition():
            left = deadline - time.monotonic()
            assert left > 0, f"not within {seconds} s; so far: {self._so_far()}"
            try:
                self.receive_frame(left)
            except Closed as error:
                raise AssertionError(f"connection closed; so far: {self._so_far()}") from error

    def receive_to_the_end(self, seconds=PATIENCE):
        """Receives until the peer closes the connection. Returns its GOAWAY, or None."""
        deadline = time.monotonic() + seconds
        try:
            while True:
                left = deadline - time.monotonic()
                assert left > 0, f"still open after {seconds} s; so far: {self._so_far()}"
                self.receive_frame(left)
        except Closed:
            return self.goaway

    def assert_open(self):
        """Fails if the peer has closed the connection by now."""
        try:
            while self.receive_frame(seconds=0.001):
                pass
        except Closed as error:
            raise AssertionError(f"connection closed: {self.goaway}") from error

    def settle(self):
        """Receives until SETTINGS are acknowledged in both directions, so that nothing else is sent automatically."""
        self.receive_until(lambda: self.settings and self.settings_acknowledged)

    def response(self, stream, seconds=PATIENCE):
        """Receives until the stream has ended or was reset, and returns the response."""
        got = self.responses.setdefault(stream, Response())
        self.receive_until(lambda: got.ended or got.reset is not None, seconds)
        return got

    def _so_far(self):
        return {stream: vars(got) | {"data": len(got.data)} for stream, got in self.responses.items()}, self.goaway

    def _handle(self, taken):
        if taken.type == SETTINGS:
            if taken.flags & ACK:
                self.settings_acknowledged += 1
                return
            self.settings.update(struct.iter_unpack(">HI", taken.payload))
            self._answer(frame(SETTINGS, ACK))
        elif taken.type == PING:
            if taken.flags & ACK:
                self.pings_answered.append(taken.payload)
            elif self.replenish:
                self._answer(frame(PING, ACK, 0, taken.payload))
        elif taken.type == WINDOW_UPDATE:
            self.granted[taken.stream] += int.from_bytes(taken.payload, "big")
        elif taken.type == GOAWAY:
            last, code = struct.unpack(">II", taken.payload[:8])
            self.goaway = (last, code, taken.payload[8:].decode())
        elif taken.stream:
            self._handle_stream(taken, self.responses.setdefault(taken.stream, Response()))

    def _handle_stream(self, taken, got):
        if taken.type in (HEADERS, CONTINUATION):
            self._block += taken.payload
            if taken.flags & END_HEADERS:
                got.sections.append(decode_fields(self._block))
                self._block = b""
        elif taken.type == DATA:
            got.data += taken.payload
            if self.replenish and taken.payload:
                size = struct.pack(">I", len(taken.payload))
                self._answer(frame(WINDOW_UPDATE, 0, 0, size) + frame(WINDOW_UPDATE, 0, taken.stream, size))
        elif taken.type == RST_STREAM:
            got.reset = int.from_bytes(taken.payload, "big")
        if taken.type in (HEADERS, DATA) and taken.flags & END_STREAM:
            got.ended = True

    def _answer(self, data):
        if not self._answers:
            return
        try:
            self.send(data)
        except Closed:
            pass  # What the peer sent before it closed is still to be read.


def ping_for_each_reply(connection, stream):
    """Receives the response on this stream with a PING after each of its frames, as bandwidth estimation does (gRPC A8)."""
    got = connection.responses.setdefault(stream, Response())
    while not got.ended:
        taken = connection.receive_frame()
        if taken.stream == stream and taken.type in (HEADERS, DATA):
            connection.send_frame(PING, 0, 0, b"estimate")
    return got


def frame(kind, flags=0, stream=0, payload=b""):
    return len(payload).to_bytes(3, "big") + struct.pack(">BBI", kind, flags, stream) + payload


def request_fields(path="/echo.Echo/Reply", extra=(), without=()):
    """The header fields of a gRPC request; `extra` fields replace those of the same name."""
    fields = {
        ":method": "POST",
        ":scheme": "http",
        ":path": path,
        ":authority": "localhost",
        "te": "trailers",
        "content-type": "application/grpc",
    }
    more = []
    for name, value in extra:
        if name in fields:
            fields[name] = value
        else:
            more.append((name, value))
    return [field for field in fields.items() if field[0] not in without] + more
