"""Sheets of an OpenDocument workbook (.ods) -> records, row by row."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cmh_graph.align.files.limits import LONGEST_CELL, MOST_COLUMNS, MOST_ROWS, MOST_SHEETS
from cmh_graph.align.files.markup import hear
from cmh_graph.align.files.packed import Budget, damaged, member_pieces, open_packed
from cmh_graph.align.tables.rows import Record, Records
from cmh_graph.align.tables.sheets import UNSAVED, Sheet, Walk, cell_text, record_of
from cmh_graph.align.tables.title_rows import too_many_rows
from cmh_graph.errors import SourceError

_SMALL: Final = 16 << 20  # bytes of the manifest


def open_ods(path: Path) -> tuple[list[Sheet], Walk]:
    """The sheets in the book's order, and how to walk one. Raises SourceError if damaged, locked or hostile."""
    names = _Names()
    budget = Budget(path)
    with open_packed(path) as packed:
        if "META-INF/manifest.xml" in packed.namelist():
            manifest = _Manifest()
            pieces = member_pieces(packed, "META-INF/manifest.xml", path, _SMALL)
            for _ in hear(pieces, manifest, path, "META-INF/manifest.xml"):
                pass
            if manifest.locked:
                raise SourceError(
                    "the file is protected by a password",
                    where=str(path),
                    mend="save a copy without a password",
                )
        for _ in hear(budget.spend(member_pieces(packed, "content.xml", path)), names, path, "content.xml"):
            pass
    if not names.found:
        raise damaged(path, "the file holds no sheet of cells")

    def walk(path: Path, sheet: Sheet, notes: list[str]) -> Records:
        with open_packed(path) as packed:
            listener = _Rows(int(sheet.part))
            pieces = budget.spend(member_pieces(packed, "content.xml", path))
            for _ in hear(pieces, listener, path, "content.xml"):
                for record, times in listener.done:
                    if times > MOST_ROWS:
                        raise too_many_rows(f"{path}, sheet {sheet.name}", MOST_ROWS)
                    for again in range(times):
                        yield Record(record.line + again, record.cells, gaps=record.gaps)
                listener.done.clear()
                if listener.over:
                    break
            if listener.hidden:
                notes.append(f"hidden rows were read as well: {listener.hidden:,}")

    return [Sheet(name, str(n)) for n, name in enumerate(names.found)], walk


def _times(text: str | None, most: int) -> int:
    """How often a row or cell is repeated, as a file says; a file may say any number."""
    return (
        min(max(int(text), 1), most) if text and text.isascii() and text.isdigit() and len(text) < 10 else 1
    )


def _attribute(attributes: Mapping[str, str], name: str) -> str | None:
    return next((value for key, value in attributes.items() if key.rpartition(":")[2] == name), None)


class _Manifest:
    def __init__(self) -> None:
        self.locked = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self.locked = self.locked or name == "encryption-data"

    def text(self, text: str) -> None:
        pass

    def end(self, name: str) -> None:
        pass


class _Names:
    """The names of the sheets; tables inside cells are none."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._inside = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "table":
            if not self._inside and len(self.found) < MOST_SHEETS:
                self.found.append((_attribute(attributes, "name") or "")[:200])
            self._inside += 1

    def text(self, text: str) -> None:
        pass

    def end(self, name: str) -> None:
        self._inside -= name == "table"


class _Rows:
    """The rows of one sheet, by its place among the sheets: (row, times) into `done` as they end."""

    def __init__(self, sheet: int) -> None:
        self.done: list[tuple[Record, int]] = []
        self.hidden = 0
        self.over = False
        self._sheet = sheet
        self._tables = 0  # open ones
        self._seen = -1
        self._line = 1
        self._repeated = 1
        self._cells: dict[int, str] = {}
        self._gaps: dict[int, str] = {}
        self._place = 0
        self._beyond = False
        self._columns = 1
        self._parts: list[str] = []
        self._size = 0
        self._paragraphs = 0
        self._cell = False
        self._aside = 0
        self._value: str | None = None
        self._formula = False

    @property
    def _here(self) -> bool:
        return self._tables == 1 and self._seen == self._sheet

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "table":
            self._tables += 1
            if self._tables == 1:
                self._seen += 1
                self._line = 1
        if not self._here:
            return
        if name == "table-row":
            self._repeated = _times(_attribute(attributes, "number-rows-repeated"), 1 << 24)
            self._cells, self._gaps, self._place, self._beyond = {}, {}, 0, False
            if _attribute(attributes, "visibility") in {"collapse", "filter"}:
                self.hidden += self._repeated if self._repeated < MOST_ROWS else 0
        elif name in {"table-cell", "covered-table-cell"}:
            self._columns = _times(_attribute(attributes, "number-columns-repeated"), 1 << 24)
            self._parts, self._size, self._paragraphs = [], 0, 0
            self._cell = True
            date = _attribute(attributes, "date-value")
            self._value = date[:10] if date else _attribute(attributes, "value")
            self._formula = _attribute(attributes, "formula") is not None
        elif name == "annotation":  # a comment on the cell
            self._aside += 1
        elif name == "p" and self._cell and not self._aside:
            self._paragraphs += 1
            if self._paragraphs > 1:
                self.text("\n")
        elif name in {"s", "tab", "line-break"} and self._cell and not self._aside:
            self.text(" ")

    def text(self, text: str) -> None:
        if self._cell and not self._aside and self._paragraphs and self._size < LONGEST_CELL:
            self._parts.append(text[: LONGEST_CELL - self._size])
            self._size += len(text)

    def end(self, name: str) -> None:
        if name == "table":
            self.over = self.over or self._here
            self._tables -= 1
        if not self._here:
            return
        if name == "annotation":
            self._aside -= 1
        elif name in {"table-cell", "covered-table-cell"}:
            self._end_cell()
        elif name == "table-row":
            if self._cells or self._gaps or self._beyond:
                self.done.append((record_of(self._line, self._cells, self._gaps), self._repeated))
            self._line += self._repeated

    def _end_cell(self) -> None:
        text = cell_text("".join(self._parts)) or self._value or ""
        if not text.strip() and self._formula and self._place < MOST_COLUMNS:
            self._gaps[self._place] = UNSAVED
        elif text.strip():
            self._beyond = self._beyond or self._place >= MOST_COLUMNS
            for place in range(self._place, min(self._place + self._columns, MOST_COLUMNS)):
                self._cells[place] = text
        self._place += self._columns
        self._cell = False
