"""Writes the seccomp filter of an architecture as the elements of a C++ array, and lists the system calls that it allows.

    make_filter.py ARCHITECTURE OUT     x86_64, aarch64 or arm
    make_filter.py --list               the table below, for readers

libseccomp makes the filter from SYSTEM_CALLS at build time, so the program needs no library. A system call that the architecture
does not have is left out. The kernel ends the process at any other one, and at a call with other arguments.
"""

import struct
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

# Values of Linux that are the same on the three architectures.
PROT_EXEC = 4
O_ACCMODE, O_CREAT, O_TRUNC, O_APPEND = 3, 0o100, 0o1000, 0o2000
CLONE_CHILD_CLEARTID, CLONE_CHILD_SETTID, SIGCHLD, SIGABRT = 0x00200000, 0x01000000, 17, 6
TCGETS, TIOCGWINSZ = 0x5401, 0x5413


@dataclass(frozen=True)
class Masked:
    """An argument of which the bits of `mask` must have `value`."""

    index: int
    mask: int
    value: int


def equals(index, value):
    return Masked(index, 0xFFFFFFFF, value)


READ_ONLY = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND
FORK = 0xFFFFFFFF & ~(CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID)
# Reason, names, and alternatives for the arguments: none means any. The most frequent calls come first. Which one a program
# makes depends on its C library and on the architecture.
SYSTEM_CALLS = (
    ("receive from a client", ("recvfrom", "recv"), ()),
    ("send to a client, and to the service manager", ("sendto", "send"), ()),
    ("wait for events", ("epoll_pwait", "epoll_wait"), ()),
    ("read the clock where the vDSO does not", ("clock_gettime", "clock_gettime64"), ()),
    ("change what is waited for", ("epoll_ctl",), ()),
    ("send a large reply to a client", ("sendmsg",), ()),
    ("accept a connection", ("accept4",), ()),
    ("set TCP_NODELAY and buffer sizes of a connection", ("setsockopt",), ()),
    ("ask for the state of a connection", ("getsockopt",), ()),
    ("log the address of a client", ("getpeername", "getsockname"), ()),
    ("end a connection", ("shutdown",), ()),
    ("close a descriptor", ("close",), ()),
    ("read signals, the configuration, and the pipe from the process that reads it", ("read", "readv"), ()),
    ("write the log, and the pipe to the serving process", ("write", "writev"), ()),
    ("ask whether the log can take a line, and whether a connection waits", ("poll", "ppoll", "ppoll_time64"), ()),
    ("ask whether the log is a terminal", ("ioctl",), ((equals(1, TCGETS),), (equals(1, TIOCGWINSZ),))),
    ("return pages of header tables to the kernel", ("madvise",), ()),
    ("end", ("exit_group", "exit"), ()),
    ("return from a signal handler, continue after a stop", ("rt_sigreturn", "sigreturn", "restart_syscall"), ()),
    ("remove the Unix socket at exit", ("unlink", "unlinkat"), ()),
    ("look at the Unix socket before that; size of a file", ("fstat", "fstat64", "lstat", "lstat64", "stat", "stat64", "newfstatat", "fstatat64", "statx"), ()),
    # A failed assertion or a smashed stack.
    ("abort", ("tgkill",), ((equals(2, SIGABRT),),)),
    ("abort", ("tkill",), ((equals(1, SIGABRT),),)),
    ("abort, fork", ("gettid", "getpid", "rt_sigprocmask", "rt_sigaction"), ()),
    # SIGHUP: a child process reads the configuration (src/gateway/reread.cpp). It is no thread and has no namespaces of its own.
    ("reload: start a process", ("fork",), ()),
    ("reload: start a process", ("clone",), ((Masked(0, FORK, SIGCHLD),),)),
    ("reload: start a process", ("set_robust_list", "set_tid_address"), ()),
    ("reload: the pipe to the process", ("pipe2",), ()),
    ("reload: wait for the process", ("wait4", "waitid"), ()),
    ("reload: end the process in time", ("alarm", "setitimer"), ()),
    ("reload: open a file to read; Landlock says which", ("openat",), ((Masked(2, READ_ONLY, 0),),)),
    ("reload: open a file to read; Landlock says which", ("open",), ((Masked(1, READ_ONLY, 0),),)),
    ("reload: file position, close-on-exec", ("lseek", "_llseek", "fcntl", "fcntl64"), ()),
    # Memory is never executable: what the program runs is what was linked.
    ("reload: the heap of the process, and pages at exit", ("brk", "munmap", "mremap"), ()),
    ("reload: the heap of the process", ("mmap", "mmap2", "mprotect"), ((Masked(2, PROT_EXEC, 0),),)),
)
INSTRUCTION = struct.Struct("=HBBI")


def instructions(architecture):
    """The filter, as tuples of the four fields of struct sock_filter."""
    import seccomp

    filter_ = seccomp.SyscallFilter(seccomp.KILL_PROCESS)
    filter_.set_attr(seccomp.Attr.ACT_BADARCH, seccomp.KILL_PROCESS)
    arch = seccomp.Arch(architecture)
    if int(seccomp.Arch()) != int(arch):
        filter_.add_arch(arch)
        filter_.remove_arch(seccomp.Arch())
    priority = 255
    for _, names, alternatives in SYSTEM_CALLS:
        for name in names:
            if seccomp.resolve_syscall(arch, name) < 0:
                continue
            for arguments in alternatives or ((),):
                masked = [seccomp.Arg(one.index, seccomp.MASKED_EQ, one.mask, one.value) for one in arguments]
                filter_.add_rule_exactly(seccomp.ALLOW, name, *masked)
            filter_.syscall_priority(name, priority)
            priority -= 1
    with tempfile.TemporaryFile() as file:
        filter_.export_bpf(file)
        file.seek(0)
        return list(INSTRUCTION.iter_unpack(file.read()))


def main():
    if sys.argv[1:] == ["--list"]:
        for reason, names, alternatives in SYSTEM_CALLS:
            print(f"{', '.join(names)}{' (some arguments)' if alternatives else ''}: {reason}")
        return
    architecture, out = sys.argv[1:]
    lines = ("{%#x, %d, %d, %#x},\n" % instruction for instruction in instructions(architecture))
    Path(out).write_text("".join(lines))


if __name__ == "__main__":
    main()
