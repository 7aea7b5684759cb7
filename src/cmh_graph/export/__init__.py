"""An edition of the graph -> files in exports/: one module per format, one manifest over all.

edition      one version of the graph as authored
format       what a format is
files        all formats -> exports/, with one manifest
descriptions what was exported, described: DCAT-AP, VoID, PROV, RO-Crate
identifiers  UUIDs and CTIDs from our IRIs
losses       what each format leaves out, counted
packing      .gz and .zst copies, the same bytes on every machine
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cmh_graph.on_demand import on_demand

if TYPE_CHECKING:
    from cmh_graph.export.descriptions import DESCRIPTIONS, Origin
    from cmh_graph.export.edition import Edition
    from cmh_graph.export.files import (
        EVERYTHING,
        FORMATS,
        LOSSES,
        MANIFEST,
        Difference,
        compare_export,
        export,
        is_kept,
        write_export,
    )
    from cmh_graph.export.format import Files, Format, Written

__all__ = [
    "DESCRIPTIONS",
    "EVERYTHING",
    "FORMATS",
    "LOSSES",
    "MANIFEST",
    "Difference",
    "Edition",
    "Files",
    "Format",
    "Origin",
    "Written",
    "compare_export",
    "export",
    "is_kept",
    "write_export",
]

__getattr__ = on_demand(
    __name__,
    {
        "DESCRIPTIONS": "descriptions",
        "Origin": "descriptions",
        "Edition": "edition",
        "EVERYTHING": "files",
        "FORMATS": "files",
        "LOSSES": "files",
        "MANIFEST": "files",
        "Difference": "files",
        "compare_export": "files",
        "export": "files",
        "is_kept": "files",
        "write_export": "files",
        "Files": "format",
        "Format": "format",
        "Written": "format",
    },
)
