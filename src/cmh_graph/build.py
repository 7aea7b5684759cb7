"""Sources and rules -> the whole graph, one named graph per source, as canonical N-Quads."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cmh_graph import __version__
from cmh_graph.partner import MAPPINGS, read_partner, titles_of
from cmh_graph.pathways.facts import comparison_quads
from cmh_graph.reading import read as read_catalogue
from cmh_graph.reason import derive, read_rules
from cmh_graph.sources import framework_files, partner_files
from cmh_graph.sssom import read_mapping_set
from cmh_graph.sssom.stale import Stale, refuse_stale, stale_mappings
from cmh_graph.sssom.targets import targets_of
from cmh_graph.store import Quad, Store, canonical_nquads, graph_of


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

    @property
    def triples(self) -> int:
        """The number of distinct triples in the merge of all graphs: as many as statements if no two share one."""
        return len({line.rpartition(b" <")[0] for line in self.nquads.splitlines()})

    def manifest(self) -> dict[str, object]:
        """What a snapshot says about itself, as plain data."""
        return {
            "id": self.sha256[:16],
            "sha256": self.sha256,
            "version": __version__,
            "statements": sum(self.graphs.values()),
            "triples": self.triples,
            "graphs": self.graphs,
            "sources": self.sources,
        }


def build(home: Path, partners: Sequence[Path] = ()) -> Graph:
    """Read the framework below home and the partners' folders, apply the rules, and give the whole graph.

    Raises SourceError where a file cannot be read, StaleMappings where a partner's accepted mapping no longer says what
    was accepted, and BuildError where the rules do not settle; nothing is written."""
    files = framework_files(home)
    stated = [quad for file in files for quad in file.quads()]
    refuse_stale(_stale_of_partners(partners, stated))
    others = [file for folder in partners for file in partner_files(folder)]
    stated += [quad for file in others for quad in file.quads()]
    files += others
    derived = derive(stated, read_rules(home / "queries" / "rules"))
    derived += comparison_quads(read_catalogue(Store.from_quads(stated)))
    quads: list[Quad] = list(dict.fromkeys([*stated, *derived]))
    counts = Counter(graph_of(quad) for quad in quads)
    return Graph(
        nquads=canonical_nquads(quads),
        graphs=dict(sorted(counts.items())),
        sources={file.name: file.sha256() for file in sorted(files, key=lambda file: file.name)},
    )


def _stale_of_partners(partners: Sequence[Path], framework: Sequence[Quad]) -> list[Stale]:
    """The stale mappings of all partners, against the framework's own statements."""
    published = [folder for folder in partners if (folder / MAPPINGS).is_file()]
    if not published:
        return []
    targets = targets_of(framework)
    return [
        one
        for folder in published
        for one in stale_mappings(
            read_mapping_set(folder / MAPPINGS), targets, titles_of(read_partner(folder))
        )
    ]
