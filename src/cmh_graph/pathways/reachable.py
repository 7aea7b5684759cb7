"""Which places no way leads to from a place, told at once for most of them.

Two walks through the network, one against the other's order, number the places as they are left for good (a circle of
places as one). What a place leads to then has numbers in one span; who is outside either span is not reached, who is
within both may be. Method: GRAIL (Yildirim, Chaoji and Zaki 2010, "GRAIL: scalable reachability
index for large graphs")."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import rustworkx as rx

_NEW: Final = -2
_OPEN: Final = -1


class Spans(NamedTuple):
    """first[n] to last[n]: the numbers of what a place leads to in one walk, its own the last; again, of the other."""

    first: Sequence[int]
    last: Sequence[int]
    first_again: Sequence[int]
    last_again: Sequence[int]


def spans_of(places: int, steps: Iterable[tuple[int, int]]) -> Spans:
    """The spans of places 0 to n, by the steps between them: 16 bytes for each place."""
    graph: rx.PyDiGraph[None, None] = rx.PyDiGraph(multigraph=True)
    graph.add_nodes_from([None] * places)
    graph.extend_from_edge_list(list(steps))
    circle = [0] * places
    circles = rx.strongly_connected_components(graph)
    for number, members in enumerate(circles):
        for place in members:
            circle[place] = number
    onward: list[list[int]] = [[] for _ in circles]
    for start, end in graph.edge_list():
        if circle[start] != circle[end]:
            onward[circle[start]].append(circle[end])
    del graph, circles
    led_to = {end for ends in onward for end in ends}
    # From where nothing leads to: a walk that began further on would number all in one order, whichever way it goes.
    roots = [one for one in range(len(onward)) if one not in led_to]
    first, last = _walk(onward, roots)
    for one in onward:
        one.reverse()
    first_again, last_again = _walk(onward, roots[::-1])
    return Spans(
        *(array("i", [one[here] for here in circle]) for one in (first, last, first_again, last_again))
    )


def _walk(onward: Sequence[Sequence[int]], roots: Sequence[int]) -> tuple[list[int], list[int]]:
    """Depth first through a network without circles: the least number that each leads to, and its own."""
    own, least, count = [_NEW] * len(onward), [0] * len(onward), 0
    for root in roots:
        waiting = [root]
        while waiting:
            here = waiting[-1]
            if own[here] == _NEW:
                own[here] = _OPEN
                waiting.extend([end for end in onward[here] if own[end] == _NEW])
                continue
            waiting.pop()
            if own[here] == _OPEN:
                own[here], count = count, count + 1
                least[here] = min([own[here], *[least[end] for end in onward[here]]])
    return least, own
