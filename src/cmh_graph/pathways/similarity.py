"""How alike two roles are in what they ask of people, weighted by how telling each skill is."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from cmh_graph.model import Key, Ref, Role
from cmh_graph.pathways.holding import level_order, level_orders
from cmh_graph.reading import Catalogue

#: Roles at least this alike, of one level and legal position, could share a description.
ALIKE = 0.5


@dataclass(frozen=True, slots=True)
class SharedSkill:
    """weight: how telling the skill is, from 0 (every role asks for it) upwards. same_level: whether both ask for it
    at one level; otherwise it counts half."""

    skill: Ref
    weight: float
    same_level: bool


@dataclass(frozen=True, slots=True)
class Similarity:
    """score: shared weight over all weight, 0 to 1; 1 only for the same skills at the same levels."""

    one: Ref
    other: Ref
    score: float
    shared: tuple[SharedSkill, ...]
    only_one: tuple[Ref, ...]
    only_other: tuple[Ref, ...]


class Similarities:
    """Compares the roles of a catalogue. Weight of a skill: ln(1 + roles / roles that ask for it)."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        orders = level_orders(catalogue)
        self._skills: dict[Key, dict[Key, tuple[Ref, int]]] = {}
        for role in catalogue.roles.values():
            asked: dict[Key, tuple[Ref, int]] = {}
            for need in role.requirements:
                if need.kind == "skill" and need.asks_for is not None:
                    asked[need.asks_for.key] = (need.asks_for, level_order(need, orders) or 0)
            self._skills[role.key] = asked
        counts = Counter(key for asked in self._skills.values() for key in asked)
        roles = len(self._skills)
        self.weight: Mapping[Key, float] = {key: math.log(1 + roles / n) for key, n in counts.items()}

    def between(self, one: Role, other: Role) -> Similarity:
        """How alike two roles are; the same whichever comes first."""
        first, last = self._skills[one.key], self._skills[other.key]
        shared = [
            SharedSkill(first[key][0], round(self.weight[key], 4), first[key][1] == last[key][1])
            for key in sorted(first.keys() & last.keys(), key=lambda key: (-self.weight[key], key))
        ]
        every = sum(self.weight[key] for key in sorted(first.keys() | last.keys()))
        common = sum(
            self.weight[key] * (1.0 if first[key][1] == last[key][1] else 0.5)
            for key in sorted(first.keys() & last.keys())
        )
        return Similarity(
            Ref("role", one.key, one.label),
            Ref("role", other.key, other.label),
            round(common / every, 4) if every else 0.0,
            tuple(shared),
            _by_label(first[key][0] for key in first.keys() - last.keys()),
            _by_label(last[key][0] for key in last.keys() - first.keys()),
        )

    def nearest(self, role: Role, *, most: int = 10) -> list[Similarity]:
        """The roles most like a role, most alike first, ties by key. Groupings are left out."""
        others = (
            one for one in self._catalogue.roles.values() if one.key != role.key and one.form != "grouping"
        )
        found = [self.between(role, other) for other in others]
        return sorted(found, key=lambda one: (-one.score, one.other.key))[:most]

    @cached_property
    def one_description_could_serve(self) -> list[Similarity]:
        """Pairs of jobs of one framework level and legal position, both paid or unpaid, so alike that one description
        could serve both: candidates for a person to judge."""
        jobs = [one for one in self._catalogue.roles.values() if one.form == "job"]
        found = []
        for place, one in enumerate(jobs):
            for other in jobs[place + 1 :]:
                if (one.level, one.is_regulated, one.is_paid) == (
                    other.level,
                    other.is_regulated,
                    other.is_paid,
                ):
                    pair = self.between(one, other)
                    if pair.score >= ALIKE:
                        found.append(pair)
        return sorted(found, key=lambda one: (-one.score, one.one.key, one.other.key))


def _by_label(refs: Iterable[Ref]) -> tuple[Ref, ...]:
    return tuple(sorted(refs, key=lambda ref: (ref.label.casefold(), ref.key)))
