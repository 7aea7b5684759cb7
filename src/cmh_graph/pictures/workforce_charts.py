"""Who holds which role, and at which band, as bars: decided, accepted and proposed side by side, never added up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cmh_graph.pictures import svg
from cmh_graph.workforce.view import Counts, Workforce

#: Roles that are drawn; the table has all.
MOST_BARS: Final = 16
#: Parts of a bar: which count, what to call it, its fill, and whether it is dashed, as colour alone says nothing.
_PARTS: Final = (
    ("decided", "decided by people", "#005eb8", False),
    ("accepted", "accepted by the matching, not reviewed", "#6aa5dc", False),
    ("review", "to review", "#fdf3d0", True),
    ("none", "without a role", "#ffffff", True),
)
_LEFT: Final = 216.0
_WIDE: Final = 340.0
_DOWN: Final = 28.0


@dataclass(frozen=True, slots=True)
class _Bar:
    label: str
    counts: Counts


def roles_chart(found: Workforce) -> svg.Picture:
    """Headcount by role, the largest first, at most MOST_BARS of them, and what has no role."""
    bars = [_Bar(one.role.label, one.counts) for one in found.roles[:MOST_BARS]]
    if found.counts.none:
        bars.append(_Bar("No role of the framework", Counts(0, 0, 0, found.counts.none)))
    more = len(found.roles) - MOST_BARS
    note = f"{more} more roles are in the table" if more > 0 else ""
    return _chart(f"{_unit(found)} by role", bars, note)


def bands_chart(found: Workforce) -> svg.Picture:
    """Headcount by pay band, from the lowest."""
    names = {"several": "Several bands", "not stated": "No band stated"}
    bars = [_Bar(names.get(one.band, f"Band {one.band}"), one.counts) for one in found.bands]
    return _chart(f"{_unit(found)} by pay band", bars, "")


def _unit(found: Workforce) -> str:
    return "Headcount" if found.unit == "headcount" else "FTE"


def _chart(name: str, bars: Sequence[_Bar], note: str) -> svg.Picture:
    used = [part for part in _PARTS if any(getattr(bar.counts, part[0]) for bar in bars)]
    longest = max((_total(bar) for bar in bars), default=0) or 1
    shapes = [svg.words(12, 28, name, size=16, bold=True)]
    top = 44.0
    for _, words, fill, dashed in used:
        shapes.append(svg.box(14, top, 14, 14, fill, dashed=dashed, round_by=0))
        shapes.append(svg.words(36, top + 12, words, size=11.5))
        top += 20
    top += 10
    said, right = [], _LEFT + _WIDE
    for bar in bars:
        label = svg.cut(svg.wrapped(bar.label, _LEFT - 20, 11), 2)
        for n, line in enumerate(label):
            y = top + (15 if len(label) == 1 else 9 + 13 * n)
            shapes.append(svg.words(_LEFT - 8, y, line, size=11, anchor="end"))
        x, parts, all_inside = _LEFT, [], True
        for key, words, fill, dashed in used:
            value = getattr(bar.counts, key)
            if not value:
                continue
            width = max(_WIDE * value / longest, 2.0)
            parts.append(f"{_said(value)} {words}")
            drawn = [svg.box(x, top + 2, width, _DOWN - 10, fill, dashed=dashed, round_by=0)]
            # A figure stands inside its bar where it fits; where one does not, all stand behind.
            fits = width > 8 + svg.width_of(_said(value), 10.5)
            all_inside = all_inside and fits
            if fits:
                ink = "#ffffff" if key == "decided" else svg.INK
                drawn.append(
                    svg.words(x + width / 2, top + 15, _said(value), size=10.5, anchor="middle", fill=ink)
                )
            shapes.append(svg.group(f"{bar.label}: {_said(value)} {words}", drawn))
            x += width
        said.append(f"{bar.label}: {', '.join(parts)}")
        if not parts or not all_inside:
            values = " + ".join(_values(bar))
            shapes.append(svg.words(x + 6, top + 15, values, size=10.5, fill=svg.SOFT))
            right = max(right, x + 6 + svg.width_of(values, 10.5))
        top += _DOWN
    if note:
        shapes.append(svg.words(12, top + 18, note, size=11, fill=svg.SOFT))
        top += 22
    description = f"{name}. " + ("; ".join(said) + "." if said else "The extract has no rows that count.")
    rows = tuple((bar.label, *(_said(getattr(bar.counts, part[0])) for part in used)) for bar in bars)
    columns = ("What", *(part[1] for part in used))
    return svg.Picture(right + 14, top + 14, name, description, tuple(shapes), columns, rows)


def _total(bar: _Bar) -> float:
    return float(sum(getattr(bar.counts, part[0]) for part in _PARTS))


def _values(bar: _Bar) -> list[str]:
    found = [getattr(bar.counts, part[0]) for part in _PARTS]
    return [_said(value) for value in found if value] or ["0"]


def _said(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".")
