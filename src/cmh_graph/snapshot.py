"""Built graphs on disk: immutable folders named by their content, and a pointer to the current one.

    build/current                     the name of the current snapshot
    build/3f9a.../dataset.nq          the graph
    build/3f9a.../manifest.json       version, checksum, named graphs, source files
    build/3f9a.../store/              the graph as the engine reads it from disk, where one was written

A snapshot is written whole under another name and then moved into place, and the pointer is replaced in one step: a
build that fails or is killed leaves the last snapshot as it was.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cmh_graph.errors import NoSnapshot

if TYPE_CHECKING:
    from cmh_graph.build import Graph

DATASET = "dataset.nq"
MANIFEST = "manifest.json"
STORE = "store"
_POINTER = "current"
#: The end of a statement in a named graph. A literal holds no line end, and no quote that is bare.
_GRAPH_NAME: Final = re.compile(rb" (<[^<>\"\s]*>) \.\n")


def write_snapshot(graph: Graph, folder: Path) -> Path:
    """Store the graph below folder and make it the current snapshot; gives the snapshot's own folder.

    Writing the same graph again changes nothing on disk but the pointer."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = graph.manifest()
    target = folder / str(manifest["id"])
    if not (target / MANIFEST).exists():
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder))
        try:
            _write(draft / DATASET, graph.nquads)
            _write(draft / MANIFEST, (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode())
            draft.chmod(0o755)
            draft.rename(target)
        except OSError:
            shutil.rmtree(draft, ignore_errors=True)
            if not (target / MANIFEST).exists():
                raise
    _point_to(target, folder)
    return target


def write_statements(texts: Iterable[bytes], about: Mapping[str, object], folder: Path) -> Path:
    """Store N-Quads below folder as they come and make them the current snapshot; gives the snapshot's own folder.

    For what is too large for memory: texts are whole lines, each in a named graph, and no two graphs may share a
    statement. about: what the manifest says besides."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder))
    try:
        checksum, counts = hashlib.sha256(), Counter[bytes]()
        with (draft / DATASET).open("wb") as output:
            for text in texts:
                output.write(text)
                checksum.update(text)
                counts.update(_GRAPH_NAME.findall(text))
            output.flush()
            os.fsync(output.fileno())
        graphs = {name[1:-1].decode(): count for name, count in sorted(counts.items())}
        statements = sum(graphs.values())
        manifest = {
            "id": checksum.hexdigest()[:16],
            "sha256": checksum.hexdigest(),
            "statements": statements,
            "triples": statements,
            "graphs": graphs,
            **about,
        }
        target = folder / str(manifest["id"])
        if not (target / MANIFEST).exists():
            _write(draft / MANIFEST, (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode())
            draft.chmod(0o755)
            draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    _point_to(target, folder)
    return target


def write_store(snapshot: Path) -> Path:
    """Write the store on disk of a snapshot, if it has none; gives its folder.

    It is made beside its place and moved there when it is complete. Raises NoSnapshot, SourceError."""
    from cmh_graph.store import write_on_disk

    target = snapshot / STORE
    if target.is_dir():
        return target
    read_manifest(snapshot)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=snapshot))
    try:
        write_on_disk(snapshot / DATASET, draft, apart=shares_nothing(snapshot))
        draft.chmod(0o755)
        draft.rename(target)
    except OSError:
        # Another process may have been quicker.
        if not target.is_dir():
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target


def store_of(dataset: Path) -> Path | None:
    """The folder of the store on disk that belongs to a dataset file, if one was written."""
    folder = dataset.parent / STORE
    return folder if dataset.name == DATASET and folder.is_dir() else None


def shares_nothing(snapshot: Path) -> bool | None:
    """Whether no two graphs of a snapshot share a triple, by what it says of itself; None if it does not say."""
    try:
        manifest = json.loads((snapshot / MANIFEST).read_text(encoding="utf-8"))
        return bool(manifest["triples"] == manifest["statements"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _point_to(target: Path, folder: Path) -> None:
    pointer = folder / f".{_POINTER}-{os.getpid()}"
    _write(pointer, f"{target.name}\n".encode())
    pointer.replace(folder / _POINTER)


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as output:
        output.write(data)
        output.flush()
        os.fsync(output.fileno())


def current_snapshot(folder: Path) -> Path:
    """The folder of the current snapshot. Raises NoSnapshot if nothing has been built, or it was removed."""
    mend = "run cmh-graph build first"
    try:
        name = (folder / _POINTER).read_text(encoding="utf-8").strip()
    except OSError:
        raise NoSnapshot("nothing has been built yet", where=str(folder), mend=mend) from None
    target = folder / name
    if not name or not (target / MANIFEST).is_file():
        raise NoSnapshot(f"the current snapshot '{name}' is not there", where=str(folder), mend=mend)
    return target


def read_manifest(snapshot: Path) -> dict[str, Any]:
    """What a snapshot says about itself. Raises NoSnapshot if the manifest cannot be read."""
    try:
        manifest: dict[str, Any] = json.loads((snapshot / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NoSnapshot(f"the snapshot has no readable manifest: {error}", where=str(snapshot)) from None
    return manifest
