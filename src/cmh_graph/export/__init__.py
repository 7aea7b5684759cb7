"""An edition of the graph -> files in exports/: one module per format, one manifest over all.

edition      one version of the graph as authored
format       what a format is
identifiers  UUIDs and CTIDs from our IRIs
losses       what each format leaves out, counted
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cmh_graph.errors import BadParameter
from cmh_graph.export import csv_tables, json_ld, n_quads, turtle
from cmh_graph.export.edition import Edition
from cmh_graph.export.format import Files, Format, Written
from cmh_graph.export.losses import find_losses, losses_table

__all__ = [
    "FORMATS",
    "LOSSES",
    "MANIFEST",
    "Difference",
    "Edition",
    "Files",
    "Format",
    "Written",
    "compare_export",
    "export",
    "is_kept",
    "write_export",
]

#: name -> format, in the order they are written.
FORMATS: Final[dict[str, Format]] = {
    one.name: one for one in (turtle.FORMAT, n_quads.FORMAT, json_ld.FORMAT, csv_tables.FORMAT)
}
MANIFEST: Final = "manifest.json"
LOSSES: Final = "losses.csv"
#: What the repository keeps: files that people read on the web, none that is packed.
_KEPT: Final = frozenset({MANIFEST, LOSSES, "cmh.ttl", "cmh.jsonld", "context.jsonld"})
_KEPT_FOLDERS: Final = ("tables/",)


@dataclass(frozen=True, slots=True)
class Difference:
    """A file of exports/ that is not what the sources give: missing, changed or left over."""

    file: str
    state: str


def export(
    nquads: bytes, formats: Iterable[str] = (), tell: Callable[[str], None] = lambda _: None
) -> dict[str, bytes]:
    """The files of the chosen formats (all by default), their losses and their manifest; file name -> bytes.

    nquads: the graph as canonical N-Quads, as authored and not read back from a store, which rewrites literals.
    tell: called with the name of each format before it is written.
    Raises BadParameter for a format that we do not write."""
    chosen = tuple(dict.fromkeys(formats)) or tuple(FORMATS)
    for name in chosen:
        if name not in FORMATS:
            raise BadParameter(
                f"'{name}' is no export format", where="--format", mend=f"choose from {', '.join(FORMATS)}"
            )
    edition = Edition.of(nquads)
    files: dict[str, bytes] = {}
    losses = []
    for name, format in FORMATS.items():
        if name in chosen:
            tell(name)
            written = format.write(edition)
            files |= written.files
            losses += find_losses(edition, format, written.carried)
    files[LOSSES] = losses_table(losses)
    manifest = {
        "version": edition.version,
        "issued": edition.issued,
        "files": {
            name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in sorted(files.items())
        },
    }
    files[MANIFEST] = (json.dumps(manifest, indent=2) + "\n").encode()
    return files


def is_kept(file: str) -> bool:
    """Whether the repository keeps a file; `export` writes the others, and the manifest lists all."""
    return file in _KEPT or (file.startswith(_KEPT_FOLDERS) and file.endswith((".csv", ".json")))


def write_export(files: Files, folder: Path) -> None:
    """Write the files below folder, each moved into place whole. Files of other names are left alone."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.draft")
        draft.write_bytes(data)
        draft.replace(path)


def compare_export(files: Files, folder: Path) -> list[Difference]:
    """How the folder differs from the files, by name; empty when it is up to date. What is not kept may be absent."""
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    differences = []
    for name in sorted({*files, *present}):
        if name not in present:
            if is_kept(name):
                differences.append(Difference(name, "missing"))
        elif name not in files:
            differences.append(Difference(name, "left over"))
        elif (folder / name).read_bytes() != files[name]:
            differences.append(Difference(name, "changed"))
    return differences
