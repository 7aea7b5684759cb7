"""The answer to a query as a page shows it: its first rows, its text, a picture, and where to get it whole."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from markupsafe import Markup

from cmh_graph.errors import BuildError, MissingProgram
from cmh_graph.namespaces import BASE, KINDS, PREFIXES, compact
from cmh_graph.sparql import formats
from cmh_graph.sparql.guard import Form
from cmh_graph.store import (
    Literal,
    NamedNode,
    RdfFormat,
    Row,
    Term,
    Triple,
    parse_nquads,
    parse_solutions,
    write_triples,
)
from cmh_graph.web.pages.query_picture import Said, picture
from cmh_graph.web.site import inline
from cmh_graph.web.wording import path_of

#: Form of a query -> the format that its answer is read in: a line for each row, so that a beginning can be read.
READ_AS: Final = {Form.SELECT: "tsv", Form.ASK: "json", Form.CONSTRUCT: "nt", Form.DESCRIBE: "nt"}
#: Rows in a table, and rows written out as text.
MOST_ROWS: Final = 300
MOST_WRITTEN: Final = 100
#: Letters of one value that are shown, and of all values of a table.
_LONGEST: Final = 1_000
_MOST_LETTERS: Final = 400_000
#: Longer addresses are cut or refused on their way.
LONGEST_ADDRESS: Final = 6_000
_XSD: Final = PREFIXES["xsd"]
_NUMBERS: Final = frozenset(_XSD + name for name in ("integer", "decimal", "double", "float"))
_STRING: Final = _XSD + "string"
_SUBJECTS: Final = ("subject", "s", "from", "start")
_PROPERTIES: Final = ("property", "predicate", "p")
_OBJECTS: Final = ("object", "o", "to", "end")
_WHAT: Final = {
    "json": "JSON, for programs",
    "xml": "XML",
    "csv": "CSV, for spreadsheets",
    "tsv": "TSV, with types and languages",
    "ttl": "Turtle",
    "nt": "N-Triples",
    "rdf": "RDF/XML",
    "jsonld": "JSON-LD",
}
#: First parts of our paths that are pages.
_PAGES: Final = frozenset({*(kind.partition("/")[0] for kind in KINDS), "graph", "vocab", "ns"})


def answer_values(
    query: str, form: Form, body: bytes, count: int, label: Callable[[str], str]
) -> dict[str, Any]:
    """What answer.html shows of a complete answer in the format of READ_AS.

    count: its solutions or triples. label: IRI -> its name, "" if nobody knows one."""
    values: dict[str, Any] = {"downloads": downloads(query, form), "query": query, "form": form.value}
    if form is Form.ASK:
        said = bool(json.loads(body)["boolean"])
        return {**values, "kind": "boolean", "said": said}
    if form is Form.SELECT:
        return {**values, **_solutions(body, count, label)}
    return {**values, **_graph(body, count, label)}


def downloads(query: str, form: Form) -> list[dict[str, str]]:
    """Every format of an answer: its name, what it is for, its address; "" for a query too long for an address."""
    found = []
    for known in formats.offered(form):
        address = "/sparql?" + urlencode({"query": query, "format": known.name})
        found.append(
            {
                "name": known.name,
                "about": _WHAT[known.name],
                "address": address if len(address) <= LONGEST_ADDRESS else "",
            }
        )
    return found


def _solutions(body: bytes, count: int, label: Callable[[str], str]) -> dict[str, Any]:
    lines = body.split(b"\n", MOST_ROWS + 1)[: min(count, MOST_ROWS) + 1]
    columns = [name.lstrip("?$") for name in lines[0].decode().split("\t") if name]
    rows = parse_solutions(b"\n".join([*lines, b""])) if columns and count else []
    table, shown = _table([[row.get(name) for name in columns] for row in rows])
    written = rows[:MOST_WRITTEN]
    raw = json.dumps(
        {"head": {"vars": columns}, "results": {"bindings": [_json_row(row) for row in written]}},
        ensure_ascii=False,
        indent=2,
    )
    return {
        "kind": "rows",
        "count": count,
        "columns": columns,
        "numeric": _numeric(columns, rows),
        "rows": table,
        "shown": shown,
        "raw": _short_text(raw),
        "raw_form": "JSON",
        "written": len(written),
        **_picture(_said_by(columns, rows), label, count - len(rows)),
    }


def _graph(body: bytes, count: int, label: Callable[[str], str]) -> dict[str, Any]:
    lines = body.split(b"\n", MOST_ROWS)[:MOST_ROWS]
    triples = [quad.triple for quad in parse_nquads(b"\n".join(lines))]
    # Things stand together, whatever order the engine gave.
    triples.sort(key=lambda one: (str(one.subject), str(one.predicate), str(one.object)))
    table, shown = _table([[one.subject, one.predicate, one.object] for one in triples])
    written = triples[:MOST_WRITTEN]
    output = io.BytesIO()
    write_triples(written, output, RdfFormat.TURTLE)
    return {
        "kind": "graph",
        "count": count,
        "columns": ["subject", "property", "value"],
        "numeric": [False, False, False],
        "rows": table,
        "shown": shown,
        "raw": _short_text(_in_order(output.getvalue().decode())),
        "raw_form": "Turtle",
        "written": len(written),
        **_picture(
            [(one.subject, one.predicate, one.object) for one in triples], label, count - len(triples)
        ),
    }


def _in_order(turtle: str) -> str:
    """Turtle with its prefixes in one order: the writer has none."""
    lines = turtle.splitlines(keepends=True)
    prefixes = sorted(line for line in lines if line.startswith("@prefix "))
    return "".join([*prefixes, "\n" if prefixes else "", *lines[len(prefixes) :]])


def _table(rows: Iterable[Sequence[Term | None]]) -> tuple[list[list[dict[str, str]]], int]:
    """The cells of a table, as many rows as its letters allow, and how many that are."""
    table: list[list[dict[str, str]]] = []
    letters = 0
    for row in rows:
        cells = [cell(term) for term in row]
        letters += sum(len(one["text"]) + len(one["address"]) for one in cells)
        if letters > _MOST_LETTERS and table:
            break
        table.append(cells)
    return table, len(table)


def cell(term: Term | None) -> dict[str, str]:
    """A term as a cell shows it: text, address ("" if it leads nowhere), kind, note (its language or datatype).

    kind: ours, outside, name, literal, number, blank or empty. Only http and https addresses lead outside."""
    if term is None:
        return _cell("empty", "")
    if isinstance(term, NamedNode):
        text, address = compact(term.value), term.value
        if address.startswith(BASE):
            ours = address.removeprefix(BASE).partition("#")[0].partition("/")[0] in _PAGES
            return _cell("ours" if ours else "name", text, path_of(address) if ours else "")
        if address.startswith(("http://", "https://")):
            return _cell("outside", text, address)
        return _cell("name", text)
    if isinstance(term, Literal):
        if term.language:
            # Nearly every text of ours is English: only what is not is worth a mark.
            return _cell("literal", term.value, note="" if term.language == "en" else f"@{term.language}")
        datatype = term.datatype.value
        if datatype in _NUMBERS:
            return _cell("number", term.value)
        return _cell("literal", term.value, note="" if datatype == _STRING else compact(datatype))
    return _cell("blank", str(term))


def _cell(kind: str, text: str, address: str = "", note: str = "") -> dict[str, str]:
    cut = len(text) > _LONGEST
    return {
        "kind": kind,
        "text": text[:_LONGEST] + "…" if cut else text,
        "address": "" if cut else address,
        "note": note[:80],
        "cut": f"{len(text):,} letters in all" if cut else "",
    }


def _numeric(columns: Sequence[str], rows: Sequence[Row]) -> list[bool]:
    """Which columns hold only numbers."""
    found = []
    for name in columns:
        terms = [row[name] for row in rows if name in row]
        found.append(
            bool(terms) and all(isinstance(one, Literal) and one.datatype.value in _NUMBERS for one in terms)
        )
    return found


def _json_row(row: Row) -> dict[str, Any]:
    """A solution as SPARQL 1.1 Query Results JSON has it."""
    return {name: _json_term(term) for name, term in row.items()}


def _json_term(term: Term) -> dict[str, Any]:
    if isinstance(term, NamedNode):
        return {"type": "uri", "value": term.value}
    if isinstance(term, Literal):
        found = {"type": "literal", "value": term.value}
        if term.language:
            return {**found, "xml:lang": term.language}
        return found if term.datatype.value == _STRING else {**found, "datatype": term.datatype.value}
    if isinstance(term, Triple):
        parts = {"subject": term.subject, "predicate": term.predicate, "object": term.object}
        return {"type": "triple", "value": {name: _json_term(part) for name, part in parts.items()}}
    return {"type": "bnode", "value": str(term).removeprefix("_:")}


def _said_by(columns: Sequence[str], rows: Sequence[Row]) -> list[Said]:
    """Rows that read as statements: with a column for what they are about and one for what is said of it."""
    subject = next((name for name in _SUBJECTS if name in columns), None)
    value = next((name for name in _OBJECTS if name in columns), None)
    prop = next((name for name in _PROPERTIES if name in columns), "")
    if subject is None or value is None:
        return []
    return [
        (row[subject], row.get(prop), row[value])
        for row in rows
        if subject in row and value in row and not isinstance(row[subject], Literal)
    ]


def _picture(statements: list[Said], label: Callable[[str], str], unread: int) -> dict[str, Any]:
    """picture: the drawing or None; picture_note: what it leaves out, or why there is none."""
    if not statements:
        return {"picture": None, "picture_note": ""}
    try:
        drawn, left_out = picture(statements, label)
    except (MissingProgram, BuildError):
        return {
            "picture": None,
            "picture_note": "This service cannot draw pictures: Graphviz is not at hand.",
        }
    missing = left_out + unread
    note = f"{missing:,} of the statements are left out: the picture would be too full." if missing else ""
    return {"picture": Markup(inline(drawn.markup("answer-"))), "picture_note": note}


def _short_text(text: str) -> str:
    return text if len(text) <= _MOST_LETTERS else text[:_MOST_LETTERS] + "\n…"
