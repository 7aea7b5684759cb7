"""N-Quads: every statement with its named graph, canonical, so that two releases can be compared line by line."""

from __future__ import annotations

from collections.abc import Set
from typing import Final

from cmh_graph.export.edition import Edition
from cmh_graph.export.format import Files, Format, Written
from cmh_graph.export.packing import packed
from cmh_graph.namespaces import GRAPH_DERIVED
from cmh_graph.store import Quad, RdfFormat, Triple, graph_of, parse_rdf

FILE: Final = "cmh.nq"


def write(edition: Edition) -> Written:
    """cmh.nq: the whole dataset, derived graph included."""
    return Written(packed({FILE: edition.nquads}))


def read(files: Files) -> Set[Triple]:
    """What the sources state in cmh.nq; the derived graph is set aside. Raises SourceError if it does not parse."""
    return stated_in(parse_rdf(files[FILE], RdfFormat.N_QUADS))


def stated_in(quads: list[Quad]) -> Set[Triple]:
    """The triples of all graphs but the derived one."""
    return {quad.triple for quad in quads if graph_of(quad) != GRAPH_DERIVED}


FORMAT: Final = Format(
    name="nquads",
    title="N-Quads",
    loaded_by="triple stores, with one named graph for each source",
    write=write,
    read=read,
)
