"""What a start needs besides the modules of the service, begun before these are imported.

To import them keeps one core busy for half a second. Meanwhile a process of its own loads the graph for queries, and a
thread of this one loads it for everything else: the engine lets others run while it loads. Only what these two need is
imported here."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from threading import Thread
from typing import Final

from cmh_graph.opening import open_store
from cmh_graph.processes.warm import Launched
from cmh_graph.settings import Settings
from cmh_graph.snapshot import DATASET, current_snapshot
from cmh_graph.sparql.generation import launch
from cmh_graph.store import Store


class HeadStart:
    """The current snapshot, on its way into memory.

    dataset: its file."""

    def __init__(self, settings: Settings) -> None:
        """Begin. The thread that calls this must live as long as the service. Raises NoSnapshot."""
        self.dataset: Final[Path] = current_snapshot(settings.snapshots) / DATASET
        self._in_memory: Final = settings.store_in == "memory"
        self._queries = launch(self.dataset, settings) if settings.store is None else None
        self._store: Final[Future[Store]] = Future()
        # Nobody waits for it at the end of the process.
        Thread(target=self._load, name="load-snapshot", daemon=True).start()

    def take_queries(self) -> Launched | None:
        """The process that holds the snapshot for queries, which is then the caller's to end; None if it is taken, or
        settings name a remote store."""
        taken, self._queries = self._queries, None
        return taken

    def store(self) -> Store:
        """The store, once it is loaded. Raises NoSnapshot, SourceError."""
        return self._store.result()

    def close(self) -> None:
        """End what nobody took."""
        if (left := self.take_queries()) is not None:
            left.control.close()
            left.process.kill()
            left.process.wait()

    def _load(self) -> None:
        try:
            self._store.set_result(open_store(self.dataset, self._in_memory))
        except BaseException as error:
            self._store.set_exception(error)
