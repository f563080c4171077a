"""An initramfs: busybox, kernel modules in load order, and a script as /init."""

import gzip
import re
import subprocess
from pathlib import Path

FILE, FOLDER, LINK = 0o100000, 0o040000, 0o120000


def write(path, busybox, script, kernel_root, kernel, modules):
    """The initramfs at `path`. `script` is the text of its /init. `kernel_root` has lib/modules/`kernel`; `modules` are names, of which those built into the
    kernel need no file. Raises OSError for one that the kernel does not have."""
    files = load_order(kernel_root, kernel, modules)
    entries = [
        ("bin", FOLDER | 0o755, b""),
        ("bin/busybox", FILE | 0o755, busybox.read_bytes()),
        ("bin/sh", LINK | 0o777, b"busybox"),
        ("init", FILE | 0o755, script),
        ("modules", FOLDER | 0o755, b""),
        ("modules/order", FILE | 0o644, "".join(f"{file.name}\n" for file in files).encode()),
        *((f"modules/{file.name}", FILE | 0o644, file.read_bytes()) for file in files),
    ]
    path.write_bytes(gzip.compress(archive(entries), mtime=0))


def load_order(kernel_root, kernel, modules):
    """The files of these modules and their dependencies, in load order."""
    folder = kernel_root / "lib/modules" / kernel
    printed = subprocess.run(
        ["/sbin/depmod", "-n", "-b", kernel_root, kernel], check=True, capture_output=True, text=True
    ).stdout
    # "FILE: DEPENDENCY...": the first dependency is loaded last.
    dependencies = {found[1]: found[2].split() for found in re.finditer(r"^(\S+\.ko): ?(.*)$", printed, re.MULTILINE)}
    by_name = {name_of(file): file for file in dependencies}
    built_in = {name_of(file) for file in (folder / "modules.builtin").read_text().split()}
    order = []
    for module in modules:
        file = by_name.get(module.replace("-", "_"))
        if file is None:
            if module.replace("-", "_") not in built_in:
                raise OSError(f"the kernel {kernel} has no module {module}")
            continue
        order += [*reversed(dependencies[file]), file]
    return [folder / file for file in dict.fromkeys(order)]


def name_of(file):
    return Path(file).name.removesuffix(".ko").replace("-", "_")


def archive(entries):
    """A cpio archive in the format newc. All entries belong to root."""
    written = bytearray()
    for number, (name, mode, contents) in enumerate([*entries, ("TRAILER!!!", 0, b"")], 1):
        fields = [number, mode, 0, 0, 1, 0, len(contents), 0, 0, 0, 0, len(name) + 1, 0]
        written += b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
        written += bytes(-len(written) % 4)
        written += contents
        written += bytes(-len(written) % 4)
    return bytes(written)
