"""How well a role fits a title: readable features, one weighted score, one confidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from cmh_graph.align.labels import BANDS
from cmh_graph.align.titles.candidates import FIELD, Entry, LabelIndex, field_stems
from cmh_graph.align.titles.readings import Reading
from cmh_graph.align.titles.rerank import Coefficients, chance, log_odds, shipped
from cmh_graph.align.titles.vectors import title_vectors
from cmh_graph.align.wording import NO_HEAD, Head, stem, words


@dataclass(frozen=True, slots=True)
class Weights:
    """The learned coefficients, and whether the title vectors are used; without them meaning counts 0."""

    coefficients: Coefficients = field(default_factory=shipped)
    vectors: bool = True


@dataclass(frozen=True, slots=True)
class Features:
    """Each from 0 to 1 unless it says otherwise."""

    label_covered: float  # rarity-weighted share of the label's words found in the title
    title_covered: float  # rarity-weighted share of the title's own words found in the label
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
    meaning: float = 0.0  # likeness of the title vectors, -1 to 1
    meaning_lead: float = 0.0  # lead in meaning over every other target; below 0 if another is nearer
    in_field: float = 0.0  # how much the title is like those of the framework's field, by its vector
    weak: bool = False  # the label names a post in any trade, and nothing says that this one is in care


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


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the vectors say of a reading and a label; in_care: the title's words or its employer name care."""

    likeness: float
    lead: float
    in_field: float
    in_care: bool


@dataclass(frozen=True, slots=True)
class _LabelSide:
    """What a label brings to every comparison: worked out once."""

    head: str
    weights: dict[str, float]
    total: float
    telling: str
    same: tuple[frozenset[str], frozenset[str]]
    bands: frozenset[str]


@dataclass(frozen=True, slots=True)
class _TitleSide:
    """What a reading brings to its comparisons."""

    head: str
    stems: set[str]
    shares: dict[str, float]  # how much finding a label's stem there counts
    own: dict[str, float]
    costs: dict[str, float]
    weight: float
    registered: bool | None


