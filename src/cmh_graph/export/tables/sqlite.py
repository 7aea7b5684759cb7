"""SQLite: one file with all tables, their keys, indexes, and views in words."""

from __future__ import annotations

import datetime
import json
import sqlite3
from contextlib import closing
from decimal import Decimal
from typing import Final

from cmh_graph.errors import SourceError
from cmh_graph.export.edition import Edition
from cmh_graph.export.format import Files, Format, Written
from cmh_graph.export.tables.csv_set import about
from cmh_graph.export.tables.csvw import describe, read_description
from cmh_graph.export.tables.design import design
from cmh_graph.export.tables.literals import text_of_value, type_of, value_of
from cmh_graph.export.tables.relation import Column, Table, statements
from cmh_graph.export.tables.views import views_over
from cmh_graph.store import Triple

FILE: Final = "cmh.sqlite"
#: Every column in words, and the description of the whole.
_COLUMNS: Final = "_column"
_DESCRIPTION: Final = "_description"
_TYPES: Final = {int: "INTEGER", bool: "BOOLEAN", Decimal: "REAL", datetime.date: "DATE", str: "TEXT"}
#: Bytes 96 to 99 of a database hold the version of the library that wrote it last, 24 to 27 and 92 to 95 how often it
#: was changed (https://www.sqlite.org/fileformat.html, 1.3): with those set, every library writes the same.
_VERSION: Final = (3_040_000).to_bytes(4, "big")
_CHANGES: Final = (1).to_bytes(4, "big")


def write(edition: Edition) -> Written:
    """cmh.sqlite: the tables with primary and foreign keys, an index for each foreign key, and the views.

    Truth values are 0 and 1, dates texts such as 2026-11-21. "_column" describes every column, "_description" holds
    the whole as CSVW."""
    made = design(edition)
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        for order in (
            "PRAGMA page_size = 4096",
            "PRAGMA encoding = 'UTF-8'",
            "PRAGMA foreign_keys = OFF",
            "BEGIN",
        ):
            database.execute(order)
        for table in made.tables:
            _fill(database, table)
        _describe(database, made.tables, edition)
        for name, sql in views_over({table.name for table in made.tables}).items():
            database.execute(sql)
            try:
                database.execute(f"SELECT * FROM {_name(name)} LIMIT 0")
            except sqlite3.OperationalError:  # a part of the framework may lack a column of the view
                database.execute(f"DROP VIEW {_name(name)}")
        database.execute("COMMIT")
        database.execute("VACUUM")
        data = bytearray(database.serialize())
    data[24:28] = data[92:96] = _CHANGES
    data[96:100] = _VERSION
    return Written({FILE: bytes(data)}, made.carried)


def read(files: Files) -> set[Triple]:
    """What the file states, by the description in it. Raises SourceError where it is no such database."""
    found: set[Triple] = set()
    try:
        with closing(sqlite3.connect(":memory:")) as database:
            database.deserialize(files[FILE])
            (description,) = database.execute(f'SELECT csvw FROM "{_DESCRIPTION}"').fetchone()
            plain = {
                name
                for (name,) in database.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE TABLE%'"
                )
            }
            for table in read_description(str(description).encode(), FILE):
                if table.name not in plain:  # a view of a stranger's file may never end
                    raise SourceError(f"there is no table {table.name}", where=FILE)
                if not table.about:
                    continue
                wanted = dict(database.execute("SELECT name, type FROM pragma_table_info(?)", (table.name,)))
                columns = ", ".join(_name(column.name) for column in table.columns)
                for values in database.execute(f"SELECT {columns} FROM {_name(table.name)}"):
                    row = {
                        column.name: text_of_value(bool(value) if wanted[column.name] == "BOOLEAN" else value)
                        for column, value in zip(table.columns, values, strict=True)
                        if value is not None
                    }
                    found.update(triple for _, triple in statements(table, row))
    except (sqlite3.Error, KeyError, TypeError) as error:
        raise SourceError(
            f"the database cannot be read: {error}",
            where=FILE,
            mend="take the file that cmh-graph export wrote",
        ) from None
    return found


def _fill(database: sqlite3.Connection, table: Table) -> None:
    types = {
        column.name: type_of(column, (row[column.name] for row in table.rows if column.name in row))
        for column in table.columns
    }
    database.execute(_create(table, types))
    marks = ", ".join("?" * len(table.columns))
    database.executemany(
        f"INSERT INTO {_name(table.name)} VALUES ({marks})",
        [
            [
                _stored(value_of(types[column.name], row[column.name])) if column.name in row else None
                for column in table.columns
            ]
            for row in table.rows
        ],
    )
    for key in table.foreign_keys:
        # The primary key's own index serves its first column, and a unique one its column.
        if key.column != table.primary_key[0] and key.column != "iri":
            database.execute(
                f"CREATE INDEX {_name(f'{table.name}_by_{key.column}')} ON {_name(table.name)} ({_name(key.column)})"
            )


def _create(table: Table, types: dict[str, type]) -> str:
    lines = [_define(table, column, types[column.name]) for column in table.columns]
    lines.append(f"PRIMARY KEY ({', '.join(_name(name) for name in table.primary_key)})")
    lines += [
        f"FOREIGN KEY ({_name(key.column)}) REFERENCES {_name(key.table)} ({_name(key.reference)})"
        for key in table.foreign_keys
    ]
    return f"CREATE TABLE {_name(table.name)} (\n  " + ",\n  ".join(lines) + "\n) WITHOUT ROWID"


def _define(table: Table, column: Column, wanted: type) -> str:
    parts = [_name(column.name), _TYPES[wanted]]
    if column.required:
        parts.append("NOT NULL")
    if column.name == "iri" and table.primary_key != ("iri",):
        parts.append("UNIQUE")
    if wanted is bool:
        parts.append(f"CHECK ({_name(column.name)} IN (0, 1))")
    return " ".join(parts)


def _describe(database: sqlite3.Connection, tables: tuple[Table, ...], edition: Edition) -> None:
    database.execute(
        f'CREATE TABLE "{_COLUMNS}" ("table" TEXT NOT NULL, "column" TEXT NOT NULL, title TEXT NOT NULL, '
        'description TEXT, property TEXT, PRIMARY KEY ("table", "column")) WITHOUT ROWID'
    )
    database.executemany(
        f'INSERT INTO "{_COLUMNS}" VALUES (?, ?, ?, ?, ?)',
        [
            (table.name, column.name, column.title, column.description or None, column.property or None)
            for table in tables
            for column in table.columns
        ],
    )
    database.execute(
        f'CREATE TABLE "{_DESCRIPTION}" (version TEXT NOT NULL, issued DATE NOT NULL, csvw TEXT NOT NULL)'
    )
    csvw = json.dumps(describe(tables, about=about(edition)), ensure_ascii=False)
    database.execute(
        f'INSERT INTO "{_DESCRIPTION}" VALUES (?, ?, ?)', (edition.version, edition.issued, csvw)
    )


def _stored(value: object) -> str | int | float:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value if isinstance(value, int) else str(value)


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


FORMAT: Final = Format(
    name="sqlite",
    title="SQLite database",
    loaded_by="analysts with SQL, Power BI, R, Python, DB Browser and Datasette",
    write=write,
    read=read,
    why_lost={"": "a blank node has no name that a cell could hold; a cell cannot be an empty text"},
)
