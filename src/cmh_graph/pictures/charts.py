"""Two roles side by side, and the skills that each pay band asks for."""

from __future__ import annotations

from collections import Counter

from cmh_graph.framework import Framework
from cmh_graph.model import Role
from cmh_graph.pathways.holding import level_order, level_orders
from cmh_graph.pathways.similarity import Similarities
from cmh_graph.pictures import svg

#: Skills in the heat map: those that most roles ask for.
MOST_SKILLS = 30
#: From none to all, light to dark; dark cells carry white figures.
_SHADES = ("#ffffff", "#dceaf7", "#a9cdee", "#6aa5dc", "#2f78bf", "#005eb8")


def comparison(framework: Framework, one: Role, other: Role) -> svg.Picture:
    """The skills of two roles in three columns: only the first, both, only the second, with the level asked for."""
    found = Similarities(framework).between(one, other)
    orders = level_orders(framework)
    names = {order: key for key, order in orders.items()}
    levels = [
        {
            need.asks_for.key: names.get(level_order(need, orders) or 0, "")
            for need in role.requirements
            if need.kind == "skill" and need.asks_for
        }
        for role in (one, other)
    ]
    columns = [
        (
            f"Only {one.label}",
            [f"{ref.label} ({levels[0][ref.key]})" for ref in found.only_one],
            svg.FILLS[0],
        ),
        (
            "Both",
            [
                f"{each.skill.label} ({levels[0][each.skill.key]}"
                + ("" if each.same_level else f", then {levels[1][each.skill.key]}")
                + ")"
                for each in found.shared
            ],
            svg.FILLS[1],
        ),
        (
            f"Only {other.label}",
            [f"{ref.label} ({levels[1][ref.key]})" for ref in found.only_other],
            svg.FILLS[2],
        ),
    ]
    width, margin = 280.0, 12.0
    shapes, deepest = [], 0.0
    for number, (title, labels, fill) in enumerate(columns):
        x, y = margin + number * (width + margin), 78.0
        for place, text in enumerate(svg.wrapped(title, 36)[:2]):
            shapes.append(svg.words(x, 58 + 14 * place, text, size=12.5, bold=True))
        for label in labels:
            lines = svg.wrapped(label, 46)
            height = 8 + 13.0 * len(lines)
            drawn = [svg.box(x, y, width, height, fill)]
            drawn += [svg.words(x + 6, y + 14 + 13 * n, text, size=10.5) for n, text in enumerate(lines)]
            shapes.append(svg.group(f"{title}: {label}", drawn))
            y += height + 4
        deepest = max(deepest, y)
    name = f"{one.label} and {other.label}"
    shapes.insert(0, svg.words(margin, 26, f"{name}: likeness {found.score:.2f}", size=15, bold=True))
    description = " ".join(f"{title}: {', '.join(labels) or 'nothing'}." for title, labels, _ in columns)
    return svg.Picture(3 * width + 4 * margin, deepest + margin, name, description, tuple(shapes))


def heat_map(framework: Framework) -> svg.Picture:
    """How many of the roles at each pay band ask for a skill, as a share; the skills that most roles ask for."""
    bands = [
        band for band in framework.bands.values() if any(band.key in _bands(r) for r in _roles(framework))
    ]
    roles_at = {band.key: [role for role in _roles(framework) if band.key in _bands(role)] for band in bands}
    asked = Counter(
        need.asks_for
        for role in _roles(framework)
        for need in role.requirements
        if need.kind == "skill" and need.asks_for
    )
    skills = sorted(asked, key=lambda ref: (-asked[ref], ref.label.casefold()))[:MOST_SKILLS]
    left, top, across, down = 290.0, 66.0, 52.0, 22.0
    shapes = [svg.words(12, 26, "Skills by pay band", size=15, bold=True)]
    said = []
    for column, band in enumerate(bands):
        x = left + column * across
        shapes.append(svg.words(x + across / 2, top - 18, band.label, size=10.5, anchor="middle", bold=True))
        count = f"{len(roles_at[band.key])} roles"
        shapes.append(svg.words(x + across / 2, top - 5, count, size=9, anchor="middle", fill=svg.SOFT))
    for row, skill in enumerate(skills):
        y = top + row * down
        shapes.append(svg.words(left - 8, y + 15, skill.label[:50], size=10.5, anchor="end"))
        for column, band in enumerate(bands):
            having = sum(_asks(role, skill.key) for role in roles_at[band.key])
            share = having / len(roles_at[band.key])
            shade = min(int(share * (len(_SHADES) - 1) + 0.999), len(_SHADES) - 1)
            ink = "#ffffff" if shade >= 4 else svg.INK
            text = f"{skill.label}, {band.label}: {having} of {len(roles_at[band.key])} roles"
            said.append(text)
            x = left + column * across
            drawn = [svg.box(x, y, across, down, _SHADES[shade], round_by=0)]
            drawn.append(
                svg.words(x + across / 2, y + 15, f"{100 * share:.0f}%", size=10, anchor="middle", fill=ink)
            )
            shapes.append(svg.group(text, drawn))
    return svg.Picture(
        left + across * len(bands) + 12,
        top + down * len(skills) + 12,
        "Skills by pay band",
        "Share of the roles at each pay band that ask for a skill. A role with several bands counts at each. "
        + "; ".join(said)
        + ".",
        tuple(shapes),
    )


def _roles(framework: Framework) -> list[Role]:
    return [role for role in framework.roles.values() if role.form != "grouping"]


def _bands(role: Role) -> set[str]:
    return {str(band) for band in role.bands}


def _asks(role: Role, key: str) -> bool:
    return any(need.asks_for is not None and need.asks_for.key == key for need in role.requirements)
