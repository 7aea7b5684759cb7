"""SKOS: the framework as a vocabulary, for servers such as Skosmos.

concepts   what becomes a concept or a scheme
soundness  stated things that break an integrity condition of SKOS
view       the statements of the view, and which of them are added
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Set
from typing import Final

from cmh_graph.export.edition import Edition
from cmh_graph.export.format import Files, Format, Written
from cmh_graph.export.packing import packed
from cmh_graph.export.skos.view import view_of
from cmh_graph.namespaces import CMH
from cmh_graph.store import RdfFormat, Triple, parse_rdf, write_triples

VIEW: Final = "cmh.skos.ttl"
ADDED: Final = "cmh.skos.added.ttl"


def write(edition: Edition) -> Written:
    """cmh.skos.ttl, the whole view; and cmh.skos.added.ttl, those of its statements that follow and nobody states."""
    view = view_of(edition)
    return Written(
        {**packed({VIEW: _turtle(view.stated | view.added)}), ADDED: _turtle(view.added)}, view.stated
    )


def read(files: Files) -> Set[Triple]:
    """What the sources state in a view: all but what is listed as added. Raises SourceError if one does not parse."""
    whole, added = (
        {quad.triple for quad in parse_rdf(files[name], RdfFormat.TURTLE)} for name in (VIEW, ADDED)
    )
    return whole - added


def _turtle(triples: Iterable[Triple]) -> bytes:
    output = io.BytesIO()
    write_triples(sorted(triples, key=str), output, RdfFormat.TURTLE)
    return output.getvalue()


FORMAT: Final = Format(
    name="skos",
    title="SKOS vocabulary",
    loaded_by="vocabulary servers such as Skosmos, and thesaurus editors",
    write=write,
    read=read,
    why_lost={
        "": "a vocabulary holds concepts with their names, notes and places; this is said in cmh.ttl",
        CMH + "status": "told by an editorial note in words; as a link in cmh.ttl",
    },
)
