"""The `why` of a line of candidates.csv, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cmh_graph.align.labels import RoleLabels
from cmh_graph.align.titles.rerank import Coefficients, decisive
from cmh_graph.align.titles.score import Ranking, Scored
from cmh_graph.align.titles.title_parts import TitleParts
from cmh_graph.align.titles.zones import Decision
from cmh_graph.align.wording import stem

#: Likeness of the title vectors from which the explanation names it.
NEAR_IN_MEANING = 0.6


def explain_candidates(
    ranked: Sequence[Scored],
    parts: TitleParts,
    decision: Decision,
    labels: RoleLabels,
    coefficients: Coefficients,
) -> Iterator[str]:
    """The reasons of the roles of a title, best first, in order.

    Each says what matched, what was written out or set aside, how the band fits, and what holds us back; the
    first names its rival and what decided, the others what put the first before them. coefficients: that the
    roles were ranked by."""
    added = [coefficients.parts(scored.features) for scored in ranked]
    for rank, scored in enumerate(ranked, start=1):
        said = _likeness(scored, parts)
        if rank > 1:
            if why := decisive(added[0], added[rank - 1]):
                said.append(f"the first is ahead by {' and '.join(why)}")
            yield "; ".join(said)
            continue
        if len(ranked) > 1:
            lead = scored.confidence - ranked[1].confidence
            why = decisive(added[0], added[1])
            said.append(
                f"next is {labels.name(ranked[1].role)}, {lead:.2f} behind"
                + (f", which decided: {' and '.join(why)}" if why else "")
            )
        doubts = [one for one in decision.doubts if "registration" not in one]
        if decision.zone == "review" and doubts:
            said.append("review because " + " and ".join(doubts))
        yield "; ".join(said)


def _likeness(scored: Scored, parts: TitleParts) -> list[str]:
    """What a role and a title have in common, and what parts them."""
    features, reading = scored.features, scored.reading
    label, entry_words = scored.entry.label.text, scored.entry.text.split()
    said = [f"{'same words as' if features.exact else 'like'} '{label}'"]
    for one in dict.fromkeys(reading.expansions):
        said.append(f"{one.short} read as '{one.reading}'" + (f" ({one.why})" if one.why else ""))
    if parts.parts:
        said.append("set aside " + ", ".join(f"{part.kind} '{part.text}'" for part in parts.parts))
    if features.missing:
        said.append("title lacks " + _quoted(features.missing, entry_words))
    if features.unexplained:
        said.append("unexplained " + _quoted(features.unexplained, (*reading.core, *reading.tail)))
    if features.band_distance:
        said.append(f"pay band is {features.band_distance} away from the role's")
    elif parts.bands and scored.entry.role.bands:
        said.append("pay band fits")
    if features.level_clash:
        needs = "needs" if scored.entry.role.registered else "does not need"
        said.append(f"the role {needs} registration, the title reads otherwise")
    if features.meaning >= NEAR_IN_MEANING and not features.exact:
        said.append(f"near in meaning ({features.meaning:.2f})")
    if features.weak:
        said.append(f"'{label}' names a post in any trade and no word here says care")
    return said


def explain_none(ranked: Ranking, parts: TitleParts, decision: Decision, labels: RoleLabels) -> str:
    """Why nothing is proposed, and what came nearest."""
    if parts.placeholder:
        return f"'{parts.raw}' names no post"
    if decision.reason:
        return decision.reason
    nearest = ""
    if ranked:
        nearest = f"; nearest was {labels.name(ranked.entry(0).role.key)} ({ranked.confidence:.2f})"
    if decision.clash:
        return f"outside the framework: '{decision.clash.words}' is {_article(decision.clash.kind)}{nearest}"
    return f"no role is close enough{nearest}"


def _article(kind: str) -> str:
    return f"a {kind} post" if kind in {"facilities", "corporate"} else kind


def _quoted(stems: Sequence[str], written: Sequence[str]) -> str:
    """The words as written whose stems these are."""
    return ", ".join(f"'{word}'" for word in dict.fromkeys(written) if stem(word) in stems)
