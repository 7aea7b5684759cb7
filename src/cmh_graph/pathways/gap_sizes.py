"""The size of the gap between every two roles at once: the same numbers as `gap`, requirement by requirement.

Who has what is one table, and who asks for what another; sizes are what comes of joining them. What a way of having a
thing does to a way of asking for it is said by the judge of `gap`, once for each two ways. Method:
docs/decisions/0050-gaps-are-joined-and-lines-are-cut.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cmh_graph.model import Requirement, Role
from cmh_graph.pathways.gap import Judge
from cmh_graph.pathways.holding import Groups, Held, Holding, Holdings, How, Thing, level_orders, members_of
from cmh_graph.reading import Catalogue

Sizes = NDArray[np.float64]
_Numbers = NDArray[np.intp]
#: What tells two requirements apart when they are judged; members of a group count as a set.
_Signature = tuple[object, ...]
#: How many sizes are worked out at once.
_AT_ONCE: Final = 500_000
#: In the place of a way of having a thing.
_NO: Final = -1
#: What a role asks for in these ways adds nothing to a gap.
_NOT_ESSENTIAL: Final = ("gained-in-post", "desirable")


class GapSizes:
    """Sizes of gaps between the roles of a catalogue that are no groupings, in order of their keys.

    roles[n] is the role with the number n. The gap of a role to itself is what it asks for and does not imply."""

    def __init__(self, catalogue: Catalogue) -> None:
        jobs = (one for one in catalogue.roles.values() if one.form != "grouping")
        self.roles: Sequence[Role] = tuple(sorted(jobs, key=lambda one: one.key))
        self._number = {role.key: number for number, role in enumerate(self.roles)}
        holdings = Holdings(catalogue)
        has, asks = _Has(), _Asks(catalogue, holdings)
        for number, role in enumerate(self.roles):
            has.note(number, *holdings.held(role))
            asks.note(number, role)
        #: What each different requirement adds to the gap from whoever has nothing.
        nothing = np.array([asks.weight(one, {}) for one in asks.kinds], np.float64)
        alone: Sizes = nothing[np.array(asks.kind, np.intp)]
        roles, places = np.array(asks.roles, np.intp), np.array(asks.place, np.intp)
        self._start: Sizes = np.zeros(len(self.roles))
        np.add.at(self._start, roles, alone[places])
        order, starts = _in_runs(places, len(asks.needs))
        self._by = _Runs(starts, roles[order])
        changes = _changes(has, asks, alone)
        order, self._starts = _in_runs(changes.holders, len(self.roles))
        self._holders, self._places = changes.holders[order], changes.places[order]
        self._more = changes.more[order]

    def from_role(self, role: Role) -> Sizes:
        """The size of the gap from one of the roles to each of them."""
        number = self._number[role.key]
        found: Sizes = self._from(number, number + 1)[0]
        return found

    def every(self) -> Iterator[tuple[Role, Sizes]]:
        """Each role with the sizes of the gaps from it, in order."""
        some = max(1, _AT_ONCE // max(1, len(self.roles)))
        for first in range(0, len(self.roles), some):
            last = min(first + some, len(self.roles))
            yield from zip(self.roles[first:last], self._from(first, last), strict=True)

    def _from(self, first: int, last: int) -> Sizes:
        """The sizes from some roles that follow each other, a row for each."""
        here = slice(self._starts[first], self._starts[last])
        which, roles = self._by.of(self._places[here])
        cells = (self._holders[here] - first)[which] * len(self.roles) + roles
        more = np.bincount(cells, weights=self._more[here][which], minlength=(last - first) * len(self.roles))
        sizes: Sizes = more.reshape(last - first, len(self.roles)) + self._start
        return sizes


class _Has:
    """Which roles let their holders count which things, and how."""

    def __init__(self) -> None:
        self.things: dict[Thing, int] = {}
        self.hows: dict[How, int] = {}
        #: role -> any-of groups of which its holders meet a member
        self.groups: dict[int, Groups] = {}
        self.roles: list[int] = []
        self.thing: list[int] = []
        self.how: list[int] = []

    def note(self, number: int, held: Mapping[Thing, How], groups: Groups) -> None:
        """What the holders of a role have."""
        things, hows = self.things, self.hows
        self.roles += [number] * len(held)
        self.thing += [things.setdefault(one, len(things)) for one in held]
        self.how += [hows.setdefault(one, len(hows)) for one in held.values()]
        if groups:
            self.groups[number] = groups


class _Asks:
    """Which roles ask for what as an essential, each different requirement once."""

    def __init__(self, catalogue: Catalogue, holdings: Holdings) -> None:
        self._catalogue, self._holdings = catalogue, holdings
        self._orders = level_orders(catalogue)
        self._known: dict[_Signature, int] = {}
        #: The different requirements, and for each role and each of its essentials the number of one.
        self.needs: list[Requirement] = []
        self.roles: list[int] = []
        self.place: list[int] = []
        #: For each different requirement the number of those that are judged as it is; of each such kind the first.
        self.kind: list[int] = []
        self.kinds: list[Requirement] = []
        self._kinds: dict[_Signature, int] = {}

    def note(self, number: int, role: Role) -> None:
        """What a role asks for."""
        for one in role.requirements:
            if one.kind == "none-required" or one.necessity in _NOT_ESSENTIAL:
                continue
            signature = self._signature(one)
            place = self._known.get(signature)
            if place is None:
                place = self._known[signature] = len(self.needs)
                self._meet(one, signature)
            self.roles.append(number)
            self.place.append(place)

    def _signature(self, one: Requirement) -> _Signature:
        asked = one.asks_for
        members = frozenset(map(self._signature, one.any_of)) if one.any_of else ()
        thing = (asked.kind, asked.key) if asked else None
        return one.kind, thing, self._holdings.level(one), one.registered_as, members

    def _meet(self, one: Requirement, signature: _Signature) -> None:
        # Of a skill the judge looks at the level alone.
        is_skill = one.kind != "any-of" and one.asks_for is not None and one.asks_for.kind == "skill"
        alike = ("skill", signature[2]) if is_skill else signature
        kind = self._kinds.setdefault(alike, len(self.kinds))
        if kind == len(self.kinds):
            self.kinds.append(one)
        self.needs.append(one)
        self.kind.append(kind)

    def weight(self, one: Requirement, held: Mapping[Thing, How], groups: Groups = frozenset()) -> float:
        """What a requirement adds to the gap from who holds some things."""
        things = {
            thing: Held("held" if firm else "perhaps", level, "", registered_as)
            for thing, (firm, level, registered_as, _) in held.items()
        }
        return Judge(self._catalogue, Holding("", things, groups, is_role=True), self._orders).weight(one)

    def bearing(self, one: Requirement) -> tuple[Thing, ...]:
        """The things that it matters to have."""
        found: dict[Thing, None] = {}
        for part in (one, *one.any_of):
            asked = part.asks_for
            if asked is not None:
                found[asked.kind, asked.key] = None
                named = (
                    self._catalogue.qualifications.get(asked.key) if asked.kind == "qualification" else None
                )
                for other in named.met_by if named else ():
                    found[other.kind, other.key] = None
        return tuple(found)


@dataclass(frozen=True, slots=True)
class _Runs:
    """Numbers in runs: run n is values[starts[n] : starts[n + 1]]."""

    starts: _Numbers
    values: _Numbers

    def of(self, chosen: _Numbers) -> tuple[_Numbers, _Numbers]:
        """The values of some runs one after the other; for each, which of the chosen it belongs to."""
        lengths = self.starts[chosen + 1] - self.starts[chosen]
        which = np.repeat(np.arange(len(chosen)), lengths)
        before = np.cumsum(lengths) - lengths
        return which, self.values[np.arange(len(which)) + (self.starts[chosen] - before)[which]]


@dataclass(frozen=True, slots=True)
class _Changes:
    """How much more (or less) than for whoever has nothing a requirement adds to the gap from a role's holders."""

    holders: _Numbers
    places: _Numbers
    more: Sizes


