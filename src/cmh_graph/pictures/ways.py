"""One progression from top to bottom, and the steps into and out of one role.

Nothing here needs a layout engine: a single column and three columns have one layout, which is the same on every
machine, so that papers do not change with what is installed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cmh_graph.framework import Framework
from cmh_graph.model import Role, Step
from cmh_graph.pathways.answers import ProgressionAnswer, StepAnswer
from cmh_graph.pictures import svg

#: Neighbours that one side of a role shows; the table has all.
MOST_SHOWN: Final = 8
_WAY_WIDTH: Final = 560.0
_BOX_WIDTH: Final = 250.0
_SIDE_WIDTH: Final = 196.0
_GAP: Final = 34.0


def progression_picture(framework: Framework, way: ProgressionAnswer) -> svg.Picture:
    """One way, from top to bottom: places at the left, what each step takes beside its arrow."""
    steps = [framework.step(one.key) for one in way.steps]
    places = [steps[0].from_position, *(step.to_position for step in steps)]
    notes = [
        "; ".join(
            part
            for part in (step_in_words(one), "inferred" if one.says and one.says.is_inferred else "")
            if part
        )
        for one in way.steps
    ]
    shapes: list[str] = []
    top = 46.0
    name = f"The way from {places[0].label} to {places[-1].label}"
    title = svg.wrapped(name, _WAY_WIDTH - 24, 14, bold=True)
    shapes += [svg.words(12, 24 + 18 * n, line, size=14, bold=True) for n, line in enumerate(title)]
    top += 18 * (len(title) - 1)
    for number, here in enumerate(places):
        lines = svg.wrapped(here.label, _BOX_WIDTH - 20, 12)
        height = 20.0 + 15 * len(lines)
        drawn = [svg.box(12, top, _BOX_WIDTH, height, svg.FILLS[0])]
        drawn += [svg.words(22, top + 22 + 15 * n, text, size=12) for n, text in enumerate(lines)]
        shapes.append(svg.group(here.label, drawn))
        top += height
        if number == len(steps):
            break
        said = svg.cut(svg.wrapped(notes[number], _WAY_WIDTH - 70, 11), 4)
        down = max(36.0, 16.0 + 14 * len(said))
        dash = ' stroke-dasharray="5 4"' if _is_inferred(steps[number]) else ""
        arrow = [
            f'<path d="M 34 {svg.number(top)} V {svg.number(top + down - 9)}" stroke="{svg.LINE}" '
            f'stroke-width="1.5" fill="none"{dash}/>',
            f'<path d="M 29 {svg.number(top + down - 9)} h 10 l -5 8 z" fill="{svg.LINE}"/>',
        ]
        middle = top + (down - 14 * len(said)) / 2 + 11
        arrow += [svg.words(52, middle + 14 * n, text, size=11, fill=svg.SOFT) for n, text in enumerate(said)]
        shapes.append(svg.group(f"{here.label} to {places[number + 1].label}: {notes[number]}", arrow))
        top += down
    rows = tuple(
        (str(n), step.from_position.label, step.to_position.label, *_cells(one), _mark(step))
        for n, (step, one) in enumerate(zip(steps, way.steps, strict=True), 1)
    )
    description = ". ".join(
        f"{step.from_position.label} to {step.to_position.label}: {note}"
        for step, note in zip(steps, notes, strict=True)
    )
    columns = ("Step", "From", "To", "By", "What it needs", "Months", "Inferred")
    return svg.Picture(_WAY_WIDTH, top + 14, name, f"{description}.", tuple(shapes), columns, rows)


def step_in_words(one: StepAnswer) -> str:
    """By which route, with what, and how long; empty where nothing of it is stated. What alone is inferred of a step
    that has a source says so."""
    by, needs, months = _cells(one)
    own = one.says.inferred_fields if one.says and not one.says.is_inferred else ()
    length, _, assumed = months.partition(", ")
    if not assumed and {"minimum_months", "maximum_months"} & set(own):
        assumed = "inferred"
    time = f"{length} months" + (f" ({assumed})" if assumed else "") if months else ""
    judged = " (inferred)" if {"needs", "needs_one_of"} & set(own) else ""
    return "; ".join(part for part in (by, f"needs {needs}{judged}" if needs else "", time) if part)


def _cells(one: StepAnswer) -> tuple[str, str, str]:
    by = " or ".join(ref.label for ref in one.via_routes)
    needs = [ref.label for ref in one.needs]
    if one.needs_one_of:
        needs.append("one of " + ", ".join(ref.label for ref in one.needs_one_of))
    months = str(one.minimum_months)
    if (one.maximum_months or 0) > one.minimum_months:
        months += f" to {one.maximum_months}"
    if one.months_are_assumed:
        months = f"about {months}, assumed" if one.minimum_months else ""
    return by, "; ".join(needs), months


@dataclass(frozen=True, slots=True)
class _Neighbour:
    """A place beside a role, by one or more steps."""

    label: str
    by: str
    dashed: bool


def ways_in_and_on(framework: Framework, role: Role) -> svg.Picture | None:
    """The role in the middle, places that lead to it at the left, places that it leads to at the right; None where
    there are none. Steps sideways are left out. Dashed: every step between the two is our inference."""
    into = [step for step in framework.steps_to(role) if step.step_kind != "sideways"]
    out = [step for step in framework.steps_from(role) if step.step_kind != "sideways"]
    if not into and not out:
        return None
    left, right = _neighbours(into, start=True), _neighbours(out, start=False)
    name = f"Ways into {role.label}, and on from it"
    columns = [_drawn_column(one, role, leads=place == 0) for place, one in enumerate((left, right))]
    deepest = max(height for _, height in columns)
    width, top = 3 * _SIDE_WIDTH + 2 * _GAP + 24, 52.0
    shapes: list[str] = []
    centre = 12 + _SIDE_WIDTH + _GAP
    lines = svg.wrapped(role.label, _SIDE_WIDTH - 20, 12, bold=True)
    height = 22.0 + 16 * len(lines)
    deepest = max(deepest, height)
    y = top - 14 + (deepest - height) / 2
    for side, (boxes, tall) in enumerate(columns):
        x = 12 + side * 2 * (_SIDE_WIDTH + _GAP)
        down = top - 14 + (deepest - tall) / 2
        if boxes:
            shapes.append(svg.words(x, down - 10, ("Before", "After")[side], size=12, bold=True))
        for shape in boxes:
            shapes.append(shape(x, down, y + height / 2))
    drawn = [svg.box(centre, y, _SIDE_WIDTH, height, svg.FILLS[0])]
    drawn += [
        svg.words(centre + _SIDE_WIDTH / 2, y + 22 + 16 * n, text, size=12, anchor="middle", bold=True)
        for n, text in enumerate(lines)
    ]
    shapes.append(svg.group(role.label, drawn))
    bottom = top + deepest
    if any(one.dashed for one in (*left, *right)):
        shapes.append(svg.words(12, bottom + 12, "Dashed: inferred by us.", size=10.5, fill=svg.SOFT))
        bottom += 18
    rows = (
        *(("before", one.label, one.by, "yes" if one.dashed else "no") for one in left),
        *(("after", one.label, one.by, "yes" if one.dashed else "no") for one in right),
    )
    before = ", ".join(one.label for one in left) or "nothing stated"
    after = ", ".join(one.label for one in right) or "nothing stated"
    description = f"Before it: {before}. After it: {after}."
    return svg.Picture(
        width,
        bottom + 6,
        name,
        description,
        tuple(shapes),
        ("Where", "Role or place", "By", "Inferred"),
        rows,
    )


class _Placed:
    """A box whose place in its column is known, and which is drawn once the column's place is."""

    def __init__(self, one: _Neighbour | str, y: float, height: float, role: Role, *, leads: bool) -> None:
        self.one, self.y, self.height, self.role, self.leads = one, y, height, role, leads

    def __call__(self, x: float, top: float, middle: float) -> str:
        y = top + self.y
        if isinstance(self.one, str):
            return svg.words(x, y + 14, self.one, size=11, fill=svg.SOFT)
        labels, by = _lines(self.one)
        drawn = [svg.box(x, y, _SIDE_WIDTH, self.height, "#ffffff")]
        drawn += [svg.words(x + 10, y + 18 + 14 * n, text, size=11) for n, text in enumerate(labels)]
        drawn += [
            svg.words(x + 10, y + 18 + 14 * len(labels) + 12.5 * n, text, size=10, fill=svg.SOFT)
            for n, text in enumerate(by)
        ]
        own = y + self.height / 2
        # From the right side of a box to the left side of the next one, level at both ends.
        start, end = (x + _SIDE_WIDTH, own), (x + _SIDE_WIDTH + _GAP, middle)
        if not self.leads:
            start, end = (x - _GAP, middle), (x, own)
        half = (start[0] + end[0] - 7) / 2
        dash = ' stroke-dasharray="5 4"' if self.one.dashed else ""
        n = svg.number
        drawn.append(
            f'<path d="M {n(start[0])},{n(start[1])} C {n(half)},{n(start[1])} {n(half)},{n(end[1])} '
            f'{n(end[0] - 7)},{n(end[1])}" fill="none" stroke="{svg.LINE}" stroke-width="1.3"{dash}/>'
            f'<path d="M {n(end[0] - 8)} {n(end[1] - 4)} l 8 4 l -8 4 z" fill="{svg.LINE}"/>'
        )
        first, last = (self.one.label, self.role.label) if self.leads else (self.role.label, self.one.label)
        title = f"{first} to {last}" + (f": {self.one.by}" if self.one.by else "")
        return svg.group(title + (" (inferred)" if self.one.dashed else ""), drawn)


