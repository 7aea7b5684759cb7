"""A workbook that came back -> its sheets of rows, each cell with its address. The file is a stranger's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cmh_graph.align.files.kinds import kind_of, start_of
from cmh_graph.align.files.markup import hear
from cmh_graph.align.files.packed import member_pieces, open_packed
from cmh_graph.align.tables.rows import Record
from cmh_graph.align.tables.sheets import Sheet as FoundSheet
from cmh_graph.align.tables.xlsx import open_xlsx
from cmh_graph.errors import SourceError

MOST_ROWS: Final = 20_000  # rows of a sheet that hold something
MOST_TEXT: Final = 20_000_000  # characters of all cells
MOST_SHEETS: Final = 100
_MOST_MERGES: Final = 10_000
_MOST_TAGS: Final = 100_000  # rows of a sheet with nothing in them but a format, too
_SHEET_BYTES: Final = 200 << 20  # unpacked
_SAVE: Final = "save the workbook as .xlsx and try again"
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_AREA: Final = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7}):\$?([A-Z]{1,3})\$?(\d{1,7})")


@dataclass(slots=True)
class Row:
    """line: as the spreadsheet numbers it. cells: place, from 0 -> text. gaps: place -> why the cell holds nothing.

    dates: places whose cell the spreadsheet took for a date."""

    line: int
    cells: dict[int, str]
    gaps: dict[int, str] = field(default_factory=dict)
    dates: frozenset[int] = frozenset()
    merged: dict[int, str] = field(default_factory=dict)


@dataclass(slots=True)
class Page:
    """A sheet as found. hidden_rows: read like the others."""

    name: str
    rows: list[Row]
    hidden: bool = False
    hidden_rows: int = 0


def read_pages(path: Path) -> list[Page]:
    """The sheets of a workbook in their order; what is hidden is read as well.

    A cell merged down a column counts for each of its rows; one merged across columns holds what its first
    cell holds, and the
    others say so in `merged`. Of a formula the saved value is read. Raises SourceError for another kind of
    file, one that
    is damaged, locked or hostile, or that holds more than a workbook of ours could."""
    start = start_of(path, _SAVE)
    kind = kind_of(path, start, _SAVE)
    if kind != "xlsx":
        named = {"ods": "an OpenDocument workbook (.ods)", "text": "a text or CSV file"}.get(
            kind, f"a file of the kind {kind}"
        )
        raise SourceError(f"this is {named}, not an Excel workbook", where=str(path), mend=_SAVE)
    found, walk = open_xlsx(path)
    if len(found) > MOST_SHEETS:
        raise SourceError(
            f"the workbook has more than {MOST_SHEETS} sheets",
            where=str(path),
            mend="keep the sheets of the export only",
        )
    pages, left = [], MOST_TEXT
    for sheet in found:
        about = _look(path, sheet)
        notes: list[str] = []
        rows: list[Row] = []
        for record in walk(path, sheet, notes):
            if record.blank:
                continue
            left -= sum(map(len, record.cells))
            if len(rows) >= MOST_ROWS or left < 0:
                raise _too_much(path, sheet)
            rows.append(_row(record, about))
        _spread(rows, about.merges)
        hidden = sum(about.hidden(row.line) for row in rows)
        pages.append(Page(sheet.name, rows, sheet.hidden, hidden))
    return pages


def _row(record: Record, about: _About) -> Row:
    cells = {place: text for place, text in enumerate(record.cells) if text.strip()}
    dates = frozenset(
        place
        for place, text in cells.items()
        if (record.line, place) in about.numbers and _DAY.fullmatch(text)
    )
    return Row(record.line, cells, dict(record.gaps), dates)


def _spread(rows: list[Row], merges: list[tuple[int, int, int, int]]) -> None:
    """Give the cells of merged areas what people see in them."""
    by_line = {row.line: row for row in rows}
    for top, left, bottom, right in merges:
        first = by_line.get(top)
        text = first.cells.get(left, "") if first else ""
        area = f"{address(left, top)}:{address(right, bottom)}"
        for line in [line for line in by_line if top <= line <= bottom]:
            row = by_line[line]
            if left == right:
                if line != top and text:
                    row.cells[left] = text
            else:
                for place in range(left, right + 1):
                    if (line, place) != (top, left):
                        row.merged[place] = area


class _About:
    """What the reader of rows does not tell of a sheet: merged areas, hidden rows, cells that hold numbers."""

    def __init__(self) -> None:
        self.merges: list[tuple[int, int, int, int]] = []
        self.numbers: set[tuple[int, int]] = set()
        self.rows = 0
        self._hidden: set[int] = set()
        self._line = 0
        self._place = -1

    def hidden(self, line: int) -> bool:
        return line in self._hidden

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "row":
            self.rows += 1
            number = attributes.get("r", "")
            self._line = max(
                self._line + 1,
                int(number) if number.isascii() and number.isdigit() and len(number) < 9 else 0,
            )
            self._place = -1
            if attributes.get("hidden") in {"1", "true"} and self._line > 1 and len(self._hidden) < MOST_ROWS:
                self._hidden.add(self._line)
        elif name == "c":
            found = re.fullmatch(r"([A-Z]{1,3})[0-9]{1,7}", attributes.get("r", ""))
            self._place = place_of(found[1]) if found else self._place + 1
            if (
                attributes.get("t", "n") in {"n", "d"}
                and attributes.get("s", "0") != "0"
                and len(self.numbers) < 1_000_000
            ):
                self.numbers.add((self._line, self._place))
        elif name == "mergeCell" and len(self.merges) < _MOST_MERGES:
            area = _AREA.fullmatch(attributes.get("ref", ""))
            if area:
                self.merges.append((int(area[2]), place_of(area[1]), int(area[4]), place_of(area[3])))

    def text(self, text: str) -> None:
        pass

    def end(self, name: str) -> None:
        pass


def _look(path: Path, sheet: FoundSheet) -> _About:
    about = _About()
    with open_packed(path) as packed:
        for _ in hear(member_pieces(packed, sheet.part, path, _SHEET_BYTES), about, path, sheet.part):
            if about.rows > _MOST_TAGS:
                raise _too_much(path, sheet)
    return about


def _too_much(path: Path, sheet: FoundSheet) -> SourceError:
    return SourceError(
        f"the sheet holds more than {MOST_ROWS:,} rows or {MOST_TEXT:,} characters",
        where=f"{path}, sheet {sheet.name}",
        mend="give the workbook that was exported, without other lists",
    )


def place_of(letters: str) -> int:
    """The place of a column, from 0: A is 0, AA is 26."""
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place - 1


def address(place: int, line: int) -> str:
    """The address of a cell: (0, 5) is A5."""
    letters, number = "", place + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{line}"
