"""How well each role fits a title: features, one weighted score, one confidence; the roles best first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import pairwise
from typing import NamedTuple, overload

import numpy as np

from cmh_graph.align.titles.candidates import Meanings, Pairs, find_pairs
from cmh_graph.align.titles.features import TELLING_COST, FeatureColumns, Features, compare
from cmh_graph.align.titles.label_arrays import LabelArrays, Numbers, Places, head_stem
from cmh_graph.align.titles.label_index import Entry, LabelIndex
from cmh_graph.align.titles.reading_arrays import ReadingArrays, ReadTitle, stems_of, words_left
from cmh_graph.align.titles.readings import Reading
from cmh_graph.align.titles.rerank import Coefficients, chance, log_odds, shipped
from cmh_graph.align.titles.vectors import title_vectors

#: What is kept of each ranked pair, in order.
_FEATURES = tuple(one.name for one in fields(FeatureColumns))
_KEPT = (*_FEATURES, "score", "confidence", "reading", "label")
_PLACE = {name: place for place, name in enumerate(_KEPT)}
_CONFIDENCE = _PLACE["confidence"]
#: More than there are orders of a pair: a millionth of a score, and eight precedences in each.
_ORDERS = 8_000_008


@dataclass(frozen=True, slots=True)
class Weights:
    """The learned coefficients, and whether the title vectors are used; without them meaning counts 0."""

    coefficients: Coefficients = field(default_factory=shipped)
    vectors: bool = True


class Scored(NamedTuple):
    """A role with the reading and label that fit best. confidence rises with score, both from 0 to 1."""

    entry: Entry
    reading: Reading
    features: Features
    score: float
    confidence: float

    @property
    def role(self) -> str:
        return self.entry.role.key

    @property
    def target(self) -> str:
        return self.entry.role.target


class Ranking(Sequence[Scored]):
    """The best role of each target, best first. Equal scores: preferred labels first, then by key."""

    __slots__ = ("_index", "_numbers", "_title")

    def __init__(self, index: LabelIndex, title: ReadTitle, numbers: Numbers) -> None:
        """numbers: a row for each role, a column for each of _KEPT; reading and label are places in the title and in
        the index."""
        self._index = index
        self._title = title
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, place: int) -> Scored: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Scored]: ...
    def __getitem__(self, place: int | slice) -> Scored | Sequence[Scored]:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        entry, reading, numbers = self.entry(place), self.reading(place), self.numbers(place)
        features = with_words(numbers, entry, reading, self._title.said, self._index)
        return Scored(entry, reading, features, numbers["score"], numbers["confidence"])

    @property
    def confidence(self) -> float:
        """Of the first role; 0 if there is none."""
        if not len(self._numbers):
            return 0.0
        found: float = self._numbers.item(0, _CONFIDENCE)
        return found

    def entry(self, place: int) -> Entry:
        return self._index.entries[int(self.number(place, "label"))]

    def reading(self, place: int) -> Reading:
        return self._title.readings[int(self.number(place, "reading"))]

    def number(self, place: int, name: str) -> float:
        """A feature of the role at a place, its score or its confidence."""
        found: float = self._numbers.item(place, _PLACE[name])
        return found

    def numbers(self, place: int) -> dict[str, float]:
        """All of them by name."""
        return dict(zip(_KEPT, self._numbers[place].tolist(), strict=True))


def with_words(
    held: Mapping[str, float], entry: Entry, reading: Reading, said: frozenset[str], index: LabelIndex
) -> Features:
    """The features of a pair from its numbers, with the words that stand behind them."""
    stands_in = head_stem(entry.head) if reading.head.word and held["head"] else None
    return Features(
        label_covered=held["label_covered"],
        title_covered=held["title_covered"],
        head=held["head"],
        exact=bool(held["exact"]),
        keyword_missing=bool(held["keyword_missing"]),
        no_target=bool(held["no_target"]),
        level_clash=bool(held["level_clash"]),
        band_distance=int(held["band_distance"]),
        doubt=held["doubt"],
        missing=tuple(sorted(entry.stems - stems_of(reading) - said - {stands_in})),
        unexplained_cost=held["unexplained_cost"],
        unexplained=words_left(reading, entry.stems, index, TELLING_COST),
        meaning=held["meaning"],
        meaning_lead=held["meaning_lead"],
        in_field=held["in_field"],
        weak=bool(held["weak"]),
    )


def _places(of: Mapping[tuple[str, ...], int], phrases: Sequence[tuple[str, ...]]) -> Places:
    return np.fromiter(map(of.__getitem__, phrases), dtype=np.intp, count=len(phrases))


@dataclass(slots=True)
class Scorer:
    """Scores readings against the labels of an index."""

    index: LabelIndex
    weights: Weights = field(default_factory=Weights)
    labels: LabelArrays = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.labels = LabelArrays(self.index)

    def compare(self, titles: Sequence[ReadTitle]) -> tuple[ReadingArrays, Pairs, FeatureColumns]:
        """Every reading of a block of titles with every label worth scoring, and the features of the two."""
        readings = ReadingArrays(titles, self.index, self.labels)
        own, in_field = None, np.zeros(readings.count)
        if self.weights.vectors:
            # Titles of one post in many places have the same telling words; those of one phrase have them twice.
            telling = dict.fromkeys(readings.telling)
            phrases = {
                words: place for place, words in enumerate(telling | dict.fromkeys(readings.everything))
            }
            vectors = title_vectors().of_words(list(phrases))
            own = Meanings(vectors[: len(telling)], _places(phrases, readings.telling))
            in_field = self.weights.coefficients.in_field(vectors)[_places(phrases, readings.everything)]
        pairs = find_pairs(readings, self.index, self.labels, own)
        return readings, pairs, compare(pairs, readings, self.labels, in_field)

    def rank(self, titles: Sequence[ReadTitle], most: int) -> list[Ranking]:
        """The best roles of each title, at most `most`; result[i] is the ranking of titles[i]."""
        readings, pairs, columns = self.compare(titles)
        coefficients = self.weights.coefficients
        score = chance(coefficients.odds(columns))
        title = readings.title[pairs.reading]
        best, starts = self._best(pairs, title, score, len(titles), most)
        confidence = chance(coefficients.slope * log_odds(score[best]) + coefficients.shift)
        reading = pairs.reading[best] - readings.before[title[best]]
        features = [getattr(columns, name)[best] for name in _FEATURES]
        numbers = np.column_stack([*features, score[best], confidence, reading, pairs.label[best]])
        return [
            # A copy, so that a kept answer does not keep the block.
            Ranking(self.index, one, numbers[start:end].copy())
            for one, (start, end) in zip(titles, pairwise(starts.tolist()), strict=True)
        ]

    def _best(
        self, pairs: Pairs, title: Places, score: Numbers, titles: int, most: int
    ) -> tuple[Places, Places]:
        """Places of the ranked pairs, title by title and best first, and where each title's start."""
        labels = self.labels
        # One number that sorts as score, then kind of label, then narrower role first.
        order = (1_000_000 - np.rint(score * 1e6).astype(np.intp)) * 8 + labels.precedence[pairs.label]
        group = title * labels.targets + labels.target[pairs.label]
        sorted_pairs = np.argsort(group * _ORDERS + order, kind="stable")
        first = np.ones(len(sorted_pairs), dtype=np.bool_)
        first[1:] = np.diff(group[sorted_pairs]) != 0
        best = sorted_pairs[first]
        ranked = (title[best] * _ORDERS + order[best]) * labels.count + labels.role[pairs.label[best]]
        best = best[np.argsort(ranked, kind="stable")]
        starts = np.searchsorted(title[best], np.arange(titles + 1))
        rank = np.arange(len(best)) - starts[title[best]]
        best = best[rank < most]
        return best, np.searchsorted(title[best], np.arange(titles + 1))
