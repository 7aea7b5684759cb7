"""Finds the labels worth scoring for a reading: those that share its rarer words, or look like it."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from cmh_graph.align.labels import RoleFacts, RoleLabel, RoleLabels
from cmh_graph.align.titles.abbreviations import Surroundings, write_out
from cmh_graph.align.titles.readings import Reading
from cmh_graph.align.titles.vectors import Vectors, title_vectors
from cmh_graph.align.wording import (
    JOINING,
    Head,
    find_head,
    grade_words,
    heads,
    plain,
    rows_of,
    setting_words,
    stem,
    words,
)

#: The words of the field of the whole framework, which titles leave out as often as not.
FIELD = frozenset({"mental", "health"})


@dataclass(frozen=True, slots=True)
class Entry:
    """A label made ready to compare."""

    label: RoleLabel
    role: RoleFacts
    text: str
    stems: frozenset[str]
    head: Head
    aside: frozenset[str]  # stems that stand in brackets only
    general: bool  # a name that other trades use as well, such as receptionist


class LabelIndex:
    """All labels, their words and how rare each word is among the roles."""

    def __init__(self, labels: RoleLabels) -> None:
        self.labels = labels
        self.entries: list[Entry] = []
        for label in labels.labels:
            # Labels hold short forms too: they are written out like titles.
            phrase = _written(label.text)
            outside_brackets = _written(re.sub(r"\([^)]*\)", " ", label.text))
            stems = frozenset(stem(word) for word in phrase if word not in JOINING)
            self.entries.append(
                Entry(
                    label,
                    labels.facts[label.role],
                    " ".join(phrase),
                    stems,
                    find_head(outside_brackets)[0],
                    stems - {stem(word) for word in outside_brackets},
                    {stem(word) for word in outside_brackets if word not in JOINING} <= weak_stems(),
                )
            )
        roles_with: dict[str, set[str]] = defaultdict(set)
        self._holding: dict[str, list[int]] = defaultdict(list)
        for place, entry in enumerate(self.entries):
            for one in sorted(entry.stems):
                roles_with[one].add(entry.role.target)
                self._holding[one].append(place)
        roles = {entry.role.target for entry in self.entries}
        self._rarity = {
            one: 0.25 + math.log(len(roles) / len(found)) / math.log(len(roles)) if len(roles) > 1 else 1.0
            for one, found in roles_with.items()
        }
        self._texts = [entry.text for entry in self.entries]
        self._vocabulary = _vocabulary(entry.text for entry in self.entries)
        by_first: dict[str, list[str]] = defaultdict(list)
        for word in sorted(self._vocabulary):
            by_first[word[0]].append(word)
        self._by_first = dict(by_first)
        self.spell = lru_cache(maxsize=50_000)(self._spell)
        self._headed: dict[Head, list[int]] = defaultdict(list)
        for place, entry in enumerate(self.entries):
            if entry.head.word:
                self._headed[entry.head].append(place)
        self._meanings: Vectors | None = None
        targets = sorted({entry.role.target for entry in self.entries})
        self._target_of = np.asarray([targets.index(entry.role.target) for entry in self.entries])
        self._targets = len(targets)
        self.grade_stems = frozenset(stem(word) for word in grade_words())

    def rarity(self, one: str) -> float:
        """How much a stem tells: from .25 (in every role) to 1.25 (in one). Words of settings tell little."""
        return self._rarity.get(one, 0.3 if one in setting_words() else 1.0)

    def weight(self, entry: Entry, one: str) -> float:
        """How much a label's word counts in it. Words in brackets, and 'mental health', which is the field of
        the whole framework and so is often left out, count for less."""
        return self.rarity(one) * (
            0.4 if one in entry.aside or (one in FIELD and entry.stems >= FIELD) else 1.0
        )

    def bands(self, role: RoleFacts) -> frozenset[str]:
        """The pay bands of a role, or of its target where it has none of its own."""
        held = self.labels.facts.get(role.target)
        return role.bands or (held.bands if held else frozenset())

    def unexplained(self, one: str) -> float:
        """What it costs to leave a title's word without a match: settings and grades little, others much."""
        if one in setting_words():
            return 0.2
        if one in self.grade_stems:
            return 0.3
        return self._rarity.get(one, 1.25)

    def _spell(self, word: str) -> str:
        """The known word that a misspelt one is near to, or the word itself."""
        if len(word) < 5 or word in self._vocabulary or word.removesuffix("s") in self._vocabulary:
            return word
        near = process.extractOne(
            word, self._by_first.get(word[0], []), scorer=OSA.distance, score_cutoff=1 if len(word) < 9 else 2
        )
        return near[0] if near and abs(len(near[0]) - len(word)) <= 1 else word

    def likeness(self, vector: Vectors) -> Likeness:
        """How near each label is to a title's vector, and how far each target leads."""
        if self._meanings is None:
            self._meanings = title_vectors().of(self._texts)
        near = self._meanings @ vector
        best = np.full(self._targets, -1.0, dtype=np.float32)
        np.maximum.at(best, self._target_of, near)
        order = np.argsort(-best, kind="stable")
        rival = np.full(self._targets, best[order[0]], dtype=np.float32)
        rival[order[0]] = best[order[1]] if self._targets > 1 else 0.0
        return Likeness(near, (near - rival[self._target_of]).astype(np.float32))

    def candidates(self, reading: Reading, near: Likeness | None = None, most: int = 16) -> list[int]:
        """Places in `entries` of the labels worth scoring: at most `most` that share the most telling words,
        ties by place in the list, and the few nearest in meaning."""
        shared: dict[int, float] = defaultdict(float)
        for word in dict.fromkeys((*reading.core, *reading.tail, *reading.setting)):
            one = stem(word)
            for place in self._holding.get(one, ()):
                shared[place] += self._rarity[one]
        for place in self._headed.get(reading.head, ()):
            shared[place] += 0.2
        if len(shared) < 5 and near is None:
            alike = process.extract(" ".join(reading.core), self._texts, scorer=fuzz.WRatio, limit=10)
            for _, likeness, place in alike:
                shared[place] += likeness / 1000
        best = sorted(shared, key=lambda place: (-shared[place], place))[:most]
        if near is not None:
            best += [int(place) for place in np.argsort(-near.meaning, kind="stable")[:NEAREST]]
        return list(dict.fromkeys(best))


