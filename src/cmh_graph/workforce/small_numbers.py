"""Figures that could tell on people are left out of tables: small ones, and those that a sum would give away.

Method: primary suppression below a threshold, then secondary suppression line by line, as statistical offices do."""

from __future__ import annotations

import heapq
from collections.abc import Hashable, Mapping, Sequence
from decimal import Decimal
from typing import Final, TypeAlias, TypeVar

#: Figures above 0 and below this are not shown.
LEAST_SHOWN: Final = 5
FEWER: Final = f"fewer than {LEAST_SHOWN}"
#: A figure that is not small, but would give a small one away.
NOT_SHOWN: Final = "not shown"

#: A figure as it may be shown.
Figure: TypeAlias = int | float | str
Cell = TypeVar("Cell", bound=Hashable)


def number(value: Decimal) -> int | float:
    """A sum as a plain number: 3, 0.6."""
    return int(value) if value == value.to_integral_value() else float(value)


def shown(cells: Mapping[Cell, Decimal], lines: Sequence[Sequence[Cell]]) -> dict[Cell, Figure]:
    """Each figure as it may be shown. cells: in a fixed order, by which ties are broken.

    lines: cells whose sum, or difference, a reader knows. No line with a figure left out has only that one, unless it
    has no other cell."""
    small = {cell for cell, value in cells.items() if 0 < value < LEAST_SHOWN}
    place = {cell: n for n, cell in enumerate(cells)}
    lines_of: dict[Cell, list[int]] = {}
    for n, line in enumerate(lines):
        for cell in line:
            lines_of.setdefault(cell, []).append(n)
    left_out = [sum(cell in small for cell in line) for line in lines]
    # The lines with just one figure left out, by their number, so that the same figures go each time.
    waiting = [n for n, count in enumerate(left_out) if count == 1]
    out = set(small)
    while waiting:
        n = heapq.heappop(waiting)
        left = [cell for cell in lines[n] if cell not in out]
        if left_out[n] != 1 or not left:
            continue
        # The least figure costs the reader least; a 0 says little when it is left out.
        more = min(left, key=lambda cell: (not cells[cell], cells[cell], place[cell]))
        out.add(more)
        for other in lines_of[more]:
            left_out[other] += 1
            if left_out[other] == 1:
                heapq.heappush(waiting, other)
    return {
        cell: FEWER if cell in small else NOT_SHOWN if cell in out else number(value)
        for cell, value in cells.items()
    }
