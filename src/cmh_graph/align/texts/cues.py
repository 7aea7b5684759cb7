"""The cues of the package: words that speak of a thing of the framework, and where they stand in a clause.

A cue is a row of align/data/cues.csv. Its words are looked up in order by stem, with at most MOST_BETWEEN words
between. `keep|write notes` takes either of two words; `=budgeting` takes the word itself and not its stem. The fewer
words a cue fixes, the closer they must stand: one of two words with a choice may not be broken."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from cmh_graph.align.texts.clauses import Clause, Word, words_of
from cmh_graph.align.wording import rows_of, stem
from cmh_graph.errors import SourceError

Kind = Literal["skill", "value", "experience", "qualification", "band"]
MOST_BETWEEN: Final = 2


@dataclass(frozen=True, slots=True)
class Slot:
    """What may stand at one place of a cue. stems, forms: of single words; capitals: stems of short words that only
    count in capitals, as DBS and CPA are other words in small letters. phrases: slots that stand next to each other."""

    stems: frozenset[str]
    forms: frozenset[str]
    capitals: frozenset[str]
    phrases: tuple[tuple[Slot, ...], ...] = ()

    def is_said(self, word: Word) -> bool:
        """Whether the word alone fills the slot."""
        return (
            word.stem in self.stems
            or word.form in self.forms
            or (word.caps and (word.stem in self.capitals or word.form in self.capitals))
        )

    def ends(self, words: tuple[Word, ...], place: int) -> Iterator[int]:
        """The places after what fills the slot at `place`."""
        if place < len(words) and self.is_said(words[place]):
            yield place + 1
        for phrase in self.phrases:
            after = place + len(phrase)
            if after <= len(words) and all(
                one.is_said(words[place + number]) for number, one in enumerate(phrase)
            ):
                yield after

    def first_stems(self) -> Iterator[str]:
        """Stems that a word must have to begin what fills the slot."""
        yield from self.stems | self.capitals
        yield from (stem(form) for form in self.forms)
        for phrase in self.phrases:
            yield from phrase[0].first_stems()


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that speak of a thing. slots: what may stand at each place, in order. unless: stems that forbid it in
    the same clause. most: how many words may lie between."""

    kind: Kind
    key: str
    text: str
    slots: tuple[Slot, ...]
    unless: frozenset[str]
    most: int

    def end_from(self, words: tuple[Word, ...], first: int) -> tuple[int, int] | None:
        """The place after the cue's last word and how many words it skips, if it starts at `first`; else None."""
        return self._end(words, first, 0, self.most)

    def _end(self, words: tuple[Word, ...], place: int, slot: int, left: int) -> tuple[int, int] | None:
        if slot == len(self.slots):
            return place, self.most - left
        for skipped in range(left + 1 if slot else 1):
            for after in self.slots[slot].ends(words, place + skipped):
                end = self._end(words, after, slot + 1, left - skipped)
                if end is not None:
                    return end
        return None


@dataclass(frozen=True, slots=True)
class Match:
    """A cue in a clause. first, last: places of its words. between: how many words of the clause it skips."""

    cue: Cue
    first: int
    last: int
    between: int


class Lexicon:
    """The cues of the package, and the names of the framework's own things.

    labels: kind -> key -> label. Raises SourceError where a cue speaks of a thing that has no label."""

    def __init__(self, labels: Mapping[str, Mapping[str, str]]) -> None:
        self.labels = labels
        self._by_first: dict[str, list[Cue]] = defaultdict(list)
        for line, row in enumerate(rows_of("cues.csv"), start=2):
            kind, key = row["kind"], row["key"]
            if kind not in get_args(Kind) or key not in labels.get(kind, {}):
                raise SourceError(
                    f"a cue speaks of {kind} '{key}', which the framework does not have",
                    where=f"align/data/cues.csv, line {line}",
                    mend="correct the key, or remove the cue",
                )
            self._add(kind, key, row["cue"], row.get("unless", ""))  # type: ignore[arg-type]
        for kind in ("skill", "value", "qualification"):
            for key, label in labels.get(kind, {}).items():
                name = re.sub(r"\([^)]*\)", "", label)
                # A value's name is one everyday word, which its cues guard better.
                if key != "none" and len(words_of(name)) > 1:
                    self._add(kind, key, name, "")  # type: ignore[arg-type]

    def _add(self, kind: Kind, key: str, text: str, unless: str) -> None:
        tokens = [token for token in text.split() if words_of(token.replace("|", " "))]
        slots = tuple(_slot(token) for token in tokens)
        loose = len(slots) > 2 or not any("|" in token for token in tokens)
        forbidden = frozenset(word.stem for word in words_of(unless))
        cue = Cue(kind, key, text, slots, forbidden, MOST_BETWEEN if loose else 0)
        for first in set(slots[0].first_stems()):
            self._by_first[first].append(cue)

    def matches(self, clause: Clause) -> Iterator[Match]:
        """The cues in a clause, by their first word; a cue counts once for each place it starts at."""
        stems = {word.stem for word in clause.words}
        for first, word in enumerate(clause.words):
            for cue in self._by_first.get(word.stem, ()):
                fit = cue.end_from(clause.words, first)
                if fit and not cue.unless & stems:
                    yield Match(cue, first, fit[0] - 1, fit[1])


def _slot(token: str) -> Slot:
    """What may stand at one place: `=a|b` is the word a, or any word with the stem of b."""
    stems: set[str] = set()
    forms: set[str] = set()
    capitals: set[str] = set()
    phrases: list[tuple[Slot, ...]] = []
    for alternative in token.split("|"):
        exact = alternative.startswith("=")
        words = words_of(alternative.lstrip("="))
        if len(words) == 1:
            word = words[0]
            chosen = capitals if word.caps and len(word.text) <= 4 else forms if exact else stems
            chosen.add(word.form if exact else word.stem)
        elif words:
            phrases.append(tuple(_slot(("=" if exact else "") + word.text) for word in words))
    return Slot(frozenset(stems), frozenset(forms), frozenset(capitals), tuple(phrases))
