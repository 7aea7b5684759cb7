"""The framework of this checkout, built once for all tests of a process: a build costs seconds."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from cmh_graph.build import Graph, build
from cmh_graph.export import FORMATS, Edition, Origin, Written
from cmh_graph.export.descriptions import origin_of
from cmh_graph.framework import Framework
from cmh_graph.framework import open as open_framework
from cmh_graph.snapshot import write_snapshot
from cmh_graph.store import Store, parse_nquads

ROOT = Path(__file__).resolve().parents[1]


@cache
def framework_graph() -> Graph:
    """The built graph."""
    return build(ROOT)


@cache
def framework_snapshots() -> Path:
    """A folder of snapshots whose current one is the built graph. Not to be written to; gone when the process ends."""
    folder = Path(tempfile.mkdtemp(prefix="cmh-graph-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    write_snapshot(framework_graph(), folder)
    return folder


@cache
def opened_framework() -> Framework:
    """The framework over the built graph."""
    return open_framework(framework_snapshots(), home=ROOT)


@cache
def framework_store() -> Store:
    """The built graph in our store."""
    return Store.from_quads(parse_nquads(framework_graph().nquads))


@cache
def framework_edition() -> Edition:
    """The built graph as exports see it; what it reads of itself is kept."""
    return Edition.of(framework_graph().nquads)


def framework_origin() -> Origin:
    """What the built graph was made from, and the texts that travel with its exports."""
    return origin_of(framework_graph().sources, ROOT)


@cache
def framework_written(name: str) -> Written:
    """What a format writes of the built graph."""
    return FORMATS[name].write(framework_edition())
