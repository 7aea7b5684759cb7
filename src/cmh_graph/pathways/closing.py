"""What closes a gap: routes that train for the role, qualifications and who offers them, posts where a skill is
used, resources. Each with the statement it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from cmh_graph.framework import Framework
from cmh_graph.model import Key, Ref, Role, Says, Step
from cmh_graph.pathways.gap import Gap, Need
from cmh_graph.pathways.holding import level_orders

CloserKind = Literal["route", "qualification", "resource", "post"]
#: Kinds of qualification that nobody takes as a course: others lead to them, or the employer sees to them.
_NOT_TAKEN: Final = frozenset(
    {"none", "check", "induction-standard", "registration", "apprenticeship-or-degree"}
)


@dataclass(frozen=True, slots=True)
class Closer:
    """kind: what sort of help it is. thing: what it is. why: how it helps, in words. offered_by: who is named as
    offering it. says: the status and sources of the statement that links it."""

    kind: CloserKind
    thing: Ref
    why: str
    offered_by: tuple[Ref, ...] = ()
    says: Says | None = None


@dataclass(frozen=True, slots=True)
class Closing:
    """for_role: what trains for the role as a whole. for_need: place of a need in Gap.open -> what helps with it."""

    for_role: tuple[Closer, ...]
    for_need: tuple[tuple[Need, tuple[Closer, ...]], ...]


def closing(framework: Framework, found: Gap) -> Closing:
    """What the catalogue names against each open need, and for the role as a whole. Nothing is invented: a need
    without closers has none in the catalogue."""
    return Closing(
        tuple(_for_role(framework, found)),
        tuple((need, tuple(_unique(_for_need(framework, found, need)))) for need in found.open),
    )


def _unique(found: Iterator[Closer]) -> Iterator[Closer]:
    seen = set()
    for one in found:
        if (one.kind, one.thing) not in seen:
            seen.add((one.kind, one.thing))
            yield one


def _steps(framework: Framework, found: Gap) -> list[Step]:
    """The steps to the role, those from the role held first."""
    return sorted(
        framework.steps_to(found.role), key=lambda step: not found.holder.startswith(step.from_position.label)
    )


def _for_role(framework: Framework, found: Gap) -> Iterator[Closer]:
    role, named = found.role, set()
    for step in _steps(framework, found):
        for link in step.via_routes:
            if framework.routes[link.key].is_training:
                start = step.from_position.label
                yield Closer("route", link, f"leads from {start} to this role", step.offered_by, step.says)
                named.add(link.key)
    for link in role.entered_by:
        if framework.routes[link.key].is_training and link.key not in named:
            yield Closer("route", link, "a way into this role", (), role.says)
    for resource in framework.resources.values():
        if any(one.key == role.key for one in resource.roles):
            ref = Ref("resource", resource.key, resource.label)
            yield Closer("resource", ref, "serves this role", (), resource.says)


def _for_need(framework: Framework, found: Gap, need: Need) -> Iterator[Closer]:
    if need.members:
        for member in need.members:
            yield from _for_need(framework, found, member)
        return
    asked = need.asks_for
    if asked is None or not need.scored:
        return
    if asked.kind == "qualification":
        yield from _for_qualification(framework, found, asked)
    elif asked.kind == "experience":
        posts = [one for one in framework.experiences[asked.key].gained_in if one.kind == "role"]
        for one in _easiest_first(framework, found.role, posts):
            yield Closer("post", one, "gives this experience", (), framework.experiences[asked.key].says)
    else:
        yield from _for_skill(framework, found, need, asked)


def _easiest_first(framework: Framework, wanted: Role, posts: Iterable[Ref]) -> list[Ref]:
    """Posts one step before the role wanted, then those without a register, by level: nobody is sent to a consultant
    post for first experience. The role wanted itself is left out."""
    before = {step.from_position.key for step in framework.steps_to(wanted)}
    orders = level_orders(framework)

    def place(one: Ref) -> tuple[bool, bool, int, str]:
        role = framework.roles[one.key]
        height = orders.get(Key(role.level), 0) if role.level else 0
        return one.key not in before, bool(role.is_regulated), height, one.key

    return sorted((one for one in posts if one.key != wanted.key), key=place)


def _for_qualification(framework: Framework, found: Gap, asked: Ref) -> Iterator[Closer]:
    wanted = framework.qualifications[asked.key]
    for other in wanted.met_by:
        yield Closer("qualification", other, f"gives {asked.label}", (), wanted.says)
    for register in wanted.registers:
        for entry in framework.qualifications.values():
            if entry.key != asked.key and any(one.key == register.key for one in entry.registers):
                ref = Ref("qualification", entry.key, entry.label)
                yield Closer("qualification", ref, f"leads to {register.label}", (), entry.says)
    for step in _steps(framework, found):
        if _gives(framework, step, asked):
            for link in step.via_routes:
                why = f"on the way from {step.from_position.label}"
                yield Closer("route", link, why, step.offered_by, step.says)
    if wanted.qualification_kind not in _NOT_TAKEN:
        yield Closer("qualification", asked, _standard(framework, asked.key), (), wanted.says)


def _gives(framework: Framework, step: Step, asked: Ref) -> bool:
    """Whether people have a qualification by taking a step: it is needed by the end of the step, and the route trains
    for it. What a step into training needs is asked for at the start."""
    if all(one.key != asked.key for one in (*step.needs, *step.needs_one_of)):
        return False
    kind = framework.qualifications[asked.key].qualification_kind
    if step.step_kind == "into-training" or (step.step_kind == "entry" and kind in {"degree", "general"}):
        return False
    return any(framework.routes[one.key].is_training for one in step.via_routes)


def _standard(framework: Framework, key: Key) -> str:
    standard = framework.qualifications[key]
    words = {"apprenticeship": "can be taken as an apprenticeship", "short-course": "a short course"}
    said = [words.get(standard.qualification_kind or "", "a course of study")]
    if standard.education_levels:
        said.append(f"level {standard.education_levels[0]}")
    if standard.typical_duration_months:
        said.append(f"typically {standard.typical_duration_months} months")
    return "; ".join((", ".join(said), *standard.funding_notes))


def _for_skill(framework: Framework, found: Gap, need: Need, asked: Ref) -> Iterator[Closer]:
    """Posts one step before the role that ask for the skill at the level.

    Backgrounds bring skills, and nobody is told to take one up to learn them."""
    wanted = need.requirement.skill_level
    for step in framework.steps_to(found.role):
        before = framework.roles.get(step.from_position.key) if step.from_position.kind == "role" else None
        for other in before.requirements if before else ():
            if other.asks_for == asked and (wanted is None or other.skill_level == wanted):
                yield Closer(
                    "post", step.from_position, "uses this skill at the level asked for", (), other.says
                )
