"""Shapes and texts as SVG: escaped, with titles, and without anything loaded from elsewhere."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from cmh_graph.align.cells import inert
from cmh_graph.delimited import RowWriter

#: Colours that stay apart for colour-blind readers and keep 4.5 to 1 against white with dark text.
INK: Final = "#212b32"
SOFT: Final = "#4c6272"
LINE: Final = "#768692"
FILLS: Final = (
    "#dceaf7", "#d9efd6", "#fdf3d0", "#f8dce4", "#e4dcf5", "#d5f0ee",
    "#f3e4d1", "#dfe3e6", "#c7d7f2", "#eef3c5", "#fbe3c4", "#f0d9f0",
)  # fmt: skip
#: Widths of the letters from space to tilde in Arial, in thousandths of the size (Adobe's metrics of Helvetica).
_WIDTHS: Final = (
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: its size in units of a 96th of an inch, its name, what it shows in words, and its shapes.

    columns, rows: the table behind it, which says the same."""

    width: float
    height: float
    name: str
    description: str
    shapes: tuple[str, ...]
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()

    def write(self) -> bytes:
        """The SVG in UTF-8, a file of its own. It scales to the width it is given."""
        return self.markup().encode()

    def markup(self, ids: str = "") -> str:
        """The SVG as text. ids: what the names of its parts begin with, where a page holds several pictures."""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number(self.width)} {number(self.height)}" '
            f'width="{number(self.width)}" height="{number(self.height)}" style="max-width:100%;height:auto" '
            f'role="img" aria-labelledby="{ids}name {ids}description" font-family="Arial, Helvetica, sans-serif">'
        )
        return "\n".join(
            [
                head,
                f'<title id="{ids}name">{text_of(self.name)}</title>',
                f'<desc id="{ids}description">{text_of(self.description)}</desc>',
                f'<rect width="{number(self.width)}" height="{number(self.height)}" fill="#ffffff"/>',
                *self.shapes,
                "</svg>",
                "",
            ]
        )

    def table(self) -> bytes:
        """The table behind the picture as CSV in UTF-8; no cell can start a formula."""
        output = io.StringIO(newline="")
        writer = RowWriter(output)
        writer.writerows([inert(cell) for cell in row] for row in (self.columns, *self.rows))
        return output.getvalue().encode()


def text_of(text: str) -> str:
    """Text as XML holds it."""
    return escape("".join(char if char.isprintable() else " " for char in text), quote=True)


def number(value: float) -> str:
    """A coordinate with at most one decimal."""
    return f"{value:.1f}".removesuffix(".0")


def box(
    x: float, y: float, width: float, height: float, fill: str, *, dashed: bool = False, round_by: float = 4
) -> str:
    """A rectangle by its upper left corner."""
    dash = ' stroke-dasharray="4 3"' if dashed else ""
    return (
        f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}" '
        f'rx="{number(round_by)}" fill="{fill}" stroke="{LINE}"{dash}/>'
    )


def words(
    x: float,
    y: float,
    text: str,
    *,
    size: float = 11,
    anchor: str = "start",
    fill: str = INK,
    bold: bool = False,
) -> str:
    """A line of text; y is its baseline."""
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{number(x)}" y="{number(y)}" font-size="{number(size)}" text-anchor="{anchor}" '
        f'fill="{fill}"{weight}>{text_of(text)}</text>'
    )


def group(title: str, shapes: Iterable[str]) -> str:
    """Shapes that are one thing, with what it is."""
    return f"<g><title>{text_of(title)}</title>{''.join(shapes)}</g>"


def width_of(text: str, size: float = 11, *, bold: bool = False) -> float:
    """How wide a line of text is in Arial, in units; letters outside ASCII count as wide ones."""
    thousandths = sum(_WIDTHS[ord(char) - 32] if " " <= char <= "~" else 667 for char in text)
    return thousandths / 1000 * size * (1.08 if bold else 1.0)


def wrapped(text: str, width: float, size: float = 11, *, bold: bool = False) -> list[str]:
    """Text in lines that are no wider than so many units, cut between words; a word that is wider is cut within."""
    lines: list[str] = []
    for word in text.split():
        rest = word
        if lines and width_of(f"{lines[-1]} {rest}", size, bold=bold) <= width:
            lines[-1] += " " + rest
            continue
        while len(rest) > 1 and width_of(rest, size, bold=bold) > width:
            most = max(
                n for n in range(1, len(rest)) if n == 1 or width_of(rest[:n], size, bold=bold) <= width
            )
            lines.append(rest[:most])
            rest = rest[most:]
        lines.append(rest)
    return lines or [""]


def cut(lines: Sequence[str], most: int) -> list[str]:
    """The first lines, the last of which says that there is more."""
    return (
        list(lines) if len(lines) <= most else [*lines[: most - 1], f"{lines[most - 1].rstrip(' ,;')[:-2]}…"]
    )
