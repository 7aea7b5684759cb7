"""The framework's content -> the workbook, as the bytes of an .xlsx file."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from cmh_graph.namespaces import PREFIXES, key_of
from cmh_graph.store import Literal, NamedNode
from cmh_graph.workbook.cells import Cells
from cmh_graph.workbook.columns import Column, Sheet
from cmh_graph.workbook.content import TYPE, Content
from cmh_graph.workbook.guide import GUIDE, GUIDE_SHEET
from cmh_graph.workbook.layout import SHEETS
from cmh_graph.workbook.marks import FIRST_ROW, HEADINGS_ROW, STAMP, STAMP_HEADING, mark_of, stamp
from cmh_graph.workbook.words import fits_a_cell, guarded

WORDS_SHEET: Final = "Statuses and words"
CHOICES_SHEET: Final = "Choices"
#: Rows below the last thing that get the format and the lists as well, for new rows.
_SPARE: Final = 200
_TALLEST: Final = 165.0  # points
_DAY: Final = datetime(1980, 1, 1)  # the first day that a zip knows

_HEAD: Final = {
    "key": "5B6770",
    "identity": "5B6770",
    "content": "005EB8",
    "says": "00695C",
    "retire": "7C2855",
}
_SHADE: Final = PatternFill("solid", fgColor="E8EDEE")
_LINE: Final = Border(bottom=Side("hair", color="AAB7BD"))


def workbook_bytes(content: Content) -> bytes:
    """The whole workbook; the same content gives the same bytes.

    Texts are written as texts, guarded against being taken for a formula. Raises nothing of its own."""
    cells = Cells(content)
    book = Workbook(write_only=True)
    for style in _styles():
        book.add_named_style(style)
    _guide(book, content)
    choices = _Choices(cells)
    for sheet in SHEETS:
        _sheet(book, sheet, content, cells, choices)
    _words(book, content)
    _choices(book, choices)
    day = datetime.fromisoformat(content.issued) if content.issued else _DAY
    book.properties.creator = "cmh_graph"
    book.properties.title = "Community mental health roles: the owner's workbook"
    book.properties.created = book.properties.modified = day
    packed = io.BytesIO()
    book.save(packed)
    return _settled(packed.getvalue(), day)


def _settled(data: bytes, day: datetime) -> bytes:
    """The same workbook without the time at which it was written: openpyxl puts it into the zip and the properties."""
    output = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as packed,
        zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as written,
    ):
        for name in packed.namelist():
            part = packed.read(name)
            if name == "docProps/core.xml":
                when = day.strftime("%Y-%m-%dT00:00:00Z").encode()
                part = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + when, part)
            about = zipfile.ZipInfo(name, _DAY.timetuple()[:6])
            about.compress_type = zipfile.ZIP_DEFLATED
            about.external_attr = 0o600 << 16
            written.writestr(about, part)
    return output.getvalue()


def _styles() -> Iterator[NamedStyle]:
    top = Alignment(vertical="top", wrap_text=True)
    plain = Font(name="Arial", size=10)
    yield NamedStyle("wb text", font=plain, alignment=top, border=_LINE, number_format="@")
    yield NamedStyle("wb number", font=plain, alignment=top, border=_LINE, number_format="0")
    yield NamedStyle(
        "wb fixed",
        font=Font(name="Arial", size=10, color="425563"),
        alignment=top,
        border=_LINE,
        fill=_SHADE,
        number_format="@",
    )
    yield NamedStyle("wb hidden", font=Font(name="Arial", size=8, color="768692"), number_format="@")
    yield NamedStyle("wb title", font=Font(name="Arial", size=16, bold=True, color="005EB8"), alignment=top)
    yield NamedStyle("wb heading", font=Font(name="Arial", size=12, bold=True, color="003087"), alignment=top)
    for part, colour in _HEAD.items():
        yield NamedStyle(
            f"wb head {part}",
            font=Font(name="Arial", size=10, bold=True, color="FFFFFF"),
            fill=PatternFill("solid", fgColor=colour),
            alignment=Alignment(vertical="center", wrap_text=True),
        )


def _cell(page: Any, value: str | int | None, style: str) -> Any:
    cell = WriteOnlyCell(page, value=None)
    if isinstance(value, int):
        cell.value = value
    elif value:
        # The type is set by hand: openpyxl takes a text that starts with "=" for a formula.
        cell.value, cell.data_type = guarded(value), "s"
    cell.style = style
    return cell


class _Choices:
    """The lists behind the dropdowns: (kinds, by key) -> where on the sheet of choices they stand."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self.lists: dict[object, list[str]] = {}

    def range(self, column: Column) -> str:
        """The cells to choose from; "" for a column without a list."""
        if column.many:
            return ""
        if column.kind == "yes":
            key, words = ("yes",), ["yes", "no"]
        elif column.kind == "type":
            key, words = ("type", column.options), [word for word, _ in column.options]  # type: ignore[assignment]
        elif column.kind == "link":
            key = (column.of, column.shown)  # type: ignore[assignment]
            words = self.lists.get(key) or self._cells.names.of(column.of, column.shown == "key").words()
        else:
            return ""
        self.lists.setdefault(key, words)
        letter = get_column_letter(list(self.lists).index(key) + 1)
        return f"'{CHOICES_SHEET}'!${letter}$1:${letter}${max(len(words), 1)}"


