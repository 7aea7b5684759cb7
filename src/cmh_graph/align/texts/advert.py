"""An advert against the job description of the same post: what one promises or asks for that the other does not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from cmh_graph.align.texts.descriptions import Description, Finding

Side = Literal["advert", "description"]
_PAIRS: Final[tuple[tuple[Side, Side], ...]] = (("advert", "description"), ("description", "advert"))

#: What an employer offers for learning and development, by the words that promise it.
_OFFERS: Final[Mapping[str, re.Pattern[str]]] = {
    name: re.compile(words, re.IGNORECASE)
    for name, words in (
        ("training", r"\btraining (?:is |will be )?(?:given|provided|available|opportunities)\b"
                     r"|\btraining and development\b|\bwe(?: will|['’]ll| can)? (?:fully )?train\b|\btraining budget\b"
                     r"|\b(?:accredited|funded|paid|full|free|ongoing)(?: [\w-]+){0,3} training\b"),
        ("apprenticeship", r"\bapprenticeships?\b"),
        ("supervision", r"\b(?:regular|clinical|monthly|weekly|peer|reflective) supervision\b"),
        ("preceptorship", r"\bpreceptorships?\b"),
        ("career progression", r"\bcareer (?:progression|development|pathways?)\b"
                               r"|\bprogress(?:ion)? (?:to|into|opportunit)"),
        ("study leave", r"\bstudy (?:leave|days?|time)\b"),
        ("appraisal", r"\bappraisals?\b|\bpersonal development (?:plan|review)s?\b"),
        ("induction", r"\binduction\b|\bcare certificate\b"),
    )
}  # fmt: skip
_HOURS: Final = re.compile(r"\b(\d{1,2}(?:\.\d{1,2})?)\s*(?:hours?|hrs?)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that one text says and the other does not, or says otherwise.

    about: skill, value, experience, qualification, band, hours, offer or necessity. text: the words that say it."""

    about: str
    key: str
    label: str
    only_in: Side | Literal["both"]
    text: str
    why: str


def compare(
    advert_text: str,
    advert: Description,
    description_text: str,
    description: Description,
    not_needed: Mapping[str, str] | None = None,
) -> list[Difference]:
    """How the two texts differ, and where either asks for a qualification that the role does not need.

    not_needed: qualification key -> why the role does not need it, for those that the role's requirements leave out;
    None if the role is not known. Ordered by subject, then label."""
    found: list[Difference] = []
    wanted: dict[Side, dict[tuple[str, str], Finding]] = {
        "advert": _wanted(advert),
        "description": _wanted(description),
    }
    for side, other in _PAIRS:
        for key, one in wanted[side].items():
            twin = wanted[other].get(key)
            if twin is None:
                why = f"the {side} says it, the {other} does not"
                found.append(Difference(one.kind, one.key, one.label, side, one.text, why))
            elif side == "advert" and one.necessity and twin.necessity and one.necessity != twin.necessity:
                why = f"{one.necessity} in the advert, {twin.necessity} in the description"
                found.append(Difference("necessity", one.key, one.label, "both", one.text, why))
    found += _patterns(advert_text, description_text)
    for side, _ in _PAIRS:
        for (kind, name), one in wanted[side].items():
            if kind == "qualification" and name in (not_needed or {}) and one.necessity in ("essential", ""):
                why = f"the {side} asks for it: {(not_needed or {})[name]}"
                found.append(Difference("not needed", name, one.label, side, one.text, why))
    return sorted(found, key=lambda one: (one.about, one.label.casefold(), one.only_in))


def _wanted(description: Description) -> dict[tuple[str, str], Finding]:
    """The first finding of each thing that a text asks for or promises."""
    wanted: dict[tuple[str, str], Finding] = {}
    for one in description.findings:
        if one.necessity != "not-needed":
            wanted.setdefault((one.kind, one.key), one)
    return wanted


def _patterns(advert: str, description: str) -> list[Difference]:
    found = []
    texts: dict[Side, str] = {"advert": advert, "description": description}
    for name, pattern in _OFFERS.items():
        said = {side: pattern.search(text) for side, text in texts.items()}
        for side, other in _PAIRS:
            match = said[side]
            if match and not said[other]:
                why = f"the {side} offers it, the {other} does not"
                found.append(Difference("offer", name, name, side, match.group(), why))
    hours = {
        side: sorted({match.group(1) for match in _HOURS.finditer(text)}) for side, text in texts.items()
    }
    if hours["advert"] and hours["description"] and hours["advert"] != hours["description"]:
        why = f"{', '.join(hours['advert'])} in the advert, {', '.join(hours['description'])} in the description"
        found.append(Difference("hours", "hours", "hours", "both", why, why))
    return found
