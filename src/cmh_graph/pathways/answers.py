"""The answers people and programs read: the same values from Python, the command line and the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cmh_graph.errors import BadParameter, UnknownThing
from cmh_graph.framework import Framework
from cmh_graph.model import Key, Necessity, Ref, Says, SkillLevelKey
from cmh_graph.pathways.bridging import Bridge
from cmh_graph.pathways.choices import refuse_grouping, refuse_position, refuse_unknown_concept
from cmh_graph.pathways.closing import Closer, closing
from cmh_graph.pathways.conditions import Allowing, Conditions, step_is_unpaid
from cmh_graph.pathways.costs import MODELS, Model
from cmh_graph.pathways.gap import Gap, Need, State, gap
from cmh_graph.pathways.holding import Holding, holding_of_person, holding_of_position, holding_of_role
from cmh_graph.pathways.network import Edge, Network
from cmh_graph.pathways.no_way import refuse_contradictions, why_none
from cmh_graph.pathways.occupations import (
    SAME_WORK,
    holding_of_occupation,
    in_words,
    matches_of,
    names_occupation,
    role_of_occupation,
)
from cmh_graph.pathways.progressions import Progression, best_ways, unbeaten_ways
from cmh_graph.search import near_misses

#: Ways that one question may ask for.
MOST_WAYS: Final = 20
#: The word for ways that no other way beats in every model.
UNBEATEN: Final = "all"


@dataclass(frozen=True, slots=True)
class NeedAnswer:
    """One requirement of the role asked about, and how it stands. members: of an any-of group, one of which is enough.
    closers: what the catalogue names against it, where it is open."""

    kind: str
    asks_for: Ref | None
    necessity: Necessity | None
    skill_level: SkillLevelKey | None
    state: State
    scored: bool
    rule: str
    says: Says
    members: tuple[NeedAnswer, ...] = ()
    closers: tuple[Closer, ...] = ()


@dataclass(frozen=True, slots=True)
class GapAnswer:
    """What a role asks for held against a role or a person's list. size: missing essentials plus half of those partly
    met. spoken_of: values and lived experience, never counted."""

    holder: str
    role: Ref
    size: float
    counts: Mapping[State, int]
    essential: tuple[NeedAnswer, ...]
    desirable: tuple[NeedAnswer, ...]
    gained_in_post: tuple[NeedAnswer, ...]
    spoken_of: tuple[NeedAnswer, ...]
    no_need_of: tuple[Ref, ...]
    for_role: tuple[Closer, ...]
    notes: tuple[str, ...]


def gap_answer(
    framework: Framework,
    to: str,
    start: str | None = None,
    *,
    skills: Sequence[str] = (),
    values: Sequence[str] = (),
    experiences: Sequence[str] = (),
    qualifications: Sequence[str] = (),
    backgrounds: Sequence[str] = (),
    setting: str | None = None,
    employer_type: str | None = None,
) -> GapAnswer:
    """The gap between a role or other place, or what a person says they have, and another role.

    to: key of a role; start: of a role or position, or an occupation (see matches_of). Lists: see
    holding_of_person; with a start too, the list is added to what people there may count.
    Raises UnknownThing and BadParameter."""
    refuse_position(framework, to, "to")
    target = framework.role(to)
    refuse_grouping(target, "to")
    refuse_unknown_concept(framework, "setting", [setting])
    refuse_unknown_concept(framework, "employer-type", [employer_type])
    lists = (skills, values, experiences, qualifications, backgrounds)
    if start is None and not any(lists):
        raise BadParameter(
            "nothing is said of where you start",
            where="from",
            mend="name a role, or what you have: skills, experience, qualifications or a background",
        )
    person = holding_of_person(
        framework,
        skills=skills,
        values=values,
        experiences=experiences,
        qualifications=qualifications,
        backgrounds=backgrounds,
    )
    holding = person
    if start is not None:
        holding = _holding_at(framework, start)
        if any(lists):
            holding = _joined(holding, person)
    return answer_of(
        framework, gap(framework, holding, target, setting=setting, employer_type=employer_type), start
    )


def answer_of(framework: Framework, found: Gap, start: str | None = None) -> GapAnswer:
    """A gap as people read it, with what closes it. start: key of the place or code that it starts from, if any."""
    target = found.role
    help_with = closing(framework, found)
    closers = {id(need): these for need, these in help_with.for_need}
    states = [one.state for one in found.essential]
    return GapAnswer(
        found.holder,
        Ref("role", target.key, target.label),
        found.size,
        {state: states.count(state) for state in ("have", "partly", "missing", "not known")},
        tuple(_need(one, closers) for one in found.essential),
        tuple(_need(one, closers) for one in found.desirable),
        tuple(_need(one, closers) for one in found.in_post),
        tuple(_need(one, closers) for one in found.spoken_of),
        tuple(one.asks_for for one in found.none_needed if one.asks_for is not None),
        help_with.for_role,
        tuple(_notes(framework, found, start)),
    )


def _holding_at(framework: Framework, start: str) -> Holding:
    if names_occupation(start):
        return holding_of_occupation(framework, matches_of(framework, start))
    position = framework.positions.get(Key(start))
    if position is not None:
        return holding_of_position(position)
    try:
        role = framework.role(start)
    except UnknownThing as error:
        close = near_misses(start, framework.positions)
        if close:
            raise UnknownThing(
                f"no role or position has the key {start}",
                where=start,
                mend=f"did you mean {' or '.join(close)}?",
            ) from None
        raise error
    refuse_grouping(role, "from")
    return holding_of_role(framework, role)


def _joined(place: Holding, person: Holding) -> Holding:
    things = dict(place.things)
    for named, held in person.things.items():
        old = things.get(named)
        level, old_level = held.level or 0, (old and old.level) or 0
        if old is not None and old.registered_as and not held.registered_as:
            old = None  # registered, and perhaps as something else than the role asks for: it is their word
        # A lower level than the role welcomes takes nothing back: what a person adds never widens a gap.
        if old is None or level > old_level or (old.firmness == "perhaps" and level == old_level):
            things[named] = held
    said = f"{place.absence}, and it is not in your list"
    return Holding(f"{place.name} and your list", things, place.groups, is_role=place.is_role, absence=said)


def _need(need: Need, closers: Mapping[int, tuple[Closer, ...]]) -> NeedAnswer:
    requirement = need.requirement
    return NeedAnswer(
        requirement.kind,
        requirement.asks_for,
        requirement.necessity,
        requirement.skill_level,
        need.state,
        need.scored,
        need.rule,
        requirement.says,
        tuple(_need(one, closers) for one in need.members),
        closers.get(id(need), ()),
    )


def _notes(framework: Framework, found: Gap, start: str | None) -> list[str]:
    said = []
    if found.role.form == "trainee":
        said.append("This is a trainee post: it teaches much of what the role it leads to asks for.")
    if found.role.is_regulated:
        said.append(
            "This role is for registered professionals: no gap is closed without its training and register."
        )
    if start is not None and names_occupation(start):
        matches = matches_of(framework, start)
        said += [f"{in_words(one)}." for one in matches]
        if all(one.relation not in SAME_WORK for one in matches):
            said.append(
                "No role means the same work, so what carries over is not known; the size leaves it out."
            )
    place = framework.positions.get(Key(start)) if start is not None else None
    if place is not None:
        held = ", ".join(one.label for one in place.holds) or "nothing"
        said.append(f"All that the catalogue says people hold at '{place.label}' is this: {held}.")
    if not found.from_role:
        said.append("What you did not name counts as missing: read it as a question, and name what you have.")
    if any(one.requirement.says.is_inferred for one in (*found.essential, *found.desirable)):
        said.append(
            "Some of these requirements are our inference, and whether one is essential is our judgement."
        )
    return said


@dataclass(frozen=True, slots=True)
class StepAnswer:
    """A step of a way. months are from duration_from, or assumed by its kind where that is None. gained: new
    qualifications; gained_one_of: groups of which one is new. cost_notes: figures that sources give for the standards
    on it."""

    key: str
    from_position: Ref
    to_position: Ref
    kind: str
    via_routes: tuple[Ref, ...]
    needs: tuple[Ref, ...]
    needs_one_of: tuple[Ref, ...]
    offered_by: tuple[Ref, ...]
    minimum_months: int
    maximum_months: int | None
    months_are_assumed: bool
    duration_from: Ref | None
    gap: float
    gained: tuple[Ref, ...]
    gained_one_of: tuple[tuple[Ref, ...], ...]
    cost_notes: tuple[str, ...]
    is_unpaid: bool
    notes: tuple[str, ...]
    says: Says | None


@dataclass(frozen=True, slots=True)
class ProgressionAnswer:
    """A way, its costs under every model, and what of it is assumed."""

    costs: Mapping[str, float]
    minimum_months: int
    assumed_months: int
    inferred_steps: int
    steps: tuple[StepAnswer, ...]
    assumptions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProgressionsAnswer:
    """The best ways, best first. Where there is none, why says so in words, and missing names steps that would make
    one. notes: the matches through which an occupation of another classification stands for a role."""

    start: Ref
    goals: tuple[Ref, ...]
    by: str
    model: str
    conditions: tuple[str, ...]
    progressions: tuple[ProgressionAnswer, ...]
    why: str
    missing: tuple[Bridge, ...]
    notes: tuple[str, ...] = ()


def progressions_answer(
    framework: Framework,
    network: Network,
    start: str,
    to: str | None = None,
    *,
    goals: frozenset[int] | None = None,
    k: int = 3,
    by: str = "fewest-steps",
    conditions: Conditions | None = None,
) -> ProgressionsAnswer:
    """The k best ways from a place to another, or to any of a set of goals (see goals_that_are). start: its key, or an
    occupation that means the same work as one role (see matches_of).

    by: a cost model, or "all" for the ways that no other beats in every model. Raises UnknownThing and BadParameter."""
    conditions = conditions or Conditions()
    if not 1 <= k <= MOST_WAYS:
        raise BadParameter(f"{k} ways cannot be asked for", where="k", mend=f"ask for 1 to {MOST_WAYS}")
    if by not in MODELS and by != UNBEATEN:
        raise BadParameter(
            f"'{by}' is no cost model", where="by", mend=f"choose from {', '.join(MODELS)}, {UNBEATEN}"
        )
    if to is not None and goals is not None:
        raise BadParameter(
            "both a goal and a condition of the goal are given", where="to", mend="give one of the two"
        )
    notes: tuple[str, ...] = ()
    if names_occupation(start):
        matches = matches_of(framework, start)
        start = role_of_occupation(framework, matches).key
        notes = tuple(f"{in_words(one)}." for one in matches if one.role.key == start)
    first = network.find(start)
    if to is not None:
        goals = frozenset({network.find(to)})
    if goals is None:
        raise BadParameter(
            "nothing is said of where to go", where="to", mend="name a role, or a condition that it must meet"
        )
    refuse_contradictions(network, first, goals, conditions)
    allowing = Allowing(framework, conditions)
    months = conditions.within_months
    if by == UNBEATEN:
        found = unbeaten_ways(
            network, first, goals, tuple(MODELS), most=k, allowed=allowing.step, within_months=months
        )
    else:
        model: Model = next(one for one in MODELS if one == by)
        found = best_ways(network, first, goals, k=k, by=model, allowed=allowing.step, within_months=months)
    why: str = ""
    missing: tuple[Bridge, ...] = ()
    if not found:
        why, missing = why_none(framework, network, first, goals, conditions)
    return ProgressionsAnswer(
        network.places[first],
        tuple(network.places[goal] for goal in sorted(goals)),
        by,
        MODELS.get(by, "the ways that no other way equals or beats in every model"),  # type: ignore[call-overload]
        conditions.in_words,
        tuple(_progression(framework, way) for way in found),
        why,
        missing,
        notes,
    )


def _progression(framework: Framework, way: Progression) -> ProgressionAnswer:
    assumed = sorted({edge.step.step_kind for edge in way.edges if edge.cost.months.is_assumed})
    assumptions = [
        f"No source says how long a step of kind '{kind}' takes; we count "
        f"{next(e.cost.months.minimum for e in way.edges if e.step.step_kind == kind and e.cost.months.is_assumed)} "
        "months, only to put ways in order."
        for kind in assumed
    ]
    return ProgressionAnswer(
        {str(model): cost for model, cost in way.costs.items()},
        way.minimum_months,
        way.assumed_months,
        way.inferred_steps,
        tuple(_step(framework, edge) for edge in way.edges),
        tuple(assumptions),
    )


def _step(framework: Framework, edge: Edge) -> StepAnswer:
    step, months = edge.step, edge.cost.months
    return StepAnswer(
        step.key,
        step.from_position,
        step.to_position,
        step.step_kind,
        step.via_routes,
        step.needs,
        step.needs_one_of,
        step.offered_by,
        months.minimum,
        months.maximum,
        months.is_assumed,
        months.source,
        edge.cost.gap,
        edge.cost.gained,
        edge.cost.one_of,
        tuple(_cost_notes(framework, edge)),
        step_is_unpaid(framework, step),
        step.notes,
        step.says,
    )


def _cost_notes(framework: Framework, edge: Edge) -> list[str]:
    said = []
    for link in (*edge.step.needs, *edge.step.needs_one_of, *edge.step.duration_from):
        found = framework.qualifications.get(link.key) if link.kind == "qualification" else None
        if found is not None and found.maximum_funding_gbp:
            when = f" (checked {found.checked_on.isoformat()})" if found.checked_on else ""
            said.append(f"{found.label}: funding band up to £{found.maximum_funding_gbp:,}{when}")
            said += found.funding_notes
    return list(dict.fromkeys(said))
