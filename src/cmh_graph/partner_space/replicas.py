"""Services that share a data folder, and which revision of the space the queries of each show.

Each has a file of its own in data/replicas/, which it keeps locked: a file that nobody has locked is left over from a
process that was killed. Method: docs/decisions/0045-replicas-share-a-folder-and-a-proxy-asks-another.md."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from pathlib import Path
from typing import Final

FOLDER: Final = "replicas"
_DIGITS: Final = 20


class Replica:
    """One service among those of a folder. It must be closed; if the process is killed, that is as good.

    Raises OSError where the folder cannot be written."""

    def __init__(self, data: Path) -> None:
        self._folder: Final = data / FOLDER
        self._folder.mkdir(mode=0o700, exist_ok=True)
        name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._path: Final = self._folder / name
        # Locked before the others can see it.
        draft = self._folder / f".{name}"
        self._file = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self.shown = -1
        self.tell(0)
        draft.rename(self._path)

    def tell(self, revision: int) -> None:
        """Tell the others that queries here show this revision, or a later one that was told before."""
        if revision > self.shown:
            self.shown = revision
            os.pwrite(self._file, b"%0*d" % (_DIGITS, revision), 0)

    def behind(self, revision: int) -> int:
        """How many of the others do not show this revision yet."""
        late = 0
        for path in self._folder.iterdir():
            if path != self._path and not path.name.startswith("."):
                shown = _told(path)
                late += shown is not None and shown < revision
        return late

    def close(self) -> None:
        """Be no replica any more."""
        if self._file >= 0:
            self._path.unlink(missing_ok=True)
            os.close(self._file)
            self._file = -1


def _told(path: Path) -> int | None:
    """The revision that a service shows; None if it is gone. What cannot be read shows nothing yet."""
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
            return None
        told = os.pread(file, _DIGITS, 0)
        return int(told) if len(told) == _DIGITS and told.isdigit() else -1
    finally:
        os.close(file)
