"""Rows -> statements: nodes after SSSOM's own RDF form (OWL annotations), and plain SKOS for what people accepted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from cmh_graph.namespaces import CMH, GRAPH_MATCHES, PREFIXES, iri, key_of
from cmh_graph.sssom.model import MappingRow, MappingSet
from cmh_graph.store import Literal, NamedNode, Quad

_RDF_TYPE: Final = NamedNode(PREFIXES["rdf"] + "type")
_DATE: Final = NamedNode(PREFIXES["xsd"] + "date")
_DECIMAL: Final = NamedNode(PREFIXES["xsd"] + "decimal")


def mapping_quads(mapping_set: MappingSet, graph: str = GRAPH_MATCHES, partner: str = "") -> Iterator[Quad]:
    """The rows as nodes of type cmh:Mapping in a named graph.

    A node's IRI follows from its set, subject, predicate, object and whether it is denied, so it stays the same
    while the row does. partner: the key of the employer whose set it is: then a row without a state is a candidate,
    and each accepted row is also stated as a plain SKOS match."""
    named = NamedNode(graph)
    name = key_of(str(mapping_set.metadata.get("mapping_set_id", mapping_set.path.stem)))

    def say(node: NamedNode, predicate: str, value: NamedNode | Literal) -> Quad:
        return Quad(node, NamedNode(predicate), value, named)

    owl, skos, sssom = PREFIXES["owl"], PREFIXES["skos"], PREFIXES["sssom"]
    for row in mapping_set.rows:
        node = NamedNode(iri("mapping", f"{name}-{_digest(row)}"))
        state = row.state or ("candidate" if partner else None)
        yield Quad(node, _RDF_TYPE, NamedNode(CMH + "Mapping"), named)
        # Also by SSSOM's own name, for readers of the matches graph alone.
        yield Quad(node, _RDF_TYPE, NamedNode(sssom + "Mapping"), named)
        # A label that is no thing of ours is matched as the literal that it is.
        subject = NamedNode(row.subject) if row.subject else Literal(row.subject_label, language="en")
        yield say(node, owl + "annotatedSource", subject)
        yield say(node, sssom + "subject_label", Literal(row.subject_label, language="en"))
        yield say(node, owl + "annotatedProperty", NamedNode(row.predicate))
        yield say(node, owl + "annotatedTarget", NamedNode(row.object))
        if row.negated:
            yield say(node, sssom + "predicate_modifier", NamedNode(sssom + "NegatedPredicate"))
        if row.object_label:
            yield say(node, sssom + "object_label", Literal(row.object_label, language="en"))
        if row.object_source:
            yield say(node, sssom + "object_source", NamedNode(row.object_source))
        yield say(node, sssom + "mapping_justification", NamedNode(row.justification))
        if row.comment:
            yield say(node, skos + "note", Literal(row.comment, language="en"))
        if state:
            yield say(node, CMH + "reviewState", NamedNode(iri("review-state", state)))
            yield from (Quad(node, p, value, named) for p, value in _review(row))
        if partner and state != "candidate":
            yield say(node, CMH + "status", NamedNode(iri("status", "confirmed")))
            yield say(node, PREFIXES["dcterms"] + "source", NamedNode(iri("source", partner)))
        else:
            yield say(node, CMH + "status", NamedNode(row.status or iri("status", "inferred")))
            yield say(node, PREFIXES["dcterms"] + "source", NamedNode(_source_of(row)))
        plain = partner and state == "accepted" and not (row.negated or row.is_no_match)
        if plain and isinstance(subject, NamedNode):
            yield Quad(subject, NamedNode(row.predicate), NamedNode(row.object), named)


#: Slot of the header, its property in SSSOM's own RDF form, and what it holds: English text, a link or a plain string.
HEADER_SLOTS: Final = (
    ("mapping_set_title", PREFIXES["dcterms"] + "title", "text"),
    ("mapping_set_description", PREFIXES["dcterms"] + "description", "text"),
    ("mapping_set_version", PREFIXES["owl"] + "versionInfo", "string"),
    ("license", PREFIXES["dcterms"] + "license", "link"),
    ("object_source", PREFIXES["sssom"] + "object_source", "link"),
    ("object_source_version", PREFIXES["sssom"] + "object_source_version", "string"),
)


def set_quads(mapping_set: MappingSet, graph: str = GRAPH_MATCHES) -> Iterator[Quad]:
    """The set itself as a node of type sssom:MappingSet, by its mapping_set_id, with what its header says and its rows
    by sssom:mappings. Nothing where the header gives no identifier that is an IRI."""
    said = mapping_set.metadata.get("mapping_set_id")
    try:
        node = NamedNode(said if isinstance(said, str) else "")
    except ValueError:
        return
    named = NamedNode(graph)
    yield Quad(node, _RDF_TYPE, NamedNode(PREFIXES["sssom"] + "MappingSet"), named)
    yield from (Quad(node, predicate, value, named) for predicate, value in _header(mapping_set))
    for row in mapping_set.rows:
        mapping = NamedNode(iri("mapping", f"{key_of(node.value)}-{_digest(row)}"))
        yield Quad(node, NamedNode(PREFIXES["sssom"] + "mappings"), mapping, named)


def _header(mapping_set: MappingSet) -> Iterator[tuple[NamedNode, NamedNode | Literal]]:
    prefixes = mapping_set.metadata.get("curie_map") or {}
    for slot, predicate, kind in HEADER_SLOTS:
        said = mapping_set.metadata.get(slot)
        if not isinstance(said, str) or not said:
            continue
        if kind == "link":
            prefix, _, local = said.partition(":")
            with suppress(ValueError):  # what makes no IRI is no link
                link = NamedNode(str(prefixes[prefix]) + local if prefix in prefixes else said)
                yield NamedNode(predicate), link
        else:
            yield NamedNode(predicate), Literal(said, language="en" if kind == "text" else None)


def _digest(row: MappingRow) -> str:
    parts = [row.subject, row.subject_label, row.predicate, row.object, *(["Not"] if row.negated else [])]
    return hashlib.sha256("\t".join(parts).encode()).hexdigest()[:12]


def _review(row: MappingRow) -> Iterator[tuple[NamedNode, Literal]]:
    """What a reviewed row says beside its state."""
    sssom = PREFIXES["sssom"]
    said = (
        (sssom + "confidence", row.confidence, _DECIMAL),
        (sssom + "reviewer_label", row.reviewer, None),
        (sssom + "review_date", row.review_date, _DATE),
        (sssom + "object_source_version", row.object_version, None),
        (CMH + "reviewReason", row.reason, None),
        (CMH + "targetDigest", row.digest, None),
        (CMH + "machineProposal", row.proposal, None),
    )
    for predicate, text, datatype in said:
        if text:
            yield NamedNode(predicate), Literal(text, datatype=datatype) if datatype else Literal(text)


#: Where the codes of each scheme come from: the scheme's own entry among the sources, where it has one.
_SCHEME_SOURCES: Final = {
    "esco": "esco",
    "isco": "esco",
    "soc2020": "ons-soc",
    "onet": "onet",
    "sds": "ukcore-sds",
}


def _source_of(row: MappingRow) -> str:
    inferred = row.status in ("", iri("status", "inferred"))
    return iri(
        "source", "inference" if inferred else _SCHEME_SOURCES.get(key_of(row.object_source), "inference")
    )