def _sheet(book: Workbook, sheet: Sheet, content: Content, cells: Cells, choices: _Choices) -> None:
    page: Any = book.create_sheet(sheet.name)
    things = list(content.of_sheet(sheet))
    last = HEADINGS_ROW + len(things)
    width = len(sheet.columns) + 1
    for place, column in enumerate(sheet.columns, start=1):
        page.column_dimensions[get_column_letter(place)].width = column.width
    page.column_dimensions[get_column_letter(width)].width = 4
    page.column_dimensions[get_column_letter(width)].hidden = True
    page.row_dimensions[1].hidden = True
    page.row_dimensions[HEADINGS_ROW].height = 42
    named = next((place for place, one in enumerate(sheet.columns[:3], start=1) if one.kind == "name"), 2)
    page.freeze_panes = f"{get_column_letter(named + 1)}{FIRST_ROW}"
    page.auto_filter.ref = f"A{HEADINGS_ROW}:{get_column_letter(width - 1)}{max(last, HEADINGS_ROW + 1)}"
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", 8
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.print_title_rows = f"{HEADINGS_ROW}:{HEADINGS_ROW}"
    for place, column in enumerate(sheet.columns, start=1):
        _guide_column(page, sheet, column, get_column_letter(place), last + _SPARE, choices)
    page.append(
        [
            *(_cell(page, mark_of(sheet, one), "wb hidden") for one in sheet.columns),
            _cell(page, mark_of(sheet, STAMP), "wb hidden"),
        ]
    )
    page.append(
        [
            *(_cell(page, one.heading, f"wb head {one.part}") for one in sheet.columns),
            _cell(page, STAMP_HEADING, "wb hidden"),
        ]
    )
    for number, thing in enumerate(things, start=FIRST_ROW):
        texts = [cells.text(sheet, column, thing) for column in sheet.columns]
        lines = max(_lines(text, column.width) for text, column in zip(texts, sheet.columns, strict=True))
        page.row_dimensions[number].height = min(_height(lines), _TALLEST)
        stated = {one.id: cells.stated(one, thing) for one in sheet.columns if one.part != "key"}
        page.append(
            [
                *(_value(page, column, text) for column, text in zip(sheet.columns, texts, strict=True)),
                _cell(page, stamp(stated), "wb hidden"),
            ]
        )


