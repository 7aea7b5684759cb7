"""What the endpoint says of itself: a SPARQL 1.1 Service Description."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Final

from cmh_graph.namespaces import PREFIXES
from cmh_graph.sparql.formats import ALL, GRAPH, JSONLD, NTRIPLES, RDFXML, TURTLE, Format
from cmh_graph.sparql.functions import FACTS
from cmh_graph.store import Literal, NamedNode, RdfFormat, Triple, write_triples

_SD: Final = PREFIXES["sd"]
_RDF_TYPE: Final = NamedNode(PREFIXES["rdf"] + "type")
_LABEL: Final = NamedNode(PREFIXES["rdfs"] + "label")
_COMMENT: Final = NamedNode(PREFIXES["rdfs"] + "comment")
_VOID_TRIPLES: Final = NamedNode("http://rdfs.org/ns/void#triples")
_WRITES: Final = {
    TURTLE: RdfFormat.TURTLE,
    NTRIPLES: RdfFormat.N_TRIPLES,
    RDFXML: RdfFormat.RDF_XML,
    JSONLD: RdfFormat.JSON_LD,
}


def describe(endpoint: str, graphs: Iterable[str], triples: int) -> list[Triple]:
    """The service description as triples.

    endpoint: the absolute IRI that queries are sent to; the description's own things are named after it.
    graphs: the IRIs of the named graphs; triples: how many distinct ones their merge holds."""
    service = NamedNode(endpoint + "#service")
    dataset = NamedNode(endpoint + "#dataset")
    default = NamedNode(endpoint + "#default-graph")

    def sd(name: str) -> NamedNode:
        return NamedNode(_SD + name)

    said = [
        Triple(service, _RDF_TYPE, sd("Service")),
        Triple(service, sd("endpoint"), NamedNode(endpoint)),
        Triple(service, sd("supportedLanguage"), sd("SPARQL11Query")),
        Triple(service, sd("feature"), sd("UnionDefaultGraph")),
        *(Triple(service, sd("resultFormat"), NamedNode(known.iri)) for known in ALL),
        *(Triple(service, sd("extensionFunction"), NamedNode(fact.iri)) for fact in FACTS),
        Triple(service, sd("defaultDataset"), dataset),
        Triple(dataset, _RDF_TYPE, sd("Dataset")),
        Triple(dataset, sd("defaultGraph"), default),
    ]
    named = [(NamedNode(f"{endpoint}#graph-{n}"), iri) for n, iri in enumerate(sorted(graphs), start=1)]
    said += [Triple(dataset, sd("namedGraph"), node) for node, _ in named]
    said += [
        Triple(default, _RDF_TYPE, sd("Graph")),
        Triple(default, _VOID_TRIPLES, Literal(triples)),
    ]
    for fact in FACTS:
        function = NamedNode(fact.iri)
        said += [
            Triple(function, _RDF_TYPE, sd("Function")),
            Triple(function, _LABEL, Literal(fact.label, language="en")),
            Triple(function, _COMMENT, Literal(fact.about, language="en")),
        ]
    for node, iri in named:
        said += [Triple(node, _RDF_TYPE, sd("NamedGraph")), Triple(node, sd("name"), NamedNode(iri))]
    return said


def write(endpoint: str, graphs: Iterable[str], triples: int, known: Format) -> bytes:
    """The service description in one of the graph formats."""
    if known not in GRAPH:
        raise ValueError(f"{known.name} cannot hold a graph")
    output = io.BytesIO()
    write_triples(describe(endpoint, graphs, triples), output, _WRITES[known])
    return output.getvalue()