def _drawn_column(found: Sequence[_Neighbour], role: Role, *, leads: bool) -> tuple[list[_Placed], float]:
    """Boxes one under another, and how tall they are together."""
    boxes, y = [], 0.0
    for one in found[:MOST_SHOWN]:
        labels, by = _lines(one)
        height = 14 + 14.0 * len(labels) + 12.5 * len(by)
        boxes.append(_Placed(one, y, height, role, leads=leads))
        y += height + 8
    more = len(found) - MOST_SHOWN
    if more > 0:
        boxes.append(_Placed(f"and {more} more in the table", y, 20, role, leads=leads))
        y += 20
    return boxes, y


def _lines(one: _Neighbour) -> tuple[list[str], list[str]]:
    by = svg.cut(svg.wrapped(one.by, _SIDE_WIDTH - 20, 10), 2) if one.by else []
    return svg.wrapped(one.label, _SIDE_WIDTH - 20, 11), by


def _neighbours(steps: Sequence[Step], *, start: bool) -> list[_Neighbour]:
    groups: dict[str, list[Step]] = {}
    for step in steps:
        groups.setdefault((step.from_position if start else step.to_position).label, []).append(step)
    return [
        _Neighbour(
            label,
            " or ".join(dict.fromkeys(ref.label for step in these for ref in step.via_routes)),
            all(_is_inferred(step) for step in these),
        )
        for label, these in groups.items()
    ]


def _is_inferred(step: Step) -> bool:
    return step.says is not None and step.says.is_inferred


def _mark(step: Step) -> str:
    return "yes" if _is_inferred(step) else "no"
