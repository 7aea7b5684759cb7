"""Job description and person specification of a post."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cmh_graph.framework import Framework
from cmh_graph.model import Requirement, Step
from cmh_graph.papers.asked import (
    KINDS,
    heading_of,
    in_order,
    level_of_all,
    needed,
    said_level,
    said_of,
    statements,
)
from cmh_graph.papers.bands import bands_beside, pay_of
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
from cmh_graph.papers.post import Post, concept_label
from cmh_graph.pathways.gap import gap
from cmh_graph.pathways.holding import holding_of_role
from cmh_graph.pictures.ways import ways_in_and_on

#: New demands of a neighbouring role that are listed by name; beyond, they are counted.
_MOST_NAMED = 6
#: Neighbours on one side that are compared: those nearest by what is new.
_MOST_COMPARED = 6
#: Doubts about codes of other schemes, which the paper does not show.
_OF_NO_MATTER = frozenset({"doubt-identifiers"})


def job_description(framework: Framework, post: Post) -> Paper:
    """The paper. Nothing in it is about a person."""
    role = post.role
    at = f", band {post.band}" if post.band else ""
    kind = "Description of a trainee post" if role.form == "trainee" else "Job description"
    if role.is_paid is False:
        kind = "Description of an unpaid role"
    blocks = [
        *_summary(framework, post),
        *_person(framework, post),
        *bands_beside(framework, post),
        *_on(framework, post),
        *_neighbours(framework, post),
        *_doubts(post),
    ]
    return make_paper(
        framework,
        f"job-description-{post.slug}",
        f"{role.label}{at}",
        f"{kind} and person specification",
        blocks,
    )


def _summary(framework: Framework, post: Post) -> Iterator[Block]:
    role = post.role
    yield Heading("The role")
    if role.definition:
        yield paragraph(stated(role.definition, role.says, "definition"))
    rows: list[tuple[Said, ...]] = []
    if post.employer_type or post.setting:
        asked = [("employer-type", post.employer_type), ("setting", post.setting)]
        named = "; ".join(concept_label(framework, scheme, key) for scheme, key in asked if key)
        rows.append((words("This paper is for"), words(named)))
    for placement in role.placements:
        for title, scheme, keys, field in (
            ("Settings", "setting", placement.settings, "settings"),
            ("Kinds of employer", "employer-type", placement.employer_types, "employer_types"),
        ):
            if keys:
                said = ", ".join(concept_label(framework, scheme, key) for key in keys)
                rows.append((words(title), stated(said, placement.says, field)))
    rows += list(_pay(framework, post))
    for position in role.regulation:
        if position.is_regulated:
            said = "Statutory registration needed: " + ", ".join(one.label for one in position.registers)
        else:
            said = "No statutory registration needed"
        rows.append((words("Registration"), stated(said, position.says, "is_regulated")))
    yield Table("The post at a glance", ("About", "Details"), tuple(rows), (25, 75))


def _pay(framework: Framework, post: Post) -> Iterator[tuple[Said, ...]]:
    role = post.role
    if role.is_paid is False:
        yield words("Pay"), stated("This role is unpaid", role.says, "is_paid")
        return
    for given in role.band_assignments:
        keys = [key for key in given.bands if post.band is None or key == post.band]
        if keys:
            by = f", as given by {given.assigned_by.label}" if given.assigned_by else ""
            said = ", ".join(framework.band(key).label for key in keys) + by
            yield words("Pay band"), stated(said, given.says, "bands")
    for key in [post.band] if post.band else list(role.bands):
        if (pay := pay_of(framework.band(key))) is not None:
            yield words(f"Pay at band {key}"), pay
    if role.bands:
        yield words("About pay"), words("Before any London supplement. Later years differ.")
    if not role.bands:
        yield words("Pay band"), words("No source gives a band. The employer evaluates the post.")


def _person(framework: Framework, post: Post) -> Iterator[Block]:
    """Everything that is asked for, once. "I" statements say what a skill looks like; values are never scored."""
    yield Heading("Person specification")
    for need in post.requirements:
        if need.kind == "none-required" and need.asks_for is not None:
            yield paragraph(stated(f"{need.asks_for.label}.", need.says))
    skills = in_order([one for one in post.requirements if heading_of(one) == KINDS["skill"]])
    if skills:
        yield from _skills(framework, skills)
    rows = [
        (words(heading), said_of(framework, need), needed(need))
        for heading in KINDS.values()
        for need in in_order(post.requirements)
        if heading != KINDS["skill"] and need.kind != "none-required" and heading_of(need) == heading
    ]
    if rows:
        yield Table(
            "Values, experience, qualifications and registration",
            ("Kind", "What", "Needed"),
            tuple(rows),
            (18, 62, 20),
        )
    yield paragraph(
        "Values and lived experience are for conversation. Nobody is asked about their health, diagnosis or treatment."
    )


def _skills(framework: Framework, skills: Sequence[Requirement]) -> Iterator[Block]:
    level = level_of_all(framework, skills)
    if (said_all := said_level(framework, skills)) is not None:
        yield paragraph(said_all)
    rows = []
    for need in skills:
        said = statements(framework, need)
        looks = stated(said[0].text, said[0].says) if said else words("")
        rows.append((said_of(framework, need, level=level), needed(need), looks))
    yield Table(
        "Skills, and what each looks like in the words of someone who has it",
        ("Skill", "Needed", "In their words"),
        tuple(rows),
        (34, 18, 48),
    )


def _on(framework: Framework, post: Post) -> Iterator[Block]:
    role = post.role
    drawn = ways_in_and_on(framework, role)
    if role.entered_by or drawn is not None:
        yield Heading("Ways in and on")
    if drawn is not None:
        yield Illustration(drawn, in_words=True)
    if role.entered_by:
        routes = ", ".join(one.label for one in role.entered_by)
        yield paragraph("How people come in:", stated(f"{routes}.", role.says, "entered_by"))
    for title, steps, forward in (
        ("From where", framework.steps_to(role), False),
        ("Where it can lead", framework.steps_from(role), True),
    ):
        said = [_step(step, forward=forward) for step in steps if step.step_kind != "sideways"]
        if said:
            yield Heading(title, 3)
            yield Items(tuple(dict.fromkeys(said)))


def _step(step: Step, *, forward: bool) -> Said:
    other = step.to_position if forward else step.from_position
    via = " or ".join(one.label for one in step.via_routes)
    return stated(f"{other.label} ({via})" if via else other.label, step.says)


def _neighbours(framework: Framework, post: Post) -> Iterator[Block]:
    """What the roles before and after the post's ask that it does not, or the other way round."""
    rows: list[tuple[Said, ...]] = []
    left_out = 0
    for steps in (framework.steps_to(post.role), framework.steps_from(post.role)):
        found = sorted(_moves(framework, post, steps), key=lambda move: move[0])
        left_out += max(0, len(found) - _MOST_COMPARED)
        rows += [row for _, row in found[:_MOST_COMPARED]]
    if rows:
        yield Heading("What changes between this role and its neighbours")
        yield Table(
            "New essentials, and skills asked for at a higher level",
            ("Move", "New", "At a higher level"),
            tuple(dict.fromkeys(rows)),
            (26, 37, 37),
        )
    if left_out:
        yield paragraph(
            f"These are the nearest roles. {left_out} more lead here or on, with more that is new."
        )


