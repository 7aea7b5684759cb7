"""Takes band, hours, shift, contract and grade wording out of a title and keeps it as fields."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from cmh_graph.align.labels import BANDS
from cmh_graph.align.wording import find_head, rows_of, words


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a title that is not the role: what kind, the text as written, and where it stands."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TitleParts:
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

#: Kinds of noise in the order they are taken out; hours go before bands, as "37.5" holds a digit.
_NOISE: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        ("reference", r"\b(?:ref(?:erence)?|req|vacancy|job|post)\s*(?:no\.?|number|id)?\s*[:#]"
                      r"\s*[\w/-]*\d[\w/-]*"),
        ("reference", r"\b(?=[\w-]*\d)[A-Z]{0,4}\d{3,}[\w-]*(?:-\d+)*\b"),
        ("hours", r"\b\d{1,2}(?:\.\d{1,2})?\s*(?:hours?|hrs?|hpw|h)\b(?:\s*(?:per|p/?|a)\s*(?:week|wk|w))?"),
        ("hours", r"\b(?:[01]?\.\d{1,3}|1)\s*(?:w\.?t\.?e\.?|f\.?t\.?e\.?)(?![a-z])"),
        ("hours", r"\b(?:wte|fte)\s*[:=]?\s*[01]?(?:\.\d{1,3})?(?![\w.])"),
        ("hours", r"\b(?:full|part)[\s-]*time\b|\b[fp]/t\b"),
        ("hours", r"\bterm[\s-]*time(?:\s+only)?\b|\bjob[\s-]*share\b"),
        ("contract", r"\bfixed[\s-]*term(?:\s+contract)?\b|\bftc\b|\b\d{1,2}\s*(?:months?|mths?|mnths?)\b"),
        ("contract", r"\bmat(?:ernity)?\.?\s*(?:leave)?\s*cover\b|\bmaternity\s+leave\b|\bsecondment\b"),
        ("contract", r"\bpermanent\b|\btemporary\b|\btemp\b"),
        ("contract", r"\bzero[\s-]*hours?\b|\bagency\b|\bcasual\b|\bsessional\b"),
        ("contract", r"\b(?:staff\s+)?bank(?:\s+(?:staff|only|shifts?))?\b"),
        ("contract", r"\bas\s+and\s+when\b|\binternal\s+only\b"),
        ("band", rf"\b(?:a\.?f\.?c\.?|agenda\s+for\s+change)?\s*"
                 rf"(?:bands?|bnd|bd)\.?\s*[:\-]?\s*{_RANGE}(?!\w)"),
        ("band", rf"\b(?:a\.?f\.?c\.?|agenda\s+for\s+change)\s*[:\-]?\s*{_RANGE}(?!\w)"),
        ("band", r"\bb\s?[1-9][a-d]?(?:\s*(?:-|–|/|to)\s*b?\s?[1-9][a-d]?)?(?!\w)"),
        ("band", r"(?<![\w.])8\s?[a-d](?:\s*(?:-|–|/|to)\s*(?:8\s?)?[a-d](?!\w))?(?!\w)"),
        ("grade", r"\b(?:scale|grade|spine\s+point|scp|level)\s*[:\-]?\s*(?:[a-z]{0,2}\d{1,2}[a-z]?)(?!\w)"),
        ("shift", r"\b(?:days?|nights?|earl(?:y|ies)|lates?|weekends?|twilights?)\s*(?:/|&|and|or|-)\s*"
                  r"(?:days?|nights?|earl(?:y|ies)|lates?|weekends?|twilights?)\b"),
        ("shift", r"\b(?:permanent\s+)?nights?(?:\s+(?:shifts?|duty))?\b"),
        ("shift", r"\bweekends?(?:\s+shifts?)?\b|\btwilights?\b"),
        ("shift", r"\b(?:long\s+)?days\b|\b(?:day|early|late|long|rotating)\s+shifts?\b|\bshifts?\b"),
        ("shift", r"\brotation(?:al)?\b|\bon[\s-]call\b|\bout[\s-]of[\s-]hours\b|\booh\b|\b24\s*/\s*7\b"),
        ("pay", r"£\s?[\d,.]+k?(?:\s*(?:-|–|to)\s*£?\s?[\d,.]+k?)?"
                r"(?:\s*(?:per|p\.?)\s*(?:annum|hour|a\.?|h\.?))?"),
        ("grade", r"\bnewly[\s-]*qualified\b|\bpreceptorship\b|\bnqp\b"),
        ("grade", r"\b(?:multiple|various)\s+(?:posts?|roles?)\b"),
    )
)  # fmt: skip


@cache
def placeholders() -> frozenset[str]:
    """What people write where a title is missing, such as TBC and N/A."""
    return frozenset(row["text"] for row in rows_of("placeholders.csv"))


_CUT = re.compile(
    r"\s[-–—]+\s|[–—|()\[\]{};:•·\n]|\s-(?=\S)|(?<=\S)-\s|(?<=[A-Za-z]{3})/(?=[A-Za-z]{3})|\s/+\s|\s\\\s"
)


def band_list(text: str) -> frozenset[str]:
    """The pay bands a text names: 'Band 6 to 7' -> {6, 7}, '8a' -> {8a}, 'unpaid' -> none."""
    text = text.lower()
    for word, digit in _WORDS.items():
        text = re.sub(rf"\b{word}(?=\s?[a-d]?\b)", digit, text)
    found = [match.group(0).replace(" ", "") for match in re.finditer(r"8\s?[a-d]\b|[1-9](?![\d.])", text)]
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
    for kind, pattern in _NOISE:
        if kind == "band":
            for match in pattern.finditer(text):
                said = match.group().strip()
                start = match.start() + match.group().index(said[0]) if said else match.start()
                if said and band_list(said):
                    found.setdefault(start, Part(kind, said, start, start + len(said)))
    return [found[start] for start in sorted(found)]


def _tidy(segment: str) -> str:
    segment = re.sub(r"\b([A-Za-z])/([A-Za-z])\b", r"\1\2", segment)  # A/P is AP
    segment = re.sub(r"\b([Cc]o)-(?=[a-z])", r"\1", segment)
    return " ".join(segment.split()).strip(" -–—/\\,.*+_&=@'\"#!?")


@lru_cache(maxsize=20_000)
def title_parts(title: str) -> TitleParts:
    """Take a title apart. Text that looks like noise but is all there is stays as the only segment."""
    raw = " ".join(title.split())
    if {raw.lower(), raw.lower().strip(" -–—_.?*!")} & placeholders() or not re.search(r"[^\W\d_]", raw):
        return TitleParts(raw, (), (), frozenset(), placeholder=True)
    left = raw
    parts: list[Part] = []
    bands: set[str] = set()
    for kind, pattern in _NOISE:
        for match in pattern.finditer(left):
            if not match.group(0).strip():
                continue
            parts.append(Part(kind, raw[match.start() : match.end()].strip(), match.start(), match.end()))
            if kind == "band":
                bands |= band_list(match.group(0))
        # A bar keeps every later span in place and cuts the segment where the noise stood between words.
        left = pattern.sub(lambda match: "\x00" * len(match.group(0)), left)
    segments = _segments(left)
    if not any(re.search(r"[A-Za-z]{2}", segment) for segment in segments):
        return TitleParts(raw, _segments(raw), (), frozenset())
    return TitleParts(raw, segments, tuple(sorted(parts, key=lambda part: part.start)), frozenset(bands))


def _segments(left: str) -> tuple[str, ...]:
    pieces: Sequence[str | None] = _CUT.split(left.replace("\x00", " "))
    tidy = (_tidy(part) for piece in pieces if piece for part in _cut_at_comma(piece))
    return tuple(segment for segment in tidy if segment and not segment.isdigit())


def _cut_at_comma(piece: str) -> list[str]:
    """'Support worker, home treatment' is cut; 'Support, time and recovery worker' is one name."""
    first, comma, rest = piece.partition(",")
    phrase = words(first)
    if comma and phrase and find_head(phrase)[0].word and find_head(phrase)[1] == len(phrase):
        return [first, *_cut_at_comma(rest)]
    return [piece]
