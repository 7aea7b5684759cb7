"""Result tables -> folders of files, in lines that a spreadsheet opens or in Parquet."""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from cmh_graph.align.batch.columns import RESULTS
from cmh_graph.align.cells import inert
from cmh_graph.delimited import RowWriter

#: Lines of one written file.
_LINES: Final = 1_000_000


def write_results(
    result: Callable[[str], Iterable[Any]], folder: Path, format: str, say: Callable[[str, int, int], None]
) -> None:
    """Write every table of results below a folder, in place of what is there.

    result: name of a table -> its lines, as batches of Arrow. say: told how many lines of a table are written."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, (columns, _) in RESULTS.items():
        (folder / name).mkdir(parents=True)
        parts = (
            _CsvParts(folder / name, columns) if format == "csv" else _ParquetParts(folder / name, columns)
        )
        written = 0
        with parts:
            for lines in result(name):
                for some in cut(lines, written, _LINES):
                    parts.add(some)
                written += lines.num_rows
                say(f"lines of {name} written", written, 0)


def cut(lines: Any, before: int, most: int) -> Iterator[Any]:
    """A batch of Arrow in pieces that end where a file of so many lines is full, after those that came before."""
    while lines.num_rows:
        room = most - before % most
        yield lines.slice(0, room)
        lines, before = lines.slice(room), before + room


def as_cells(line: Sequence[Any]) -> tuple[str, ...]:
    """The values of a line as cells of CSV; confidences have three digits, as in candidates.csv."""
    return tuple(
        inert(value) if isinstance(value, str) else f"{value:.3f}" if isinstance(value, float) else str(value)
        for value in line
    )


def arrow_schema(columns: Mapping[str, str]) -> Any:
    """The columns as Arrow knows them."""
    import pyarrow

    types = {
        "string": pyarrow.string(),
        "bigint": pyarrow.int64(),
        "int": pyarrow.int32(),
        "double": pyarrow.float64(),
    }
    return pyarrow.schema([(name, types[kind]) for name, kind in columns.items()])


class _Parts(ABC):
    """Lines -> files named in order, at most _LINES in each."""

    def __init__(self, folder: Path, columns: Mapping[str, str]) -> None:
        self._folder, self._columns = folder, columns
        self._number = self._lines = 0
        self._file = self._begin(folder / self._name())

    def __enter__(self) -> _Parts:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, lines: Any) -> None:
        """Write a batch of Arrow."""
        if self._lines >= _LINES:
            self._file.close()
            self._number, self._lines = self._number + 1, 0
            self._file = self._begin(self._folder / self._name())
        self._lines += lines.num_rows
        self._put(lines)

    def _name(self) -> str:
        return f"part-{self._number:05}.{self._ending}"

    _ending: str

    @abstractmethod
    def _begin(self, path: Path) -> Any:
        """A file that can be closed."""

    @abstractmethod
    def _put(self, lines: Any) -> None:
        """Write into the file that was begun last."""


class _CsvParts(_Parts):
    """Cells start no formula in a spreadsheet."""

    _ending = "csv"

    def _begin(self, path: Path) -> Any:
        file = path.open("w", encoding="utf-8", newline="")
        self._rows = RowWriter(file)
        self._rows.writerow(list(self._columns))
        return file

    def _put(self, lines: Any) -> None:
        columns = [column.to_pylist() for column in lines.columns]
        self._rows.writerows(map(as_cells, zip(*columns, strict=True)))


class _ParquetParts(_Parts):
    _ending = "parquet"

    def _begin(self, path: Path) -> Any:
        from pyarrow import parquet

        self._schema = arrow_schema(self._columns)
        return parquet.ParquetWriter(path, self._schema, compression="zstd")

    def _put(self, lines: Any) -> None:
        self._file.write_batch(lines.cast(self._schema))
