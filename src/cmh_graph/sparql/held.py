"""The graph as the zygote holds it for its workers: in memory, which they share, or on disk, which each opens.

RocksDB has threads, and they do not survive a fork. So over a store on disk the zygote opens nothing itself: what it
has to know it learns from a child that opens the store, looks and ends."""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from cmh_graph.errors import CmhGraphError, NoSnapshot
from cmh_graph.processes.calls import leave_reading_below
from cmh_graph.processes.limits import open_nothing
from cmh_graph.processes.told import error_of, words_of
from cmh_graph.snapshot import read_manifest
from cmh_graph.sparql.functions import teach_lookups
from cmh_graph.store import Store, lay_beside

#: What a worker that has a file open when it is confined may open besides: descriptors for the store's other files.
_SPARE: Final = 16


class Held(Protocol):
    """What workers are given."""

    #: distinct triples in the merge of all graphs
    triples: int
    #: how many bytes a worker may grow by before it is replaced after a query
    kept_growth: int

    def store(self) -> Store:
        """The store for a worker that has just been forked."""

    def close_files(self) -> None:
        """Take from this process the opening of files and sockets, as far as answering does not need it."""

    def close(self) -> None:
        """Leave nothing behind."""


def hold(snapshot: Path, beside: Sequence[int]) -> Held:
    """The graph of a dataset file, or of a folder with a store on disk, and of files of further N-Quads.

    beside: descriptors. Raises NoSnapshot, SourceError."""
    files = [Path(f"/proc/self/fd/{descriptor}") for descriptor in beside]
    return OnDisk(snapshot, files) if snapshot.is_dir() else InMemory(snapshot, files)


class InMemory:
    """A store in the memory of the zygote, the same for all workers."""

    #: Memory that a query left behind goes back by a fresh worker.
    kept_growth = 16 * 2**20

    def __init__(self, dataset: Path, beside: Sequence[Path]) -> None:
        self._store = Store.load(dataset, *beside)
        # Read before the fork, so that all workers share it.
        teach_lookups(self._store).read()
        self.triples = len(self._store)

    def store(self) -> Store:
        return self._store

    def close_files(self) -> None:
        # SERVICE has nothing to call with.
        open_nothing()

    def close(self) -> None:
        """Nothing was written."""


class OnDisk:
    """A store on disk, opened for reading by each worker.

    Statements beside it go into a store of their own in a temporary folder, with links to the first one's files."""

    #: The engine keeps blocks that it has read, up to some hundred MiB; the kernel keeps them for all workers.
    kept_growth = 64 * 2**20

    def __init__(self, folder: Path, beside: Sequence[Path]) -> None:
        self._folder = self._base = folder.resolve()
        self._temporary: Path | None = None
        try:
            if beside:
                self._temporary = Path(tempfile.mkdtemp(prefix="cmh-graph-beside-"))
                self._folder = self._temporary / "store"
                _in_a_child(lambda: lay_beside(self._base, self._folder, *beside))
            self.triples = int(_in_a_child(self._count))
        except BaseException:
            self.close()
            raise

    def _count(self) -> int:
        store = Store.open(self._folder)
        try:
            known = read_manifest(self._base.parent).get("triples")
        except NoSnapshot:
            known = None
        # What a worker does before its first query; it could not say why it failed.
        self.close_files()
        if self._temporary is None and isinstance(known, int):
            # To count is to read all.
            return known
        return len(store)

    def store(self) -> Store:
        store = Store.open(self._folder)
        teach_lookups(store)
        return store

    def close_files(self) -> None:
        links = {
            int(one.name): str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.is_symlink()
        }
        opened = set(links.values())
        tables = {str(one.resolve()) for one in self._folder.glob("*.sst")}
        missing = len(tables - opened)
        if not missing:
            open_nothing()
            return
        if not leave_reading_below(self._folder, self._base):
            raise NoSnapshot(
                "the store on disk cannot be served safely: this kernel has no filter for system calls",
                where=str(self._folder),
                mend="set CMH_GRAPH_STORE_IN=memory",
            )
        limit = max(links) + 1 + missing + _SPARE
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

    def close(self) -> None:
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)


def _in_a_child(work: Callable[[], Any]) -> Any:
    """What some work gives, as JSON has it, done in a child process. Raises the error that it raised."""
    receiving, sending = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(receiving)
            try:
                said = {"done": work()}
            except CmhGraphError as error:
                said = {"failed": words_of(error)}
            with os.fdopen(sending, "wb") as output:
                output.write(json.dumps(said).encode())
        except BaseException as error:  # whatever it is, the parent must go on
            print(f"the store on disk: {error}", file=sys.stderr)
        finally:
            os._exit(0)
    os.close(sending)
    with os.fdopen(receiving, "rb") as answer:
        text = answer.read()
    os.waitpid(pid, 0)
    if not text:
        raise NoSnapshot("the store on disk cannot be opened", mend="see the service's log")
    said = json.loads(text)
    if "failed" in said:
        raise error_of(said["failed"])
    return said["done"]
