"""What is judged: the built graph, its SKOS view, and the service over it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cmh_graph.build import Graph
from cmh_graph.namespaces import GRAPH_CATALOGUE
from cmh_graph.quality.service import Ask, asking
from cmh_graph.store import NamedNode, Quad, Store, parse_nquads


@dataclass(frozen=True, slots=True)
class Subject:
    """graph: ontology and content. vocabulary: what SKOS servers load. ask: path, Accept header -> answer."""

    graph: Store
    vocabulary: Store
    ask: Ask


@contextmanager
def subject_of(graph: Graph) -> Iterator[Subject]:
    """A built graph, ready to be judged, for as long as the block lasts. Its service lives in this process only."""
    from cmh_graph import framework
    from cmh_graph.api.app import create_app
    from cmh_graph.export import Edition
    from cmh_graph.export.skos.view import view_of
    from cmh_graph.settings import Settings
    from cmh_graph.snapshot import write_snapshot

    view = view_of(Edition.of(graph.nquads))
    home = NamedNode(GRAPH_CATALOGUE)
    vocabulary = Store.from_quads(
        Quad(triple.subject, triple.predicate, triple.object, home) for triple in view.stated | view.added
    )
    with tempfile.TemporaryDirectory(prefix="cmh-graph-quality-") as folder:
        write_snapshot(graph, Path(folder))
        app = create_app(Settings(), framework.open(Path(folder)))
        with asking(app) as ask:
            yield Subject(Store.from_quads(parse_nquads(graph.nquads)), vocabulary, ask)
