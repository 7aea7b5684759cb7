"""Backup and restore, both while others read and write.

A backup is one file: a database of its own that was checked before it got its name. A restore checks a copy of the
backup, puts it beside the database in use and then turns the pointer (see `database`); programs that have the folder
open notice at their next operation. Two things are never older than what is known, because they guard access: a token
that was revoked since the backup stays revoked, and who may see a graph stays as decided last.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cmh_graph.errors import BadParameter, DataDamaged, DataFailed

from . import folder as places
from . import log, rows
from .check import Checked, check_file
from .database import Database, connect
from .failures import translated
from .records import Entry, Operator, Organisation, Token
from .schema import APPLICATION

_DAMAGED: Final = "run cmh-graph data check to see what is damaged"


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did. former: the database that was in use, None if there was none.

    revoked: tokens that stay revoked although the backup does not know it; shown: organisations whose visibility was
    kept as decided last; former_read: whether the former could be read for that, wholly; missing: organisations that
    the former had and the backup has not."""

    checked: Checked
    current: Path
    former: Path | None
    former_read: bool
    revoked: tuple[str, ...]
    shown: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(slots=True)
class _Known:
    """What the database in use knows that a backup may not."""

    revoked: dict[str, Token] = field(default_factory=dict)
    organisations: dict[str, tuple[Organisation, int]] = field(default_factory=dict)
    newest: Entry | None = None
    wholly: bool = True


