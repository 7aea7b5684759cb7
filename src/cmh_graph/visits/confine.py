"""What a process that reads a stranger's file gives up before it opens it. Linux on x86-64 and ARM64."""

from __future__ import annotations

import os
import resource
from contextlib import suppress

from cmh_graph.errors import MissingProgram
from cmh_graph.processes.calls import leave_no_sockets
from cmh_graph.processes.limits import die_with, go_first


def confine(parent: int, *, memory: int, seconds: int, file_bytes: int) -> None:
    """Take from this process what reading a file has no need of. parent: the process with whose end this one ends.

    memory, file_bytes: bytes; seconds: of processor time. From here on no socket can be made, by this process or one
    that it starts. Raises MissingProgram where the kernel cannot promise that."""
    die_with(parent)
    os.umask(0o077)
    os.nice(10)
    with suppress(OSError):
        go_first()
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
    if not leave_no_sockets():
        raise MissingProgram(
            "lists cannot be read safely here: this kernel has no filter for system calls",
            mend="serve from Linux on x86-64 or ARM64, and let the service's processes use seccomp filters",
        )
