"""What errors of SQLite and of the file system mean, in words for an operator."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cmh_graph.errors import BodyTooLarge, DataDamaged, DataFailed

RESTORE: Final = "run cmh-graph data check, then restore a backup with cmh-graph data restore"
DATA_FOLDER: Final = "the data folder"


@contextlib.contextmanager
def translated(place: Path, what: str = DATA_FOLDER) -> Iterator[None]:
    """Turn errors of SQLite and of the file system into DataFailed and DataDamaged, in words for an operator."""
    try:
        yield
    except sqlite3.Error as error:
        raise _in_words(error, place, what) from error
    except (UnicodeDecodeError, OverflowError) as error:
        # A damaged schema or text is named in SQLite's own messages, which then are no UTF-8.
        raise _damage("what is stored cannot be read", place, what) from error
    except OSError as error:
        raise DataFailed(
            f"{what} cannot be used: {(error.strerror or str(error)).lower()}",
            where=str(error.filename or place),
            mend="see that it is there, may be read and written, and has room",
        ) from error


def _in_words(error: sqlite3.Error, place: Path, what: str) -> Exception:
    name = getattr(error, "sqlite_errorname", "") or ""
    where = str(place)
    if name == "SQLITE_FULL":
        return DataFailed(
            "the disk is full; nothing was changed", where=where, mend="make room, then try again"
        )
    if name == "SQLITE_TOOBIG":
        return BodyTooLarge("this is too large for the database", mend="split the catalogue")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return DataFailed(
            "another program has been writing for too long; nothing was changed",
            where=where,
            mend="try again",
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
        return DataFailed(
            f"{what} cannot be opened or written; nothing was changed",
            where=where,
            mend="see that the service's user may read and write the folder and its files",
        )
    if name.startswith("SQLITE_IOERR") and name not in ("SQLITE_IOERR_SHORT_READ", "SQLITE_IOERR_CORRUPTFS"):
        return DataFailed(
            f"the disk failed to read or write ({name}); nothing was changed",
            where=where,
            mend="see that the disk has room and is sound, then run cmh-graph data check",
        )
    # What is left: malformed pages, constraints that what is stored breaks, texts that are not UTF-8.
    return _damage(name or str(error), place, what)


def _damage(why: str, place: Path, what: str) -> DataDamaged:
    if what != DATA_FOLDER:
        return DataDamaged(
            f"{what} is no whole database of partners ({why})",
            where=str(place),
            mend="give a backup that was made by cmh-graph data backup",
        )
    return DataDamaged(f"the database is damaged ({why})", where=str(place), mend=RESTORE)
