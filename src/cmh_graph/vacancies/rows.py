"""CSV as an export writes it -> the rows of a feed, with the line of each."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from cmh_graph.errors import SourceError
from cmh_graph.vacancies.columns import field_of, is_personal
from cmh_graph.vacancies.item import Item, lines

_HEADER_WITHIN: Final = 15
_MOST_LINES_IN_A_RECORD: Final = 500


def read_rows(path: Path, encoding: str, notes: list[str]) -> Iterator[Item]:
    delimiter = _delimiter(path, encoding)
    fields: list[str] = []
    count = 0
    for number, cells, fault in _records(lines(path, encoding), delimiter):
        if not fields:
            count += 1
            fields = _header(cells)
            if not fields and count >= _HEADER_WITHIN:
                break
            if fields:
                unread = [
                    name for name, known in zip(cells, fields, strict=True) if name.strip() and not known
                ]
                personal = [name for name in unread if is_personal(name)]
                if personal:
                    notes.append(f"left out, as they may name people: {', '.join(personal)[:300]}")
                if len(unread) > len(personal):
                    others = [name for name in unread if name not in personal]
                    notes.append(f"not read: {', '.join(others)[:300]}")
            continue
        if not fault and not any(cell.strip() for cell in cells):
            continue
        values: dict[str, Any] = {}
        for name, cell in zip(fields, cells, strict=False):
            if name and cell.strip():
                values[name] = (
                    f"{values[name]}, {cell}"
                    if name in values and name == "employmentType"
                    else values.get(name, cell)
                )
        if not fault and len(cells) > len(fields) and any(cell.strip() for cell in cells[len(fields) :]):
            fault = f"the row has {len(cells)} cells and the header {len(fields)}: a comma inside a cell needs quotes"
        yield Item(values, number, fault, delimiter.join(cells))
    if not fields:
        raise SourceError(
            "no column of job titles was found",
            where=str(path),
            mend="give the columns names such as title, employer, location, datePosted, validThrough, url",
        )


def _header(cells: list[str]) -> list[str]:
    """The field of each column if this is a header: it has a title and one more that is known; else nothing."""
    named = [field_of(cell) for cell in cells]
    # "name" and "role" are titles only where no better column is one.
    titles = [place for place, name in enumerate(named) if name == "title"]
    best = next((p for p in titles if re.sub(r"[^a-z]", "", cells[p].lower()) in ("title", "jobtitle")), None)
    for place in titles:
        if place != (titles[0] if best is None else best):
            named[place] = ""
    return named if titles and len({name for name in named if name}) >= 2 else []


def _delimiter(path: Path, encoding: str) -> str:
    best, most = ",", 0
    for delimiter in (",", "\t", ";", "|"):
        records = zip(_records(lines(path, encoding), delimiter), range(_HEADER_WITHIN), strict=False)
        width = max((len(set(_header(cells))) for (_, cells, _), _ in records), default=0)
        if width > most:
            best, most = delimiter, width
    return best


def _records(source_lines: Iterable[tuple[int, str]], delimiter: str) -> Iterator[tuple[int, list[str], str]]:
    """Line, cells and fault of each record. A quotation mark that never closes costs its own line, not those after."""
    waiting: list[tuple[int, str]] = []
    source = iter(source_lines)
    while True:
        taken: list[tuple[int, str]] = []

        def feed(taken: list[tuple[int, str]] = taken) -> Iterator[str]:
            while len(taken) < _MOST_LINES_IN_A_RECORD:
                one = waiting.pop(0) if waiting else next(source, None)
                if one is None:
                    return
                taken.append(one)
                yield one[1]
            raise csv.Error("too many lines")

        try:
            cells = next(csv.reader(feed(), delimiter=delimiter, strict=True), None)
        except csv.Error:
            number, line = taken[0]
            waiting[:0] = taken[1:]
            fault = (
                "a quotation mark opens and never closes"
                if line.count('"') % 2
                else "the line cannot be read"
            )
            yield number, [line.rstrip("\r\n")[:400]], fault
            continue
        if cells is None:
            return
        yield taken[0][0], cells, ""
