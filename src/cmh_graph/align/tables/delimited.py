"""CSV, TSV and other delimited text -> records. A stray quotation mark costs its own line, never the lines after it."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from cmh_graph.align.files.encodings import Encoding, encoding_of
from cmh_graph.align.files.limits import LONGEST_LINE, MOST_COLUMNS, MOST_ROWS
from cmh_graph.align.tables.columns import known
from cmh_graph.align.tables.rows import Field, Record, Records, Table
from cmh_graph.align.tables.title_rows import make_table, too_many_rows

MOST_LINES_IN_A_RECORD: Final = 500
_SAMPLE: Final = 1 << 18  # characters that the delimiter is chosen from
_NONE: Final = "\x1f"  # a delimiter that no file has: each line is one cell
_NAMES: Final = {
    ",": "columns parted by commas",
    ";": "columns parted by semicolons",
    "\t": "columns parted by tabs",
    "|": "columns parted by bars",
    _NONE: "one column",
}


def read_delimited(
    path: Path, columns: Mapping[Field, str], given: Mapping[Field, str], most_rows: int = MOST_ROWS
) -> Table:
    """A table of text. Raises SourceError if it has no column of titles or too many rows."""
    encoding = encoding_of(path)
    delimiter = _delimiter(path, encoding, columns)
    # Counted only where there may be too many, so that nobody waits for half an answer.
    if encoding.lines > most_rows and _too_many(path, encoding, delimiter, most_rows):
        raise too_many_rows(str(path), most_rows)
    notes = [f"read as {encoding.words}, {_NAMES[delimiter]}"]
    records = _records(path, encoding, delimiter)
    return make_table(
        path.name, str(path), records, columns, notes, commas=True, given=given, most_rows=most_rows
    )


def _records(path: Path, encoding: Encoding, delimiter: str) -> Records:
    with closing(Lines(path, encoding)) as lines:
        yield from _parted(lines, delimiter)


def _too_many(path: Path, encoding: Encoding, delimiter: str, most_rows: int) -> bool:
    with closing(_records(path, encoding, delimiter)) as records:
        rows = sum(1 for _, record in zip(range(most_rows * 2), records, strict=False) if not record.blank)
    return rows > most_rows + 1


class Lines:
    """Physical lines with their numbers. A line longer than LONGEST_LINE is cut, its rest skipped unseen."""

    def __init__(self, path: Path, encoding: Encoding) -> None:
        self._file = encoding.open(path)
        self._waiting: list[tuple[int, str]] = []
        self._number = 0

    def close(self) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[tuple[int, str]]:
        return self

    def __next__(self) -> tuple[int, str]:
        if self._waiting:
            return self._waiting.pop()
        line = self._file.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self._number += 1
        if is_cut(line):
            while is_cut(self._file.readline(LONGEST_LINE)):
                pass
        return self._number, line.replace("\x00", "") if not is_cut(line) else line

    def put_back(self, lines: Iterable[tuple[int, str]]) -> None:
        self._waiting.extend(reversed(list(lines)))


def is_cut(line: str) -> bool:
    """Whether a line is only the beginning of one that is too long."""
    return len(line) == LONGEST_LINE and not line.endswith(("\n", "\r"))


class _Unclosed(Exception):
    """A quotation mark opens and does not close within MOST_LINES_IN_A_RECORD."""


def _parted(lines: Lines, delimiter: str) -> Iterator[Record]:
    while True:
        taken: list[tuple[int, str]] = []

        def feed(taken: list[tuple[int, str]] = taken) -> Iterator[str]:
            size = 0
            for number, line in lines:
                taken.append((number, line))
                size += len(line)
                if len(taken) > MOST_LINES_IN_A_RECORD or size > 2 * LONGEST_LINE or is_cut(line):
                    raise _Unclosed
                yield line

        try:
            cells = next(csv.reader(feed(), delimiter=delimiter, strict=True), None)
            if cells is None:
                return
            yield _record(taken[0][0], cells)
        except (_Unclosed, csv.Error):
            number, line = taken[0]
            lines.put_back(taken[1:])
            yield _alone(number, line, delimiter)


def _record(number: int, cells: list[str]) -> Record:
    if len(cells) > MOST_COLUMNS and any(cells[MOST_COLUMNS:]):
        return Record(number, (), f"the row has more than {MOST_COLUMNS:,} columns")
    return Record(number, tuple(cells[:MOST_COLUMNS]))


def _alone(number: int, line: str, delimiter: str) -> Record:
    """A line that does not belong together with the next ones, though a quotation mark in it says so."""
    if is_cut(line):
        return Record(number, (), f"the line is longer than {LONGEST_LINE:,} characters")
    try:
        cells = next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter), [])
    except csv.Error as error:
        if "field larger" in str(error):
            return Record(number, (), f"a cell is longer than {csv.field_size_limit():,} characters")
        return Record(number, (), f"the line cannot be read: {error}")
    if line.count('"') % 2:
        return Record(number, (), "a quotation mark opens and never closes")
    return _record(number, cells)


def _delimiter(path: Path, encoding: Encoding, columns: Mapping[Field, str]) -> str:
    """The delimiter under which a header is found in the first lines, with the most columns; without a header,
    the one that parts nearly all lines into as many cells."""
    with encoding.open(path) as opened:
        text = opened.read(_SAMPLE).replace("\x00", "")
    lines = text.splitlines(keepends=True)
    best, found = _NONE, (0, 0.0, 0)
    for delimiter in (",", "\t", ";", "|"):
        rows: list[list[str]] = []
        try:
            for cells in csv.reader(lines, delimiter=delimiter):
                if any(cell.strip() for cell in cells):
                    rows.append(cells)
                if len(rows) == 50:
                    break
        except csv.Error:
            pass
        if not rows:
            continue
        columns_known = max(known(row[:MOST_COLUMNS], columns) for row in rows[:25])
        width, times = Counter(map(len, rows)).most_common(1)[0]
        share = times / len(rows) if width > 1 else 0.0
        if not columns_known and share < 0.8:
            continue
        score = (columns_known, share, min(width, MOST_COLUMNS))
        if score > found:
            best, found = delimiter, score
    return best
