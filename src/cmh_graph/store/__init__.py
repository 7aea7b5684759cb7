"""The triple store, and the only package that knows which one we use.

terms       what statements are made of, and how they read as text
dataset     the Store: named graphs that can be asked, in memory or on disk
merge       the RDF merge of all graphs, which the engine's union is not where two graphs share a triple
disk        a store on disk, written
query_text  whether a query parses, and whether it names its own graphs
results     what queries answer, ours and other servers'
reading     documents and files -> statements
writing     statements -> documents, with the prefixes that they use
canonical   the one spelling: equal graphs are equal bytes

The engine rewrites some literals ("1.50" comes back as 1.5), so SHACL and exports read files, not a Store.
Nothing in here stops a query: for text from strangers use cmh_graph.sparql.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cmh_graph.on_demand import on_demand

if TYPE_CHECKING:
    from pyoxigraph import RdfFormat

    from cmh_graph.store.canonical import canonical_nquads, rewritten
    from cmh_graph.store.dataset import Function, Store
    from cmh_graph.store.disk import lay_beside, write_on_disk
    from cmh_graph.store.query_text import check_syntax
    from cmh_graph.store.reading import (
        iter_nquads,
        iter_rdf,
        parse_nquads,
        parse_ntriples,
        parse_rdf,
        read_quads,
    )
    from cmh_graph.store.results import (
        QueryBoolean,
        QueryResult,
        QueryResultsFormat,
        QuerySolutions,
        QueryTriples,
        Row,
        parse_results,
        parse_solutions,
    )
    from cmh_graph.store.terms import (
        BlankNode,
        DefaultGraph,
        Literal,
        NamedNode,
        Quad,
        Term,
        Triple,
        graph_of,
        node_of,
        text_of,
    )
    from cmh_graph.store.writing import LOOKED_AT, used_prefixes, write_ntriples, write_quads, write_triples

__all__ = [
    "LOOKED_AT",
    "BlankNode",
    "DefaultGraph",
    "Function",
    "Literal",
    "NamedNode",
    "Quad",
    "QueryBoolean",
    "QueryResult",
    "QueryResultsFormat",
    "QuerySolutions",
    "QueryTriples",
    "RdfFormat",
    "Row",
    "Store",
    "Term",
    "Triple",
    "canonical_nquads",
    "check_syntax",
    "graph_of",
    "iter_nquads",
    "iter_rdf",
    "lay_beside",
    "node_of",
    "parse_nquads",
    "parse_ntriples",
    "parse_rdf",
    "parse_results",
    "parse_solutions",
    "read_quads",
    "rewritten",
    "text_of",
    "used_prefixes",
    "write_ntriples",
    "write_on_disk",
    "write_quads",
    "write_triples",
]

__getattr__ = on_demand(
    __name__,
    {
        "canonical_nquads": "canonical",
        "rewritten": "canonical",
        "Function": "dataset",
        "Store": "dataset",
        "lay_beside": "disk",
        "write_on_disk": "disk",
        "check_syntax": "query_text",
        "RdfFormat": "reading",
        "iter_nquads": "reading",
        "iter_rdf": "reading",
        "parse_nquads": "reading",
        "parse_ntriples": "reading",
        "parse_rdf": "reading",
        "read_quads": "reading",
        "QueryBoolean": "results",
        "QueryResult": "results",
        "QueryResultsFormat": "results",
        "QuerySolutions": "results",
        "QueryTriples": "results",
        "Row": "results",
        "parse_results": "results",
        "parse_solutions": "results",
        "BlankNode": "terms",
        "DefaultGraph": "terms",
        "Literal": "terms",
        "NamedNode": "terms",
        "Quad": "terms",
        "Term": "terms",
        "Triple": "terms",
        "graph_of": "terms",
        "node_of": "terms",
        "text_of": "terms",
        "LOOKED_AT": "writing",
        "used_prefixes": "writing",
        "write_ntriples": "writing",
        "write_quads": "writing",
        "write_triples": "writing",
    },
)
