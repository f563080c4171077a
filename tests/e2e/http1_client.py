"""A client of HTTP/1.1 that sends bytes as they are, and reads responses with their framing."""

import gzip
import re
import socket

PATIENCE = 30
METRICS_READY = r"metrics on http (\S+)$"


class Response:
    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body

    @property
    def text(self):
        return self.body.decode()


def monitor_address(gateway):
    """(host, port) of the listener of metrics."""
    gateway.wait_for_log(METRICS_READY)
    address = re.search(METRICS_READY, gateway.stderr, re.MULTILINE).group(1)
    host, port = address.rsplit(":", 1)
    return host.strip("[]"), int(port)


def get(path, host="127.0.0.1", *lines, verb="GET", version="1.1"):
    """The bytes of a request."""
    return "".join(f"{line}\r\n" for line in (f"{verb} {path} HTTP/{version}", f"Host: {host}", *lines, "")).encode()


class Connection:
    def __init__(self, address, receive_bytes=None):
        self.socket = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
        if receive_bytes is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(address)
        self._unread = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def _more(self):
        data = self.socket.recv(65536)
        self._unread += data
        return bool(data)

    def _until(self, end):
        while end not in self._unread:
            assert self._more(), f"closed before {end!r}: {self._unread!r}"
        taken, self._unread = self._unread.split(end, 1)
        return taken

    def _exactly(self, size):
        while len(self._unread) < size:
            assert self._more(), f"closed before {size} bytes: {self._unread!r}"
        taken, self._unread = self._unread[:size], self._unread[size:]
        return taken

    def response(self, head_only=False):
        first, *lines = self._until(b"\r\n\r\n").decode().split("\r\n")
        assert re.fullmatch(r"HTTP/1\.1 \d{3} [\w -]+", first), first
        fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        body = b"" if head_only else self._body(fields)
        if fields.get("content-encoding") == "gzip" and body:
            body = gzip.decompress(body)
        return Response(int(first.split()[1]), fields, body)

    def _body(self, fields):
        if fields.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(self._until(b"\r\n"), 16):
                body += self._exactly(size)
                assert self._exactly(2) == b"\r\n"
            assert self._exactly(2) == b"\r\n"
            return body
        if "content-length" in fields:
            return self._exactly(int(fields["content-length"]))
        while self._more():
            pass
        body, self._unread = self._unread, b""
        return body

    def ask(self, *request, **named):
        self.send(get(*request, **named))
        return self.response(named.get("verb") == "HEAD")

    def is_closed(self):
        """Waits for the end of the connection; nothing may come before it."""
        try:
            return not self._unread and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True


def metrics(text):
    """The samples of a text of Prometheus, by name and labels as they stand there."""
    return {key: float(value) for key, value in (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))}


def scrape(address):
    with Connection(address) as connection:
        return metrics(connection.ask("/metrics").text)
