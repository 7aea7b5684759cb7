"""What a row says: the statements about its thing -> the texts of its cells, and back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cmh_graph.export.xlsx.names import Names
from cmh_graph.export.xlsx.sheet import Column, Sheet, Sort
from cmh_graph.export.xlsx.sheets import IN_FIELD
from cmh_graph.namespaces import PREFIXES
from cmh_graph.store import Literal, NamedNode, Term, Triple
from cmh_graph.workbook.words import fits_a_cell

_XSD: Final = PREFIXES["xsd"]
_TYPE: Final = PREFIXES["rdf"] + "type"
_DATATYPES: Final = {
    Sort.CODE: "string", Sort.NUMBER: "integer", Sort.DATE: "date", Sort.YES: "boolean",
    Sort.ADDRESS: "anyURI",
}  # fmt: skip
#: Whole numbers that a workbook, which knows only floats, gives back as they are.
_NUMBER: Final = re.compile(r"0|-?[1-9][0-9]{0,14}")
_YES: Final = {"true": "yes", "false": "no"}
_NO_YES: Final = {word: value for value, word in _YES.items()}
#: A cell of a workbook holds no more characters.
LONGEST: Final = 32_767


@dataclass(frozen=True, slots=True)
class Said:
    """One value of a cell: what is shown for it, and the term."""

    shown: str
    term: Term


def shown(column: Column, term: Term, names: Names, headings: Mapping[str, str]) -> str:
    """The text of a value; "" where the column cannot give it back. headings: property IRI -> its column here."""
    if isinstance(term, Literal):
        if column.sort is Sort.TEXT:
            text = term.value if term.language == "en" and not term.direction else ""
        else:
            wanted = _DATATYPES.get(column.sort)
            text = term.value if wanted and not term.language and term.datatype.value == _XSD + wanted else ""
        if column.sort is Sort.YES:
            text = _YES.get(text, "")
        if column.sort is Sort.NUMBER and not _NUMBER.fullmatch(text):
            return ""
        text = text if text == text.strip() else ""
        return text if all(map(fits_a_cell, text.split("\n"))) and not (column.many and "\n" in text) else ""
    if not isinstance(term, NamedNode) or column.sort is not Sort.LINK:
        return ""
    if column.words:
        return column.words.get(term.value, "")
    if column.property == IN_FIELD:
        return headings.get(term.value) or term.value
    text = names.shown(term.value, column.kinds)
    return text if fits_a_cell(text) and meaning(column, text, names, {}) == term else ""


def meaning(column: Column, text: str, names: Names, properties: Mapping[str, str]) -> Term | None:
    """The term that a text of a column stands for, if any. properties: heading -> property IRI."""
    if column.sort is Sort.TEXT:
        return Literal(text, language="en")
    if column.sort is Sort.YES:
        text = _NO_YES.get(text, "")
    if column.sort is not Sort.LINK:
        return Literal(text, datatype=NamedNode(_XSD + _DATATYPES[column.sort])) if text else None
    if column.words:
        iri = next((iri for iri, word in column.words.items() if word == text), "")
    elif column.property == IN_FIELD:
        iri = properties.get(text, text)
    else:
        iri = names.meant(text, column.kinds)
    try:
        return NamedNode(iri) if iri else None
    except ValueError:  # a text that is no IRI
        return None


def headings_of(sheet: Sheet) -> dict[str, str]:
    """Property IRI -> heading, for the columns that say something of the row's own thing."""
    return {
        column.property: column.heading
        for column in sheet.columns
        if column.is_read and not column.is_inverse and not column.about
    }


def statements(sheet: Sheet, cells: Mapping[str, Sequence[Term]], subject: str) -> Iterator[Triple]:
    """What a row states. cells: heading -> the terms in that cell; subject: its identifier."""
    thing = NamedNode(subject)
    if sheet.type:
        yield Triple(thing, NamedNode(_TYPE), NamedNode(sheet.type))
    for column in sheet.columns:
        if not column.is_read or (column.unless and cells.get(column.unless)):
            continue
        about = [thing]
        if column.about:
            about = [term for term in cells.get(column.about, ()) if isinstance(term, NamedNode)]
        for term in cells.get(column.heading, ()):
            if column.is_inverse and isinstance(term, NamedNode):
                yield Triple(term, NamedNode(column.property), thing)
            elif not column.is_inverse and about:
                yield Triple(about[0], NamedNode(column.property), term)


def lines(column: Column, text: str) -> list[str]:
    """The values of a cell, one a line where it may hold several."""
    return [line for line in text.split("\n") if line] if column.many else [text] if text else []


def fitting(values: Iterable[Said], many: bool) -> list[Said]:
    """As many of the values as a cell can hold."""
    kept: list[Said] = []
    length = -1
    for value in values:
        length += 1 + len(value.shown.encode("utf-16-le")) // 2
        if length > LONGEST or (kept and not many):
            break
        kept.append(value)
    return kept