def _moves(
    framework: Framework, post: Post, steps: Sequence[Step]
) -> Iterator[tuple[tuple[float, str], tuple[Said, ...]]]:
    """For each neighbour: how much is new, its name; and its row."""
    for step in steps:
        forward = step.from_position.key == post.role.key
        other = framework.roles.get(step.to_position.key if forward else step.from_position.key)
        if other is None or other.form == "grouping":
            continue
        first, last = (post.role, other) if forward else (other, post.role)
        found = gap(framework, holding_of_role(framework, first), last)
        new = [one.asks_for.label for one in found.essential if one.state == "missing" and one.asks_for]
        higher = [one.asks_for.label for one in found.essential if one.state == "partly" and one.asks_for]
        move = f"From this role to {other.label}" if forward else f"From {other.label} to this role"
        row = (words(move), stated(_some(new), step.says), stated(_some(higher), step.says))
        yield (len(new) + len(higher) / 2, other.label), row


def _some(labels: list[str]) -> str:
    if not labels:
        return "nothing"
    more = len(labels) - _MOST_NAMED
    return ", ".join(labels[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _doubts(post: Post) -> Iterator[Block]:
    doubts = [one for one in post.role.remarks if one.remark_kind == "doubt" and one.key not in _OF_NO_MATTER]
    if doubts:
        yield Heading("What we are not sure of")
        yield Items(tuple(stated(one.text, one.says) for one in doubts))
