"""Mapping sets in SSSOM's two forms, each set in files of its own, rows that say "no match" and "none exists" included.

slots     the sets of an edition, slot by slot
tsv       sets -> SSSOM/TSV and back
rdf_form  sets -> SSSOM/RDF and back
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from typing import Final

from cmh_graph.export.edition import Edition
from cmh_graph.export.format import Files, Format, Written
from cmh_graph.export.mapping_sets.rdf_form import read_rdf, write_rdf
from cmh_graph.export.mapping_sets.slots import Slots, sets_of
from cmh_graph.export.mapping_sets.tsv import read_tsv, write_tsv
from cmh_graph.namespaces import CMH
from cmh_graph.sssom import MappingSet, mapping_quads, set_quads
from cmh_graph.store import Triple

TSV: Final = ".sssom.tsv"
TTL: Final = ".sssom.ttl"
#: A partner's set has this before the partner's key; ours are named after their graph.
_PARTNERS: Final = "/mappings/"
_WHY_LOST: Final = {
    "": "a mapping set holds mappings; this is said in cmh.ttl",
    CMH + "Mapping": "SSSOM has no slot for it",
}


def _written(
    edition: Edition, end: str, write: Callable[[Slots], bytes], read: Callable[[Files], Set[Triple]]
) -> Written:
    files = {f"mappings/{one.name}{end}": write(one) for one in sets_of(edition)}
    stated = frozenset(edition.stated)
    return Written(files, frozenset(triple for triple in read(files) if triple in stated))


def _statements(sets: Iterable[MappingSet]) -> Set[Triple]:
    """What the rows of some sets state in the graph."""
    found: set[Triple] = set()
    for one in sets:
        _, mark, partner = _id_of(one).rpartition(_PARTNERS)
        found.update(quad.triple for quad in set_quads(one))
        found.update(quad.triple for quad in mapping_quads(one, partner=partner if mark else ""))
    return found


def _id_of(one: MappingSet) -> str:
    """The identifier in a set's header."""
    return str(one.metadata.get("mapping_set_id", ""))


def write_tsvs(edition: Edition) -> Written:
    """mappings/<set>.sssom.tsv for each mapping set."""
    return _written(edition, TSV, write_tsv, read_tsvs)


def read_tsvs(files: Files) -> Set[Triple]:
    """The statements in the TSV files. Raises SourceError, with line and column, for one that cannot be read."""
    return _statements(read_tsv(data, name) for name, data in sorted(files.items()) if name.endswith(TSV))


def write_rdfs(edition: Edition) -> Written:
    """mappings/<set>.sssom.ttl for each mapping set, in the form of the SSSOM specification."""
    return _written(edition, TTL, write_rdf, read_rdfs)


def read_rdfs(files: Files) -> Set[Triple]:
    """The statements in the Turtle files. Raises SourceError for one that cannot be read."""
    return _statements(read_rdf(data, name) for name, data in sorted(files.items()) if name.endswith(TTL))


TSV_FORMAT: Final = Format(
    name="sssom",
    title="SSSOM/TSV mapping sets",
    loaded_by="mapping tools (sssom, OxO) and spreadsheets",
    write=write_tsvs,
    read=read_tsvs,
    why_lost=_WHY_LOST,
)
RDF_FORMAT: Final = Format(
    name="sssom-rdf",
    title="SSSOM/RDF mapping sets",
    loaded_by="triple stores and mapping tools that read RDF",
    write=write_rdfs,
    read=read_rdfs,
    why_lost=_WHY_LOST,
)
