"""What may be counted as held: from a person's own list, or from the role or other place where the person is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from cmh_graph.errors import BadParameter
from cmh_graph.model import Key, Position, Requirement, Role, Skill
from cmh_graph.reading import Catalogue

if TYPE_CHECKING:
    from cmh_graph.framework import Framework

#: How firmly something counts as held: by its holder's word or an essential requirement of the role held; or as a
#: thing that the role only welcomes, so that some have it.
Firmness = Literal["held", "perhaps"]


@dataclass(frozen=True, slots=True)
class Held:
    """level: order of the framework level at which a skill is held, None where no level was stated.
    basis: where it comes from, in words. registered_as: the profession of a registration, None where nothing says."""

    firmness: Firmness
    level: int | None
    basis: str
    registered_as: str | None = None

    def is_other_than(self, need: Requirement) -> bool:
        """Whether this is registration as one profession where another is asked for."""
        return (
            None not in (self.registered_as, need.registered_as) and self.registered_as != need.registered_as
        )


@dataclass(frozen=True, slots=True)
class Holding:
    """things: (kind, key) -> how it is held. groups: any-of groups of the role held, of which one member is met.
    is_role: whether this is what a role implies, rather than a person's own list. absence: why what is not held is not,
    in words; by default that it is not in what the name names."""

    name: str
    things: Mapping[tuple[str, Key], Held]
    groups: frozenset[frozenset[tuple[str, Key]]] = frozenset()
    is_role: bool = False
    absence: str = ""

    def get(self, kind: str, key: Key) -> Held | None:
        """How a thing is held, or None."""
        return self.things.get((kind, key))


def level_orders(catalogue: Catalogue) -> Mapping[Key, int]:
    """Framework level -> its place in the order, from first entry upwards."""
    scheme = catalogue.vocabularies.get(Key("framework-level"))
    return MappingProxyType(
        {concept.key: concept.order or 0 for concept in scheme.concepts} if scheme else {}
    )


def holding_of_role(catalogue: Catalogue, role: Role) -> Holding:
    """What holders of a role are taken to have: what it asks for or teaches; perhaps what it welcomes."""
    return Holdings(catalogue).of_role(role)


class Holdings:
    """What the roles of a catalogue let their holders count. For many roles: what is looked up is looked up once."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._orders = level_orders(catalogue)
        self._gained: dict[Key, list[Key]] = {}
        for experience in catalogue.experiences.values():
            for key in {one.key for one in experience.gained_in if one.kind == "role"}:
                self._gained.setdefault(key, []).append(experience.key)

    def of_role(self, role: Role) -> Holding:
        """What holders of a role are taken to have: what it asks for or teaches; perhaps what it welcomes."""
        orders = self._orders
        things: dict[tuple[str, Key], Held] = {}
        groups = set()
        for need in role.requirements:
            if need.kind == "any-of":
                members = frozenset(
                    (one.asks_for.kind, one.asks_for.key) for one in need.any_of if one.asks_for is not None
                )
                if need.necessity != "desirable":
                    groups.add(members)
                for one in need.any_of:
                    _take(things, one, "perhaps", f"{role.label} asks for it or another of its group", orders)
            elif need.asks_for is not None and need.kind != "none-required":
                firm: Firmness = "perhaps" if need.necessity == "desirable" else "held"
                said = {"desirable": "welcomes it", "gained-in-post": "teaches it in post"}
                words = said.get(need.necessity or "", "asks for it")
                _take(things, need, firm, f"{role.label} {words}", orders)
        for key in self._gained.get(role.key, ()):
            things["experience", key] = Held("held", None, f"{role.label} gives it")
        absence = f"{role.label} does not ask for it"
        return Holding(role.label, MappingProxyType(things), frozenset(groups), is_role=True, absence=absence)


def holding_of_position(position: Position) -> Holding:
    """What people in a place that is no role hold by being there: qualifications and registrations, nothing else."""
    things = {
        (one.kind, one.key): Held("held", None, f"follows from the place: {position.label}")
        for one in position.holds
    }
    absence = f"nothing says that everybody has it here: {position.label}"
    return Holding(position.label, MappingProxyType(things), absence=absence)


def _take(
    things: dict[tuple[str, Key], Held],
    need: Requirement,
    firmness: Firmness,
    basis: str,
    orders: Mapping[Key, int],
) -> None:
    if need.asks_for is None:
        return
    place = (need.asks_for.kind, need.asks_for.key)
    found = Held(firmness, level_order(need, orders), basis, need.registered_as)
    held = things.get(place)
    if held is None or (_rank(found) > _rank(held)):
        things[place] = found


def _rank(held: Held) -> tuple[bool, int]:
    return held.firmness == "held", held.level or 0


def level_order(need: Requirement, orders: Mapping[Key, int]) -> int | None:
    """The order of the level at which a skill is asked for; None where no level is stated."""
    # A skill level is one skill at one framework level: its key has that of the level behind that of the skill. Whoever
    # copies a catalogue puts an ending of their own behind both.
    if not need.skill_level:
        return None
    order = orders.get(Key(need.skill_level.rpartition("--")[2]))
    if order is not None:
        return order
    return next((orders[Key(part)] for part in need.skill_level.split("--")[::-1] if part in orders), None)


def holding_of_person(
    framework: Framework,
    *,
    skills: Iterable[str] = (),
    values: Iterable[str] = (),
    experiences: Iterable[str] = (),
    qualifications: Iterable[str] = (),
    backgrounds: Iterable[str] = (),
    name: str = "your list",
) -> Holding:
    """What a person says that they have. Nothing is stored.

    skills: keys, each with its level after a colon if one is claimed ("active-listening:senior"); without one, the
    skill counts at its lowest level. backgrounds: work or life outside the sector ("retail"), which brings
    skills at a level that is not known, and kinds of experience.
    Raises UnknownThing, or BadParameter for a level the skill does not have."""
    orders = level_orders(framework)
    things: dict[tuple[str, Key], Held] = {}
    for key in sorted(set(backgrounds)):
        background = framework.find("background", key)
        for skill in getattr(background, "builds_skills", ()):
            things.setdefault(
                (skill.kind, skill.key), Held("held", None, f"brought from {background.label.lower()}")
            )
        for experience in framework.experiences.values():
            if any(one.kind == "background" and one.key == background.key for one in experience.gained_in):
                basis = f"brought from {background.label.lower()}"
                things["experience", experience.key] = Held("held", None, basis)
    for text in sorted(set(skills)):
        key, _, level = text.partition(":")
        if not key:
            raise BadParameter(
                f"'{text}' names no skill", where="skills", mend="give its key, such as active-listening"
            )
        thing = framework.skill(key)
        height = _level_of(thing, level, orders)
        held = things.get(("skill", thing.key))
        # Named twice, or brought from elsewhere too: the higher level counts, whatever the order.
        things["skill", thing.key] = Held("held", max(height, (held and held.level) or 0), "your list")
    named = (("value", values), ("experience", experiences), ("qualification", qualifications))
    for kind, keys in named:
        for key in sorted(set(keys)):
            things[kind, framework.find(kind, key).key] = Held("held", None, "your list")
    return Holding(name, MappingProxyType(things))


def _level_of(skill: Skill, level: str, orders: Mapping[Key, int]) -> int:
    known = [one.level for one in skill.levels]
    if not level:
        return min((orders[Key(one)] for one in known), default=0)
    if level not in known:
        raise BadParameter(
            f"the skill {skill.key} has no level '{level}'",
            where="skills",
            mend=f"use one of {', '.join(known)}, or leave the level out",
        )
    return orders[Key(level)]
