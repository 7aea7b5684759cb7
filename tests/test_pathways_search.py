"""The search for ways, on made-up networks: judged by networkx, with many ways of equal cost, and under conditions."""

from __future__ import annotations

import itertools

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cmh_graph.pathways.ahead as ahead_module
from cmh_graph.model import Iri, Key, Ref, Step
from cmh_graph.pathways.costs import MODELS, Months, StepCost
from cmh_graph.pathways.network import Edge, Network
from cmh_graph.pathways.progressions import Progression, best_ways, unbeaten_ways

Made = tuple[int, int, int, int, int]


def network_of(places: int, made: list[Made]) -> Network:
    """A network of places 0 to n. made: start, end, halves of a gap, months, new qualifications of each step."""
    refs = [Ref("role", Key(f"place-{n:03}"), f"Place {n}") for n in range(places)]
    edges = []
    for number, (start, end, halves, months, gained) in enumerate(made):
        key = f"step-{number:04}"
        step = Step(
            key=Key(key),
            iri=Iri(f"https://example.org/{key}"),
            label=key,
            from_position=refs[start],
            to_position=refs[end],
            step_kind="up",
            via_routes=(),
            needs=(),
            needs_one_of=(),
            minimum_months=None,
            maximum_months=None,
            duration_from=(),
            offered_by=(),
            pathways=(),
        )
        edges.append((step, StepCost(1.0, halves / 2, Months(months, None, None), tuple(refs[:gained]))))
    return Network(refs, edges)


@st.composite
def networks(draw: st.DrawFn) -> Network:
    places = draw(st.integers(3, 6))
    ends = st.integers(0, places - 1)
    # Few different costs, so that many ways cost the same.
    step = st.tuples(ends, ends, st.integers(0, 2), st.integers(0, 3), st.integers(0, 1))
    made = draw(st.lists(step.filter(lambda one: one[0] != one[1]), max_size=14))
    return network_of(places, made)


def every_way(network: Network, start: int, goal: int) -> list[Progression]:
    """All ways without a repeated place, by networkx."""
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(len(network.places)))
    by_key = {edge.step.key: edge for edge in network.edges}
    for edge in network.edges:
        graph.add_edge(edge.start, edge.end, key=edge.step.key)
    ways = nx.all_simple_edge_paths(graph, start, goal)
    return [Progression(tuple(by_key[key] for _, _, key in way)) for way in ways]


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_the_best_ways_are_the_first_of_all_ways(data: st.DataObject) -> None:
    network = data.draw(networks())
    start, goal = 0, len(network.places) - 1
    refused = data.draw(st.sets(st.sampled_from([edge.step.key for edge in network.edges] or ["none"])))
    within = data.draw(st.none() | st.integers(0, 8))

    def allowed(edge: Edge) -> bool:
        return edge.step.key not in refused

    ways = [
        way
        for way in every_way(network, start, goal)
        if all(map(allowed, way.edges)) and (within is None or way.minimum_months <= within)
    ]
    for model in MODELS:
        second = "fewest-steps" if model == "smallest-gap" else "smallest-gap"
        ranked = sorted(ways, key=lambda way: (way.cost(model), way.cost(second), way.key))
        found = best_ways(network, start, [goal], k=4, by=model, allowed=allowed, within_months=within)
        assert [way.key for way in found] == [way.key for way in ranked[:4]]
    models = tuple(MODELS)
    kept = unbeaten_ways(network, start, [goal], models, allowed=allowed, within_months=within)
    costs = {tuple(way.cost(model) for model in models) for way in ways}
    unbeaten = [
        one
        for one in costs
        if not any(other != one and all(a <= b for a, b in zip(other, one, strict=True)) for other in costs)
    ]
    assert [tuple(way.cost(model) for model in models) for way in kept] == sorted(unbeaten)
    some = unbeaten_ways(network, start, [goal], models, most=2, allowed=allowed, within_months=within)
    assert [way.key for way in some] == [way.key for way in kept[:2]]


