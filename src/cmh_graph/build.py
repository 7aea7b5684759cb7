"""Sources and rules -> the whole graph, one named graph per source, as canonical N-Quads."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cmh_graph import __version__
from cmh_graph.reason import derive, read_rules
from cmh_graph.sources import framework_files, partner_file
from cmh_graph.store import Quad, canonical_nquads, graph_of


@dataclass(frozen=True, slots=True)
class Graph:
    """The built graph.

    nquads: canonical bytes, the same for the same sources. graphs: named graph -> number of statements.
    sources: file name -> SHA-256 of its bytes."""

    nquads: bytes
    graphs: dict[str, int]
    sources: dict[str, str]

    @property
    def sha256(self) -> str:
        """The checksum of the bytes; its first 16 digits are the snapshot's name."""
        return hashlib.sha256(self.nquads).hexdigest()

    def manifest(self) -> dict[str, object]:
        """What a snapshot says about itself, as plain data."""
        return {
            "id": self.sha256[:16],
            "sha256": self.sha256,
            "version": __version__,
            "statements": sum(self.graphs.values()),
            "graphs": self.graphs,
            "sources": self.sources,
        }


def build(home: Path, partners: Sequence[Path] = ()) -> Graph:
    """Read the framework below home and the partners' folders, apply the rules, and give the whole graph.

    Raises SourceError where a file cannot be read and BuildError where the rules do not settle; nothing is written."""
    files = [*framework_files(home), *(partner_file(folder) for folder in partners)]
    stated = [quad for file in files for quad in file.quads()]
    derived = derive(stated, read_rules(home / "queries" / "rules"))
    quads: list[Quad] = list(dict.fromkeys([*stated, *derived]))
    counts = Counter(graph_of(quad) for quad in quads)
    return Graph(
        nquads=canonical_nquads(quads),
        graphs=dict(sorted(counts.items())),
        sources={file.name: file.sha256() for file in sorted(files, key=lambda file: file.name)},
    )
