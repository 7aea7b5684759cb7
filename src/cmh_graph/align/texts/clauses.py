"""A text -> its clauses and words, each with its place in the text, and the heading it stands under."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from cmh_graph.align.wording import JOINING, plain, stem

#: Words that say nothing by themselves; a cue may run across them.
PASSED_OVER = JOINING | {"as", "is", "are", "be", "our", "your", "their", "his", "her", "its", "this", "that"}
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_CLAUSE_END = re.compile(r"[.!?](?=\s|$)|[;\n\r•●▪◦‣·]|(?<=\s)[-–*](?=\s)")
_BULLET = re.compile(r"\s*(?:[•●▪◦‣·*–-]|\d{1,2}[.)])\s+")
_ESSENTIAL = re.compile(r"\bessential\b|\bmust (?:have|be|hold)\b|\brequire(?:d|ments?)\b", re.IGNORECASE)
_DESIRABLE = re.compile(
    r"\bdesirable\b|\badvantage(?:ous)?\b|\bpreferred\b|\bpreferabl[ey]\b|\bideally\b"
    r"|\bwould be (?:helpful|useful|nice)\b|\bnice to have\b",
    re.IGNORECASE,
)
_HEADING = re.compile(
    r"(?:(?:essential|desirable|criteria|requirements?|skills?|knowledge|experience|qualifications?|education|training"
    r"|values|attributes|about (?:you|us|the role)|duties|responsibilities|main|key|personal|person|specification"
    r"|what we offer|benefits|and|&|/|,)\W*\s*)+",
    re.IGNORECASE,
)
_OFFERED = re.compile(
    r"\btraining (?:is |will be )?(?:given|provided|available)\b|\bwe (?:will )?(?:offer|provide|support you)\b"
    r"|\byou will (?:receive|gain|be (?:trained|supported|offered))\b|\bopportunit(?:y|ies) (?:to|for)\b"
    r"|\bwilling(?:ness)? to (?:work towards|undertake|complete|train)\b|\bworking towards\b"
    r"|\bwithin (?:\w+ )?\w+ (?:weeks|months)\b",
    re.IGNORECASE,
)

Necessity = Literal["essential", "desirable", "gained-in-post", ""]


@dataclass(frozen=True, slots=True)
class Word:
    """A word: as written, its stem, and its place. caps: written in capitals."""

    text: str
    stem: str
    start: int
    end: int
    caps: bool


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause of a text. start, end: its place. bullet: whether it is an item of a list.

    necessity: what its own words or else the heading above it say; "" if nothing does."""

    text: str
    start: int
    end: int
    words: tuple[Word, ...]
    necessity: Necessity
    bullet: bool


def words_of(text: str, offset: int = 0) -> tuple[Word, ...]:
    """The words of a text but for those passed over. offset: added to every place."""
    found = []
    for match in _WORD.finditer(text):
        bare = plain(match.group()).replace(" ", "")
        if bare and bare not in PASSED_OVER:
            start, end = match.start() + offset, match.end() + offset
            found.append(Word(match.group(), stem(bare), start, end, match.group().isupper()))
    return tuple(found)


def clauses_of(text: str) -> Iterator[Clause]:
    """The clauses of a text in order. A line that is only a heading sets the necessity of what follows it."""
    heading: Necessity = ""
    place = 0
    for end in [*(match.end() for match in _CLAUSE_END.finditer(text)), len(text)]:
        raw = text[place:end]
        start, place = place, end
        if not raw.strip():
            continue
        own = necessity_of(raw)
        words = words_of(raw, start)
        if is_heading(raw):
            heading = own
        bullet = bool(_BULLET.match(raw)) or bool(_BULLET.match(text[max(0, start - 3) : start] + " "))
        yield Clause(raw, start, end, words, own or heading, bullet)


def is_heading(text: str) -> bool:
    """Whether a clause is a heading: short, and ending in a colon, or of words that head lists and no others."""
    line = text.strip()
    if _BULLET.match(text) or len(line.split()) > 6:
        return False
    return line.endswith(":") or bool(_HEADING.fullmatch(line))


def necessity_of(text: str) -> Necessity:
    """How firmly the words of a clause ask for something; "" if they do not say."""
    if _OFFERED.search(text):
        return "gained-in-post"
    if _DESIRABLE.search(text):
        return "desirable"
    return "essential" if _ESSENTIAL.search(text) else ""
