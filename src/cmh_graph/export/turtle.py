"""Turtle: the framework's own statements in one file, without the derived ones."""

from __future__ import annotations

import io
from typing import Final

from cmh_graph.export.edition import Edition
from cmh_graph.export.format import Format, Written
from cmh_graph.store import RdfFormat, write_triples


def write(edition: Edition) -> Written:
    """cmh.ttl: what the sources state. The derived graph is left out: it follows from the rest."""
    output = io.BytesIO()
    write_triples(edition.stated, output, RdfFormat.TURTLE)
    return Written({"cmh.ttl": output.getvalue()})


FORMAT: Final = Format(
    name="turtle",
    title="Turtle",
    loaded_by="triple stores, ontology editors and people who read RDF",
    write=write,
)
