"""A question that gets no way: why, in words, and what would have to change."""

from __future__ import annotations

from dataclasses import replace

from cmh_graph.errors import BadParameter
from cmh_graph.pathways.bridging import Bridge, bridges
from cmh_graph.pathways.conditions import Allowing, Conditions
from cmh_graph.pathways.network import Network
from cmh_graph.pathways.progressions import best_ways
from cmh_graph.reading import Catalogue


def refuse_contradictions(
    network: Network, start: int, goals: frozenset[int], conditions: Conditions
) -> None:
    """Raise UnknownThing for a place to avoid that there is not, BadParameter where it is the start or every goal."""
    avoided = {network.find(key) for key in sorted(conditions.avoid)}
    if start in avoided:
        raise BadParameter(
            f"{network.places[start].key} is where you start, and you ask not to pass it",
            where="avoid",
            mend="leave it out of the places to avoid",
        )
    if goals and goals <= avoided:
        raise BadParameter(
            "every goal is among the places to avoid", where="avoid", mend="leave the goal out of them"
        )


def why_none(
    catalogue: Catalogue, network: Network, start: int, goals: frozenset[int], conditions: Conditions
) -> tuple[str, tuple[Bridge, ...]]:
    """Why a question gets no way, in words; and where no chain of steps leads there, steps that would make one."""
    here = network.places[start].label
    if not goals:
        return "No role meets what you ask of the goal.", ()
    if goals == {start}:
        return f"You are there already: {here} is the goal.", ()
    if not best_ways(network, start, goals, k=1):
        missing = tuple(bridges(catalogue, network, start, goals))
        said = [f"No chain of described steps leads there from {here}."]
        wanted = [network.places[goal] for goal in goals]
        role = catalogue.roles.get(wanted[0].key) if len(wanted) == 1 and wanted[0].kind == "role" else None
        if role is not None and role.form == "grouping":
            said.append(f"{role.label} names a group of roles, which is no job: choose one of its roles.")
        elif role is not None and role.entered_by:
            ways = ", ".join(one.label for one in role.entered_by)
            said.append(
                f"Ways into {role.label} that the catalogue names, for whoever meets what it asks: {ways}."
            )
        return " ".join(said), missing
    return _ruled_out(catalogue, network, start, goals, conditions), ()


def _ruled_out(
    catalogue: Catalogue, network: Network, start: int, goals: frozenset[int], conditions: Conditions
) -> str:
    """Which of the conditions rule every way out, each by itself or only together, and how short the shortest is."""
    wishes = " and ".join(conditions.in_words)
    if not wishes:
        return "There is no way."
    said = [f"There are ways, but none of them is {wishes}."]
    alone: list[str] = []
    for one in conditions.each:
        allowed = Allowing(catalogue, one).step
        if not best_ways(network, start, goals, k=1, allowed=allowed, within_months=one.within_months):
            alone += one.in_words
    if len(conditions.in_words) > 1:
        said.append(
            f"Of what you ask, {' and '.join(alone)} rules out every way by itself."
            if alone
            else "What you ask rules out every way only together: leave one condition out."
        )
    if conditions.within_months is not None:
        rest = replace(conditions, within_months=None)
        shortest = best_ways(
            network, start, goals, k=1, by="shortest-time", allowed=Allowing(catalogue, rest).step
        )
        if shortest:
            months, assumed = shortest[0].minimum_months, shortest[0].assumed_months
            said.append(
                f"The shortest{' that meets the rest' if rest.in_words else ''} takes {months} months or more, "
                f"{assumed} of them our assumption."
            )
    return " ".join(said)
