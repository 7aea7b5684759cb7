"""An advert beside the job description of the same post, as a page for the manager who wrote both.

What differs is grouped by what a manager can act on, with the words of both texts side by side."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cmh_graph.align.reports.page import page
from cmh_graph.align.texts.advert import Difference
from cmh_graph.align.texts.descriptions import Description

#: Longest piece of a text that is quoted, in characters.
LONGEST_QUOTE: Final = 180
_SIDES: Final = ("advert", "description")
_HOURS: Final = re.compile(r"\b\d{1,2}(?:\.\d{1,2})?\s*(?:hours?|hrs?)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TextOfPost:
    """One of the two texts: its name for people, its words and what was found in it."""

    name: str
    text: str
    found: Description


@dataclass(frozen=True, slots=True)
class Line:
    """One difference: the words of each text, "" where it says nothing, and what it comes to."""

    what: str
    advert: str
    description: str
    comes_to: str


@dataclass(frozen=True, slots=True)
class Section:
    """Differences of one kind. why_it_matters: one sentence for the manager."""

    key: str
    heading: str
    why_it_matters: str
    lines: tuple[Line, ...]


#: Sections in order: key, heading, subjects of Difference.about, and why a manager should care.
_SECTIONS: Final = (
    ("band", "Pay band", ("band",),
     "Applicants choose by the band they read; the two texts must name the same."),
    ("hours", "Hours", ("hours",), "The contract can only have one of them."),
    ("not-needed", "Qualifications asked for that the role does not need", ("not needed",),
     "Each turns people away who could do the work."),
    ("qualifications", "Other qualifications and checks", ("qualification",),
     "What is asked for must stand in both texts, or be a surprise at the interview."),
    ("promises", "Promises of training and development", ("offer",),
     "What an advert promises is held against you if the description does not carry it."),
    ("necessity", "Asked for more firmly in one text", ("necessity",),
     "Essential, desirable and gained in post lead to different shortlists."),
    ("requirements", "Skills and experience in one text only", ("skill", "experience"),
     "Applicants answer what they read; the panel scores what the description says."),
    ("values", "Values in one text only", ("value",), "Values draw people in; name the same ones."),
)  # fmt: skip


def sections(
    differences: Sequence[Difference], advert: TextOfPost, description: TextOfPost
) -> tuple[Section, ...]:
    """The differences by what a manager can act on; sections without one are left out, none of the differences is."""
    texts = {"advert": advert, "description": description}
    known = {about for _, _, subjects, _ in _SECTIONS for about in subjects}
    others = tuple(sorted({one.about for one in differences} - known))
    every = (
        *_SECTIONS,
        ("other", "Other differences", others, "Put both texts right, or say why they differ."),
    )
    # What the role does not need is told once, with its reason.
    unneeded = {(one.key, one.only_in) for one in differences if one.about == "not needed"}
    found = []
    for key, heading, subjects, why in every:
        chosen = [
            one
            for one in differences
            if one.about in subjects
            and not (one.about == "qualification" and (one.key, one.only_in) in unneeded)
        ]
        if chosen:
            lines = [_band(chosen, texts)] if key == "band" else [_line(one, texts) for one in chosen]
            found.append(Section(key, heading, why, tuple(lines)))
    return tuple(found)


def comparison_page(
    differences: Sequence[Difference], advert: TextOfPost, description: TextOfPost, role: str
) -> str:
    """The page. role: the role's name, or "" if none was given, and then nothing is said of what it needs."""
    both = sorted(
        {
            (one.kind, one.label)
            for one in advert.found.findings
            if one.key in description.found.keys(one.kind) and one.necessity != "not-needed"
        }
    )
    return page(
        "comparison.html",
        sections=sections(differences, advert, description),
        advert=advert,
        description=description,
        role=role,
        both=both,
        count=len(differences),
        unlinked=[(one.name, [left.text for left in one.found.unlinked]) for one in (advert, description)],
    )


def _line(one: Difference, texts: Mapping[str, TextOfPost]) -> Line:
    said = {side: _words(one, side, texts[side]) for side in _SIDES}
    if one.only_in in _SIDES and not said[one.only_in]:
        said[one.only_in] = one.text
    what = one.label[:1].upper() + one.label[1:]
    return Line(what, said["advert"], said["description"], one.why)


def _band(chosen: Sequence[Difference], texts: Mapping[str, TextOfPost]) -> Line:
    """One line for all bands, as one text's answers the other's."""
    bands = {
        side: ", ".join(one.key for one in chosen if one.only_in == side) or "no other band"
        for side in _SIDES
    }
    said = {
        side: "; ".join(
            dict.fromkeys(
                quoted(texts[side].text, one.start, one.end)
                for one in texts[side].found.findings
                if one.kind == "band"
            )
        )
        for side in _SIDES
    }
    why = f"{bands['advert']} in the advert, {bands['description']} in the description"
    return Line("Band", said["advert"], said["description"], why)


def _words(one: Difference, side: str, text: TextOfPost) -> str:
    """What a text says of the thing, in its own words; also where it says that it is not needed."""
    if one.about == "hours":
        return "; ".join(
            dict.fromkeys(
                quoted(text.text, match.start(), match.end()) for match in _HOURS.finditer(text.text)
            )
        )
    if one.about == "offer":
        at = text.text.find(one.text) if one.only_in in (side, "both") else -1
        return quoted(text.text, at, at + len(one.text)) if at >= 0 else ""
    kinds = ("qualification",) if one.about == "not needed" else (one.about,)
    for found in text.found.findings:
        if found.key == one.key and (found.kind in kinds or one.about == "necessity"):
            return quoted(text.text, found.start, found.end)
    return ""


def quoted(text: str, start: int, end: int) -> str:
    """The line or sentence around a place in a text, at most LONGEST_QUOTE characters, on one line."""
    breaks = [match.end() for match in re.finditer(r"[\n;]|(?<=[.!?])\s", text)]
    first = max((at for at in breaks if at <= start), default=0)
    last = min((at for at in breaks if at >= end), default=len(text))
    if last - first > LONGEST_QUOTE:
        room = max(0, LONGEST_QUOTE - (end - start)) // 2
        cut_first, cut_last = max(first, start - room), min(last, end + room)
        before, after = "… " if cut_first > first else "", " …" if cut_last < last else ""
        first, last = cut_first, cut_last
    else:
        before = after = ""
    words = " ".join(text[first:last].split()).strip(" •●▪*–-;")
    return f"{before}{words}{after}"
