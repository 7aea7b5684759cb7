"""Alignments and right answers -> how often we are right, and how rightly we say 'none of these'."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cmh_graph.align.titles.aligner import Aligner, Alignment
from cmh_graph.align.titles.zones import Limits, Zone


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


# --- figures that depend on the limits ---


@dataclass(frozen=True, slots=True)
class Judged:
    """A gold title with what was found. place: of the first right role, 0 if not near. doubtful: for
    another reason than a low confidence. nearest: the targets in order."""

    title: GoldTitle
    place: int
    confidence: float
    clash: bool
    doubtful: bool
    nearest: tuple[str, ...]
    zone: Zone

    @property
    def right(self) -> bool:
        return self.place == 1

    def under(self, limits: Limits) -> Judged:
        """The zone that these limits give."""
        zone: Zone = "review"
        if self.clash or self.confidence < limits.review:
            zone = "none"
        elif not self.doubtful and self.confidence >= limits.accept:
            zone = "accept"
        return replace(self, zone=zone)


def judge(title: GoldTitle, aligner: Aligner) -> Judged:
    """Align a gold title with limits that hold nothing back, so that any limits can be tried on the answer."""
    found = aligner.align(
        title.title, band=title.band, employer_type=title.employer_type, description=title.description
    )
    low = "the likeness is not close enough to accept unseen"
    clash = found.decision.clash is not None or not found.nearest
    return Judged(
        title,
        place_of_gold(title, found),
        0.0 if clash else found.confidence,
        clash,
        any(doubt != low for doubt in found.decision.doubts),
        tuple(one.target for one in found.nearest),
        found.zone,
    )


def f1_of_proposed(judged: Sequence[Judged]) -> float:
    """F1 of the first role where one is proposed, accepted or for review, against the titles with a role."""
    proposed = [one for one in judged if one.zone != "none"]
    right = sum(one.right for one in proposed)
    whole = len(proposed) + sum(bool(one.title.gold) for one in judged)
    return 2 * right / whole if whole else 0.0


def coverage_at(judged: Sequence[Judged], precision: float = 0.95) -> float:
    """The largest share of titles, the surest first, of which this share is right."""
    right = 0
    best = 0
    ordered = sorted((one for one in judged if not one.clash), key=lambda one: -one.confidence)
    for count, one in enumerate(ordered, start=1):
        right += one.right
        if right >= precision * count:
            best = count
    return best / len(judged) if judged else 0.0


def calibration_error(judged: Sequence[Judged], bins: int = 10) -> float:
    """Expected calibration error: how far confidence and the share that is right lie apart, by bins."""
    places: dict[int, list[Judged]] = {}
    for one in judged:
        places.setdefault(min(bins - 1, int(one.confidence * bins)), []).append(one)
    return sum(
        abs(sum(one.confidence for one in part) - sum(one.right for one in part)) for part in places.values()
    ) / max(1, len(judged))


def choose_limits(judged: Sequence[Judged], precision: float = 0.95) -> Limits:
    """The review limit with the best F1 plus refused titles; the least accept limit that is right often enough."""
    outside = [one for one in judged if not one.title.gold]

    def worth(review: float) -> float:
        tried = [one.under(Limits(review=review)) for one in judged]
        refused = sum(one.zone == "none" for one in tried if not one.title.gold)
        return f1_of_proposed(tried) + refused / max(1, len(outside))

    review = max((n / 20 for n in range(2, 14)), key=worth)
    for step in range(50, 100, 2):
        accepted = [one for one in judged if one.under(Limits(step / 100, review)).zone == "accept"]
        if accepted and sum(one.right for one in accepted) >= precision * len(accepted):
            return Limits(step / 100, review)
    return Limits(0.99, review)
