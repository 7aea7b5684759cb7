"""A text -> its passages, each with the necessity that its layout gives it.

A passage is a line, a wrapped paragraph or a cell of a table. What sets the necessity, the strongest first: a mark at
the end of the line (`- E`, `(desirable)`, a cell with D), a column headed Essential, `Essential:` inside the line, and
the heading of the list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

Necessity = Literal["essential", "desirable", "gained-in-post", ""]

_BULLET = re.compile(r"\s*(?:[•●▪◦‣·*–-]|\d{1,2}[.)]|\d{1,2}(?:\.\d{1,2}){1,2}[.)]?|\([a-z\d]\)|o)\s+")
_CELL = re.compile(r"[^|\t]+")
_MARK: Final[Mapping[str, Necessity]] = {
    "e": "essential",
    "essential": "essential",
    "d": "desirable",
    "desirable": "desirable",
}
_LINE_MARK = re.compile(
    r"(?:\s[-–—,:]\s*|[(\[]\s*)(E|D|essential|desirable)\s*[)\]]?\s*[.;]?\s*$", re.IGNORECASE
)
_INSIDE = re.compile(
    r"(?<!\w)(?:(essential|required|must have)|(desirable|preferred|ideally|nice to have))(?:\s+[\w/]+){0,3}\s*:",
    re.IGNORECASE,
)
_ESSENTIAL = re.compile(
    r"\bessential\b|\bmust(?: (?!not)\w+)? (?:have|be|hold|possess)\b|\bmust-haves?\b|\brequire(?:d|ments?)\b"
    r"|\byou will (?:have|need|bring)\b|\bwe (?:need|ask for)\b",
    re.IGNORECASE,
)
_DESIRABLE = re.compile(
    r"\bdesirable\b|\badvantage(?:ous)?\b|\bpreferred\b|\bpreferabl[ey]\b|\bideally\b|\b(?:an?|real) asset\b"
    r"|\b(?:would be|is|are) (?:\w+ )?(?:helpful|useful|nice|welcome|a bonus|a plus)\b|\bnice[ -]to[ -]haves?\b"
    r"|\beven better\b",
    re.IGNORECASE,
)
#: Words of headings over criteria: under them the necessity of the heading above goes on.
_CRITERIA = re.compile(
    r"(?:(?:essential|desirable|criteria|criterion|requirements?|required|skills?|knowledge|experience|qualifications?"
    r"|education(?:al)?|training|values|attributes|abilit(?:y|ies)|aptitudes?|qualities|competenc(?:y|ies|es)"
    r"|circumstances|attainments?|disposition|behaviours?|personal|professional|other|key|special|physical|person"
    r"|specification|and|of|&|/|,)\W*)+",
    re.IGNORECASE,
)
_HEADING = re.compile(
    r"(?:(?:about (?:you|us|the (?:role|job|post|team))|duties|responsibilities|main|the role|job|role|post|summary"
    r"|purpose|description|profile|outline|overview|tasks|result areas|what (?:we offer|you(?:['’])ll do|you will do)"
    r"|of|the|your|you|we offer|key|essential|desirable|criteria|requirements?|skills?|knowledge|experience"
    r"|qualifications?|education|training|values|attributes|personal|person|specification|and|&|/|,)\W*)+",
    re.IGNORECASE,
)
_LINE_END = re.compile(r"\r\n|[\n\r\f\v\x85\u2028\u2029]")
_WRAPPED_FROM: Final = 60  # characters: shorter lines were not broken by their length


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a text that stands together. start, end: its place. marked: necessity by mark or column, which no
    wording overrules. under: necessity by heading. heading: whether it is one itself."""

    start: int
    end: int
    marked: Necessity
    under: Necessity
    bullet: bool
    heading: bool


def is_bullet(text: str) -> bool:
    return bool(_BULLET.match(text))


def is_heading(text: str) -> bool:
    """Whether a line is a heading: short, and ending in a colon, or of words that head lists and no others."""
    line = text.strip()
    if _BULLET.match(text) or len(line.split()) > 6 or not line:
        return False
    return line.endswith(":") or bool(_CRITERIA.fullmatch(line) or _HEADING.fullmatch(line))


