"""A job description or advert -> what it asks for, in the framework's terms, with the words that say so.

Method: docs/decisions/0007-descriptions-by-cues.md. Every finding has its place in the text and its reason;
clauses that ask for something and lead to nothing are listed, not hidden.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from cmh_graph.align.texts.clauses import Clause, Word, clauses_of, words_of
from cmh_graph.align.titles.title_parts import band_list, bands_in
from cmh_graph.align.wording import rows_of
from cmh_graph.errors import SourceError

Kind = Literal["skill", "value", "experience", "qualification", "band"]
#: Longest description read, in characters: the longest real ones have a tenth of this.
LONGEST: Final = 200_000
_MOST_BETWEEN: Final = 2
#: Confidence of a cue of several words, unbroken and with words between, and of a cue of one word. By judgement: no
#: labelled descriptions exist to measure it on.
_UNBROKEN: Final = 0.95
_BROKEN: Final = 0.8
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
    r"|certificat\w+|licen[cs]e|registr\w+|responsible|ensure|provide|support|assist|undertake|manage|maintain|develop"
    r"|must|willing\w*|confiden\w+|evidence|demonstrat\w+)\b",
    re.IGNORECASE,
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


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that speak of a thing. unless: stems that forbid it in the same clause."""

    kind: Kind
    key: str
    text: str
    words: tuple[Word, ...]
    unless: frozenset[str]


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
        words = words_of(text)
        forbidden = frozenset(word.stem for word in words_of(unless))
        self._by_first[words[0].stem].append(Cue(kind, key, text, words, forbidden))

    def matches(self, clause: Clause) -> Iterator[tuple[Cue, int, int, int]]:
        """The cues in a clause: the cue, the places of its first and last word, and how many words lie between."""
        stems = {word.stem for word in clause.words}
        for first, word in enumerate(clause.words):
            for cue in self._by_first.get(word.stem, ()):
                last = self._fits(cue, clause.words, first)
                if last is not None and not cue.unless & stems:
                    yield cue, first, last, last - first + 1 - len(cue.words)

    @staticmethod
    def _fits(cue: Cue, words: tuple[Word, ...], first: int) -> int | None:
        place = first
        for number, wanted in enumerate(cue.words):
            limit = place + 1 if number == 0 else place + _MOST_BETWEEN + 1
            for here in range(place, min(limit, len(words))):
                # A short cue in capitals (DBS, CPA) is an abbreviation: in small letters it is another word.
                if words[here].stem == wanted.stem and (
                    words[here].caps or not wanted.caps or len(wanted.text) > 4
                ):
                    place = here + 1
                    break
            else:
                return None
        return place - 1 if place - first - len(cue.words) <= _MOST_BETWEEN else None


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
        asks = clause.bullet or _ASKS.search(clause.text)
        if not found and asks and len(clause.words) >= 3:
            lead = len(clause.text) - len(clause.text.lstrip(" \t•●▪◦‣·*–-"))
            unlinked.append(Unlinked(clause.start + lead, clause.end, " ".join(clause.text[lead:].split())))
    return Description(
        tuple(sorted(findings, key=lambda one: (one.start, one.end, one.kind, one.key))), tuple(unlinked)
    )


def _in_clause(clause: Clause, text: str, lexicon: Lexicon) -> Iterator[Finding]:
    for cue, first, last, between in lexicon.matches(clause):
        start, end = clause.words[first].start, clause.words[last].end
        contiguous = between == 0
        confidence = (_UNBROKEN if contiguous else _BROKEN) if len(cue.words) > 1 else _ONE_WORD
        necessity: str = clause.necessity if cue.key != "none" else ""
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
