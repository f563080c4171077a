"""What the kernel tells of a block device, and why an image may not be written to one.

Tests lay a machine of their own in folders that MOTE_TEST_SYS and MOTE_TEST_PROC name in place of /sys and /proc; there a
regular file may be the device.
"""

import os
import stat
from pathlib import Path

SECTOR = 512
# Disks on which the running system stands: never to be erased.
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
        """Why `least_bytes` may not be written to it, or None. `told` is how often the user has said that he means this disk though
        it cannot be taken out."""
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
            return "it cannot be taken out of this machine; say --not-removable twice when it is the one you mean"
        return None

    @property
    def size(self):
        return int(self._read("size") or 0) * SECTOR

    def description(self):
        words = [self._read("device/vendor"), self._read("device/model") or self._read("device/name")]
        return f"{self.path}: {' '.join(filter(None, words)) or 'unnamed'}, {self.size / 1e9:.1f} GB"

    def is_removable(self):
        # Readers on an MMC controller call neither a card nor the chip that is soldered on removable; their type tells.
        return self._read("removable") == "1" or self._read("device/type") == "SD"

    def parts(self):
        """The names of the disk and its partitions."""
        return [self.name, *sorted(path.parent.name for path in self._folder.glob("*/partition"))]

    def mounts(self):
        """Where it or one of its partitions is mounted."""
        parts = self.parts()
        numbers = {self._number(name) for name in parts}
        found = []
        for line in (self._proc / "self/mountinfo").read_text().splitlines():
            words = line.split()
            source = words[words.index("-") + 2]
            # Some filesystems have a device number of their own, and name the disk as their source only.
            if words[2] in numbers or (source.startswith("/dev/") and Path(source).resolve().name in parts):
                found.append(words[4])
        return found

    def other_user(self):
        """Swap, or what stands on it: volumes, encryption, RAID."""
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
