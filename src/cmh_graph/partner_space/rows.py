"""Records as rows and back. Each row carries a seal, a digest of its fields: a damaged row is told, never believed."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, replace
from typing import Any, Final

from cmh_graph.errors import DataDamaged, UnknownThing

from .failures import RESTORE
from .log import canonical, seal
from .records import MAY, SHOWN, Holder, Organisation, Shown, Token, Version, read_moment, written
from .tokens import Kept

_ORGANISATION: Final = "key, name, namespaces, visibility, shared_with, current, last, versions, tokens"
_TOKEN: Final = "id, organisation, may, label, hash, check_number, made, expires, revoked"
_VERSION: Final = "organisation, number, sha256, statements, size, at, by, label, how"


_NOBODY: Final = ("a" * 10, "nobody", "read", "desk", "x" * 97, -1, "2026-01-01T00:00:00Z", None, None)
#: Read in the place of a row that is not there, so that nobody learns from the time which ids there are.
_NO_TOKEN: Final = (*_NOBODY, seal("tokens", *_NOBODY))


@dataclass(frozen=True, slots=True)
class Counts:
    """What an organisation's row counts, so that a missing row of another table is noticed.

    last: the last version number that was given; versions: how many are kept; tokens: how many were made."""

    last: int = 0
    versions: int = 0
    tokens: int = 0


def organisation_rows(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
    """The rows of all organisations, by key."""
    return connection.execute(f"SELECT {_ORGANISATION}, seal FROM organisations ORDER BY key").fetchall()


def read_organisation(row: tuple[Any, ...]) -> tuple[Organisation, Counts]:
    """The organisation of a row, and what it counts."""
    key, name, namespaces, visibility, shared_with, current, *counts = _sealed(row, "organisations")
    if visibility not in SHOWN:
        raise damaged("the visibility of a graph")
    found = Organisation(
        key, name, tuple(json.loads(namespaces)), visibility, tuple(json.loads(shared_with)), current
    )
    return found, Counts(*counts)


def organisations(connection: sqlite3.Connection) -> tuple[Organisation, ...]:
    """All organisations, by key."""
    return tuple(read_organisation(row)[0] for row in organisation_rows(connection))


def organisation(connection: sqlite3.Connection, key: str) -> tuple[Organisation, Counts]:
    """One organisation, and what its row counts. Raises UnknownThing."""
    row = connection.execute(
        f"SELECT {_ORGANISATION}, seal FROM organisations WHERE key = ?", (key,)
    ).fetchone()
    if row is None:
        told = connection.execute("SELECT 1 FROM log WHERE organisation = ? AND kind = 'added'", (key,))
        if told.fetchone():
            raise damaged("an organisation that the log has")
        raise UnknownThing(
            f"no organisation has the key '{key[:60]}'",
            where="organisation",
            mend="see that the key is spelt right",
        )
    return read_organisation(row)


def put_organisation(connection: sqlite3.Connection, one: Organisation, counts: Counts) -> None:
    """Write an organisation's row."""
    fields = (
        one.key, one.name, canonical(one.namespaces), one.visibility, canonical(one.shared_with), one.current,
        counts.last, counts.versions, counts.tokens,
    )  # fmt: skip
    _put(connection, "organisations", _ORGANISATION, fields)


def with_current(one: Organisation, number: int | None) -> Organisation:
    """The organisation, showing another version or none."""
    return replace(one, current=number)


def with_visibility(one: Organisation, shown: Shown, others: tuple[str, ...]) -> Organisation:
    """The organisation, its graph shown to others than before."""
    return replace(one, visibility=shown, shared_with=others)


def shown_to(one: Organisation, holder: Holder | None) -> bool:
    """Whether this visitor may read the organisation's graph."""
    if one.visibility == "public":
        return True
    if holder is None:
        return False
    return holder.organisation == one.key or (
        one.visibility == "shared" and holder.organisation in one.shared_with
    )


def token(connection: sqlite3.Connection, token_id: str) -> tuple[Token, Kept] | None:
    """A token and what is kept of its secret; None if there is none, after the same work."""
    row = connection.execute(f"SELECT {_TOKEN}, seal FROM tokens WHERE id = ?", (token_id,)).fetchone()
    found = _read_token(row or _NO_TOKEN)
    return found if row else None


def tokens_of(connection: sqlite3.Connection, key: str) -> tuple[Token, ...]:
    """The tokens of an organisation, in the order they were made. Raises UnknownThing."""
    rows = connection.execute(
        f"SELECT {_TOKEN}, seal FROM tokens WHERE organisation = ? ORDER BY made, id", (key,)
    )
    found = tuple(_read_token(row)[0] for row in rows)
    if len(found) != organisation(connection, key)[1].tokens:
        raise damaged(f"the list of tokens of '{key}'")
    return found