def back_up(folder: Path, to: Path) -> Checked:
    """Write a checked copy of the database in use to a file; what was landed before this began is in it.

    An earlier backup of that name is replaced in one step. Raises BadParameter for a place inside the data folder or a
    file that is no backup, DataDamaged (and leaves the earlier one) if the data is damaged."""
    if to.absolute().parent.resolve() == folder.resolve():
        raise BadParameter(
            "a backup does not belong into the data folder", where=str(to), mend="give another folder"
        )
    part = to.with_name(f".{to.name}.part")
    with translated(to.parent, "the place of the backup"):
        _may_replace(to)
        to.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
    source = Database(folder)
    try:
        with source.reading() as connection, translated(to.parent, "the place of the backup"):
            _copy(connection, part)
        found = check_file(part)
        if found.faults:
            raise DataDamaged(
                f"no backup was written: {found.faults[0].what}", where=str(folder), mend=_DAMAGED
            )
        with translated(to.parent, "the place of the backup"):
            _sync(part)
            part.replace(to)
            places.sync_folder(to.parent)
        return replace(found, path=to)
    finally:
        source.close()
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def restore(
    folder: Path, backup: Path, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Restored:
    """Put a backup in the place of the database in use, which stays in the folder under its own name.

    Raises DataDamaged if the backup is not whole, DataFailed if it cannot be read; nothing is changed then."""
    if not backup.is_file():
        raise DataFailed(
            "there is no such file", where=str(backup), mend="give a backup that was made by data backup"
        )
    if backup.with_name(f"{backup.name}-wal").exists() or _is_in_use(folder, backup):
        raise BadParameter(
            "this is a database in use, not a backup",
            where=str(backup),
            mend="give a file that was made by cmh-graph data backup, or a former database that nobody has open",
        )
    with translated(folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with translated(folder), places.only_one(folder):
        part = folder / ".restore.part"
        for left in folder.glob(".restore.part*"):
            left.unlink()
        part.touch(mode=0o600)
        try:
            with translated(backup, "the backup"):
                _read_copy(backup, part)
            found = check_file(part)
            if found.faults:
                raise DataDamaged(
                    f"the backup is damaged, nothing was restored: {found.faults[0].what}",
                    where=str(backup),
                    mend="give another backup",
                )
            with _held(folder) as (former, known):
                revoked, shown, missing = _carry_over(part, known, clock)
                target = folder / f"partners-{places.next_generation(folder)}.sqlite"
                _sync(part)
                part.rename(target)
                places.sync_folder(folder)
                places.write_pointer(folder, target.name)
            found = replace(found, path=backup)
            return Restored(found, target, former, known.wholly, revoked, shown, missing)
        finally:
            for left in folder.glob(".restore.part*"):
                left.unlink()


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[tuple[Path | None, _Known]]:
    """The database in use (None if there is none), held against writers, and what it knows.

    What is too damaged to be held cannot be written either."""
    known = _Known()
    if not (folder / places.POINTER).exists():
        yield None, known
        return
    former: Path | None = None
    current = Database(folder)
    stack = contextlib.ExitStack()
    try:
        with _as_far_as_whole(known):
            former = places.read_pointer(folder)
            connection = stack.enter_context(current.writing())
            _learn(connection, known)
        yield former, known
    finally:
        # Nothing was written to the former, so how letting go of it ends does not matter.
        with contextlib.suppress(DataFailed):
            stack.close()
        current.close()


def _learn(connection: sqlite3.Connection, known: _Known) -> None:
    """Read what is known, passing over what is damaged."""
    with _as_far_as_whole(known):
        known.newest = log.last(connection)
    with _as_far_as_whole(known):
        for row in rows.organisation_rows(connection):
            with _as_far_as_whole(known):
                one, counts = rows.read_organisation(row)
                known.organisations[one.key] = (one, counts.last)
    with _as_far_as_whole(known):
        ids = [row[0] for row in connection.execute("SELECT id FROM tokens WHERE revoked IS NOT NULL")]
        for token_id in ids:
            with _as_far_as_whole(known):
                if found := rows.token(connection, token_id):
                    known.revoked[token_id] = found[0]


@contextlib.contextmanager
def _as_far_as_whole(known: _Known) -> Iterator[None]:
    try:
        yield
    except (DataDamaged, sqlite3.DatabaseError):
        known.wholly = False


def _carry_over(
    part: Path, known: _Known, clock: Callable[[], datetime]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Bring what is known into the copy of the backup, log it, and make the copy fit to be used.

    Gives the tokens and organisations for which the copy was changed, and the organisations that it has not."""
    connection = connect(part)
    try:
        connection.execute("BEGIN IMMEDIATE")
        now = log.time_now(connection, clock())
        if known.newest:
            now = max(now, known.newest.when)
        backup_log = log.last(connection)
        revoked: list[str] = []
        shown: dict[str, Any] = {}
        lasts: dict[str, int] = {}
        for row in rows.organisation_rows(connection):
            one, counts = rows.read_organisation(row)
            for token in rows.tokens_of(connection, one.key):
                found = rows.token(connection, token.id)
                if found and token.revoked is None and token.id in known.revoked:
                    rows.put_token(connection, known.revoked[token.id], found[1])
                    revoked.append(token.id)
            if one.key not in known.organisations:
                continue
            newer, newer_last = known.organisations[one.key]
            others = tuple(key for key in newer.shared_with if _is_there(connection, key))
            visibility = newer.visibility if others or newer.visibility != "shared" else "private"
            if (visibility, others) != (one.visibility, one.shared_with):
                one = rows.with_visibility(one, visibility, others)
                shown[one.key] = (visibility, others)
            if newer_last > counts.last:
                counts = replace(counts, last=newer_last)
                lasts[one.key] = newer_last
            rows.put_organisation(connection, one, counts)
        details = {
            "backup": backup_log.digest if backup_log else "",
            "former": known.newest.digest if known.newest else "",
            "former entries": known.newest.seq if known.newest else 0,
            "revoked": revoked,
            "shown": shown,
            "last": lasts,
        }
        log.append(connection, "restored", "", Operator(), details, now)
        missing = tuple(key for key in known.organisations if not _is_there(connection, key))
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()
    return tuple(revoked), tuple(shown), missing


def _is_there(connection: sqlite3.Connection, key: str) -> bool:
    return connection.execute("SELECT 1 FROM organisations WHERE key = ?", (key,)).fetchone() is not None


def _copy(source: sqlite3.Connection, to: Path) -> None:
    """Copy one state of a database into a plain file without a log of writes. Writers are not held up."""
    target = sqlite3.connect(to, isolation_level=None)
    try:
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")
    finally:
        target.close()


def _read_copy(backup: Path, to: Path) -> None:
    # A backup is a plain file that nobody writes, and it may lie where nothing can be written.
    source = sqlite3.connect(
        f"{backup.absolute().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None
    )
    try:
        _copy(source, to)
    finally:
        source.close()


def _is_in_use(folder: Path, backup: Path) -> bool:
    try:
        return places.read_pointer(folder).resolve() == backup.resolve()
    except (OSError, DataDamaged):
        return False


def _may_replace(to: Path) -> None:
    if not to.exists():
        return
    with to.open("rb") as file:
        head = file.read(72)
    if head[:16] != b"SQLite format 3\x00" or int.from_bytes(head[68:72], "big") != APPLICATION:
        raise BadParameter("this file is no backup of ours", where=str(to), mend="give another name")


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
