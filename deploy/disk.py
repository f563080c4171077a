"""Makes disk images without root, loop devices or mounts: with mkfs.vfat, mcopy and mke2fs -d, and a partition table."""

import os
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

MIB = 1 << 20
SECTOR = 512
# Flash erases blocks of some MiB. A partition that is aligned to them needs half as many writes.
ALIGNMENT = 4 * MIB
FAT32_LBA, LINUX = 0x0C, 0x83


@dataclass(frozen=True)
class Partition:
    """`size` in bytes, a multiple of ALIGNMENT; `tree` is the folder with its content, or None for an empty partition."""

    kind: int
    label: str
    size: int
    tree: Path | None = None


def write(path, partitions, work):
    """Writes the image to `path`, with at most four partitions; `work` is a folder for temporary files."""
    with path.open("wb") as image:
        at = ALIGNMENT
        entries = b""
        for number, partition in enumerate(partitions, 1):
            part = work / f"partition-{number}"
            make_filesystem(part, partition)
            entries += table_entry(partition.kind, at, partition.size, active=number == 1)
            copy_sparsely(part, image, at)
            part.unlink()
            at += partition.size
        image.truncate(at)
        image.seek(446)
        image.write(entries.ljust(64, b"\0") + b"\x55\xaa")


def table_entry(kind, start, size, active):
    """An entry of a master boot record. Cylinder, head and sector have their maximum: only sector numbers are used."""
    beyond = b"\xfe\xff\xff"
    return struct.pack("<B3sB3sII", 0x80 if active else 0, beyond, kind, beyond, start // SECTOR, size // SECTOR)


def make_filesystem(path, partition):
    with path.open("wb") as file:
        file.truncate(partition.size)
    if partition.kind == FAT32_LBA:
        run("mkfs.vfat", "-F", "32", "-n", partition.label, path)
        run("mcopy", "-s", "-m", "-i", path, *sorted(partition.tree.iterdir()), "::")
        return
    # The files of the building user belong to root in the image. No blocks are reserved for root.
    as_root = [] if os.geteuid() == 0 else ["fakeroot"]
    tree = ["-d", partition.tree] if partition.tree else []
    run(*as_root, "mke2fs", "-q", "-t", "ext4", "-m", "0", "-E", "root_owner=0:0", "-L", partition.label, *tree, path)


def copy_sparsely(path, image, at):
    """Writes without blocks of zeros, so that the image file is sparse."""
    with path.open("rb") as part:
        while block := part.read(MIB):
            if block.count(0) != len(block):
                image.seek(at)
                image.write(block)
            at += len(block)


def run(*command):
    environment = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"}
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        raise OSError(f"{command[0]} failed: {(done.stderr or done.stdout).strip()}")
