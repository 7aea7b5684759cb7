"""The framework many times over in folders: as a snapshot to serve, as a home to build from.

Both stream: what they take of memory does not grow with the size."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

from cmh_graph.build import build
from cmh_graph.namespaces import GRAPH_CATALOGUE
from cmh_graph.snapshot import write_statements, write_store
from cmh_graph.store import RdfFormat, Triple, parse_nquads, write_triples

from .framework import SEED, Parts, parts_of


def write_snapshot_of(
    home: Path, times: int, folder: Path, *, seed: int = SEED, disk: bool = False, nquads: bytes = b""
) -> Path:
    """Write a snapshot of so many times the framework below folder, and make it the current one; gives its own folder.

    nquads: the built framework, if it is at hand. disk: with a store on disk."""
    parts = parts_of(nquads or build(home).nquads, derived=True)
    about = {"synthetic": {"times": times, "seed": seed}}
    target = write_statements((text.encode() for text in parts.statements(times, seed)), about, folder)
    if disk:
        write_store(target)
    return target


def write_home(home: Path, times: int, folder: Path, *, seed: int = SEED, nquads: bytes = b"") -> Path:
    """Write a home whose catalogue is so many times the framework's, a Turtle file for each copy; gives the folder.

    Mapping sets are there once: they are tables, not Turtle. Building it compares every two roles, which no machine
    does at 100 times; read, rules and validation are what it is for."""
    for part in ("ontology", "shapes", "queries", "examples"):
        shutil.copytree(home / part, folder / part)
    copies = folder / "ontology" / "catalogue" / "copies"
    copies.mkdir()
    parts = parts_of(nquads or build(home).nquads, derived=False, graphs=[GRAPH_CATALOGUE])
    for number, text in enumerate(_copies(parts, times, seed), start=1):
        (copies / f"{number:06}.ttl").write_bytes(text)
    return folder


def _copies(parts: Parts, times: int, seed: int) -> Iterator[bytes]:
    """Each copy as Turtle."""
    texts = parts.statements(times, seed)
    next(texts)
    for text in texts:
        triples = [quad.triple for quad in parse_nquads(text.encode())]
        yield _turtle(triples)


def _turtle(triples: list[Triple]) -> bytes:
    output = io.BytesIO()
    write_triples(triples, output, RdfFormat.TURTLE)
    return output.getvalue()
