"""Finds the header of a list: which record it is, whether it takes two, or that there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cmh_graph.align.tables.columns import is_sure_title, known, match_columns, name_of
from cmh_graph.align.tables.recognise import title_column
from cmh_graph.align.tables.rows import Field, Record
from cmh_graph.align.wording import plain

HEADER_WITHIN: Final = 25  # records that are not blank
_MOST_PREAMBLE: Final = 5  # lines above the header of a list of one column


@dataclass(frozen=True, slots=True)
class Header:
    """names: of the columns. places: our field -> the place of its column. data_from: the first record of data."""

    names: tuple[str, ...]
    places: Mapping[Field, int]
    data_from: int
    notes: tuple[str, ...]


def find_header(
    held: Sequence[Record], chosen: Mapping[Field, str], *, by_content: bool, within: int = HEADER_WITHIN
) -> Header | None:
    """The header among the first records of a list; None if no column holds titles.

    within: how many records it may be among; 1 where the format itself names the columns.
    by_content: where no column has a usual name, look for one whose cells look like job titles."""
    best: tuple[int, int, int] = (0, 0, 0)  # columns known, minus the place, records in the header
    names: tuple[str, ...] = ()
    looked = 0
    for place, record in enumerate(held):
        if record.blank or record.fault:
            continue
        looked += 1
        if looked > within:
            break
        single = known(record.cells, chosen) if _may_be_header(held, place, chosen) else 0
        if single > best[0]:
            best, names = (single, -place, 1), record.cells
        if within > 1 and place + 1 < len(held):
            joined = _joined(record, held[place + 1])
            double = known(joined, chosen) if joined and _carries_on(record, held[place + 1], chosen) else 0
            if double > best[0]:
                best, names = (double, -place, 2), joined
    if best[0]:
        return _named(held, chosen, names, -best[1], best[2])
    return _by_content(held) if by_content and not chosen.get("title") else None


def _may_be_header(held: Sequence[Record], place: int, chosen: Mapping[Field, str]) -> bool:
    """Whether a row with the name of a title column is a header, and not a row of data that holds such a word."""
    cells = held[place].cells
    found = match_columns(cells, chosen)
    if "title" not in found:
        return False
    title = found["title"]
    # The header itself may come again on each printed page.
    below = [
        one.cells[title]
        for one in held[place + 1 :]
        if title < len(one.cells) and one.cells[title].strip() and one.cells != cells
    ]
    if sum(plain(one) == plain(cells[title]) for one in below) > len(below) / 4:
        return False  # the column of kinds in a list of many things
    above = [sum(1 for cell in one.cells if cell.strip()) for one in held[:place] if not one.blank]
    here = sum(1 for cell in cells if cell.strip())
    if here == 1 and not is_sure_title(cells[title]):
        # One word such as `Posts` above a list of several columns is its heading.
        after = [sum(1 for cell in one.cells if cell.strip()) for one in held[place + 1 :] if not one.blank][
            :10
        ]
        if sum(1 for width in after if width > 1) > len(after) / 2:
            return False
    return len(found) > 1 or max(above, default=0) < here or (here == 1 and len(above) <= _MOST_PREAMBLE)


def _joined(upper: Record, lower: Record) -> tuple[str, ...]:
    """Names of two rows put together: the lower one, below a merged cell with both."""
    width = max(len(upper.cells), len(lower.cells))
    if width < 2:
        return ()
    above = [cell.strip() for cell in upper.cells] + [""] * (width - len(upper.cells))
    below = [cell.strip() for cell in lower.cells] + [""] * (width - len(lower.cells))
    # A merged cell holds its text in its first column only.
    spread = list(above)
    for place in range(1, width):
        if not spread[place] and below[place]:
            spread[place] = spread[place - 1]
    names = []
    for place in range(width):
        alone = known((below[place],), {}) or known(("title", below[place]), {}) > 1
        names.append(below[place] if alone else f"{spread[place]} {below[place]}".strip())
    return tuple(names)


def _carries_on(upper: Record, lower: Record, chosen: Mapping[Field, str]) -> bool:
    """Whether the lower row is a header too, not the first row of data: it has no title of its own."""
    if lower.blank or lower.fault:
        return False
    title = match_columns(upper.cells, chosen).get("title")
    if title is None:
        # The title's own name is in two parts, as in `Job` above `Title`; data below it would not make a name.
        return known(lower.cells, chosen) == 0
    return not (title < len(lower.cells) and lower.cells[title].strip())


def _named(
    held: Sequence[Record], chosen: Mapping[Field, str], cells: tuple[str, ...], place: int, taken: int
) -> Header:
    names = tuple(cell.strip() for cell in cells)
    sample = [record for record in held[place + taken :] if not record.fault]
    filled = [
        sum(1 for one in sample if n < len(one.cells) and one.cells[n].strip()) for n in range(len(names))
    ]
    places = match_columns(names, chosen, filled)
    notes = []
    above = sum(1 for one in held[:place] if not one.blank)
    if above:
        rows = "1 row above it was" if above == 1 else f"{above} rows above it were"
        notes.append(f"the header is on line {held[place].line}; {rows} passed over")
    if taken > 1:
        notes.append(f"the header takes two rows, lines {held[place].line} and {held[place + 1].line}")
    for wanted, used in places.items():
        alike = [n for n, name in enumerate(names) if name == names[used]]
        if len(alike) > 1:
            why = "" if used == alike[0] else f", because column {name_of(alike[0])} is empty"
            notes.append(
                f"{len(alike)} columns are called '{names[used]}'; column {name_of(used)} is used{why}"
            )
        elif sample and not chosen.get(wanted):
            first = match_columns(names, chosen)[wanted]
            if first != used:
                notes.append(f"column '{names[first]}' is empty; '{names[used]}' is used as the {wanted}")
    return Header(names, places, place + taken, tuple(notes))


def _by_content(held: Sequence[Record]) -> Header | None:
    """No usual name anywhere: take the column whose cells look like job titles."""
    sample = [(n, record) for n, record in enumerate(held) if not record.blank and not record.fault]
    column = title_column([record.cells for _, record in sample])
    if column is None:
        return None
    # What stands above and does not reach to the column is a heading.
    heading = next(n for n, (_, one) in enumerate(sample) if column.place < len(one.cells))
    if heading:
        sample = sample[heading:]
        column = title_column([record.cells for _, record in sample]) or column
    first, record = sample[0]
    width = max(len(one.cells) for _, one in sample)
    if column.headless:
        names = tuple(f"column {name_of(n)}" for n in range(width))
        note = (
            f"no header was found; column {name_of(column.place)} looks like job titles and every row is taken"
            if width > 1
            else "no header was found; every line is taken as a job title"
        )
        return Header(names, {"title": column.place}, first, (note,))
    names = tuple(cell.strip() or f"column {name_of(n)}" for n, cell in enumerate(record.cells))
    if column.place >= len(names):
        return None
    return Header(
        names,
        {"title": column.place},
        first + 1,
        (
            f"no column has a usual name; '{names[column.place]}' holds what looks like job titles"
            " and is used (another: --title-column)",
        ),
    )
