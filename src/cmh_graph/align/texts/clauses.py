"""A text -> its clauses and words, each with its place in the text, and how firmly it asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cmh_graph.align.texts.layout import Necessity, Passage, asked, passages
from cmh_graph.align.wording import JOINING, plain, stem

#: Words that say nothing by themselves; a cue may run across them.
PASSED_OVER = JOINING | {"as", "is", "are", "be", "our", "your", "their", "his", "her", "its", "this", "that"}
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_CLAUSE_END = re.compile(r"[.!?](?=\s|$)|[;•●▪◦‣·]|(?<=\s)[-–*](?=\s)")
_OFFERED = re.compile(
    r"\btraining (?:is |will be )?(?:given|provided|available|offered)\b|\bwe (?:will |can )?(?:offer|provide|give)\b"
    r"|\bwe(?:['’]ll| will| can)? (?:fully )?(?:train|teach) you\b|\bgive you\b"
    r"|\bwe(?:['’]ll| will| can)? support you\b|\bopportunit(?:y|ies) (?:to|for)\b"
    r"|\byou(?:['’]ll| will) (?:receive|gain|be (?:trained|taught|supported|offered|given))\b"
    r"|\b(?:willing(?:ness)?|prepared) to (?:work towards|undertake|complete|train|study|attend)\b|\bworking towards\b"
    r"|\b(?:course|training|induction) (?:covering|that covers)\b"
    r"|\b(?:is|are|will be) (?:given|provided|funded) (?:in|during|within)\b",
    re.IGNORECASE,
)
_BY_A_DATE = re.compile(
    r"\bwithin (?:\w+ )?\w+ (?:weeks|months)\b"
    r"|\b(?:in|during) (?:your|the|their) first (?:\w+ )?(?:weeks?|months?|year)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word: as written, its plain form (a possessive keeps its mark), its stem, and its place.

    caps: written in capitals."""

    text: str
    form: str
    stem: str
    start: int
    end: int
    caps: bool


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause of a text. start, end: its place. bullet: whether it is an item of a list or a cell of a table.

    necessity: what a mark, its own words or else the heading above it say; "" if nothing does. by_a_date: whether
    it names a time by which something is reached, which of a qualification means that it is gained in post."""

    text: str
    start: int
    end: int
    words: tuple[Word, ...]
    necessity: Necessity
    bullet: bool
    by_a_date: bool = False
    heading: bool = False


def words_of(text: str, offset: int = 0) -> tuple[Word, ...]:
    """The words of a text but for those passed over. offset: added to every place."""
    found = []
    for match in _WORD.finditer(text):
        bare = plain(match.group()).replace(" ", "")
        if bare and bare not in PASSED_OVER:
            start, end = match.start() + offset, match.end() + offset
            own = "'s" if match.group().endswith(("'s", "’s")) else ""
            found.append(Word(match.group(), bare + own, stem(bare), start, end, match.group().isupper()))
    return tuple(found)


def clauses_of(text: str) -> Iterator[Clause]:
    """The clauses of a text in order; blank lines and the bars between cells belong to none."""
    for passage in passages(text):
        place = passage.start
        ends = [match.end() for match in _CLAUSE_END.finditer(text, passage.start, passage.end)]
        for end in [*ends, passage.end]:
            start, place = place, end
            if text[start:end].strip():
                yield _clause(text, start, end, passage)


def _clause(text: str, start: int, end: int, passage: Passage) -> Clause:
    raw = text[start:end]
    dated = bool(_BY_A_DATE.search(raw))
    offered: Necessity = "gained-in-post" if _OFFERED.search(raw) else ""
    necessity = passage.marked or offered or asked(raw) or passage.under
    return Clause(
        raw,
        start,
        end,
        words_of(raw, start),
        necessity,
        passage.bullet,
        dated and not passage.marked,
        passage.heading,
    )
