"""Slowloris: a hundred connections that stop, or send single bytes, in each step of a call."""

import itertools

import raw_http2 as h2
from attack import attack
from raw_hpack import encode_fields
from scene import SETTINGS_ACK, START, head, headers

COUNT = 100
CHAT = head("/echo.Echo/Chat")
MESSAGE = h2.message(b"\x0a\x05hello")
PREFACE = {"counters": "preface_timeouts", "options": ("--preface-timeout-ms", 400)}
HEADER = {"counters": "header_timeouts", "options": ("--header-timeout-ms", 400)}


def once(data):
    return lambda: iter([data] if data else [])


def dripping(start, data):
    def pieces():
        if start:
            yield start
        for byte in data:
            yield bytes([byte])

    return pieces


@attack(what="no preface", **PREFACE)
def no_preface(scene):
    scene.swarm(COUNT, once(b""))


@attack(what="half a preface", **PREFACE)
def half_preface(scene):
    scene.swarm(COUNT, once(h2.PREFACE[:11]))


@attack(what="a preface, one byte at a time", **PREFACE)
def dripping_preface(scene):
    scene.swarm(COUNT, dripping(b"", h2.PREFACE), pause=0.05)


@attack(what="a preface without SETTINGS", **PREFACE)
def preface_without_settings(scene):
    scene.swarm(COUNT, once(h2.PREFACE))


@attack(what="SETTINGS of the gateway are never acknowledged", counters="settings_timeouts",
        options=("--settings-timeout-ms", 400))
def no_settings_acknowledgement(scene):
    scene.swarm(COUNT, once(START))


@attack(what="half a frame header", **HEADER)
def half_frame_header(scene):
    scene.swarm(COUNT, once(START + SETTINGS_ACK + headers(1, CHAT)[:5]))


@attack(what="half a HEADERS frame", **HEADER)
def half_headers_frame(scene):
    scene.swarm(COUNT, once(START + SETTINGS_ACK + headers(1, CHAT)[:-10]))


@attack(what="half a header block", **HEADER)
def half_header_block(scene):
    scene.swarm(COUNT, once(START + SETTINGS_ACK + h2.frame(h2.HEADERS, 0, 1, CHAT[:20])))


@attack(what="a header block, one byte at a time", **HEADER)
def dripping_header_block(scene):
    block = encode_fields(h2.request_fields(extra=[("x-slow", "v" * 200)]))
    frame = h2.frame(h2.HEADERS, h2.END_HEADERS, 1, block)
    scene.swarm(COUNT, dripping(START + SETTINGS_ACK, frame), pause=0.02)


@attack(what="half a message", counters="message_timeouts",
        options=("--message-timeout-ms", 400))
def half_message(scene):
    scene.swarm(COUNT, once(START + SETTINGS_ACK + headers(1, CHAT) + h2.frame(h2.DATA, 0, 1, MESSAGE[:-2])))


@attack(what="messages of 1,000 bytes, one byte at a time", counters=("message_timeouts", "slow_peers"),
        options=("--message-timeout-ms", 400))
def dripping_message(scene):
    def pieces():
        yield START + SETTINGS_ACK + headers(1, CHAT) + h2.frame(h2.DATA, 0, 1, b"\0\0\0\x03\xe8")
        yield from itertools.repeat(h2.frame(h2.DATA, 0, 1, b"x"), 1000)

    scene.swarm(COUNT, pieces, pause=0.02)


@attack(what="the beginnings of messages of 64 KB, 100 on a connection, to reserve the pool",
        counters=("message_timeouts", "messages_waited", "address_buffers_exhausted"),
        options=("--message-timeout-ms", 1000))
def reserved_messages(scene):
    def pieces():
        yield START + SETTINGS_ACK
        yield b"".join(
            headers(stream, CHAT) + h2.frame(h2.DATA, 0, stream, b"\0\0\0\xff\xff" + b"x" * 1900)
            for stream in range(1, 201, 2)
        )

    scene.swarm(10, pieces)
