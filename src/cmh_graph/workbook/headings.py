"""Which sheet and column of a workbook is which of ours: by the hidden row, by name, by near name, or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from rapidfuzz import fuzz

from cmh_graph.workbook.columns import Column, Sheet
from cmh_graph.workbook.guide import GUIDE_SHEET
from cmh_graph.workbook.layout import SHEETS
from cmh_graph.workbook.marks import STAMP, STAMP_HEADING
from cmh_graph.workbook.proposals import Refusal
from cmh_graph.workbook.rows import Page, Row, address
from cmh_graph.workbook.words import folded

#: From here on a heading is near enough, if no other comes as near.
_NEAR: Final = 80.0
_AHEAD: Final = 8.0
_LOOKED_AT: Final = 12  # rows at the top of a sheet


@dataclass(slots=True)
class Met:
    """A sheet that was recognised. columns: id -> place. stamp: place of the digests, -1 if gone. rows:
    below the header."""

    sheet: Sheet
    page: str
    columns: dict[str, int]
    stamp: int
    header: int
    rows: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Headings:
    """met: what was recognised. refused: what cannot be settled without asking. notes: what was taken how."""

    met: list[Met]
    refused: list[Refusal]
    notes: list[str]


def meet(pages: Sequence[Page], said: Mapping[str, str]) -> Headings:
    """Recognise sheets and columns. said: folded heading of theirs -> folded heading of ours, as the
    caller settled it."""
    found = Headings([], [], [])
    taken: dict[str, str] = {}
    for page in pages:
        if not page.rows:
            continue
        marks = _marks(page)
        sheet = _sheet(page, marks)
        if sheet is None:
            if not page.hidden and not _ours_to_read(page):
                found.notes.append(f"the sheet {page.name} is not one of ours and was left alone")
            continue
        if sheet.id in taken:
            found.refused.append(
                Refusal(
                    page.name,
                    "A1",
                    f"this sheet and the sheet {taken[sheet.id]} are both {sheet.name}; only that one was read",
                    "put the rows together in one sheet and delete the other",
                )
            )
            continue
        met = _columns(page, sheet, marks, said, found)
        if met is None:
            found.refused.append(
                Refusal(
                    page.name,
                    "A1",
                    "this sheet has no row of headings that we know",
                    "copy the headings from a fresh export",
                )
            )
            continue
        taken[sheet.id] = page.name
        found.met.append(met)
        if folded(page.name) != folded(sheet.name):
            found.notes.append(f"the sheet {page.name} is taken as {sheet.name}")
        if page.hidden_rows:
            found.notes.append(f"sheet {page.name}: {page.hidden_rows:,} hidden rows were read as well")
    for sheet in SHEETS:
        if sheet.id not in taken:
            found.notes.append(
                f"the sheet {sheet.name} is not in the workbook: what it held is left as it is"
            )
    return found


def _ours_to_read(page: Page) -> bool:
    return folded(page.name) in {folded(GUIDE_SHEET), folded("Statuses and words"), folded("Choices")}


def _marks(page: Page) -> tuple[int, dict[int, str]]:
    """(line, place -> mark) of the hidden row; (0, {}) if it is gone."""
    ids = {sheet.id for sheet in SHEETS}
    for row in page.rows[:_LOOKED_AT]:
        marks = {
            place: text.strip()
            for place, text in row.cells.items()
            if "/" in text and text.strip().partition("/")[0] in ids
        }
        if len(marks) >= 2:
            return row.line, marks
    return 0, {}


def _sheet(page: Page, marks: tuple[int, dict[int, str]]) -> Sheet | None:
    names = [mark.partition("/")[0] for mark in marks[1].values()]
    if names:
        most = max(set(names), key=names.count)
        return next(sheet for sheet in SHEETS if sheet.id == most)
    name = folded(page.name)
    for sheet in SHEETS:
        if name in {folded(sheet.name), sheet.id}:
            return sheet
    scored = sorted(((fuzz.ratio(name, folded(sheet.name)), sheet.id) for sheet in SHEETS), reverse=True)
    if scored[0][0] >= 86 and scored[0][0] - scored[1][0] >= _AHEAD:
        return next(sheet for sheet in SHEETS if sheet.id == scored[0][1])
    return None


def _columns(
    page: Page, sheet: Sheet, marks: tuple[int, dict[int, str]], said: Mapping[str, str], found: Headings
) -> Met | None:
    header = _header(page, sheet, marks, said)
    if header is None:
        return None
    by_heading = {folded(one.heading): one for one in sheet.columns}
    ids = {one.id: one for one in sheet.columns}
    columns: dict[str, int] = {}
    stamp = next((place for place, mark in marks[1].items() if mark == f"{sheet.id}/{STAMP}"), -1)
    waiting: list[int] = []
    asked: set[str] = set()

    def refuse(place: int, what: str, mend: str) -> None:
        found.refused.append(Refusal(page.name, address(place, header.line), what, mend))

    for place in sorted({*header.cells, *marks[1]}):
        text = header.cells.get(place, "")
        name = folded(text)
        marked = ids.get(marks[1].get(place, "").partition("/")[2])
        named = by_heading.get(said.get(name, name))
        if place == stamp or name == folded(STAMP_HEADING):
            stamp = place if stamp < 0 else stamp
            continue
        if marked and named and marked is not named and name not in said:
            refuse(
                place,
                f"the heading says {named.heading}, the hidden first row says {marked.heading}; the"
                " column was not read",
                f"write {marked.heading} into this cell, or the id {sheet.id}/{named.id} into"
                f" {address(place, marks[0])}",
            )
            asked.add(marked.id)
            continue
        one = named or marked
        if one is None:
            waiting.append(place)
        elif one.id in columns:
            refuse(
                place,
                f"two columns are {one.heading}; this one was not read",
                "delete one of them, or give this one another heading",
            )
        else:
            columns[one.id] = place
            if folded(one.heading) != name and name:
                found.notes.append(
                    f"sheet {page.name}: the heading '{_short(text)}' is taken as {one.heading}"
                )
    _near(page, sheet, header, waiting, columns, found)
    if "key" not in columns and sheet.key == "name" and "skos:prefLabel" not in columns:
        return None
    rows = [row for row in page.rows if row.line > max(header.line, marks[0])]
    for one in sheet.columns:
        if one.id not in columns and one.id not in asked:
            found.notes.append(
                f"sheet {page.name}: the column {one.heading} is gone: what it held is left as it is"
            )
    return Met(sheet, page.name, columns, stamp, header.line, rows)


def _header(
    page: Page, sheet: Sheet, marks: tuple[int, dict[int, str]], said: Mapping[str, str]
) -> Row | None:
    """The row of headings: below the hidden row, otherwise the first row of which two cells are headings of ours."""
    if marks[1]:
        below = next((row for row in page.rows if row.line > marks[0]), None)
        if below is not None and below.line == marks[0] + 1:
            return below
    known = {folded(one.heading) for one in sheet.columns} | set(said)
    for row in page.rows[:_LOOKED_AT]:
        if sum(folded(text) in known for text in row.cells.values()) >= 2:
            return row
    return None


def _near(
    page: Page, sheet: Sheet, header: Row, waiting: list[int], columns: dict[str, int], found: Headings
) -> None:
    """Settle headings that are none of ours: near to one that is missing, or the owner's own."""
    free = [one for one in sheet.columns if one.id not in columns]
    for place in waiting:
        text = header.cells.get(place, "")
        scored = sorted(
            ((_nearness(text, one), one.heading, one) for one in free), key=lambda s: (-s[0], s[1])
        )
        if scored and scored[0][0] >= _NEAR:
            best = scored[0][2]
            if len(scored) > 1 and scored[0][0] - scored[1][0] < _AHEAD:
                found.refused.append(
                    Refusal(
                        page.name,
                        address(place, header.line),
                        f"the heading '{_short(text)}' could be {best.heading} or {scored[1][1]}; the column"
                        " was not read",
                        f"write one of these headings, or give --column '{_short(text)}={best.heading}'",
                    )
                )
                continue
            columns[best.id] = place
            free.remove(best)
            found.notes.append(f"sheet {page.name}: the heading '{_short(text)}' is taken as {best.heading}")
        elif any(row.cells.get(place, "").strip() for row in page.rows if row.line > header.line):
            found.notes.append(
                f"sheet {page.name}: the column '{_short(text)}' is not one of ours and was left alone"
            )


def _nearness(text: str, column: Column) -> float:
    ours, theirs = folded(column.heading), folded(text)
    inside = set(ours.split()) <= set(theirs.split()) and len(ours) >= 4
    return max(fuzz.ratio(theirs, ours), 90.0 if inside else 0.0)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 40 else text[:39] + "…"
