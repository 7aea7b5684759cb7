"""Cells of the tables we write: text from a stranger's file must not start a formula in a spreadsheet."""

from __future__ import annotations

#: The full-width signs are what a Japanese or Chinese keyboard gives, and some spreadsheets take them alike.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def inert(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
