"""A picture as PNG, drawn by resvg with letters of our own choosing, so that every machine draws the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import font_roboto
import resvg_py

from cmh_graph.errors import BuildError
from cmh_graph.pictures.svg import Picture

#: Dots per inch: sharp in print and on a large screen.
DPI: Final = 200
#: A unit of a picture is a 96th of an inch.
_UNITS_PER_INCH: Final = 96
#: Dots that one picture may have; a larger one is drawn coarser rather than not at all.
MOST_DOTS: Final = 40_000_000
_FONTS: Final = ("Roboto-Regular.ttf", "Roboto-Bold.ttf")


def png(picture: Picture, *, dpi: int = DPI) -> bytes:
    """The picture at its own size with so many dots per inch, fewer where it would have more than MOST_DOTS.

    Reads no font of the machine and nothing from elsewhere. Raises BuildError if resvg refuses the picture."""
    zoom = min(dpi / _UNITS_PER_INCH, (MOST_DOTS / (picture.width * picture.height)) ** 0.5)
    folder = Path(font_roboto.font_directory)
    try:
        return resvg_py.svg_to_bytes(
            svg_string=picture.markup(),
            zoom=zoom,
            skip_system_fonts=True,
            font_files=[str(folder / name) for name in _FONTS],
            font_family="Roboto",
            sans_serif_family="Roboto",
            background="#ffffff",
        )
    except ValueError as error:
        raise BuildError(
            "the picture cannot be drawn as PNG", where=picture.name, mend=f"ask for SVG ({str(error)[:200]})"
        ) from None