@dataclass(slots=True)
class Scorer:
    """Scores readings against the labels of an index."""

    index: LabelIndex
    weights: Weights = field(default_factory=Weights)
    _sides: dict[int, _LabelSide] = field(default_factory=dict, repr=False)

    def _label_side(self, place: int) -> _LabelSide:
        held = self._sides.get(place)
        if held is None:
            index, entry = self.index, self.index.entries[place]
            head = stem(entry.head.word.rsplit(" ", 1)[-1])
            weights = {one: index.weight(entry, one) for one in sorted(entry.stems)}
            telling = max((one for one in weights if one != head), key=lambda one: weights[one], default="")
            held = _LabelSide(
                head,
                weights,
                sum(weights.values()),
                telling if telling and weights[telling] >= 0.7 else "",
                (entry.stems, entry.stems - entry.aside),
                index.bands(entry.role),
            )
            self._sides[place] = held
        return held

    def _title_side(self, reading: Reading, description: frozenset[str]) -> _TitleSide:
        core = {stem(word) for word in reading.core}
        tail = {stem(word) for word in reading.tail}
        shares = dict.fromkeys(description, 0.4)
        shares |= dict.fromkeys((stem(word) for word in reading.setting), 0.7)
        shares |= dict.fromkeys(tail, 0.9) | dict.fromkeys(core, 1.0)
        own = dict.fromkeys(sorted(core), 1.0) | dict.fromkeys(sorted(tail - core), 0.6)
        costs = {one: self.index.unexplained(one) for one in own}
        return _TitleSide(
            stem(reading.head.word.rsplit(" ", 1)[-1]),
            core | tail,
            shares,
            own,
            costs,
            sum(costs[one] * share for one, share in own.items()),
            reading.registered,
        )

    def features(
        self,
        reading: Reading,
        place: int,
        bands: frozenset[str],
        title: _TitleSide,
        meaning: Meaning,
    ) -> Features:
        """What a reading and the label at a place of the index have in common, and what parts them."""
        entry, label = self.index.entries[place], self._label_side(place)
        likeness = head_likeness(reading.head, entry.head)
        found, shares, missing = 0.0, title.shares, []
        telling_found = 0.0
        for one, weight in label.weights.items():
            share = shares.get(one, 0.0)
            if not share and one == label.head and reading.head.word:
                share = likeness
            if not share:
                missing.append(one)
            found += weight * share
            if one == label.telling:
                telling_found = share
        left = [one for one in title.own if one not in entry.stems]
        lost = cost = 0.0
        unexplained = []
        for one in left:
            what = title.costs[one]
            is_head = one == title.head
            lost += what * title.own[one] * (1 - likeness if is_head and entry.head.word else 1)
            if what > 0.5:
                unexplained.append(one)
                if not (is_head and likeness >= 0.5):
                    cost += what
        exact = likeness >= 0.85 and title.stems in label.same
        return Features(
            label_covered=found / label.total if label.total else 0.0,
            title_covered=1 - lost / title.weight if title.weight else 0.0,
            head=likeness,
            exact=exact,
            keyword_missing=bool(label.telling) and telling_found < 0.4,
            no_target=entry.role.rolls_up_to is None and not exact,
            level_clash=title.registered is not None
            and title.registered != entry.role.registered
            and not (title.registered and entry.head.registered is None),
            band_distance=band_distance(bands, label.bands) if bands else 0,
            doubt=reading.doubt,
            missing=tuple(missing),
            unexplained_cost=cost,
            unexplained=tuple(sorted(unexplained)),
            meaning=meaning.likeness,
            meaning_lead=meaning.lead,
            in_field=meaning.in_field,
            weak=entry.general and not meaning.in_care,
        )

    def score(self, features: Features) -> float:
        """From 0 to 1: the model's own probability, before calibration."""
        return chance(self.weights.coefficients.odds(features))

    def confidence(self, score: float) -> float:
        """The calibrated probability that a role of this score is right; rises with it."""
        coefficients = self.weights.coefficients
        return chance(coefficients.slope * log_odds(score) + coefficients.shift)

    def pairs(
        self,
        readings: Iterable[Reading],
        bands: frozenset[str],
        description: frozenset[str] = frozenset(),
        employer: str = "",
    ) -> Iterator[tuple[Entry, Reading, Features]]:
        """Every reading with every label worth scoring, and the features of the two."""
        index = self.index
        told = description | {stem(word) for word in words(employer)}
        for reading in readings:
            near, in_field = None, 0.0
            if self.weights.vectors:
                # What follows a preposition or stands in brackets is another's post: it tells the field only.
                own_words = (*reading.core, *reading.tail)
                field_said = tuple(
                    word for word in reading.setting if word in FIELD and word not in own_words
                )
                vector, whole = title_vectors().of(
                    [" ".join((*field_said, *own_words)), " ".join((reading.text, *reading.setting))]
                )
                near = index.likeness(vector)
                in_field = self.weights.coefficients.in_field(whole)
            own = {stem(word) for word in (*reading.core, *reading.tail, *reading.setting)}
            in_care = not field_stems().isdisjoint(own | told)
            title = self._title_side(reading, description)
            for place in index.candidates(reading, near):
                entry = index.entries[place]
                meaning = Meaning(
                    float(near.meaning[place]) if near else 0.0,
                    float(near.lead[place]) if near else 0.0,
                    in_field,
                    in_care,
                )
                yield entry, reading, self.features(reading, place, bands, title, meaning)

    def rank(
        self,
        readings: Iterable[Reading],
        bands: frozenset[str],
        description: frozenset[str] = frozenset(),
        employer: str = "",
    ) -> list[Scored]:
        """The best role of each target, best first. Equal scores: preferred labels first, then by key."""
        best: dict[str, tuple[tuple[float, int, int], Scored]] = {}
        for entry, reading, features in self.pairs(readings, bands, description, employer):
            score = self.score(features)
            kind = ("preferred", "title", "alternative").index(entry.label.kind)
            # Of two roles with one target, the narrower one says more about the title.
            key = (-round(score, 6), kind, int(entry.role.rolls_up_to == entry.role.key))
            held = best.get(entry.role.target)
            if held is None or key < held[0]:
                scored = Scored(entry, reading, features, score, self.confidence(score))
                best[entry.role.target] = (key, scored)
        return [scored for _, scored in sorted(best.values(), key=lambda pair: (pair[0], pair[1].role))]
