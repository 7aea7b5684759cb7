"""Pay bands, vocabularies and other scales, from the nodes of a store."""

from __future__ import annotations

from typing import Any, Final

from cmh_graph.model import (
    AhpDomain,
    Band,
    BandKey,
    Concept,
    EmployerTypeKey,
    JobProfile,
    Key,
    PayEquivalent,
    PayPoints,
    ReadAcross,
    Ref,
    Vocabulary,
)
from cmh_graph.namespaces import PREFIXES, key_of
from cmh_graph.reading.nodes import Link, Nodes

_VOCAB: Final = PREFIXES["vocab"]
_CONCEPT: Final = Link(PREFIXES["skos"] + "Concept")


def read_concept_fields(nodes: Nodes, iri: str) -> dict[str, Any]:
    return {
        "notation": nodes.text(iri, "skos:notation"),
        "order": nodes.cell(iri, "cmh:order"),
        "alternatives": nodes.texts(iri, "skos:altLabel"),
        "examples": nodes.texts(iri, "skos:example"),
    }


def read_band(nodes: Nodes, iri: str) -> Band:
    of_band = nodes.pointing("cmh:band", iri)
    pay = [node for node in of_band if node.startswith(PREFIXES["pay-points"])]
    profiles = [node for node in of_band if node.startswith(PREFIXES["job-profile"])]
    across = across_nodes(nodes, iri)
    points = (
        PayPoints(
            **nodes.statement(node),
            pay_year=nodes.text(node, "cmh:payYear") or "",
            amounts_gbp=tuple(sorted(nodes.cells(node, "cmh:amountGBP"))),
        )
        for node in pay
    )
    return Band(
        **nodes.thing(iri, [*pay, *profiles, *across]),
        **read_concept_fields(nodes, iri),
        closed_on=nodes.cell(iri, "cmh:closedOn"),
        pay_points=tuple(sorted(points, key=lambda point: point.pay_year)),
        job_profiles=tuple(sorted((nodes.ref(node) for node in profiles), key=lambda ref: ref.label)),
        read_across=tuple(read_across(nodes, node) for node in across),
    )


def read_across(nodes: Nodes, iri: str) -> ReadAcross:
    nowhere = Ref("outside", Key(""), "")
    return ReadAcross(
        **nodes.statement(iri),
        from_scale=nodes.link(iri, "cmh:fromScale") or nowhere,
        to_scale=nodes.link(iri, "cmh:toScale") or nowhere,
    )


def read_job_profile(nodes: Nodes, iri: str) -> JobProfile:
    return JobProfile(
        **nodes.thing(iri),
        bands=nodes.keys(iri, "cmh:band", BandKey),
        profile_group=nodes.text(iri, "cmh:profileGroup"),
        date=nodes.text(iri, "dc:date"),
    )


def read_pay_equivalent(nodes: Nodes, iri: str) -> PayEquivalent:
    across = across_nodes(nodes, iri)
    return PayEquivalent(
        **nodes.thing(iri, across),
        employer_types=nodes.keys(iri, "cmh:employerType", EmployerTypeKey),
        read_across=tuple(read_across(nodes, node) for node in across),
    )


def read_ahp_domain(nodes: Nodes, iri: str) -> AhpDomain:
    order = nodes.cell(iri, "cmh:order") or 0
    return AhpDomain(**nodes.thing(iri), order=order, within=nodes.link(iri, "skos:broader"))


def across_nodes(nodes: Nodes, iri: str) -> list[str]:
    """The read-across statements that start or end at a point of a scale."""
    ends = ("cmh:fromScale", "cmh:toScale")
    return sorted({node for end in ends for node in nodes.pointing(end, iri)})


def read_vocabulary(nodes: Nodes, iri: str) -> Vocabulary:
    key = key_of(iri)
    concepts = [
        Concept(
            **nodes.thing(node),
            **read_concept_fields(nodes, node),
            scheme=Key(key),
            education_expected=nodes.text(node, "cmh:educationExpected"),
            experience_expected=nodes.text(node, "cmh:experienceExpected"),
            values_expected=nodes.text(node, "cmh:valuesExpected"),
        )
        for node in nodes.pointing("skos:inScheme", iri)
        if node.startswith(_VOCAB) and _CONCEPT in nodes.cells(node, "rdf:type")
    ]
    return Vocabulary(
        **nodes.thing(iri),
        concepts=tuple(sorted(concepts, key=lambda concept: (concept.order or 0, concept.key))),
    )
