"""Parquet: one file for each table, for notebooks, data lakes and DuckDB or Polars. Needs the extra "parquet"."""

from __future__ import annotations

import datetime
import io
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from cmh_graph.errors import MissingProgram, SourceError
from cmh_graph.export.edition import Edition
from cmh_graph.export.format import Files, Format, Written
from cmh_graph.export.tables.csv_set import about
from cmh_graph.export.tables.csvw import describe, read_description
from cmh_graph.export.tables.design import design
from cmh_graph.export.tables.literals import text_of_value, type_of, value_of
from cmh_graph.export.tables.relation import Column, Table, statements
from cmh_graph.store import Triple

if TYPE_CHECKING:
    import pyarrow as pa

FOLDER: Final = "parquet/"
#: Where a file keeps its description, which is CSVW for one table.
_DESCRIPTION: Final = b"csvw"


def write(edition: Edition) -> Written:
    """parquet/<table>.parquet, packed with Zstandard, rows in order of the key.

    Each file holds its CSVW description in its metadata under "csvw", and titles in those of its fields.
    Raises MissingProgram where pyarrow is not installed."""
    made = design(edition)
    said = about(edition)
    return Written(
        {f"{FOLDER}{table.name}.parquet": _file(table, said) for table in made.tables}, made.carried
    )


def read(files: Files) -> set[Triple]:
    """What the files state, each by the description in its metadata.

    Raises SourceError for a file that is no Parquet or holds no description, MissingProgram without pyarrow."""
    arrow, parquet = _libraries()
    found: set[Triple] = set()
    for name, data in files.items():
        if not name.endswith(".parquet"):
            continue
        try:
            held = parquet.read_table(arrow.BufferReader(data), use_threads=False)
        except (arrow.ArrowInvalid, OSError) as error:
            raise SourceError(f"the file is no Parquet that can be read: {error}", where=name) from None
        tables = read_description((held.schema.metadata or {}).get(_DESCRIPTION, b""), name)
        for table in tables if tables[0].about else ():
            for values in held.to_pylist():
                row = {key: text_of_value(value) for key, value in values.items() if value is not None}
                found.update(triple for _, triple in statements(table, row))
    return found


def _libraries() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingProgram(
            "Parquet needs a library that is not installed",
            where="pyarrow",
            mend="pip install 'cmh-graph[parquet]', or choose other formats with --format",
        ) from None
    return pyarrow, pyarrow.parquet


def _file(table: Table, said: dict[str, Any]) -> bytes:
    arrow, parquet = _libraries()
    fields, arrays = [], []
    for column in table.columns:
        texts = [row.get(column.name) for row in table.rows]
        wanted = type_of(column, (text for text in texts if text is not None))
        kind = _type(arrow, column, wanted, texts)
        values = [None if text is None else value_of(wanted, text) for text in texts]
        arrays.append(arrow.array(values, kind))
        words = {"title": column.title, "description": column.description, "property": column.property}
        fields.append(
            arrow.field(
                column.name,
                kind,
                nullable=not column.required,
                metadata={key: text for key, text in words.items() if text},
            )
        )
    description = json.dumps(describe([table], about=said), ensure_ascii=False).encode()
    schema = arrow.schema(fields, metadata={_DESCRIPTION: description})
    output = io.BytesIO()
    parquet.write_table(
        arrow.Table.from_arrays(arrays, schema=schema), output, compression="zstd", version="2.6"
    )
    return output.getvalue()


def _type(arrow: Any, column: Column, wanted: type, texts: list[str | None]) -> pa.DataType:
    if wanted is Decimal:
        # The widest scale of the column; a reader drops the zeros that it adds.
        scale = max(len(text.partition(".")[2]) for text in texts if text)
        whole = max(len(text.partition(".")[0].lstrip("-")) for text in texts if text)
        return arrow.decimal128(max(whole + scale, 18), scale)
    return {
        int: arrow.int64(),
        bool: arrow.bool_(),
        datetime.date: arrow.date32(),
        str: arrow.string(),
    }[wanted]


FORMAT: Final = Format(
    needs="pyarrow",
    name="parquet",
    title="Parquet tables",
    loaded_by="notebooks, data lakes, DuckDB, Polars and Spark",
    write=write,
    read=read,
    why_lost={"": "a blank node has no name that a cell could hold; a cell cannot be an empty text"},
)
