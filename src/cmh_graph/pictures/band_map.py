"""The whole framework on one sheet: a row for each family, a column for each pay band, a box for each role.

Lines are the steps within a family. No layout program is needed: everything stands in a grid."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from cmh_graph.framework import Framework
from cmh_graph.model import Key, Role, Step
from cmh_graph.pathways.choices import concepts_of
from cmh_graph.pictures import svg

_FAMILY_WIDTH: Final = 116.0
_BOX_WIDTH: Final = 118.0
_ACROSS: Final = 18.0
_DOWN: Final = 10.0
_PADDING: Final = 10.0
_HEAD: Final = 40.0
_LINE_HEIGHT: Final = 13.0
_SIZE: Final = 11.0
_NOTE_SIZE: Final = 9.5
#: Columns that are no band: for roles without pay, and for paid roles to which no source gives a band.
UNPAID: Final = "unpaid"
NO_BAND: Final = "none stated"


@dataclass(frozen=True, slots=True)
class _Box:
    """A role in its place. x, y: of its upper left corner."""

    role: Role
    lines: tuple[str, ...]
    notes: tuple[str, ...]
    x: float
    y: float

    @property
    def height(self) -> float:
        return _height(self.lines, self.notes)


def band_map(
    framework: Framework,
    roles: Sequence[Role],
    *,
    without_qualification: frozenset[str] = frozenset(),
    address: Callable[[Role], str] | None = None,
) -> svg.Picture:
    """Roles by family and by the lowest band that any source gives them.

    roles: those to be shown, at least one. without_qualification: keys of those that say that they ask for none.
    address: where the box of a role leads to; None for no links."""
    columns = columns_of(framework, roles)
    left = {column: _FAMILY_WIDTH + number * (_BOX_WIDTH + _ACROSS) for number, column in enumerate(columns)}
    width = _FAMILY_WIDTH + len(columns) * (_BOX_WIDTH + _ACROSS)
    back: list[str] = []
    boxes: dict[Key, _Box] = {}
    top = _HEAD
    for number, (name, members) in enumerate(families_of(framework, roles)):
        start = top + _PADDING
        bottom = start
        for column in columns:
            y = start
            for role in (one for one in members if column_of(one) == column):
                lines = tuple(svg.wrapped(role.label, _BOX_WIDTH - 14, _SIZE))
                notes = _notes(role, str(role.key) in without_qualification)
                boxes[role.key] = _Box(role, lines, notes, left[column], y)
                y += _height(lines, notes) + _DOWN
            bottom = max(bottom, y)
        height = bottom - top
        if number % 2 == 0:
            size = f'width="{svg.number(width)}" height="{svg.number(height)}"'
            back.append(f'<rect y="{svg.number(top)}" {size} fill="#f0f4f5"/>')
        for line, text in enumerate(svg.wrapped(name, _FAMILY_WIDTH - 14, 12, bold=True)):
            back.append(svg.words(10, start + 16 + 15 * line, text, size=12, bold=True))
        top = bottom
    heads = [
        svg.words(left[column] + _BOX_WIDTH / 2, 25, heading(column), size=12, anchor="middle", bold=True)
        for column in columns
    ]
    steps = _steps(framework, boxes)
    arrows = [_line(step, boxes[step.from_position.key], boxes[step.to_position.key]) for step in steps]
    shapes = [*back, *heads, *arrows, *(_drawn(box, address) for box in boxes.values())]
    count = len(families_of(framework, roles))
    description = f"{len(boxes)} roles in {count} families, from left to right by pay band."
    rows = tuple(
        (box.role.label, box.role.family or "", heading(column_of(box.role))) for box in boxes.values()
    )
    return svg.Picture(
        width,
        top + 1,
        "Roles by family and pay band",
        description,
        tuple(shapes),
        ("Role", "Family", "Column"),
        rows,
    )


def column_of(role: Role) -> str:
    """The column of a role: its lowest band, or what stands in for one."""
    if role.bands:
        return str(role.bands[0])
    return UNPAID if role.is_paid is False else NO_BAND


def heading(column: str) -> str:
    """What stands over a column."""
    return {UNPAID: "Unpaid", NO_BAND: "Band not stated"}.get(column, f"From band {column}")


def columns_of(framework: Framework, roles: Iterable[Role]) -> list[str]:
    """The columns that some role stands in, from left to right."""
    used = {column_of(role) for role in roles}
    # To whom no source gives a band may be paid anything: that is no place among the bands.
    return [one for one in (UNPAID, *map(str, framework.bands), NO_BAND) if one in used]


def families_of(framework: Framework, roles: Iterable[Role]) -> list[tuple[str, list[Role]]]:
    """Name of each family -> its roles by band and name; families in which people start lowest come first."""
    everyone = list(roles)
    order = {column: number for number, column in enumerate(columns_of(framework, everyone))}
    names = {str(one.key): one.label for one in concepts_of(framework, "family")}
    found: dict[str, list[Role]] = {}
    for role in everyone:
        found.setdefault(names.get(role.family or "", "Other roles"), []).append(role)
    for members in found.values():
        members.sort(key=lambda role: (order[column_of(role)], role.label.casefold()))

    def place(item: tuple[str, list[Role]]) -> tuple[float, str]:
        places = [order[column] for role in item[1] if (column := column_of(role)) != NO_BAND]
        return sum(places) / len(places) if places else float(len(order)), item[0]

    return sorted(found.items(), key=place)


def _notes(role: Role, asks_for_none: bool) -> tuple[str, ...]:
    bands = f"band {role.bands[0]} to {role.bands[-1]}" if len(role.bands) > 1 else ""
    entry = "registered" if role.is_regulated else "no qualification" if asks_for_none else ""
    return tuple(one for one in (bands, entry) if one)


def _height(lines: Sequence[str], notes: Sequence[str]) -> float:
    return 12 + _LINE_HEIGHT * len(lines) + 12 * len(notes)


def _steps(framework: Framework, boxes: dict[Key, _Box]) -> list[Step]:
    """The steps between roles of one family that are both shown, each pair once."""
    found: dict[tuple[Key, Key], Step] = {}
    for step in sorted(
        framework.steps.values(), key=lambda one: (bool(one.says and one.says.is_inferred), one.key)
    ):
        start, end = step.from_position, step.to_position
        if start.kind != "role" or end.kind != "role" or start.key not in boxes or end.key not in boxes:
            continue
        if boxes[start.key].role.family == boxes[end.key].role.family:
            found.setdefault((start.key, end.key), step)
    return list(found.values())


def _line(step: Step, start: _Box, end: _Box) -> str:
    dash = ' stroke-dasharray="5 4"' if step.says is not None and step.says.is_inferred else ""
    y1, y2 = start.y + start.height / 2, end.y + end.height / 2
    if end.x > start.x:
        x1, x2 = start.x + _BOX_WIDTH, end.x - 6
        bend = max(7.0, (x2 - x1) / 2)
        curve = f"C {_at(x1 + bend, y1)} {_at(x2 - bend, y2)} {_at(x2, y2)}"
        tip = f"M {_at(end.x, y2)} l -7 -3.5 v 7 z"
    else:
        x2 = end.x + _BOX_WIDTH + 6
        tip = f"M {_at(end.x + _BOX_WIDTH, y2)} l 7 -3.5 v 7 z"
        if end.x < start.x:
            x1 = start.x
            bend = max(7.0, (x1 - x2) / 2)
            curve = f"C {_at(x1 - bend, y1)} {_at(x2 + bend, y2)} {_at(x2, y2)}"
        else:
            # Within a column: along its right-hand side.
            x1 = start.x + _BOX_WIDTH
            curve = f"C {_at(x1 + 16, y1)} {_at(x1 + 16, y2)} {_at(x2, y2)}"
    path = f'<path d="M {_at(x1, y1)} {curve}" fill="none" stroke="{svg.SOFT}"{dash}/>'
    head = f'<path d="{tip}" fill="{svg.SOFT}"/>'
    return svg.group(f"{step.from_position.label} to {step.to_position.label}", [path, head])


def _at(x: float, y: float) -> str:
    return f"{svg.number(x)},{svg.number(y)}"


def _drawn(box: _Box, address: Callable[[Role], str] | None) -> str:
    fill = "#ffffff" if not box.role.is_regulated else "#dceaf7"
    shapes = [svg.box(box.x, box.y, _BOX_WIDTH, box.height, fill)]
    y = box.y + 16
    for line in box.lines:
        shapes.append(svg.words(box.x + 7, y, line, size=_SIZE))
        y += _LINE_HEIGHT
    for note in box.notes:
        shapes.append(svg.words(box.x + 7, y, note, size=_NOTE_SIZE, fill=svg.SOFT))
        y += 12
    drawn = svg.group(box.role.label, shapes)
    if address is None:
        return drawn
    # Not reached by the tab key: the lists beside the picture hold the same links.
    return f'<a href="{svg.text_of(address(box.role))}" tabindex="-1">{drawn}</a>'
