"""Counts how often a call waits for a window of the gateway: ten devices send messages of 10 to 65,530 bytes, all at the same time.

The gateway counts it (`window_waits`), so that a busy machine does not change the result.
"""

import gateway as harness
import raw_http2 as h2

DEVICES = 10
MESSAGE_BYTES = (10, 1_000, 4_000, 16_000, 32_000, 48_000, 60_000, 65_530)
CONNECTION_WINDOW = 65_535  # RFC 9113 6.9.2
REPLY_PATH = "/echo.Echo/Reply"


def echo_request(size):
    """An EchoRequest of so many bytes."""
    text = size - 1 - len(h2.varint(size - 4))
    return b"\x0a" + h2.varint(text) + b"x" * text


class Device:
    def __init__(self, target):
        self.connection = h2.Connection(target)
        self.connection.settle()
        self.sent = 0
        self.unsent = b""
        self.stream = None
        self.sent_on_stream = 0

    def begin(self, message):
        self.stream = self.connection.send_headers(h2.request_fields(REPLY_PATH))
        self.sent_on_stream = 0
        self.unsent = h2.message(message)

    def window(self):
        granted = self.connection.granted
        stream = self.connection.settings[h2.INITIAL_WINDOW_SIZE] + granted[self.stream] - self.sent_on_stream
        return min(stream, CONNECTION_WINDOW + granted[0] - self.sent, h2.MAX_FRAME_BYTES)

    def send_some(self):
        """Sends one frame, as large as the windows allow, or receives one."""
        if not self.unsent:
            return
        size = self.window()
        if size <= 0:
            self.connection.receive_frame(seconds=0.01)
            return
        piece, self.unsent = self.unsent[:size], self.unsent[size:]
        self.connection.send_data(self.stream, piece, end_stream=not self.unsent)
        self.sent += len(piece)
        self.sent_on_stream += len(piece)

    def finish(self):
        response = self.connection.response(self.stream)
        assert response.status == 0, response.trailers


def count(command):
    """How many calls waited, and of how many."""
    with harness.Gateway(command=list(map(str, command))) as server:
        devices = [Device(server.target) for _ in range(DEVICES)]
        for size in MESSAGE_BYTES:
            for device in devices:
                device.begin(echo_request(size))
            while any(device.unsent for device in devices):
                for device in devices:
                    device.send_some()
            for device in devices:
                device.finish()
        for device in devices:
            device.connection.close()
        return server.counters().get("window_waits", 0), DEVICES * len(MESSAGE_BYTES)