def _changes(has: _Has, asks: _Asks, alone: Sizes) -> _Changes:
    """What having something changes, for all roles at once. alone: what each requirement adds for who has nothing."""
    simple: list[tuple[int, int]] = []
    several: list[tuple[int, tuple[Thing, ...]]] = []
    for place, one in enumerate(asks.needs):
        if one.kind != "any-of" and not alone[place] and one.registered_as is None:
            continue  # A value or a check: nothing that is held makes it count as missing.
        things = asks.bearing(one)
        if one.kind == "any-of" or len(things) > 1:
            several.append((place, things))
        elif things and things[0] in has.things:
            simple.append((place, has.things[things[0]]))
    by_thing, starts = _in_runs(np.array(has.thing, np.intp), len(has.things))
    held = _Runs(starts, by_thing)
    # Those that hang on one thing: a row for each requirement and each role that has its thing.
    places, things_asked = np.array(simple, np.intp).reshape(-1, 2).T
    which, rows = held.of(things_asked)
    kinds, ways = np.array(asks.kind, np.intp)[places[which]], list(has.hows)
    pairs = kinds * len(ways) + np.array(has.how, np.intp)[rows]
    weights = np.zeros(len(asks.kinds) * len(ways))
    for pair in np.flatnonzero(np.bincount(pairs, minlength=len(weights))).tolist():
        one, way = asks.kinds[pair // len(ways)], ways[pair % len(ways)]
        weights[pair] = asks.weight(one, dict.fromkeys(asks.bearing(one), way))
    others = _of_several(has, asks, several, held, ways)
    holders = np.append(np.array(has.roles, np.intp)[rows], [one.holder for one in others])
    every = np.append(places[which], [one.place for one in others]).astype(np.intp)
    more = np.append(weights[pairs], [one.weight for one in others]) - alone[every]
    kept = np.flatnonzero(more)
    return _Changes(holders.astype(np.intp)[kept], every[kept], more[kept])


class _Weight(NamedTuple):
    """What a requirement adds to the gap from the holders of a role."""

    holder: int
    place: int
    weight: float


def _of_several(
    has: _Has, asks: _Asks, places: Sequence[tuple[int, tuple[Thing, ...]]], held: _Runs, ways: Sequence[How]
) -> list[_Weight]:
    """The same for requirements that hang on several things, from all who have one of these."""
    holders: dict[Thing, dict[int, int]] = {}
    groupless = [number for number, groups in has.groups.items() if frozenset() in groups]
    found = []
    for place, things in places:
        need = asks.needs[place]
        group = members_of(need) if need.kind == "any-of" else None
        # A group without members is part of every group.
        states = {number: [_NO] * len(things) for number in (groupless if group is not None else ())}
        for at, thing in enumerate(things):
            if thing not in holders:
                holders[thing] = _holders(has, held, thing)
            for number, how in holders[thing].items():
                if number not in states:
                    states[number] = [_NO] * len(things)
                states[number][at] = how
        seen: dict[tuple[bool, tuple[int, ...]], float] = {}
        for number, state in states.items():
            groups = has.groups.get(number, frozenset())
            # All that the judge looks at: how each thing is held, and whether a narrower group is met.
            known = (group is not None and any(one <= group for one in groups), tuple(state))
            if known not in seen:
                had = {thing: ways[how] for thing, how in zip(things, state, strict=True) if how != _NO}
                seen[known] = asks.weight(need, had, groups)
            found.append(_Weight(number, place, seen[known]))
    return found


def _holders(has: _Has, held: _Runs, thing: Thing) -> dict[int, int]:
    """The roles whose holders have a thing, and how."""
    number = has.things.get(thing)
    if number is None:
        return {}
    rows = held.values[held.starts[number] : held.starts[number + 1]].tolist()
    return {has.roles[row]: has.how[row] for row in rows}


def _in_runs(keys: _Numbers, count: int) -> tuple[_Numbers, _Numbers]:
    """The order that brings equal keys together, and where the run of each key from 0 begins, and the last ends."""
    starts = np.zeros(count + 1, np.intp)
    np.cumsum(np.bincount(keys, minlength=count), out=starts[1:])
    return np.argsort(keys, kind="stable"), starts
