"""The steps as a directed network of roles and other places, parallel steps kept apart."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Final

import rustworkx as rx

from cmh_graph.errors import UnknownThing
from cmh_graph.model import Key, Ref, Step
from cmh_graph.pathways.costs import MODELS, Costs, Model, StepCost
from cmh_graph.pathways.reachable import Spans, spans_of
from cmh_graph.reading import Catalogue
from cmh_graph.search import near_misses

#: Larger than the gaps along any way, and a power of two, so that ranks stay exact.
_ABOVE: Final = 2.0**20


@dataclass(frozen=True, slots=True)
class Edge:
    """A step with its price, between two places by their number."""

    step: Step
    start: int
    end: int
    cost: StepCost


class Network:
    """places[n] is the place with the number n, in order of kind and key; leaving[n]: the steps from it."""

    def __init__(self, places: Iterable[Ref], edges: Iterable[tuple[Step, StepCost]]) -> None:
        self.places: Sequence[Ref] = tuple(sorted(set(places), key=lambda one: (one.kind, one.key)))
        self.number: Mapping[tuple[str, Key], int] = MappingProxyType(
            {(one.kind, one.key): n for n, one in enumerate(self.places)}
        )
        made = [
            Edge(step, self._place(step.from_position), self._place(step.to_position), cost)
            for step, cost in edges
        ]
        self.edges: Sequence[Edge] = tuple(sorted(made, key=lambda one: one.step.key))
        leaving: list[list[Edge]] = [[] for _ in self.places]
        for edge in self.edges:
            leaving[edge.start].append(edge)
        self.leaving: Sequence[Sequence[Edge]] = tuple(tuple(one) for one in leaving)
        entering: list[list[Edge]] = [[] for _ in self.places]
        for edge in self.edges:
            entering[edge.end].append(edge)
        #: entering[n]: the steps to a place.
        self.entering: Sequence[Sequence[Edge]] = tuple(map(tuple, entering))
        #: Bits that hold the number of a place, below a rank (see `whole`).
        self.bits = len(self.places).bit_length()
        #: Model -> the steps to and from a place, with their ranks.
        self.into: Mapping[Model, Into] = {model: Into(self, model) for model in MODELS}
        self.out_of: Mapping[Model, OutOf] = {model: OutOf(self, model) for model in MODELS}
        self._made: dict[tuple[Model, bool], rx.PyDiGraph[int, float]] = {}

    def _place(self, ref: Ref) -> int:
        return self.number[ref.kind, ref.key]

    def rank(self, edge: Edge, model: Model) -> float:
        """What a model counts for a step and, far below it, what orders ways that the model counts alike: the gap, or
        the steps where the gap is the model."""
        below = edge.cost.steps if model == "smallest-gap" else edge.cost.gap
        return edge.cost.under(model) * _ABOVE + below

    def whole(self, rank: float) -> int:
        """A rank as a whole number, with room below for the number of a place: so that a search compares and adds
        plain integers. Ranks are halves and whole numbers; ValueError for another, which would change the order."""
        twice = 2 * rank
        if not twice.is_integer():
            raise ValueError(f"a step is priced {rank}, which is no multiple of a half")
        return int(twice) << self.bits

    @cached_property
    def spans(self) -> Spans:
        """Which places do not lead to which. Worked out when first asked for: some 5 us for each place."""
        return spans_of(len(self.places), ((edge.start, edge.end) for edge in self.edges))

    @cached_property
    def leaving_numbers(self) -> tuple[Sequence[int], Sequence[int]]:
        """The numbers of the steps in order of the places that they leave, and for each place where its own begin."""
        begin, count = array("i"), 0
        for steps in self.leaving:
            begin.append(count)
            count += len(steps)
        numbers, next_of = array("i", [0]) * count, list(begin)
        for number, edge in enumerate(self.edges):
            numbers[next_of[edge.start]] = number
            next_of[edge.start] += 1
        return numbers, begin

    def to_goal(
        self,
        goals: Iterable[int],
        model: Model,
        *,
        ranked: bool = False,
        allowed: Callable[[Edge], bool] | None = None,
    ) -> Sequence[float]:
        """The least cost from each place to any goal, or the least rank; infinite where there is no way.

        allowed: which steps may be used. Method: Dijkstra from the goals against the steps."""
        backward = (
            self._backward(model, ranked) if allowed is None else self._reversed(model, ranked, allowed)
        )
        wanted = sorted(set(goals))
        source = len(self.places)
        if len(wanted) == 1:
            source = wanted[0]
        else:
            backward = backward.copy()
            backward.add_edges_from([(source, goal, 0.0) for goal in wanted])
        found = rx.dijkstra_shortest_path_lengths(backward, source, float)
        ahead = [float("inf")] * len(self.places)
        for place, cost in found.items():
            if place < len(ahead):
                ahead[place] = cost
        if len(wanted) == 1:
            ahead[source] = 0.0
        return ahead

    def _backward(self, model: Model, ranked: bool) -> rx.PyDiGraph[int, float]:
        """The network against its steps, made once for each model: that takes longer than most searches."""
        if (model, ranked) not in self._made:
            self._made[model, ranked] = self._reversed(model, ranked, lambda edge: True)
        return self._made[model, ranked]

    def _reversed(
        self, model: Model, ranked: bool, allowed: Callable[[Edge], bool]
    ) -> rx.PyDiGraph[int, float]:
        """The allowed steps backwards, and one place more, to which several goals can be tied."""
        backward: rx.PyDiGraph[int, float] = rx.PyDiGraph(multigraph=True)
        backward.add_nodes_from(range(len(self.places) + 1))
        # Place by place: one list of all steps would have Python's collector look through everything it holds.
        for steps in self.leaving:
            backward.add_edges_from(
                [
                    (edge.end, edge.start, self.rank(edge, model) if ranked else edge.cost.under(model))
                    for edge in steps
                    if allowed(edge)
                ]
            )
        return backward

    def reached_from(self, start: int, *, without: int | None = None) -> frozenset[int]:
        """The places that some way leads to from a place, itself among them. without: a place no way may pass."""
        seen, waiting = {start}, [start]
        while waiting:
            for edge in self.leaving[waiting.pop()]:
                if edge.end not in seen and edge.end != without:
                    seen.add(edge.end)
                    waiting.append(edge.end)
        return frozenset(seen)

    def find(self, key: str) -> int:
        """The number of a role or other place by its key. Raises UnknownThing with keys that look like it."""
        for kind in ("role", "position"):
            if (kind, Key(key)) in self.number:
                return self.number[kind, Key(key)]
        known = [one.key for one in self.places]
        close = near_misses(key, known)
        raise UnknownThing(
            f"no role or position has the key {key}",
            where=key,
            mend=f"did you mean {' or '.join(close)}?"
            if close
            else "list the keys at /v1/roles and /v1/positions",
        )


class Into(dict[int, tuple[int, ...]]):
    """Place -> the steps to it under one model, in order of `entering`: rank as a whole number, and below it the place
    that the step leaves. Worked out when first asked for."""

    def __init__(self, network: Network, model: Model) -> None:
        super().__init__()
        self._network, self._model = network, model

    def __missing__(self, place: int) -> tuple[int, ...]:
        network, model = self._network, self._model
        made = tuple(
            [network.whole(network.rank(edge, model)) | edge.start for edge in network.entering[place]]
        )
        self[place] = made
        return made


class OutOf(dict[int, tuple[tuple[int, int, int], ...]]):
    """Place -> the steps from it under one model, in order of `leaving`: rank as a whole number, the place that the
    step leads to, number of the step. Worked out when first asked for."""

    def __init__(self, network: Network, model: Model) -> None:
        super().__init__()
        self._network, self._model = network, model

    def __missing__(self, place: int) -> tuple[tuple[int, int, int], ...]:
        network, model = self._network, self._model
        numbers, begin = network.leaving_numbers
        made = tuple(
            [
                (network.whole(network.rank(edge, model)), edge.end, numbers[begin[place] + n])
                for n, edge in enumerate(network.leaving[place])
            ]
        )
        self[place] = made
        return made


def network_of(catalogue: Catalogue) -> Network:
    """Every role and position that a step touches, and every role besides, with all steps priced."""
    costs = Costs.of(catalogue)
    places = [
        Ref("role", role.key, role.label) for role in catalogue.roles.values() if role.form != "grouping"
    ]
    for step in catalogue.steps.values():
        places += [step.from_position, step.to_position]
    return Network(places, [(step, costs.of_step(step)) for step in catalogue.steps.values()])


__all__ = ["MODELS", "Edge", "Network", "network_of"]
