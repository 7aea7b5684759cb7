"""What a remote store holds of ours: graphs named by content, and a catalogue of those that are whole.

A graph is written, counted and then marked; a set of graphs is marked once each of them is. A set is unmarked before
any of its graphs goes. So while a set's mark stands, what queries see of it is whole."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from cmh_graph.errors import StoreUnavailable
from cmh_graph.remote.connections import Ticket
from cmh_graph.remote.content import NOTHING, STORED, StoredGraph
from cmh_graph.remote.server import Server, read_json

CATALOGUE: Final = f"{STORED}catalogue"
_WHOLE: Final = f"{STORED}whole"
_HOLDS: Final = f"{STORED}holds"
_SET: Final = f"{STORED}set:"
_SECONDS: Final = 30.0
_SOON: Final = 5.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Held:
    """A set of graphs in the store. edition: the name of the content; whole: whether it may be answered from."""

    edition: str
    whole: bool
    graphs: tuple[str, ...]


class Holdings:
    """The graphs in one server. In one process, sets that several pools use are counted."""

    _used: ClassVar[Counter[tuple[str, str]]] = Counter()
    _counting: ClassVar = threading.Lock()
    _writing: ClassVar = threading.Lock()

    def __init__(self, server: Server) -> None:
        self._server = server

    def is_whole(
        self, edition: str, further: Sequence[str] = (), *, seconds: float, ticket: Ticket | None = None
    ) -> bool:
        """Whether a set is there, whole, and further graphs that were added to it. Raises StoreUnavailable."""
        marks = [f"{_SET}{edition}", *further]
        pattern = " ".join(f"<{name}> <{_WHOLE}> ?n{number} ." for number, name in enumerate(marks))
        body = self._server.query(
            f"ASK {{ {pattern} }}",
            "ASK",
            (CATALOGUE,),
            (NOTHING,),
            seconds=seconds,
            most=100_000,
            ticket=ticket,
        )
        return read_json(body).get("boolean") is True

    def bring(self, edition: str, graphs: Sequence[StoredGraph], *, most: int | None = None) -> int:
        """See that a set of graphs is in the store; gives how many had to be written. Safe to repeat.

        most: statements that may be written. Raises StoreUnavailable, also where that is too few, and BadParameter
        where the server does not let us write."""
        with self._writing:
            if self.is_whole(edition, seconds=_SECONDS):
                return 0
            # Claimed before it is looked at, so that nobody who tidies takes away what is found here.
            claims = "".join(f"<{_SET}{edition}> <{_HOLDS}> <{graph.name}> .\n" for graph in graphs)
            self._say(claims)
            there = self._marks()
            missing = [graph for graph in graphs if there.get(graph.name) != len(graph.lines)]
            if most is not None and sum(len(graph.lines) for graph in missing) > most:
                raise StoreUnavailable("the store has lost its content, and is given it again")
            for graph in missing:
                self._write(graph)
            self._say(f"<{_SET}{edition}> <{_WHOLE}> {len(graphs)} .\n")
            return len(missing)

    def extend(self, edition: str, graphs: Sequence[StoredGraph]) -> None:
        """Add further graphs to a set that is there. Safe to repeat."""
        with self._writing:
            self._say("".join(f"<{_SET}{edition}> <{_HOLDS}> <{graph.name}> .\n" for graph in graphs))
            there = self._marks()
            for graph in graphs:
                if there.get(graph.name) != len(graph.lines):
                    self._write(graph)

    def _write(self, graph: StoredGraph) -> None:
        self._server.put_graph(graph.name, graph.lines)
        rows = self._server.rows("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", graph.name, seconds=120)
        count = int(rows[0]["n"]["value"])
        if count != len(graph.lines):
            self._server.drop_graph(graph.name)
            raise StoreUnavailable(
                f"the store took {count} of {len(graph.lines)} statements of a graph",
                mend="it joins or drops values that differ in RDF: see docs/reference/stores.md",
            )
        self._say(f"<{graph.name}> <{_WHOLE}> {count} .\n")

    def held(self) -> list[Held]:
        """The sets in the store, by name. Raises StoreUnavailable."""
        rows = self._server.rows(f"SELECT ?set ?graph {{ ?set <{_HOLDS}> ?graph }}", CATALOGUE)
        marks = self._marks()
        sets: dict[str, list[str]] = {}
        for row in rows:
            sets.setdefault(row["set"]["value"], []).append(row["graph"]["value"])
        return [
            Held(name.removeprefix(_SET), name in marks, tuple(sorted(graphs)))
            for name, graphs in sorted(sets.items())
        ]

    def drop(self, edition: str) -> None:
        """Take a set away, and those of its graphs that are in no other."""
        with self._writing:
            name = f"{_SET}{edition}"
            # Who closes a service waits for this: a store that hangs is left to be tidied.
            self._server.update(
                f"DELETE WHERE {{ GRAPH <{CATALOGUE}> {{ <{name}> <{_WHOLE}> ?n }} }}", seconds=_SOON
            )
            before = {held.edition: held.graphs for held in self.held()}
            self._server.update(f"DELETE WHERE {{ GRAPH <{CATALOGUE}> {{ <{name}> <{_HOLDS}> ?g }} }}")
            for graph in before.get(edition, ()):
                if not any(graph in held.graphs for held in self.held()):
                    self._server.update(
                        f"DELETE WHERE {{ GRAPH <{CATALOGUE}> {{ <{graph}> <{_WHOLE}> ?n }} }}"
                    )
                    self._server.drop_graph(graph)

    def use(self, edition: str) -> None:
        """Count a pool of this process that answers from a set."""
        with self._counting:
            self._used[self._server.host, edition] += 1

    def leave(self, edition: str, *, keep: bool) -> None:
        """Count it no more; the last takes the set away unless it is to be kept."""
        with self._counting:
            self._used[self._server.host, edition] -= 1
            last = self._used[self._server.host, edition] <= 0
            if last:
                del self._used[self._server.host, edition]
        if last and not keep:
            try:
                self.drop(edition)
            except Exception as error:
                _log.warning("graphs stay in the store until it is tidied: %s", error)

    def _marks(self) -> dict[str, int]:
        rows = self._server.rows(f"SELECT ?s ?n {{ ?s <{_WHOLE}> ?n }}", CATALOGUE)
        return {row["s"]["value"]: int(row["n"]["value"]) for row in rows}

    def _say(self, lines: str) -> None:
        self._server.update(f"INSERT DATA {{ GRAPH <{CATALOGUE}> {{\n{lines}}} }}")
