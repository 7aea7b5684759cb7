"""Built graphs on disk: immutable folders named by their content, and a pointer to the current one.

    build/current                     the name of the current snapshot
    build/3f9a.../dataset.nq          the graph
    build/3f9a.../manifest.json       version, checksum, named graphs, source files

A snapshot is written whole under another name and then moved into place, and the pointer is replaced in one step: a
build that fails or is killed leaves the last snapshot as it was.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cmh_graph.errors import NoSnapshot

if TYPE_CHECKING:
    from cmh_graph.build import Graph

DATASET = "dataset.nq"
MANIFEST = "manifest.json"
_POINTER = "current"


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
    pointer = folder / f".{_POINTER}-{os.getpid()}"
    _write(pointer, f"{manifest['id']}\n".encode())
    pointer.replace(folder / _POINTER)
    return target


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
