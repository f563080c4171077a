"""What the kernel keeps for the gateway's connections while clients do not read and send all they can: within the printed worst
case."""

import re
import shutil
import subprocess
import sys

import raw_http2 as h2
import suite
from raw_case import COLLECT, REPLY, REPLY_STREAM, FreshRawTestCase, request
from suite import gateway_only

CONNECTIONS = 48


def signed(count):
    """A 32-bit count as the kernel means it: what is reserved falls below 0 for moments."""
    return count - (1 << 32) if count >> 31 else count


class KernelMemory(FreshRawTestCase):
    def setUp(self):
        self.connections = []

    def printed(self, key):
        """The share of a limit in bytes, from the line that the gateway prints at start."""
        count, each = re.search(key + r" (\d+) x (\d+) B", self.gateway.stderr).groups()
        return int(count) * int(each)

    def sockets(self):
        """(bytes held, send buffer) of each connection, on the gateway's side."""
        port = self.gateway.target.rsplit(":", 1)[1]
        output = subprocess.run(["ss", "-tmnH", "sport", "=", port], capture_output=True, text=True, check=True).stdout
        found = re.findall(r"skmem:\(r(\d+),rb\d+,t\d+,tb(\d+),f(\d+),w(\d+)", output)
        return [(int(r) + signed(int(f)) + int(w), int(tb)) for r, tb, f, w in found]

    def held(self):
        return sum(held for held, _ in self.sockets())

    def attack(self):
        """Asks for replies without end, reads nothing, and sends until the sockets take no more."""
        for _ in range(CONNECTIONS):
            deaf = self.connect((h2.INITIAL_WINDOW_SIZE, 0x7FFFFFFF), receive_buffer=4096)
            deaf.send_window_update(0, 0x7FFF0000)
            deaf.call(REPLY_STREAM, request("x" * 30000, count=100000))
            self.connections.append(deaf)
        for deaf in self.connections:
            deaf.socket.settimeout(0.05)
            try:
                while True:
                    deaf.socket.send(h2.frame(h2.PING, 0, 0, bytes(8)) * 100)
            except (TimeoutError, OSError):
                pass

    @gateway_only
    def test_worst_case_holds(self):
        self.start("--max-connections", CONNECTIONS, "--idle-frame-budget", 1_000_000, "--large-sockets", 4)
        self.attack()
        bound = sum(map(self.printed, ("socket-receive-bytes", "socket-send-bytes", "large-sockets")))
        suite.wait_until(lambda: self.held() > bound / 4, "the kernel to hold much for the gateway")
        self.assertLessEqual(self.held(), bound)
        large = sum(buffer > 2 * 16384 for _, buffer in self.sockets())
        self.assertLessEqual(large, 4)

    @gateway_only
    def test_uploads_fit_the_worst_case(self):
        self.check_uploads(212_992)

    @gateway_only
    def test_uploads_with_smaller_windows_fit_the_worst_case(self):
        self.check_uploads(106_496, "--upload-window-bytes", 128 << 10)

    def check_uploads(self, socket_bytes, *flags):
        self.start("--max-connections", 8, "--max-message-bytes", 1 << 20, "--buffer-bytes", 8 << 20, "--upload-windows", 2, *flags)
        data = h2.message(request("x" * 1_000_000))
        for _ in range(3):
            connection = self.connect()
            connection.settle()
            stream = connection.send_headers(h2.request_fields(COLLECT))
            connection.send_data(stream, data[:16_384])
            connection.receive_until(lambda c=connection, s=stream: c.granted[s] > 1_000_000 - 65_535)
            self.connections.append(connection)
        sizes = [size for _, size in self.sockets()]
        self.assertEqual(sum(size > 2 * 65_536 for size in sizes), 2)
        self.assertEqual(max(sizes), 2 * socket_bytes)
        self.assertEqual(self.printed("upload-windows"), 2 * 2 * 2 * (socket_bytes - 65_536))

    @gateway_only
    def test_closed_connections_leave_nothing(self):
        """The kernel would keep unread replies for minutes after the close."""
        self.start("--write-stall-ms", 300, "--idle-frame-budget", 1_000_000)
        self.attack()
        suite.wait_until(lambda: not self.sockets(), "all connections to be gone")
        connection = self.connect()
        self.assertEqual(connection.response(connection.call(REPLY, request())).status, 0)


if __name__ == "__main__":
    if not shutil.which("ss"):
        sys.exit(77)
    suite.main()
