"""JSON-LD: the framework's own statements, one object for each thing, compact with our context or expanded."""

from __future__ import annotations

import io
import json
from collections.abc import Set
from typing import Final

from cmh_graph.export.edition import Edition
from cmh_graph.export.format import Files, Format, Written
from cmh_graph.export.packing import packed
from cmh_graph.json_ld import write_lines
from cmh_graph.store import RdfFormat, Triple, parse_rdf, write_triples

COMPACT: Final = "cmh.jsonld"
EXPANDED: Final = "cmh.expanded.jsonld"
CONTEXT: Final = "context.jsonld"


def write(edition: Edition) -> Written:
    """cmh.jsonld with our context written into it, and the context by itself. The derived graph is left out."""
    lines, left_out = edition.lines
    document, context = write_lines(lines, left_out=left_out)
    text = json.dumps({"@context": context}, ensure_ascii=False, indent=1)
    return Written({**packed({COMPACT: document + b"\n"}), CONTEXT: text.encode() + b"\n"})


def write_expanded(edition: Edition) -> Written:
    """cmh.expanded.jsonld: the same without any context, IRIs in full."""
    output = io.BytesIO()
    write_triples(edition.stated, output, RdfFormat.JSON_LD)
    return Written(packed({EXPANDED: output.getvalue() + b"\n"}))


def read(files: Files) -> Set[Triple]:
    """The statements of cmh.jsonld. Raises SourceError if it does not parse."""
    return {quad.triple for quad in parse_rdf(files[COMPACT], RdfFormat.JSON_LD)}


def read_expanded(files: Files) -> Set[Triple]:
    """The statements of cmh.expanded.jsonld. Raises SourceError if it does not parse."""
    return {quad.triple for quad in parse_rdf(files[EXPANDED], RdfFormat.JSON_LD)}


FORMAT: Final = Format(
    name="jsonld",
    title="JSON-LD",
    loaded_by="web services and programs that read JSON",
    write=write,
    read=read,
)
EXPANDED_FORMAT: Final = Format(
    name="jsonld-expanded",
    title="JSON-LD, expanded",
    loaded_by="programs that read JSON-LD but apply no context",
    write=write_expanded,
    read=read_expanded,
)
