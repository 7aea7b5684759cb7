"""Finding things by what people call them: labels, other names, job titles, codes and abbreviations.

An index is built once from the names of things and then only read: a search looks its words up in sorted
lists and never scans the graph. The order of results is: the whole name, an abbreviation of it, a name that
begins so, all words in any order (each may be just begun: "act lis"), and last names that are spelt much so.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from rapidfuzz import fuzz, process

from cmh_graph.errors import BadParameter
from cmh_graph.model import Key

Why: TypeAlias = Literal["exact", "prefix", "words", "abbreviation", "similar"]

#: Longest text that is searched for, in characters, and the most words of it that count.
LONGEST: Final = 200
_MOST_WORDS: Final = 12
#: Below this likeness (0 to 100) two spellings are different names.
_ALIKE: Final = 80.0
_SMALL_WORDS: Final = frozenset({"a", "an", "and", "for", "in", "of", "on", "or", "the", "to", "with"})
#: Among equals the thing's own label counts for a little more than its other names, its key for less.
_WEIGHT: Final = {"label": 1.0, "match": 0.97, "key": 0.96, "I statement": 0.9}
_RANK: Final[dict[Why, int]] = {"exact": 5, "abbreviation": 4, "prefix": 3, "words": 2, "similar": 1}


@dataclass(frozen=True, slots=True)
class Name:
    """A name of a thing. field: what kind of name it is ("label", "title", "code", ...)."""

    kind: str
    key: Key
    label: str
    text: str
    field: str


@dataclass(frozen=True, slots=True)
class Found:
    """A thing that was searched for, the name of it that matched, and why it did.

    score: 0 to 1, for sorting within one answer only; it is not a confidence."""

    kind: str
    key: Key
    label: str
    matched: str
    field: str
    why: Why
    score: float


def words_of(text: str) -> tuple[str, ...]:
    """The words of a name as they are compared: lower case, no accents, no punctuation, & read as and.

    >>> words_of("Support, Time & Recovery (STR) worker")
    ('support', 'time', 'and', 'recovery', 'str', 'worker')
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    plain = re.sub(r"[’'`]", "", plain.replace("&", " and "))
    return tuple(re.findall(r"[^\W_]+", plain))


def read_abbreviations(path: Path) -> dict[str, tuple[str, ...]]:
    """Abbreviation in lower case -> its readings, likeliest first. {} if there is no such file.

    The file is CSV with the columns abbr, expansion and other_readings (separated by commas)."""
    if not path.is_file():
        return {}
    readings: dict[str, list[str]] = defaultdict(list)
    with path.open(newline="", encoding="utf-8-sig") as lines:
        for row in csv.DictReader(lines):
            short = "".join(words_of(row.get("abbr") or ""))
            others = re.sub(r"\([^)]*\)", "", row.get("other_readings") or "").split(",")
            for reading in (row.get("expansion") or "", *others):
                if short and reading.strip() and reading.strip() not in readings[short]:
                    readings[short].append(reading.strip())
    return {short: tuple(long) for short, long in readings.items()}


