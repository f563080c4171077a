"""Reads properties of a block device from the kernel and checks whether an image may be written to it.

For tests, MOTE_TEST_SYS and MOTE_TEST_PROC name folders that replace /sys and /proc. The device may then be a
regular file.
"""

import os
import stat
from pathlib import Path

SECTOR = 512
# Mount points of the running system: their disks are never erased.
SYSTEM_FOLDERS = ("/", "/boot", "/boot/efi", "/usr", "/var", "/home")


class Device:
    """A whole disk or a partition, by its path in /dev."""

    def __init__(self, path):
        self.path = Path(path)
        self.name = self.path.resolve().name
        self._sys = Path(os.environ.get("MOTE_TEST_SYS", "/sys"))
        self._proc = Path(os.environ.get("MOTE_TEST_PROC", "/proc"))
        self._folder = self._sys / "class/block" / self.name

    def refusal(self, least_bytes, told):
        """The reason why `least_bytes` must not be written to the device, or None. `told` is the number of --not-removable
        options."""
        if not self.path.exists():
            return "there is no such device"
        if not self._folder.is_dir() or not (stat.S_ISBLK(self.path.stat().st_mode) or "MOTE_TEST_SYS" in os.environ):
            return "it is not a block device"
        if (self._folder / "partition").exists():
            return "it is a partition; name the whole card"
        if mounts := self.mounts():
            where = ", ".join(mounts)
            if any(mount in SYSTEM_FOLDERS for mount in mounts):
                return f"the running system is on it ({where})"
            return f"it is mounted ({where}); unmount it first"
        if user := self.other_user():
            return f"it is in use by {user}"
        if self._read("ro") == "1":
            return "it is write-protected"
        if self.size < least_bytes:
            return f"it has {self.size >> 20} MiB, and the image {least_bytes >> 20}"
        if not self.is_removable() and told < 2:
            return "it is not removable; give --not-removable twice to write to it"
        return None

    @property
    def size(self):
        return int(self._read("size") or 0) * SECTOR

    def description(self):
        words = [self._read("device/vendor"), self._read("device/model") or self._read("device/name")]
        return f"{self.path}: {' '.join(filter(None, words)) or 'unnamed'}, {self.size / 1e9:.1f} GB"

    def is_removable(self):
        # An MMC controller reports neither cards nor soldered chips as removable; the type distinguishes them.
        return self._read("removable") == "1" or self._read("device/type") == "SD"

    def parts(self):
        """The names of the disk and its partitions."""
        return [self.name, *sorted(path.parent.name for path in self._folder.glob("*/partition"))]

    def mounts(self):
        """The mount points of the disk and its partitions."""
        parts = self.parts()
        numbers = {self._number(name) for name in parts}
        found = []
        for line in (self._proc / "self/mountinfo").read_text().splitlines():
            words = line.split()
            source = words[words.index("-") + 2]
            # Some filesystems have their own device number and name the disk only as their source.
            if words[2] in numbers or (source.startswith("/dev/") and Path(source).resolve().name in parts):
                found.append(words[4])
        return found

    def other_user(self):
        """The other user of the disk: swap, volumes, encryption or RAID. None if there is none."""
        parts = self.parts()
        for line in (self._proc / "swaps").read_text().splitlines()[1:]:
            if Path(line.split()[0]).name in parts:
                return "swap"
        for name in parts:
            for holder in (self._sys / "class/block" / name / "holders").glob("*"):
                return holder.name
        return None

    def _number(self, name):
        path = self._sys / "class/block" / name / "dev"
        return path.read_text().strip() if path.exists() else None

    def _read(self, name):
        path = self._folder / name
        return path.read_text().strip() if path.is_file() else ""
