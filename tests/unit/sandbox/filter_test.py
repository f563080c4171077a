"""Runs the seccomp filter of each architecture in an interpreter of classic BPF: what the table allows, and nothing else.

    filter_test.py FOLDER    of make_filter.py
"""

import struct
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv.pop(1))
import make_filter
import seccomp

ALLOW, KILL_PROCESS = 0x7FFF0000, 0x80000000
AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7, "arm": 0x40000028}
LD_ABS, ALU_AND, RET = 0x20, 0x54, 0x06
JUMPS = {0x05: lambda a, k: True, 0x15: lambda a, k: a == k, 0x25: lambda a, k: a > k, 0x35: lambda a, k: a >= k, 0x45: lambda a, k: a & k != 0}
MASK = 0xFFFFFFFF


def verdict(instructions, audit_arch, number, arguments=()):
    """What the filter returns for a system call."""
    data = struct.pack("=iIQ6Q", number, audit_arch, 0, *(*arguments, *[0] * (6 - len(arguments))))
    accumulator = at = 0
    while True:
        code, if_true, if_false, k = instructions[at]
        at += 1
        if code == LD_ABS:
            (accumulator,) = struct.unpack_from("=I", data, k)
        elif code == ALU_AND:
            accumulator &= k
        elif code == 0x05:
            at += k
        elif code in JUMPS:
            at += if_true if JUMPS[code](accumulator, k) else if_false
        elif code == RET:
            return k
        else:
            raise AssertionError(f"instruction {code:#x}")


class Filter(unittest.TestCase):
    def setUp(self):
        self.filters = {name: make_filter.instructions(name) for name in AUDIT_ARCH}

    def verdict(self, architecture, name, *arguments):
        number = seccomp.resolve_syscall(seccomp.Arch(architecture), name)
        return verdict(self.filters[architecture], AUDIT_ARCH[architecture], number, arguments) if number >= 0 else None

    def test_it_allows_the_table_and_nothing_else(self):
        named = {name for _, names, _ in make_filter.SYSTEM_CALLS for name in names}
        restricted = {name for _, names, alternatives in make_filter.SYSTEM_CALLS if alternatives for name in names}
        for architecture, instructions in self.filters.items():
            numbers = {name: seccomp.resolve_syscall(seccomp.Arch(architecture), name) for name in named}
            allowed = {n for n in range(1024) if verdict(instructions, AUDIT_ARCH[architecture], n, [0] * 6) == ALLOW}
            free = {numbers[name] for name in named - restricted if numbers[name] >= 0}
            # Calls with all arguments 0: opening to read and mapping without rights.
            harmless = {numbers[name] for name in ("openat", "open", "mmap", "mmap2", "mprotect") if numbers[name] >= 0}
            self.assertEqual(allowed, free | harmless, architecture)

    def test_it_allows_what_the_loop_needs(self):
        for architecture in self.filters:
            for name in ("epoll_pwait", "accept4", "recvfrom", "sendto", "close", "write", "exit_group", "pipe2"):
                self.assertEqual(self.verdict(architecture, name), ALLOW, f"{architecture} {name}")
        self.assertEqual(self.verdict("arm", "clock_gettime64"), ALLOW)

    def test_it_ends_what_an_intruder_needs(self):
        for architecture in self.filters:
            for name in ("execve", "execveat", "socket", "connect", "bind", "ptrace", "process_vm_writev", "kill", "setuid", "prctl", "bpf"):
                self.assertEqual(self.verdict(architecture, name), KILL_PROCESS, f"{architecture} {name}")

    def test_it_looks_at_arguments(self):
        O_WRONLY, O_RDWR, O_CLOEXEC, PROT_READ_EXEC, PROT_READ_WRITE = 1, 2, 0o2000000, 5, 3
        THREAD, NEW_USER = 0x3D0F00, 0x10000000
        cases = (
            ("openat", (0, 0, O_CLOEXEC), (0, 0, O_WRONLY), (0, 0, O_RDWR), (0, 0, make_filter.O_CREAT)),
            ("open", (0, O_CLOEXEC), (0, O_WRONLY), (0, O_RDWR | make_filter.O_CREAT)),
            ("mmap", (0, 0, PROT_READ_WRITE), (0, 0, PROT_READ_EXEC)),
            ("mmap2", (0, 0, PROT_READ_WRITE), (0, 0, PROT_READ_EXEC)),
            ("mprotect", (0, 0, PROT_READ_WRITE), (0, 0, PROT_READ_EXEC)),
            ("clone", (make_filter.CLONE_CHILD_CLEARTID | make_filter.CLONE_CHILD_SETTID | make_filter.SIGCHLD,), (THREAD,), (NEW_USER | make_filter.SIGCHLD,)),
            ("ioctl", (2, make_filter.TCGETS), (2, 0x5412)),
            ("tgkill", (1, 1, make_filter.SIGABRT), (1, 1, 9)),
        )
        for architecture in self.filters:
            for name, good, *bad in cases:
                if self.verdict(architecture, name) is None:
                    continue
                self.assertEqual(self.verdict(architecture, name, *good), ALLOW, f"{architecture} {name} {good}")
                for arguments in bad:
                    self.assertEqual(self.verdict(architecture, name, *arguments), KILL_PROCESS, f"{architecture} {name} {arguments}")

    def test_it_ends_calls_of_another_architecture(self):
        for architecture, instructions in self.filters.items():
            for other in AUDIT_ARCH.values():
                if other != AUDIT_ARCH[architecture]:
                    self.assertEqual(verdict(instructions, other, 0), KILL_PROCESS)
        X32_WRITE = 0x40000000 | 1
        self.assertEqual(verdict(self.filters["x86_64"], AUDIT_ARCH["x86_64"], X32_WRITE), KILL_PROCESS)


if __name__ == "__main__":
    unittest.main(verbosity=2)
