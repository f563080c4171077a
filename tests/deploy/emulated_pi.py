"""A Raspberry Pi in QEMU that boots from an SD-card image, or another board with the same image.

QEMU does not emulate the stage before Linux, in which the VideoCore of a real board reads config.txt. It gets kernel, device
tree, initramfs and command line directly, all from the boot partition of the image.
"""

import re
import signal
import subprocess
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from targets import Patience, die_with_parent, run
from ports import unused_port

# The most that a boot takes (Patience).
BOOT_SECONDS = 300
READY = re.compile(r"mote-gateway: ready on (\S+)")
BOOT_PARTITION = 4 << 20


@dataclass(frozen=True)
class Machine:
    qemu: tuple
    # In the image; None: QEMU makes it.
    device_tree: str | None
    # The index of QEMU's serial port that is the console of the image.
    console: int
    # Nodes of the device tree that QEMU's machine does not support.
    without: tuple = ()
    # Where the card and the network adapter are.
    card: tuple = ("-drive", "file={},if=sd,format=raw")
    network: str = "usb-net"
    # Behind the kernel's command line of the image.
    more: str = ""


MACHINES = {
    # QEMU's watchdog resets the machine as soon as it is started, and that of raspi0 makes Linux panic. The timer of the BCM2835 fires
    # when its counter equals the compare register. Linux reads the counter, adds at least 15 us and writes the register. If the host
    # stops QEMU for longer between the two, the timer fires after a turn of the counter, 71 minutes, and Linux sleeps until
    # then. With -icount, the counter counts instructions: 2 ns each are about the speed of a real board. The timers of the
    # other machines fire at any later time, too.
    "rpi-3": Machine(("qemu-system-aarch64", "-M", "raspi3b", "-accel", "tcg,thread=single"), "bcm2837-rpi-3-b.dtb", 1, ("/soc/watchdog@7e100000",)),
    "rpi-zero": Machine(("qemu-system-arm", "-M", "raspi0", "-icount", "shift=1"), "bcm2835-rpi-zero.dtb", 0, ("/soc/watchdog@7e100000",)),
    # No Pi: a board that can have a watchdog.
    "virt": Machine(
        ("qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a53", "-m", "256", "-device", "virtio-rng-device"), None, 0,
        card=("-drive", "file={},if=none,id=card,format=raw", "-device", "virtio-blk-device,drive=card"), network="virtio-net-device",
        more=" console=ttyAMA0",
    ),
}  # fmt: skip


class Pi:
    """The Pi writes to `image` as to a card. Ports 50051 and 22 are `grpc_port` and `ssh_port` on 127.0.0.1."""

    def __init__(self, board, image, folder, initrd=None):
        """`initrd`: a file that replaces that of the image."""
        self._machine = MACHINES[board]
        self._image = image
        self._initrd = initrd or "initrd.img"
        self._folder = Path(folder)
        self._changed = threading.Condition()
        self._lines = []
        self._process = self._reader = None
        self.grpc_port, self.ssh_port = unused_port(), unused_port()

    def start(self):
        trees = [self._machine.device_tree] if self._machine.device_tree else []
        for name in ("vmlinuz", "initrd.img", "cmdline.txt", *trees):
            run("mcopy", "-n", "-i", f"{self._image}@@{BOOT_PARTITION}", f"::{name}", str(self._folder / name))
        for node in self._machine.without:
            run("fdtput", "-t", "s", str(self._folder / self._machine.device_tree), node, "status", "disabled")
        serials = ["null"] * self._machine.console + ["chardev:console"]
        forward = f"hostfwd=tcp:127.0.0.1:{self.grpc_port}-:50051,hostfwd=tcp:127.0.0.1:{self.ssh_port}-:22"
        command = [
            *self._machine.qemu,
            *("-display", "none", "-chardev", "stdio,id=console,signal=off"),
            *(word for serial in serials for word in ("-serial", serial)),
            # QEMU 7.2 sometimes hangs when its machine restarts (an endless loop in page_collection_lock): it ends, and is started again.
            "-no-reboot",
            *("-kernel", "vmlinuz", "-initrd", str(self._initrd), *(word for tree in trees for word in ("-dtb", tree))),
            *("-append", (self._folder / "cmdline.txt").read_text().strip() + self._machine.more),
            *(word.format(self._image) for word in self._machine.card),
            *("-netdev", f"user,id=net,{forward}", "-device", f"{self._machine.network},netdev=net"),
        ]
        self._process = subprocess.Popen(
            command,
            cwd=self._folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._process.stdout:
            with self._changed:
                self._lines.append(line.decode(errors="replace").rstrip())
                self._changed.notify_all()

    @contextmanager
    def on_a_busy_host(self):
        """Stops QEMU again and again for a moment, as a host with other work does."""
        over = threading.Event()

        def disturb():
            while not over.is_set():
                self._process.send_signal(signal.SIGSTOP)
                time.sleep(0.001)
                self._process.send_signal(signal.SIGCONT)
                over.wait(0.002)

        thread = threading.Thread(target=disturb)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    @property
    def console(self):
        with self._changed:
            return "\n".join(self._lines)

    def wait_for(self, pattern, since=0, seconds=BOOT_SECONDS):
        """Waits for a match in the lines of the console from line `since` on, and returns it. A prompt is part of the next line.
        `seconds`: the most to wait (Patience)."""
        patience = Patience(self._process, seconds)
        with self._changed:
            at = since
            while True:
                for line in self._lines[at:]:
                    if found := re.search(pattern, line):
                        return found
                at = len(self._lines)
                self._changed.wait(timeout=1)
                if at == len(self._lines) and patience.is_over():
                    end = "\n".join(self._lines[-60:])
                    raise AssertionError(f"the console never showed {pattern!r}; its end:\n{end}")

    def wait_until_ready(self, since=0):
        """Waits for these lines before the first connection: QEMU accepts connections before the guest is ready, and they hang."""
        self.wait_for(READY, since)
        self.wait_for("ssh-server: host key SHA", since)
        self.wait_for("network: .* has", since)

    def wait(self, condition, seconds):
        """True as soon as the condition is true; False after so many seconds (Patience)."""
        patience = Patience(self._process, seconds)
        while not condition():
            if patience.is_over():
                return False
            time.sleep(1)
        return True

    def restart_when_it_resets(self):
        """Waits until the Pi has reset itself, and starts it again. Returns the number of the next console line."""
        if not self.wait(lambda: self._process.poll() is not None, BOOT_SECONDS):
            raise AssertionError("the Pi does not reset itself")
        return self.cut_power()

    def cut_power(self):
        """Cuts the power and restores it. Returns the number of the next console line."""
        self.stop()
        since = len(self._lines)
        self.start()
        return since

    def type(self, text):
        self._process.stdin.write(text.encode())
        self._process.stdin.flush()

    def stop(self):
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._reader.join()
        self._process.stdin.close()
        self._process.stdout.close()
