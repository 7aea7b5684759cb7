"""The RDF merge of all named graphs, which queries without a dataset of their own are answered from.

The engine's union of graphs is that merge where no two of them share a triple; elsewhere it is written out."""

from __future__ import annotations

from pathlib import Path

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, RdfFormat, Triple, parse
from pyoxigraph import Store as Engine

from cmh_graph.store.terms import DEFAULT_GRAPH


def write_merge(engine: Engine) -> None:
    """Write the merge of all named graphs into the default graph."""
    engine.bulk_extend(
        Quad(quad.subject, quad.predicate, quad.object, DEFAULT_GRAPH)
        for graph in list(engine.named_graphs())
        for quad in engine.quads_for_pattern(None, None, None, graph)
    )


def is_apart(engine: Engine) -> bool:
    """Whether no two graphs, the default graph among them, share a triple."""
    graphs: list[NamedNode | BlankNode | DefaultGraph] = list(engine.named_graphs())
    if next(engine.quads_for_pattern(None, None, None, DEFAULT_GRAPH), None) is not None:
        graphs.append(DEFAULT_GRAPH)
    # Each triple of all graphs but one is looked for in all of them.
    find = engine.quads_for_pattern
    return not any(
        len(list(find(q.subject, q.predicate, q.object, None))) > 1
        for graph in graphs[1:]
        for q in find(None, None, None, graph)
    )


def adds_only(engine: Engine, path: Path) -> bool:
    """Whether no triple of some N-Quads is known yet, or stands in two graphs of theirs; False of a broken file."""
    find, graphs = engine.quads_for_pattern, dict[Triple, object]()
    try:
        return not any(
            graphs.setdefault(quad.triple, quad.graph_name) != quad.graph_name
            or next(find(quad.subject, quad.predicate, quad.object, None), None) is not None
            for quad in parse(path=path, format=RdfFormat.N_QUADS)
        )
    except (SyntaxError, OSError):
        return False
