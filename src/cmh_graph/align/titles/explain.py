"""The `why` of a line of candidates.csv, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cmh_graph.align.labels import RoleLabels
from cmh_graph.align.titles.rerank import Coefficients, decisive
from cmh_graph.align.titles.score import Ranking, Scored
from cmh_graph.align.titles.title_parts import TitleParts
from cmh_graph.align.titles.zones import Decision
from cmh_graph.align.wording import stem

#: Likeness of the title vectors from which the explanation names it.
NEAR_IN_MEANING = 0.6


@dataclass(frozen=True, slots=True)
class Reason:
    """The reason of one role in three pieces; what was set aside of a title stands after the first.

    band_fits: the end where the title itself names a pay band; else: where it does not."""

    common: str
    band_fits: str
    otherwise: str

    def of(self, parts: TitleParts, aside: str) -> str:
        """The reason as one title is told it."""
        return f"{self.common}{aside}{self.band_fits if parts.bands else self.otherwise}"


def set_aside(parts: TitleParts) -> str:
    """What was set aside of a title, as it stands inside a reason; empty if nothing was."""
    if not parts.parts:
        return ""
    return "; set aside " + ", ".join([f"{part.kind} '{part.text}'" for part in parts.parts])


def reasons_for(
    ranked: Sequence[Scored], decision: Decision, labels: RoleLabels, coefficients: Coefficients
) -> tuple[Reason, ...]:
    """The reasons of the ranked roles, best first, in order, for every title of one wording.

    Each says what matched, what was written out or set aside, how the band fits, and what holds us back; the
    first names its rival and what decided, the others what put the first before them. coefficients: that the
    roles were ranked by."""
    added = [coefficients.parts(scored.features) for scored in ranked]
    made = []
    for rank, scored in enumerate(ranked, start=1):
        said = []
        if rank > 1:
            if why := decisive(added[0], added[rank - 1]):
                said.append(f"the first is ahead by {' and '.join(why)}")
        else:
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
        made.append(_reason(scored, said))
    return tuple(made)


def _reason(scored: Scored, last: Sequence[str]) -> Reason:
    """What a role and a title have in common, what parts them, and last what its rank says."""
    features, reading = scored.features, scored.reading
    label, entry_words = scored.entry.label.text, scored.entry.text.split()
    common = [f"{'same words as' if features.exact else 'like'} '{label}'"]
    for one in dict.fromkeys(reading.expansions):
        common.append(f"{one.short} read as '{one.reading}'" + (f" ({one.why})" if one.why else ""))
    first, fits, then = [], [], []
    if features.missing:
        first.append("title lacks " + _quoted(features.missing, entry_words))
    if features.unexplained:
        first.append("unexplained " + _quoted(features.unexplained, (*reading.core, *reading.tail)))
    if features.band_distance:
        first.append(f"pay band is {features.band_distance} away from the role's")
    elif scored.entry.role.bands:
        fits.append("pay band fits")
    if features.level_clash:
        needs = "needs" if scored.entry.role.registered else "does not need"
        then.append(f"the role {needs} registration, the title reads otherwise")
    if features.meaning >= NEAR_IN_MEANING and not features.exact:
        then.append(f"near in meaning ({features.meaning:.2f})")
    if features.weak:
        then.append(f"'{label}' names a post in any trade and no word here says care")
    then += last
    return Reason(
        "; ".join(common),
        "".join([f"; {one}" for one in (*first, *fits, *then)]),
        "".join([f"; {one}" for one in (*first, *then)]),
    )


def why_none(ranked: Ranking, decision: Decision, labels: RoleLabels) -> str:
    """Why nothing is proposed to a title that names a post, and what came nearest."""
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
