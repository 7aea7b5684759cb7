"""N-Quads: every statement with its named graph, canonical, so that two releases can be compared line by line."""

from __future__ import annotations

from cmh_graph.store import Quad, canonical_nquads


def export(quads: list[Quad]) -> dict[str, bytes]:
    """cmh.nq: the whole dataset, derived graph included."""
    return {"cmh.nq": canonical_nquads(quads)}
