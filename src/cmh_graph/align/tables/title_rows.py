"""Records of any format -> rows of titles and rejects. Here a header is asked for, and no row is lost."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from cmh_graph.align.files.limits import LONGEST_CELL, LONGEST_TITLE, MOST_OTHER_TITLES, MOST_ROWS
from cmh_graph.align.tables.header import HEADER_WITHIN, Header, find_header
from cmh_graph.align.tables.rows import Field, Record, Records, Reject, Table, TitleRow
from cmh_graph.errors import BadParameter, SourceError

RAW_KEPT: Final = 200  # characters of a rejected row
LOOKED_AT: Final = 125  # records held to find the header
_HELD: Final = 4_000_000  # characters of them

#: What stands for an empty cell, and what a spreadsheet writes where a formula fails.
_EMPTY: Final = frozenset(
    {
        "n/a", "n.a.", "n.a", "#n/a", "-", "--", "---", "–", "—", ".", "?", "null", "<null>", "nan", "none", "nil",
        "undefined",
    }
)  # fmt: skip
_FAILED: Final = re.compile(
    r"#(REF|VALUE|NAME|DIV/0|NULL|NUM|SPILL|CALC|GETTING_DATA|BLOCKED|FIELD)[!?]?|Err:\d{3}", re.I
)
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


class NoTitles(SourceError):
    """No column holds titles. names: of the columns of the widest of the first rows, in order; samples: for each, a few
    of the cells below it; so that a person can be asked which one it is."""

    names: tuple[str, ...] = ()
    samples: tuple[tuple[str, ...], ...] = ()


def make_table(
    name: str,
    where: str,
    records: Records,
    columns: Mapping[Field, str],
    notes: list[str],
    *,
    by_content: bool = True,
    named: bool = False,
    commas: bool = False,
    given: Mapping[Field, str] | None = None,
    most_rows: int = MOST_ROWS,
) -> Table:
    """Find the header among the first records, then hand out the rest row by row.

    where: for errors. named: the first record holds the names for certain. commas: in a list of one column
    further cells belong to the title, as after an unquoted comma. given: what holds for each row that
    has no such cell. Raises SourceError if no column holds titles, BadParameter if `columns` names what is not
    there."""
    held: list[Record] = []
    size = 0
    for record in records:
        held.append(record)
        size += sum(map(len, record.cells))
        if len(held) >= LOOKED_AT or size > _HELD:
            break
    header = find_header(held, columns, by_content=by_content, within=1 if named else HEADER_WITHIN)
    if header is None:
        records.close()
        raise _no_titles(held, where, columns)
    for wanted, wanted_name in columns.items():
        if wanted not in header.places:
            records.close()
            raise BadParameter(
                f"there is no column '{wanted_name}'",
                where=where,
                mend="use one of: " + ", ".join(one for one in header.names if one)[:1000],
            )
    notes.extend(header.notes)
    used: dict[Field, str] = {one: header.names[place] for one, place in header.places.items()}
    for wanted, text in (given or {}).items():
        if wanted not in used:
            notes.append(f"{wanted.replace('_', ' ')} '{text}' is taken for every row")
    table = Table(name, header.names, used, iter(()), notes)
    table.rows = _rows(
        records, held[header.data_from :], header, notes, where, given or {}, commas, most_rows
    )
    return table


def _no_titles(held: list[Record], where: str, columns: Mapping[Field, str]) -> SourceError:
    """What is wrong, in words; a NoTitles where there are columns to choose from."""
    shown = next((one for one in held if not one.blank and not one.fault), None)
    if shown is None:
        fault = next((one for one in held if one.fault), None)
        if fault:
            return SourceError(
                f"nothing in the file can be read: {fault.fault}",
                where=f"{where}, line {fault.line}",
                mend="export the list again as .xlsx or .csv",
            )
        return SourceError("there are no rows", where=where, mend="give a list with a column of job titles")
    names = ", ".join(one_line(cell)[:40] for cell in shown.cells[:30] if cell.strip())
    wanted = columns.get("title")
    error = NoTitles(
        f"there is no column '{wanted}'" if wanted else "no column holds the titles",
        where=f"{where}, first row: {names}",
        mend="use one of these names"
        if wanted
        else "write 'Job title' above the column of titles, or name that column with --title-column",
    )
    error.names, error.samples = _choices(held)
    return error


def _choices(held: list[Record]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Names and samples of columns: below the widest of the rows that may be a header."""
    rows = [one for one in held if not one.blank and not one.fault]
    head = max(
        range(min(len(rows), HEADER_WITHIN)), key=lambda n: sum(map(bool, map(str.strip, rows[n].cells)))
    )
    below = [one.cells for one in rows[head + 1 :]]
    samples = (
        dict.fromkeys(one_line(cells[n])[:80] for cells in below if n < len(cells) and cells[n].strip())
        for n in range(len(rows[head].cells))
    )
    return tuple(map(one_line, rows[head].cells)), tuple(tuple(one)[:3] for one in samples)


