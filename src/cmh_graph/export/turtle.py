"""Turtle: the framework's own statements in one file, without the derived ones."""

from __future__ import annotations

import io
from collections.abc import Set
from typing import Final

from cmh_graph.export.edition import Edition
from cmh_graph.export.format import Files, Format, Written
from cmh_graph.export.packing import packed
from cmh_graph.store import RdfFormat, Triple, parse_rdf, write_triples

FILE: Final = "cmh.ttl"


def write(edition: Edition) -> Written:
    """cmh.ttl: what the sources state. The derived graph is left out: it follows from the rest."""
    return Written(packed({FILE: turtle(edition)}))


def turtle(edition: Edition) -> bytes:
    """The text of cmh.ttl."""
    output = io.BytesIO()
    write_triples(edition.stated, output, RdfFormat.TURTLE, edition.prefixes)
    return output.getvalue()


def read(files: Files) -> Set[Triple]:
    """The statements of cmh.ttl. Raises SourceError if it does not parse."""
    return {quad.triple for quad in parse_rdf(files[FILE], RdfFormat.TURTLE)}


FORMAT: Final = Format(
    name="turtle",
    title="Turtle",
    loaded_by="triple stores, ontology editors and people who read RDF",
    write=write,
    read=read,
)
