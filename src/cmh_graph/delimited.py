"""Rows as CSV that every reader splits alike."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from typing import IO, Any


class RowWriter:
    """Writes rows that end in a line feed, with cells quoted where they must be.

    Before Python 3.13 the csv module leaves a cell with a lone carriage return bare, and readers, its own among them,
    take that for the end of a row; such rows are quoted whole."""

    def __init__(self, output: IO[str], delimiter: str = ",") -> None:
        self._plain = csv.writer(output, delimiter=delimiter, lineterminator="\n")
        self._quoted = csv.writer(output, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)

    def writerow(self, row: Sequence[Any]) -> None:
        """One row; None is an empty cell, other cells are written as str gives them."""
        breaks = any(isinstance(cell, str) and "\r" in cell for cell in row)
        (self._quoted if breaks else self._plain).writerow(row)

    def writerows(self, rows: Iterable[Sequence[Any]]) -> None:
        """Several rows."""
        for row in rows:
            self.writerow(row)