class SearchIndex:
    """Names, ready to be searched."""

    def __init__(
        self, names: Iterable[Name], abbreviations: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        """names: every name of every thing; one that two things share finds both."""
        self._names: Final = tuple(dict.fromkeys(names))
        self._words: Final = tuple(words_of(name.text) for name in self._names)
        self._texts: Final = tuple(" ".join(words) for words in self._words)
        self._abbreviations: Final = dict(abbreviations or {})
        holders: dict[str, set[int]] = defaultdict(set)
        whole: dict[str, set[int]] = defaultdict(set)
        for number, words in enumerate(self._words):
            whole[self._texts[number]].add(number)
            for word in words:
                holders[word].add(number)
        self._whole: Final = dict(whole)
        self._holders: Final = dict(holders)
        self._vocabulary: Final = sorted(holders)
        self._sorted_texts: Final = sorted((text, number) for number, text in enumerate(self._texts))

    def __len__(self) -> int:
        return len(self._names)

    def search(self, text: str, *, kinds: Sequence[str] = (), limit: int | None = 50) -> list[Found]:
        """The things that a text may mean, best first, each once with its best name. [] if there is none.

        kinds: only these kinds of thing; empty means all. Raises BadParameter for a text with no word in it
        or longer than LONGEST characters."""
        if len(text) > LONGEST:
            raise BadParameter(
                f"the text to search for has {len(text)} characters",
                where="parameter q",
                mend=f"use at most {LONGEST} characters",
            )
        asked = words_of(text)[:_MOST_WORDS]
        if not asked:
            raise BadParameter(
                "there is nothing to search for", where="parameter q", mend="give a word or the start of one"
            )
        hits: dict[int, tuple[Why, float]] = {}

        def keep(numbers: Iterable[int], why: Why, likeness: float | None = None) -> None:
            for number in numbers:
                if kinds and self._names[number].kind not in kinds:
                    continue
                spelt = likeness if likeness is not None else self._closeness(asked, number)
                if number not in hits or (_RANK[why], spelt) > (_RANK[hits[number][0]], hits[number][1]):
                    hits[number] = (why, spelt)

        whole = " ".join(asked)
        keep(self._whole.get(whole, ()), "exact")
        keep(self._beginning(whole), "prefix")
        keep(self._with_words(asked), "words")
        for place, reading in enumerate(self._readings(asked)):
            # The first reading of an abbreviation is the likeliest; the others still count.
            keep(self._whole.get(" ".join(reading), ()), "abbreviation", 1 - place / 100)
            keep(self._with_words(reading), "words", 0.9 - place / 100)
        if not hits:
            respelt, likeness = self._respelt(asked)
            keep(self._with_words(respelt), "similar", likeness)
        if not hits and len(whole) > 3:
            alike = process.extract(whole, self._texts, scorer=fuzz.ratio, score_cutoff=_ALIKE, limit=50)
            for _, likeness, number in alike:
                keep((number,), "similar", likeness / 100)
        return self._best(hits, limit)

    def _closeness(self, asked: Sequence[str], number: int) -> float:
        """The share of a name's letters that was asked for: the shorter of two names fits better."""
        return min(1.0, len("".join(asked)) / max(1, len(self._texts[number].replace(" ", ""))))

    def _beginning(self, whole: str) -> set[int]:
        start = bisect_left(self._sorted_texts, (whole, -1))
        found = set()
        for text, number in self._sorted_texts[start:]:
            if not text.startswith(whole):
                break
            found.add(number)
        return found

    def _with_words(self, asked: Sequence[str]) -> set[int]:
        """The names that hold every word or a word that begins so; small words are not insisted on."""
        needed = [word for word in asked if word not in _SMALL_WORDS] or list(asked)
        left: set[int] | None = None
        for word in needed:
            holders: set[int] = set()
            for known in self._vocabulary[bisect_left(self._vocabulary, word) :]:
                if not known.startswith(word):
                    break
                holders |= self._holders[known]
            left = holders if left is None else left & holders
            if not left:
                return set()
        return left or set()

    def _respelt(self, asked: Sequence[str]) -> tuple[tuple[str, ...], float]:
        """The words, each that no name holds replaced by the one spelt most like it; and how alike, 0 to 1."""
        words, likeness = [], 1.0
        for word in asked:
            place = bisect_left(self._vocabulary, word)
            known = place < len(self._vocabulary) and self._vocabulary[place].startswith(word)
            near = None
            if not known and len(word) > 3:
                near = process.extractOne(word, self._vocabulary, scorer=fuzz.ratio, score_cutoff=_ALIKE)
            words.append(near[0] if near else word)
            likeness = min(likeness, near[1] / 100 if near else 1.0)
        return tuple(words), likeness

    def _readings(self, asked: tuple[str, ...]) -> list[tuple[str, ...]]:
        """The text with each abbreviation in it read out, one at a time."""
        if len(asked) > 1 and "".join(asked) in self._abbreviations:
            return [words_of(reading) for reading in self._abbreviations["".join(asked)]]
        return [
            (*asked[:place], *words_of(reading), *asked[place + 1 :])
            for place, word in enumerate(asked)
            for reading in self._abbreviations.get(word, ())
        ]

    def _best(self, hits: Mapping[int, tuple[Why, float]], limit: int | None) -> list[Found]:
        best: dict[tuple[str, Key], Found] = {}
        for number, (why, likeness) in hits.items():
            name = self._names[number]
            score = round((_RANK[why] - 1 + likeness * _WEIGHT.get(name.field, 0.98)) / 5, 4)
            found = Found(name.kind, name.key, name.label, name.text, name.field, why, score)
            known = best.get((name.kind, name.key))
            if known is None or (found.score, found.matched) > (known.score, known.matched):
                best[name.kind, name.key] = found

        def place(found: Found) -> tuple[float, bool, str, str, str]:
            return (-found.score, found.kind != "role", found.label.casefold(), found.kind, found.key)

        order = sorted(best.values(), key=place)
        return order if limit is None else order[:limit]


def near_misses(given: str, known: Sequence[str] | Mapping[Any, Any] | frozenset[str]) -> list[str]:
    """Up to three known words that are spelt nearly as the given one, best first."""
    hits = process.extract(given.casefold()[:100], [str(word) for word in known], limit=3, score_cutoff=75.0)
    return [word for word, _, _ in hits]
