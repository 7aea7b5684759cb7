"""Alignments and right answers -> how often we are right, and how rightly we say 'none of these'."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .pipeline import Aligner, Alignment


@dataclass(frozen=True, slots=True)
class GoldTitle:
    """A title and the target roles that are each right; none at all means 'none of these'."""

    key: str
    title: str
    employer_type: str
    band: str
    description: str
    gold: frozenset[str]
    difficulty: str


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares from 0 to 1; None where there is nothing to divide by.

    at_1, at_5: of the titles with a right role, those ranked so, before abstaining; written_at_1: the same of
    what candidates.csv holds, where a title sent to `none` counts as wrong. accepted_right: of the accepted
    ones. none_*: of the titles sent to `none`."""

    titles: int
    at_1: float | None
    at_5: float | None
    mean_reciprocal_rank: float | None
    written_at_1: float | None
    accepted: float
    accepted_right: float | None
    none_precision: float | None
    none_recall: float | None


def read_gold(path: Path) -> list[GoldTitle]:
    """A title set in the format of title-alignment-dev.csv."""
    with path.open(encoding="utf-8", newline="") as lines:
        return [
            GoldTitle(
                row["id"],
                row["title"],
                row["employer_type"],
                row["band"],
                row["description"],
                frozenset(row["gold_roles"].split(";")) - {"NONE", ""},
                row["difficulty"],
            )
            for row in csv.DictReader(lines)
        ]


def align_gold(titles: Iterable[GoldTitle], aligner: Aligner) -> list[Alignment]:
    return [
        aligner.align(one.title, band=one.band, employer_type=one.employer_type, description=one.description)
        for one in titles
    ]


def place_of_gold(title: GoldTitle, found: Alignment) -> int:
    """The rank of the first right role among the nearest; 0 if it is not there."""
    return next((n for n, one in enumerate(found.nearest, start=1) if one.target in title.gold), 0)


def measure(titles: Sequence[GoldTitle], found: Sequence[Alignment]) -> Figures:
    """Figures over titles; found[i] is the alignment of titles[i]."""
    pairs = list(zip(titles, found, strict=True))
    places = [place_of_gold(title, one) for title, one in pairs if title.gold]
    accepted = [(title, one) for title, one in pairs if one.zone == "accept"]
    right = sum(one.candidates[0].target in title.gold for title, one in accepted)
    nones = [title for title, one in pairs if one.zone == "none"]
    outside = [title for title in titles if not title.gold]
    right_none = sum(not title.gold for title in nones)
    written = sum(
        bool(one.candidates) and one.candidates[0].target in title.gold for title, one in pairs if title.gold
    )
    return Figures(
        len(pairs),
        _share(sum(p == 1 for p in places), len(places)),
        _share(sum(0 < p <= 5 for p in places), len(places)),
        _share(sum(1 / p for p in places if p), len(places)),
        _share(written, len(places)),
        len(accepted) / len(pairs) if pairs else 0.0,
        _share(right, len(accepted)),
        _share(right_none, len(nones)),
        _share(right_none, len(outside)),
    )


def _share(part: float, whole: int) -> float | None:
    return part / whole if whole else None


def by_difficulty(titles: Sequence[GoldTitle], found: Sequence[Alignment]) -> Mapping[str, Figures]:
    """The same figures for each slice, by name."""
    slices = sorted({title.difficulty for title in titles})
    pick: Callable[[str], list[int]] = lambda name: [  # noqa: E731
        n for n, title in enumerate(titles) if title.difficulty == name
    ]
    return {name: measure([titles[n] for n in pick(name)], [found[n] for n in pick(name)]) for name in slices}
