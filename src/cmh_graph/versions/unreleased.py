"""What was changed since the last release and is not released yet."""

from __future__ import annotations

from pathlib import Path

from cmh_graph.namespaces import GRAPH_PARTNER
from cmh_graph.store import graph_of, iter_nquads, parse_nquads
from cmh_graph.versions.change import Change
from cmh_graph.versions.content import content_of, question_texts, shapes_nquads
from cmh_graph.versions.diff import diff
from cmh_graph.versions.places import CURRENT
from cmh_graph.versions.releases import Releases


def unreleased_changes(releases: Releases, dataset: Path, home: Path) -> tuple[Change, ...]:
    """The changes from the last release to a snapshot with the shapes and questions of home; empty without releases.

    dataset: its N-Quads. Graphs of partners are no part of the framework and are left out. Takes seconds."""
    if releases.latest is None:
        return ()
    ours = (q for q in iter_nquads(dataset.read_bytes()) if not graph_of(q).startswith(GRAPH_PARTNER))
    now = content_of(ours, CURRENT, parse_nquads(shapes_nquads(home)), question_texts(home))
    return tuple(diff(releases.content(releases.latest), now))
