"""Small editions for tests, written in Turtle: the ontology's header and our prefixes are there already."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pyoxigraph import RdfFormat, parse

from cmh_graph.export.edition import Edition
from cmh_graph.namespaces import GRAPH_CATALOGUE, PREFIXES, compact
from cmh_graph.store import BlankNode, NamedNode, Quad, Triple

_HEADER = """
<https://w3id.org/cmh-graph/ns> a owl:Ontology ; owl:versionInfo "1.0.0" ;
    dcterms:issued "ISSUED"^^xsd:date ; dcterms:license <https://creativecommons.org/licenses/by/4.0/> .
"""


def edition_of(turtle: str, issued: str = "2026-11-21") -> Edition:
    """The edition that states what some Turtle does, and the header with its date of issue."""
    header = _HEADER.replace("ISSUED", issued)
    prefixes = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())
    graph = NamedNode(GRAPH_CATALOGUE)
    parsed = parse(input=prefixes + header + turtle, format=RdfFormat.TURTLE)
    quads = sorted((Quad(q.subject, q.predicate, q.object, graph) for q in parsed), key=str)
    return Edition(tuple(quads))


def content(edition: Edition) -> set[Triple]:
    """What an edition states beside its header."""
    header = {"https://w3id.org/cmh-graph/ns"}
    return {
        one
        for one in edition.stated
        if not isinstance(one.subject, NamedNode) or one.subject.value not in header
    }


def read_as(triple: Triple) -> str:
    """A triple as a case lists it: prefixed names, and the object as in N-Triples unless it is an IRI."""
    parts = (triple.subject, triple.predicate, triple.object)
    return " ".join(
        compact(one.value) if isinstance(one, NamedNode) else "_" if isinstance(one, BlankNode) else str(one)
        for one in parts
    )


def cases(path: Path) -> list[dict[str, Any]]:
    """The cases of a TOML file."""
    found: list[dict[str, Any]] = tomllib.loads(path.read_text("utf-8"))["case"]
    return found
