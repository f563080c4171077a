"""Writes an image to an SD card and verifies it."""

import contextlib
import errno
import fcntl
import os
import stat
import sys
import time

import release
from device import Device

BLOCK = 4 << 20
# <linux/fs.h>
BLKRRPART, BLKFLSBUF = 0x125F, 0x1261


def flash(image, path, told):
    """Raises release.Unusable. If the device must not be written to, it raises before writing anything."""
    device = Device(path)
    size = image.stat().st_size
    if reason := device.refusal(size, told):
        raise release.Unusable(f"{path} was not written: {reason}")
    print(f"deploy: erasing {device.description()}", flush=True)
    with image.open("rb") as source, opened(device.path) as target:
        write(source, target, size)
        forget_cache(target)
        verify(source, target, size)
        with contextlib.suppress(OSError):
            fcntl.ioctl(target, BLKRRPART)


@contextlib.contextmanager
def opened(path):
    try:
        # O_EXCL on a block device fails if it has been mounted in the meantime.
        descriptor = os.open(path, os.O_RDWR | os.O_EXCL | os.O_CLOEXEC)
    except OSError as error:
        reason = "it is in use" if error.errno == errno.EBUSY else error.strerror
        raise release.Unusable(f"{path} was not written: {reason}") from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def write(source, target, size):
    """Writes the block with the partition table last: an incomplete card has no partition table."""
    progress = Progress("writing", size)
    try:
        os.pwrite(target, bytes(min(BLOCK, size)), 0)
        for at in [*range(BLOCK, size, BLOCK), 0]:
            source.seek(at)
            put(target, source.read(BLOCK), at)
            if at % (16 * BLOCK) == 0:
                os.fsync(target)  # Otherwise the fsync at the end would take very long.
            progress.add(min(BLOCK, size - at))
        os.fsync(target)
    except OSError as error:
        raise release.Unusable(f"the card is not usable, writing failed: {error.strerror}") from error


def put(target, block, at):
    while block:
        written = os.pwrite(target, block, at)
        block, at = block[written:], at + written


def forget_cache(target):
    """Drops the cache, so that the next read comes from the card."""
    os.posix_fadvise(target, 0, 0, os.POSIX_FADV_DONTNEED)
    if stat.S_ISBLK(os.fstat(target).st_mode):
        fcntl.ioctl(target, BLKFLSBUF)


def verify(source, target, size):
    progress = Progress("reading back", size)
    for at in range(0, size, BLOCK):
        source.seek(at)
        expected = source.read(BLOCK)
        try:
            found = os.pread(target, len(expected), at)
        except OSError as error:
            raise release.Unusable(f"the card is not usable, reading it back failed: {error.strerror}") from error
        if found != expected:
            where = next((byte for byte, pair in enumerate(zip(expected, found)) if pair[0] != pair[1]), len(found))
            raise release.Unusable(f"the card is not usable: byte {at + where} differs from the image")
        progress.add(len(expected))


class Progress:
    """Shows progress: on a terminal in one updated line, else with one line for each 10 %."""

    def __init__(self, what, size):
        self._what = what
        self._size = size
        self._done = 0
        self._tenths = 0
        self._begun = time.monotonic()

    def add(self, count):
        self._done += count
        rate = self._done / max(time.monotonic() - self._begun, 0.001)
        text = f"{self._what}: {self._done >> 20} of {self._size >> 20} MiB, {rate / (1 << 20):.0f} MiB/s"
        tenths = 10 * self._done // self._size
        if sys.stdout.isatty():
            print(f"\r{text}   ", end="\n" if self._done == self._size else "", flush=True)
        elif tenths > self._tenths:
            print(text, flush=True)
        self._tenths = tenths
