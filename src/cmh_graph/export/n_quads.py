"""N-Quads: every statement with its named graph, canonical, so that two releases can be compared line by line."""

from __future__ import annotations

from typing import Final

from cmh_graph.export.edition import Edition
from cmh_graph.export.format import Format, Written
from cmh_graph.store import canonical_nquads


def write(edition: Edition) -> Written:
    """cmh.nq: the whole dataset, derived graph included."""
    return Written({"cmh.nq": canonical_nquads(edition.quads)})


FORMAT: Final = Format(
    name="nquads",
    title="N-Quads",
    loaded_by="triple stores, with one named graph for each source",
    write=write,
)
