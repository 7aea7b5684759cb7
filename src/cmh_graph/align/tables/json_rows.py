"""JSON and JSON Lines -> records: an array of objects, wherever it lies, or one object a line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

from cmh_graph.align.files.encodings import Encoding, encoding_of
from cmh_graph.align.files.limits import LARGEST_JSON, LONGEST_ENTRY, LONGEST_LINE, MOST_COLUMNS, MOST_ROWS
from cmh_graph.align.tables.columns import NAMES, known, spellings
from cmh_graph.align.tables.delimited import Lines, is_cut
from cmh_graph.align.tables.json_entries import BrokenJson, entries
from cmh_graph.align.tables.rows import Field, Record, Records, Table
from cmh_graph.align.tables.title_rows import make_table, too_many_rows
from cmh_graph.errors import SourceError

_SAMPLE: Final = 125  # entries that the columns are taken from
_SAMPLE_SIZE: Final = 4_000_000  # characters of them
_MOST_ARRAYS: Final = 200
_DEEPEST_PATH: Final = 4
_DEEPEST_VALUE: Final = 4  # objects within an entry that are looked into

_Found = tuple[int, Any, str]  # line, value, fault


def read_json(path: Path, columns: Mapping[Field, str], given: Mapping[Field, str]) -> Table:
    """The array of posts in a JSON file. Raises SourceError if there is none, or the file is broken or hostile."""
    encoding = _encoding(path)
    if _is_lines(path, encoding):
        return read_json_lines(path, columns, given)
    try:
        arrays = _arrays(path, encoding)
    except BrokenJson as error:
        raise SourceError(
            f"the JSON is broken: {error.what}",
            where=f"{path}, line {error.line:,}",
            mend="export the list again, or save it as .csv",
        ) from None
    best: _Array | None = None
    for one in arrays.values():
        if best is None or (one.known(columns), one.count) > (best.known(columns), best.count):
            best = one
    if best is None or not best.usable:
        return _single(path, encoding, columns, given)
    notes = []
    if best.path:
        notes.append(
            f"read the list '{'.'.join(best.path)}'" + (f", of {len(arrays)}" if len(arrays) > 1 else "")
        )

    def walk() -> Iterator[_Found]:
        with encoding.open(path) as opened:
            for entry in entries(opened):
                if entry.path == best.path:
                    yield _parsed(entry.line, entry.text)

    return _table(path, walk, columns, notes, given)


def read_json_lines(
    path: Path, columns: Mapping[Field, str], given: Mapping[Field, str], most_rows: int = MOST_ROWS
) -> Table:
    """One JSON object a line; a line that is none is a reject. Raises SourceError if no object has a title."""
    encoding = _encoding(path)
    if encoding.lines > most_rows:
        with closing(Lines(path, encoding)) as lines:
            if sum(1 for _, line in islice(lines, 2 * most_rows) if line.strip()) > most_rows:
                raise too_many_rows(str(path), most_rows)

    def walk() -> Iterator[_Found]:
        with closing(Lines(path, encoding)) as lines:
            for number, line in lines:
                if is_cut(line):
                    yield number, None, f"the line is longer than {LONGEST_LINE:,} characters"
                elif line.strip():
                    yield _parsed(number, line.lstrip("\ufeff"))

    return _table(path, walk, columns, [], given, most_rows)


def _encoding(path: Path) -> Encoding:
    size = path.stat().st_size
    if size > LARGEST_JSON:
        raise SourceError(
            f"the file is larger than the {LARGEST_JSON >> 20:,} MB of JSON that we read",
            where=str(path), mend="split it, or save it as .csv",
        )  # fmt: skip
    return encoding_of(path)


def _is_lines(path: Path, encoding: Encoding) -> bool:
    """Whether the first two lines that are not blank are objects of their own."""
    with closing(Lines(path, encoding)) as lines:
        first = list(islice((line.lstrip("\ufeff").strip() for _, line in lines if line.strip()), 2))
    return (
        len(first) == 2
        and all(line.startswith("{") and line.endswith("}") for line in first)
        and isinstance(_parsed(1, first[0])[1], dict)
    )


def _parsed(line: int, text: str | None) -> _Found:
    """An entry as a value, or why it is none."""
    if text is None:
        return line, None, f"the entry is longer than {LONGEST_ENTRY:,} characters"
    try:
        return line, json.loads(text, parse_constant=str, strict=False), ""
    except json.JSONDecodeError as error:
        return line, None, f"the entry is no valid JSON: {error.msg.lower()}, after {error.pos} characters"
    except (ValueError, RecursionError):
        return (
            line,
            None,
            "the entry is no valid JSON: it is nested too deep, or holds a number that is too long",
        )


@dataclass(slots=True)
class _Array:
    """An array found in the file, and its first entries."""

    path: tuple[str, ...]
    count: int = 0
    sample: list[Any] = field(default_factory=list)

    @property
    def usable(self) -> bool:
        """Objects, rows of cells, or plain texts where they can only be titles."""
        if any(isinstance(one, (dict, list)) for one in self.sample):
            return True
        titles = not self.path or set(spellings(self.path[-1])) & set(NAMES["title"])
        return bool(titles) and any(isinstance(one, str) for one in self.sample)

    def known(self, columns: Mapping[Field, str]) -> int:
        if not self.usable:
            return -1
        rows = [one for one in self.sample if isinstance(one, list)]
        if len(rows) == len(self.sample):
            return max(known([_shown(cell) for cell in row[:MOST_COLUMNS]], columns) for row in rows[:25])
        return known(_names(self.sample), columns)


def _arrays(path: Path, encoding: Encoding) -> dict[tuple[str, ...], _Array]:
    found: dict[tuple[str, ...], _Array] = {}
    size = 0
    with encoding.open(path) as opened:
        for entry in entries(opened):
            if len(entry.path) > _DEEPEST_PATH:
                continue
            array = found.get(entry.path)
            if array is None:
                if len(found) >= _MOST_ARRAYS:
                    continue
                array = found[entry.path] = _Array(entry.path)
            array.count += 1
            if array.count > MOST_ROWS:
                raise too_many_rows(str(path), MOST_ROWS)
            if len(array.sample) < _SAMPLE and size < _SAMPLE_SIZE and entry.text is not None:
                size += len(entry.text)
                _, value, fault = _parsed(entry.line, entry.text)
                if not fault:
                    array.sample.append(value)
    return found


def _single(
    path: Path, encoding: Encoding, columns: Mapping[Field, str], given: Mapping[Field, str]
) -> Table:
    """A file that is one object: one post, if it has a title."""
    with encoding.open(path) as opened:
        text = opened.read(LONGEST_ENTRY + 1).lstrip("\ufeff")
    line, value, fault = _parsed(1, text if len(text) <= LONGEST_ENTRY else None)
    if isinstance(value, dict) and known(_names([value]), columns):
        return _table(
            path, lambda: iter([(line, value, fault)]), columns, ["the file is a single entry"], given
        )
    broken = f"the file is no valid JSON: {fault.partition(': ')[2] or fault}"
    what = broken if fault else "the JSON holds no list of posts"
    raise SourceError(what, where=str(path), mend="give an array of objects that each have a title")


def _table(
    path: Path,
    walk: Callable[[], Iterator[_Found]],
    columns: Mapping[Field, str],
    notes: list[str],
    given: Mapping[Field, str],
    most_rows: int = MOST_ROWS,
) -> Table:
    """Column names from the first entries, then one record an entry."""
    sample: list[_Found] = []
    size = 0
    found = walk()
    for one in found:
        sample.append(one)
        size += 100 if isinstance(one[1], str) else len(str(one[1]))
        if len(sample) >= _SAMPLE or size > _SAMPLE_SIZE:
            break
    values = [value for _, value, _ in sample]
    rest = chain(sample, found)
    if any(isinstance(value, list) for value in values) and not any(
        isinstance(value, dict) for value in values
    ):
        return make_table(
            path.name, str(path), _rows_of_cells(rest), columns, notes, given=given, most_rows=most_rows
        )
    if not any(isinstance(value, dict) for value in values) and any(
        isinstance(value, str) for value in values
    ):
        notes.append("the entries are plain texts; each is taken as a job title")
        names: tuple[str, ...] = ("job title",)
    else:
        names = _names(values)
    if not names:
        fault = next((fault for _, _, fault in sample if fault), "no entry is an object")
        raise SourceError(
            f"nothing in the file can be read: {fault}",
            where=f"{path}, line {sample[0][0] if sample else 1:,}",
            mend="give objects that each have a title",
        )
    records = _records(rest, names)
    return make_table(
        path.name, str(path), records, columns, notes, named=True, given=given, most_rows=most_rows
    )


def _records(found: Iterator[_Found], names: tuple[str, ...]) -> Records:
    yield Record(1, names)
    for line, value, fault in found:
        if fault:
            yield Record(line, (), fault)
        elif isinstance(value, dict):
            cells = _flat(value)
            # An entry without any of the columns is still a row, with nothing in it.
            kept = tuple(cells.get(name, "") for name in names)
            yield Record(line, kept, "" if any(kept) else "the entry holds none of the list's columns")
        elif isinstance(value, str) and len(names) == 1:
            yield Record(line, (value,), "" if value.strip() else "the title is empty")
        else:
            yield Record(line, (), "the entry is not an object with names and values")


def _rows_of_cells(found: Iterator[_Found]) -> Records:
    for line, value, fault in found:
        if fault or not isinstance(value, list):
            yield Record(line, (), fault or "the entry is not a row of cells as the others are")
        else:
            yield Record(line, tuple(_shown(cell) for cell in value[:MOST_COLUMNS]))


def _names(values: list[Any]) -> tuple[str, ...]:
    """All names of values in the entries, nested ones joined by dots, in order of their first appearance."""
    names: dict[str, None] = {}
    for value in values:
        if isinstance(value, dict):
            names.update(dict.fromkeys(_flat(value)))
    return tuple(islice(names, MOST_COLUMNS))


def _flat(value: Mapping[str, Any], before: str = "", depth: int = 0) -> dict[str, str]:
    """An object as cells: {"title": {"name": "x"}} -> {"title.name": "x"}; texts of a list joined by line breaks."""
    cells: dict[str, str] = {}
    for key, inner in islice(value.items(), MOST_COLUMNS):
        name = f"{before}{key}"[:200]
        if isinstance(inner, list):
            inner = _chosen(inner)
        if isinstance(inner, dict):
            if depth < _DEEPEST_VALUE:
                cells.update(_flat(inner, f"{name}.", depth + 1))
        elif isinstance(inner, list):
            for one in inner[:MOST_COLUMNS]:
                if isinstance(one, dict) and depth < _DEEPEST_VALUE:
                    for part, text in _flat(one, f"{name}.", depth + 1).items():
                        cells[part] = f"{cells[part]}\n{text}" if cells.get(part) else text
                elif not isinstance(one, (dict, list)):
                    cells[name] = f"{cells[name]}\n{_shown(one)}" if cells.get(name) else _shown(one)
        else:
            cells[name] = _shown(inner)
        if len(cells) > MOST_COLUMNS:
            break
    return cells


def _chosen(values: list[Any]) -> list[Any]:
    """Of texts in several languages, as JSON-LD writes them, the English ones."""
    tagged = [one for one in values if isinstance(one, dict) and "@value" in one]
    english = [one for one in tagged if str(one.get("@language", "")).lower().startswith("en")]
    return english or values


def _shown(value: object) -> str:
    """A value as a cell: nothing for null, whole numbers without a point."""
    if value is None or isinstance(value, (dict, list)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    try:
        return str(value)
    except ValueError:  # a number of more digits than Python writes
        return ""
