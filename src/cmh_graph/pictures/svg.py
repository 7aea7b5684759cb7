"""Shapes and texts as SVG: escaped, with titles, and without anything loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Final

#: Colours that stay apart for colour-blind readers and keep 4.5 to 1 against white with dark text.
INK: Final = "#212b32"
SOFT: Final = "#4c6272"
LINE: Final = "#768692"
FILLS: Final = (
    "#dceaf7", "#d9efd6", "#fdf3d0", "#f8dce4", "#e4dcf5", "#d5f0ee",
    "#f3e4d1", "#dfe3e6", "#c7d7f2", "#eef3c5", "#fbe3c4", "#f0d9f0",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: its size in units of a 96th of an inch, its name, what it shows in words, and its shapes."""

    width: float
    height: float
    name: str
    description: str
    shapes: tuple[str, ...]

    def write(self) -> bytes:
        """The SVG in UTF-8. It scales to the width it is given."""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number(self.width)} {number(self.height)}" '
            f'width="{number(self.width)}" height="{number(self.height)}" style="max-width:100%;height:auto" '
            'role="img" aria-labelledby="name description" font-family="Arial, Helvetica, sans-serif">'
        )
        return "\n".join(
            [
                head,
                f'<title id="name">{text_of(self.name)}</title>',
                f'<desc id="description">{text_of(self.description)}</desc>',
                f'<rect width="{number(self.width)}" height="{number(self.height)}" fill="#ffffff"/>',
                *self.shapes,
                "</svg>",
                "",
            ]
        ).encode()


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


def wrapped(text: str, most: int) -> list[str]:
    """Text in lines of at most so many characters, cut between words where that is possible."""
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= most:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines or [""]
