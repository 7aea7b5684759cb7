"""The size of the gap between every two roles at once: the same numbers as `gap`, requirement by requirement.

Most requirements are alike in many roles, and most roles hold nothing that bears on most of them. So each different
requirement is judged once for whoever holds nothing, and again only for holders of something that bears on it. Method:
docs/decisions/0047-a-title-is-scored-once-however-it-is-written.md."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from cmh_graph.model import Key, Ref, Requirement, Role
from cmh_graph.pathways.gap import Judge
from cmh_graph.pathways.holding import Firmness, Holding, Holdings, level_order, level_orders
from cmh_graph.reading import Catalogue

Sizes = NDArray[np.float64]
_Thing = tuple[str, Key]
#: What tells two requirements apart when they are judged; members of a group count as a set.
_Signature = tuple[object, ...]


class GapSizes:
    """Sizes of gaps between the roles of a catalogue that are no groupings, in order of their keys.

    roles[n] is the role with the number n."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.roles: Sequence[Role] = tuple(
            sorted(
                (one for one in catalogue.roles.values() if one.form != "grouping"), key=lambda one: one.key
            )
        )
        self._catalogue = catalogue
        self._orders = level_orders(catalogue)
        self._holdings = Holdings(catalogue)
        self._needs: list[Requirement] = []
        asked: dict[_Signature, int] = {}
        asking: list[Counter[int]] = []
        for number, role in enumerate(self.roles):
            for requirement in role.requirements:
                if requirement.kind == "none-required" or requirement.necessity in {
                    "gained-in-post",
                    "desirable",
                }:
                    continue
                place = asked.setdefault(self._signature(requirement), len(asked))
                if place == len(self._needs):
                    self._needs.append(requirement)
                    asking.append(Counter())
                asking[place][number] += 1
        #: For each different requirement: the numbers of the roles that ask for it, and how often.
        self._by = [list(one) for one in asking]
        self._times = [list(one.values()) for one in asking]
        nobody = Judge(catalogue, Holding("", {}, is_role=True), self._orders)
        self._alone = [nobody.weight(one) for one in self._needs]
        self._start: Sizes = np.zeros(len(self.roles))
        for roles, times, weight in zip(self._by, self._times, self._alone, strict=True):
            self._start[roles] += weight * np.array(times, np.float64)
        self._index()
        self._known: dict[tuple[int, Firmness, int | None, str | None], float] = {}

    def _signature(self, one: Requirement) -> _Signature:
        asks = (one.asks_for.kind, one.asks_for.key) if one.asks_for else None
        level = level_order(one, self._orders) if one.skill_level else None
        members = frozenset(map(self._signature, one.any_of)) if one.any_of else ()
        return one.kind, asks, level, one.registered_as, members

    def _index(self) -> None:
        """A thing -> the requirements that holding it bears on: those whose state hangs on it alone, and others."""
        alone: defaultdict[_Thing, list[int]] = defaultdict(list)
        others: defaultdict[_Thing, list[int]] = defaultdict(list)
        self._groups = [place for place, one in enumerate(self._needs) if one.kind == "any-of"]
        self._bears: list[tuple[_Thing, ...]] = []
        self._asked: list[frozenset[_Thing]] = []
        self._seen: dict[tuple[int, bool, tuple[object, ...]], float] = {}
        for place, need in enumerate(self._needs):
            things = {thing for one in (need, *need.any_of) for thing in self._bearing(one.asks_for)}
            self._bears.append(tuple(sorted(things)))
            self._asked.append(
                frozenset((one.asks_for.kind, one.asks_for.key) for one in need.any_of if one.asks_for)
            )
            by_itself = need.kind != "any-of" and len(things) == 1
            for thing in things:
                (alone if by_itself else others)[thing].append(place)
        self._simple, self._other = dict(alone), dict(others)

    def _bearing(self, asked: Ref | None) -> Iterator[_Thing]:
        if asked is not None:
            yield asked.kind, asked.key
            found = self._catalogue.qualifications.get(asked.key) if asked.kind == "qualification" else None
            for one in found.met_by if found else ():
                yield one.kind, one.key

    def holding(self, role: Role) -> Holding:
        """What holders of a role may count as held."""
        return self._holdings.of_role(role)

    def from_holding(self, holding: Holding) -> Sizes:
        """The size of the gap from a role's holding to each role. Holders of a role only: a person's list leaves
        other things unknown."""
        judge = Judge(self._catalogue, holding, self._orders)
        changed: dict[int, float] = {}
        look: set[int] = set()
        for thing, held in holding.things.items():
            for place in self._simple.get(thing, ()):
                how = (place, held.firmness, held.level, held.registered_as)
                weight = self._known.get(how)
                if weight is None:
                    weight = self._known[how] = judge.weight(self._needs[place])
                changed[place] = weight
            look.update(self._other.get(thing, ()))
        if frozenset() in holding.groups:
            look.update(self._groups)  # a group without members is part of every group
        for place in look:
            # All that the judge looks at: how each thing is held, and whether a narrower group is met.
            state = tuple(
                (held.firmness, held.level, held.registered_as) if held else None
                for held in map(holding.things.get, self._bears[place])
            )
            met = any(group <= self._asked[place] for group in holding.groups)
            weight = self._seen.get((place, met, state))
            if weight is None:
                weight = self._seen[place, met, state] = judge.weight(self._needs[place])
            changed[place] = weight
        sizes = self._start.copy()
        # Gathered first and added at once: most requirements are those of a few roles.
        where: list[int] = []
        more: list[float] = []
        for place, weight in changed.items():
            if weight != self._alone[place]:
                roles = self._by[place]
                where += roles
                more += [(weight - self._alone[place]) * times for times in self._times[place]]
        np.add.at(sizes, np.array(where, np.intp), np.array(more, np.float64))
        return sizes

    def from_role(self, role: Role) -> Sizes:
        """The size of the gap from a role to each role; to itself, what it asks for and does not imply."""
        return self.from_holding(self.holding(role))

    def every(self) -> Iterator[tuple[Role, Sizes]]:
        """Each role with the sizes of the gaps from it, in order."""
        for role in self.roles:
            yield role, self.from_role(role)
