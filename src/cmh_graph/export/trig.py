"""TriG: the whole dataset with its named graphs, for people who read RDF."""

from __future__ import annotations

import io
from collections.abc import Set
from typing import Final

from cmh_graph.export.edition import Edition
from cmh_graph.export.format import Files, Format, Written
from cmh_graph.export.n_quads import stated_in
from cmh_graph.export.packing import packed
from cmh_graph.store import RdfFormat, Triple, graph_of, parse_rdf, write_quads

FILE: Final = "cmh.trig"


def write(edition: Edition) -> Written:
    """cmh.trig: every statement in its named graph, derived graph included, one block for each graph."""
    output = io.BytesIO()
    write_quads(sorted(edition.quads, key=graph_of), output, RdfFormat.TRIG)
    return Written(packed({FILE: output.getvalue()}))


def read(files: Files) -> Set[Triple]:
    """What the sources state in cmh.trig; the derived graph is set aside. Raises SourceError if it does not parse."""
    return stated_in(parse_rdf(files[FILE], RdfFormat.TRIG))


FORMAT: Final = Format(
    name="trig",
    title="TriG",
    loaded_by="triple stores, with one named graph for each source",
    write=write,
    read=read,
)
