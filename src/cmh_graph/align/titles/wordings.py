"""What decides how a title is read, once its noise is out: titles of one wording share one answer.

Hours, capitals, dashes and the way a band is written are out; the bands themselves count. Why:
docs/decisions/0047-a-title-is-scored-once-however-it-is-written.md."""

from __future__ import annotations

from typing import NamedTuple

from cmh_graph.align.titles.abbreviations import Surroundings, holds_short_form, is_one_case, words_nearby
from cmh_graph.align.titles.title_parts import TitleParts


class Wording(NamedTuple):
    """Posts with the same wording are read, scored and decided alike.

    segments: as written where a short form is among them, which may be read by its capitals, else in small
    letters. one_case, nearby: what else of the title decides how a short form is read."""

    segments: tuple[str, ...]
    bands: frozenset[str]
    employer_type: str
    description: str
    one_case: bool = False
    nearby: frozenset[str] = frozenset()


def wording_of(parts: TitleParts, around: Surroundings, description: str) -> Wording:
    """The wording of a title that was taken apart."""
    segments = parts.segments
    small = tuple([one.lower() if one.isascii() else one for one in segments])
    if any(map(holds_short_form, small)):
        return Wording(
            segments,
            around.bands,
            around.employer,
            description,
            is_one_case(around.text),
            words_nearby(around.text),
        )
    return Wording(small, around.bands, around.employer, description)
