"""A job description or advert -> what it asks for, in the framework's terms, with the words that say so.

Method: docs/decisions/0007-descriptions-by-cues.md. Every finding has its place in the text and its reason;
clauses that ask for something and lead to nothing are listed, not hidden.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from cmh_graph.align.texts.clauses import Clause, clauses_of
from cmh_graph.align.texts.cues import Kind, Lexicon
from cmh_graph.align.titles.title_parts import band_list, bands_in
from cmh_graph.errors import SourceError

__all__ = ["Description", "Finding", "Kind", "Lexicon", "Unlinked", "read_description"]

#: Longest description read, in characters: the longest real ones have a tenth of this.
LONGEST: Final = 200_000
#: Confidence of a cue of several words, unbroken and with words between, and of a cue of one word: about the share
#: that was right in texts that the cues were not made from (make bench-describe prints it).
_UNBROKEN: Final = 0.9
_BROKEN: Final = 0.55
_ONE_WORD: Final = 0.7
_NEGATION: Final = re.compile(
    r"\b(?:no|not|without|never|nor|don['’]t|doesn['’]t|isn['’]t|aren['’]t|needn['’]t)\b", re.I
)
_NOT_NEEDED: Final = re.compile(
    r"\b(?:do(?:es)?\s+not|don['’]t|no)\s+(?:need|require)|\bno\s+\w+\s+in\b", re.IGNORECASE
)
_IS_NOT_NEEDED: Final = re.compile(
    r"[^.,;]{0,40}\b(?:is|are)\s+not\s+(?:needed|required|necessary|essential)", re.IGNORECASE
)
_ASKS: Final = re.compile(
    r"\b(?:ability|able|experience|knowledge|understanding|skills?|qualif\w+|aware(?:ness)?|competen\w+|proficien\w+"
    r"|certificat\w+|licen[cs]e|registr\w+|responsible|ensure|provide|assist|undertake|manage|maintain|develop"
    r"|support(?!,? (?:workers?|time|officer|planner))"
    r"|must|willing\w*|confiden\w+|evidence|demonstrat\w+)\b",
    re.IGNORECASE,
)
#: Where a phrase ends inside a clause.
_PHRASE_END: Final = re.compile(
    r"[,:()]|\s[-–—]+\s|\s(?:and|but|so that|which|who|where|while)(?=\s)", re.IGNORECASE
)
_LEAD: Final = " \t\r\n•●▪◦‣·*–-1234567890."
_FEWEST_WORDS: Final = 3
_OF_HOURS: Final = frozenset(
    ["hour", "hours", "hrs", "per", "week", "weekly", "full", "part", "time", "37", "5"]
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a text asks for, promises or says is not needed.

    key: of the framework's thing, or a band. start, end, text: the words that say so. necessity: essential, desirable,
    gained-in-post, not-needed, or "" if the text does not say. confidence: 0 to 1. why: the cue and how it fits."""

    kind: Kind
    key: str
    label: str
    start: int
    end: int
    text: str
    necessity: str
    confidence: float
    why: str


