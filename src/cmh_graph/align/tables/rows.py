"""What a table is made of: records as found in a file, and the rows of titles that become of them."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, TypeAlias

#: team and headcount are only read where the caller names their columns.
Field = Literal[
    "title", "key", "band", "employer", "employer_type", "description", "other_titles", "team", "headcount"
]

_NOTHING: Mapping[int, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class TitleRow:
    """row: 1-based number among the data rows; line: where it starts in the file or sheet, 0 where a format
    has no lines (RDF). other_titles: further names of the same post, where a file gives them."""

    row: int
    line: int
    title: str
    key: str = ""
    band: str = ""
    employer: str = ""
    employer_type: str = ""
    description: str = ""
    other_titles: tuple[str, ...] = ()
    team: str = ""
    headcount: str = ""


@dataclass(frozen=True, slots=True)
class Reject:
    """A data row that cannot be used, why, and what its used columns hold. Other columns of a list can hold
    personal data, so they are never repeated here."""

    row: int
    line: int
    reason: str
    raw: str


@dataclass(slots=True)
class Table:
    """columns: the header as found. used: which column serves as what. rows may be walked once;
    notes grow while they are walked: what was odd and how it was taken."""

    name: str
    columns: tuple[str, ...]
    used: Mapping[Field, str]
    rows: Iterator[TitleRow | Reject]
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Record:
    """One line of a list as found. fault: why it cannot be read. gaps: place of a cell -> why it holds nothing."""

    line: int
    cells: tuple[str, ...]
    fault: str = ""
    gaps: Mapping[int, str] = field(default_factory=lambda: _NOTHING)

    @property
    def blank(self) -> bool:
        return not self.fault and not self.gaps and not any(cell.strip() for cell in self.cells)


Records: TypeAlias = Generator[Record, None, None]
