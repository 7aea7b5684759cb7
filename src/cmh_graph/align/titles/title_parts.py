"""Takes band, hours, shift, contract and grade wording out of a title and keeps it as fields."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

from cmh_graph.align.labels import BANDS
from cmh_graph.align.wording import find_head, rows_of, words

NO_BANDS: frozenset[str] = frozenset()


class Part(NamedTuple):
    """A piece of a title that is not the role: what kind, the text as written, and where it stands."""

    kind: str
    text: str
    start: int
    end: int


class TitleParts(NamedTuple):
    """A title without its noise. segments: what is left, cut at dashes, brackets and bars, in order."""

    raw: str
    segments: tuple[str, ...]
    parts: tuple[Part, ...]
    bands: frozenset[str]
    placeholder: bool = False


_NUMBER = r"(?:[1-79]|8\s?[a-d]?|one|two|three|four|five|six|seven|eight\s?[a-d]?|nine)"
_RANGE = rf"{_NUMBER}(?:\s*(?:-|–|/|to|or|and|&)\s*(?:band\s*|b)?{_NUMBER}\b)?"
_WORDS = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
          "eight": "8", "nine": "9"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Noise:
    """A pattern, what one piece of a text between spaces must hold for it, and whether there must be a digit too.

    To look for these first takes a fraction of the time that the pattern takes; most titles hold few of them."""

    kind: str
    pattern: re.Pattern[str]
    needs: re.Pattern[str]
    digit: bool


_WITH_DIGIT = "0 "


def _any_of(needs: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(needs))


#: Kinds of noise in the order they are taken out; hours go before bands, as "37.5" holds a digit. Beside each
#: pattern: what a text needs for it, `0` for a digit, each of the others a pattern for one piece.
_NOISE: tuple[_Noise, ...] = tuple(
    _Noise(
        kind,
        re.compile(pattern, re.IGNORECASE),
        _any_of(needs.removeprefix(_WITH_DIGIT).split()),
        needs.startswith(_WITH_DIGIT),
    )
    for kind, needs, pattern in (
        ("reference", "0 : #", r"\b(?:ref(?:erence)?|req|vacancy|job|post)\s*(?:no\.?|number|id)?\s*[:#]"
                               r"\s*[\w/-]*\d[\w/-]*"),
        ("reference", r"0 \d{3}", r"\b(?=[\w-]*\d)[A-Z]{0,4}\d{3,}[\w-]*(?:-\d+)*\b"),
        ("hours", r"0 (?:^|\d)h(?:ours?|rs?|pw)?\b",
         r"\b\d{1,2}(?:\.\d{1,2})?\s*(?:hours?|hrs?|hpw|h)\b(?:\s*(?:per|p/?|a)\s*(?:week|wk|w))?"),
        ("hours", r"0 (?:^|\d)[wf]\.?t", r"\b(?:[01]?\.\d{1,3}|1)\s*(?:w\.?t\.?e\.?|f\.?t\.?e\.?)(?![a-z])"),
        ("hours", "wte fte", r"\b(?:wte|fte)\s*[:=]?\s*[01]?(?:\.\d{1,3})?(?![\w.])"),
        ("hours", r"(?:full|part)-*(?:$|time) [fp]/t", r"\b(?:full|part)[\s-]*time\b|\b[fp]/t\b"),
        ("hours", "term share", r"\bterm[\s-]*time(?:\s+only)?\b|\bjob[\s-]*share\b"),
        ("contract", "fixed ftc month mth mnth", r"\bfixed[\s-]*term(?:\s+contract)?\b|\bftc\b"
                                                 r"|\b\d{1,2}\s*(?:months?|mths?|mnths?)\b"),
        ("contract", "mat secondment", r"\bmat(?:ernity)?\.?\s*(?:leave)?\s*cover\b|\bmaternity\s+leave\b"
                                       r"|\bsecondment\b"),
        ("contract", "perm temp", r"\bpermanent\b|\btemporary\b|\btemp\b"),
        ("contract", "zero agency casual sessional", r"\bzero[\s-]*hours?\b|\bagency\b|\bcasual\b|\bsessional\b"),
        ("contract", "bank", r"\b(?:staff\s+)?bank(?:\s+(?:staff|only|shifts?))?\b"),
        ("contract", "when internal", r"\bas\s+and\s+when\b|\binternal\s+only\b"),
        ("band", "band bnd bd", rf"\b(?:a\.?f\.?c\.?|agenda\s+for\s+change)?\s*"
                                rf"(?:bands?|bnd|bd)\.?\s*[:\-]?\s*{_RANGE}(?!\w)"),
        ("band", r"fc f\.c agenda", rf"\b(?:a\.?f\.?c\.?|agenda\s+for\s+change)\s*[:\-]?\s*{_RANGE}(?!\w)"),
        ("band", r"0 b(?:$|\d)", r"\bb\s?[1-9][a-d]?(?:\s*(?:-|–|/|to)\s*b?\s?[1-9][a-d]?)?(?!\w)"),
        ("band", "8", r"(?<![\w.])8\s?[a-d](?:\s*(?:-|–|/|to)\s*(?:8\s?)?[a-d](?!\w))?(?!\w)"),
        ("grade", "0 scale grade spine scp level",
         r"\b(?:scale|grade|spine\s+point|scp|level)\s*[:\-]?\s*(?:[a-z]{0,2}\d{1,2}[a-z]?)(?!\w)"),
        ("shift", "day night earl late weekend twilight",
         r"\b(?:days?|nights?|earl(?:y|ies)|lates?|weekends?|twilights?)\s*(?:/|&|and|or|-)\s*"
         r"(?:days?|nights?|earl(?:y|ies)|lates?|weekends?|twilights?)\b"),
        ("shift", "night", r"\b(?:permanent\s+)?nights?(?:\s+(?:shifts?|duty))?\b"),
        ("shift", "weekend twilight", r"\bweekends?(?:\s+shifts?)?\b|\btwilights?\b"),
        ("shift", "days shift", r"\b(?:long\s+)?days\b|\b(?:day|early|late|long|rotating)\s+shifts?\b|\bshifts?\b"),
        ("shift", r"rotation call\b out(?:$|-) ooh 24", r"\brotation(?:al)?\b|\bon[\s-]call\b|\bout[\s-]of[\s-]hours\b"
                                              r"|\booh\b|\b24\s*/\s*7\b"),
        ("pay", "£", r"£\s?[\d,.]+k?(?:\s*(?:-|–|to)\s*£?\s?[\d,.]+k?)?"
                     r"(?:\s*(?:per|p\.?)\s*(?:annum|hour|a\.?|h\.?))?"),
        ("grade", "newly preceptorship nqp", r"\bnewly[\s-]*qualified\b|\bpreceptorship\b|\bnqp\b"),
        ("grade", "multiple various", r"\b(?:multiple|various)\s+(?:posts?|roles?)\b"),
    )
)  # fmt: skip
_DIGIT = re.compile(r"\d")
#: Marks that are common in titles and have nothing to do with case.
_MARKS = str.maketrans(dict.fromkeys("–—£’‘“”•·", " "))


_OF_DIGIT = 1 << len(_NOISE)
_ANY_NEED = _any_of([noise.needs.pattern for noise in _NOISE])


class _Needs(dict[str, int]):
    """A piece of text -> the patterns whose parts it holds, a bit for each in their order, and one more for a digit.
    Pieces that were looked at are kept; when there are many, keeping starts anew."""

    def __missing__(self, piece: str) -> int:
        lower = piece.lower()
        found = _OF_DIGIT if _DIGIT.search(piece) else 0
        if _ANY_NEED.search(lower):
            for place, noise in enumerate(_NOISE):
                if noise.needs.search(lower):
                    found |= 1 << place
        if len(self) >= _MOST_PIECES:
            self.clear()
        self[piece] = found
        return found


_MOST_PIECES = 50_000
_NEEDS = _Needs()


@lru_cache(maxsize=5_000)
def _noise_of(found: int) -> tuple[_Noise, ...]:
    """The patterns of these bits; those that ask for a digit only beside one."""
    digit = bool(found & _OF_DIGIT)
    return tuple(
        noise for place, noise in enumerate(_NOISE) if found >> place & 1 and (digit or not noise.digit)
    )


def _possible_noise(text: str) -> Sequence[_Noise]:
    """The patterns that a text may hold, in order; all of them where letters have unusual lower cases."""
    if not text.isascii() and not text.translate(_MARKS).isascii():
        return _NOISE
    found = 0
    for piece in text.split():
        found |= _NEEDS[piece]
    return _noise_of(found) if found else ()


@cache
def placeholders() -> frozenset[str]:
    """What people write where a title is missing, such as TBC and N/A."""
    return frozenset(row["text"] for row in rows_of("placeholders.csv"))


#: Council grades (PO2, Sc6), scale points and money are no pay bands, whatever digit they hold.
_OTHER_PAY = re.compile(
    r"£\s?[\d,.]+k?(?:\s*(?:-|–|to)\s*£?\s?[\d,.]+k?)?|\b(?:scale|spine\s+point|level|scp|njc|po|so|sc)\s*[:\-]?\s*\d+[a-z]?"
)
_BAND = re.compile(
    r"(?:(?<![a-z\d.,])|(?<=\bb)|(?<=\bbd)|(?<=\bbnd)|(?<=\bband)|(?<=\bafc))(?:8\s?[a-d]\b|[1-9](?![\d.]))"
)
#: Stands where noise was taken out.
_TAKEN = "\x00"
#: Each alternative begins with a character of its own, so that the search passes over all others at once. What is cut
#: has no white space but single spaces.
_CUT = re.compile(
    r" (?:[-–—]+ |-(?=\S)|/+ |\\ )|–|—|\||\(|\)|\[|\]|\{|\}|;|:|•|·|-(?<=\S-) |/(?<=[A-Za-z]{3}/)(?=[A-Za-z]{3})"
)


@lru_cache(maxsize=5_000)
def band_list(text: str) -> frozenset[str]:
    """The pay bands a text names: 'Band 6 to 7' -> {6, 7}, '8a' -> {8a}, 'unpaid' -> none."""
    if not text:
        return NO_BANDS
    text = text.lower()
    for word, digit in _WORDS.items():
        text = re.sub(rf"\b{word}(?=\s?[a-d]?\b)", digit, text)
    text = _OTHER_PAY.sub(" ", text)
    found = [match.group(0).replace(" ", "") for match in _BAND.finditer(text)]
    if "8" in found:
        # A bare 8 was split into four; it means any of them.
        found = [band for one in found for band in (("8a", "8b", "8c", "8d") if one == "8" else (one,))]
    tail = re.search(r"8\s?[a-d]\s*(?:-|–|/|to)\s*([a-d])\b", text)
    if tail:
        found.append("8" + tail.group(1))
    known = [band for band in found if band in BANDS]
    if len(known) >= 2 and re.search(r"\d\s?[a-d]?\s*(?:-|–|to)\s*", text):
        low, high = sorted((BANDS.index(known[0]), BANDS.index(known[-1])))
        return frozenset(BANDS[low : high + 1])
    return frozenset(known)


def bands_in(text: str) -> list[Part]:
    """Every mention of a pay band in running text, in order, with its place in the text as it stands."""
    found: dict[int, Part] = {}
    for noise in _possible_noise(text):
        if noise.kind == "band":
            for match in noise.pattern.finditer(text):
                said = match.group().strip()
                start = match.start() + match.group().index(said[0]) if said else match.start()
                if said and band_list(said):
                    found.setdefault(start, Part(noise.kind, said, start, start + len(said)))
    return [found[start] for start in sorted(found)]


_SINGLE_LETTERS = re.compile(r"\b([A-Za-z])/([A-Za-z])\b")
_CO = re.compile(r"\b([Cc]o)-(?=[a-z])")
_LETTER = re.compile(r"[^\W\d_]")
_TWO_LETTERS = re.compile(r"[A-Za-z]{2}")


def _tidy(segment: str) -> str:
    if "/" in segment:
        segment = _SINGLE_LETTERS.sub(r"\1\2", segment)  # A/P is AP
    if "-" in segment:
        segment = _CO.sub(r"\1", segment)
    return " ".join(segment.split()).strip(" -–—/\\,.*+_&=@'\"#!?")


def take_apart(title: str) -> TitleParts:
    """Take a title apart. Text that looks like noise but is all there is stays as the only segment."""
    raw = " ".join(title.split())
    lower = raw.lower()
    if not placeholders().isdisjoint((lower, lower.strip(" -–—_.?*!"))) or not _LETTER.search(raw):
        return TitleParts(raw, (), (), NO_BANDS, placeholder=True)
    left = raw
    parts: list[Part] = []
    bands = NO_BANDS
    for noise in _possible_noise(raw):
        matches = [match for match in noise.pattern.finditer(left) if match.group(0).strip()]
        for match in matches:
            start, end = match.span()
            parts.append(Part(noise.kind, raw[start:end].strip(), start, end))
            if noise.kind == "band":
                bands = bands | band_list(match.group(0))
            # Marks keep every later span in place and cut the segment where the noise stood between words.
            left = f"{left[:start]}{_TAKEN * (end - start)}{left[end:]}"
    segments = _segments(left)
    if not any(map(_TWO_LETTERS.search, segments)):
        return TitleParts(raw, _segments(raw), (), NO_BANDS)
    if parts:
        parts.sort(key=lambda part: part.start)
    return TitleParts(raw, segments, tuple(parts), bands)


#: The same for titles that are likely to be asked for again.
title_parts = lru_cache(maxsize=5_000)(take_apart)


def _segments(left: str) -> tuple[str, ...]:
    found: tuple[str, ...] = ()
    for piece in _CUT.split(left.replace(_TAKEN, " ")):
        found += _segments_of(piece)
    return found


@lru_cache(maxsize=20_000)
def _segments_of(piece: str) -> tuple[str, ...]:
    tidy = map(_tidy, _cut_at_comma(piece))
    return tuple([segment for segment in tidy if segment and not segment.isdigit()])


def _cut_at_comma(piece: str) -> list[str]:
    """'Support worker, home treatment' is cut; 'Support, time and recovery worker' is one name."""
    first, comma, rest = piece.partition(",")
    if comma:
        phrase = words(first)
        head, end = find_head(phrase)
        if phrase and head.word and end == len(phrase):
            return [first, *_cut_at_comma(rest)]
    return [piece]
