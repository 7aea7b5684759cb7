"""The database in use: connections and transactions.

A restore cannot replace a database under programs that have it open: SQLite finds its log of writes (WAL) by name, and
the log of the one would be played into the other. So it writes one of another name and then replaces the pointer in one
step, holding the write lock of the former. Whoever writes looks at the pointer after getting that lock.

A landing is in the log of writes and in the database itself before it is acknowledged, so a lost log loses nothing.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from cmh_graph.errors import DataDamaged, DataFailed

from .failures import RESTORE, translated
from .folder import POINTER, generation_of, read_pointer
from .schema import APPLICATION, SCHEMA_VERSION

#: Seconds to wait for another writer.
PATIENCE: Final = 10.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What tells one database in use from another: the pointer as it is on disk, and the file it names."""

    pointer: tuple[int, int, int]
    file: tuple[int, int]
    path: Path

    @property
    def generation(self) -> int:
        return generation_of(self.path)


class Database:
    """The database of a folder. Threads share it; each operation borrows a connection of its own.

    A connection that belongs to another process, or to a database that is no longer in use, is not used again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._foreign: list[sqlite3.Connection] = []
        self._seen: _Seen | None = None
        #: The one connection that is asked whether others have written; how many there have been.
        self._watching: tuple[_Seen, sqlite3.Connection] | None = None
        self._watched = 0
        self._process = os.getpid()
        self._closed = False

    @property
    def path(self) -> Path:
        """The database in use."""
        return self._look().path

    @property
    def generation(self) -> int:
        """1 for the first database of the folder, one more after each restore."""
        return self._look().generation

    @property
    def mark(self) -> tuple[int, int]:
        """Another one after each commit, of whichever process, and after a restore: costs a tenth of reading anything.

        https://sqlite.org/pragma.html#pragma_data_version, of a connection that never writes."""
        with translated(self.folder):
            seen = self._look()
            with self._lock:
                if self._closed:
                    raise DataFailed("the partner space was closed", where=str(self.folder))
                if self._watching is None or self._watching[0] != seen:
                    self._watch_no_more()
                    self._watching = seen, connect(seen.path)
                    self._watched += 1
                try:
                    (version,) = self._watching[1].execute("PRAGMA data_version").fetchone()
                except sqlite3.Error:
                    self._watch_no_more()
                    raise
                return self._watched, version

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one state of the database for as long as the block lasts."""
        with self._borrowed() as connection:
            connection.execute("BEGIN")
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A connection that alone may write. What the block did is there whole when it ends, or not at all."""
        while True:
            with self._borrowed() as connection:
                seen = self._seen
                connection.execute("BEGIN IMMEDIATE")
                if self._look() != seen:
                    continue  # restored meanwhile; what is borrowed is given back and opened anew
                yield connection
                connection.execute("COMMIT")
                self._settle(connection)
                return

    def close(self) -> None:
        """Close every idle connection. A connection that is in use is closed when it comes back."""
        with self._lock:
            self._closed = True
            self._drop()

    @contextlib.contextmanager
    def _borrowed(self) -> Iterator[sqlite3.Connection]:
        with translated(self.folder):
            seen = self._look()
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                connection = connect(seen.path)
            whole = False
            try:
                yield connection
                whole = True
            except (sqlite3.Error, OSError, DataFailed):
                raise
            except BaseException:
                whole = True
                raise
            finally:
                whole = whole and _rolled_back(connection)
                with self._lock:
                    if whole and not self._closed and self._seen == seen and len(self._idle) < 16:
                        self._idle.append(connection)
                        connection = None
                if connection is not None:
                    _close(connection)

    def _look(self) -> _Seen:
        """The database in use; idle connections to another one are closed."""
        with self._lock:
            if self._closed:
                raise DataFailed("the partner space was closed", where=str(self.folder))
            seen = self._seen
            with translated(self.folder):
                pointer = (self.folder / POINTER).stat()
                mark = (pointer.st_ino, pointer.st_mtime_ns, pointer.st_size)
                path = seen.path if seen and seen.pointer == mark else read_pointer(self.folder)
                try:
                    file = path.stat()
                except FileNotFoundError:
                    raise DataDamaged(
                        f"the database {path.name} is not there", where=str(path), mend=RESTORE
                    ) from None
            now = _Seen(mark, (file.st_dev, file.st_ino), path)
            if self._process != os.getpid():
                # A connection must not be used, nor closed, in a process that was forked from its owner.
                self._foreign += self._idle
                self._foreign += [self._watching[1]] if self._watching else []
                self._idle, self._watching, self._process = [], None, os.getpid()
            if now != seen:
                self._drop()
                self._seen = now
            return now

    def _drop(self) -> None:
        while self._idle:
            _close(self._idle.pop())
        self._watch_no_more()

    def _watch_no_more(self) -> None:
        if self._watching is not None:
            _close(self._watching[1])
            self._watching = None

    def _settle(self, connection: sqlite3.Connection) -> None:
        """Bring what was committed from the log of writes into the database itself.

        It is durable already; where a backup or a full disk stands in the way, the next writer does it."""
        try:
            for _ in range(5):
                _, there, done = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                if there == done:
                    return
                time.sleep(0.02)
        except sqlite3.Error as error:
            _log.warning("the log of writes could not be brought into the database: %s", error)


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection to one of our databases. Raises sqlite3.Error, or DataDamaged for a file that is none of ours."""
    mode = "ro" if read_only else "rw"
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode={mode}",
        uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False,
    )  # fmt: skip
    try:
        for pragma in (
            "synchronous=FULL",
            "foreign_keys=ON",
            "trusted_schema=OFF",
            "cell_size_check=ON",
            "recursive_triggers=ON",
            "secure_delete=ON",
            "mmap_size=0",
            "journal_size_limit=67108864",
        ):
            connection.execute(f"PRAGMA {pragma}")
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if application != APPLICATION:
            raise DataDamaged(f"{path.name} is no database of partners", where=str(path), mend=RESTORE)
        if version != SCHEMA_VERSION:
            raise DataFailed(
                f"{path.name} has layout {version}; this program knows {SCHEMA_VERSION}",
                where=str(path),
                mend="use the program that wrote it, or a newer one",
            )
    except BaseException:
        _close(connection)
        raise
    return connection


def _rolled_back(connection: sqlite3.Connection) -> bool:
    try:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    except sqlite3.Error:
        return False
    return True


def _close(connection: sqlite3.Connection) -> None:
    with contextlib.suppress(sqlite3.Error):
        connection.close()
