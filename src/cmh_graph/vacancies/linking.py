"""A posting -> the roles, skills, values, experience, qualifications and bands that it seems to mean.

All of this is inferred: each link has a confidence, from 0 to 1, and a reason in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from cmh_graph.align.labels import BANDS, RoleLabels
from cmh_graph.align.texts.descriptions import Finding, Lexicon, read_description
from cmh_graph.align.titles.aligner import Aligner, Alignment
from cmh_graph.align.titles.title_parts import band_list, bands_in
from cmh_graph.vacancies.links import KINDS, Link
from cmh_graph.vacancies.posting import Posting

#: Most roles proposed where a person has to choose.
MOST_PROPOSED: Final = 3
#: Confidence of a band by where it is said. By judgement: a text may name the band of a colleague.
_BAND_CONFIDENCE: Final = (("band field", 0.95), ("title", 0.95), ("salary", 0.95), ("text", 0.7))
_ONLY_BAND: Final = re.compile(
    r"(?:band|b)?\s*[1-9][a-d]?(?:\s*(?:-|–|/|to)\s*(?:band|b)?\s*[1-9]?[a-d]?)?", re.IGNORECASE
)
_NECESSITY: Final = ("essential", "gained-in-post", "desirable", "")
_LONGEST_WORDS: Final = 120


@dataclass(slots=True)
class Linker:
    """Links postings one at a time; the same posting gets the same links, whatever was asked before.

    employer_type: as in the framework, helps to read abbreviations; "" if unknown or mixed."""

    labels: RoleLabels
    lexicon: Lexicon
    employer_type: str = ""
    _aligner: Aligner = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._aligner = Aligner(self.labels)

    def links(self, posting: Posting) -> tuple[Link, ...]:
        """The links of a posting, in order of KINDS, the surest first.

        A post that the aligner finds to be of another trade has no links but its band: the cues of a text are those of
        our field, and a cook's "meals" would be read as a skill in daily living."""
        # The title is left to the aligner: to the cues "Social prescribing link worker" speaks of prescribing.
        found = read_description(posting.description, self.lexicon)
        bands, reason, confidence = _bands(posting, found.keys("band"))
        links = [Link("band", band, confidence, reason) for band in bands]
        facts = posting.facts
        title = self._aligner.align(
            facts.title,
            band=" ".join(bands),
            employer_type=f"{self.employer_type} {facts.employer}".strip(),
            description=posting.description,
        )
        if not title.decision.clash:
            links += [*_roles(title, facts.title), *_asked(found.findings)]
        return tuple(sorted(links, key=_order))


def _roles(found: Alignment, title: str) -> Iterator[Link]:
    """The role that was accepted, or else those among which a person has to choose."""
    for one in found.candidates[: 1 if found.zone == "accept" else MOST_PROPOSED]:
        if one.zone != "none":
            yield Link("role", one.role, round(one.confidence, 3), one.why, zone=one.zone, words=title)


def _bands(posting: Posting, in_text: set[str]) -> tuple[list[str], str, float]:
    """The bands of a posting by its best evidence, why, and how sure. Other bands that it names are told."""
    stated = posting.band
    said: Mapping[str, set[str]] = {
        "band field": set(band_list(stated)) if _ONLY_BAND.fullmatch(stated) else _mentioned(stated),
        "title": _mentioned(posting.facts.title),
        "salary": _mentioned(posting.pay),
        "text": in_text,
    }
    for where, confidence in _BAND_CONFIDENCE:
        if bands := said[where]:
            shown = " to ".join(dict.fromkeys((_sorted(bands)[0], _sorted(bands)[-1])))
            reason = f"the {where} says band {shown}"
            also = [
                other
                for other, _ in _BAND_CONFIDENCE
                if other != where and said[other] and said[other] - bands
            ]
            for other in also:
                reason += f"; the {other} names band {', '.join(_sorted(said[other] - bands))}"
            if where == "text" and len(bands) > 2:
                # Three bands in a text are those of colleagues and of a career, not of the post.
                return [], "", 0.0
            return _sorted(bands), reason, confidence if not also or also == ["text"] else 0.7
    return [], "", 0.0


def _mentioned(text: str) -> set[str]:
    return {band for part in bands_in(text) for band in band_list(part.text)}


def _sorted(bands: set[str]) -> list[str]:
    return sorted(bands, key=BANDS.index)


def _asked(findings: tuple[Finding, ...]) -> Iterator[Link]:
    """What a text asks for or promises, each thing once: the firmest wording, then the surest, then the first.

    What it says is not needed is no link, and neither is that nothing is needed."""
    best: dict[tuple[str, str], Finding] = {}
    for one in findings:
        if one.kind == "band" or one.necessity == "not-needed" or one.key == "none":
            continue
        known = best.get((one.kind, one.key))
        if known is None or _firmness(one) < _firmness(known):
            best[one.kind, one.key] = one
    for one in best.values():
        yield Link(
            one.kind, one.key, one.confidence, one.why,
            necessity=one.necessity, words=" ".join(one.text.split())[:_LONGEST_WORDS],
        )  # fmt: skip


def _firmness(one: Finding) -> tuple[int, float, int]:
    return (_NECESSITY.index(one.necessity), -one.confidence, one.start)


def _order(link: Link) -> tuple[int, float, str]:
    # Bands stand in order of pay, everything else with the surest first.
    if link.kind == "band":
        return (1, BANDS.index(link.key), "")
    return (KINDS.index(link.kind), -link.confidence, link.key)
