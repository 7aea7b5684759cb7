"""Where no way leads: the fewest further steps that would make one, and what each would have to span."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cmh_graph.model import Ref
from cmh_graph.pathways.conditions import is_registered, is_unpaid
from cmh_graph.pathways.gap import gap
from cmh_graph.pathways.holding import holding_of_role
from cmh_graph.pathways.network import Network
from cmh_graph.reading import Catalogue


@dataclass(frozen=True, slots=True)
class Bridge:
    """A step that nobody describes and that would connect the places. size: the gap it would have to close; None
    where an end is no role, so that nothing says what it asks for."""

    start: Ref
    end: Ref
    size: float | None
    why: str


def bridges(
    catalogue: Catalogue, network: Network, start: int, goals: Iterable[int], *, most: int = 3
) -> list[Bridge]:
    """Single steps, each of which would make a way; empty where there is one already.

    One is always enough: from any place that can be reached to any that leads on. Those with the smallest gaps on the
    step and the way that follows come first; then those that would reach a register without its training; ends that are
    no role come last, as nothing can be said of their gap."""
    wanted = frozenset(goals)
    ahead, gaps = network.to_goal(wanted, "fewest-steps"), network.to_goal(wanted, "smallest-gap")
    if ahead[start] != float("inf"):
        return []
    near = sorted(network.reached_from(start))
    far = [number for number, cost in enumerate(ahead) if cost != float("inf")]
    beginnings = set(range(len(network.places))) - {edge.end for edge in network.edges}
    found = []
    for one in near:
        for other in far:
            first, last = network.places[one], network.places[other]
            if is_unpaid(catalogue, last) and not is_unpaid(catalogue, first):
                continue  # nobody is told to give up pay
            if other in beginnings and other not in wanted:
                continue  # nobody becomes a doctor trained abroad
            skips = is_registered(catalogue, last) and not is_registered(catalogue, first)
            found.append((_bridge(catalogue, first, last), (skips, gaps[other], ahead[other], one != start)))
    found.sort(
        key=lambda pair: (
            pair[0].size is None,
            pair[1][0],
            (pair[0].size or 0.0) + pair[1][1],
            pair[1][2:],
            pair[0].start.key,
            pair[0].end.key,
        )
    )
    return [bridge for bridge, _ in found[:most]]


def _bridge(catalogue: Catalogue, start: Ref, end: Ref) -> Bridge:
    first = catalogue.roles.get(start.key) if start.kind == "role" else None
    last = catalogue.roles.get(end.key) if end.kind == "role" else None
    if first is None or last is None:
        return Bridge(start, end, None, f"no source describes a step from {start.label} to {end.label}")
    size = gap(catalogue, holding_of_role(catalogue, first), last).size
    why = f"no source describes a step from {start.label} to {end.label}; it would have to close a gap of {size:g}"
    if last.is_regulated and not first.is_regulated:
        why += ", and nobody reaches a registered role without its training"
    return Bridge(start, end, size, why)
