"""Reproducible archives: sorted, owned by root, with one time for all files."""

import gzip
import hashlib
import io
import os
import subprocess
import tarfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
# For a tree that is not a git checkout. Some tools reject older times.
NO_TIME = 315532800


def epoch():
    """The time of files in packages: SOURCE_DATE_EPOCH, or the time of the commit."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    command = ["git", "-c", f"safe.directory={PROJECT}", "-C", PROJECT, "log", "-1", "--format=%ct"]
    try:
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    except (OSError, subprocess.CalledProcessError, ValueError):
        return NO_TIME


def tar(files, programs=(), owner=0):
    """A tar archive of `files` (bytes by name) with their folders. `programs` are the names of executable files."""
    written = io.BytesIO()
    folders = {str(parent) for name in files for parent in Path(name).parents} - {"."}
    with tarfile.open(fileobj=written, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted([*folders, *files]):
            entry = tarfile.TarInfo(name)
            entry.mtime = epoch()
            entry.uid = entry.gid = owner
            if name in files:
                entry.size = len(files[name])
                entry.mode = 0o755 if name in programs else 0o644
                archive.addfile(entry, io.BytesIO(files[name]))
            else:
                entry.type = tarfile.DIRTYPE
                entry.mode = 0o755
                archive.addfile(entry)
    return written.getvalue()


def gz(contents):
    return gzip.compress(contents, mtime=0)


def sha256(contents):
    return hashlib.sha256(contents).hexdigest()
