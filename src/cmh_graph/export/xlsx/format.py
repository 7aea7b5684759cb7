"""The workbook for people as a format: cmh.xlsx, written from an edition and read back."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Iterator, Mapping
from typing import Final

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from cmh_graph.errors import SourceError
from cmh_graph.export.edition import Edition
from cmh_graph.export.format import Files, Format, Written
from cmh_graph.export.xlsx.book import workbook
from cmh_graph.export.xlsx.cells import headings_of, lines, meaning, statements
from cmh_graph.export.xlsx.names import Names
from cmh_graph.export.xlsx.rows import Rows
from cmh_graph.export.xlsx.sheet import Sheet
from cmh_graph.export.xlsx.sheets import IDENTIFIER, LABEL, SHEETS
from cmh_graph.namespaces import CMH, PREFIXES
from cmh_graph.store import Triple

FILE: Final = "cmh.xlsx"
#: Unpacked bytes of a workbook that is read.
_MOST: Final = 300_000_000


def write(edition: Edition) -> Written:
    """cmh.xlsx: a sheet of notes, then those of cmh_graph.export.xlsx.sheets."""
    made = Rows(edition)
    rows = {sheet.name: made.of(sheet) for sheet in SHEETS}
    return Written({FILE: workbook(edition, rows)}, made.carried(rows))


def read(files: Files) -> set[Triple]:
    """What the sheets state. Columns are known by their headings, in any order; others are passed over.

    Raises SourceError where the file is no workbook, a sheet or column is missing, or a cell holds a formula."""
    sheets = {sheet.name: list(_rows(sheet, grid)) for sheet, grid in _grids(files.get(FILE, b""))}
    label = {
        sheet.name: next((one.heading for one in sheet.columns if one.is_read and one.property == LABEL), "")
        for sheet in SHEETS
    }
    names = Names(
        {
            row[IDENTIFIER]: row[label[sheet.name]]
            for sheet in SHEETS
            for row in sheets[sheet.name]
            if row.get(label[sheet.name])
        }
    )
    found: set[Triple] = set()
    for sheet in SHEETS:
        properties = {heading: iri for iri, heading in headings_of(sheet).items()}
        for row in sheets[sheet.name]:
            cells = {
                column.heading: [
                    term
                    for text in lines(column, row.get(column.heading, ""))
                    if (term := meaning(column, text, names, properties)) is not None
                ]
                for column in sheet.columns
                if column.is_read
            }
            found.update(statements(sheet, cells, row[IDENTIFIER]))
    return found


def _grids(data: bytes) -> Iterator[tuple[Sheet, list[tuple[object, ...]]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(part.file_size for part in packed.infolist()) > _MOST:
                raise SourceError("the workbook unpacks to more than 300 MB", where=FILE)
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        raise SourceError(f"this is no workbook that can be read: {error}", where=FILE) from None
    for sheet in SHEETS:
        if sheet.name not in book.sheetnames:
            raise SourceError(f"there is no sheet '{sheet.name}'", where=FILE, mend="sheets keep their names")
        grid: list[tuple[object, ...]] = []
        for cells in book[sheet.name].iter_rows():
            for cell in cells:
                if cell.data_type == "f":
                    raise SourceError(
                        "the cell holds a formula",
                        where=f"{FILE}, {sheet.name}, {cell.coordinate}",
                        mend="write its value",
                    )
            grid.append(tuple(cell.value for cell in cells))
        yield sheet, grid


def _rows(sheet: Sheet, grid: list[tuple[object, ...]]) -> Iterator[Mapping[str, str]]:
    header = [str(value or "") for value in grid[0]] if grid else []
    wanted = [column.heading for column in sheet.columns if column.is_read] + [IDENTIFIER]
    if missing := [heading for heading in wanted if heading not in header]:
        raise SourceError(
            f"there is no column '{missing[0]}'",
            where=f"{FILE}, {sheet.name}, row 1",
            mend="headings keep their names; their order does not matter",
        )
    for values in grid[1:]:
        row = {
            heading: _text(value) for heading, value in zip(header, values, strict=False) if value is not None
        }
        if row.get(IDENTIFIER):
            yield row


def _text(value: object) -> str:
    if isinstance(value, datetime.datetime):
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


FORMAT: Final = Format(
    name="xlsx",
    title="Workbook for people",
    loaded_by="people, in Excel, LibreOffice or Google Sheets",
    write=write,
    read=read,
    why_lost={
        "": "the sheets show what people ask for; the tables hold the rest",
        PREFIXES["rdf"] + "type": "a glossary has words of many classes side by side",
        CMH + "Mapping": "mappings are files of their own (SSSOM)",
    },
)
