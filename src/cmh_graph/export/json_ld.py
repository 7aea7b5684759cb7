"""JSON-LD: the framework's own statements, one object for each thing, with our context written into the file."""

from __future__ import annotations

import json

from cmh_graph.json_ld import JsonLd
from cmh_graph.namespaces import GRAPH_DERIVED
from cmh_graph.store import Quad, Triple, graph_of


def export(quads: list[Quad]) -> dict[str, bytes]:
    """cmh.jsonld, and the context by itself as context.jsonld. The derived graph is left out: it follows."""
    stated = dict.fromkeys(
        Triple(quad.subject, quad.predicate, quad.object) for quad in quads if graph_of(quad) != GRAPH_DERIVED
    )
    ordered = sorted(
        stated, key=lambda triple: (str(triple.subject), str(triple.predicate), str(triple.object))
    )
    writer = JsonLd(ordered)
    context = json.dumps({"@context": writer.context}, ensure_ascii=False, indent=1)
    return {"cmh.jsonld": writer.write(ordered) + b"\n", "context.jsonld": context.encode() + b"\n"}
