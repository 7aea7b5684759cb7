"""Turtle: the framework's own statements in one file, without the derived ones."""

from __future__ import annotations

import io

from cmh_graph.namespaces import GRAPH_DERIVED
from cmh_graph.store import Quad, RdfFormat, Triple, graph_of, write_triples


def export(quads: list[Quad]) -> dict[str, bytes]:
    """cmh.ttl: what the sources state. The derived graph is left out: it follows from the rest."""
    output = io.BytesIO()
    triples = (Triple(q.subject, q.predicate, q.object) for q in quads if graph_of(q) != GRAPH_DERIVED)
    write_triples(dict.fromkeys(triples), output, RdfFormat.TURTLE)
    return {"cmh.ttl": output.getvalue()}