def put_token(connection: sqlite3.Connection, one: Token, kept: Kept) -> None:
    """Write a token's row."""
    fields = (
        one.id, one.organisation, one.may, one.label, kept.hash, kept.check, written(one.made),
        one.expires and written(one.expires), one.revoked and written(one.revoked),
    )  # fmt: skip
    _put(connection, "tokens", _TOKEN, fields)


def versions(connection: sqlite3.Connection, key: str) -> tuple[Version, ...]:
    """The versions of an organisation that are kept, oldest first. Raises UnknownThing."""
    rows = connection.execute(
        f"SELECT {_VERSION}, seal FROM versions WHERE organisation = ? ORDER BY number", (key,)
    )
    found = tuple(_read_version(row) for row in rows)
    if len(found) != organisation(connection, key)[1].versions:
        raise damaged(f"the list of versions of '{key}'")
    return found


def version(connection: sqlite3.Connection, key: str, number: int) -> Version:
    """One version. Raises UnknownThing, which says which there are."""
    row = connection.execute(
        f"SELECT {_VERSION}, seal FROM versions WHERE organisation = ? AND number = ?", (key, number)
    ).fetchone()
    if row is None:
        kept = ", ".join(str(one.number) for one in versions(connection, key)) or "none"
        raise UnknownThing(
            f"version {number} of the graph of '{key}' is not kept",
            where="version",
            mend=f"versions kept: {kept}",
        )
    return _read_version(row)


def current(connection: sqlite3.Connection, one: Organisation) -> Version | None:
    """The version that an organisation shows."""
    if one.current is None:
        return None
    try:
        return version(connection, one.key, one.current)
    except UnknownThing:
        raise damaged(f"the current version of '{one.key}'") from None


def packed(connection: sqlite3.Connection, one: Version) -> bytes:
    """The packed content of a version. Raises UnknownThing if the version is no longer kept."""
    row = connection.execute("SELECT packed FROM contents WHERE sha256 = ?", (one.sha256,)).fetchone()
    if row is None:
        version(connection, one.organisation, one.number)
        raise damaged(f"the content of '{one.organisation}', version {one.number}")
    data: bytes = row[0]
    return data


def put_version(connection: sqlite3.Connection, one: Version, content: bytes) -> None:
    """Write a version's row, and its content unless it is there."""
    connection.execute(
        "INSERT INTO contents (sha256, packed) VALUES (?, ?)"
        " ON CONFLICT (sha256) DO UPDATE SET packed = excluded.packed WHERE packed IS NOT excluded.packed",
        (one.sha256, content),
    )
    fields = (
        one.organisation, one.number, one.sha256, one.statements, one.size,
        written(one.when), one.by, one.label, one.how,
    )  # fmt: skip
    _put(connection, "versions", _VERSION, fields)


def forget_versions(connection: sqlite3.Connection, key: str, *, keep: int) -> int:
    """Keep the newest versions, drop the others and contents that none has; gives how many are kept."""
    connection.execute(
        "DELETE FROM versions WHERE organisation = ?1 AND number NOT IN"
        " (SELECT number FROM versions WHERE organisation = ?1 ORDER BY number DESC LIMIT ?2)",
        (key, keep),
    )
    connection.execute("DELETE FROM contents WHERE sha256 NOT IN (SELECT sha256 FROM versions)")
    (kept,) = connection.execute("SELECT COUNT(*) FROM versions WHERE organisation = ?", (key,)).fetchone()
    return int(kept)


def damaged(what: str) -> DataDamaged:
    """The error for something stored that is not what was written."""
    return DataDamaged(f"{what} is not what was written", mend=RESTORE)


def _read_token(row: tuple[Any, ...]) -> tuple[Token, Kept]:
    token_id, owner, may, label, hashed, check, made, expires, revoked = _sealed(row, "tokens")
    if may not in MAY:
        raise damaged("the right of a token")
    return (
        Token(
            token_id, owner, may, label, read_moment(made),
            read_moment(expires) if expires is not None else None,
            read_moment(revoked) if revoked is not None else None,
        ),
        Kept(hashed, check),
    )  # fmt: skip


def _read_version(row: tuple[Any, ...]) -> Version:
    key, number, sha256, statements, size, at, by, label, how = _sealed(row, "versions")
    return Version(key, number, sha256, statements, size, read_moment(at), by, label, how)


def _put(connection: sqlite3.Connection, table: str, columns: str, fields: tuple[object, ...]) -> None:
    names = columns.split(", ")
    key = {"versions": "organisation, number"}.get(table, names[0])
    rest = ", ".join(f"{name} = excluded.{name}" for name in [*names, "seal"] if name not in key.split(", "))
    connection.execute(
        f"INSERT INTO {table} ({columns}, seal) VALUES ({','.join('?' * (len(fields) + 1))})"
        f" ON CONFLICT ({key}) DO UPDATE SET {rest}",
        (*fields, seal(table, *fields)),
    )


def _sealed(row: tuple[Any, ...], table: str) -> tuple[Any, ...]:
    *fields, sealed = row
    if seal(table, *fields) != sealed:
        raise damaged(f"a record of {table}")
    return tuple(fields)
