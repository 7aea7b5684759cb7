"""What workbooks of both kinds have in common: sheets to choose from, and cells without a saved value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cmh_graph.align.files.limits import LONGEST_CELL, MOST_COLUMNS
from cmh_graph.align.tables.rows import Field, Record, Records, Table
from cmh_graph.align.tables.title_rows import make_table
from cmh_graph.errors import BadParameter, SourceError

UNSAVED: Final = (
    "the cell holds a formula without a saved value: open the file in a spreadsheet program and save it again"
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """part: where in the file it lies."""

    name: str
    part: str
    hidden: bool = False


Walk = Callable[[Path, Sheet, list[str]], Records]


def cell_text(text: str) -> str:
    return text[:LONGEST_CELL].replace("\x00", "")


def record_of(line: int, cells: Mapping[int, str], gaps: Mapping[int, str]) -> Record:
    """A row of a sheet from its cells by place; a row of which every cell lies too far right cannot be read."""
    if not cells and not gaps:
        return Record(line, (), f"the row holds nothing in its first {MOST_COLUMNS:,} columns")
    width = max((*cells, *gaps)) + 1
    return Record(line, tuple(cells.get(place, "") for place in range(width)), gaps=gaps)


def read_workbook(
    path: Path,
    found: Sequence[Sheet],
    walk: Walk,
    columns: Mapping[Field, str],
    sheet: str | None,
    given: Mapping[Field, str],
) -> Table:
    """The sheet with the titles: the one named, otherwise the first with a header that we know, seen ones first.

    Raises BadParameter if there is no sheet of that name, SourceError if none has titles."""
    names = [one.name for one in found]
    if sheet is not None and sheet not in names:
        raise BadParameter(
            f"there is no sheet '{sheet}'", where=str(path), mend=f"use one of: {', '.join(names[:50])}"
        )
    order = (
        [one for one in found if one.name == sheet][:1]
        if sheet
        else sorted(found, key=lambda one: one.hidden)
    )
    first: SourceError | BadParameter | None = None
    # A header that we know on a later sheet goes before cells that look like titles on an earlier one.
    for by_content in (False, True):
        for one in order:
            notes: list[str] = []
            where = f"{path}, sheet {one.name}"
            try:
                table = make_table(
                    f"{path.name}, sheet {one.name}", where, walk(path, one, notes), columns, notes,
                    by_content=by_content, given=given,
                )  # fmt: skip
            except (SourceError, BadParameter) as error:
                # Damage and limits end it; only a sheet without titles lets us try the next.
                if not error.what.startswith(("no column", "there is no column", "there are no rows")):
                    raise
                first = first or error
                continue
            if len(found) > 1:
                hidden = ", which is hidden" if one.hidden else ""
                shown = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
                notes.insert(0, f"read sheet '{one.name}'{hidden}, of {len(found)}: {shown}")
            return table
    assert first is not None
    raise first
