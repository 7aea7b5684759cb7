"""northfield.xlsx and eastmere.xlsx: the posts of each roles.csv as a payroll office would send them.

    .venv/bin/python examples/make_workbooks.py [FOLDER]

Same posts, same bytes: dates inside the files are fixed. On purpose there is a title above the header, a header
in two rows with merged cells, blank rows between units, dates as text, a total at the end and a sheet of notes.
Needs openpyxl."""

from __future__ import annotations

import csv
import datetime
import io
import os
import re
import sys
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

os.environ["OPENPYXL_LXML"] = "False"  # with lxml, where a machine has it, openpyxl writes other bytes

import openpyxl
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.worksheet import Worksheet

HERE = Path(__file__).resolve().parent
DATE = datetime.datetime(2026, 11, 21)
CONTRACTS = ("Permanent", "Permanent", "Permanent", "Fixed term", "Bank")
STARTS = ("01.04.2019", "3 Sept 2021", "14/06/2022", "2024-01-08", "tbc")
WORKING_TIME = ("1.00", "1.00", "0.60", "0.80", "N/A")


def posts(employer: str) -> list[dict[str, str]]:
    with (HERE / employer / "roles.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def in_order(values: Sequence[str], number: int) -> str:
    """One of a few values, the same for the same row each time."""
    return values[number * 7 % len(values)]


def head(sheet: Worksheet, title: str, groups: Iterable[tuple[str, int]], columns: Sequence[str]) -> None:
    """A title over the whole width, a line on the extract, a blank row, then a header in two rows."""
    sheet.append([title])
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(columns))
    sheet["A1"].font = Font(bold=True, size=14)
    sheet.append(["Run on 21 November 2026. One row for each post. Made up."])
    sheet.append([])
    sheet.append([])
    start = 1
    for name, width in groups:
        cell = sheet.cell(row=4, column=start, value=name)
        cell.alignment = Alignment(horizontal="center")
        sheet.merge_cells(start_row=4, start_column=start, end_row=4, end_column=start + width - 1)
        start += width
    sheet.append(list(columns))
    for cell in sheet[5]:
        cell.font = Font(bold=True)


def northfield() -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Establishment"
    columns = (
        "Position Number",
        "Position Title",
        "Setting",
        "AfC Band",
        "WTE",
        "Contract",
        "In post since",
        "Job Summary",
    )
    head(
        sheet,
        "Northfield Mental Health Trust - establishment list",
        (("Post", 3), ("Pay", 2), ("Contract", 2), ("Work", 1)),
        columns,
    )
    for number, post in enumerate(posts("northfield")):
        if number and number % 23 == 0:
            sheet.append([])
        sheet.append(
            [
                post["key"],
                post["title"],
                post["setting"] or "N/A",
                f"Band {post['band']}" if post["band"] else None,
                in_order(WORKING_TIME, number),
                in_order(CONTRACTS, number),
                in_order(STARTS, number),
                post["description"] or None,
            ]
        )
    sheet.append([])
    sheet.append(["Total posts", None, None, None, None, None, None, str(len(posts("northfield")))])
    notes = book.create_sheet("Notes")
    notes.append(["Bands are as evaluated. Medical posts and volunteers have none."])
    notes.append(["Bank posts are listed once, however many people fill them."])
    return book


def eastmere() -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    notes = book.active
    notes.title = "Read me"
    notes.append(["Posts of the council and of the charities it pays, for the workforce plan."])
    notes.append(["Grade", "Council grades are Sc, SO and PO. Charities give a salary or an hourly rate."])
    sheet = book.create_sheet("Posts 2026")
    columns = ("Ref", "Post title", "Grade", "Type of employer", "Setting", "Closing date", "Duties")
    head(
        sheet,
        "Eastmere Borough Council - mental health posts across the borough",
        (("Post", 3), ("Employer", 2), ("Advert", 2)),
        columns,
    )
    last = ""
    for number, post in enumerate(posts("eastmere")):
        if last and post["employer_type"] != last:
            sheet.append([])
        last = post["employer_type"]
        sheet.append(
            [
                post["key"],
                post["title"],
                post["grade"] or "unpaid",
                post["employer_type"].replace("-", " ").capitalize(),
                post["setting"] or "N/A",
                in_order(("12 Dec 2026", "31.01.2027", "rolling"), number),
                post["description"] or None,
            ]
        )
    return book


def as_bytes(book: openpyxl.Workbook) -> bytes:
    """A workbook whose bytes depend on its content alone: openpyxl writes the hour of saving in two places."""
    book.properties.creator = "cmh_graph"
    book.properties.created = DATE
    saved = io.BytesIO()
    book.save(saved)
    out = io.BytesIO()
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(out, "w") as new:
        for name in sorted(old.namelist(), key=lambda one: (one != "[Content_Types].xml", one)):
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2026-11-21T00:00:00Z", content)
            new.writestr(
                zipfile.ZipInfo(name, (2026, 11, 21, 0, 0, 0)), content
            )  # not packed: zlib versions differ
    return out.getvalue()


def main(folder: Path) -> None:
    for name, book in (("northfield", northfield()), ("eastmere", eastmere())):
        (folder / f"{name}.xlsx").write_bytes(as_bytes(book))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
