"""How the pay bands of a role, and those beside them, differ: what each is for, its pay, and what roles at it ask."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from cmh_graph.framework import Framework
from cmh_graph.model import Band, BandKey, Role
from cmh_graph.papers.document import Block, Heading, Said, Table, paragraph, stated, words
from cmh_graph.papers.post import Post, concept_label
from cmh_graph.pathways.choices import concepts_of

#: Fewest roles at each of two bands for a family to be counted by itself.
_LEAST_ROLES: Final = 5
#: Least difference of two shares that is told, and most skills that are.
_LEAST_DIFFERENCE: Final = 0.25
_MOST_SKILLS: Final = 6


def bands_beside(framework: Framework, post: Post) -> Iterator[Block]:
    """The bands of the post and the one below and above, side by side. Nothing for a role without a band."""
    own = [post.band] if post.band else list(post.role.bands)
    if not own:
        return
    keys = [
        BandKey(key) for key, band in framework.bands.items() if band.closed_on is None or BandKey(key) in own
    ]
    low, high = keys.index(own[0]), keys.index(own[-1])
    shown = [framework.band(key) for key in keys[max(low - 1, 0) : high + 2]]
    yield Heading("The bands beside it" if len(own) == 1 else "Its bands, and those beside them")
    if len(post.role.bands) > 1:
        yield paragraph(
            "No source tells the bands of this role apart by what they ask of a person: what this paper lists holds at "
            "each. Where the bands differ in general is told here; what the post adds is for the employer to say."
        )
    yield Table(
        "How the bands differ",
        ("Band", "What it is for", "Pay", "Who puts this role there"),
        tuple(_row(framework, post.role, band, own) for band in shown),
        (14, 38, 24, 24),
    )
    yield from _stages(framework, post.role, shown)
    yield from _asked_more_often(framework, post.role, shown)


def pay_of(band: Band) -> Said | None:
    """The latest year that is known, always with the year."""
    if not band.pay_points:
        return None
    latest = band.pay_points[-1]
    low, high = min(latest.amounts_gbp), max(latest.amounts_gbp)
    amounts = f"£{low:,}" if low == high else f"£{low:,} to £{high:,}"
    return stated(f"{amounts} a year in {latest.pay_year}", latest.says)


def _row(framework: Framework, role: Role, band: Band, own: Sequence[BandKey]) -> tuple[Said, ...]:
    key = BandKey(band.key)
    by = [given for given in role.band_assignments if key in given.bands]
    names = dict.fromkeys(one.assigned_by.label if one.assigned_by else "stated in general" for one in by)
    said = words("nobody that we know of")
    if by:
        sources = tuple(
            dict.fromkeys(source for one in by for source in one.says.sources if source != "inference")
        )
        inferred = all(one.says.is_inferred or "bands" in one.says.inferred_fields for one in by)
        said = Said("; ".join(names), "inferred" if inferred else by[0].says.status, sources)
    here = " (this post)" if key in own else ""
    about = stated(band.definition or "", band.says, "definition")
    return words(band.label + here), about, pay_of(band) or words("not known"), said


def _stages(framework: Framework, role: Role, shown: Sequence[Band]) -> Iterator[Block]:
    """What the allied health support worker framework expects at the stage that a band is read across to."""
    stages = {str(one.key): one for one in concepts_of(framework, "ahp-stage")}
    rows = []
    for band in shown:
        for across in band.read_across:
            key = str(across.from_scale.key)
            if across.from_scale.kind == "ahp-stage" and key in map(str, role.ahp_stages) and key in stages:
                stage = stages[key]
                rows.append(
                    (
                        stated(f"{band.label}: {stage.label}", across.says),
                        stated(stage.definition or "", stage.says, "definition"),
                        stated(stage.education_expected or "", stage.says, "education_expected"),
                        stated(stage.experience_expected or "", stage.says, "experience_expected"),
                    )
                )
    if rows:
        yield Table(
            "Stages of allied health support work that these bands are read across to",
            ("Band and stage", "What it is", "Education expected", "Experience expected"),
            tuple(rows),
            (19, 25, 32, 24),
        )


def _asked_more_often(framework: Framework, role: Role, shown: Sequence[Band]) -> Iterator[Block]:
    """Skills that a greater share of the framework's roles asks for at one band than at the one beside it."""
    rows = []
    for lower, upper in pairwise(shown):
        everyone = [one for one in framework.roles.values() if one.form != "grouping"]
        family = [one for one in everyone if one.family == role.family]
        enough = all(len(_at(family, band)) >= _LEAST_ROLES for band in (lower, upper))
        counted = family if enough else everyone
        below, above = _at(counted, lower), _at(counted, upper)
        if min(len(below), len(above)) < _LEAST_ROLES:
            continue
        first, last = _shares(below), _shares(above)
        change = {skill: last[skill] - first[skill] for skill in {*first, *last}}
        more = sorted(
            (skill for skill in change if change[skill] >= _LEAST_DIFFERENCE),
            key=lambda skill: (-change[skill], skill),
        )
        less = sorted(
            (skill for skill in change if -change[skill] >= _LEAST_DIFFERENCE),
            key=lambda skill: (change[skill], skill),
        )
        whose = concept_label(framework, "family", role.family) if enough and role.family else "all roles"
        rows.append(
            (
                words(f"{lower.label} to {upper.label} ({whose})"),
                *(
                    Said(
                        "; ".join(
                            f"{skill} ({_of(first[skill], below)}, then {_of(last[skill], above)})"
                            for skill in these[:_MOST_SKILLS]
                        )
                        or "nothing by much",
                        "inferred",
                    )
                    for these in (more, less)
                ),
            )
        )
    if rows:
        yield Table(
            "Skills that more, or fewer, of the framework's roles ask for one band up: counted, and no rule for a post",
            ("From band to band", "More roles ask for", "Fewer roles ask for"),
            tuple(rows),
            (26, 37, 37),
        )


def _at(roles: Sequence[Role], band: Band) -> list[Role]:
    return [one for one in roles if BandKey(band.key) in one.bands]


def _of(share: float, roles: Sequence[Role]) -> str:
    return f"{round(share * len(roles))} of {len(roles)}"


def _shares(roles: Sequence[Role]) -> Mapping[str, float]:
    """Label of a skill -> share of the roles that ask for it, 0 for those that nobody asks for."""
    asked = Counter(
        label
        for role in roles
        for label in {
            need.asks_for.label for need in role.requirements if need.kind == "skill" and need.asks_for
        }
    )
    return defaultdict(float, {label: count / len(roles) for label, count in asked.items()})
