"""N-Triples: the framework's own statements, one a line, for programs that read line by line."""

from __future__ import annotations

from collections.abc import Set
from typing import Final

from cmh_graph.export.edition import Edition
from cmh_graph.export.format import Files, Format, Written
from cmh_graph.export.packing import packed
from cmh_graph.store import RdfFormat, Triple, parse_rdf

FILE: Final = "cmh.nt"


def write(edition: Edition) -> Written:
    """cmh.nt: what the sources state, in canonical order."""
    return Written(packed({FILE: edition.ntriples}))


def read(files: Files) -> Set[Triple]:
    """The statements of cmh.nt. Raises SourceError if it does not parse."""
    return {quad.triple for quad in parse_rdf(files[FILE], RdfFormat.N_TRIPLES)}


FORMAT: Final = Format(
    name="ntriples",
    title="N-Triples",
    loaded_by="bulk loaders and line tools such as grep and sort",
    write=write,
    read=read,
)
