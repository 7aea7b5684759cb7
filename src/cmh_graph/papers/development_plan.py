"""Development plan: what lies between a person and a role, what closes it, and who to ask."""

from __future__ import annotations

from collections.abc import Iterator

from cmh_graph.framework import Framework
from cmh_graph.model import Key, Role, Says, Status
from cmh_graph.papers.document import (
    Block,
    Heading,
    Illustration,
    Items,
    Paper,
    Said,
    Table,
    make_paper,
    paragraph,
    stated,
    words,
)
from cmh_graph.pathways.answers import GapAnswer, NeedAnswer, progressions_answer
from cmh_graph.pathways.closing import Closer
from cmh_graph.pathways.network import network_of
from cmh_graph.pictures.charts import comparison
from cmh_graph.pictures.ways import progression_picture, step_in_words

#: Ways to close one need that the plan names.
_MOST_CLOSERS = 4


def development_plan(framework: Framework, found: GapAnswer, start: str | None = None) -> Paper:
    """The plan, from a gap. It names what to work on; it does not score a person.

    start: key of the role that the gap starts from, for the way between the two and a comparison of their skills.
    Raises UnknownThing if there is no such role."""
    held = framework.role(start) if start is not None else None
    return make_paper(
        framework,
        f"development-plan-{found.role.key}",
        f"Development plan: towards {found.role.label}",
        f"From {found.holder}",
        [
            *_standing(framework, found),
            *_open(framework, found),
            *(_way(framework, held, found) if held else ()),
            *_role(found),
            *(_compared(framework, held, found) if held else ()),
            *_notes(found),
        ],
    )


def _standing(framework: Framework, found: GapAnswer) -> Iterator[Block]:
    yield Heading("Where you stand")
    have = [one for one in (*found.essential, *found.desirable) if one.state == "have"]
    unknown = [one for one in (*found.essential, *found.desirable) if one.state == "not known"]
    if have:
        yield paragraph("You can count on what you bring already:")
        yield Items(tuple(_said(framework, one) for one in have))
    else:
        yield paragraph(
            "Nothing that this role asks for can be counted yet from what was said. That is a start."
        )
    if unknown:
        yield paragraph("To find out together, as it may be there already:")
        yield Items(tuple(_said(framework, one) for one in unknown))
    if found.spoken_of:
        yield paragraph("To talk about, never to be scored:")
        yield Items(tuple(_said(framework, one) for one in found.spoken_of))


def _open(framework: Framework, found: GapAnswer) -> Iterator[Block]:
    named = True
    for title, needs in (("What to work on", found.essential), ("What would help too", found.desirable)):
        rows: list[tuple[Said, ...]] = []
        for need in needs:
            if need.state in {"missing", "partly"}:
                what = _said(framework, need)
                state = "part of it is there" if need.state == "partly" else "new"
                rows.append((what, words(state), _closers(need.closers), words(""), words("")))
                named = named and bool(need.closers)
        if rows:
            yield Heading(title)
            yield Table(
                "Agree with your manager or mentor what comes first",
                ("What", "Where you are", "What can help", "With whom", "By when"),
                tuple(rows),
                (28, 13, 33, 14, 12),
            )
    if not named:
        yield paragraph(
            "Where no training is named, the catalogue has none yet: agree practice, shadowing and supervision."
        )
    if found.gained_in_post:
        yield paragraph("Gained after the start:")
        yield Items(tuple(_said(framework, one) for one in found.gained_in_post))
    if found.no_need_of:
        yield paragraph(f"The role says: {', '.join(one.label for one in found.no_need_of)}.")


def _way(framework: Framework, held: Role, found: GapAnswer) -> Iterator[Block]:
    """The way with the fewest steps, as a picture and in words; where there is none, why."""
    if held.key == found.role.key:
        return
    answer = progressions_answer(framework, network_of(framework), held.key, found.role.key, k=1)
    yield Heading("The way there")
    if not answer.progressions:
        yield paragraph(answer.why)
        return
    way = answer.progressions[0]
    yield Illustration(progression_picture(framework, way), in_words=True)
    yield Items(
        tuple(
            stated(
                f"{one.from_position.label} to {one.to_position.label}: "
                f"{step_in_words(one) or 'no more is stated'}",
                one.says,
            )
            for one in way.steps
        )
    )


def _compared(framework: Framework, held: Role, found: GapAnswer) -> Iterator[Block]:
    if held.key != found.role.key:
        yield Heading("The two roles side by side")
        yield Illustration(comparison(framework, held, framework.role(found.role.key)))


def _closers(closers: tuple[Closer, ...]) -> Said:
    if not closers:
        return words("no training named")
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


def _said(framework: Framework, need: NeedAnswer) -> Said:
    """A need by name; a level or a choice that is our judgement is marked like a whole statement."""
    return stated(_name(framework, need), need.says, "skill_level", "any_of")


def _name(framework: Framework, need: NeedAnswer) -> str:
    if need.members:
        return "One of: " + "; ".join(_name(framework, one) for one in need.members)
    if need.asks_for is None:
        return need.kind
    if need.kind == "skill" and need.skill_level:
        levels = {one.key: one for one in framework.skill(need.asks_for.key).levels}
        if level := levels.get(Key(str(need.skill_level))):
            return f"{need.asks_for.label}, {level.label.rpartition(', ')[2]}"
    return need.asks_for.label
