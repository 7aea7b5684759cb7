"""What is wrong with the stored data: pages, references, records, contents, and the log against all of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cmh_graph.errors import CmhGraphError, DataDamaged

from . import log, rows
from .contents import unpack
from .database import Database, connect
from .failures import translated
from .records import Entry, Organisation, Version, written
from .replay import State, replay
from .schema import SCHEMA

_MEND: Final = "restore a backup with cmh-graph data restore"
_MOST_PAGES: Final = 50


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: what, where, how to mend it."""

    what: str
    where: str
    mend: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found. last, digest: the newest entry of the log, by which a copy is known to be complete."""

    path: Path
    faults: tuple[Fault, ...]
    organisations: int = 0
    versions: int = 0
    last: int = 0
    digest: str = ""


def check_folder(folder: Path) -> Checked:
    """Check the database in use while others read and write it. Raises DataFailed where there is none."""
    database = Database(folder)
    try:
        with database.reading() as connection:
            return _checked(database.path, connection)
    except DataDamaged as error:
        return Checked(folder, (Fault(error.what, error.where, error.mend or _MEND),))
    finally:
        database.close()


def check_file(path: Path) -> Checked:
    """Check a database that nobody has open, such as a backup. Raises DataFailed, DataDamaged if it is none of ours."""
    with translated(path, "the file"):
        connection = connect(path)
        try:
            return _checked(path, connection)
        finally:
            connection.close()


def _checked(path: Path, connection: sqlite3.Connection) -> Checked:
    faults: list[Fault] = []
    for part in (_pages, _references, _layout):
        _gather(faults, part(connection))
    entries: list[Entry] = []
    _gather(faults, _chain(connection, entries))
    organisations: list[tuple[Organisation, rows.Counts]] = []
    versions: list[Version] = []
    _gather(faults, _organisations(connection, organisations))
    _gather(faults, _versions(connection, versions))
    if not faults:
        # Where records are damaged already, every comparison with the log would only say so again.
        _gather(faults, _against_log(connection, entries, organisations, versions))
    newest = entries[-1] if entries else None
    return Checked(
        path,
        tuple(dict.fromkeys(faults)),
        len(organisations),
        len(versions),
        newest.seq if newest else 0,
        newest.digest if newest else "",
    )


def _gather(faults: list[Fault], found: Iterator[Fault]) -> None:
    try:
        faults.extend(found)
    except CmhGraphError as error:
        faults.append(Fault(error.what, error.where, error.mend or _MEND))
    except (sqlite3.Error, TypeError, ValueError, OverflowError) as error:
        # A damaged page can give values of any type.
        faults.append(Fault(f"the database cannot be read through: {error}", "", _MEND))


def _pages(connection: sqlite3.Connection) -> Iterator[Fault]:
    for (line,) in connection.execute(f"PRAGMA integrity_check({_MOST_PAGES})"):
        if line != "ok":
            for one in str(line).splitlines():
                yield Fault(f"SQLite: {one}", "database", _MEND)


def _references(connection: sqlite3.Connection) -> Iterator[Fault]:
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        yield Fault(f"a row of {table} belongs to no row of {parent}", f"{table} {row or ''}".strip(), _MEND)


def _layout(connection: sqlite3.Connection) -> Iterator[Fault]:
    """Triggers that keep the log from being changed are part of the layout: somebody may have dropped them."""
    ours = sqlite3.connect(":memory:", isolation_level=None)
    try:
        ours.executescript(SCHEMA)
        ask = "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
        expected, found = set(ours.execute(ask)), set(connection.execute(ask))
    finally:
        ours.close()
    for kind, name, _ in sorted(expected ^ found, key=repr):
        yield Fault(f"the {kind} {name} is not as this program made it", "database", _MEND)


def _chain(connection: sqlite3.Connection, entries: list[Entry]) -> Iterator[Fault]:
    before, seq, when = "", 0, ""
    for row in connection.execute(f"SELECT {log.COLUMNS} FROM log ORDER BY seq"):
        entry = log.read_entry(row)
        if entry.seq != seq + 1 or entry.before != before:
            yield Fault(f"the log breaks off before entry {entry.seq}", "log", _MEND)
        if written(entry.when) < when:
            yield Fault(f"entry {entry.seq} of the log is older than the one before", "log", _MEND)
        before, seq, when = entry.digest, entry.seq, written(entry.when)
        entries.append(entry)


def _organisations(
    connection: sqlite3.Connection, found: list[tuple[Organisation, rows.Counts]]
) -> Iterator[Fault]:
    for row in rows.organisation_rows(connection):
        try:
            found.append(rows.read_organisation(row))
        except CmhGraphError as error:
            yield Fault(error.what, f"organisation {row[0]!r}", _MEND)


def _versions(connection: sqlite3.Connection, found: list[Version]) -> Iterator[Fault]:
    for (key,) in connection.execute("SELECT DISTINCT organisation FROM versions ORDER BY 1").fetchall():
        try:
            kept = rows.versions(connection, key)
        except CmhGraphError as error:
            yield Fault(error.what, f"{key!r}", _MEND)
            continue
        for one in kept:
            found.append(one)
            where = f"{one.organisation}, version {one.number}"
            try:
                content = unpack(rows.packed(connection, one), size=one.size, sha256=one.sha256, where=where)
                if content.count(b"\n") != one.statements:
                    yield Fault("the number of statements is not the one recorded", where, _MEND)
            except CmhGraphError as error:
                yield Fault(error.what, error.where or where, error.mend or _MEND)
    (spare,) = connection.execute(
        "SELECT COUNT(*) FROM contents WHERE sha256 NOT IN (SELECT sha256 FROM versions)"
    ).fetchone()
    if spare:
        yield Fault(f"{spare} contents belong to no version", "contents", _MEND)


def _against_log(
    connection: sqlite3.Connection,
    entries: list[Entry],
    organisations: list[tuple[Organisation, rows.Counts]],
    versions: list[Version],
) -> Iterator[Fault]:
    try:
        told = replay(entries)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        yield Fault(f"the log cannot be followed: {error}", "log", _MEND)
        return
    kept = {key: [one for one in versions if one.organisation == key] for key in told.organisations}
    for key in sorted(told.organisations.keys() ^ {one.key for one, _ in organisations}):
        yield Fault("organisation and log disagree whether it is there", key, _MEND)
    for one, counts in organisations:
        says = told.organisations.get(one.key)
        if says is None:
            continue
        state = (one.name, one.namespaces, one.visibility, one.shared_with, one.current, counts.last)
        if state != (says.name, says.namespaces, says.visibility, says.shared_with, says.current, says.last):
            yield Fault("the record of the organisation is not what the log tells", one.key, _MEND)
        numbers = [version.number for version in kept[one.key]]
        logged = list(says.versions)
        if numbers != logged[len(logged) - len(numbers) :] or (logged and not numbers):
            yield Fault("a version that the log tells of is missing", one.key, _MEND)
        for version in kept[one.key]:
            if says.versions.get(version.number) != (version.sha256, version.statements):
                yield Fault(
                    "the version is not the one that landed", f"{one.key}, version {version.number}", _MEND
                )
    yield from _tokens_against_log(connection, told)


def _tokens_against_log(connection: sqlite3.Connection, told: State) -> Iterator[Fault]:
    there: set[str] = set()
    for key in told.organisations:
        for token in rows.tokens_of(connection, key):
            there.add(token.id)
            says = told.tokens.get(token.id)
            if says is None or (says.organisation, says.may, says.label, says.expires, says.revoked) != (
                token.organisation,
                token.may,
                token.label,
                token.expires and written(token.expires),
                token.revoked is not None,
            ):
                yield Fault("the token is not what the log tells", f"token {token.id}", _MEND)
    for missing in sorted(told.tokens.keys() - there):
        yield Fault("a token that the log tells of is missing", f"token {missing}", _MEND)
