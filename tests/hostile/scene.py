"""What an attack uses: the gateway's address, the time left, and connections from the attacker's address."""

import itertools
import select
import threading
import time

import raw_http2 as h2
from raw_hpack import encode_fields

ADDRESS = "127.0.0.1"
UNIX = "unix"
START = h2.PREFACE + h2.frame(h2.SETTINGS)
SETTINGS_ACK = h2.frame(h2.SETTINGS, h2.ACK)
CHUNK_BYTES = 1 << 16


def head(path, extra=()):
    return encode_fields(h2.request_fields(path, extra))


def headers(stream, block, end_stream=False):
    return h2.frame(h2.HEADERS, h2.END_HEADERS | (h2.END_STREAM if end_stream else 0), stream, block)


def settings(*pairs):
    """A preface whose SETTINGS have these values."""
    payload = b"".join(key.to_bytes(2, "big") + value.to_bytes(4, "big") for key, value in pairs)
    return h2.PREFACE + h2.frame(h2.SETTINGS, payload=payload)


def update(stream, size):
    return h2.frame(h2.WINDOW_UPDATE, 0, stream, size.to_bytes(4, "big"))


def streams(frames, most=1 << 30, start=START):
    """The bytes of a connection: `frames(stream)` for one stream after the other."""
    yield start
    chunk = b""
    for stream in range(1, 2 * most, 2):
        chunk += frames(stream)
        if len(chunk) >= CHUNK_BYTES:
            yield chunk
            chunk = b""
    yield chunk


def repeated(data, start=START):
    """The bytes of a connection: `data` repeatedly, without end."""
    yield start
    yield from itertools.repeat(data * max(1, CHUNK_BYTES // len(data)))


class Scene:
    def __init__(self, server, seconds):
        self.server = server
        self.target, self.unix_target = server.targets[:2]
        self.sent = self.received = self.connections = 0
        self._open = []
        self._until = time.monotonic() + seconds

    def extend(self, seconds):
        self._until = time.monotonic() + seconds

    def left(self):
        return max(0, self._until - time.monotonic())

    def over(self):
        return self.left() == 0

    def end(self):
        for each in self._open:
            each.close()

    def connect(self, *values, **named):
        """A connection from the attacker's address, or None if it is refused. It is closed when the attack ends."""
        try:
            connection = h2.Connection(self.target, values, source=ADDRESS, **named)
        except (OSError, h2.Closed):
            return None
        self._open.append(connection)
        return connection

    def swarm(self, count, data, read=True, again=True, receive_buffer=None, pause=0.0, addresses=(ADDRESS,)):
        """Opens `count` connections until the time is over. Each sends the bytes of the iterator that `data()` returns.

        `read`: received bytes are read; otherwise they stay in the socket. `again`: a new connection replaces a closed one.
        `pause`: seconds between two pieces of the iterator. A connection whose iterator has ended stays open.
        `addresses`: the sources of the connections, in turn; UNIX stands for the Unix socket.
        """
        sources = itertools.cycle(addresses)
        members = [_Member(self, data, read, again, receive_buffer, pause, next(sources)) for _ in range(count)]
        with select.epoll() as poller:
            while not self.over():
                now = time.monotonic()
                for member in members:
                    member.step(poller, now)
                by_descriptor = {member.descriptor: member for member in members}
                for descriptor, events in poller.poll(min(0.01, self.left())):
                    by_descriptor[descriptor].on_events(events)
            for member in members:
                member.close()

    def serve(self, connections):
        """Receives on these connections until the time is over. They answer PING and SETTINGS."""
        with select.epoll() as poller:
            by_descriptor = {connection.socket.fileno(): connection for connection in connections}
            for descriptor in by_descriptor:
                poller.register(descriptor, select.EPOLLIN)
            while not self.over():
                for descriptor, _ in poller.poll(min(0.05, self.left())):
                    try:
                        by_descriptor[descriptor].receive_frame(0.001)
                    except h2.Closed:
                        poller.unregister(descriptor)

    def pause(self, seconds):
        threading.Event().wait(min(seconds, self.left()))


class _Member:
    """One connection of a swarm."""

    RETRY_SECONDS = 0.01

    def __init__(self, scene, data, read, again, receive_buffer, pause, source):
        self._scene, self._data, self._read, self._again = scene, data, read, again
        self._receive_buffer, self._pause, self._source = receive_buffer, pause, source
        self._socket = self._pieces = None
        self._unsent = b""
        self._due = 0.0
        self._poller = None
        self._watched = 0

    @property
    def descriptor(self):
        return self._socket.fileno() if self._socket else None

    def step(self, poller, now):
        if now < self._due:
            return
        if self._socket is None:
            self._open(poller, now)
        if self._socket is not None and not self._unsent:
            self._next_piece(now)
            self._watch()

    def on_events(self, events):
        try:
            if events & select.EPOLLIN and self._read:
                size = len(self._socket.recv(1 << 18))
                self._scene.received += size
                if size == 0:
                    return self.close()
            elif events & (select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR):
                return self.close()
            if events & select.EPOLLOUT and self._unsent:
                self._send()
            self._watch()
        except BlockingIOError:
            pass
        except OSError:
            self.close()
        return None

    def close(self):
        if self._socket is None:
            return
        self._socket.close()
        self._socket = None
        self._unsent = b""
        self._due = time.monotonic() + self.RETRY_SECONDS if self._again else float("inf")

    def _open(self, poller, now):
        self._due = now + self.RETRY_SECONDS
        try:
            if self._source == UNIX:
                self._socket = h2.connected_socket(self._scene.unix_target)
            else:
                self._socket = h2.connected_socket(self._scene.target, self._receive_buffer, self._source)
        except OSError:
            return
        self._scene.connections += 1
        self._socket.setblocking(False)
        self._pieces = iter(self._data())
        self._due = now
        self._poller, self._watched = poller, select.EPOLLRDHUP
        poller.register(self._socket, self._watched)

    def _send(self):
        size = self._socket.send(self._unsent)
        self._scene.sent += size
        self._unsent = self._unsent[size:]
        if not self._unsent and not self._pause:
            self._next_piece(time.monotonic())

    def _next_piece(self, now):
        piece = next(self._pieces, None)
        if piece is None:
            self._due = float("inf")
        else:
            self._unsent = memoryview(piece)
            self._due = now + self._pause

    def _watch(self):
        wanted = select.EPOLLRDHUP | (select.EPOLLIN if self._read else 0) | (select.EPOLLOUT if self._unsent else 0)
        if wanted != self._watched:
            self._poller.modify(self._socket, wanted)
            self._watched = wanted
