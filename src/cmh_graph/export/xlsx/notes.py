"""The first sheet of the workbook: what it is, and how to read the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from cmh_graph.export.edition import Edition
from cmh_graph.export.xlsx.rows import Row
from cmh_graph.export.xlsx.sheets import SHEETS, STATUS
from cmh_graph.namespaces import BASE, PREFIXES

NAME: Final = "Read me"
_DEFINITION: Final = PREFIXES["skos"] + "definition"
_STATUSES: Final = ("seed", "public", "inferred", "confirmed")


def notes(edition: Edition, rows: Mapping[str, Sequence[Row]]) -> Iterator[tuple[str, str, str, int | None]]:
    """Lines of the first sheet: (style, left, right, number). Styles: title, heading, line, inferred."""
    yield "title", "Community mental health roles", "", None
    yield "line", f"Version {edition.version}, issued {edition.issued}", "", None
    yield (
        "line",
        "Roles, what they ask for, pay bands and the steps between them, each with its source.",
        "",
        None,
    )
    yield "heading", "The sheets", "What is on it", None
    for sheet in SHEETS:
        yield "line", sheet.name, sheet.what, len(rows[sheet.name])
    yield "heading", "How sure each row is", "The column “Status”", None
    counts = Counter(
        said.shown for of_sheet in rows.values() for row in of_sheet for said in row.cells.get(STATUS, ())
    )
    for status in _STATUSES:
        iri = f"{BASE}vocab/status/{status}"
        label = edition.text(iri, PREFIXES["skos"] + "prefLabel")
        if label:
            style = "inferred" if status == "inferred" else "line"
            yield style, label, edition.text(iri, _DEFINITION), counts.get(label, 0)
    yield "heading", "Reading the sheets", "", None
    for left, right in (
        ("Shaded cells", "A judgement of the editors; no source says it. “Inferred parts” names those columns."),
        ("Grey headings", "Brought together from other sheets, to save you looking them up. They are not read back."),
        ("Filters", "Use the arrows in the first row. The first column stays in view."),
        ("Names in brackets", "Where several things share a name, or one has none, its key stands in brackets."),
        ("Several values", "One a line in the same cell."),
        ("Identifier", "The last column. It never changes: use it to refer to a row."),
        ("What is not here", "Mappings, evidence, remarks, the ontology: CSV, Parquet and SQLite files have them."),
        ("Changing it", "This is a copy for reading. Changes made here do not reach the framework."),
        ("Licence", "Creative Commons Attribution 4.0 (CC BY 4.0). Sources have their own terms: see “Sources”."),
    ):  # fmt: skip
        yield "line", left, right, None