def asked(text: str) -> Necessity:
    """How firmly words ask for something, an offer aside; "" if they do not say."""
    if _DESIRABLE.search(text):
        return "desirable"
    return "essential" if _ESSENTIAL.search(text) else ""


def passages(text: str) -> Iterator[Passage]:
    """The passages of a text in order, blank lines left out."""
    section: Necessity = ""
    in_list = after_blank = False
    columns: dict[int, Necessity] = {}
    for start, end in _lines(text):
        line = text[start:end]
        if not line.strip():
            after_blank = True
            continue
        bullet = is_bullet(line)
        cells = [(start + cell.start(), start + cell.end()) for cell in _CELL.finditer(line)]
        if len(cells) > 1 and "|" not in line and not columns and not _heads(text, cells):
            cells = [(start, end)]  # a tab alone makes no table
        if len(cells) == 1 and not bullet and is_heading(line):
            section = _section(line, section)
            columns, in_list, after_blank = {}, False, False
            yield Passage(start, end, "", section, bullet, True)
            continue
        if after_blank and in_list and not bullet and len(cells) == 1:
            section, in_list = "", False  # prose after a list stands under no heading
        after_blank = False
        in_list = in_list or bullet
        if len(cells) == 1:
            columns = {}
            mark = _LINE_MARK.search(line)
            marked = _MARK[mark.group(1).lower()] if mark else ""
            yield from _scopes(text, start, end, marked, section, bullet)
            continue
        heads = _heads(text, cells)
        columns = heads or columns
        found = next((m for cell in cells if (m := _cell_mark(text[slice(*cell)])) and not heads), None)
        for number, (left, right) in enumerate(cells):
            if text[left:right].strip():
                yield Passage(left, right, found or columns.get(number, ""), section, True, bool(heads))


def _section(line: str, before: Necessity) -> Necessity:
    own = asked(line)
    return own or (before if _CRITERIA.fullmatch(line.strip().rstrip(":")) else "")


def _cell_mark(cell: str) -> Necessity | None:
    return _MARK.get(cell.strip().strip(".*()").lower())


def _heads(text: str, cells: list[tuple[int, int]]) -> dict[int, Necessity]:
    """The columns that a row of a table heads with Essential and with Desirable, if it heads both."""
    marks: dict[int, Necessity] = {}
    for number, cell in enumerate(cells):
        mark = _cell_mark(text[slice(*cell)].split(" criteria")[0])
        if mark:
            marks[number] = mark
    return marks if {"essential", "desirable"} <= set(marks.values()) else {}


def _scopes(
    text: str, start: int, end: int, marked: Necessity, section: Necessity, bullet: bool
) -> Iterator[Passage]:
    """A line, cut where `Essential:` or `Desirable:` inside it sets what follows."""
    place, under = start, section
    for one in _INSIDE.finditer(text, start, end):
        if place < one.start():
            yield Passage(place, one.start(), marked, under, bullet, False)
        place, under = one.start(), "essential" if one.group(1) else "desirable"
    yield Passage(place, end, marked, under, bullet, False)


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """The lines of a text without their ends; lines that were broken by their length are one."""
    start = place = 0
    held: tuple[int, int] | None = None
    while place <= len(text):
        found = _LINE_END.search(text, place)
        start, end = place, found.start() if found else len(text)
        place = found.end() if found else len(text) + 1
        line = text[start:end]
        if held and _goes_on(text[slice(*held)], line, end - start):
            held = (held[0], end)
            continue
        if held:
            yield held
        held = (start, end)
    if held:
        yield held


def _goes_on(before: str, line: str, length: int) -> bool:
    last = before.rsplit("\n", 1)[-1]
    return (
        len(last) >= _WRAPPED_FROM
        and not before.rstrip().endswith((".", ":", ";", "!", "?", "|"))
        and "|" not in line
        and not is_bullet(line)
        and line.lstrip()[:1].islower()
    )
