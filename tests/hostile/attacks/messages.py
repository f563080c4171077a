"""Messages with wrong lengths or flags, empty messages, other protocols, and floods of log lines."""

import raw_http2 as h2
from attack import attack
from scene import SETTINGS_ACK, START, head, headers, streams, update

CHAT = head("/echo.Echo/Chat")


def call(payload, end_stream=True, block=CHAT):
    return lambda stream: headers(stream, block) + h2.frame(h2.DATA, h2.END_STREAM if end_stream else 0, stream, payload)


@attack(what="length prefixes of 4 GB", counters="reset_budgets_spent")
def length_of_4_gb(scene):
    scene.swarm(4, lambda: streams(call(b"\0\xff\xff\xff\xff" + b"x" * 100), start=START + SETTINGS_ACK))


@attack(what="compressed messages without an encoding", counters="reset_budgets_spent")
def compressed_without_encoding(scene):
    scene.swarm(4, lambda: streams(call(h2.message(b"\x0a\x05hello", compressed=1)), start=START + SETTINGS_ACK))


@attack(what="requests that end in the middle of a message", counters="reset_budgets_spent")
def messages_cut_short(scene):
    scene.swarm(4, lambda: streams(call(b"\0\0\0\0\x20" + b"x" * 10), start=START + SETTINGS_ACK))


@attack(what="TLS, HTTP/1 and random bytes", log="event=connection-error .*peer=127.0.0.1")
def other_protocols(scene):
    hello = bytes.fromhex("16030100c8010000c40303") + bytes(range(190))
    texts = [hello, b"GET / HTTP/1.1\r\nhost: a\r\n\r\n", bytes(range(255, 0, -1)) * 4]
    number = iter(range(1 << 30))
    scene.swarm(8, lambda: iter([texts[next(number) % len(texts)]]))


@attack(what="a PROXY header from an address that is not trusted", log="event=connection-error .*peer=127.0.0.1")
def untrusted_proxy_header(scene):
    signature = b"\r\n\r\n\0\r\nQUIT\n"
    addresses = bytes([192, 0, 2, 1, 127, 0, 0, 1]) + (4711).to_bytes(2, "big") + (50051).to_bytes(2, "big")
    header = signature + b"\x21\x11" + len(addresses).to_bytes(2, "big") + addresses
    scene.swarm(4, lambda: streams(lambda stream: headers(stream, CHAT), 10, header + START))


@attack(what="a log line for each frame, while the pipe of the log is full", counters="log_lines_suppressed",
        log="event=log-(suppressed|lost)")
def log_flood(scene):
    malformed = head("/echo.Echo/Chat", [("connection", "close")])
    with scene.server.log_unread():
        scene.swarm(8, lambda: streams(lambda stream: headers(stream, malformed)))


@attack(what="empty messages on 8 streams of Chat: 5 bytes each, each answered",
        counters=("idle_frame_budgets_spent", "send_buffer_full"))
def empty_messages(scene):
    def pieces():
        yield START + SETTINGS_ACK + update(0, 2**31 - 1 - 65535)
        yield headers(1, CHAT) + update(1, 2**31 - 1 - 65535)
        while True:
            yield h2.frame(h2.DATA, 0, 1, h2.message(b"") * 200)

    scene.swarm(8, pieces)


@attack(what="calls with a deadline of a nanosecond, each of them reset", counters="reset_budgets_spent")
def short_deadlines(scene):
    block = head("/echo.Echo/Chat", [("grpc-timeout", "1n")])
    cancel = h2.CANCEL.to_bytes(4, "big")
    scene.swarm(4, lambda: streams(lambda stream: headers(stream, block) + h2.frame(h2.RST_STREAM, 0, stream, cancel)))
