"""What a sheet of the workbook is, and what one of its columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Sort(Enum):
    """What a cell says: a link, or a literal of one kind."""

    LINK = "link"
    TEXT = "text"  # in English
    CODE = "code"  # a text in no language
    NUMBER = "number"
    DATE = "date"
    YES = "yes or no"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a sheet.

    heading: unique on its sheet. path: properties from the row's thing to what is shown, "^" before one that is walked
    backwards; a path of one property is read back, a longer one is for people only. sort, kinds: what stands at the
    end, and of which kinds a link may be. words: fixed words for IRIs. many: one value a line. about: heading of the
    column whose thing has the property, in place of the row's. unless: heading of a column; where that is filled, this
    one repeats what is said elsewhere and is not read. width: in characters."""

    heading: str
    path: tuple[str, ...]
    sort: Sort = Sort.TEXT
    kinds: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    many: bool = True
    about: str = ""
    unless: str = ""
    width: int = 18

    @property
    def is_read(self) -> bool:
        """Whether the cells are statements, and not only there for people."""
        return len(self.path) == 1

    @property
    def is_inverse(self) -> bool:
        """Whether the thing in the cell is the subject."""
        return self.path[0].startswith("^")

    @property
    def property(self) -> str:
        """The IRI of the one property of a column that is read."""
        return self.path[0].removeprefix("^")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet: a row for each thing of its kinds.

    type: class that all its things have; without one their classes are not shown. order: headings to sort by."""

    name: str
    what: str
    kinds: tuple[str, ...]
    type: str = ""
    columns: tuple[Column, ...]
    order: tuple[str, ...]
    colour: str = "005EB8"