@dataclass(frozen=True, slots=True)
class Unlinked:
    """A clause that asks for something which no cue covers."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Description:
    """What was found in a text, by place, and what was not linked."""

    findings: tuple[Finding, ...]
    unlinked: tuple[Unlinked, ...]

    def keys(self, kind: Kind) -> set[str]:
        """The keys of one kind that the text asks for or promises; what it says is not needed is left out."""
        return {one.key for one in self.findings if one.kind == kind and one.necessity != "not-needed"}


def read_description(text: str, lexicon: Lexicon) -> Description:
    """What a text asks for, promises and says is not needed, by place.

    Raises SourceError if it is longer than LONGEST. Same text, same findings; the time grows with its length."""
    if len(text) > LONGEST:
        raise SourceError(
            f"the description has {len(text):,} characters; {LONGEST:,} are read",
            mend="give one description at a time",
        )
    findings: list[Finding] = []
    unlinked: list[Unlinked] = []
    for clause in clauses_of(text):
        found = list(_longest(_in_clause(clause, text, lexicon)))
        findings += found
        if found or clause.bullet or clause.necessity or _ASKS.search(clause.text):
            unlinked += _not_linked(clause, found)
    return Description(
        tuple(sorted(findings, key=lambda one: (one.start, one.end, one.kind, one.key))), tuple(unlinked)
    )


def _not_linked(clause: Clause, found: list[Finding]) -> Iterator[Unlinked]:
    """The phrases of a clause in which nothing was found, of three words or more; the whole of one without findings."""
    if clause.heading:
        return
    starts = [word.start for word in clause.words]
    place = 0
    for cut in [*(_PHRASE_END.finditer(clause.text) if found else ()), None]:
        end = cut.start() if cut else len(clause.text)
        raw = clause.text[place:end]
        start, stop = clause.start + place + len(raw) - len(raw.lstrip(_LEAD)), clause.start + end
        place = cut.end() if cut else end
        words = clause.words[bisect_left(starts, start) : bisect_left(starts, stop)]
        telling = [word for word in words if word.form not in _OF_HOURS]
        if (
            telling
            and len(words) >= _FEWEST_WORDS
            and not any(one.start < stop and start < one.end for one in found)
        ):
            stop = words[-1].end
            text = clause.text[start - clause.start : stop - clause.start]
            yield Unlinked(start, stop, " ".join(text.split()))


def _in_clause(clause: Clause, text: str, lexicon: Lexicon) -> Iterator[Finding]:
    for match in () if clause.heading else lexicon.matches(clause):
        cue, between = match.cue, match.between
        start, end = clause.words[match.first].start, clause.words[match.last].end
        contiguous = between == 0
        confidence = (_UNBROKEN if contiguous else _BROKEN) if match.last > match.first else _ONE_WORD
        necessity: str = clause.necessity if cue.key != "none" else ""
        if cue.kind == "qualification" and clause.by_a_date:
            necessity = "gained-in-post"
        why = f"cue '{cue.text}'" + ("" if contiguous else f" with {between} words between")
        if cue.key != "none" and _negated(cue.kind, clause, start, end):
            necessity, why = "not-needed", why + "; the clause says that it is not needed"
        elif necessity:
            why += f"; {necessity} by the wording or its heading"
        label = lexicon.labels[cue.kind][cue.key]
        yield Finding(cue.kind, cue.key, label, start, end, text[start:end], necessity, confidence, why)
    for part in bands_in(clause.text):
        for band in sorted(band_list(part.text)):
            start, end = clause.start + part.start, clause.start + part.end
            yield Finding("band", band, f"Band {band}", start, end, part.text, "", _UNBROKEN, "a pay band")


def _negated(kind: Kind, clause: Clause, start: int, end: int) -> bool:
    """Whether the clause says that the finding is not needed: "no" or "not" before it, or "is not needed" after it.

    Of a skill or value that has to be said outright ("you do not need ..."): "not judging" is no refusal."""
    before = clause.text[max(0, start - clause.start - 45) : start - clause.start]
    after = clause.text[end - clause.start :]
    refused = _NEGATION if kind in ("qualification", "experience") else _NOT_NEEDED
    return bool(refused.search(before)) or bool(_IS_NOT_NEEDED.match(after))


def _longest(found: Iterable[Finding]) -> Iterator[Finding]:
    """Findings without those that lie inside a longer unbroken one, and without a thing found twice in a clause."""
    ranked = sorted(
        found, key=lambda one: (one.confidence < _UNBROKEN, one.start - one.end, one.start, one.kind, one.key)
    )
    kept: list[Finding] = []
    for one in ranked:
        inside = any(
            other.start <= one.start
            and one.end <= other.end
            and other.end - other.start > one.end - one.start
            and (other.confidence >= _UNBROKEN or one.confidence < _UNBROKEN)
            for other in kept
            if other.kind != "band"
        )
        again = any((other.kind, other.key) == (one.kind, one.key) for other in kept)
        if not inside and not again:
            kept.append(one)
    yield from kept
