"""The header of an ontology, judged part by part."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from cmh_graph.namespaces import PREFIXES
from cmh_graph.quality.lists import Published
from cmh_graph.store import NamedNode, Store, text_of

#: Vocabularies for metadata that nothing else of ours uses.
_MORE: Final = MappingProxyType(
    {
        "bibo": "http://purl.org/ontology/bibo/",
        "pav": "http://purl.org/pav/",
        "foaf": "http://xmlns.com/foaf/0.1/",
        "doap": "http://usefulinc.com/ns/doap#",
        "cc": "http://creativecommons.org/ns#",
        "mod": "https://w3id.org/mod#",
    }
)
_DOI: Final = re.compile(r"(doi\.org/|doi:|^)10\.\d{4,9}/\S+", re.IGNORECASE)
#: Properties that say a DOI only if their value is one.
_IDENTIFIERS: Final = ("schema:identifier", "dcterms:identifier")


def ontologies(store: Store) -> list[str]:
    """The IRIs of the ontologies declared in a store, sorted."""
    rows = store.select(
        "SELECT DISTINCT ?ontology WHERE { ?ontology a owl:Ontology } ORDER BY STR(?ontology)"
    )
    return [text_of(row["ontology"]) for row in rows if isinstance(row["ontology"], NamedNode)]


def header(store: Store, ontology: str) -> dict[str, list[str]]:
    """Property IRI -> what the header of an ontology says by it."""
    said: dict[str, list[str]] = {}
    text = "SELECT ?property ?value WHERE { ?ontology a owl:Ontology ; ?property ?value . FILTER(STR(?ontology) = %s) }"
    for row in store.select(text % _quoted(ontology)):
        said.setdefault(text_of(row["property"]), []).append(text_of(row["value"]))
    return said


def missing(check: Published, said: Mapping[str, Sequence[str]]) -> list[str]:
    """Which parts of a check a header does not state, in the order of the list. Optional parts never count."""
    return [part for part, names in check.parts.items() if not _stated(names, said)]


def _stated(names: Iterable[str], said: Mapping[str, Sequence[str]]) -> bool:
    for name in names:
        values = [value for iri in _iris(name) for value in said.get(iri, ()) if value.strip()]
        if any(name not in _IDENTIFIERS or _DOI.search(value) for value in values):
            return True
    return False


def _iris(name: str) -> tuple[str, ...]:
    prefix, _, local = name.partition(":")
    iri = (PREFIXES.get(prefix) or _MORE[prefix]) + local
    # schema.org's terms are written with http and with https.
    return (iri, iri.replace("https://", "http://", 1)) if prefix == "schema" else (iri,)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
