"""What the head of an ELF file says about the machine that runs it (elf(5))."""

import os
import re

# Values of e_machine, and for ARM the floating-point ABI in e_flags.
X86_64, ARM, AARCH64 = 62, 40, 183
HARD_FLOAT = 0x400
# By the processor in a target triplet, and in uname -m.
MACHINES = {"x86_64": X86_64, "aarch64": AARCH64, "arm": ARM, "armv6l": ARM, "armv7l": ARM}


def machine_of(program):
    """The e_machine of a program, or None if it is no ELF file for Linux programs, such as a shell script."""
    return int.from_bytes(program[18:20], "little") if program[:4] == b"\x7fELF" and len(program) >= 52 else None


def architecture_of(program):
    """Debian's name of the architecture, or None if there is no package for it."""
    machine = machine_of(program)
    if machine == ARM:
        return "armhf" if int.from_bytes(program[36:40], "little") & HARD_FLOAT else "armel"
    return {X86_64: "amd64", AARCH64: "arm64"}.get(machine)


def machine_of_board(description):
    """The e_machine of the programs of a board, from the text of its board.cmake; of this machine if that is None."""
    processor = os.uname().machine if description is None else re.search(r"MOTE_TRIPLET (\w+?)-", description).group(1)
    return MACHINES[processor]
