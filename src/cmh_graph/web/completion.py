"""What the query editor completes: our prefixes, and classes and properties of the snapshot with how often they occur.

The counts are those of VoID's partitions over everything that /sparql answers from: things of a class, and statements
with a property.
"""

from __future__ import annotations

from typing import Any, Final

from cmh_graph.framework import Framework
from cmh_graph.namespaces import PREFIXES, compact
from cmh_graph.store import Store, text_of

#: Longest definition that is sent; lists show one line.
_LONGEST: Final = 140
_CLASSES: Final = "SELECT ?term (COUNT(DISTINCT ?thing) AS ?count) { ?thing a ?term } GROUP BY ?term"
_PROPERTIES: Final = "SELECT ?term (COUNT(*) AS ?count) { ?thing ?term ?value } GROUP BY ?term"
_WORDS: Final = """
SELECT ?term ?label ?definition {
  ?term a ?kind ; skos:prefLabel ?label OPTIONAL { ?term skos:definition ?definition }
  FILTER(?kind IN (owl:Class, owl:ObjectProperty, owl:DatatypeProperty, owl:AnnotationProperty, rdf:Property))
}"""


def completion(framework: Framework) -> dict[str, Any]:
    """Plain values: prefixes, name -> IRI; classes and properties, each as [name, label, count, definition], most
    frequent first. A name is prefixed where a prefix of ours fits, otherwise an IRI in angle brackets."""
    store = framework.store
    words: dict[str, tuple[str, str]] = {}
    for row in store.select(_WORDS):
        words.setdefault(
            text_of(row["term"]), (text_of(row["label"]), _short(text_of(row.get("definition"))))
        )
    return {
        "prefixes": dict(sorted(PREFIXES.items())),
        "classes": _counted(store, _CLASSES, words),
        "properties": _counted(store, _PROPERTIES, words),
    }


def _counted(store: Store, query: str, words: dict[str, tuple[str, str]]) -> list[list[str | int]]:
    counts = [(text_of(row["term"]), int(text_of(row["count"]))) for row in store.select(query)]
    counts.sort(key=lambda one: (-one[1], one[0]))
    found: list[list[str | int]] = []
    for iri, count in counts:
        label, definition = words.get(iri, ("", ""))
        name = compact(iri)
        found.append([name if name != iri else f"<{iri}>", label, count, definition])
    return found


def _short(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    return text[:_LONGEST].rpartition(" ")[0].rstrip(" ,;") + "…"
