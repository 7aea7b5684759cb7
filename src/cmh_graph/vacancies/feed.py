"""A feed as a file -> its postings, each once, and the rows that cannot be used."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from cmh_graph.errors import SourceError
from cmh_graph.vacancies.dates import is_month_first
from cmh_graph.vacancies.items import MOST, read_items
from cmh_graph.vacancies.posting import Posting, Reject, read_posting
from cmh_graph.vacancies.shapes import text


@dataclass(frozen=True, slots=True)
class Feed:
    """rows = len(postings) + len(rejects). postings are in order of their keys, rejects in order of rows.

    form: what kind of file it was. notes: what was odd or left out, in words, with how often."""

    name: str
    form: str
    rows: int
    postings: tuple[Posting, ...]
    rejects: tuple[Reject, ...]
    notes: tuple[str, ...]


def read_feed(path: Path, employer: str = "") -> Feed:
    """Read a feed. employer: of postings that name none. The order of rows makes no difference to the postings.

    Of rows with one identifier one is kept, the one posted last; the others are rejects. Raises SourceError if the
    file cannot be read as a whole, holds nothing that could be a posting, or has more than MOST rows."""
    source = read_items(path)
    items = []
    for item in source.items:
        items.append(item)
        if len(items) > MOST:
            raise SourceError(
                f"the feed has more than {MOST:,} rows", where=str(path), mend="split it by employer"
            )
    if not items:
        raise SourceError(
            "the feed holds no posting",
            where=str(path),
            mend="a posting is an object of type JobPosting, or a row with a title, an employer and a date",
        )
    day_first = not any(
        is_month_first(text(item.values.get(name)))
        for item in items
        for name in ("datePosted", "validThrough")
    )
    best: dict[str, _Ranked] = {}
    rejects: list[Reject] = []
    notes: Counter[str] = Counter()
    for row, item in enumerate(items, start=1):
        found = read_posting(item, row, employer=employer, day_first=day_first)
        if isinstance(found, Reject):
            rejects.append(found)
            continue
        notes.update(found.notes)
        new, known = _Ranked(_rank(found), row, found), best.get(found.facts.key)
        if known is None:
            best[found.facts.key] = new
            continue
        kept, other = (new, known) if new.rank > known.rank else (known, new)
        best[found.facts.key] = kept
        rejects.append(_double(other, kept))
    return Feed(
        path.name,
        source.form,
        len(items),
        tuple(best[key].posting for key in sorted(best)),
        tuple(sorted(rejects, key=lambda one: one.row)),
        (*source.notes, *(f"{said} ({times})" for said, times in sorted(notes.items()))),
    )


@dataclass(frozen=True, slots=True)
class _Ranked:
    rank: str
    row: int
    posting: Posting


def _rank(posting: Posting) -> str:
    """What decides between rows with one identifier: the last date posted, then the content, never the place."""
    return posting.facts.date_posted + json.dumps(asdict(posting.facts), sort_keys=True)


def _double(other: _Ranked, kept: _Ranked) -> Reject:
    where = f"line {kept.posting.line}" if kept.posting.line else f"row {kept.row}"
    same = other.rank == kept.rank
    return Reject(
        other.row,
        other.posting.line,
        "identifier",
        f"this row repeats {where}" if same else f"this row has the identifier of {where}, which is kept",
        "leave one of the two out" if same else "give each posting an identifier of its own",
        other.posting.facts.title[:120],
        other.posting.facts.key,
    )
