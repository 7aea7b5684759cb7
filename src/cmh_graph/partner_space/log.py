"""The log: entries that only grow, each with the digest of the one before (SQL triggers forbid anything else)."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from cmh_graph.errors import DataDamaged

from .records import Entry, Holder, Operator, read_moment, written

COLUMNS: Final = "seq, at, organisation, kind, by, label, details, revision, before, digest"
#: Kinds of entries; those of the second line change what somebody may read, so the revision grows.
QUIET: Final = ("added", "token made", "token revoked")
TELLING: Final = ("landed", "rolled back", "removed", "shown", "restored")


def canonical(value: object) -> str:
    """JSON with one form for each value. What JSON has no form for can only come from damage: its repr differs."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=repr)


def seal(*values: object) -> str:
    """A digest of the fields of a row, by which a damaged row is known."""
    return hashlib.sha256(canonical(values).encode()).hexdigest()[:32]


def last(connection: sqlite3.Connection) -> Entry | None:
    """The newest entry. Raises DataDamaged if it is not what was written."""
    row = connection.execute(f"SELECT {COLUMNS} FROM log ORDER BY seq DESC LIMIT 1").fetchone()
    return read_entry(row) if row else None


def append(
    connection: sqlite3.Connection,
    kind: str,
    organisation: str,
    by: Holder | Operator,
    details: Mapping[str, object],
    now: datetime,
) -> Entry:
    """Write one entry, in the transaction of what it tells of. now: as `time_now` gives it."""
    newest = last(connection)
    seq, revision, before = (newest.seq, newest.revision, newest.digest) if newest else (0, 0, "")
    revision += kind in TELLING
    actor = by.token if isinstance(by, Holder) else "operator"
    fields = (
        seq + 1,
        written(now),
        organisation,
        kind,
        actor,
        by.label,
        canonical(details),
        revision,
        before,
    )
    digest = chain_digest(fields)
    connection.execute(f"INSERT INTO log ({COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?)", (*fields, digest))
    return read_entry((*fields, digest))


def time_now(connection: sqlite3.Connection, clock: datetime) -> datetime:
    """The clock's time, but never before the newest entry nor the latest time that was noted, so order survives."""
    moment = clock.astimezone(UTC).replace(microsecond=0)
    newest = last(connection)
    noted = connection.execute("SELECT latest, seal FROM clock WHERE id = 1").fetchone()
    if newest:
        moment = max(moment, newest.when)
    if noted and noted[1] == seal("clock", noted[0]):
        moment = max(moment, read_moment(noted[0]))
    return moment


def note_time(connection: sqlite3.Connection, now: datetime) -> None:
    """Note that it is this time already."""
    connection.execute(
        "INSERT INTO clock (id, latest, seal) VALUES (1, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET latest = excluded.latest, seal = excluded.seal",
        (written(now), seal("clock", written(now))),
    )


def page(
    connection: sqlite3.Connection, organisation: str | None, after: int, most: int = 500
) -> list[Entry]:
    """The next entries after a number, about one organisation or all."""
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM log WHERE seq > ?1 AND (?2 IS NULL OR organisation = ?2) ORDER BY seq LIMIT ?3",
        (after, organisation, most),
    )
    return list(entries(rows))


def chain_digest(fields: Iterable[object]) -> str:
    """SHA-256 over an entry's fields in the order of COLUMNS, of which `before` is the last."""
    return hashlib.sha256(canonical(list(fields)).encode()).hexdigest()


def entries(rows: Iterable[tuple[Any, ...]]) -> Iterator[Entry]:
    """The entries of rows. Raises DataDamaged at the first that is not what was written."""
    for row in rows:
        yield read_entry(row)


def read_entry(row: tuple[Any, ...]) -> Entry:
    """The entry of a row. Raises DataDamaged if its digest differs."""
    seq, at, organisation, kind, by, label, details, revision, before, digest = row
    if chain_digest(row[:9]) != digest:
        raise DataDamaged(
            f"entry {seq} of the log is not what was written",
            where=f"log, entry {seq}",
            mend="restore a backup",
        )
    return Entry(
        seq, read_moment(at), organisation, kind, by, label, json.loads(details), revision, before, digest
    )
