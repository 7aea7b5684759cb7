"""Statements -> a picture: what they are about in boxes, what they say on the lines between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import Final

from cmh_graph.namespaces import PREFIXES, compact
from cmh_graph.pictures import svg
from cmh_graph.pictures.layout import Link, Node, place
from cmh_graph.store import Literal, NamedNode, Term, text_of

#: One statement: subject, property (None where a row names none) and object.
Said = tuple[Term, Term | None, Term]
#: Boxes in a picture. With more of them nobody finds a way through the lines.
MOST_BOXES: Final = 40
_MOST_LINES: Final = 4 * MOST_BOXES
_TYPE: Final = PREFIXES["rdf"] + "type"
_NAMES: Final = frozenset(
    {PREFIXES["skos"] + "prefLabel", PREFIXES["rdfs"] + "label", PREFIXES["dcterms"] + "title"}
)
#: What says nothing to a reader: nearly everything is one.
_EVERYTHING: Final = frozenset({PREFIXES["prov"] + "Entity", PREFIXES["cmh"] + "SourcedThing"})
_BOX: Final = 168.0
_SIZE, _LINE, _ROWS = 11.0, 14.0, 4
_LITERAL, _THING, _OTHER = "#ffffff", svg.FILLS[0], svg.FILLS[7]
#: Graphviz takes a processor for a moment: so many at once, the others wait.
_DRAWING: Final = BoundedSemaphore(2)


@dataclass(slots=True)
class _Box:
    """A thing or a literal: its text, what kind of thing it is, how it looks."""

    text: str
    fill: str
    kinds: list[str] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        return svg.cut(svg.wrapped(self.text[:400] or "(empty)", _BOX - 16, _SIZE), _ROWS)

    @property
    def height(self) -> float:
        return 12 + _LINE * (len(self.lines) + bool(self.kinds))


def picture(statements: Iterable[Said], label: Callable[[str], str]) -> tuple[svg.Picture, int]:
    """A picture of the first statements that fit into MOST_BOXES boxes, and how many statements were left out.

    label: IRI -> its name, "" if nobody knows one. Names and kinds stand inside the boxes.
    Raises MissingProgram without Graphviz."""
    all_said = list(statements)
    # What names a thing or says its kind is read of all statements: the lines that use it may come first.
    named, kinds = _inside(all_said)
    boxes: dict[str, _Box] = {}
    lines: dict[tuple[str, str], list[str]] = {}
    drawn = left_out = 0
    for subject, prop, value in all_said:
        if _is_inside(prop):
            wanted = [(str(subject), subject)]
        else:
            # A literal belongs to its statement: two things of one age are not linked by it.
            place_of = f"{subject}\n{prop}\n{value}" if isinstance(value, Literal) else str(value)
            wanted = [(str(subject), subject), (place_of, value)]
        fresh = [name for name, _ in wanted if name not in boxes]
        if len(boxes) + len(fresh) > MOST_BOXES or drawn >= _MOST_LINES:
            left_out += 1
            continue
        for name, term in wanted:
            if name not in boxes:
                boxes[name] = _box(term, named, kinds, label)
        if len(wanted) == 2:
            drawn += 1
            lines.setdefault((wanted[0][0], _words(prop)), []).append(wanted[1][0])
    return _draw(boxes, lines, len(all_said), left_out), left_out


def _inside(statements: Sequence[Said]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """What names things, and their kinds, by subject."""
    named: dict[str, str] = {}
    kinds: dict[str, list[str]] = {}
    for subject, prop, value in statements:
        if text_of(prop) in _NAMES:
            named.setdefault(str(subject), text_of(value))
        elif text_of(prop) == _TYPE and text_of(value) not in _EVERYTHING:
            kinds.setdefault(str(subject), []).append(compact(text_of(value)).rpartition(":")[2])
    return named, kinds


def _is_inside(prop: Term | None) -> bool:
    return text_of(prop) == _TYPE or text_of(prop) in _NAMES


def _box(term: Term, named: dict[str, str], kinds: dict[str, list[str]], label: Callable[[str], str]) -> _Box:
    if isinstance(term, Literal):
        return _Box(term.value, _LITERAL)
    name = named.get(str(term), "")
    if isinstance(term, NamedNode):
        name = name or label(term.value) or compact(term.value)
    else:
        name = name or "(without a name)"
    found = sorted(set(kinds.get(str(term), ())))
    return _Box(name, _THING if isinstance(term, NamedNode) else _OTHER, found[:2])


def _words(prop: Term | None) -> str:
    """A property as a line says it: hasRequirement -> has requirement."""
    name = compact(text_of(prop)).rpartition(":")[2] or compact(text_of(prop))
    return "".join(f" {char.lower()}" if char.isupper() else char for char in name)[:40].strip()


def _draw(
    boxes: dict[str, _Box], lines: dict[tuple[str, str], list[str]], said: int, left_out: int
) -> svg.Picture:
    nodes = [Node(f"b{name}", _BOX, one.height) for name, one in boxes.items()]
    links: list[Link] = []
    worded: dict[str, str] = {}
    for (subject, words), values in lines.items():
        # The words stand between the boxes, once for all that a thing says with one property.
        start = f"b{subject}"
        if words:
            knot = f"p{subject}\n{words}"
            worded[knot] = words
            nodes.append(Node(knot, svg.width_of(words, 10) + 10, 16))
            links.append(Link(start, knot))
            start = knot
        links += [Link(start, f"b{value}") for value in values]
    with _DRAWING:
        placed = place(nodes, links)
    shapes = [
        _line(curve, arrow=link.end.startswith("b")) for link, curve in zip(links, placed.lines, strict=True)
    ]
    for name, one in boxes.items():
        x, y = placed.boxes[f"b{name}"]
        shapes.append(_drawn_box(one, x, y))
    for knot, words in worded.items():
        x, y = placed.boxes[knot]
        width = svg.width_of(words, 10) + 10
        shapes.append(
            f'<rect x="{svg.number(x)}" y="{svg.number(y)}" width="{svg.number(width)}" height="16" fill="#ffffff"/>'
        )
        shapes.append(svg.words(x + width / 2, y + 11.5, words, size=10, anchor="middle", fill=svg.SOFT))
    drawn = said - left_out
    description = (
        f"{len(boxes)} boxes and the lines between them, from {drawn} of {said} statements. "
        + " ".join(
            f"{boxes[subject].text[:60]} {words}: {', '.join(boxes[value].text[:60] for value in values[:12])}."
            for (subject, words), values in list(lines.items())[:40]
        )
    )
    return svg.Picture(placed.width, placed.height, "Picture of the answer", description, tuple(shapes))


def _drawn_box(one: _Box, x: float, y: float) -> str:
    shapes = [svg.box(x, y, _BOX, one.height, one.fill, round_by=0 if one.fill == _LITERAL else 4)]
    top = y + 17
    for text in one.lines:
        shapes.append(svg.words(x + 8, top, text, size=_SIZE))
        top += _LINE
    if one.kinds:
        shapes.append(svg.words(x + 8, top, ", ".join(one.kinds)[:30], size=9.5, fill=svg.SOFT))
    return svg.group(one.text[:400], shapes)


def _line(points: Sequence[tuple[float, float]], *, arrow: bool) -> str:
    """A line as Graphviz bends it, with a tip where it ends at a box."""
    curve, tip = points[:-1], points[-1]
    first, steps = curve[0], " ".join(f"{svg.number(x)},{svg.number(y)}" for x, y in curve[1:])
    path = f'<path d="M {svg.number(first[0])},{svg.number(first[1])} C {steps}" fill="none" stroke="{svg.LINE}"/>'
    end = curve[-1]
    if not arrow:
        return path + _straight(end, tip)
    across, down = tip[0] - end[0], tip[1] - end[1]
    length = (across**2 + down**2) ** 0.5 or 1.0
    side = (-down / length * 3.5, across / length * 3.5)
    return path + (
        f'<path d="M {svg.number(tip[0])} {svg.number(tip[1])} L {svg.number(end[0] + side[0])} '
        f'{svg.number(end[1] + side[1])} L {svg.number(end[0] - side[0])} {svg.number(end[1] - side[1])} z" '
        f'fill="{svg.LINE}"/>'
    )


def _straight(start: tuple[float, float], end: tuple[float, float]) -> str:
    (x, y), (to_x, to_y) = start, end
    return f'<path d="M {svg.number(x)} {svg.number(y)} L {svg.number(to_x)} {svg.number(to_y)}" stroke="{svg.LINE}"/>'
