"""Prints how long ways take to find: every pair of the framework, and one request on a large made-up network.

python benchmarks/progressions.py [--roles 10000] [--steps 60000]

The large network is asked under every cost model and for unbeaten ways, once as made and once with every step at the
same cost, so that nearly all ways are equal. The first request of each model counts too: it turns the network round.

The peer is networkx in the same run: shortest_simple_paths (Yen), on a graph without parallel steps, which is all that
it takes. Both search for the same k ways of the same requests."""

from __future__ import annotations

import argparse
import gc
import itertools
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import networkx as nx
import numpy as np

from cmh_graph.framework import open as open_framework
from cmh_graph.model import Iri, Key, Ref, Step
from cmh_graph.pathways.costs import MODELS, Months, StepCost
from cmh_graph.pathways.network import Network, network_of
from cmh_graph.pathways.progressions import best_ways, unbeaten_ways

ROOT = Path(__file__).resolve().parent.parent


def made_up(roles: int, steps: int, seed: int = 1) -> Network:
    """A network with a grain: most steps go a little up, a few across or down, as careers do."""
    rng = np.random.default_rng(seed)
    places = [Ref("role", Key(f"role-{n:06}"), f"Role {n}") for n in range(roles)]
    starts = rng.integers(roles, size=steps)
    jumps = np.where(
        rng.random(steps) < 0.85,
        rng.integers(1, roles // 50, size=steps),
        rng.integers(-roles // 20, roles // 20, size=steps),
    )
    ends = np.clip(starts + jumps, 0, roles - 1)
    edges = []
    for number, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        if start == end:
            continue
        key = f"step-{number:06}"
        step = Step(
            key=Key(key),
            iri=Iri(f"https://example.org/{key}"),
            label=key,
            from_position=places[start],
            to_position=places[end],
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
        months = Months(int(rng.integers(3, 60)), None, None)
        edges.append((step, StepCost(1.0, float(rng.integers(1, 40)) / 2, months, ())))
    return Network(places, edges)


def peer_of(network: Network) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(network.places)))
    for edge in network.edges:
        cost = edge.cost.under("shortest-time")
        if not graph.has_edge(edge.start, edge.end) or graph[edge.start][edge.end]["cost"] > cost:
            graph.add_edge(edge.start, edge.end, cost=cost)
    return graph


def levelled(network: Network) -> Network:
    """The same network with every step at the same cost under every model."""
    cost = StepCost(1.0, 1.0, Months(12, None, None), ())
    return Network(network.places, [(edge.step, cost) for edge in network.edges])


def spread(seconds: list[float]) -> str:
    return f"median {1000 * statistics.median(seconds):.1f} ms, worst {1000 * max(seconds):.1f} ms, n={len(seconds)}"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--roles", type=int, default=10_000)
    options.add_argument("--steps", type=int, default=60_000)
    chosen = options.parse_args()
    framework = open_framework(home=ROOT)
    start = time.perf_counter()
    network = network_of(framework)
    print(f"the framework's network, {len(network.places)} places, {len(network.edges)} steps, priced: "
          f"{1000 * (time.perf_counter() - start):.0f} ms")  # fmt: skip
    start = time.perf_counter()
    pairs = itertools.permutations(range(len(network.places)), 2)
    found = sum(len(best_ways(network, a, [b], k=3)) for a, b in pairs)
    print(f"all pairs, k = 3, one core: {time.perf_counter() - start:.2f} s for {found} ways   target 5 s")
    large = made_up(chosen.roles, chosen.steps)
    pairs = np.random.default_rng(2).integers(len(large.places), size=(40, 2)).tolist()
    print(f"{chosen.roles} roles, {len(large.edges)} steps, one request, k = 5   target 200 ms")
    gc.collect()  # else the first request pays for the garbage of making the network
    for name, network in (("as made", large), ("all steps alike", levelled(large))):
        for by in MODELS:
            ours = [seconds(lambda: best_ways(network, a, [b], k=5, by=by)) for a, b in pairs]  # noqa: B023
            print(f"  {name}, {by}: {spread(ours)}")
        ours = [
            seconds(lambda: unbeaten_ways(network, a, [b], tuple(MODELS), most=5))  # noqa: B023
            for a, b in pairs[:10]
        ]
        print(f"  {name}, all models at once: {spread(ours)}")
    graph, ratios, theirs = peer_of(large), [], []
    for a, b in pairs:
        ways = best_ways(large, a, [b], k=5, by="shortest-time")
        if not ways or len(theirs) >= 8:
            continue
        own = seconds(lambda: best_ways(large, a, [b], k=5, by="shortest-time"))  # noqa: B023
        start = time.perf_counter()
        judged = list(itertools.islice(nx.shortest_simple_paths(graph, a, b, weight="cost"), 5))
        theirs.append(time.perf_counter() - start)
        ratios.append(theirs[-1] / own)
        costs = [sum(graph[x][y]["cost"] for x, y in itertools.pairwise(way)) for way in judged]
        assert ways[0].cost("shortest-time") == costs[0], "the best way differs from networkx's"
    print(
        f"networkx, shortest-time, on the same: {spread(theirs)}; ours is {statistics.median(ratios):.0f} times as fast"
    )


def seconds(ask: Callable[[], object]) -> float:
    start = time.perf_counter()
    ask()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
