"""Sheets of an Excel workbook (.xlsx, .xlsm) -> records, row by row."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cmh_graph.align.files.limits import (
    LONGEST_CELL,
    MOST_COLUMNS,
    MOST_ROWS,
    MOST_SHARED_STRINGS,
    MOST_SHEETS,
    MOST_STRINGS,
)
from cmh_graph.align.files.markup import hear
from cmh_graph.align.files.packed import Budget, damaged, member_pieces, open_packed
from cmh_graph.align.tables.rows import Record, Records
from cmh_graph.align.tables.sheets import UNSAVED, Sheet, Walk, cell_text, record_of
from cmh_graph.align.tables.title_rows import too_many_rows
from cmh_graph.errors import SourceError

_SMALL: Final = 16 << 20  # bytes of the list of sheets, and of the styles
_COUNTED: Final = 16 << 20  # bytes of a sheet from which on its rows are counted first
_ROW: Final = re.compile(rb"<(?:\w+:)?row[\s>]")
_REFERENCE: Final = re.compile(r"([A-Z]{1,3})[0-9]{1,7}")
#: Number formats that are dates by their number alone (ECMA-376, 18.8.30).
_DATES: Final = frozenset({*range(14, 18), 22, *range(27, 37), *range(50, 59)})


@dataclass(frozen=True, slots=True)
class _Styles:
    dates: frozenset[int]
    from_1904: bool


def open_xlsx(path: Path) -> tuple[list[Sheet], Walk]:
    """The sheets in the book's order, and how to walk one. Texts and styles are read once, at the first walk.

    Raises SourceError if the book is damaged, locked or hostile."""
    with open_packed(path) as packed:
        book = _Book()
        name = _main_part(packed, path)
        _read(packed, name, book, path)
        targets = _Targets()
        folder, _, file = name.rpartition("/")
        _read(packed, _existing(packed, f"{folder}/_rels/{file}.rels", path), targets, path)
        members = set(packed.namelist())
    found = []
    for title, relation, hidden in book.sheets:
        target = targets.parts.get(relation, "")
        part = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"{folder}/{target}")
        if part in members and relation in targets.worksheets:
            found.append(Sheet(title, part, hidden))
    if not found:
        raise damaged(path, "the workbook has no sheet of cells")
    budget = Budget(path)
    held: list[tuple[list[str], _Styles]] = []

    def walk(path: Path, sheet: Sheet, notes: list[str]) -> Records:
        with open_packed(path) as packed:
            if packed.getinfo(sheet.part).file_size > _COUNTED:
                _count_rows(packed, sheet.part, path)
            if not held:
                dates = _StyleReader()
                if "xl/styles.xml" in packed.namelist():
                    _read(packed, "xl/styles.xml", dates, path)
                held.append((_shared_strings(packed, path), _Styles(frozenset(dates.dates), book.from_1904)))
            listener = _Rows(*held[0])
            pieces = budget.spend(member_pieces(packed, sheet.part, path))
            for _ in hear(pieces, listener, path, sheet.part):
                yield from listener.done
                listener.done.clear()
                if listener.rows > 2 * MOST_ROWS:
                    raise too_many_rows(f"{path}, sheet {sheet.name}", MOST_ROWS)
            if listener.hidden:
                notes.append(f"hidden rows were read as well: {listener.hidden:,}")

    return found, walk


def _existing(packed: zipfile.ZipFile, name: str, path: Path) -> str:
    """The part by its usual name, whatever its case."""
    found = next((one for one in packed.namelist() if one.lower() == name.lower()), None)
    if found is None:
        raise damaged(path, f"the file is damaged: it has no part {name!r}")
    return found


def _main_part(packed: zipfile.ZipFile, path: Path) -> str:
    """The list of sheets: xl/workbook.xml, or where the file itself says, as files from the web do."""
    root = _Targets()
    if "_rels/.rels" in packed.namelist():
        _read(packed, "_rels/.rels", root, path)
    said = root.main.lstrip("/")
    return _existing(packed, said if said in packed.namelist() else "xl/workbook.xml", path)


def _read(packed: zipfile.ZipFile, name: str, listener: _Book | _Targets | _StyleReader, path: Path) -> None:
    for _ in hear(member_pieces(packed, name, path, _SMALL), listener, path, name):
        pass


def _count_rows(packed: zipfile.ZipFile, part: str, path: Path) -> None:
    """Raise SourceError early, before the first row is handed out, if a sheet has too many."""
    rows, rest = 0, b""
    for piece in member_pieces(packed, part, path):
        piece = rest + piece
        # The end is looked at again with the next piece, so that a tag on the border counts once.
        cut = max(piece.rfind(b"<"), 0)
        piece, rest = (piece[:cut], piece[cut:]) if len(piece) - cut < 64 else (piece, b"")
        rows += sum(1 for _ in _ROW.finditer(piece))
        if rows > MOST_ROWS + 1:
            raise too_many_rows(f"{path}, part {part}", MOST_ROWS)


class _Book:
    """xl/workbook.xml: (name, id of the relation, hidden) of each sheet."""

    def __init__(self) -> None:
        self.sheets: list[tuple[str, str, bool]] = []
        self.from_1904 = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "sheet" and len(self.sheets) < MOST_SHEETS:
            relation = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            hidden = attributes.get("state", "visible") != "visible"
            self.sheets.append((attributes.get("name", "")[:200], relation, hidden))
        elif name == "workbookPr":
            self.from_1904 = attributes.get("date1904", "0") in {"1", "true"}

    def text(self, text: str) -> None:
        pass

    def end(self, name: str) -> None:
        pass


class _Targets:
    """The relations of the book: id -> part. What lies outside the file is left out."""

    def __init__(self) -> None:
        self.parts: dict[str, str] = {}
        self.worksheets: set[str] = set()
        self.main = ""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if (
            name == "Relationship"
            and attributes.get("TargetMode") != "External"
            and len(self.parts) < 10 * MOST_SHEETS
        ):
            self.parts[attributes.get("Id", "")] = attributes.get("Target", "")
            if attributes.get("Type", "").endswith("/worksheet"):
                self.worksheets.add(attributes.get("Id", ""))
            elif attributes.get("Type", "").endswith("/officeDocument"):
                self.main = attributes.get("Target", "")

    def text(self, text: str) -> None:
        pass

    def end(self, name: str) -> None:
        pass


class _StyleReader:
    """xl/styles.xml: which styles of cells show a date."""

    def __init__(self) -> None:
        self.dates: set[int] = set()
        self._formats: set[int] = set(_DATES)
        self._inside = False
        self._number = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "numFmt":
            # Colours, conditions and quoted text apart, a format with a day or a year is a date.
            bare = re.sub(r'"[^"]*"|\[[^\]]*\]|\\.', "", attributes.get("formatCode", "")[:1000])
            if re.search(r"[dy]", bare, re.I):
                self._formats.add(_whole(attributes.get("numFmtId")))
        elif name == "cellXfs":
            self._inside = True
        elif name == "xf" and self._inside:
            if _whole(attributes.get("numFmtId")) in self._formats:
                self.dates.add(self._number)
            self._number += 1

    def text(self, text: str) -> None:
        pass

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._inside = False


def _whole(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


class _Strings:
    """xl/sharedStrings.xml: the texts that cells point to. Readings of Asian signs (rPh) are left out."""

    def __init__(self, path: Path) -> None:
        self.found: list[str] = []
        self._path = path
        self._parts: list[str] = []
        self._size = 0
        self._heard = False
        self._aside = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "si":
            self._parts, self._size = [], 0
        elif name == "rPh":
            self._aside += 1
        self._heard = name == "t" and not self._aside

    def text(self, text: str) -> None:
        if self._heard and self._size < LONGEST_CELL:
            self._parts.append(text[: LONGEST_CELL - self._size])
            self._size += len(text)

    def end(self, name: str) -> None:
        self._heard = False
        if name == "rPh":
            self._aside -= 1
        elif name == "si":
            if len(self.found) >= MOST_STRINGS:
                raise SourceError(
                    f"the workbook has more than {MOST_STRINGS:,} different texts",
                    where=str(self._path),
                    mend="keep only the sheet with the titles, or save it as .csv",
                )
            self.found.append("".join(self._parts))


def _shared_strings(packed: zipfile.ZipFile, path: Path) -> list[str]:
    name = next((one for one in packed.namelist() if one.lower() == "xl/sharedstrings.xml"), None)
    if name is None:
        return []
    listener = _Strings(path)
    for _ in hear(member_pieces(packed, name, path, MOST_SHARED_STRINGS), listener, path, name):
        pass
    return listener.found


class _Rows:
    """A worksheet: rows into `done` as they end."""

    def __init__(self, strings: list[str], styles: _Styles) -> None:
        self.done: list[Record] = []
        self.hidden = self.rows = 0
        self._strings, self._styles = strings, styles
        self._line = 0
        self._cells: dict[int, str] = {}
        self._gaps: dict[int, str] = {}
        self._place = -1
        self._beyond = False
        self._kind = ""
        self._style = -1
        self._formula = False
        self._parts: list[str] = []
        self._size = 0
        self._heard = False
        self._aside = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "c":
            self._start_cell(attributes)
        elif name == "row":
            self.rows += 1
            # The number is only believed where it does not go back.
            self._line = max(self._line + 1, _whole(attributes.get("r")))
            self._cells, self._gaps, self._place, self._beyond = {}, {}, -1, False
            self.hidden += attributes.get("hidden") in {"1", "true"}
        elif name == "f":
            self._formula = True
        elif name == "rPh":
            self._aside += 1
        self._heard = name in {"v", "t"} and not self._aside

    def _start_cell(self, attributes: Mapping[str, str]) -> None:
        reference = _REFERENCE.fullmatch(attributes.get("r", ""))
        self._place += 1
        if reference:
            place = 0
            for letter in reference[1]:
                place = place * 26 + ord(letter) - 64
            self._place = place - 1
        self._kind = attributes.get("t", "n")
        self._style = _whole(attributes.get("s"))
        self._formula, self._parts, self._size = False, [], 0

    def text(self, text: str) -> None:
        if self._heard and self._size < LONGEST_CELL:
            self._parts.append(text[: LONGEST_CELL - self._size])
            self._size += len(text)

    def end(self, name: str) -> None:
        self._heard = False
        if name == "rPh":
            self._aside -= 1
        elif name == "c":
            text = self._shown("".join(self._parts))
            if self._place >= MOST_COLUMNS:
                self._beyond = self._beyond or bool(text)
            elif text:
                self._cells[self._place] = text
            elif self._formula and self._kind != "str":
                self._gaps[self._place] = UNSAVED
        elif name == "row" and (self._cells or self._gaps or self._beyond):
            self.done.append(record_of(self._line, self._cells, self._gaps))

    def _shown(self, text: str) -> str:
        """What the cell shows: a shared text by its number, a number as written, a date as year-month-day."""
        if self._kind == "s":
            number = _whole(text.strip()) if text.strip().isdigit() else -1
            return self._strings[number] if 0 <= number < len(self._strings) else ""
        if self._kind == "b":
            return {"1": "TRUE", "0": "FALSE"}.get(text.strip(), text)
        if self._kind == "n" and text:
            return self._number(text.strip())
        return cell_text(text)

    def _number(self, text: str) -> str:
        try:
            value = float(text)
        except ValueError:
            return cell_text(text)
        if self._style in self._styles.dates and 0 < value < 2_958_466:
            first = datetime(1904, 1, 1) if self._styles.from_1904 else datetime(1899, 12, 30)
            return (first + timedelta(days=int(value))).date().isoformat()
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else text
