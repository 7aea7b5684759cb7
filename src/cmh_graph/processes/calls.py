"""Which system calls a process may still make, and which files it may still read.

A filter of system calls is seccomp's (https://docs.kernel.org/userspace-api/seccomp_filter.html): a small program that
the kernel runs before each call, which needs no rights and cannot be taken back, nor left by starting another program.
Landlock, where the kernel has it, leaves a process no file outside some folders; that cannot be undone either.

Linux on x86-64 and ARM64 only.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

#: Architecture as the kernel's audit names it, and numbers of system calls, from the kernel's own tables.
_NUMBERS: Final = {
    "x86_64": (
        0xC000003E,
        {
            "socket": 41, "connect": 42, "accept": 43, "bind": 49, "listen": 50,
            "socketpair": 53, "fork": 57, "vfork": 58, "execve": 59, "ptrace": 101, "accept4": 288,
            "process_vm_readv": 310, "process_vm_writev": 311, "execveat": 322,
            "io_uring_setup": 425, "pidfd_getfd": 438, "truncate": 76, "rename": 82, "mkdir": 83, "rmdir": 84,
            "creat": 85, "link": 86, "unlink": 87, "symlink": 88, "chmod": 90, "chown": 92, "openat2": 437,
            "unlinkat": 263, "renameat": 264, "linkat": 265, "symlinkat": 266, "mkdirat": 258, "fchmodat": 268,
            "renameat2": 316, "mount": 165, "kill": 62, "open": 2, "openat": 257,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "socket": 198, "socketpair": 199, "bind": 200, "listen": 201, "accept": 202, "connect": 203,
            "accept4": 242, "execve": 221, "execveat": 281,
            "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "io_uring_setup": 425,
            "pidfd_getfd": 438, "truncate": 45, "unlinkat": 35, "symlinkat": 36, "linkat": 37, "renameat": 38,
            "mkdirat": 34, "fchmodat": 53, "renameat2": 276, "mount": 40, "kill": 129, "openat2": 437, "openat": 56,
        },
    ),
}  # fmt: skip
#: By which sockets can be had, of one's own or of another process.
_SOCKETS: Final = ("socket", "socketpair", "connect", "ptrace", "io_uring_setup")
#: Where the flags of a call that opens a file are among its arguments.
_OPENING: Final = {"open": 1, "openat": 2}
_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

# The machine of the filter: <linux/bpf_common.h>, <linux/seccomp.h>, <linux/landlock.h>
_LOAD, _JUMP_EQUAL, _JUMP_SET, _RETURN = 0x20, 0x15, 0x45, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x80000000
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP: Final = {"x86_64": 317, "aarch64": 277}
_SET_MODE_FILTER, _ALL_THREADS = 1, 1
_LANDLOCK_CREATE_RULESET, _LANDLOCK_ADD_RULE, _LANDLOCK_RESTRICT_SELF = 444, 445, 446
_LANDLOCK_PATH_BENEATH: Final = 1
#: Every right over files of Landlock's first version: run, write, read, list, remove, make of all kinds.
_ALL_RIGHTS: Final = (1 << 13) - 1
_READ_RIGHTS: Final = 1 << 2 | 1 << 3

_libc = ctypes.CDLL(None, use_errno=True)


def leave_reading_below(*folders: Path) -> bool:
    """Take from this process everything but reading files below the folders, and what it has open already: sockets,
    other programs, other processes' memory, files opened for writing.

    It is for workers over a store on disk (docs/decisions/0044-graphs-bigger-than-memory.md). False, with nothing
    taken, if the kernel cannot filter system calls. Where it has no Landlock, files elsewhere can still be read, though
    nothing in the engine reads files that a query names."""
    if not _can_filter():
        return False
    _restrict_files(folders)
    _, numbers = _NUMBERS[platform.machine()]
    return _filter_calls((name for name in numbers if name not in _OPENING), writing=False)


def leave_no_sockets() -> bool:
    """Take from this process, and from those that it starts, the making of sockets; those that it has stay.

    False, with nothing taken, if the kernel cannot filter system calls."""
    return _can_filter() and _filter_calls(_SOCKETS, writing=True)


def _can_filter() -> bool:
    return platform.machine() in _NUMBERS and not _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _restrict_files(folders: Sequence[Path]) -> None:
    handled = ctypes.c_uint64(_ALL_RIGHTS)
    rules = _libc.syscall(_LANDLOCK_CREATE_RULESET, ctypes.byref(handled), ctypes.c_size_t(8), 0)
    if rules < 0:
        return
    try:
        for folder in folders:
            below = os.open(folder, os.O_PATH | os.O_CLOEXEC)
            # Packed: a right of 64 bits and a descriptor of 32.
            rule = struct.pack("=Qi", _READ_RIGHTS, below)
            done = _libc.syscall(_LANDLOCK_ADD_RULE, rules, _LANDLOCK_PATH_BENEATH, rule, 0)
            os.close(below)
            if done:
                return
        _libc.syscall(_LANDLOCK_RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)


def _filter_calls(refused: Iterable[str], *, writing: bool) -> bool:
    """Refuse these calls from now on, and unless writing, those that open a file for writing."""
    architecture, numbers = _NUMBERS[platform.machine()]
    steps = [(_LOAD, 0, 0, 4), (_JUMP_EQUAL, 1, 0, architecture), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    if platform.machine() == "x86_64":
        # The calls of the x32 way in have other numbers: none is let through.
        steps += [(_JUMP_SET, 0, 1, 0x40000000), (_RETURN, 0, 0, _REFUSE)]
    for name in refused:
        steps += [(_JUMP_EQUAL, 0, 1, numbers[name]), (_RETURN, 0, 0, _REFUSE)]
    for name, flags in _OPENING.items():
        if name in numbers and not writing:
            # Arguments are 64 bits each, from byte 16; the lower half comes first.
            steps += [
                (_JUMP_EQUAL, 0, 4, numbers[name]),
                (_LOAD, 0, 0, 16 + 8 * flags),
                (_JUMP_SET, 0, 1, _WRITING),
                (_RETURN, 0, 0, _REFUSE),
                (_RETURN, 0, 0, _ALLOW),
            ]
    steps.append((_RETURN, 0, 0, _ALLOW))
    code = b"".join(struct.pack("=HBBI", *step) for step in steps)
    program = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("@HxxxxxxP", len(steps), ctypes.addressof(program))
    # For all threads of the process: the engine has some of its own.
    return bool(_libc.syscall(_SECCOMP[platform.machine()], _SET_MODE_FILTER, _ALL_THREADS, header) == 0)
