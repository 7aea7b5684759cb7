"""What a user may name as a version: a release, `current`, a snapshot, a checkout, an RDF file or a folder of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cmh_graph.errors import SourceError
from cmh_graph.snapshot import DATASET, current_snapshot
from cmh_graph.store import parse_nquads, read_quads
from cmh_graph.versions.content import VersionContent, content_at, content_of
from cmh_graph.versions.releases import DATASET as RELEASED
from cmh_graph.versions.releases import Releases
from cmh_graph.versions.semver import is_version

CURRENT: Final = "current"
FOLDER: Final = "releases"
_SUFFIXES: Final = frozenset({".ttl", ".nt", ".nq", ".trig", ".jsonld", ".rdf", ".owl"})
#: Bytes of RDF that are compared at once; a statement takes about ten times its text in memory.
_LARGEST: Final = 100_000_000


def content_named(place: str, home: Path, snapshots: Path) -> VersionContent:
    """The version that a user names.

    place: a released version; `current`, the snapshot built last with the shapes and questions of home; the folder of
    a snapshot, a release or a checkout (which is built); an RDF file, or a folder whose RDF files are read as one.
    Shapes and questions are known for releases, `current` and checkouts only.
    Raises UnknownThing for a release that is not there, NoSnapshot if nothing is built, SourceError for anything else
    that cannot be read."""
    if is_version(place):
        return Releases(home / FOLDER).content(place)
    if place == CURRENT:
        dataset = current_snapshot(snapshots) / DATASET
        return content_at(home, dataset.read_bytes(), CURRENT)
    path = Path(place)
    if path.is_file():
        _refuse_large([path], place)
        return content_of(read_quads(path, None), place)
    if not path.is_dir():
        released = ", ".join(Releases(home / FOLDER).versions)
        raise SourceError(
            "there is no such version, file or folder",
            where=place[:200],
            mend=f"name a release ({released or 'there are none'}), current, or a file or folder of RDF",
        )
    if (path / RELEASED).is_file():
        return Releases(path.resolve().parent).content(path.resolve().name)
    if (path / DATASET).is_file():
        return content_of(parse_nquads((path / DATASET).read_bytes()), place)
    if (path / "ontology" / "cmh.ttl").is_file():
        from cmh_graph.build import build  # reads the whole framework; nobody else needs it

        return content_at(path, build(path).nquads, place)
    files = sorted(one for one in path.rglob("*") if one.suffix in _SUFFIXES and one.is_file())
    if not files:
        raise SourceError(
            "the folder holds no RDF file",
            where=place[:200],
            mend=f"put files in it that end in {', '.join(sorted(_SUFFIXES))}",
        )
    _refuse_large(files, place)
    return content_of((quad for one in files for quad in read_quads(one, None)), place)


def _refuse_large(files: Sequence[Path], place: str) -> None:
    if sum(one.stat().st_size for one in files) > _LARGEST:
        raise SourceError(
            f"there are more than {_LARGEST // 1_000_000} MB of RDF here",
            where=place[:200],
            mend="compare parts of it",
        )
