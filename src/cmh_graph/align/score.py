"""How well a role fits a title: readable features, one weighted score, one confidence."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from .candidates import Entry, LabelIndex
from .labels import BANDS
from .readings import Reading
from .wording import NO_HEAD, Head, stem


@dataclass(frozen=True, slots=True)
class Weights:
    """What each feature adds to or takes from a score. The first four add up to 1."""

    label_covered: float = 0.36
    title_covered: float = 0.26
    spelling: float = 0.14
    head: float = 0.24
    exact: float = 0.12
    keyword_missing: float = 0.12
    no_target: float = 0.10
    level_clash: float = 0.22
    band_step: float = 0.035
    #: confidence is 1 / (1 + exp(-steepness * (score - middle)))
    steepness: float = 11.0
    middle: float = 0.60


@dataclass(frozen=True, slots=True)
class Features:
    """Each from 0 to 1 unless it says otherwise."""

    label_covered: float  # rarity-weighted share of the label's words found in the title
    title_covered: float  # rarity-weighted share of the title's own words found in the label
    spelling: float  # likeness of the two strings
    head: float  # likeness of the head nouns
    exact: bool  # the same words
    keyword_missing: bool  # the label's most telling word is not in the title
    no_target: bool  # a role that is only for review, and not named exactly
    level_clash: bool  # one needs registration, the other does not
    band_distance: int  # steps between the nearest bands; 0 where either has none
    doubt: float  # what the reading loses for being unlikely
    missing: tuple[str, ...]  # the label's telling words that the title lacks
    unexplained_cost: float  # what the words without a match weigh, settings and grades aside
    unexplained: tuple[str, ...]  # the title's own telling words that the label lacks


@dataclass(frozen=True, slots=True)
class Scored:
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


def head_likeness(one: Head, other: Head) -> float:
    """1 same noun, .85 same kind, .5 near kinds, .3 if either has no head noun, otherwise 0."""
    if one is NO_HEAD or other is NO_HEAD:
        return 0.3
    if one.word == other.word:
        return 1.0
    if one.kind == other.kind:
        return 0.85
    return 0.5 if other.kind in one.near or one.kind in other.near else 0.0


def band_distance(title: Iterable[str], role: Iterable[str]) -> int:
    """Steps between the nearest two bands; 0 where either side has none."""
    ours = [BANDS.index(band) for band in title if band in BANDS]
    theirs = [BANDS.index(band) for band in role if band in BANDS]
    return min((abs(a - b) for a in ours for b in theirs), default=0)


@dataclass(slots=True)
class Scorer:
    """Scores readings against the labels of an index."""

    index: LabelIndex
    weights: Weights = field(default_factory=Weights)

    def features(
        self, reading: Reading, entry: Entry, bands: frozenset[str], description: frozenset[str]
    ) -> Features:
        index = self.index
        core = {stem(word) for word in reading.core}
        tail = {stem(word) for word in reading.tail}
        setting = {stem(word) for word in reading.setting}
        likeness = head_likeness(reading.head, entry.head)
        own_head, its_head = (
            stem(reading.head.word.rsplit(" ", 1)[-1]),
            stem(entry.head.word.rsplit(" ", 1)[-1]),
        )
        weights = {one: index.weight(entry, one) for one in sorted(entry.stems)}
        shares = {
            one: 1.0
            if one in core
            else 0.9
            if one in tail
            else 0.7
            if one in setting
            else 0.4
            if one in description
            else likeness
            if one == its_head and reading.head.word
            else 0.0
            for one in weights
        }
        missing = tuple(one for one, share in shares.items() if not share)
        total = sum(weights.values())
        found = sum(weights[one] * share for one, share in shares.items())
        telling = max((one for one in weights if one != its_head), key=lambda one: weights[one], default="")
        own = dict.fromkeys(sorted(core), 1.0) | dict.fromkeys(sorted(tail - core), 0.6)
        weight = sum(index.unexplained(one) * share for one, share in own.items())
        left = [one for one in own if one not in entry.stems]
        lost = sum(
            index.unexplained(one) * own[one] * (1 - likeness if one == own_head and entry.head.word else 1)
            for one in left
        )
        same = core | tail in (entry.stems, entry.stems - entry.aside)
        exact = same and likeness >= 0.85
        text = " ".join((*reading.core, *reading.tail))
        registered = reading.registered
        return Features(
            label_covered=found / total if total else 0.0,
            title_covered=1 - lost / weight if weight else 0.0,
            spelling=(fuzz.token_sort_ratio(text, entry.text) + fuzz.token_set_ratio(text, entry.text)) / 200,
            head=likeness,
            exact=exact,
            keyword_missing=bool(telling) and weights[telling] >= 0.7 and shares[telling] < 0.4,
            no_target=entry.role.rolls_up_to is None and not exact,
            level_clash=registered is not None
            and registered != entry.role.registered
            and not (registered and entry.head.registered is None),
            band_distance=band_distance(bands, entry.role.bands),
            doubt=reading.doubt,
            missing=missing,
            unexplained_cost=sum(
                index.unexplained(one)
                for one in left
                if index.unexplained(one) > 0.5 and not (one == own_head and likeness >= 0.5)
            ),
            unexplained=tuple(sorted(one for one in left if index.unexplained(one) > 0.5)),
        )

    def score(self, features: Features) -> float:
        """From 0 to 1."""
        weights = self.weights
        value = (
            weights.label_covered * features.label_covered
            + weights.title_covered * features.title_covered
            + weights.spelling * features.spelling
            + weights.head * features.head
        )
        # The bonus is for the same words; full marks leave no room above 1, so the rest is scaled down.
        value = value * (1 - weights.exact) + weights.exact * features.exact
        value -= weights.keyword_missing * features.keyword_missing
        value -= weights.no_target * features.no_target
        value -= weights.level_clash * features.level_clash
        value -= weights.band_step * min(features.band_distance, 4)
        value -= features.doubt
        return min(1.0, max(0.0, value))

    def confidence(self, score: float) -> float:
        weights = self.weights
        return 1 / (1 + math.exp(-weights.steepness * (score - weights.middle)))

    def rank(
        self, readings: Iterable[Reading], bands: frozenset[str], description: frozenset[str] = frozenset()
    ) -> list[Scored]:
        """The best role of each target, best first. Equal scores: preferred labels first, then by key."""
        best: dict[str, tuple[tuple[float, int, int], Scored]] = {}
        for reading in readings:
            for entry in self.index.candidates(reading):
                features = self.features(reading, entry, bands, description)
                score = self.score(features)
                kind = ("preferred", "title", "alternative").index(entry.label.kind)
                # Of two roles with one target, the narrower one says more about the title.
                key = (-round(score, 6), kind, int(entry.role.rolls_up_to == entry.role.key))
                held = best.get(entry.role.target)
                if held is None or key < held[0]:
                    scored = Scored(entry, reading, features, score, self.confidence(score))
                    best[entry.role.target] = (key, scored)
        return [scored for _, scored in sorted(best.values(), key=lambda pair: (pair[0], pair[1].role))]
