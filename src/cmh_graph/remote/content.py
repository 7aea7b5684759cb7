"""A snapshot, and graphs beside it, as the graphs that a remote store holds.

Each graph is named by its name and what it holds, so that nothing is ever changed in place:

    urn:cmh-graph:<digest>   one of the named graphs
    urn:cmh-graph:<digest>   the merge of all graphs of the snapshot
    urn:cmh-graph:<digest>   what the graphs beside it add to that merge"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from cmh_graph.errors import NoSnapshot, SourceError
from cmh_graph.store import Quad, graph_of, iter_nquads

STORED: Final = "urn:cmh-graph:"
#: A graph that nobody ever fills: the dataset of a query that sees nothing.
NOTHING: Final = f"{STORED}nothing"
_DIGITS: Final = 32


@dataclass(frozen=True, slots=True)
class StoredGraph:
    """A graph in the store. lines: N-Triples, each once, sorted."""

    name: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """What a pool answers from.

    named: the name that people know -> the graph in the store. merge: graphs without a common statement that make up
    the default graph. triples: statements in that."""

    named: Mapping[str, StoredGraph]
    merge: tuple[StoredGraph, ...]

    @property
    def triples(self) -> int:
        return sum(len(graph.lines) for graph in self.merge)

    @property
    def graphs(self) -> tuple[StoredGraph, ...]:
        """Everything that has to be in the store, each once."""
        return tuple({graph.name: graph for graph in (*self.named.values(), *self.merge)}.values())


def stored(name: str, lines: Iterable[str]) -> StoredGraph:
    """A graph under the name that follows from the name people know and from its statements."""
    whole = tuple(sorted(set(lines)))
    digest = hashlib.sha256(name.encode() + b"\n")
    for line in whole:
        digest.update(line.encode())
    return StoredGraph(STORED + digest.hexdigest()[:_DIGITS], whole)


def read_content(snapshot: Path, beside: bytes = b"") -> Content:
    """The graphs of a snapshot in N-Quads and of further N-Quads beside it. Raises NoSnapshot, SourceError."""
    try:
        stat = snapshot.stat()
    except FileNotFoundError:
        raise NoSnapshot(
            "there is no snapshot to answer from", where=str(snapshot), mend="run cmh-graph build first"
        ) from None
    framework = _of_snapshot(snapshot, stat.st_size, stat.st_mtime_ns)
    if not beside:
        return framework
    named = dict(framework.named)
    further = _by_graph(iter_nquads(beside))
    for name, lines in further.items():
        before = named[name].lines if name in named else ()
        named[name] = stored(name, (*before, *lines))
    known = set(framework.merge[0].lines)
    added = {line for lines in further.values() for line in lines} - known
    return Content(named, (*framework.merge, stored("", added)) if added else framework.merge)


@lru_cache(maxsize=4)
def _of_snapshot(snapshot: Path, _size: int, _changed: int) -> Content:
    try:
        graphs = _by_graph(iter_nquads(snapshot.read_bytes()))
    except OSError as error:
        raise SourceError(
            f"the snapshot cannot be read: {error.strerror}", where=str(snapshot), mend="build it again"
        ) from None
    named = {name: stored(name, lines) for name, lines in sorted(graphs.items()) if name}
    return Content(named, (stored("", (line for lines in graphs.values() for line in lines)),))


def _by_graph(quads: Iterable[Quad]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for quad in quads:
        found.setdefault(graph_of(quad), set()).add(f"{quad.triple} .\n")
    return found


def disjoint(graphs: Sequence[StoredGraph]) -> list[StoredGraph]:
    """Graphs without a common statement whose union is the merge of the given ones.

    Each is without what is in those before. A graph that shares nothing stays as it is."""
    seen: set[str] = set()
    found = []
    for graph in dict.fromkeys(graphs):
        fresh = [line for line in graph.lines if line not in seen]
        if len(fresh) == len(graph.lines):
            found.append(graph)
        elif fresh:
            found.append(stored("", fresh))
        seen.update(graph.lines)
    return found