@pytest.mark.parametrize("between", [0, 1, 3])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_how_many_places_are_looked_at_first_changes_nothing(between: int, data: st.DataObject) -> None:
    """Several goals, and a search that gives up on the places between at once, early, or not at all."""
    network = data.draw(networks())
    refused = data.draw(st.sets(st.sampled_from([edge.step.key for edge in network.edges] or ["none"])))
    goals = data.draw(st.sets(st.integers(1, len(network.places) - 1), min_size=1))

    def found() -> list[list[tuple[str, ...]]]:
        return [
            [
                way.key
                for way in best_ways(
                    network, 0, goals, k=4, by=model, allowed=lambda edge: edge.step.key not in refused
                )
            ]
            for model in MODELS
        ]

    wanted = found()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ahead_module, "_BETWEEN", between)
        assert found() == wanted


@settings(max_examples=150, deadline=None)
@given(network=networks())
def test_what_a_place_leads_to_is_within_its_spans(network: Network) -> None:
    first, last, first_again, last_again = network.spans
    for start in range(len(network.places)):
        for end in network.reached_from(start):
            assert first[start] <= first[end] and last[end] <= last[start]
            assert first_again[start] <= first_again[end] and last_again[end] <= last_again[start]


def test_where_ways_only_part_the_spans_say_all() -> None:
    """Else every search would look at all that leads to its goals. Two places lead to each other."""
    made = [((n - 1) // 2, n, 0, 1, 0) for n in range(1, 120)]
    network = network_of(120, [*made, (1, 0, 0, 1, 0)])
    first, last, first_again, last_again = network.spans
    for start in range(120):
        within = {
            end
            for end in range(120)
            if first[start] <= first[end]
            and last[end] <= last[start]
            and first_again[start] <= first_again[end]
            and last_again[end] <= last_again[start]
        }
        assert within == network.reached_from(start)


def test_a_price_that_is_no_multiple_of_a_half_is_refused() -> None:
    """Such prices would be rounded, and ways put in another order than their costs."""
    network = network_of(3, [(0, 1, 1, 1, 0), (1, 2, 1, 1, 0)])
    assert network.whole(1.5) == 3 << network.bits
    with pytest.raises(ValueError, match="multiple of a half"):
        network.whole(0.3)


@pytest.mark.parametrize("by", MODELS)
def test_many_ways_of_one_cost_are_put_in_order_by_their_steps_alone(by: str) -> None:
    """Twelve squares by twelve have 2.7 million shortest ways from corner to corner, all of the same cost."""
    side = 13
    made = [
        (row * side + column, (row + down) * side + column + right, 2, 12, 1)
        for row, column in itertools.product(range(side), repeat=2)
        for down, right in ((0, 1), (1, 0))
        if row + down < side and column + right < side
    ]
    network = network_of(side * side, made)
    found = best_ways(network, 0, [side * side - 1], k=5, by=by)  # type: ignore[arg-type]
    assert len({way.key for way in found}) == 5 and {len(way.edges) for way in found} == {2 * (side - 1)}
    assert [way.key for way in found] == sorted(way.key for way in found)
    # Along the top and down the side: the steps numbered first come first.
    assert {edge.start // side for edge in found[0].edges[: side - 1]} == {0}
    assert len(unbeaten_ways(network, 0, [side * side - 1], tuple(MODELS))) == 1


def test_a_way_that_may_not_be_taken_beats_none() -> None:
    """The way over place 1 is better in everything and refused: the other is the answer, not silence."""
    network = network_of(4, [(0, 1, 0, 1, 0), (1, 3, 0, 1, 0), (0, 2, 4, 9, 1), (2, 3, 4, 9, 1)])

    def allowed(edge: Edge) -> bool:
        return edge.end != 1

    assert [way.key for way in unbeaten_ways(network, 0, [3], tuple(MODELS))] == [("step-0000", "step-0001")]
    kept = unbeaten_ways(network, 0, [3], tuple(MODELS), allowed=allowed)
    assert [way.key for way in kept] == [("step-0002", "step-0003")]
