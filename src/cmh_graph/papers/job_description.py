"""Job description and person specification of a post."""

from __future__ import annotations

from collections.abc import Iterator

from cmh_graph.framework import Framework
from cmh_graph.model import Band, Key, Requirement
from cmh_graph.papers.asked import KINDS, heading_of, said_of, statements
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
from cmh_graph.papers.post import Post, concept_label
from cmh_graph.pathways.gap import gap
from cmh_graph.pathways.holding import holding_of_role

#: New demands of a neighbouring role that are listed by name; beyond, they are counted.
_MOST_NAMED = 6


def job_description(framework: Framework, post: Post) -> Paper:
    """The paper. Nothing in it is about a person."""
    role = post.role
    at = f", band {post.band}" if post.band else ""
    kind = "Description of a trainee post" if role.form == "trainee" else "Job description"
    if role.is_paid is False:
        kind = "Description of an unpaid role"
    blocks = [
        *_summary(framework, post),
        *_work(framework, post),
        *_person(framework, post),
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
    yield Table("The post at a glance", ("About", "What holds"), tuple(rows), (25, 75))


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
        for said_pay in _points(framework.band(key)):
            yield words(f"Pay at band {key}"), said_pay
    if not role.bands:
        yield words("Pay band"), words("No source gives a band. The employer evaluates the post.")


def _points(band: Band) -> Iterator[Said]:
    """The latest year that is known, always with the year."""
    if band.pay_points:
        latest = band.pay_points[-1]
        low, high = min(latest.amounts_gbp), max(latest.amounts_gbp)
        amounts = f"£{low:,}" if low == high else f"£{low:,} to £{high:,}"
        text = f"{amounts} a year in {latest.pay_year}, before any London supplement; later years differ"
        yield stated(text, latest.says)


def _work(framework: Framework, post: Post) -> Iterator[Block]:
    rows = []
    for need in post.requirements:
        said = statements(framework, need)
        if need.kind == "skill" and need.necessity == "essential" and said:
            rows.append((said_of(framework, need), *(stated(one.text, one.says) for one in said[:1])))
    if rows:
        yield Heading("What the work asks of you")
        yield Table(
            "Essential skills, and what each looks like in the words of someone who has it",
            ("Skill and level", "In your own words"),
            tuple(rows),
            (45, 55),
        )


def _person(framework: Framework, post: Post) -> Iterator[Block]:
    yield Heading("Person specification")
    none = [one for one in post.requirements if one.kind == "none-required" and one.asks_for is not None]
    for need in none:
        what = need.asks_for.label if need.asks_for else ""
        yield paragraph(stated(f"{what}.", need.says))
    rows = []
    for heading in KINDS.values():
        for need in post.requirements:
            if need.kind != "none-required" and heading_of(need) == heading:
                rows.append((words(heading), said_of(framework, need), words(_necessity(need))))
    yield Table(
        "What is essential and what is desirable", ("Kind", "What", "Needed"), tuple(rows), (18, 64, 18)
    )
    yield paragraph(
        "Values and lived experience are for conversation. Nobody is asked about their health, diagnosis or treatment."
    )


def _necessity(need: Requirement) -> str:
    return {"essential": "essential", "desirable": "desirable", "gained-in-post": "gained in post"}.get(
        need.necessity or "", "not stated"
    )


def _on(framework: Framework, post: Post) -> Iterator[Block]:
    role = post.role
    if role.entered_by:
        yield Heading("Ways in")
        yield Items(tuple(stated(one.label, role.says, "entered_by") for one in role.entered_by))
    steps = [one for one in framework.steps_from(role) if one.step_kind != "sideways"]
    if steps:
        yield Heading("Where it can lead")
        said = []
        for step in steps:
            via = (
                f", by {' or '.join(one.label.lower() for one in step.via_routes)}" if step.via_routes else ""
            )
            said.append(stated(f"{step.to_position.label}{via}", step.says))
        yield Items(tuple(dict.fromkeys(said)))


def _neighbours(framework: Framework, post: Post) -> Iterator[Block]:
    """The bands beside the post's, and what the roles before and after it ask that it does not."""
    keys = list(framework.bands)
    bands = [Key(band) for band in ([post.band] if post.band else post.role.bands)]
    if bands:
        low, high = keys.index(bands[0]), keys.index(bands[-1])
        rows = []
        for key in keys[max(low - 1, 0) : high + 2]:
            band = framework.bands[key]
            pay = next(_points(band), words("not known"))
            here = " (this post)" if key in bands else ""
            rows.append(
                (words(band.label + here), stated(band.definition or "", band.says, "definition"), pay)
            )
        yield Heading("The bands beside it")
        yield Table("How the bands differ", ("Band", "What it is for", "Pay"), tuple(rows), (14, 52, 34))
    rows = []
    for step in (*framework.steps_to(post.role), *framework.steps_from(post.role)):
        forward = step.from_position.key == post.role.key
        other = framework.roles.get(step.to_position.key if forward else step.from_position.key)
        if other is None or other.form == "grouping":
            continue
        first, last = (post.role, other) if forward else (other, post.role)
        found = gap(framework, holding_of_role(framework, first), last)
        new = [one.asks_for.label for one in found.essential if one.state == "missing" and one.asks_for]
        higher = [one.asks_for.label for one in found.essential if one.state == "partly" and one.asks_for]
        move = f"From this role to {other.label}" if forward else f"From {other.label} to this role"
        rows.append((words(move), stated(_some(new), step.says), stated(_some(higher), step.says)))
    if rows:
        yield Heading("What changes between this role and its neighbours")
        yield Table(
            "New essentials, and skills asked for at a higher level",
            ("Move", "New", "At a higher level"),
            tuple(dict.fromkeys(rows)),
            (26, 37, 37),
        )


def _some(labels: list[str]) -> str:
    if not labels:
        return "nothing"
    more = len(labels) - _MOST_NAMED
    return ", ".join(labels[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _doubts(post: Post) -> Iterator[Block]:
    doubts = [one for one in post.role.remarks if one.remark_kind == "doubt"]
    if doubts:
        yield Heading("What we are not sure of")
        yield Items(tuple(stated(one.text, one.says) for one in doubts))
