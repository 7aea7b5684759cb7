"""A store on disk: written once, then opened for reading by any number of processes (Store.open)."""

from __future__ import annotations

import shutil
from pathlib import Path

from pyoxigraph import Quad, RdfFormat, parse
from pyoxigraph import Store as Engine

from cmh_graph.store.dataset import Store
from cmh_graph.store.merge import adds_only, is_apart, write_merge
from cmh_graph.store.reading import load_nquads
from cmh_graph.store.terms import DEFAULT_GRAPH


def write_on_disk(path: Path, folder: Path, *, apart: bool | None = None) -> None:
    """Write a store on disk: what Store.load gives, streamed from N-Quads into an empty folder.

    apart: whether no two graphs share a triple; looked up if None, which takes long. Raises as Store.load does."""
    engine = Engine(str(folder))
    load_nquads(engine, path)
    if not (is_apart(engine) if apart is None else apart):
        write_merge(engine)
    engine.flush()
    # Fewer and larger files: a reader has them all open.
    engine.optimize()


def lay_beside(folder: Path, target: Path, *beside: Path) -> None:
    """Write a store on disk of what another one holds and of further N-Quads, into a folder that is not there yet.

    It has links to the tables of the first, which stay as they are. Raises as Store.load and Store.open do."""
    union = Store.open(folder).has_union
    target.mkdir()
    for one in folder.resolve().iterdir():
        if one.suffix == ".sst":
            (target / one.name).symlink_to(one)
        elif one.suffix != ".log" and not one.name.startswith(("LOCK", "LOG")):
            shutil.copyfile(one, target / one.name)
    engine = Engine(str(target))
    only_added = True
    for one in beside:
        only_added = only_added and adds_only(engine, one)
        load_nquads(engine, one)
        if not union:
            engine.bulk_extend(
                Quad(quad.subject, quad.predicate, quad.object, DEFAULT_GRAPH)
                for quad in parse(path=one, format=RdfFormat.N_QUADS)
            )
    if union and not only_added:
        write_merge(engine)
    engine.flush()
