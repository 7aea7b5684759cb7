"""All formats of an edition -> the files of exports/, with losses and manifest; and how files differ from them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cmh_graph.errors import BadParameter
from cmh_graph.export import (
    case,
    ctdl_asn,
    esco,
    framed_json_ld,
    json_ld,
    mapping_sets,
    n_quads,
    n_triples,
    network,
    open_badges,
    rdf_xml,
    schema_org,
    skos,
    trig,
    turtle,
)
from cmh_graph.export.descriptions import DESCRIPTIONS, Origin, Package
from cmh_graph.export.edition import Edition
from cmh_graph.export.format import Files, Format
from cmh_graph.export.losses import find_losses, losses_table
from cmh_graph.export.tables import csv_set, parquet, sqlite
from cmh_graph.export.xlsx import format as xlsx_format

#: name -> format, in the order they are written.
FORMATS: Final[dict[str, Format]] = {
    one.name: one
    for one in (
        turtle.FORMAT,
        n_triples.FORMAT,
        n_quads.FORMAT,
        trig.FORMAT,
        rdf_xml.FORMAT,
        json_ld.FORMAT,
        json_ld.EXPANDED_FORMAT,
        framed_json_ld.FORMAT,
        skos.FORMAT,
        mapping_sets.TSV_FORMAT,
        mapping_sets.RDF_FORMAT,
        csv_set.FORMAT,
        parquet.FORMAT,
        sqlite.FORMAT,
        xlsx_format.FORMAT,
        esco.FORMAT,
        case.FORMAT,
        ctdl_asn.FORMAT,
        schema_org.FORMAT,
        open_badges.FORMAT,
        network.FORMAT,
        network.PARQUET_FORMAT,
    )
}
#: Names that ask for everything: who asks by name gets it whole, or is told what is missing.
EVERYTHING: Final = (*FORMATS, *DESCRIPTIONS)
MANIFEST: Final = "manifest.json"
LOSSES: Final = "losses.csv"
#: What the repository keeps: files that people read on the web, none that is packed.
_KEPT: Final = frozenset(
    {
        MANIFEST,
        LOSSES,
        "cmh.ttl",
        "cmh.skos.ttl",
        "cmh.jsonld",
        "context.jsonld",
        "catalog.ttl",
        "void.ttl",
        "provenance.ttl",
        "ro-crate-metadata.json",
    }
)
_KEPT_FOLDERS: Final = ("tables/",)


@dataclass(frozen=True, slots=True)
class Difference:
    """A file of exports/ that is not what the sources give: missing, changed or left over."""

    file: str
    state: str


def export(
    nquads: bytes,
    formats: Iterable[str] = (),
    tell: Callable[[str], None] = lambda _: None,
    origin: Origin | None = None,
) -> dict[str, bytes]:
    """The files of the chosen formats and descriptions (all by default), losses and manifest; file name -> bytes.

    nquads: the graph as canonical N-Quads, as authored and not read back from a store, which rewrites literals.
    tell: called before each format is written, and for each that is left out because what it needs is not installed.
    origin: the sources of the graph, and texts that travel with the files; none by default.
    Raises BadParameter for a format that we do not write, MissingProgram for a chosen one whose library is missing."""
    chosen = tuple(dict.fromkeys(formats))
    for name in chosen:
        if name not in FORMATS and name not in DESCRIPTIONS:
            known = ", ".join(EVERYTHING)
            raise BadParameter(f"'{name}' is no export format", where="--format", mend=f"choose from {known}")
    edition = Edition.of(nquads)
    described = Package(edition, origin=origin or Origin())
    files: dict[str, bytes] = {}
    losses = []
    for name, format in FORMATS.items():
        if not chosen and not format.is_ready:
            tell(f"{name} is left out: it needs {format.needs}")
        elif not chosen or name in chosen:
            tell(f"writing {name} ...")
            written = format.write(edition)
            files |= written.files
            described = described.with_files(written.files, format)
            losses += find_losses(edition, format, written.carried)
    others: Files = {LOSSES: losses_table(losses), **described.origin.notices}
    files |= others
    described = described.with_files(others)
    for name, description in DESCRIPTIONS.items():
        if not chosen or name in chosen:
            tell(f"writing {name} ...")
            about = description.write(described)
            files |= about
            described = described.with_files(about)
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
    """How the kept files of the folder differ from the files, by name; empty when they are up to date."""
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    differences = []
    for name in filter(is_kept, sorted({*files, *present})):
        if name not in present:
            differences.append(Difference(name, "missing"))
        elif name not in files:
            differences.append(Difference(name, "left over"))
        elif (folder / name).read_bytes() != files[name]:
            differences.append(Difference(name, "changed"))
    return differences