def _rows(
    records: Records,
    held: list[Record],
    header: Header,
    notes: list[str],
    where: str,
    given: Mapping[Field, str],
    commas: bool,
    most_rows: int,
) -> Iterator[TitleRow | Reject]:
    row = 0
    seen: Counter[str] = Counter()
    first: dict[str, int] = {}
    alone = commas and len(header.names) == 1

    def count(what: str, line: int) -> None:
        seen[what] += 1
        first.setdefault(what, line)

    def every() -> Iterator[Record]:
        yield from held
        held.clear()
        yield from records

    try:
        for record in every():
            if record.blank:
                count("blank", record.line)
                continue
            row += 1
            if row > most_rows:
                raise too_many_rows(where, most_rows)
            if record.fault:
                yield Reject(row, record.line, record.fault, "")
                continue
            cells = record.cells
            if any(cell.strip() for cell in cells[len(header.names) :]):
                count("joined" if alone else "longer", record.line)
                if alone:
                    # A list of titles only: a comma in a title is part of it.
                    cells = (", ".join(cell.strip() for cell in cells if cell.strip()),)

            def cell(wanted: Field, cells: tuple[str, ...] = cells) -> str:
                place = header.places.get(wanted)
                text = cells[place] if place is not None and place < len(cells) else ""
                text = one_line(text[:LONGEST_CELL])
                return "" if wanted != "title" and stands_for_nothing(text) else text or given.get(wanted, "")

            title = cell("title")
            reason = record.gaps.get(header.places["title"], "") if not title else ""
            reason = reason or _unusable(title)
            if not reason and _repeats(header, cells):
                reason = "the row repeats the header"
            if reason:
                yield Reject(row, record.line, reason, _shown(header, cell))
                continue
            band = cell("band")
            if _DATE.fullmatch(band):
                count("dated", record.line)
                band = ""
            yield TitleRow(
                row, record.line, title, cell("key"), band, cell("employer"), cell("employer_type"),
                cell("description"), _other_titles(header, cells, title), cell("team"), cell("headcount"),
            )  # fmt: skip
    finally:
        records.close()
        for what, words in _ODD.items():
            if seen[what]:
                rows = "1 row" if seen[what] == 1 else f"{seen[what]:,} rows"
                notes.append(words.format(rows=rows, line=first[what]))


_ODD: Final = {
    "blank": "blank rows passed over: {rows}, the first on line {line}",
    "longer": "more cells than the header has: {rows}, the first on line {line};"
    " their last cells were passed over, so look for an unquoted comma",
    "joined": "commas in a list of titles alone were taken as part of the title: {rows}, the first on line {line}",
    "dated": "a date where a band should be: {rows}, the first on line {line}; a spreadsheet may have turned '3-4'"
    " into a date, and the band was left out",
}


def _unusable(title: str) -> str:
    """Why a title cannot be used; empty if it can."""
    if not title:
        return "the title is empty"
    if len(title) > LONGEST_TITLE:
        return f"the title is longer than {LONGEST_TITLE} characters"
    if _FAILED.fullmatch(title):
        return f"the title cell holds {title}, which a spreadsheet writes where a formula fails"
    if stands_for_nothing(title):
        return f"the title cell holds '{title}', which stands for an empty cell"
    if not any(char.isalnum() for char in title):
        return "the title has no letters"
    return ""


def stands_for_nothing(text: str) -> bool:
    """Whether a cell says in words that it is empty: N/A, null, #REF!. 'NA' may be a nursing assistant."""
    return text.casefold() in _EMPTY or _FAILED.fullmatch(text) is not None


def _repeats(header: Header, cells: tuple[str, ...]) -> bool:
    """Whether a row is the header again, as lists printed page by page have it."""
    return all(
        place < len(cells) and one_line(cells[place]) == one_line(header.names[place])
        for place in header.places.values()
    )


def _shown(header: Header, cell: object) -> str:
    """The cells of a rejected row that we use, for a person to find it again."""
    assert callable(cell)
    kept: tuple[Field, ...] = ("key", "title", "band", "employer")
    parts = [f"{one}: {cell(one)[:60]}" for one in kept if one in header.places and cell(one)]
    return "; ".join(parts)[:RAW_KEPT]


def _other_titles(header: Header, cells: tuple[str, ...], title: str) -> tuple[str, ...]:
    """Further titles in one cell, parted by line breaks, bars or semicolons; without doubles."""
    place = header.places.get("other_titles")
    if place is None or place >= len(cells):
        return ()
    parts = (one_line(part) for part in re.split(r"[\n\r|;]", cells[place][:LONGEST_CELL]))
    kept = [one for one in parts if one and not _unusable(one) and one.casefold() != title.casefold()]
    return tuple(dict.fromkeys(kept))[:MOST_OTHER_TITLES]


def too_many_rows(where: str, most_rows: int) -> SourceError:
    return SourceError(
        f"the list has more than {most_rows:,} rows",
        where=where,
        mend="split it, or keep each title once: titles that repeat get the same answer",
    )


def one_line(text: str) -> str:
    """Text without control characters, with single spaces."""
    if text.isprintable():
        return " ".join(text.split())
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
