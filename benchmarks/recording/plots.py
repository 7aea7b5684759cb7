"""Ratios as bars on a scale of doublings, and growth over scales as lines on logarithmic axes, as SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cmh_graph.pictures import svg
from recording.lines import Growth, Line, figure

_LEFT, _WIDE, _ROW = 330.0, 380.0, 34.0
_MET, _SHORT, _PLAIN = "#3f7a3a", "#b3501d", "#6aa5dc"
#: Colours and dashes, so that lines stay apart without colours too.
_STROKES = (
    ("#005eb8", ""),
    ("#b3501d", "6 3"),
    ("#3f7a3a", "2 3"),
    ("#7c2855", "8 3 2 3"),
    ("#4c6272", "1 2"),
)


def ratios(title: str, lines: Sequence[Line]) -> bytes:
    """A bar for each line with a ratio, from 1 to the ratio; a stroke for the spread, a mark for what is wanted."""
    drawn = [(line, ratio) for line in lines if (ratio := line.ratio)]
    values = [
        value for line, ratio in drawn for value in (ratio.least, ratio.most, line.wanted or 1.0) if value > 0
    ]
    low, high = math.log2(min(0.5, *values)), math.log2(max(2.0, *values))

    def x(value: float) -> float:
        return _LEFT + _WIDE * (math.log2(max(value, 2**low)) - low) / (high - low)

    bottom = 84 + _ROW * len(drawn)
    shapes = [
        svg.words(12, 26, title, size=16, bold=True),
        svg.words(12, 46, "How many times as good ours is as the peer's. Stroke: spread. Mark: wanted at least.",
                  size=11, fill=svg.SOFT),
    ]  # fmt: skip
    step = max(1, math.ceil((high - low) / 9))
    for power in range(math.ceil(low), math.floor(high) + 1):
        if power % step:
            continue
        at = x(2.0**power)
        shapes.append(_line(at, 70, at, bottom, "#425563" if power == 0 else "#d8dde0"))
        shapes.append(svg.words(at, 64, figure(2.0**power), size=10, anchor="middle", fill=svg.SOFT))
    said = []
    for number, (line, ratio) in enumerate(drawn):
        top = 80 + _ROW * number
        label = svg.cut(svg.wrapped(f"{line.work}, {line.scale}", _LEFT - 24, 11), 1)[0]
        start, end = sorted((x(1), x(ratio.median)))
        fill = _PLAIN if line.met is None else _MET if line.met else _SHORT
        text = f"{line.work}, {line.scale}, against {line.peer}: {ratio}"
        said.append(text)
        marks = [svg.box(start, top + 3, max(end - start, 1), 14, fill, round_by=0)]
        marks.append(_line(x(ratio.least), top + 10, x(ratio.most), top + 10, svg.INK))
        if line.wanted:
            marks.append(_line(x(line.wanted), top - 1, x(line.wanted), top + 21, svg.INK, width=2.5))
        shapes.append(svg.words(12, top + 9, label, size=11))
        shapes.append(svg.words(12, top + 21, f"against {line.peer}", size=10, fill=svg.SOFT))
        shapes.append(svg.group(text, marks))
        shapes.append(svg.words(_LEFT + _WIDE + 10, top + 14, figure(ratio.median), size=11))
    picture = svg.Picture(_LEFT + _WIDE + 70, bottom + 12, title, "; ".join(said) + ".", tuple(shapes))
    return picture.write()


def growth(title: str, unit: str, series: Sequence[Growth]) -> bytes:
    """A line for each side over the scales, both axes by tens, with the exponent beside its end."""
    points = [(scale, value) for one in series for scale, value in one.figures.items() if value > 0]
    left, top, wide, high = 70.0, 70.0, 430.0, 250.0

    def ends(values: list[float]) -> tuple[float, float]:
        low, up = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
        return low, max(up, low + 1)

    (x0, x1), (y0, y1) = ends([point[0] for point in points]), ends([point[1] for point in points])

    def at(scale: float, value: float) -> tuple[float, float]:
        right = (math.log10(scale) - x0) / (x1 - x0)
        up = (math.log10(max(value, 10**y0)) - y0) / (y1 - y0)
        return left + wide * right, top + high * (1 - up)

    shapes = [svg.words(12, 26, title, size=16, bold=True), svg.words(12, 48, unit, size=11, fill=svg.SOFT)]
    for power in range(int(x0), int(x1) + 1):
        x, _ = at(10.0**power, 10**y0)
        shapes.append(_line(x, top, x, top + high, "#d8dde0"))
        shapes.append(
            svg.words(x, top + high + 16, figure(10.0**power), size=10, anchor="middle", fill=svg.SOFT)
        )
    for power in range(int(y0), int(y1) + 1):
        _, y = at(10**x0, 10.0**power)
        shapes.append(_line(left, y, left + wide, y, "#d8dde0"))
        shapes.append(svg.words(left - 6, y + 4, figure(10.0**power), size=10, anchor="end", fill=svg.SOFT))
    said = []
    taken: list[float] = []
    right = 0.0
    for number, one in enumerate(series):
        colour, dash = _STROKES[number % len(_STROKES)]
        ways = [at(scale, value) for scale, value in one.figures.items()]
        text = f"{one.side}: exponent {one.exponent:.2f}"
        said.append(text)
        path = " ".join(f"{svg.number(x)},{svg.number(y)}" for x, y in ways)
        stroke = f' stroke-dasharray="{dash}"' if dash else ""
        marks = [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{stroke}/>']
        marks += [
            f'<circle cx="{svg.number(x)}" cy="{svg.number(y)}" r="3" fill="{colour}"/>' for x, y in ways
        ]
        shapes.append(svg.group(text, marks))
        y = ways[-1][1] + 4
        while any(abs(y - other) < 14 for other in taken):
            y += 14
        taken.append(y)
        shapes.append(svg.words(left + wide + 12, y, text, size=11, fill=colour))
        right = max(right, svg.width_of(text, 11))
    height = max(top + high + 28, *(y + 12 for y in taken))
    return svg.Picture(left + wide + right + 26, height, title, "; ".join(said) + ".", tuple(shapes)).write()


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, *, width: float = 1) -> str:
    ends = " ".join(
        f'{name}="{svg.number(v)}"' for name, v in (("x1", x1), ("y1", y1), ("x2", x2), ("y2", y2))
    )
    return f'<line {ends} stroke="{colour}" stroke-width="{width:g}"/>'
