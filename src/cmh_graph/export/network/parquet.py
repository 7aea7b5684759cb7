"""The rows of the network as Parquet, and Parquet back to rows. Needs the extra "parquet"."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from cmh_graph.errors import MissingProgram, SourceError
from cmh_graph.export.network.attributes import Attribute, Row


def write(columns: Sequence[Attribute], rows: Sequence[Row]) -> bytes:
    """One table, an empty attribute as null, packed with Zstandard. Raises MissingProgram without pyarrow."""
    arrow, parquet = _libraries()
    types = {"string": arrow.string(), "int": arrow.int32()}
    schema = arrow.schema(
        [arrow.field(one.name, types[one.type], metadata={"says": one.says}) for one in columns]
    )
    values = [{name: None if value == "" else value for name, value in row.items()} for row in rows]
    output = io.BytesIO()
    parquet.write_table(arrow.Table.from_pylist(values, schema=schema), output, compression="zstd")
    return output.getvalue()


def read(data: bytes, name: str) -> list[dict[str, str]]:
    """The rows, every value as text. Raises SourceError if it is no Parquet, MissingProgram without pyarrow."""
    arrow, parquet = _libraries()
    try:
        held = parquet.read_table(arrow.BufferReader(data), use_threads=False)
    except (arrow.ArrowInvalid, OSError) as error:
        raise SourceError(f"the file is no Parquet that can be read: {error}", where=name) from None
    return [
        {column: str(value) for column, value in row.items() if value is not None} for row in held.to_pylist()
    ]


def _libraries() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingProgram(
            "pyarrow is not installed", where="--format network-parquet", mend="install cmh-graph[parquet]"
        ) from None
    return pyarrow, pyarrow.parquet
