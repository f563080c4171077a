"""Writes firmware to a microcontroller with OpenOCD and a debug probe."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import release

# USB vendor and product (None: all products of the vendor): the name of the probe and its OpenOCD file.
PROBES = {
    ("0483", "3748"): ("ST-Link V2", "stlink"),
    ("0483", "374b"): ("ST-Link V2-1", "stlink"),
    ("0483", "374e"): ("ST-Link V3", "stlink"),
    ("0483", "374f"): ("ST-Link V3", "stlink"),
    ("0483", "3753"): ("ST-Link V3", "stlink"),
    ("0d28", "0204"): ("DAPLink", "cmsis-dap"),
    ("2e8a", "000c"): ("Raspberry Pi Debug Probe", "cmsis-dap"),
    ("1366", None): ("J-Link", "jlink"),
}


def flash(product, board, image, interface, target):
    """Writes, verifies and starts the ELF file `image`. `interface` and `target` are OpenOCD files, or None for the
    connected probe and the board's openocd.cfg. Raises release.Unusable."""
    if release.read(image)[:4] != b"\x7fELF":
        raise release.Unusable(f"{image} is not an ELF file, which contains the addresses")
    target = target or target_of(product, board)
    found = [] if interface else probes()
    if len(found) == 1:
        interface = f"interface/{found[0][1]}.cfg"
        print(f"deploy: {found[0][0]}", flush=True)
    if interface is None:
        seen = ", ".join(name for name, _ in found) or "no known probe"
        choice = command(image, "interface/PROBE.cfg", target)
        raise release.Unusable(
            f"cannot choose a debug probe: found {seen}. Name one with --interface, or run this with PROBE one of "
            f"{', '.join(sorted({file for _, file in PROBES.values()}))}, or another OpenOCD interface:\n{shlex.join(choice)}"
        )
    words = command(image, interface, target)
    print(shlex.join(words), flush=True)
    if shutil.which(words[0]) is None:
        raise release.Unusable("openocd is not installed: install the package openocd, then run the command above")
    if subprocess.run(words, stdin=subprocess.DEVNULL, check=False).returncode != 0:
        raise release.Unusable("openocd failed, see above; an incomplete firmware does not start")


def command(image, interface, target):
    # Braces quote text in OpenOCD's Tcl.
    return ["openocd", "-f", interface, "-f", str(target), "-c", f"program {{{image.resolve()}}} verify reset exit"]


def target_of(product, board):
    path = release.board_file(product, board, "openocd.cfg")
    if path is None:
        raise release.Unusable(
            f"boards/{board} has no openocd.cfg: name the OpenOCD file for the chip with --target, for example target/stm32f1x.cfg"
        )
    return path


def probes():
    """The connected probes: their names and OpenOCD files."""
    found = []
    for device in sorted((Path(os.environ.get("MOTE_TEST_SYS", "/sys")) / "bus/usb/devices").glob("*")):
        if not (device / "idVendor").is_file():
            continue
        vendor, product = ((device / name).read_text().strip() for name in ("idVendor", "idProduct"))
        probe = PROBES.get((vendor, product)) or PROBES.get((vendor, None))
        if probe:
            found.append(probe)
    return found
