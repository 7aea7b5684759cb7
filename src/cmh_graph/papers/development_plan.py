"""Development plan: what lies between a person and a role, what closes it, and who to ask."""

from __future__ import annotations

from collections.abc import Iterator

from cmh_graph.framework import Framework
from cmh_graph.model import Says, Status
from cmh_graph.papers.document import (
    Block,
    Heading,
    Items,
    Paper,
    Said,
    Table,
    make_paper,
    paragraph,
    stated,
    words,
)
from cmh_graph.pathways.answers import GapAnswer, NeedAnswer
from cmh_graph.pathways.closing import Closer

#: Ways to close one need that the plan names.
_MOST_CLOSERS = 4


def development_plan(framework: Framework, found: GapAnswer) -> Paper:
    """The plan, from a gap. It names what to work on; it does not score a person."""
    return make_paper(
        framework,
        f"development-plan-{found.role.key}",
        f"Development plan: towards {found.role.label}",
        f"From {found.holder}",
        [*_standing(found), *_open(found), *_role(found), *_notes(found)],
    )


def _standing(found: GapAnswer) -> Iterator[Block]:
    yield Heading("Where you stand")
    have = [one for one in (*found.essential, *found.desirable) if one.state == "have"]
    unknown = [one for one in (*found.essential, *found.desirable) if one.state == "not known"]
    if have:
        yield paragraph("You can count on what you bring already:")
        yield Items(tuple(stated(_name(one), one.says) for one in have))
    else:
        yield paragraph(
            "Nothing that this role asks for can be counted yet from what was said. That is a start."
        )
    if unknown:
        yield paragraph("To find out together, as it may be there already:")
        yield Items(tuple(stated(_name(one), one.says) for one in unknown))
    if found.spoken_of:
        said = ", ".join(_name(one) for one in found.spoken_of)
        yield paragraph(f"To talk about, never to be scored: {said}.")


def _open(found: GapAnswer) -> Iterator[Block]:
    for title, needs in (("What to work on", found.essential), ("What would help too", found.desirable)):
        rows: list[tuple[Said, ...]] = []
        for need in needs:
            if need.state in {"missing", "partly"}:
                what = stated(_name(need), need.says)
                state = "part of it is there" if need.state == "partly" else "new"
                rows.append((what, words(state), _closers(need.closers), words(""), words("")))
        if rows:
            yield Heading(title)
            yield Table(
                f"{title}: agree with your manager or mentor what comes first",
                ("What", "Where you are", "What the catalogue names against it", "With whom", "By when"),
                tuple(rows),
                (26, 14, 34, 14, 12),
            )
    if found.gained_in_post:
        yield paragraph(f"Gained after the start: {', '.join(_name(one) for one in found.gained_in_post)}.")
    if found.no_need_of:
        yield paragraph(f"The role says: {', '.join(one.label for one in found.no_need_of)}.")


def _closers(closers: tuple[Closer, ...]) -> Said:
    if not closers:
        return words("nothing named yet")
    said = "; ".join(_closer(one) for one in closers[:_MOST_CLOSERS])
    says = [one.says for one in closers[:_MOST_CLOSERS] if one.says]
    status: Status = "inferred" if any(one.is_inferred for one in says) else "public"
    sources = tuple(dict.fromkeys(source for one in says for source in one.sources))
    return stated(said, Says(status, sources)) if says else words(said)


def _closer(closer: Closer) -> str:
    offered = f", offered by {', '.join(one.label for one in closer.offered_by)}" if closer.offered_by else ""
    return f"{closer.thing.label} ({closer.why}{offered})"


def _role(found: GapAnswer) -> Iterator[Block]:
    if found.for_role:
        yield Heading("Help towards the role as a whole")
        yield Items(tuple(dict.fromkeys(stated(_closer(one), one.says) for one in found.for_role)))
    yield Heading("Who to ask")
    yield Items(
        (
            words("Your manager or supervisor, about time, tasks that let you practise, and a mentor."),
            words(
                "The learning and development or apprenticeship lead of your employer, about funding and dates."
            ),
            words("People who do the role now, about what it is like."),
        )
    )


def _notes(found: GapAnswer) -> Iterator[Block]:
    if found.notes:
        yield Heading("To bear in mind")
        yield Items(tuple(words(one) for one in found.notes))


def _name(need: NeedAnswer) -> str:
    if need.members:
        return "one of: " + ", ".join(_name(one) for one in need.members)
    label = need.asks_for.label if need.asks_for else need.kind
    return f"{label} ({need.skill_level.rpartition('--')[2]} level)" if need.skill_level else label
