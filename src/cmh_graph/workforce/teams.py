"""Headcount by team, without figures that people could be told from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from cmh_graph.framework import Framework
from cmh_graph.workforce.placed import BASES, Placed, is_known
from cmh_graph.workforce.small_numbers import LEAST_SHOWN, Figure, shown

NO_TEAM: Final = "(no team given)"
OTHER_ROLES: Final = "roles held by fewer than 5 in all"


@dataclass(frozen=True, slots=True)
class TeamCount:
    """A team. Figures from 1 to 4 are words, and those that would give one away. roles: decided and accepted."""

    team: str
    headcount: Figure
    decided: Figure
    accepted: Figure
    review: Figure
    none: Figure
    roles: tuple[tuple[str, Figure], ...]


def count_teams(framework: Framework, placed: Sequence[Placed]) -> tuple[TeamCount, ...]:
    """Teams by name. Roles that few hold in the whole extract are put together: their team would name them."""
    names: dict[str, str] = {}
    for one in placed:
        folded, written = one.team.casefold(), one.team or NO_TEAM
        names[folded] = min(names.get(folded, written), written)
    if set(names) <= {""}:
        return ()
    sure = [one for one in placed if is_known(one)]
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for one in sure:
        sums[one.role] += one.headcount
    cells: dict[tuple[str, str], Decimal] = {}
    for team in sorted(names):
        for part in ("headcount", *BASES):
            cells[team, part] = Decimal(0)
    for one in sorted(placed, key=lambda each: (each.team.casefold(), each.role)):
        team = one.team.casefold()
        cells[team, "headcount"] += one.headcount
        cells[team, one.basis] += one.headcount
        if is_known(one):
            role = f"role:{one.role}" if sums[one.role] >= LEAST_SHOWN else "role:"
            cells[team, role] = cells.get((team, role), Decimal(0)) + one.headcount
    roles_of: dict[str, list[tuple[str, str]]] = {team: [] for team in sorted(names)}
    same_part: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for cell in cells:
        same_part[cell[1]].append(cell)
        if cell[1].startswith("role:"):
            roles_of[cell[0]].append(cell)
    lines = []
    for team, roles in roles_of.items():
        lines.append([(team, part) for part in ("headcount", *BASES)])
        lines.append([(team, "decided"), (team, "accepted"), *roles])
    # The sums over all teams stand in other tables.
    lines += [same_part[part] for part in sorted(same_part)]
    figures = shown(cells, lines)
    found = []
    for team, roles in roles_of.items():
        labels = [(_role_label(framework, part), figures[team, part]) for _, part in roles]
        found.append(
            TeamCount(
                names[team],
                figures[team, "headcount"],
                figures[team, "decided"],
                figures[team, "accepted"],
                figures[team, "review"],
                figures[team, "none"],
                tuple(sorted(labels, key=lambda one: one[0].casefold())),
            )
        )
    return tuple(found)


def _role_label(framework: Framework, part: str) -> str:
    key = part.removeprefix("role:")
    return framework.role(key).label if key else OTHER_ROLES
