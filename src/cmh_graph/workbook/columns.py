"""What a sheet and a column of the workbook are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from cmh_graph.namespaces import PREFIXES

#: text, name: words in English. words: plain text. link: another thing. type: the class of the thing itself.
#: fields: other columns of the sheet, by their headings.
Kind = Literal["text", "name", "words", "address", "whole", "date", "yes", "link", "type", "fields"]
#: identity: says which thing this is and cannot change. says: who says so. retire: takes a thing out of use.
Part = Literal["key", "identity", "content", "says", "retire"]

EN: Final = "en"
#: Kind of a column -> datatype of its values; text is in English.
DATATYPES: Final[dict[Kind, str]] = {
    "words": PREFIXES["xsd"] + "string",
    "address": PREFIXES["xsd"] + "anyURI",
    "whole": PREFIXES["xsd"] + "integer",
    "date": PREFIXES["xsd"] + "date",
    "yes": PREFIXES["xsd"] + "boolean",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One property as a column.

    id: the property, prefixed; "^" before it where the other thing states it. of: kinds of things a link may point to.
    needed: a new row must have it. judged: a value that may be our judgement although the thing is sourced.
    options: word -> classes, of a type column. shown: whether a link is written by name or by key."""

    id: str
    heading: str
    kind: Kind
    part: Part = "content"
    of: tuple[str, ...] = ()
    many: bool = False
    needed: bool = False
    judged: bool = False
    width: int = 24
    help: str = ""
    options: tuple[tuple[str, tuple[str, ...]], ...] = ()
    shown: Literal["name", "key"] = "name"

    @property
    def inverse(self) -> bool:
        """Whether the other thing states the link."""
        return self.id.startswith("^")

    @property
    def property(self) -> str:
        """The property in full; "" for the key."""
        prefix, _, name = self.id.lstrip("^").partition(":")
        return PREFIXES[prefix] + name if name else ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """All things of some classes, one a row.

    id: fixed name in the hidden row. prefix: the kind in the IRIs. constants: statements of every new
    thing that no column
    shows. key: how the key of a new row is made where the cell is empty; see workbook.keys."""

    id: str
    name: str
    prefix: str
    classes: tuple[str, ...]
    says: str
    columns: tuple[Column, ...]
    constants: tuple[tuple[str, str], ...] = ()
    key: Literal["name", "joined"] = "name"

    def column(self, id: str) -> Column:
        """The column of this id; KeyError if the sheet has none."""
        for one in self.columns:
            if one.id == id:
                return one
        raise KeyError(id)

    @property
    def type_column(self) -> Column | None:
        """The column that says of which class a thing is, where the sheet holds several."""
        return next((one for one in self.columns if one.kind == "type"), None)
