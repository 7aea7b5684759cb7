"""What a process gives up before it does what a stranger asks for.

Linux only: it relies on RLIMIT_AS, the parent-death signal and /proc."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_PAGE: Final = resource.getpagesize()


def die_with(parent: int) -> None:
    """Be killed when the parent dies, whatever is being done then."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(0)  # it died before the line above


def go_first() -> None:
    """When the whole machine runs out of memory, let this process go and not the service. Raises OSError."""
    Path("/proc/self/oom_score_adj").write_text("1000", "ascii")


class Size:
    """How large this process is; can still be asked when no file can be opened any more."""

    def __init__(self) -> None:
        # Each read of it is fresh.
        self._statm: Final = os.open("/proc/self/statm", os.O_RDONLY)

    def __int__(self) -> int:
        """Bytes of address space."""
        return int(os.pread(self._statm, 100, 0).split()[0]) * _PAGE


def confine(size: Size, *, memory: int, stack: int) -> int:
    """Take from this process its standard streams, the writing of files and of cores, and more memory than so much.

    memory: by how many bytes it may grow; stack: bytes of these that the stack may have. Gives its size so far."""
    quiet = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(quiet, standard)
    os.close(quiet)
    go_first()
    baseline = int(size)
    resource.setrlimit(resource.RLIMIT_AS, (baseline + memory, baseline + memory))
    _, most = resource.getrlimit(resource.RLIMIT_STACK)
    resource.setrlimit(
        resource.RLIMIT_STACK, (stack if most == resource.RLIM_INFINITY else min(stack, most), most)
    )
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    return baseline


def open_nothing() -> None:
    """From here on no file, pipe or socket can be opened."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