@dataclass(frozen=True, slots=True)
class Likeness:
    """meaning: of each label, from -1 to 1. lead: over the nearest label of any other target."""

    meaning: Vectors
    lead: Vectors


#: How many labels the title vectors propose beside those that share words.
NEAREST = 8


@cache
def weak_stems() -> frozenset[str]:
    """Stems of words that name a post in any trade."""
    return frozenset(stem(row["word"]) for row in rows_of("weak_words.csv"))


@cache
def field_stems() -> frozenset[str]:
    """Stems of words that say that a post is one of care."""
    return frozenset(stem(word) for row in rows_of("field_words.csv") for word in words(row["word"]))


def _written(text: str) -> tuple[str, ...]:
    """The words of a label in its likeliest reading."""
    one = write_out(re.sub(r"[()]", " ", text), Surroundings(text))[0]
    return words(" ".join((one.text, *one.teams)))


def _vocabulary(texts: Iterable[str]) -> frozenset[str]:
    lists = (("head_words.csv", "word"), ("outside.csv", "words"), ("setting_words.csv", "word"),
             ("grade_words.csv", "word"), ("abbreviations.csv", "expansion"), ("same_words.csv", "words"),
             ("same_words.csv", "means"))  # fmt: skip
    cells = [row[column] for name, column in lists for row in rows_of(name)]
    # Both spellings: a misspelt `psychiatric` must be found before it is taken for `mental health`.
    known = {word for cell in cells for word in (*words(cell), *plain(cell).split())}
    known |= {word for text in texts for word in text.split()} | {word for one in heads() for word in one}
    return frozenset(word for word in known if word)
