"""A link that loses, delays and reorders packets, or is cut: a TUN device in a network namespace of its own.

    enter_namespace()               this process and its children get a network of their own
    with BadLink(seed=1) as link:
        link.set(loss=0.2, delay_ms=100, jitter_ms=50)

A server that listens on BadLink.NEAR is reached at BadLink.FAR: each packet to FAR comes back with its addresses swapped, so
both ends of a connection are on this machine, and every packet between them crosses the link. Swapping changes no checksum.
"""

import contextlib
import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import sys
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
DEVICE = "link0"
MOST_BYTES = 1500


class NotPossible(Exception):
    """This machine does not permit a network namespace or a TUN device."""


def enter_namespace():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise NotPossible(f"no network namespace: {os.strerror(ctypes.get_errno())}")
    _ip("link", "set", "lo", "up")


def _ip(*words):
    try:
        subprocess.run(["ip", *words], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotPossible(f"ip {' '.join(words)}: {getattr(error, 'stderr', error)}") from error


class BadLink:
    NEAR, FAR = "10.9.0.1", "10.9.0.2"

    def __init__(self, seed, forwarder=(sys.executable, __file__)):
        """`forwarder`: a program that forwards packets; its arguments are the descriptor of the device and the seed."""
        self._seed = seed
        self._forwarder = forwarder
        self._process = None

    def __enter__(self):
        try:
            device = os.open("/dev/net/tun", os.O_RDWR)
            fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", DEVICE.encode(), IFF_TUN | IFF_NO_PI))
        except OSError as error:
            raise NotPossible(f"no TUN device: {error}") from error
        _ip("address", "add", f"{self.NEAR}/24", "dev", DEVICE)
        _ip("link", "set", DEVICE, "mtu", str(MOST_BYTES), "up")
        command = [*self._forwarder, str(device), str(self._seed)]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, pass_fds=[device])
        os.close(device)
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def set(self, loss=0.0, delay_ms=0, jitter_ms=0, cut=False):
        """In each direction. A packet is delayed by delay_ms and up to jitter_ms more, so later ones may overtake it."""
        print(1.0 if cut else loss, delay_ms, jitter_ms, file=self._process.stdin, flush=True)


def forward(device, seed):
    """Forwards packets until standard input ends."""
    source = random.Random(seed)
    loss, delay, jitter = 0.0, 0.0, 0.0
    waiting = []  # (time, number, packet)
    number = 0
    os.set_blocking(device, False)
    commands = sys.stdin.fileno()
    while True:
        left = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        ready, _, _ = select.select([device, commands], [], [], left)
        if commands in ready:
            lines = os.read(commands, 4096).decode().split("\n")
            if lines == [""]:
                return
            loss, delay, jitter = (float(word) for word in lines[-2].split())
        now = time.monotonic()
        if device in ready:
            for packet in _packets(device):
                if source.random() >= loss:
                    number += 1
                    due = now + (delay + source.random() * jitter) / 1000
                    heapq.heappush(waiting, (due, number, packet[:12] + packet[16:20] + packet[12:16] + packet[20:]))
        while waiting and waiting[0][0] <= now:
            # A packet that the device refuses is lost, as on any link.
            with contextlib.suppress(OSError):
                os.write(device, heapq.heappop(waiting)[2])


def _packets(device):
    with contextlib.suppress(BlockingIOError):
        for _ in range(64):
            packet = os.read(device, MOST_BYTES + 64)
            if packet[0] >> 4 == 4:
                yield packet


if __name__ == "__main__":
    forward(int(sys.argv[1]), int(sys.argv[2]))
