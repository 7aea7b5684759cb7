"""What the workbook says about itself: the hidden ids of columns, and a digest of each row as it was written."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from cmh_graph.store import Term
from cmh_graph.workbook.columns import Column, Sheet

STAMP: Final = "stamp"
STAMP_HEADING: Final = "As exported"
IDS_ROW: Final = 1
HEADINGS_ROW: Final = 2
FIRST_ROW: Final = 3


def mark_of(sheet: Sheet, column: Column | str) -> str:
    """What the hidden row holds above a column."""
    return f"{sheet.id}/{column if isinstance(column, str) else column.id}"


def stamp(values: Mapping[str, Sequence[Term]]) -> str:
    """A digest of what a row says: column id -> values, in any order; empty columns do not count."""
    said = sorted(f"{id}\t{value}" for id, terms in values.items() for value in terms)
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]
