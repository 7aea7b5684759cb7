"""Pages that stand beside the catalogue: data, employers, about."""

from __future__ import annotations

from typing import Any, Final

from cmh_graph.framework import Framework

_WAYS: Final = (
    ("Query page", "/query", "ask in SPARQL, with examples, completion, tables and pictures"),
    (
        "SPARQL endpoint",
        "/docs/sparql",
        "SPARQL 1.1 Query for programs, over one named graph for each source",
    ),
    ("Ontology", "/ns", "every class and property, with what it means"),
    ("API", "/docs", "typed things, questions, gaps, progressions and papers as JSON"),
    ("OpenAPI document", "/openapi.json", "the API for programs"),
    ("Reconciliation service", "/reconcile", "match a spreadsheet in OpenRefine"),
    ("JSON-LD context", "/v1/context.jsonld", "what the names in our JSON-LD mean"),
)

#: What employers.html shows: only words.
EMPLOYERS: Final[dict[str, Any]] = {
    "section": "/employers",
    "crumbs": [{"text": "Home", "href": "/"}],
    "title": "For employers",
}


def data_page(framework: Framework) -> dict[str, Any]:
    """What data.html shows."""
    return {
        "section": "/data",
        "crumbs": [{"text": "Home", "href": "/"}],
        "title": "Data and downloads",
        "ways": [{"name": name, "address": address, "about": about} for name, address, about in _WAYS],
        "snapshot": framework.snapshot,
        "graphs": [{"name": name, "count": count} for name, count in framework.graphs.items()],
        "questions": [
            {
                "text": question.question,
                "address": f"/query?question={question.name}",
                "name": question.id,
            }
            for question in framework.questions.values()
        ],
    }


def about_page(framework: Framework) -> dict[str, Any]:
    """What about.html shows: how much of the catalogue rests on what, and the doubts it states of itself."""
    doubts = [one for one in framework.remarks.values() if one.remark_kind == "doubt"]
    return {
        "crumbs": [{"text": "Home", "href": "/"}],
        "title": "About, and limits",
        "doubts": sorted(doubts, key=lambda one: one.key),
    }
