"""The built graph -> files in exports/: one module per format, one manifest over all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cmh_graph.errors import BadParameter
from cmh_graph.export import csv_tables, json_ld, n_quads, turtle
from cmh_graph.store import Quad, parse_nquads

#: format -> what writes it: quads in canonical order -> file name -> bytes
FORMATS: Final[dict[str, Callable[[list[Quad]], dict[str, bytes]]]] = {
    "turtle": turtle.export,
    "nquads": n_quads.export,
    "jsonld": json_ld.export,
    "csv": csv_tables.export,
}
MANIFEST: Final = "manifest.json"
#: Listed in the manifest but not kept in the repository, for its size; `export` writes it.
NOT_KEPT: Final = frozenset({"cmh.nq"})


@dataclass(frozen=True, slots=True)
class Difference:
    """A file of exports/ that is not what the sources give: missing, changed or left over."""

    file: str
    state: str


def export(nquads: bytes, formats: tuple[str, ...] = ()) -> dict[str, bytes]:
    """The files of the chosen formats (all by default), and their manifest; file name -> bytes.

    nquads: the graph as canonical N-Quads, as authored and not read back from a store, which rewrites literals.
    Raises BadParameter for a format that we do not write."""
    for name in formats:
        if name not in FORMATS:
            raise BadParameter(
                f"'{name}' is no export format", where="--format", mend=f"choose from {', '.join(FORMATS)}"
            )
    quads = parse_nquads(nquads)
    files: dict[str, bytes] = {}
    for name, write in FORMATS.items():
        if not formats or name in formats:
            files |= write(quads)
    manifest = {
        "files": {
            name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in sorted(files.items())
        }
    }
    files[MANIFEST] = (json.dumps(manifest, indent=2) + "\n").encode()
    return files


def write_export(files: dict[str, bytes], folder: Path) -> None:
    """Write the files below folder, each moved into place whole. Files of other names are left alone."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.draft")
        draft.write_bytes(data)
        draft.replace(path)


def compare_export(files: dict[str, bytes], folder: Path) -> list[Difference]:
    """How the folder differs from the files, by name; empty when it is up to date."""
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    differences = []
    for name in sorted({*files, *present}):
        if name not in present:
            if name in NOT_KEPT:
                continue
            differences.append(Difference(name, "missing"))
        elif name not in files:
            differences.append(Difference(name, "left over"))
        elif (folder / name).read_bytes() != files[name]:
            differences.append(Difference(name, "changed"))
    return differences
