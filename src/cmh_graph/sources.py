"""The files that the graph is made from, each with the named graph that its statements belong to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cmh_graph.errors import SourceError
from cmh_graph.namespaces import GRAPH_CATALOGUE, GRAPH_MATCHES, GRAPH_ONTOLOGY, GRAPH_PARTNER
from cmh_graph.partner import MAPPINGS, partner_quads, read_partner
from cmh_graph.sssom import mapping_quads, read_mapping_set, set_quads
from cmh_graph.store import Quad, read_quads
from cmh_graph.vacancies.folder import REGISTER, is_feed
from cmh_graph.vacancies.graph import feed_quads


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file, the graph it feeds, and how it is called in the manifest (its path from the framework's folder)."""

    path: Path
    graph: str
    name: str

    def quads(self) -> Iterator[Quad]:
        """Its statements. Raises SourceError, with the place, where it cannot be read."""
        if self.path.name.endswith(".sssom.tsv"):
            mappings = read_mapping_set(self.path)
            yield from set_quads(mappings, self.graph)
            yield from mapping_quads(mappings, self.graph, self.partner)
        elif self.path.name == REGISTER:
            yield from feed_quads(self.path.parent)
        elif self.path.suffix == ".toml":
            yield from partner_quads(read_partner(self.path.parent))
        else:
            yield from read_quads(self.path, self.graph)

    @property
    def partner(self) -> str:
        """The key of the partner whose file this is; "" for the framework's own."""
        return self.graph.removeprefix(GRAPH_PARTNER) if self.graph.startswith(GRAPH_PARTNER) else ""

    def sha256(self) -> str:
        """The checksum of its bytes, in hexadecimal."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()


def framework_files(home: Path) -> list[SourceFile]:
    """The framework's own files below home/ontology, by name. Raises SourceError if there are none."""
    ontology = home / "ontology"
    groups = (
        (sorted([*ontology.glob("*.ttl"), *(ontology / "vocab").glob("*.ttl")]), GRAPH_ONTOLOGY),
        (sorted((ontology / "catalogue").rglob("*.ttl")), GRAPH_CATALOGUE),
        (sorted((ontology / "matches").glob("*.sssom.tsv")), GRAPH_MATCHES),
    )
    files = [
        SourceFile(path, graph, path.relative_to(home).as_posix())
        for paths, graph in groups
        for path in paths
    ]
    if not files:
        raise SourceError(
            "there is no framework to build",
            where=str(ontology),
            mend="set CMH_GRAPH_HOME to the folder that holds ontology/, shapes/ and queries/",
        )
    return files


def partner_file(folder: Path) -> SourceFile:
    """A partner's catalogue, by its source.toml. Raises SourceError if the folder has none."""
    about = folder / "source.toml"
    if not about.is_file():
        raise SourceError(
            "this folder is no partner catalogue: it has no source.toml",
            where=str(folder),
            mend="add source.toml with name, owner, licence and date; examples/northfield shows one",
        )
    return SourceFile(about, GRAPH_PARTNER + folder.resolve().name, f"{folder.resolve().name}/source.toml")


def partner_files(folder: Path) -> list[SourceFile]:
    """A partner's catalogue and, where it has one, its published mapping set: both feed the partner's graph.
    Of a feed of vacancies, its register.

    Raises SourceError if the folder is no partner's."""
    catalogue = partner_file(folder)
    if is_feed(folder):
        return [SourceFile(folder / REGISTER, catalogue.graph, f"{catalogue.partner}/{REGISTER}")]
    mappings = folder / MAPPINGS
    if not mappings.is_file():
        return [catalogue]
    return [catalogue, SourceFile(mappings, catalogue.graph, f"{catalogue.partner}/{MAPPINGS}")]


def mapping_file_quads(path: Path) -> Iterator[Quad]:
    """The statements of a mapping set by itself; of a partner's, together with the catalogue that it lies in.

    Raises SourceError where one of them cannot be read."""
    files = partner_files(path.parent) if _is_partners(path) else [SourceFile(path, GRAPH_MATCHES, path.name)]
    for file in files:
        yield from file.quads()


def _is_partners(path: Path) -> bool:
    return path.name == MAPPINGS and (path.parent / "source.toml").is_file()
