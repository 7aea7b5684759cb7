"""The framework of this checkout, built once for all tests of a process: a build costs seconds."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from cmh_graph.build import Graph, build
from cmh_graph.store import Store, parse_nquads

ROOT = Path(__file__).resolve().parents[1]


@cache
def framework_graph() -> Graph:
    """The built graph."""
    return build(ROOT)


@cache
def framework_store() -> Store:
    """The built graph in our store."""
    return Store.from_quads(parse_nquads(framework_graph().nquads))
