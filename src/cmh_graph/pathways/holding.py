"""What may be counted as held: from a person's own list, or from the role or other place where the person is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from cmh_graph.errors import BadParameter
from cmh_graph.model import Key, Position, Requirement, Role, Skill
from cmh_graph.reading import Catalogue

if TYPE_CHECKING:
    from cmh_graph.framework import Framework

#: How firmly something counts as held: by its holder's word or an essential requirement of the role held; or as a
#: thing that the role only welcomes, so that some have it.
Firmness = Literal["held", "perhaps"]
#: The kind and key of what is asked for or held.
Thing: TypeAlias = tuple[str, Key]
#: How a role lets its holders count a thing: whether firmly, the order of the level, the profession of a registration,
#: and what the role does about it, in words.
How: TypeAlias = tuple[bool, int | None, str | None, str]
#: Any-of groups, of each of which one member is met.
Groups: TypeAlias = frozenset[frozenset[Thing]]

_ASKED: Final = (True, "asks for it")
#: Necessity -> whether its holders have it firmly, and the words for it.
_SAID: Final = {"desirable": (False, "welcomes it"), "gained-in-post": (True, "teaches it in post")}


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
    things: Mapping[Thing, Held]
    groups: Groups = frozenset()
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
        self._levels: dict[str, int | None] = {}
        self._gained: dict[Key, list[Key]] = {}
        for experience in catalogue.experiences.values():
            for key in {one.key for one in experience.gained_in if one.kind == "role"}:
                self._gained.setdefault(key, []).append(experience.key)

    def of_role(self, role: Role) -> Holding:
        """What holders of a role are taken to have: what it asks for or teaches; perhaps what it welcomes."""
        held, groups = self.held(role)
        things = {
            thing: Held("held" if firm else "perhaps", level, f"{role.label} {said}", registered_as)
            for thing, (firm, level, registered_as, said) in held.items()
        }
        absence = f"{role.label} does not ask for it"
        return Holding(role.label, MappingProxyType(things), groups, is_role=True, absence=absence)

    def held(self, role: Role) -> tuple[Mapping[Thing, How], Groups]:
        """The same in short: each thing and how it is held, and the any-of groups."""
        found: dict[Thing, How] = {}
        groups: set[frozenset[Thing]] = set()
        for need in role.requirements:
            if need.kind == "any-of":
                if need.necessity != "desirable":
                    groups.add(members_of(need))
                for one in need.any_of:
                    self._take(found, one, False, "asks for it or another of its group")
            elif need.kind != "none-required":
                self._take(found, need, *_SAID.get(need.necessity or "", _ASKED))
        for key in self._gained.get(role.key, ()):
            found["experience", key] = (True, None, None, "gives it")
        return found, frozenset(groups)

    def level(self, need: Requirement) -> int | None:
        """The order of the level at which a skill is asked for; None where no level is stated."""
        if not need.skill_level:
            return None
        if need.skill_level not in self._levels:
            self._levels[need.skill_level] = level_order(need, self._orders)
        return self._levels[need.skill_level]

    def _take(self, found: dict[Thing, How], need: Requirement, firm: bool, said: str) -> None:
        """Note a thing, unless it is held as firmly and as high already."""
        asked = need.asks_for
        if asked is None:
            return
        level = self.level(need)
        thing = (asked.kind, asked.key)
        held = found.get(thing)
        if held is None or (firm, level or 0) > (held[0], held[1] or 0):
            found[thing] = (firm, level, need.registered_as, said)


def members_of(need: Requirement) -> frozenset[Thing]:
    """What the members of an any-of group ask for."""
    return frozenset((one.asks_for.kind, one.asks_for.key) for one in need.any_of if one.asks_for is not None)


def holding_of_position(position: Position) -> Holding:
    """What people in a place that is no role hold by being there: qualifications and registrations, nothing else."""
    things = {
        (one.kind, one.key): Held("held", None, f"follows from the place: {position.label}")
        for one in position.holds
    }
    absence = f"nothing says that everybody has it here: {position.label}"
    return Holding(position.label, MappingProxyType(things), absence=absence)


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
