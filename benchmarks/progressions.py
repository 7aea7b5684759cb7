"""How long the k best ways between two roles take to find, from the framework's own network to a thousand times that.

The network is that of the made statements of benchmarks/synthetic, priced in the same way; each copy has six steps to
the next. A request asks for the 5 shortest ways in months from a role to one at most ten copies on, chosen by a seed
among those with 5 ways. Most of these are in one copy, as nearly all pairs of roles between which ways lead are, so
that the search is short for both; a line of its own has those two and more copies apart (at 100x none is more than
four). The peer is networkx: shortest_simple_paths (Yen) on the same steps. Neither network has parallel steps, which
networkx does not take: of several the cheapest is kept. Costs of all ways must be equal."""

from __future__ import annotations

import gc
import itertools
import random
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import networkx as nx
from record import Growth, Line, Record, arguments, note, versions
from synthetic.network import network as made

from cmh_graph.model import Ref
from cmh_graph.pathways.costs import MODELS
from cmh_graph.pathways.network import Network
from cmh_graph.pathways.progressions import best_ways, unbeaten_ways
from cmh_graph.snapshot import current_snapshot

ROOT = Path(__file__).resolve().parent.parent
K = 5
#: Copies that a request spans at most.
APART = 10
#: And those of a line of its own at least.
FAR = 2
BY = "shortest-time"
Request = tuple[int, int]


def without_parallels(network: Network) -> Network:
    """The cheapest of the steps between two places, and no other."""
    kept: dict[Request, int] = {}
    for number, edge in enumerate(network.edges):
        other = kept.get((edge.start, edge.end))
        if other is None or network.rank(edge, BY) < network.rank(network.edges[other], BY):
            kept[edge.start, edge.end] = number
    edges = [network.edges[number] for number in sorted(kept.values())]
    return Network(network.places, [(edge.step, edge.cost) for edge in edges])


def as_networkx(network: Network) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(network.places)))
    graph.add_weighted_edges_from(
        ((edge.start, edge.end, edge.cost.under(BY)) for edge in network.edges), weight="cost"
    )
    return graph


def copy_of(place: Ref) -> int:
    _, _, number = place.key.partition("--copy-")
    return int(number or 0)


def requests(network: Network, count: int, apart: int, least_apart: int = 0) -> list[Request]:
    """Pairs of roles with at least K ways between them, so many copies apart: a role by chance, then one of those that
    it leads to. Fewer than wanted where there are not so many."""
    randomly = random.Random(5)
    number = [copy_of(place) for place in network.places]
    is_role = [place.kind == "role" for place in network.places]
    onward = [sorted({edge.end for edge in edges}) for edges in network.leaving]
    last = max(number)
    starts = [place for place, role in enumerate(is_role) if role and number[place] + least_apart <= last]
    found: list[Request] = []
    while len(found) < count and starts:
        start = randomly.choice(starts)
        first = number[start]
        seen, waiting = {start}, [start]
        while waiting:
            for end in onward[waiting.pop()]:
                if end not in seen and number[end] <= first + apart:
                    seen.add(end)
                    waiting.append(end)
        seen.discard(start)
        ends = [place for place in seen if is_role[place] and number[place] >= first + least_apart]
        end = randomly.choice(sorted(ends)) if ends else start
        if not ends or len(best_ways(network, start, [end], k=K, by=BY)) < K:
            # Most roles lead to no other copy: each is asked until it fails once.
            starts.remove(start)
            continue
        found.append((start, end))
    return found


def ours(network: Network, pair: Request) -> list[float]:
    return [way.cost(BY) for way in best_ways(network, pair[0], [pair[1]], k=K, by=BY)]


def theirs(graph: nx.DiGraph, pair: Request) -> list[float]:
    ways = itertools.islice(nx.shortest_simple_paths(graph, *pair, weight="cost"), K)
    return [sum(graph[a][b]["cost"] for a, b in itertools.pairwise(way)) for way in ways]


def timed(ask: object, *given: object) -> tuple[float, list[float]]:
    """Milliseconds and the answer."""
    start = time.perf_counter()
    found = ask(*given)  # type: ignore[operator]
    return 1000 * (time.perf_counter() - start), found


def beside(network: Network, pairs: Sequence[Request]) -> tuple[list[float], list[float], bool]:
    """What each request took us and networkx, in turn, and whether all costs are equal."""
    graph = as_networkx(network)
    mine, peers, equal = [], [], True
    for pair in pairs:
        took, found = timed(ours, network, pair)
        other, judged = timed(theirs, graph, pair)
        mine.append(took)
        peers.append(other)
        equal &= found == judged
    return mine, peers, equal


def main() -> int:
    parser = arguments(__doc__, minutes=6)
    options = parser.parse_args()
    scales = (1, 10) if options.quick else (1, 10, 100, 1000)
    asked = 10 if options.quick else 40
    nquads = (current_snapshot(ROOT / "build") / "dataset.nq").read_bytes()
    with Record("progressions", "Ways between roles", options, versions("networkx", "rustworkx")) as record:
        grown, waits = {}, {}
        for times in scales:
            note(f"{times}x: making the network")
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            whole = made(nquads, times)
            held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before
            network = without_parallels(whole)
            scale = f"{times}x: {len(network.places):,} places, {len(network.edges):,} steps"
            gc.collect()
            for least in (0, FAR) if times >= 100 else (0,):
                name = f"{K} best ways, {FAR} and more copies apart" if least else f"{K} best ways"
                pairs = requests(network, asked, APART, least)
                ratio = 10 if (least, times) == (0, 1000) else None
                ours(network, pairs[0])
                mine, peers, equal = beside(network, pairs)
                record.line(
                    Line(name, scale, "ms", mine, peers, "networkx", wanted=ratio,
                         equal=equal, note="in months; ties by the smaller gap, which networkx does not do")
                )  # fmt: skip
                if not least:
                    near = pairs
                    grown[times], waits[times] = mine, peers
            if times == scales[-1]:
                for model in MODELS:
                    took = [
                        timed(lambda a, b, n=whole, m=model: best_ways(n, a, [b], k=K, by=m), *pair)[0]
                        for pair in near
                    ]
                    record.line(
                        Line(f"{K} best ways, {model}", scale, "ms", took, note="with parallel steps")
                    )
                took = [
                    timed(lambda a, b, n=whole: unbeaten_ways(n, a, [b], tuple(MODELS), most=5), *pair)[0]
                    for pair in near[:5]
                ]
                record.line(Line("ways unbeaten in all models, at most 5", scale, "ms", took))
                took = [timed(ours, network, pair[::-1])[0] for pair in requests(network, 5, APART, 1)]
                record.line(
                    Line("finding that there is no way", scale, "ms", took, note="back to an earlier copy")
                )
                record.line(Line("memory of the network", scale, "MB", [round(held)]))
        record.growth(Growth("a request", "ours", "ms", grown))
        record.growth(Growth("a request", "networkx", "ms", waits))
    return record.code


if __name__ == "__main__":
    sys.exit(main())
