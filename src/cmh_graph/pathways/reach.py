"""The whole network: where people come in, where progress stops, and which places many ways depend on."""

from __future__ import annotations

from dataclasses import dataclass

import rustworkx as rx

from cmh_graph.model import Ref
from cmh_graph.pathways.conditions import is_registered
from cmh_graph.pathways.network import Network
from cmh_graph.reading import Catalogue


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """share: of the shortest ways between other places, how many pass here, from 0 to 1. cut: pairs of
    places that are connected only through it."""

    place: Ref
    share: float
    cut: int


@dataclass(frozen=True, slots=True)
class Reach:
    """entries: places that no step leads to. dead_ends: roles that no step leaves. apart: roles that no step touches.
    bottlenecks: by what depends on them. from_entries: role entered without a professional qualification -> how
    many registered roles some way leads to."""

    places: int
    steps: int
    entries: tuple[Ref, ...]
    dead_ends: tuple[Ref, ...]
    apart: tuple[Ref, ...]
    bottlenecks: tuple[Bottleneck, ...]
    from_entries: tuple[tuple[Ref, int], ...]


def reach(catalogue: Catalogue, network: Network, *, most: int = 10) -> Reach:
    """A report on the network, the same for the same graph. Shares by Brandes' betweenness, parallel steps once."""
    graph = rx.PyDiGraph(multigraph=False)
    graph.add_nodes_from(range(len(network.places)))
    graph.add_edges_from([(edge.start, edge.end, None) for edge in network.edges])
    coming = [graph.in_degree(n) for n in range(len(network.places))]
    going = [graph.out_degree(n) for n in range(len(network.places))]
    shares = rx.digraph_betweenness_centrality(graph, normalized=True)
    reached = [network.reached_from(n) for n in range(len(network.places))]
    pairs = sum(len(one) - 1 for one in reached)
    candidates = sorted(range(len(network.places)), key=lambda n: (-shares[n], n))[: 2 * most]
    ranked = sorted(
        (
            Bottleneck(network.places[n], round(shares[n], 4), _cut(network, n, pairs, reached))
            for n in candidates
        ),
        key=lambda one: (-one.cut, -one.share, one.place.key),
    )
    numbers = range(len(network.places))
    roles = [n for n in numbers if network.places[n].kind == "role"]
    registered = {n for n in roles if is_registered(catalogue, network.places[n])}
    open_entry = [n for n in roles if catalogue.roles[network.places[n].key].level == "entry"]
    return Reach(
        len(network.places),
        len(network.edges),
        tuple(network.places[n] for n in numbers if not coming[n] and going[n]),
        tuple(network.places[n] for n in roles if coming[n] and not going[n]),
        tuple(network.places[n] for n in roles if not coming[n] and not going[n]),
        tuple(one for one in ranked if one.cut)[:most],
        tuple((network.places[n], len(reached[n] & registered)) for n in open_entry),
    )


def _cut(network: Network, without: int, pairs: int, reached: list[frozenset[int]]) -> int:
    """How many connected pairs of other places lose their every way when a place is taken out."""
    own = len(reached[without]) - 1 + sum(without in one for one in reached) - 1
    left = sum(
        len(network.reached_from(start, without=without)) - 1
        for start in range(len(network.places))
        if start != without
    )
    return pairs - own - left
