"""All visits below one folder: who has one, how many there may be, and when each goes."""

from __future__ import annotations

import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Final
from weakref import WeakValueDictionary

from cmh_graph.errors import TooMany
from cmh_graph.visits.holds import alone_in
from cmh_graph.visits.tokens import VisitId, folder_name, new_id
from cmh_graph.visits.visit import SEEN, Visit, failed

#: Nobody keeps a visit longer than this, however busy: in seconds.
LONGEST: Final = 8 * 3600.0
#: A folder that is being removed has another name first, so that it is gone at once.
_GOING: Final = ".going-"


class _Lock:
    """A lock that a WeakValueDictionary can hold; depth: how often its thread has taken it."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.depth = 0


class Visits:
    """The visits of one service.

    folder: made when the first visit begins, mode 0700. minutes: how long a visit stays after the last thing done
    in it. most, most_bytes: of all visits together. clock: seconds since 1970. leaving: called with each visit that
    goes, before its files do."""

    def __init__(
        self,
        folder: Path,
        *,
        minutes: float,
        most: int,
        most_bytes: int,
        clock: Callable[[], float] = time.time,
        leaving: Callable[[Visit], None] = lambda visit: None,
    ) -> None:
        self.folder: Final = folder
        self.seconds: Final = minutes * 60
        self.leaving = leaving
        self._most = most
        self._most_bytes = most_bytes
        self._clock = clock
        self._locks: WeakValueDictionary[str, _Lock] = WeakValueDictionary()
        self._guard = threading.RLock()  # making room removes, which takes it again

    def find(self, visit_id: VisitId) -> Visit | None:
        """The visit that a number opens, if it has begun and is not over. Finding it counts as doing something."""
        visit = Visit(self.folder / folder_name(visit_id))
        if not visit.folder.is_dir():
            return None
        if self.left(visit) <= 0:
            self.remove(visit)
            return None
        self._touch(visit)
        return visit

    def begin(self, visit_id: VisitId, holder: str = "") -> Visit:
        """The visit of a number, begun if it has not. Raises TooMany where the house is full, DataFailed where the disk
        fails."""
        found = self.find(visit_id)
        if found is not None:
            return found
        visit = Visit(self.folder / folder_name(visit_id))
        with self._guard:
            self._check_room()
            try:
                self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self.folder.chmod(0o700)
                visit.folder.mkdir(mode=0o700, exist_ok=True)
            except OSError as error:
                raise failed(error) from error
        visit.about(began=self._clock(), holder=holder)
        self._touch(visit)
        return visit

    def sign_in(self, visit_id: VisitId, holder: str) -> tuple[VisitId, Visit]:
        """The visit under a new number, with who signed in: whoever knew the old number has nothing. holder: "" signs
        out. The caller sets the new cookie."""
        visit = self.begin(visit_id)
        renewed = new_id()
        with self.lock(visit):
            moved = Visit(self.folder / folder_name(renewed))
            try:
                visit.folder.rename(moved.folder)
            except OSError as error:
                raise failed(error) from error
            moved.about(began=moved.began(), holder=holder)
        return renewed, moved

    @contextmanager
    def lock(self, visit: Visit) -> Iterator[None]:
        """One at a time for each visit: two windows, or a form sent twice, also to two processes."""
        with self._guard:
            held = self._locks.setdefault(visit.key, _Lock())
        with held.lock:
            alone = alone_in(visit.folder) if held.depth == 0 else nullcontext()
            held.depth += 1
            try:
                with alone:
                    yield
            finally:
                held.depth -= 1

    def left(self, visit: Visit) -> float:
        """Seconds until a visit goes if nothing more is done; 0 or less if it is over."""
        now = self._clock()
        try:
            seen = (visit.folder / SEEN).stat().st_mtime
        except OSError:
            # It has only just been made, or never got further: as long as its folder has been there.
            try:
                seen = visit.folder.stat().st_mtime
            except OSError:
                return 0.0
        began = visit.began() or seen
        # A clock that was moved back must not make a visit last for ever.
        if seen > now + 60:
            self._touch(visit)
            seen = now
        return min(seen + self.seconds, min(began, now) + LONGEST) - now

    def remove(self, visit: Visit) -> None:
        """End a visit: what runs for it is told, and its files are gone when this returns."""
        self.leaving(visit)
        with self.lock(visit):
            going = self.folder / f"{_GOING}{secrets.token_hex(8)}"
            try:
                visit.folder.rename(going)
            except OSError:
                going = visit.folder
            shutil.rmtree(going, ignore_errors=True)

    def sweep(self) -> int:
        """Remove what is over; gives how many visits went."""
        gone = 0
        for entry in self._entries():
            if entry.name.startswith(_GOING):
                shutil.rmtree(entry, ignore_errors=True)
            elif self.left(visit := Visit(entry)) <= 0:
                self.remove(visit)
                gone += 1
        return gone

    def bytes_held(self) -> int:
        """Bytes of all files of all visits."""
        total = 0
        for entry in self._entries():
            for path in entry.rglob("*"):
                with suppress(OSError):
                    total += path.lstat().st_size
        return total

    def _entries(self) -> list[Path]:
        try:
            return sorted(one for one in self.folder.iterdir() if one.is_dir() and not one.is_symlink())
        except OSError:
            return []

    def check_bytes(self) -> None:
        """Raises TooMany where all visits together hold as many bytes as they may."""
        if self.bytes_held() >= self._most_bytes:
            raise _full()

    def _check_room(self) -> None:
        self.sweep()
        if len(self._entries()) >= self._most:
            raise _full()
        self.check_bytes()

    def _touch(self, visit: Visit) -> None:
        now = self._clock()
        path = visit.folder / SEEN
        try:
            path.touch(mode=0o600)
            os.utime(path, (now, now))
        except FileNotFoundError:
            pass  # removed by another window a moment ago
        except OSError as error:
            raise failed(error) from error


def _full() -> TooMany:
    error = TooMany(
        "as many lists are being worked on as this service takes at once",
        mend="come back in a few minutes, or use the command cmh-graph align on your own machine",
    )
    error.seconds = 300
    return error
