"""Locks that hold between processes which share the folder of visits; the kernel drops them with the process."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

#: The file of a visit that is locked for as long as its list waits to be matched or is.
MATCHING: Final = "matching"
_TRIES: Final = 3


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Wait until no other process is in such a block over the same folder. A folder that is not there is no lock."""
    try:
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        yield
        return
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def hold(path: Path) -> int | None:
    """A descriptor that holds a file until it is closed; None where another holds it, also in this process.

    Raises OSError where the file cannot be made."""
    held = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    for _ in range(_TRIES):
        with suppress(BlockingIOError):
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return held
        # Who only asks whether it is held, holds it for a moment.
        time.sleep(0.005)
    os.close(held)
    return None


def is_held(path: Path) -> bool:
    """Whether somebody holds a file."""
    try:
        asked = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(asked, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(asked)
    return False
