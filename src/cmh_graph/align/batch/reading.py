"""A file of a long list -> its rows, in pieces. The same reader as for short lists, and Parquet besides."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cmh_graph.align.batch.columns import READ
from cmh_graph.align.files.kinds import start_of
from cmh_graph.align.pipeline import post_of
from cmh_graph.align.tables import Field, Reject, Table, TitleRow, read_table
from cmh_graph.align.tables.rows import Record, Records
from cmh_graph.align.tables.title_rows import make_table
from cmh_graph.align.titles.aligner import LONGEST_DESCRIPTION
from cmh_graph.errors import MissingProgram, SourceError

#: Rows of one file; a file that has more is more likely broken than read by anybody.
MOST_ROWS: Final = 1_000_000_000
#: Rows that are handed on at once, fewer where their texts have more characters than this together.
PIECE: Final = 20_000
CHARACTERS: Final = 4_000_000
#: Rows of Parquet that are taken in at once.
_BATCH: Final = 2_000
_ENDINGS: Final = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".parquet", ".xlsx", ".ods", ".json")
#: What writers leave beside their files: marks, checksums, files that are not whole yet.
_BESIDE: Final = ("_", ".")

Columns = Mapping[str, list[Any]]
#: From here on the columns of a row are texts that differ from row to row.
_FIRST_TEXT: Final = list(READ).index("key")


@dataclass(frozen=True, slots=True)
class Part:
    """A file of a list. name: below the folder that was given, or its own."""

    name: str
    path: Path


def parts_of(path: Path) -> tuple[Part, ...]:
    """The files of a list, by name: the file itself, or those in a folder and below.

    Files whose names begin with "_" or "." are not of the list. Raises SourceError if there is no other."""
    if not path.is_dir():
        start_of(path)
        return (Part(path.name, path),)
    found = [
        Part(file.relative_to(path).as_posix(), file)
        for file in sorted(path.rglob("*"))
        if file.is_file() and is_of_a_list(file.relative_to(path).as_posix())
    ]
    if not found:
        raise SourceError(
            "the folder holds no list that we read",
            where=str(path),
            mend="give a folder of .parquet, .csv, .tsv, .jsonl, .xlsx or .ods files",
        )
    return tuple(found)


def is_of_a_list(name: str) -> bool:
    """Whether a file with this name below the folder is one of the list's."""
    return name.lower().endswith(_ENDINGS) and not any(part.startswith(_BESIDE) for part in name.split("/"))


def rows_of(part: Part, columns: Mapping[Field, str] | None = None) -> Iterator[Columns]:
    """The rows of a file in pieces: name of a column (columns.READ) -> its values.

    columns: our field -> the file's column. Raises SourceError and BadParameter as read_table does."""
    made: dict[str, list[Any]] = {name: [] for name in READ}
    count = characters = 0
    for row in _open(part.path, columns or {}).rows:
        cells = _cells(part.name, row)
        for held, value in zip(made.values(), cells, strict=True):
            held.append(value)
        count += 1
        characters += sum(map(len, cells[_FIRST_TEXT:]))
        if count == PIECE or characters >= CHARACTERS:
            yield made
            made = {name: [] for name in READ}
            count = characters = 0
    if count:
        yield made


def _cells(file: str, row: TitleRow | Reject) -> tuple[Any, ...]:
    if isinstance(row, Reject):
        return (file, row.row, row.line, "", "", "", "", "", "", row.reason, row.raw)
    post = post_of(row)
    description = post.description[:LONGEST_DESCRIPTION]
    name = name_of(post.title, post.band, post.employer_type, description)
    return (
        file, row.row, row.line, row.key, post.title, post.band, post.employer_type, description, name, "", "",
    )  # fmt: skip


def name_of(title: str, band: str, setting: str, description: str) -> str:
    """32 hexadecimal digits that two posts share only if everything that counts in matching is the same."""
    digest = hashlib.blake2b(digest_size=16)
    for text in (title, band, setting, description):
        encoded = text.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()


def _open(path: Path, columns: Mapping[Field, str]) -> Table:
    if start_of(path).startswith(b"PAR1"):
        return _parquet(path, columns)
    return read_table(path, columns, most_rows=MOST_ROWS)


def _parquet(path: Path, columns: Mapping[Field, str]) -> Table:
    try:
        from pyarrow import ArrowException
        from pyarrow import parquet as parquet
    except ImportError:
        raise MissingProgram(
            "reading Parquet needs pyarrow", where=str(path), mend="pip install 'cmh-graph[batch]'"
        ) from None
    try:
        file = parquet.ParquetFile(path)
    except (ArrowException, OSError) as error:
        raise SourceError(
            f"the Parquet file cannot be read: {str(error)[:200]}", where=str(path), mend="write it again"
        ) from None

    def records() -> Records:
        names = tuple(file.schema_arrow.names)
        yield Record(0, names)
        for batch in file.iter_batches(batch_size=_BATCH):
            lists = [column.to_pylist() for column in batch.columns]
            for cells in zip(*lists, strict=True):
                yield Record(0, tuple("" if cell is None else str(cell) for cell in cells))

    return make_table(path.name, str(path), records(), columns, [], named=True, most_rows=MOST_ROWS)
