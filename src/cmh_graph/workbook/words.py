"""Text as people type it -> text as we compare it."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from cmh_graph.align.cells import FORMULA_STARTS

_QUOTES: Final = str.maketrans(
    {"‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "“": '"', "”": '"', "„": '"', "″": '"'}
)
#: Signs without a width that are pasted along: soft hyphen, zero-width spaces and joiners, byte order mark.
_UNSEEN: Final = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]")
#: What Excel writes into a cell for a carriage return and other control signs.
_ESCAPED: Final = re.compile(r"_x00(?:0[0-9A-Fa-f]|1[0-9A-Fa-f]|7[Ff])_")
_DASHES: Final = re.compile("[‐‑‒–—−]")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_GUARDED: Final = re.compile(r"'+(?=[" + re.escape("".join(FORMULA_STARTS)) + "])")
_CARRIED: Final = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff\ufffe\uffff]|_x[0-9A-Fa-f]{4}_")


def lines_of(text: str) -> list[str]:
    """The lines of a cell that hold something: spaces of every kind made plain, unseen signs taken out."""
    text = _ESCAPED.sub(lambda found: "\n" if found[0].upper() in {"_X000D_", "_X000A_"} else "", text)
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0b", "\n").replace("\x0c", "\n")
    lines = (plain(line) for line in text.split("\n"))
    return [line for line in lines if line]


def plain(text: str) -> str:
    """One line: unseen signs out, every run of spaces one space, none at the ends; NFC."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip(" ")  # Most texts are plain already, and there are many.
    return " ".join(_CONTROL.sub(" ", _UNSEEN.sub("", unicodedata.normalize("NFC", text))).split())


def alike(text: str) -> str:
    """What two texts share that differ only in spaces, unseen signs and the slant of their quotes."""
    bare = plain(text)
    return bare if bare.isascii() else bare.translate(_QUOTES)


def folded(text: str) -> str:
    """For names, keys and headings: alike, and in one case; dashes of every length are one."""
    bare = alike(text)
    return bare.lower() if bare.isascii() else _DASHES.sub("-", bare).casefold()


def guarded(text: str) -> str:
    """The text of a cell, with an apostrophe before it where a spreadsheet would take it for a formula.

    Texts that start with apostrophes before such a sign get one more, so that unguarded gives back what went in."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) or _GUARDED.match(text) else text


def unguarded(text: str) -> str:
    """The text without the apostrophe that guarded put there."""
    return text[1:] if _GUARDED.match(text) else text


def fits_a_cell(text: str) -> bool:
    """Whether a cell gives back this text as it is: no line breaks, no control signs, nothing Excel would unescape."""
    return not _CARRIED.search(text)


def slug(text: str) -> str:
    """A key made of a name: small letters, digits and hyphens."""
    bare = unicodedata.normalize("NFKD", text.replace("&", " and ").replace("’", "").replace("'", ""))
    return re.sub(r"[^a-z0-9]+", "-", bare.encode("ascii", "ignore").decode().lower()).strip("-")
