"""One row of a feed as it stands, and the lines of a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

LONGEST_LINE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Item:
    """values: names of schema.org -> what stands there. line: where it begins, 0 if unknown. fault: why it is none."""

    values: Mapping[str, Any]
    line: int
    fault: str = ""
    raw: str = ""


def lines(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    """Lines with their numbers; of one longer than LONGEST_LINE only the start."""
    with path.open(encoding=encoding, errors="replace", newline="") as opened:
        number = 0
        while line := opened.readline(LONGEST_LINE):
            number += 1
            if len(line) == LONGEST_LINE and not line.endswith(("\n", "\r")):
                while (rest := opened.readline(LONGEST_LINE)) and not rest.endswith(("\n", "\r")):
                    pass
            yield number, line.replace("\x00", "")
