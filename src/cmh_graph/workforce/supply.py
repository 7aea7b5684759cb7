"""Which roles held here lead to a named one, in how many steps, and how many hold them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cmh_graph.errors import BadParameter
from cmh_graph.framework import Framework
from cmh_graph.model import Ref, Role
from cmh_graph.pathways.network import network_of
from cmh_graph.pathways.progressions import best_ways

Number = int | float


@dataclass(frozen=True, slots=True)
class SupplyFrom:
    """A role held here and the way with the fewest steps from it. steps: 0 for the role itself, None where no chain of
    steps leads there. months: least, as far as stated, assumed_months of them our assumption; inferred_steps: steps
    that are wholly our judgement. way: the places from start to end."""

    role: Ref
    decided: Number
    accepted: Number
    review: Number
    steps: int | None
    months: int | None
    assumed_months: int | None
    inferred_steps: int | None
    way: tuple[Ref, ...]


@dataclass(frozen=True, slots=True)
class Supply:
    """sources: by steps, those without a way last."""

    role: Ref
    sources: tuple[SupplyFrom, ...]


def supply_of(
    framework: Framework, target: Role, held: Mapping[Ref, tuple[Number, Number, Number]]
) -> Supply:
    """The supply for a role. held: role -> decided, accepted and proposed headcount. Raises BadParameter for a
    grouping, which nobody holds."""
    if target.form == "grouping":
        raise BadParameter(
            f"{target.label} is a group of roles, which nobody holds",
            where="supply",
            mend="name one of its roles",
        )
    network = network_of(framework)
    goal = network.find(target.key)
    found = []
    for role, counts in held.items():
        if role.key == target.key:
            found.append(SupplyFrom(role, *counts, 0, 0, 0, 0, (role,)))
            continue
        ways = best_ways(network, network.find(role.key), [goal], k=1)
        if not ways:
            found.append(SupplyFrom(role, *counts, None, None, None, None, ()))
            continue
        way = ways[0]
        found.append(
            SupplyFrom(
                role,
                *counts,
                len(way.edges),
                way.minimum_months,
                way.assumed_months,
                way.inferred_steps,
                tuple(way.places),
            )
        )
    found.sort(
        key=lambda one: (
            one.steps is None,
            one.steps or 0,
            -(one.decided + one.accepted),
            -one.review,
            one.role.label.casefold(),
            one.role.key,
        )
    )
    return Supply(Ref("role", target.key, target.label), tuple(found))
