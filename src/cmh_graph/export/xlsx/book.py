"""The rows -> an .xlsx file: one sheet after another, with frozen headings, filters and widths."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from copy import copy
from math import ceil
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, NamedStyle, PatternFill
from openpyxl.utils import get_column_letter

from cmh_graph.align.cells import FORMULA_STARTS
from cmh_graph.export.edition import Edition
from cmh_graph.export.xlsx.notes import NAME, notes
from cmh_graph.export.xlsx.rows import Row
from cmh_graph.export.xlsx.sheet import Column, Sheet, Sort
from cmh_graph.export.xlsx.sheets import IDENTIFIER, SHEETS, STATUS

_ZIP_DAY: Final = (1980, 1, 1, 0, 0, 0)  # the first day that a zip knows
_SHADE: Final = PatternFill("solid", fgColor="FFF4D1")
_TOP: Final = Alignment(vertical="top", wrap_text=True)
_INFERRED: Final = "inferred"
_PAGE: Final = 320  # characters that a page of A3 shows side by side
_LETTERS: Final = 1.15  # letters of our texts for each unit of a column's width, which is that of a digit
_TALLEST: Final = 300.0  # points; Excel allows 409
_LINKS: Final = 60_000  # a sheet may hold 65,530
_WEB: Final = re.compile(r"https?://[^\s\"<>]+")


def workbook(edition: Edition, rows: Mapping[str, Sequence[Row]]) -> bytes:
    """The file, the same bytes for the same rows. Texts are texts, so none is ever a formula.

    A text that would become one when a person edits its cell is marked as quoted."""
    book = Workbook(write_only=True)
    book.cmh_styles = {}
    for style in _styles():
        book.add_named_style(style)
    _notes(book, edition, rows)
    for sheet in SHEETS:
        _sheet(book, sheet, rows[sheet.name])
    day = datetime.datetime.fromisoformat(edition.issued)
    book.properties.creator = "cmh_graph"
    book.properties.title = "Community mental health roles"
    book.properties.created = book.properties.modified = day
    packed = io.BytesIO()
    book.save(packed)
    return _settled(packed.getvalue(), day)


def _styles() -> list[NamedStyle]:
    plain, grey = Font(name="Arial", size=10), Font(name="Arial", size=8, color="768692")
    link = Font(name="Arial", size=10, color="005EB8", underline="single")
    head = Alignment(vertical="center", wrap_text=True)
    colours = {sheet.colour for sheet in SHEETS}
    return [
        NamedStyle("cmh text", font=plain, alignment=_TOP, number_format="@"),
        NamedStyle("cmh line", font=plain),
        NamedStyle("cmh name", font=Font(name="Arial", size=10, bold=True), alignment=_TOP),
        NamedStyle("cmh number", font=plain, alignment=_TOP, number_format="#,##0"),
        NamedStyle("cmh date", font=plain, alignment=_TOP, number_format="yyyy-mm-dd"),
        NamedStyle("cmh link", font=link, alignment=_TOP),
        NamedStyle("cmh grey", font=grey, alignment=Alignment(vertical="top")),
        NamedStyle("cmh shaded", font=plain, alignment=_TOP, fill=_SHADE),
        NamedStyle("cmh title", font=Font(name="Arial", size=18, bold=True, color="005EB8")),
        NamedStyle(
            "cmh heading", font=Font(name="Arial", size=12, bold=True, color="003087"), alignment=_TOP
        ),
        *(
            NamedStyle(
                f"cmh head {colour}",
                font=Font(name="Arial", size=10, bold=True, color="FFFFFF"),
                fill=PatternFill("solid", fgColor=colour),
                alignment=head,
            )
            for colour in sorted({*colours, "768692"})
        ),
    ]


def _cell(page: Any, value: str | int | datetime.date, style: str) -> Any:
    cell = WriteOnlyCell(page, value)
    # Naming the style of every cell would take half of the time.
    if (known := page.parent.cmh_styles.get(style)) is None:
        cell.style = style
        page.parent.cmh_styles[style] = cell._style
    else:
        cell._style = known
    if isinstance(value, str):
        cell.data_type = "s"  # openpyxl makes a formula of a text that starts with "="
        if value.startswith(FORMULA_STARTS):
            cell._style = copy(cell._style)
            cell.quotePrefix = True
    return cell


def _notes(book: Workbook, edition: Edition, rows: Mapping[str, Sequence[Row]]) -> None:
    page = book.create_sheet(NAME)
    page.sheet_view.showGridLines = False
    for letter, width in zip("ABC", (34, 100, 10), strict=True):
        page.column_dimensions[letter].width = width
    _print(page)
    for style, left, right, number in notes(edition, rows):
        name = {"line": "cmh text", _INFERRED: "cmh shaded"}.get(style, f"cmh {style}")
        if style == "title":
            page.append([_cell(page, left, name)])
            continue
        first = name if style != "line" else "cmh name" if right else "cmh line"
        cells = [_cell(page, left, first), _cell(page, right, name)]
        if number is not None:
            cells.append(_cell(page, number, "cmh number"))
        page.append(cells)


def _sheet(book: Workbook, sheet: Sheet, rows: Sequence[Row]) -> None:
    page = book.create_sheet(sheet.name)
    page.sheet_properties.tabColor = sheet.colour
    page.freeze_panes = "B2"
    last = get_column_letter(len(sheet.columns) + 1)
    page.auto_filter.ref = f"A1:{last}{len(rows) + 1}"
    for number, column in enumerate(sheet.columns, 1):
        page.column_dimensions[get_column_letter(number)].width = column.width
    page.column_dimensions[last].width = 30
    page.row_dimensions[1].height = 32
    _print(page, ceil(sum(column.width for column in sheet.columns) / _PAGE))
    page.print_title_rows, page.print_title_cols = "1:1", "A:A"
    page.print_area = f"A1:{get_column_letter(len(sheet.columns))}{len(rows) + 1}"
    page.append(
        [
            _cell(page, column.heading, f"cmh head {sheet.colour if column.is_read else '768692'}")
            for column in sheet.columns
        ]
        + [_cell(page, IDENTIFIER, "cmh head 768692")]
    )
    links = 0
    for line, row in enumerate(rows, 2):
        page.row_dimensions[line].height = _height(sheet, row)
        cells = []
        for number, column in enumerate(sheet.columns):
            cell = _filled(page, column, row, is_first=number == 0)
            if column.sort is Sort.ADDRESS and cell and links < _LINKS and _WEB.fullmatch(cell.value):
                address, cell, links = cell.value, _cell(page, cell.value, "cmh link"), links + 1
                cell.hyperlink = address
            cells.append(cell)
        page.append([*cells, _cell(page, row.subject, "cmh grey")])


def _filled(page: Any, column: Column, row: Row, *, is_first: bool) -> Any:
    values = row.cells[column.heading]
    is_judged = (column.is_read and not column.about and column.property in row.inferred) or (
        column.heading == STATUS and any(value.shown == _INFERRED for value in values)
    )
    style = "cmh shaded" if is_judged and values else "cmh name" if is_first else "cmh text"
    if len(values) == 1 and column.sort is Sort.NUMBER:
        return _cell(page, int(values[0].shown), style if is_judged else "cmh number")
    if len(values) == 1 and column.sort is Sort.DATE and (day := _day(values[0].shown)):
        return _cell(page, day, "cmh date")
    text = "\n".join(value.shown for value in values)
    return _cell(page, text, style) if text else None


def _height(sheet: Sheet, row: Row) -> float:
    """The height of a row in points, for its fullest cell: not every program works it out by itself."""
    most = max(
        sum(ceil((len(value.shown) + 1) / (column.width * _LETTERS)) for value in row.cells[column.heading])
        for column in sheet.columns
    )
    return min(max(most, 1) * 12.75 + 2.25, _TALLEST)


def _day(text: str) -> datetime.date | None:
    """The day of a text that a workbook gives back as it is; Excel knows none before 1900."""
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text and day.year > 1900 else None


def _print(page: Any, pages: int = 1) -> None:
    """On A3 across, as many pages side by side as keep the letters readable."""
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = 8
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = pages, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True


def _settled(data: bytes, day: datetime.datetime) -> bytes:
    """The same file without the time at which it was written, which openpyxl puts into the zip and the properties."""
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
            about = zipfile.ZipInfo(name, _ZIP_DAY)
            about.compress_type = zipfile.ZIP_DEFLATED
            about.external_attr = 0o600 << 16
            written.writestr(about, part)
    return output.getvalue()