def _lines(text: str, width: int) -> int:
    """How many lines a text takes in a column, roughly: nobody but the spreadsheet program knows its letters."""
    return sum(1 + int(0.98 * len(line)) // width for line in text.split("\n"))


def _height(lines: int) -> float:
    return 3.0 + 13.2 * lines


def _value(page: Any, column: Column, text: str) -> Any:
    if column.part in {"key", "identity"}:
        return _cell(page, text, "wb fixed")
    if column.kind == "whole":
        return _cell(page, int(text) if text else None, "wb number")
    return _cell(page, text, "wb text")


def _guide_column(page: Any, sheet: Sheet, column: Column, letter: str, last: int, choices: _Choices) -> None:
    """The dropdown and the hint of a column. A dropdown warns and lets pass: what is typed is judged at the import."""
    listed = choices.range(column)
    rule = DataValidation(type="list", formula1=listed) if listed else DataValidation()
    rule.allow_blank = True
    if listed:
        rule.showErrorMessage, rule.errorStyle = True, "warning"
        rule.errorTitle, rule.error = column.heading[:30], "This is not in the list. Keep it all the same?"
    fixed = (
        "This says which row it is: do not change it in a row that exists."
        if column.part == "identity"
        else ""
    )
    hint = " ".join(
        part
        for part in (
            column.help,
            "One a line (Alt+Enter)." if column.many and "line" not in column.help else "",
            fixed,
        )
        if part
    )
    if hint:
        rule.showInputMessage, rule.promptTitle, rule.prompt = True, column.heading[:32], hint[:255]
    if listed or hint:
        rule.add(f"{letter}{FIRST_ROW}:{letter}{last}")
        page.data_validations.append(rule)
    if column.id == "cmh:status":
        amber, green = PatternFill(bgColor="FFE9B8"), PatternFill(bgColor="CDEBD0")
        for word, fill in (("inferred", amber), ("confirmed", green)):
            page.conditional_formatting.add(
                f"{letter}{FIRST_ROW}:{letter}{last}",
                CellIsRule(operator="equal", formula=[f'"{word}"'], fill=fill),
            )


def _guide(book: Workbook, content: Content) -> None:
    page: Any = book.create_sheet(GUIDE_SHEET)
    page.column_dimensions["A"].width = 30
    page.column_dimensions["B"].width = 100
    page.sheet_view.showGridLines = False
    page.page_setup.fitToHeight = 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    for number, (style, first, second) in enumerate(GUIDE, start=1):
        page.row_dimensions[number].height = max(_height(_lines(second, 100)) + 5, 28 if number == 1 else 0)
        page.append(
            [_cell(page, first, style), _cell(page, second.replace("{issued}", content.issued), "wb text")]
        )
    page.append([_cell(page, "The sheets", "wb heading"), _cell(page, "", "wb text")])
    for sheet in SHEETS:
        page.append([_cell(page, sheet.name, "wb text"), _cell(page, sheet.says, "wb text")])
    page.append(
        [
            _cell(page, WORDS_SHEET, "wb text"),
            _cell(page, "The words of the closed lists, and what they mean. For reading only.", "wb text"),
        ]
    )


def _words(book: Workbook, content: Content) -> None:
    page: Any = book.create_sheet(WORDS_SHEET)
    for letter, size in zip("ABCD", (30, 34, 40, 90), strict=True):
        page.column_dimensions[letter].width = size
    page.freeze_panes = "A2"
    rows = []
    for scheme in content.things:
        if NamedNode(PREFIXES["skos"] + "ConceptScheme") in content.values(scheme, TYPE):
            for concept in content.linked.get((PREFIXES["skos"] + "inScheme", scheme), ()):
                if "/vocab/" in concept:
                    means = next(
                        (
                            one.value
                            for one in content.values(concept, PREFIXES["skos"] + "definition")
                            if isinstance(one, Literal)
                        ),
                        "",
                    )
                    rows.append((content.label(scheme), key_of(concept), content.label(concept), means))
    rows.sort(key=lambda row: row[0] != "Statuses of a statement")
    page.auto_filter.ref = f"A1:D{len(rows) + 1}"
    page.append([_cell(page, one, "wb head identity") for one in ("List", "Key", "Name", "What it means")])
    for row in rows:
        page.append([_cell(page, " ".join(one.split()), "wb fixed") for one in row])


def _choices(book: Workbook, choices: _Choices) -> None:
    page: Any = book.create_sheet(CHOICES_SHEET)
    page.sheet_state = "hidden"
    columns = list(choices.lists.values())
    for number in range(max(map(len, columns), default=0)):
        page.append(
            [
                _cell(
                    page,
                    words[number] if number < len(words) and fits_a_cell(words[number]) else None,
                    "wb text",
                )
                for words in columns
            ]
        )
