"""The least that a way to a goal still costs from a place, worked out only as far as a search asks.

First the places between: those that the start leads to and that may lead to a goal, so far as `reachable` tells. They
are few, also in a country's network, and Dijkstra from the goals against the steps looks at them alone. Where they are
many, it looks at whatever leads to the goals, is stopped as soon as enough is known, and taken up again."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Final

from cmh_graph.pathways.costs import Model
from cmh_graph.pathways.network import Edge, Network

#: Places between a start and its goals; of more, only what is asked for is looked at.
_BETWEEN: Final = 250
#: Places looked at one by one; beyond, all the rest at once by rustworkx costs less.
_ONE_BY_ONE: Final = 4_000
#: More than any rank: there is no way.
NEVER: Final = 1 << 200


class Ahead:
    """Least ranks from places to any goal: what network.to_goal gives, made when asked for, as network.whole numbers.

    start: where the ways begin; only places that it leads to are asked for. allowed: which steps may be used."""

    def __init__(
        self,
        network: Network,
        start: int,
        goals: frozenset[int],
        model: Model,
        allowed: Callable[[Edge], bool] | None = None,
    ) -> None:
        self._network, self._model, self._allowed = network, model, allowed
        self._goals = goals
        self._mask = (1 << network.bits) - 1
        #: The places whose least rank is known.
        self.settled: dict[int, int] = {}
        # What waits is a rank with the place below it, as one number.
        self._frontier: list[int] = []
        between = self._between(start) if goals else {}
        if between is None:
            self._frontier = sorted(goals)
        else:
            self._settle(between)
        #: Whether every place that is asked for and leads to a goal is settled.
        self.is_whole = between is not None

    def _between(self, start: int) -> dict[int, list[int]] | None:
        """Each place between, with the steps to it from others; None where they are more than _BETWEEN."""
        goals, allowed, edges = self._goals, self._allowed, self._network.edges
        leaving = self._network.out_of[self._model]
        first, last, first_again, last_again = self._network.spans
        # What leads to one of several goals has them within both its spans.
        least, most = min([last[goal] for goal in goals]), max([first[goal] for goal in goals])
        least_again = min([last_again[goal] for goal in goals])
        most_again = max([first_again[goal] for goal in goals])
        between: dict[int, list[int]] = {start: []}
        waiting = [start]
        for here in waiting:
            for more, end, number in leaving[here]:
                if allowed is not None and not allowed(edges[number]):
                    continue
                if end in between:
                    between[end].append(more | here)
                elif (
                    last[end] >= least
                    and first[end] <= most
                    and last_again[end] >= least_again
                    and first_again[end] <= most_again
                ):
                    between[end] = [more | here]
                    # A way ends at the first goal that it comes to.
                    if end not in goals:
                        waiting.append(end)
            if len(between) > _BETWEEN:
                return None
        return between

    def _settle(self, between: dict[int, list[int]]) -> None:
        """All places between that do lead to a goal; no other is on a way."""
        settled, mask = self.settled, self._mask
        frontier = [goal for goal in self._goals if goal in between]
        heapify(frontier)
        while frontier:
            rank = heappop(frontier)
            here = rank & mask
            if here not in settled:
                rank -= here
                settled[here] = rank
                for step in between[here]:
                    heappush(frontier, rank + step)

    def at(self, place: int) -> tuple[int, bool]:
        """The least rank from a place, and whether it is that or only known to be no less. NEVER: no way."""
        known = self.settled.get(place)
        if known is not None:
            return known, True
        return (self._frontier[0] & ~self._mask, False) if self._frontier else (NEVER, True)

    def look(self, place: int, until: int = NEVER) -> tuple[int, bool]:
        """The same, looking on until the place is known or no closer than `until`."""
        settled, frontier, mask = self.settled, self._frontier, self._mask
        into, entering, allowed = self._network.into[self._model], self._network.entering, self._allowed
        until |= mask
        if frontier and len(settled) >= _ONE_BY_ONE:
            self._take_all()
        while frontier and place not in settled and frontier[0] <= until:
            rank = heappop(frontier)
            here = rank & mask
            if here in settled:
                continue
            rank -= here
            settled[here] = rank
            for step, edge in zip(into[here], entering[here], strict=True):
                if step & mask not in settled and (allowed is None or allowed(edge)):
                    heappush(frontier, rank + step)
            if len(settled) >= _ONE_BY_ONE:
                self._take_all()
        return self.at(place)

    def _take_all(self) -> None:
        ranks = self._network.to_goal(self._goals, self._model, ranked=True, allowed=self._allowed)
        whole = self._network.whole
        self.settled.update((place, whole(rank)) for place, rank in enumerate(ranks) if rank != float("inf"))
        self._frontier.clear()
