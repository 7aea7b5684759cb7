"""The map of all steps, or of one family's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cmh_graph.framework import Framework
from cmh_graph.model import Ref, Step
from cmh_graph.pathways.choices import concepts_of, refuse_unknown_concept
from cmh_graph.pictures import svg
from cmh_graph.pictures.layout import Link, Node, Placed, place

_LINE_HEIGHT = 13.0
_SIZE = 10.5
_BOX_WIDTH = 140.0
_LEGEND_HEIGHT = 24.0
#: Width of the text of an A4 page, in units.
_PAGE_WIDTH = 660.0


def step_map(framework: Framework, *, family: str | None = None) -> svg.Picture:
    """All steps, or those that touch a family of roles. Boxes are coloured by family; places that are no role are
    white; dashed lines are steps that we inferred. Raises BadParameter for a family that is not known."""
    families = list(concepts_of(framework, "family"))
    known = [str(one.key) for one in families]
    refuse_unknown_concept(framework, "family", [family])
    steps = sorted(framework.steps.values(), key=lambda step: step.key)
    if family is not None:
        steps = [
            step
            for step in steps
            if any(_family(framework, one) == family for one in (step.from_position, step.to_position))
        ]
    places = sorted({one for step in steps for one in (step.from_position, step.to_position)}, key=_order)
    fills = {key: svg.FILLS[n % len(svg.FILLS)] for n, key in enumerate(known)}
    label = next((one.label for one in families if one.key == family), "")
    name = f"Steps between roles: {label}" if family else "Steps between roles"
    shown = [key for key in known if any(_family(framework, one) == key for one in places)]
    legend = [(one.label, fills[str(one.key)]) for one in families if str(one.key) in shown]
    inferred = sum(_is_inferred(step) for step in steps)
    description = (
        f"{len(places)} places and {len(steps)} steps between them, {inferred} of them inferred and drawn dashed. "
        + " ".join(f"{step.from_position.label} to {step.to_position.label}." for step in steps)
    )
    return _drawn(framework, name, description, places, steps, fills, legend)


def _drawn(
    framework: Framework,
    name: str,
    description: str,
    places: Sequence[Ref],
    steps: Sequence[Step],
    fills: dict[str, str],
    legend: Sequence[tuple[str, str]],
) -> svg.Picture:
    heights = {one: 10 + _LINE_HEIGHT * len(svg.wrapped(one.label, _BOX_WIDTH - 12, _SIZE)) for one in places}
    nodes = [Node(_name(one), _BOX_WIDTH, heights[one]) for one in places]
    # Steps between the same two places by different routes are one line.
    pairs = list(dict.fromkeys((step.from_position, step.to_position) for step in steps))
    links = [Link(_name(a), _name(b)) for a, b in pairs]
    placed = place(nodes, links)
    if placed.width > _PAGE_WIDTH:
        # A page and a phone are narrow: what is narrower from top to bottom is drawn so.
        placed = min(placed, place(nodes, links, down=True), key=lambda one: one.width)
    dashed = {
        pair: all(_is_inferred(step) for step in steps if (step.from_position, step.to_position) == pair)
        for pair in pairs
    }
    top = 34 + _LEGEND_HEIGHT * _rows(legend, placed.width)
    shapes = [svg.words(16, 24, name, size=16, bold=True), *_legend(legend, placed.width)]
    shapes += [
        svg.group(f"{pair[0].label} to {pair[1].label}", [_line(line, top, dashed=dashed[pair])])
        for pair, line in zip(pairs, placed.lines, strict=True)
    ]
    shapes += [_box(framework, one, placed, heights[one], top, fills) for one in places]
    rows = tuple(
        (
            step.from_position.label, step.to_position.label, step.step_kind,
            " or ".join(ref.label for ref in step.via_routes), "yes" if _is_inferred(step) else "no",
        )
        for step in steps
    )  # fmt: skip
    columns = ("From", "To", "Kind", "By", "Inferred")
    return svg.Picture(placed.width, placed.height + top, name, description, tuple(shapes), columns, rows)


def _rows(legend: Sequence[tuple[str, str]], width: float) -> int:
    per_row = max(int((width - 32) // 190), 1)
    return -(-(len(legend) + 1) // per_row)


def _legend(legend: Sequence[tuple[str, str]], width: float) -> Iterable[str]:
    per_row = max(int((width - 32) // 190), 1)
    for number, (label, fill) in enumerate([*legend, ("dashed: inferred by us", "")]):
        x, y = 16 + 190 * (number % per_row), 36 + _LEGEND_HEIGHT * (number // per_row)
        yield svg.box(x, y, 14, 14, fill or "#ffffff", dashed=not fill)
        yield svg.words(x + 20, y + 11.5, label, size=10.5)


def _box(
    framework: Framework, one: Ref, placed: Placed, height: float, top: float, fills: dict[str, str]
) -> str:
    x, y = placed.boxes[_name(one)]
    family = _family(framework, one)
    shapes = [svg.box(x, y + top, _BOX_WIDTH, height, fills.get(family or "", "#ffffff"))]
    for number, text in enumerate(svg.wrapped(one.label, _BOX_WIDTH - 12, _SIZE)):
        shapes.append(svg.words(x + 6, y + top + 15 + _LINE_HEIGHT * number, text, size=_SIZE))
    return svg.group(one.label, shapes)


def _line(points: Sequence[tuple[float, float]], top: float, *, dashed: bool) -> str:
    moved = [(x, y + top) for x, y in points]
    first, curve, tip = moved[0], moved[1:-1], moved[-1]
    steps = " ".join(f"{svg.number(x)},{svg.number(y)}" for x, y in curve)
    end = curve[-1] if curve else first
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    across, down = tip[0] - end[0], tip[1] - end[1]
    length = (across**2 + down**2) ** 0.5 or 1.0
    side = (-down / length * 3.5, across / length * 3.5)
    arrow = (
        f"M {svg.number(tip[0])} {svg.number(tip[1])} "
        f"L {svg.number(end[0] + side[0])} {svg.number(end[1] + side[1])} "
        f"L {svg.number(end[0] - side[0])} {svg.number(end[1] - side[1])} z"
    )
    return (
        f'<path d="M {svg.number(first[0])},{svg.number(first[1])} C {steps}" fill="none" stroke="{svg.LINE}"{dash}/>'
        f'<path d="{arrow}" fill="{svg.LINE}"/>'
    )


def _name(ref: Ref) -> str:
    return f"{ref.kind}/{ref.key}"


def _order(ref: Ref) -> tuple[str, str]:
    return ref.kind, ref.key


def _family(framework: Framework, ref: Ref) -> str | None:
    role = framework.roles.get(ref.key) if ref.kind == "role" else None
    return role.family if role else None


def _is_inferred(step: Step) -> bool:
    return step.says is not None and step.says.is_inferred
