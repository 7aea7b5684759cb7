"""Which file or store on disk a snapshot is answered from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from cmh_graph.snapshot import DATASET, MANIFEST, current_snapshot, read_manifest, store_of
from cmh_graph.store import Store

#: To go through all things of more statements than this takes longer than anybody waits.
MOST_STATEMENTS: Final = 1_000_000


def find_snapshot(place: Path) -> Path:
    """The dataset file of a place: the folder of snapshots, one snapshot's folder, or a dataset file.

    Raises NoSnapshot."""
    if place.is_file():
        return place
    return (place if (place / DATASET).is_file() else current_snapshot(place)) / DATASET


def manifest_of(dataset: Path) -> Mapping[str, Any]:
    """What the snapshot of a dataset file says about itself; nothing where the file stands alone."""
    return read_manifest(dataset.parent) if (dataset.parent / MANIFEST).is_file() else {}


def is_large(statements: int) -> bool:
    """Whether a snapshot of so many statements has too many things to go through."""
    return statements > MOST_STATEMENTS


def open_store(dataset: Path, in_memory: bool) -> Store:
    """The store of a dataset file.

    in_memory: load it even if it has a store on disk, unless it is large: its things are many times as large as its
    statements, and are read as they are asked for. Raises NoSnapshot, SourceError."""
    on_disk = (
        store_of(dataset) if is_large(manifest_of(dataset).get("statements", 0)) or not in_memory else None
    )
    return Store.open(on_disk) if on_disk else Store.load(dataset)
