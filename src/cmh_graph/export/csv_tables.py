"""CSV: one table per kind of thing, for spreadsheets. A cell with several values separates them by " | ".

Every table has the columns key, iri, label, definition, status, source and note, then one column for each property of
our own that some thing of the kind has. Links are given by the key of what they lead to.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from typing import Final

from cmh_graph.export.edition import Edition
from cmh_graph.export.format import Format, Written
from cmh_graph.namespaces import BASE, CMH, PREFIXES, compact, key_of
from cmh_graph.store import Literal, NamedNode, Term, Triple, text_of

_FIRST: Final = {
    PREFIXES["skos"] + "prefLabel": "label",
    PREFIXES["skos"] + "definition": "definition",
    CMH + "status": "status",
    PREFIXES["dcterms"] + "source": "source",
    PREFIXES["skos"] + "note": "note",
}
_TYPE: Final = PREFIXES["rdf"] + "type"
_SEPARATOR: Final = " | "


def write(edition: Edition) -> Written:
    """tables/<kind>.csv for each kind of thing of the catalogue and its schemes, rows by key."""
    tables: dict[str, dict[str, dict[str, list[Term]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    carried: set[Triple] = set()
    for triple in edition.stated:
        subject = text_of(triple.subject) if isinstance(triple.subject, NamedNode) else ""
        if not subject.startswith(BASE) or "#" in subject:
            continue
        kind, _, key = subject.removeprefix(BASE).rpartition("/")
        if kind and key:
            tables[kind.replace("/", "-")][subject][triple.predicate.value].append(triple.object)
            carried.add(triple)
    return Written({f"tables/{kind}.csv": _table(things) for kind, things in sorted(tables.items())}, carried)


def _table(things: dict[str, dict[str, list[Term]]]) -> bytes:
    predicates = {p for properties in things.values() for p in properties} - {_TYPE, *_FIRST}
    columns = {**_FIRST, **{p: _column(p) for p in sorted(predicates, key=_column)}}
    output = io.StringIO(newline="")
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(["key", "iri", "type", *columns.values()])
    for subject, properties in sorted(things.items()):
        writer.writerow(
            [
                key_of(subject),
                subject,
                _cell(properties.get(_TYPE, [])),
                *(_cell(properties.get(p, [])) for p in columns),
            ]
        )
    return output.getvalue().encode()


def _column(predicate: str) -> str:
    name = compact(predicate)
    return name.removeprefix("cmh:")


def _cell(terms: list[Term]) -> str:
    texts = sorted({_text(term) for term in terms})
    cell = _SEPARATOR.join(texts)
    # A spreadsheet would run a cell that begins like this as a formula; numbers stay numbers.
    if cell[:1] in "=+-@\t\r" and cell and not _is_number(cell):
        return "'" + cell
    return cell


def _text(term: Term) -> str:
    if isinstance(term, NamedNode) and term.value.startswith(BASE):
        return key_of(term.value)
    return term.value if isinstance(term, NamedNode | Literal) else str(term)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


FORMAT: Final = Format(
    name="csv",
    title="CSV tables",
    loaded_by="spreadsheets and BI tools",
    write=write,
    why_lost={"": "the ontology's own terms and mappings without a key have no row"},
)
