"""What a process that reads a stranger's file gives up before it opens it. Linux on x86-64 and ARM64.

The filter on system calls is seccomp's (https://docs.kernel.org/userspace-api/seccomp_filter.html): a small program
that the kernel runs before each call, which needs no rights and cannot be taken back, nor left by starting another."""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, Final

from cmh_graph.errors import MissingProgram

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_SECCOMP: Final = 22
_PR_SET_NO_NEW_PRIVS: Final = 38
_SECCOMP_MODE_FILTER: Final = 2
_ALLOW: Final = 0x7FFF0000
_KILL: Final = 0x80000000
_NOT_PERMITTED: Final = 0x00050000 | 1  # the call fails with EPERM
#: Machine -> its number in the audit interface, and what may not be called: socket, socketpair, connect, ptrace,
#: io_uring_setup, by which sockets could be had too.
_MACHINES: Final = {
    "x86_64": (0xC000003E, (41, 53, 42, 101, 425)),
    "aarch64": (0xC00000B7, (198, 199, 203, 117, 425)),
}
#: Calls from here on are those of x32, another door into the same kernel.
_X32: Final = 0x40000000


class _Program(ctypes.Structure):
    """struct sock_fprog of the kernel."""

    _fields_: ClassVar = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def confine(parent: int, *, memory: int, seconds: int, file_bytes: int) -> None:
    """Take from this process what reading a file has no need of. parent: the process with whose end this one ends.

    memory, file_bytes: bytes; seconds: of processor time. From here on no socket can be made, by this process or one
    that it starts. Raises MissingProgram where the kernel cannot promise that."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(0)  # it died before the line above
    os.umask(0o077)
    os.nice(10)
    with suppress(OSError):
        # When the whole machine runs out of memory, this goes first and not the service.
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")
    for limit, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 256),
    ):
        _, ceiling = resource.getrlimit(limit)
        wanted = most if ceiling == resource.RLIM_INFINITY else min(most, ceiling)
        resource.setrlimit(limit, (wanted, wanted))
    _no_sockets(libc)


def _no_sockets(libc: ctypes.CDLL) -> None:
    machine = platform.machine()
    if machine not in _MACHINES:
        raise MissingProgram(
            f"lists cannot be read safely on this machine ({machine})", mend="serve from x86-64 or ARM64"
        )
    architecture, calls = _MACHINES[machine]
    load, equal, at_least, give = 0x20, 0x15, 0x35, 0x06
    program = [(load, 0, 0, 4), (equal, 1, 0, architecture), (give, 0, 0, _KILL), (load, 0, 0, 0)]
    if machine == "x86_64":
        program += [(at_least, 0, 1, _X32), (give, 0, 0, _NOT_PERMITTED)]
    for call in calls:
        program += [(equal, 0, 1, call), (give, 0, 0, _NOT_PERMITTED)]
    program.append((give, 0, 0, _ALLOW))
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *one) for one in program))
    given = _Program(len(program), ctypes.cast(code, ctypes.c_void_p))
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(
        _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(given), 0, 0
    ):
        raise MissingProgram(
            f"lists cannot be read safely here: {os.strerror(ctypes.get_errno())}",
            mend="let the service's processes use seccomp filters",
        )
