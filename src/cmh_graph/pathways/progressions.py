"""The best ways from a place to another, or to any that meets a condition.

Ways pass no place twice. They come in order of cost, of the same cost by the smaller gap (or the fewer steps, where
the gap is the cost), then by their step keys, so that the same question always has the same answer. Method:
docs/decisions/0014-gaps-and-progressions.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import heappop, heappush
from typing import TypeAlias

from cmh_graph.errors import CmhGraphError
from cmh_graph.model import Ref
from cmh_graph.pathways.ahead import NEVER, Ahead
from cmh_graph.pathways.costs import MODELS, Model
from cmh_graph.pathways.network import Edge, Network

#: The least rank of a way that begins so, the numbers of its steps (in order of their keys), its rank so far, where it
#: has come to, and whether that least rank is exact. Ranks are whole numbers (Network.whole).
_Waiting: TypeAlias = tuple[int, tuple[int, ...], int, int, bool]
#: Partial ways that one question may take up: beyond, it is given up with words.
MOST_LOOKED_AT = 200_000


class SearchTooLong(CmhGraphError):
    """A question about ways looked at more of them than one question may."""

    slug = "search-too-long"
    status = 422


@dataclass(frozen=True)
class Progression:
    """A way: its steps in order, what each model counts for it, and how long it takes.

    months: least and most, as far as stated, with assumed: months of the least that are our assumption. inferred: the
    steps that are wholly our judgement."""

    edges: tuple[Edge, ...]

    @cached_property
    def places(self) -> tuple[Ref, ...]:
        """Where the way leads, the start included."""
        first = self.edges[0].step.from_position
        return (first, *(edge.step.to_position for edge in self.edges))

    def cost(self, model: Model) -> float:
        return sum([edge.cost.under(model) for edge in self.edges])

    @property
    def costs(self) -> dict[Model, float]:
        return {model: self.cost(model) for model in MODELS}

    @property
    def minimum_months(self) -> int:
        return sum(edge.cost.months.minimum for edge in self.edges)

    @property
    def assumed_months(self) -> int:
        """How many of the least months nobody states."""
        return sum(edge.cost.months.minimum for edge in self.edges if edge.cost.months.is_assumed)

    @property
    def inferred_steps(self) -> int:
        return sum(bool(edge.step.says and edge.step.says.is_inferred) for edge in self.edges)

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(edge.step.key for edge in self.edges)


def best_ways(
    network: Network,
    start: int,
    goals: Iterable[int],
    *,
    k: int = 3,
    by: Model = "fewest-steps",
    allowed: Callable[[Edge], bool] | None = None,
    within_months: int | None = None,
) -> list[Progression]:
    """The k cheapest ways from a place to any of the goals; fewer where there are fewer.

    allowed: which steps may be used. within_months: the most that the least months of a way may come to.
    Raises SearchTooLong."""
    wanted = frozenset(goals) - {start}
    ahead = Ahead(network, start, wanted, by, allowed)
    least, _ = ahead.look(start)
    if least == NEVER:
        return []
    months_ahead = _months_ahead(network, wanted, allowed, within_months)
    leaving, edges = network.out_of[by], network.edges
    known, is_whole = ahead.settled.get, ahead.is_whole
    found: list[Progression] = []
    # Rank so far plus the exact least rank to go: the first k ways that arrive are the best k. Of equal ranks the step
    # keys decide. Where the rank to go is not known yet, the way waits with one that is no greater (exact is False),
    # and is looked at again.
    waiting: list[_Waiting] = [(least, (), 0, start, True)]
    looked = 0
    while waiting and len(found) < k:
        total, way, spent, place, exact = heappop(waiting)
        if not exact:
            rest, exact = ahead.look(place, waiting[0][0] - spent if waiting else NEVER)
            if rest != NEVER:
                heappush(waiting, (spent + rest, way, spent, place, exact))
            continue
        passed = {start, *[edges[number].end for number in way]}
        months = _months([edges[number] for number in way]) if months_ahead else 0
        # What goes on at no more than was reckoned, by the first of its step keys, would be the next to be taken up: so
        # it is followed to the goal without waiting, and only the ways that branch off wait.
        while place not in wanted:
            looked += 1
            if looked > MOST_LOOKED_AT:
                raise SearchTooLong(
                    "the ways between these places are too many to rank",
                    where="progressions",
                    mend="ask for fewer ways, or add a condition that rules steps out",
                )
            onward: tuple[int, int, int] | None = None
            for more, end, number in leaving[place]:
                settled = known(end)
                if end in passed or (settled is None and is_whole):
                    continue
                cost = spent + more
                if settled is not None:
                    rest, exact = settled, True
                else:
                    rest, exact = ahead.at(end)
                    if not exact and cost + rest <= total:
                        rest, exact = ahead.look(end, total - cost)
                    if rest == NEVER:
                        continue
                if allowed is not None and not allowed(edges[number]):
                    continue
                if months_ahead and months + _months([edges[number]]) + months_ahead[end] > (
                    within_months or 0
                ):
                    continue
                # Steps are in order of their keys, so that the first that goes on is the one to follow.
                if onward is None and exact and cost + rest == total:
                    onward = cost, end, number
                else:
                    heappush(waiting, (cost + rest, (*way, number), cost, end, exact))
            if onward is None:
                break
            spent, place, number = onward
            way = (*way, number)
            passed.add(place)
            if months_ahead:
                months += _months([edges[number]])
        else:
            found.append(Progression(tuple([edges[one] for one in way])))
    return found


def _months(edges: Iterable[Edge]) -> int:
    return sum(edge.cost.months.minimum for edge in edges)


def _months_ahead(
    network: Network, goals: frozenset[int], allowed: Callable[[Edge], bool] | None, within_months: int | None
) -> Sequence[float]:
    """The least months to go from each place; empty where months do not matter."""
    return () if within_months is None else network.to_goal(goals, "shortest-time", allowed=allowed)


def unbeaten_ways(
    network: Network,
    start: int,
    goals: Iterable[int],
    models: Sequence[Model],
    *,
    most: int = 50,
    allowed: Callable[[Edge], bool] | None = None,
    within_months: int | None = None,
) -> list[Progression]:
    """The ways that no other way equals or beats in every one of several models, in order of the first model; at most
    so many.

    Of ways with the same costs the one whose step keys come first is kept. allowed, within_months: as for best_ways; a
    way that may not be taken beats none. Raises SearchTooLong."""
    wanted = frozenset(goals) - {start}
    ahead = [network.to_goal(wanted, model, allowed=allowed) for model in models]
    if ahead[0][start] == float("inf"):
        return []
    months_ahead = _months_ahead(network, wanted, allowed, within_months)
    labels: list[list[tuple[float, ...]]] = [[] for _ in network.places]
    waiting: list[tuple[tuple[float, ...], tuple[str, ...], tuple[float, ...], int, tuple[Edge, ...]]] = [
        (tuple(one[start] for one in ahead), (), tuple(0.0 for _ in models), start, ())
    ]
    arrived: list[tuple[float, ...]] = []
    kept: list[Progression] = []
    looked = 0
    while waiting:
        # The least that a way which begins like this can cost, so that ways arrive in the order of their costs.
        least, keys, costs, place, edges = heappop(waiting)
        if any(_beats(other, least) for other in arrived) or any(
            _beats(other, costs) for other in labels[place]
        ):
            continue
        looked += 1
        if looked > MOST_LOOKED_AT:
            raise SearchTooLong(
                "the ways between these places are too many to compare",
                where="progressions",
                mend="compare by fewer models",
            )
        labels[place].append(costs)
        if place in wanted:
            arrived.append(costs)
            kept.append(Progression(edges))
            if len(kept) == most:
                break
            continue
        passed = {start, *(edge.end for edge in edges)}
        months = _months(edges)
        for edge in network.leaving[place]:
            if edge.end in passed or ahead[0][edge.end] == float("inf") or (allowed and not allowed(edge)):
                continue
            if months_ahead and months + _months([edge]) + months_ahead[edge.end] > (within_months or 0):
                continue
            more = tuple(cost + edge.cost.under(model) for cost, model in zip(costs, models, strict=True))
            bound = tuple(cost + one[edge.end] for cost, one in zip(more, ahead, strict=True))
            heappush(waiting, (bound, (*keys, edge.step.key), more, edge.end, (*edges, edge)))
    return kept


def _beats(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Whether one is nowhere dearer than the other."""
    return all(a <= b for a, b in zip(one, other, strict=True))
