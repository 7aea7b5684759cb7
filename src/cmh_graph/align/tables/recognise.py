"""Recognises a column of job titles by what its cells hold, for lists whose header does not say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from cmh_graph.align.wording import NO_HEAD, find_head, rows_of, words

#: Share of a column's different cells that must look like titles.
SHARE: Final = 0.5
_SAMPLE: Final = 100
_LONGEST: Final = 120  # characters; what is longer is a text


@dataclass(frozen=True, slots=True)
class TitleColumn:
    """headless: the first cell looks like a title as well, so there is no header."""

    place: int
    headless: bool


@cache
def _short_forms() -> frozenset[str]:
    return frozenset(row["abbr"] for row in rows_of("abbreviations.csv") if row["kind"] == "role")


def looks_like_title(text: str) -> bool:
    """Whether a text has a noun that names a kind of post, or a short form of one in capitals."""
    text = text.strip()
    if not text or len(text) > _LONGEST or "@" in text or re.search(r"\d{4,}", text):
        return False
    if find_head(words(text))[0] is not NO_HEAD:
        return True
    return any(token in _short_forms() for token in re.findall(r"[A-Z][A-Z/&]+", text))


def title_column(rows: Sequence[Sequence[str]]) -> TitleColumn | None:
    """The column of the most cells that look like titles; None where in none of them half of the cells do."""
    best: tuple[float, int, float, int] = (0.0, 0, 0.0, 0)
    for place in range(max((len(row) for row in rows[:_SAMPLE]), default=0)):
        cells = [row[place].strip() for row in rows[:_SAMPLE] if place < len(row)]
        different = list(dict.fromkeys(cell for cell in cells[1:] or cells if cell))
        if not different:
            continue
        share = sum(map(looks_like_title, different)) / len(different)
        # Of two alike, the one with more different titles, then the wordier: short forms may stand beside theirs.
        wordy = min(sum(len(cell.split()) for cell in different) / len(different), 6.0)
        best = max(best, (share, min(len(different), 20), wordy, -place))
    if best[0] < SHARE:
        return None
    place = -best[3]
    return TitleColumn(place, place < len(rows[0]) and looks_like_title(rows[0][place]))
