"""Messages with wrong lengths or flags, empty messages, other protocols, and floods of log lines."""

import itertools

import raw_http2 as h2
from attack import attack
from scene import ADDRESS, SETTINGS_ACK, START, head, headers, streams, update

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


SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
IPV4_PAIR = bytes([192, 0, 2, 1, 127, 0, 0, 1]) + (4711).to_bytes(2, "big") + (50051).to_bytes(2, "big")
UNSPECIFIED, TCP_IPV4, TCP_IPV6, UNIX_STREAM = 0x00, 0x11, 0x21, 0x31
LOCAL, PROXY = 0x20, 0x21
TRUSTED = ("--trusted-proxy", ADDRESS, "--preface-timeout-ms", 400)


def proxy_header(body=IPV4_PAIR, command=PROXY, family=TCP_IPV4, length=None):
    """Version 2 of the PROXY protocol."""
    return SIGNATURE + bytes([command, family]) + (len(body) if length is None else length).to_bytes(2, "big") + body


@attack(what="a PROXY header from an address that is not trusted", log="event=connection-error .*peer=127.0.0.1")
def untrusted_proxy_header(scene):
    scene.swarm(4, lambda: streams(lambda stream: headers(stream, CHAT), 10, proxy_header() + START))


@attack(what="PROXY headers of a trusted proxy: wrong version, command or family, lengths that are too short",
        log='event=connection-error .*reason="malformed PROXY header"', options=TRUSTED)
def broken_proxy_headers(scene):
    broken = itertools.cycle([
        proxy_header(command=0x11),
        proxy_header(command=0x2F),
        proxy_header(family=0x7F),
        proxy_header(length=11),
        proxy_header(IPV4_PAIR, family=TCP_IPV6),
        proxy_header(bytes(215), family=UNIX_STREAM),
    ])
    scene.swarm(8, lambda: iter([next(broken) + START]))


@attack(what="PROXY headers of a trusted proxy that are cut off, or arrive one byte at a time",
        counters="preface_timeouts", options=TRUSTED)
def unfinished_proxy_headers(scene):
    whole = proxy_header()
    cut = itertools.cycle(range(1, len(whole)))
    # On half of the connections each byte comes after a pause that is too long for the whole.
    scene.swarm(16, lambda: iter([whole[: next(cut)]]) if next(cut) % 2 else (bytes([each]) for each in whole), pause=0.05)


@attack(what="PROXY headers of a trusted proxy with 64 KB of TLVs, of a Unix socket, and LOCAL, before requests that are reset",
        counters="reset_budgets_spent", log="event=limit-reached .*reset_budgets_spent=", options=TRUSTED)
def long_proxy_headers(scene):
    garbage = bytes(range(256)) * 255
    long = itertools.cycle([
        proxy_header(IPV4_PAIR + garbage),
        proxy_header(bytes(216) + garbage, family=UNIX_STREAM),
        proxy_header(garbage, LOCAL, UNSPECIFIED),
        proxy_header(garbage, LOCAL, 0xFF),
    ])
    cancel = h2.CANCEL.to_bytes(4, "big")
    reset = lambda stream: headers(stream, CHAT) + h2.frame(h2.RST_STREAM, 0, stream, cancel)  # noqa: E731
    scene.swarm(8, lambda: streams(reset, start=next(long) + START))


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
