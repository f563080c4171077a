"""Measures the memory of a board's gateway in a virtual ARM machine of QEMU, with a Debian kernel.

    board_memory.py BOARD...    prints its resident memory in KiB after start and after 1,000 calls; exit code 1 if it is
    above 700

The machine starts with the board's programs and its gateway.conf in an initramfs. mote-device makes the calls over loopback,
and the kernel reports the memory. The machine differs from the board: it has the most similar processor that QEMU supports,
and pages of 4 KiB, while the kernels of some boards have larger pages.
"""

import gzip
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "deploy"))

import initramfs  # noqa: E402

CALLS = 1000
MOST_KIB = 700
# On a busy machine an emulated boot takes minutes.
BOOT_SECONDS = 300
EXECUTABLE, PLAIN = initramfs.FILE | 0o755, initramfs.FILE | 0o644


@dataclass(frozen=True)
class Machine:
    architecture: str
    kernel: str
    qemu: tuple


MACHINES = {
    "aarch64": Machine("arm64", "linux-image-arm64", ("qemu-system-aarch64", "-cpu", "cortex-a53")),
    # Programs for ARMv6 also run on this ARMv7; Debian has no ARMv6 kernel for this machine.
    "arm": Machine("armhf", "linux-image-armmp", ("qemu-system-arm", "-cpu", "cortex-a7")),
}

# smaps_rollup is exact; VmRSS of a kernel before 6.2 may lag by 64 pages.
INIT = f"""\
#!/busybox sh
/busybox mkdir /proc
/busybox mount -t devtmpfs dev /dev
/busybox mount -t proc proc /proc
/busybox ifconfig lo 127.0.0.1 up
resident() {{ /busybox sed -n "s/^Rss: *\\([0-9]*\\) kB/resident $1 \\1/p" "/proc/$gateway/smaps_rollup"; }}

/mote-gateway --config /gateway.conf >/log 2>&1 &
gateway=$!
while [ -d "/proc/$gateway" ]; do
  if /busybox grep 'ready on' /log; then
    resident start
    /mote-device --count {CALLS} --interval 0 --quiet
    resident calls
    /busybox poweroff -f
  fi
  /busybox sleep 0.2
done
/busybox cat /log
/busybox poweroff -f
"""


def measure(board):
    """(KiB after start, KiB after CALLS calls) of the board's gateway. Raises OSError if the measurement fails."""
    machine = MACHINES[processor(board)]
    packages = fetch(machine)
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder, "initramfs.gz")
        image.write_bytes(gzip.compress(initramfs.archive(contents(board, packages)), compresslevel=1))
        command = [*machine.qemu, "-M", "virt", "-m", "256", "-display", "none", "-monitor", "none", "-serial", "stdio", "-nic", "none"]
        command += ["-no-reboot", "-kernel", next((packages / "boot").glob("vmlinuz-*")), "-initrd", image]
        command += ["-append", "console=ttyAMA0 quiet panic=-1 rdinit=/init"]
        ran = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=BOOT_SECONDS, check=False
        )
    told = dict(re.findall(r"^resident (\w+) (\d+)\r?$", ran.stdout, re.MULTILINE))
    if f"{CALLS} calls, {CALLS} answered" not in ran.stdout or set(told) != {"start", "calls"}:
        raise OSError(f"{board}: the virtual machine did not measure\n{ran.stdout}{ran.stderr}")
    return int(told["start"]), int(told["calls"])


def can_measure(board):
    return processor(board) in MACHINES


def processor(board):
    """True if the program is static and can run in an initramfs without other files."""
    found = re.search(r"MOTE_TRIPLET (\w+)-linux-musl", (ROOT / "boards" / board / "board.cmake").read_text(encoding="utf-8"))
    return found[1] if found else None


def fetch(machine):
    """The folder with the kernel and busybox."""
    command = [sys.executable, ROOT / "toolchains/fetch.py", "sysroot", f"{machine.architecture}-boot"]
    command += ["bookworm", machine.architecture, machine.kernel, "busybox-static"]
    return Path(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip())


def contents(board, packages):
    programs = ROOT / "build" / board / "bin"
    yield "init", EXECUTABLE, INIT.encode()
    yield "busybox", EXECUTABLE, (packages / "bin/busybox").read_bytes()
    yield "mote-gateway", EXECUTABLE, (programs / "mote-gateway").read_bytes()
    yield "mote-device", EXECUTABLE, (programs / "mote-device").read_bytes()
    yield "gateway.conf", PLAIN, (ROOT / "boards" / board / "gateway.conf").read_bytes()


def main():
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    large = 0
    for board in sys.argv[1:]:
        start, after = measure(board)
        print(f"{board}: {start} KiB after start, {after} KiB after {CALLS} calls, at most {MOST_KIB}", flush=True)
        large += max(start, after) > MOST_KIB
    return 1 if large else 0


if __name__ == "__main__":
    sys.exit(main())
