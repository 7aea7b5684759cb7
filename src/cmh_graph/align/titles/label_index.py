"""What titles are compared with: the labels, their words, and how much each word tells."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from cmh_graph.align.labels import RoleFacts, RoleLabel, RoleLabels
from cmh_graph.align.titles.abbreviations import Surroundings, write_out
from cmh_graph.align.titles.vectors import Compared, title_vectors
from cmh_graph.align.wording import (
    JOINING,
    Head,
    find_head,
    grade_words,
    heads,
    plain_words,
    rows_of,
    setting_words,
    stem,
    words,
)

#: The words of the field of the whole framework, which titles leave out as often as not.
FIELD = frozenset({"mental", "health"})
#: A misspelt word is looked for among words whose length is at most this far from its own.
_MOST_EDITS = 2


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
        for entry in self.entries:
            for one in entry.stems:
                roles_with[one].add(entry.role.target)
        roles = {entry.role.target for entry in self.entries}
        self._rarity = {
            one: 0.25 + math.log(len(roles) / len(found)) / math.log(len(roles)) if len(roles) > 1 else 1.0
            for one, found in sorted(roles_with.items())
        }
        self._grade_stems = frozenset(stem(word) for word in grade_words())
        self._vocabulary = _vocabulary(entry.text for entry in self.entries)
        by_shape: dict[tuple[str, int], list[str]] = defaultdict(list)
        for word in sorted(self._vocabulary):
            for length in range(len(word) - _MOST_EDITS, len(word) + _MOST_EDITS + 1):
                by_shape[word[0], length].append(word)
        self._by_shape = dict(by_shape)
        #: A stem -> what it costs to leave it without a match.
        self.unexplained = lru_cache(maxsize=50_000)(self._unexplained)
        #: A word -> the known word that it is near to, or the word itself.
        self.spell = lru_cache(maxsize=50_000)(self._spell)
        #: A text -> its words in one spelling, misspelt ones put right.
        self.phrase_of = lru_cache(maxsize=20_000)(self._phrase_of)

    @property
    def stems(self) -> Iterable[str]:
        """Every stem of a label, in order of the alphabet."""
        return self._rarity.keys()

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

    def _unexplained(self, one: str) -> float:
        """Settings and grades cost little, others much."""
        if one in setting_words():
            return 0.2
        if one in self._grade_stems:
            return 0.3
        return self._rarity.get(one, 1.25)

    def _phrase_of(self, text: str) -> tuple[str, ...]:
        written = words(text)
        spelt = tuple(map(self.spell, written))
        return written if spelt == written else words(" ".join(spelt))

    def _spell(self, word: str) -> str:
        """The known word that a misspelt one is near to, or the word itself."""
        if len(word) < 5 or word in self._vocabulary or word.removesuffix("s") in self._vocabulary:
            return word
        known = self._by_shape.get((word[0], len(word)), [])
        edits = 1 if len(word) < 9 else _MOST_EDITS
        near = process.extractOne(word, known, scorer=OSA.distance, score_cutoff=edits)
        return near[0] if near and abs(len(near[0]) - len(word)) <= 1 else word

    @cached_property
    def texts(self) -> list[str]:
        """The different texts of the labels, in order of first appearance."""
        return list(dict.fromkeys(entry.text for entry in self.entries))

    @cached_property
    def meanings(self) -> Compared:
        """The vectors of `texts`, to compare others with; made on first use, as it reads the table."""
        return Compared(title_vectors().of(self.texts))


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
    known = {word for cell in cells for word in (*words(cell), *plain_words(cell))}
    known |= {word for text in texts for word in text.split()} | {word for one in heads() for word in one}
    return frozenset(word for word in known if word)
