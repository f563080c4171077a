"""Messages above 64 KiB over a long link: the windows of HTTP/2 and TCP hold what is under way on it."""

import re
import shutil
import subprocess

import raw_http2 as h2
import suite
from raw_case import COLLECT, OK, FreshRawTestCase, request
from suite import gateway_only

MIB = 1 << 20
PIECE = 16_384
# What a link of 20 Mbit/s and 100 ms holds.
LINK = 250_000
HTTP2_WINDOW = 65_535
TCP_WINDOW = 65_536


class Upload(FreshRawTestCase):
    """A client with an upload. It never sends more than its windows allow."""

    def begin(self, limit):
        self.start("--max-message-bytes", MIB, "--upload-windows", limit)
        self.connection = self.connect()
        self.connection.settle()
        self.stream = self.connection.send_headers(h2.request_fields(COLLECT))
        self.sent = 0

    def window(self):
        granted = self.connection.granted
        stream = self.connection.settings[h2.INITIAL_WINDOW_SIZE] + granted[self.stream]
        return min(stream, HTTP2_WINDOW + granted[0]) - self.sent

    def wait_for_window(self, size):
        self.connection.receive_until(lambda: self.window() >= size)

    def send_message(self, least_window):
        """Without sending more, the client gets a window of at least this size at each piece."""
        data = h2.message(request("x" * (MIB - 4)))
        for at in range(0, len(data), PIECE):
            piece = data[at : at + PIECE]
            self.wait_for_window(max(len(piece), least_window))
            self.connection.send_data(self.stream, piece)
            self.sent += len(piece)

    def finish(self):
        self.connection.send_data(self.stream, b"", end_stream=True)
        response = self.connection.response(self.stream)
        self.assertEqual(response.status, OK)

    def tcp_window(self):
        """What the gateway's TCP offers its client."""
        port = self.gateway.target.rpartition(":")[2]
        output = subprocess.run(["ss", "-tinH", "dport", "=", port], capture_output=True, text=True, check=True).stdout
        found = re.search(r"snd_wnd:(\d+)", output)
        return int(found[1]) if found else None

    @gateway_only
    def test_the_windows_hold_a_long_link(self):
        self.begin(1)
        self.send_message(0)
        for _ in range(3):
            self.send_message(LINK)
        window = self.tcp_window() if shutil.which("ss") else None
        self.finish()
        self.assertEqual(self.gateway.counters().get("upload_windows_missing", 0), 0)
        if window is None:
            self.skipTest("ss does not tell TCP's window")
        self.assertGreaterEqual(window, LINK)

    @gateway_only
    def test_without_a_place_the_windows_stay_small(self):
        self.begin(0)
        for _ in range(2):
            self.send_message(0)
        window = self.tcp_window() if shutil.which("ss") else None
        self.finish()
        self.assertEqual(self.gateway.counters().get("upload_windows_missing", 0), 0)
        self.assertLess(window or 0, TCP_WINDOW)


if __name__ == "__main__":
    suite.main()
