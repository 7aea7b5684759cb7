"""What a self-assessment comes to: the gap, what closes it, the ways on; and the same as a paper."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from cmh_graph.framework import Framework
from cmh_graph.model import Role, Step
from cmh_graph.papers.development_plan import development_plan
from cmh_graph.papers.document import Paper
from cmh_graph.pathways.answers import GapAnswer, NeedAnswer, answer_of
from cmh_graph.pathways.gap import Gap, Need, State, gap
from cmh_graph.pathways.holding import holding_of_person
from cmh_graph.web.pages.assess_state import (
    HAD,
    PART,
    Assessment,
    entries_of,
    is_private,
    rated_skills,
    rating_of,
)
from cmh_graph.web.wording import level_of

_STATES: Final[dict[State, str]] = {
    "missing": "Still to gain",
    "partly": "In part",
    "not known": "Not said yet",
    "have": "You have this",
}
#: Helps that are shown with a need; the rest stand on its own page.
_MOST_CLOSERS: Final = 3


def gap_of(framework: Framework, assessment: Assessment) -> GapAnswer:
    """The gap between what a person said and the role. What they did not say is not known, and never missing."""
    role = framework.role(assessment.role)
    held = assessment.held or {}
    person = holding_of_person(
        framework,
        skills=rated_skills(framework, assessment),
        experiences=held.get("experience", ()),
        qualifications=held.get("qualification", ()),
        name="your answers",
    )
    return answer_of(framework, _as_said(framework, assessment, gap(framework, person, role)))


def _as_said(framework: Framework, assessment: Assessment, found: Gap) -> Gap:
    """The gap in the person's own words: each rule is what they said."""
    ratings = {
        entry.need.key: rating_of(framework, assessment, entry) for entry in entries_of(framework, found.role)
    }
    spoken = [one for one in (*found.essential, *found.desirable) if _is_private(one)]

    def judged(needs: tuple[Need, ...]) -> tuple[Need, ...]:
        return tuple(_judged(one, assessment, ratings) for one in needs if not _is_private(one))

    return replace(
        found,
        # It is what people said, not what they did not name.
        from_role=True,
        essential=judged(found.essential),
        desirable=judged(found.desirable),
        in_post=judged(found.in_post),
        spoken_of=(*found.spoken_of, *spoken),
    )


def _is_private(need: Need) -> bool:
    return need.asks_for is not None and is_private(need.asks_for)


def _judged(need: Need, assessment: Assessment, ratings: dict[Any, str]) -> Need:
    if need.requirement.kind == "skill":
        rating = ratings.get(need.requirement.key, "")
        if rating:
            state: State = "have" if rating in HAD else "partly" if rating == PART else "missing"
            return replace(need, state=state, rule=f"You said: {rating}.")
        if need.state == "partly":
            return replace(need, rule="You have it at a lower level.")
        return replace(need, state="not known", rule="You have not said yet.")
    if need.state == "missing" and assessment.held is None:
        return replace(need, state="not known", rule="You have not said yet.", members=())
    if need.state == "missing":
        return replace(need, rule="You did not tick it.")
    if need.state == "have" and not need.members:
        return replace(need, rule="You ticked it." if need.rule == "your list" else need.rule)
    return need


def result_values(framework: Framework, assessment: Assessment) -> dict[str, Any]:
    """What assess_result.html shows beside the form."""
    role = framework.role(assessment.role)
    found = gap_of(framework, assessment)
    states = [one.state for one in found.essential]
    had = states.count("have")
    return {
        "had": had,
        "asked": len(states),
        "counts": [
            (_STATES[state], _kind(state), states.count(state)) for state in _STATES if states.count(state)
        ],
        "next": [_need(framework, one) for one in found.essential if one.state in ("missing", "partly")],
        "unsaid": [_name(framework, one) for one in found.essential if one.state == "not known"],
        "have": [
            _need(framework, one) for one in (*found.essential, *found.desirable) if one.state == "have"
        ],
        "welcome": [_need(framework, one) for one in found.desirable if one.state != "have"],
        "learned": [_name(framework, one) for one in found.gained_in_post],
        "spoken_of": [_name(framework, one) for one in found.spoken_of],
        "no_need_of": [one.label for one in found.no_need_of],
        "help": [{"thing": one.thing, "why": one.why, "says": one.says} for one in found.for_role],
        "notes": found.notes,
        "ways_in": list(_ways(framework.steps_to(role), "from_position")),
        "ways_on": list(_ways(framework.steps_from(role), "to_position")),
    }


def _kind(state: State) -> str:
    return state.replace(" ", "-")


def _need(framework: Framework, need: NeedAnswer) -> dict[str, Any]:
    return {
        "name": _name(framework, need),
        "kind": _kind(need.state),
        "state": _STATES[need.state],
        "rule": need.rule,
        "says": need.says,
        "closers": [
            {"thing": one.thing, "why": one.why, "says": one.says} for one in need.closers[:_MOST_CLOSERS]
        ],
    }


def _name(framework: Framework, need: NeedAnswer) -> str:
    if need.members:
        return "One of: " + ", ".join(_name(framework, one) for one in need.members)
    label = need.asks_for.label if need.asks_for else need.kind.replace("-", " ")
    return f"{label} ({level_of(framework, need.skill_level)})" if need.skill_level else label


def _ways(steps: tuple[Step, ...], end: str) -> Iterator[dict[str, Any]]:
    for step in steps:
        yield {"place": getattr(step, end), "routes": step.via_routes, "needs": step.needs, "says": step.says}


def paper_of(framework: Framework, assessment: Assessment) -> Paper:
    """The result as a development plan to print, sign and take along."""
    role: Role = framework.role(assessment.role)
    paper = development_plan(framework, replace(gap_of(framework, assessment), holder="your self-assessment"))
    return replace(paper, name=f"self-assessment-{role.key}", title=f"Self-assessment: {role.label}")
