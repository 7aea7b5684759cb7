"""The least that a way to a goal still costs from a place, worked out only as far as a search asks.

Dijkstra from the goals against the steps, stopped and taken up again. A request between places near each other so looks
at their neighbourhood and not at a whole country's network."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from typing import Final

from cmh_graph.pathways.costs import Model
from cmh_graph.pathways.network import Edge, Network

#: Places looked at one by one; beyond, all the rest at once by rustworkx costs less.
_ONE_BY_ONE: Final = 4_000
_NEVER: Final = float("inf")


class Ahead:
    """Least ranks from places to any goal: what network.to_goal gives, made when asked for.

    allowed: which steps may be used."""

    def __init__(
        self,
        network: Network,
        goals: Iterable[int],
        model: Model,
        allowed: Callable[[Edge], bool] | None = None,
    ) -> None:
        self._network, self._model, self._allowed = network, model, allowed
        self._goals = sorted(set(goals))
        #: The places whose least rank is known.
        self.settled: dict[int, float] = {}
        self._frontier: list[tuple[float, int]] = [(0.0, goal) for goal in self._goals]

    def at(self, place: int) -> tuple[float, bool]:
        """The least rank from a place, and whether it is that or only known to be no less. Infinite: no way."""
        known = self.settled.get(place)
        if known is not None:
            return known, True
        return (self._frontier[0][0], False) if self._frontier else (_NEVER, True)

    def look(self, place: int, until: float = _NEVER) -> tuple[float, bool]:
        """The same, looking on until the place is known or no closer than `until`."""
        settled, frontier = self.settled, self._frontier
        into, allowed = self._network.into[self._model], self._allowed
        if len(settled) >= _ONE_BY_ONE:
            self._take_all()
        while frontier and place not in settled and frontier[0][0] <= until:
            rank, here = heappop(frontier)
            if here in settled:
                continue
            settled[here] = rank
            for more, start, edge in into[here]:
                if start not in settled and (allowed is None or allowed(edge)):
                    heappush(frontier, (rank + more, start))
            if len(settled) >= _ONE_BY_ONE:
                self._take_all()
        return self.at(place)

    def _take_all(self) -> None:
        ranks = self._network.to_goal(self._goals, self._model, ranked=True, allowed=self._allowed)
        self.settled.update((place, rank) for place, rank in enumerate(ranks) if rank != _NEVER)
        self._frontier.clear()
