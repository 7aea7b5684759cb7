"""Mapping sets in SSSOM/RDF (https://mapping-commons.github.io/sssom/spec-formats-rdf/), as Turtle.

It differs from what our graph states: a row is an owl:Axiom and nothing else, texts carry no language, a comment is
rdfs:comment, a confidence a double, and a subject that is a mere label has a type in place of an identifier.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from cmh_graph.export.mapping_sets.slots import MAPPINGS, NOT, ROW_SLOTS, SET, Slots
from cmh_graph.namespaces import PREFIXES
from cmh_graph.sssom import NO_TERM_FOUND, MappingRow, MappingSet, State
from cmh_graph.sssom.model import STATES
from cmh_graph.sssom.rdf import HEADER_SLOTS
from cmh_graph.store import Literal, NamedNode, RdfFormat, Triple, parse_rdf, text_of, write_triples

_TYPE: Final = NamedNode(PREFIXES["rdf"] + "type")
_AXIOM: Final = NamedNode(PREFIXES["owl"] + "Axiom")
_RDFS_LITERAL: Final = NamedNode(PREFIXES["rdfs"] + "Literal")
_DATATYPES: Final = {
    "date": NamedNode(PREFIXES["xsd"] + "date"),
    "number": NamedNode(PREFIXES["xsd"] + "double"),
}
#: Slot -> its property in SSSOM/RDF.
_PROPERTIES: Final = {slot: predicate for slot, (predicate, _) in ROW_SLOTS.items()} | {
    "comment": PREFIXES["rdfs"] + "comment"
}


def write_rdf(found: Slots) -> bytes:
    """The file of one set."""
    output = io.BytesIO()
    write_triples(list(_triples(found)), output, RdfFormat.TURTLE)
    return output.getvalue()


def _triples(found: Slots) -> Iterator[Triple]:
    whole = NamedNode(found.iri)
    yield Triple(whole, _TYPE, NamedNode(SET))
    for slot, predicate, kind in HEADER_SLOTS:
        if said := found.header.get(slot):
            yield Triple(whole, NamedNode(predicate), NamedNode(said) if kind == "link" else Literal(said))
    for iri in found.nodes:
        yield Triple(whole, NamedNode(MAPPINGS), NamedNode(iri))
    for iri, row in zip(found.nodes, found.rows, strict=True):
        node = NamedNode(iri)
        yield Triple(node, _TYPE, _AXIOM)
        for slot, said in row.items():
            yield Triple(node, NamedNode(_PROPERTIES[slot]), _value(slot, said))


def _value(slot: str, said: str) -> NamedNode | Literal:
    if slot == "subject_type":
        return _RDFS_LITERAL
    if slot == "predicate_modifier":
        return NamedNode(NOT)
    kind = ROW_SLOTS[slot][1]
    if kind == "link":
        return NamedNode(said)
    return Literal(said, datatype=_DATATYPES[kind]) if kind in _DATATYPES else Literal(said)


def read_rdf(data: bytes, name: str) -> MappingSet:
    """The set in a file that we wrote. Raises SourceError if it does not parse."""
    about: dict[str, dict[str, list[str]]] = {}
    for quad in parse_rdf(data, RdfFormat.TURTLE):
        properties = about.setdefault(text_of(quad.subject), {})
        properties.setdefault(quad.predicate.value, []).append(text_of(quad.object))
    whole = next((iri for iri, one in about.items() if SET in one.get(_TYPE.value, ())), "")
    header: dict[str, Any] = {"mapping_set_id": whole}
    for slot, predicate, _ in HEADER_SLOTS:
        if said := about.get(whole, {}).get(predicate):
            header[slot] = said[0]
    nodes = about.get(whole, {}).get(MAPPINGS, [])
    return MappingSet(Path(name), header, tuple(_row(about.get(node, {})) for node in nodes))


def _row(properties: Mapping[str, list[str]]) -> MappingRow:
    said = {
        slot: values[0] for slot, predicate in _PROPERTIES.items() if (values := properties.get(predicate))
    }

    def get(slot: str) -> str:
        return said.get(slot, "")

    return MappingRow(
        subject=get("subject_id"),
        subject_label=get("subject_label"),
        predicate=get("predicate_id"),
        object=get("object_id") or NO_TERM_FOUND,
        object_label=get("object_label"),
        object_source=get("object_source"),
        justification=get("mapping_justification"),
        comment=get("comment"),
        status=get("cmh_status"),
        line=0,
        negated="predicate_modifier" in said,
        state=_state(get("cmh_review_state")),
        confidence=get("confidence"),
        reviewer=get("reviewer_label"),
        review_date=get("review_date"),
        reason=get("cmh_review_reason"),
        digest=get("cmh_target_digest"),
        object_version=get("object_source_version"),
        proposal=get("cmh_machine_proposal"),
    )


def _state(iri: str) -> State | None:
    return next((state for state in STATES if iri.endswith(f"/{state}")), None)
