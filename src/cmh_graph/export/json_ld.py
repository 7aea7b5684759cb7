"""JSON-LD: the framework's own statements, one object for each thing, with our context written into the file."""

from __future__ import annotations

import json
from typing import Final

from cmh_graph.export.edition import Edition
from cmh_graph.export.format import Format, Written
from cmh_graph.json_ld import JsonLd


def write(edition: Edition) -> Written:
    """cmh.jsonld, and the context by itself as context.jsonld. The derived graph is left out: it follows."""
    ordered = sorted(
        edition.stated, key=lambda triple: (str(triple.subject), str(triple.predicate), str(triple.object))
    )
    writer = JsonLd(ordered)
    context = json.dumps({"@context": writer.context}, ensure_ascii=False, indent=1)
    return Written({"cmh.jsonld": writer.write(ordered) + b"\n", "context.jsonld": context.encode() + b"\n"})


FORMAT: Final = Format(
    name="jsonld", title="JSON-LD", loaded_by="web services and programs that read JSON", write=write
)
