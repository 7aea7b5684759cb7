"""A holding and a role -> what is had, partly had, missing or not known, requirement by requirement.

Method: docs/decisions/0014-gaps-and-progressions.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from cmh_graph.model import Key, Qualification, Ref, Requirement, Role
from cmh_graph.pathways.holding import Held, Holding, level_order, level_orders, members_of
from cmh_graph.reading import Catalogue

State = Literal["have", "partly", "missing", "not known"]
#: From best to worst: an any-of group is in the best state of its members.
STATES: Final[tuple[State, ...]] = ("have", "partly", "not known", "missing")
#: What a missing and a partly met essential add to the size of a gap.
WEIGHTS: Final[Mapping[State, float]] = {"missing": 1.0, "partly": 0.5}


@dataclass(frozen=True, slots=True)
class Need:
    """One requirement of the target and its state. rule: why, in words. members: of an any-of group.

    scored is False for values and lived experience, which are no deficit of a person whatever their state."""

    requirement: Requirement
    state: State
    rule: str
    scored: bool = True
    members: tuple[Need, ...] = ()

    @property
    def asks_for(self) -> Ref | None:
        return self.requirement.asks_for


@dataclass(frozen=True, slots=True)
class Gap:
    """The requirements of a role held against a holding; from_role: one that a role implies, not a person's list.

    essential, desirable: in the role's own order; in_post: gained after the start, so no condition; spoken_of: values
    and lived experience, for conversation and not for counting; none_needed: what the role says it does not ask."""

    holder: str
    from_role: bool
    role: Role
    essential: tuple[Need, ...]
    desirable: tuple[Need, ...]
    in_post: tuple[Need, ...]
    spoken_of: tuple[Need, ...]
    none_needed: tuple[Requirement, ...]

    @property
    def open(self) -> tuple[Need, ...]:
        """The scored needs that are missing or partly met, essential ones first."""
        return tuple(one for one in (*self.essential, *self.desirable) if one.state in WEIGHTS)

    @property
    def size(self) -> float:
        """Missing essentials plus half of the partly met ones."""
        return sum(WEIGHTS.get(one.state, 0.0) for one in self.essential)


def gap(
    catalogue: Catalogue,
    holding: Holding,
    role: Role,
    *,
    setting: str | None = None,
    employer_type: str | None = None,
) -> Gap:
    """What a role asks for beyond a holding.

    setting, employer_type: leave out requirements that hold only elsewhere. Order of input never matters, and a
    larger holding never gives a larger gap."""
    orders = level_orders(catalogue)
    judge = Judge(catalogue, holding, orders)
    essential, desirable, in_post, spoken, none_needed = [], [], [], [], []
    for requirement in role.requirements:
        if not _applies(requirement, setting, employer_type):
            continue
        if requirement.kind == "none-required":
            none_needed.append(requirement)
            continue
        need = judge.need(requirement)
        if not need.scored:
            spoken.append(need)
        elif requirement.necessity == "gained-in-post":
            in_post.append(need)
        elif requirement.necessity == "desirable":
            desirable.append(need)
        else:
            essential.append(need)
    return Gap(
        holding.name,
        holding.is_role,
        role,
        tuple(essential),
        tuple(desirable),
        tuple(in_post),
        tuple(spoken),
        tuple(none_needed),
    )


def is_check(catalogue: Catalogue, asked: Ref) -> bool:
    """Whether what is asked for is no award but a check or an induction, which the employer sees to."""
    found = catalogue.qualifications.get(asked.key) if asked.kind == "qualification" else None
    return found is not None and found.qualification_kind in {"none", "check", "induction-standard"}


def _applies(requirement: Requirement, setting: str | None, employer_type: str | None) -> bool:
    return (setting is None or not requirement.settings or setting in requirement.settings) and (
        employer_type is None or not requirement.employer_types or employer_type in requirement.employer_types
    )


@dataclass(frozen=True, slots=True)
class Judge:
    """Says in what state the holder of something is towards a requirement. orders: as level_orders gives them."""

    catalogue: Catalogue
    holding: Holding
    orders: Mapping[Key, int]

    def weight(self, requirement: Requirement) -> float:
        """What a requirement adds to the size of a gap, if it is an essential one."""
        need = self.need(requirement)
        return WEIGHTS.get(need.state, 0.0) if need.scored else 0.0

    def need(self, requirement: Requirement) -> Need:
        if requirement.kind == "any-of":
            return self._any_of(requirement)
        asked = requirement.asks_for
        if asked is None:
            return Need(
                requirement, "not known", "the catalogue does not say what is asked for", scored=False
            )
        if asked.kind == "value" or self._is_lived(asked):
            held = self.holding.get(asked.kind, asked.key)
            state: State = "have" if held and held.firmness == "held" else "not known"
            return Need(requirement, state, "never scored: to be talked about, not counted", scored=False)
        held = self.holding.get(asked.kind, asked.key)
        if asked.kind == "skill":
            return self._skill(requirement, held)
        return self._other(requirement, asked, held)

    def _is_lived(self, asked: Ref) -> bool:
        experience = self.catalogue.experiences.get(asked.key) if asked.kind == "experience" else None
        return experience is not None and experience.is_lived_experience

    def _skill(self, requirement: Requirement, held: Held | None) -> Need:
        wanted = level_order(requirement, self.orders)
        if held is None:
            return Need(requirement, "missing", self._absent())
        if held.level is None and wanted is not None:
            return Need(requirement, "partly", f"{held.basis}; the level is not known")
        if wanted is not None and held.level is not None and held.level < wanted:
            return Need(requirement, "partly", f"{held.basis}, at a lower level")
        if held.firmness == "perhaps":
            return self._perhaps(requirement, held)
        return Need(requirement, "have", f"{held.basis}, at the level asked for" if wanted else held.basis)

    def _other(self, requirement: Requirement, asked: Ref, held: Held | None) -> Need:
        if held is not None and held.is_other_than(requirement):
            here, there = requirement.registered_as, held.registered_as
            return Need(
                requirement, "missing", f"{held.basis}, as one of the {there}; here as one of the {here}"
            )
        if held is not None and held.firmness == "held":
            return Need(requirement, "have", held.basis)
        for other in self._giving(asked):
            gives = self.holding.get(other.kind, other.key)
            if gives is not None and gives.firmness == "held":
                return Need(requirement, "have", f"{other.label} gives it ({gives.basis})")
        if held is not None:
            return self._perhaps(requirement, held)
        if is_check(self.catalogue, asked):
            return Need(requirement, "not known", "made by the employer when you are appointed")
        experience = self.catalogue.experiences.get(asked.key) if asked.kind == "experience" else None
        if experience is not None and not experience.gained_in and self.holding.is_role:
            return Need(requirement, "not known", "how long people have been in a role is not known")
        return Need(requirement, "missing", self._absent())

    def _giving(self, asked: Ref) -> Iterable[Ref]:
        found = self.catalogue.qualifications.get(asked.key) if asked.kind == "qualification" else None
        return found.met_by if isinstance(found, Qualification) else ()

    def _perhaps(self, requirement: Requirement, held: Held) -> Need:
        return Need(requirement, "not known", held.basis)

    def _absent(self) -> str:
        return self.holding.absence or f"not named in {self.holding.name}"

    def _any_of(self, requirement: Requirement) -> Need:
        members = tuple(self.need(one) for one in requirement.any_of)
        asked = members_of(requirement)
        # Whoever meets a narrower group of the role held meets this one, whichever member it was.
        if any(group <= asked for group in self.holding.groups):
            return Need(requirement, "have", f"{self.holding.name} asks for one of these too", True, members)
        states: list[State] = [one.state for one in members] or ["not known"]
        best = min(states, key=STATES.index)
        decisive = next((one for one in members if one.state == best), None)
        label = decisive.asks_for.label if decisive and decisive.asks_for else ""
        rules: Mapping[State, str] = {
            "have": f"one is enough: {label}, {decisive.rule if decisive else ''}",
            "partly": f"one is enough, and {label} is partly there",
            "not known": "one is enough; which are held is not known",
            "missing": "none of these is held, and one is enough",
        }
        scored = any(one.scored for one in members)
        return Need(requirement, best, rules[best], scored, members)
