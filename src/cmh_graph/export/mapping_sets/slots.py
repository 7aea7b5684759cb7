"""The mapping sets of an edition, slot by slot: what stands in a header and in its rows, with IRIs written out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from cmh_graph.export.edition import Edition
from cmh_graph.namespaces import CMH, PREFIXES, key_of
from cmh_graph.sssom.rdf import HEADER_SLOTS
from cmh_graph.store import Literal as RdfLiteral
from cmh_graph.store import NamedNode, text_of

Kind = Literal["link", "text", "string", "date", "number"]

_OWL, _SSSOM, _SKOS = PREFIXES["owl"], PREFIXES["sssom"], PREFIXES["skos"]
SET: Final = _SSSOM + "MappingSet"
MAPPINGS: Final = _SSSOM + "mappings"
#: Slot of a row -> our property and the kind of its value, in the order of columns.
ROW_SLOTS: Final[Mapping[str, tuple[str, Kind]]] = {
    "subject_id": (_OWL + "annotatedSource", "link"),
    "subject_label": (_SSSOM + "subject_label", "text"),
    "subject_type": (_SSSOM + "subject_type", "string"),
    "predicate_id": (_OWL + "annotatedProperty", "link"),
    "predicate_modifier": (_SSSOM + "predicate_modifier", "link"),
    "object_id": (_OWL + "annotatedTarget", "link"),
    "object_label": (_SSSOM + "object_label", "text"),
    "object_source": (_SSSOM + "object_source", "link"),
    "mapping_justification": (_SSSOM + "mapping_justification", "link"),
    "reviewer_label": (_SSSOM + "reviewer_label", "string"),
    "object_source_version": (_SSSOM + "object_source_version", "string"),
    "review_date": (_SSSOM + "review_date", "date"),
    "confidence": (_SSSOM + "confidence", "number"),
    "comment": (_SKOS + "note", "text"),
    "cmh_status": (CMH + "status", "link"),
    "cmh_review_state": (CMH + "reviewState", "link"),
    "cmh_review_reason": (CMH + "reviewReason", "string"),
    "cmh_target_digest": (CMH + "targetDigest", "string"),
    "cmh_machine_proposal": (CMH + "machineProposal", "string"),
}
#: What SSSOM calls a subject that is a mere label.
LITERAL: Final = "rdfs literal"
NOT: Final = _SSSOM + "NegatedPredicate"


@dataclass(frozen=True, slots=True)
class Slots:
    """One mapping set. header, rows: slot -> value; empty slots are not there. nodes: the IRI of each row."""

    iri: str
    header: Mapping[str, str]
    rows: tuple[Mapping[str, str], ...]
    nodes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The last part of its identifier, as in its files' names."""
        return key_of(self.iri)


def sets_of(edition: Edition) -> list[Slots]:
    """The mapping sets that an edition states, by IRI; rows by subject, object and relation."""
    found = []
    for iri in sorted(edition.about):
        if SET not in edition.types(iri):
            continue
        header = {
            slot: text_of(value)
            for slot, predicate, _ in HEADER_SLOTS
            for value in edition.objects(iri, predicate)[:1]
        }
        rows = [(_row(edition, text_of(node)), text_of(node)) for node in edition.objects(iri, MAPPINGS)]
        # A row that the set names but the edition says nothing of is none.
        rows = sorted((one for one in rows if "object_id" in one[0]), key=lambda one: _place(one[0]))
        found.append(Slots(iri, header, tuple(row for row, _ in rows), tuple(node for _, node in rows)))
    return found


def _row(edition: Edition, node: str) -> dict[str, str]:
    row: dict[str, str] = {}
    for slot, (predicate, _) in ROW_SLOTS.items():
        values = edition.objects(node, predicate)
        if not values:
            continue
        if slot == "subject_id" and isinstance(values[0], RdfLiteral):
            row["subject_type"] = LITERAL
        elif slot == "predicate_modifier":
            if values[0] == NamedNode(NOT):
                row[slot] = "Not"
        else:
            row[slot] = text_of(values[0])
    return row


def _place(row: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(row.get(slot, "") for slot in ("subject_id", "subject_label", "object_id", "predicate_id"))
