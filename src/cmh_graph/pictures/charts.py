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
    asked = {level for each in levels for level in each.values()}
    one_level = next(iter(asked)) if len(asked) == 1 else ""
    columns = [
        (f"Only {one.label}", [_named(ref.label, levels[0][ref.key], one_level) for ref in found.only_one]),
        (
            "Both",
            [
                _named(
                    each.skill.label,
                    levels[0][each.skill.key]
                    + ("" if each.same_level else f", then {levels[1][each.skill.key]}"),
                    one_level,
                )
                for each in found.shared
            ],
        ),
        (
            f"Only {other.label}",
            [_named(ref.label, levels[1][ref.key], one_level) for ref in found.only_other],
        ),
    ]
    width, margin = 204.0, 10.0
    name = f"{one.label} and {other.label}"
    title = svg.wrapped(f"Skills of {name}", 3 * width, 14, bold=True)
    heads = [svg.wrapped(head, width, 12, bold=True) for head, _ in columns]
    alike = (
        f"Likeness {found.score:.2f}, from 0 (no skill in common) to 1 (the same), rare skills weighing more."
    )
    if one_level:
        alike += f" All at the level “{one_level}”."
    below = svg.wrapped(alike, 3 * width + 2 * margin, 11)
    head_at = 42.0 + 18 * len(title) + 14 * len(below)
    shapes = [svg.words(margin, 24 + 18 * n, line, size=14, bold=True) for n, line in enumerate(title)]
    shapes += [
        svg.words(margin, 24 + 18 * len(title) + 14 * n, line, fill=svg.SOFT) for n, line in enumerate(below)
    ]
    deepest = 0.0
    for number, (head, labels) in enumerate(columns):
        fill = svg.FILLS[number]
        x, y = margin + number * (width + margin), head_at + 14 * max(map(len, heads))
        for place, text in enumerate(heads[number]):
            shapes.append(svg.words(x, head_at + 14 * place, text, size=12, bold=True))
        for label in labels or ["nothing"]:
            lines = svg.wrapped(label, width - 14, 11)
            height = 9 + 13.5 * len(lines)
            drawn = [svg.box(x, y, width, height, fill if labels else "#ffffff")]
            drawn += [svg.words(x + 7, y + 15 + 13.5 * n, text, size=11) for n, text in enumerate(lines)]
            shapes.append(svg.group(f"{head}: {label}", drawn))
            y += height + 4
        deepest = max(deepest, y)
    description = " ".join(f"{head}: {', '.join(labels) or 'nothing'}." for head, labels in columns)
    rows = (
        *(("only the first", ref.label, levels[0][ref.key], "") for ref in found.only_one),
        *(
            ("both", each.skill.label, levels[0][each.skill.key], levels[1][each.skill.key])
            for each in found.shared
        ),
        *(("only the second", ref.label, "", levels[1][ref.key]) for ref in found.only_other),
    )
    heading = ("Asked for by", "Skill", f"Level: {one.label}", f"Level: {other.label}")
    return svg.Picture(
        3 * width + 4 * margin, deepest + margin, name, description, tuple(shapes), heading, rows
    )


def _named(label: str, level: str, one_level: str) -> str:
    """A skill with its level, which need not be said where there is only one."""
    return f"{label} ({level})" if level and not one_level else label


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
    left, top, down = 236.0, 66.0, 22.0
    across = min(52.0, 410.0 / max(len(bands), 1))
    shapes = [svg.words(12, 26, "Skills by pay band", size=15, bold=True)]
    shapes.append(svg.words(left - 8, top - 18, "Band", size=11, anchor="end", bold=True))
    said, rows = [], []
    for column, band in enumerate(bands):
        x = left + column * across
        label = band.label.removeprefix("Band ")
        shapes.append(svg.words(x + across / 2, top - 18, label, size=11, anchor="middle", bold=True))
        held = len(roles_at[band.key])
        count = f"{held} role{'' if held == 1 else 's'}"
        shapes.append(svg.words(x + across / 2, top - 5, count, size=9, anchor="middle", fill=svg.SOFT))
    for row, skill in enumerate(skills):
        y = top + row * down
        lines, size = svg.wrapped(skill.label, left - 20, 10.5), 10.5
        if len(lines) > 1:
            lines, size = svg.cut(svg.wrapped(skill.label, left - 20, 9.5), 2), 9.5
        for place, line in enumerate(lines):
            down_by = 15 - 5 * (len(lines) - 1) + 10 * place
            shapes.append(svg.words(left - 8, y + down_by, line, size=size, anchor="end"))
        for column, band in enumerate(bands):
            having = sum(_asks(role, skill.key) for role in roles_at[band.key])
            share = having / len(roles_at[band.key])
            shade = min(int(share * (len(_SHADES) - 1) + 0.999), len(_SHADES) - 1)
            ink = "#ffffff" if shade >= 4 else svg.INK
            text = f"{skill.label}, {band.label}: {having} of {len(roles_at[band.key])} roles"
            said.append(text)
            rows.append((skill.label, band.label, str(having), str(len(roles_at[band.key]))))
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
        ("Skill", "Band", "Roles that ask for it", "Roles"),
        tuple(rows),
    )


def _roles(framework: Framework) -> list[Role]:
    return [role for role in framework.roles.values() if role.form != "grouping"]


def _bands(role: Role) -> set[str]:
    return {str(band) for band in role.bands}


def _asks(role: Role, key: str) -> bool:
    return any(need.asks_for is not None and need.asks_for.key == key for need in role.requirements)
