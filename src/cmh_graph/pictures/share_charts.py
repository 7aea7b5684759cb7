"""Which share of a workforce needs no qualification or is regulated, and how many titles each role goes by, as bars."""

from __future__ import annotations

from typing import Final

from cmh_graph.pictures import svg
from cmh_graph.workforce.view import Workforce

#: Roles that the chart of titles draws; the table has all.
MOST_ROLES: Final = 12
_LEFT: Final = 236.0
_WIDE: Final = 300.0
_DOWN: Final = 28.0
_FILL: Final = "#6aa5dc"


def shares_chart(found: Workforce) -> svg.Picture:
    """Each share as a bar of its whole: the part that the share is, the rest, and apart what is not known."""
    name = f"Qualifications and registration, share of {'headcount' if found.unit == 'headcount' else 'FTE'}"
    shapes = [svg.words(12, 28, name, size=16, bold=True)]
    shapes.append(
        svg.words(
            12, 48, "Of those whose role is decided or accepted; dashed: not known", size=11.5, fill=svg.SOFT
        )
    )
    top, right, said, rows = 66.0, _LEFT + _WIDE, [], []
    for one in found.shares:
        label = one.name[:1].upper() + one.name[1:]
        # What is not known is a part of the whole, and of no side.
        whole = one.of or 1
        told = "nobody to count" if one.share is None else f"{100 * one.share:.1f}%"
        text = f"{told} ({_figure(one.headcount)} of {_figure(one.of)})"
        parts = (
            (one.headcount, _FILL, False),
            (one.of - one.headcount - one.unknown, "#ffffff", False),
            (one.unknown, "#ffffff", True),
        )
        x, drawn = _LEFT, []
        for value, fill, dashed in parts:
            if value:
                width = _WIDE * value / whole
                drawn.append(svg.box(x, top, width, _DOWN - 10, fill, dashed=dashed, round_by=0))
                x += width
        shapes += _labels(label, top)
        shapes.append(svg.group(f"{label}: {text}", drawn))
        shapes.append(svg.words(_LEFT + _WIDE + 8, top + 13, text, size=11))
        right = max(right, _LEFT + _WIDE + 8 + svg.width_of(text, 11))
        said.append(f"{label}: {text}, not known {_figure(one.unknown)}")
        rows.append((label, told, _figure(one.headcount), _figure(one.of), _figure(one.unknown)))
        top += _DOWN
    columns = ("Roles", "Share", "Headcount" if found.unit == "headcount" else "FTE", "Of", "Not known")
    description = f"{name}. {'; '.join(said)}."
    return svg.Picture(right + 14, top + 8, name, description, tuple(shapes), columns, tuple(rows))


def titles_chart(found: Workforce) -> svg.Picture:
    """How many titles of the extract stand for each role, the roles with most titles first."""
    name = "Titles that stand for one role"
    roles = sorted((one for one in found.roles if one.titles), key=lambda one: (-one.titles, one.role.label))
    shapes = [svg.words(12, 28, name, size=16, bold=True)]
    before = f"{found.spread.placed} titles before, {found.spread.roles} roles after"
    shapes.append(svg.words(12, 48, before, size=11.5, fill=svg.SOFT))
    most = max((one.titles for one in roles), default=1)
    top = 66.0
    for one in roles[:MOST_ROLES]:
        width = _WIDE * one.titles / most
        shapes += _labels(one.role.label, top)
        drawn = [svg.box(_LEFT, top, width, _DOWN - 10, _FILL, round_by=0)]
        shapes.append(svg.group(f"{one.role.label}: {one.titles}", drawn))
        shapes.append(svg.words(_LEFT + width + 6, top + 13, str(one.titles), size=11))
        top += _DOWN
    more = len(roles) - MOST_ROLES
    if more > 0:
        shapes.append(svg.words(12, top + 12, f"{more} more roles are in the table", size=11, fill=svg.SOFT))
        top += 20
    rows = tuple((one.role.label, str(one.titles)) for one in roles)
    told = "; ".join(f"{label}: {titles}" for label, titles in rows)
    description = f"{name}: {before}. {told}." if rows else f"{name}. No title has a role."
    return svg.Picture(
        _LEFT + _WIDE + 50, top + 8, name, description, tuple(shapes), ("Role", "Titles"), rows
    )


def _labels(text: str, top: float) -> list[str]:
    lines = svg.cut(svg.wrapped(text, _LEFT - 20, 11), 2)
    return [
        svg.words(_LEFT - 8, top + (13 if len(lines) == 1 else 7 + 13 * n), line, size=11, anchor="end")
        for n, line in enumerate(lines)
    ]


def _figure(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".")
