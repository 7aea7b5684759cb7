"""A table as a value: its columns, keys and rows, and the statements that the rows make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cmh_graph.namespaces import PREFIXES
from cmh_graph.store import Literal, NamedNode, Triple

TYPE: Final = PREFIXES["rdf"] + "type"
STRING: Final = PREFIXES["xsd"] + "string"
#: column name -> text; a cell that is empty has no key
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column.

    name: unique in its table, whatever its case. property: IRI of what its cells state; "{property}" where the cell
    of that column names it; "" if they state nothing. datatype: XSD IRI of its texts. language: of its texts; "" for
    none. link: pattern of the IRI that a cell stands for, such as "https://.../role/{role}"; "" for texts.
    inverse: the cell is the subject and the row the object. required: no cell is empty."""

    name: str
    title: str
    description: str = ""
    property: str = ""
    datatype: str = STRING
    language: str = ""
    link: str = ""
    inverse: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A column whose cells stand in a column of another table."""

    column: str
    table: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with its rows, in order of their primary key.

    about: pattern of the IRI that a row is about, such as "{iri}"; "" if its rows state nothing. types: IRIs of the
    classes that all rows have."""

    name: str
    title: str
    description: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...] = ()
    about: str = ""
    types: tuple[str, ...] = ()
    rows: Sequence[Row] = ()


def fill(pattern: str, row: Row) -> str:
    """The IRI of a pattern, its one {name} replaced by the cell of that column."""
    before, _, rest = pattern.partition("{")
    name, _, after = rest.partition("}")
    return before + row[name] + after if name else pattern


def statements(table: Table, row: Row) -> Iterator[tuple[Column | None, Triple]]:
    """What a row states: the column that says it (None for a class that all rows have), and the triple."""
    if not table.about:
        return
    about = NamedNode(fill(table.about, row))
    for kind in table.types:
        yield None, Triple(about, NamedNode(TYPE), NamedNode(kind))
    for column in table.columns:
        text = row.get(column.name)
        if not column.property or not text:
            continue
        named = NamedNode(fill(column.property, row))
        if column.link:
            other = NamedNode(fill(column.link, row))
            yield column, Triple(other, named, about) if column.inverse else Triple(about, named, other)
        elif column.language:
            yield column, Triple(about, named, Literal(text, language=column.language))
        else:
            yield column, Triple(about, named, Literal(text, datatype=NamedNode(column.datatype)))


def triples(table: Table) -> Iterator[Triple]:
    """What all rows of a table state."""
    for row in table.rows:
        for _, triple in statements(table, row):
            yield triple
