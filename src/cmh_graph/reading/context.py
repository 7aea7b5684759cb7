"""Organisations, resources, evidence, sources and releases, from the nodes of a store."""

from __future__ import annotations

import datetime
from typing import Literal, cast

from cmh_graph.model import (
    BandKey,
    CareersFramework,
    CaseStudy,
    EmployerTypeKey,
    Evidence,
    Figure,
    Iri,
    Key,
    Organisation,
    OrganisationUse,
    Ref,
    Release,
    Resource,
    Scheme,
    Source,
    Status,
    Theme,
    UserTask,
)
from cmh_graph.namespaces import PREFIXES, key_of
from cmh_graph.reading.nodes import Nodes, short


def read_organisation(nodes: Nodes, iri: str) -> Organisation:
    by = nodes.pointing("cmh:byOrganisation", iri)
    uses = [node for node in by if node.startswith(PREFIXES["framework-use"])]
    studies = [node for node in by if node.startswith(PREFIXES["case-study"])]
    return Organisation(
        **nodes.thing(iri, by),
        alternatives=nodes.texts(iri, "skos:altLabel"),
        employer_type=nodes.key(iri, "cmh:employerType", EmployerTypeKey),
        relation=nodes.key(iri, "cmh:relationToFramework", Key),
        succeeded_by=nodes.refs(iri, "cmh:succeededBy"),
        uses=tuple(read_use(nodes, node) for node in uses),
        case_studies=tuple(read_case_study(nodes, node) for node in studies),
    )


def read_use(nodes: Nodes, iri: str) -> OrganisationUse:
    kinds = {short(str(kind)) for kind in nodes.cells(iri, "rdf:type")}
    kind: Literal["framework", "own-work"] = "own-work" if "cmh:OwnWork" in kinds else "framework"
    return OrganisationUse(
        **nodes.statement(iri),
        kind=kind,
        state=nodes.key(iri, "cmh:useState", Key) or "planned",
        text=nodes.text(iri, "cmh:text") or "",
    )


def read_case_study(nodes: Nodes, iri: str) -> CaseStudy:
    return CaseStudy(
        **nodes.thing(iri),
        organisation=nodes.link(iri, "cmh:byOrganisation") or Ref("organisation", Key(""), ""),
        state=nodes.key(iri, "cmh:useState", Key) or "planned",
        action=nodes.text(iri, "cmh:action") or "",
        intended_outcome=nodes.text(iri, "cmh:intendedOutcome") or "",
        themes=nodes.refs(iri, "cmh:concernsTheme"),
    )


def read_resource(nodes: Nodes, iri: str) -> Resource:
    return Resource(
        **nodes.thing(iri),
        resource_kind=nodes.text(iri, "cmh:resourceKind") or "",
        url=nodes.text(iri, "schema:url"),
        audiences=nodes.refs(iri, "cmh:forAudience"),
        themes=nodes.refs(iri, "cmh:concernsTheme"),
        roles=nodes.refs(iri, "cmh:servesRole"),
        bands=nodes.keys(iri, "cmh:forBand", BandKey),
        supports_planning=nodes.cell(iri, "cmh:supportsPlanning"),
    )


def read_theme(nodes: Nodes, iri: str) -> Theme:
    return Theme(**nodes.thing(iri), includes=nodes.texts(iri, "cmh:includes"))


def read_user_task(nodes: Nodes, iri: str) -> UserTask:
    return UserTask(
        **nodes.thing(iri),
        user=nodes.text(iri, "cmh:user") or "",
        text=nodes.text(iri, "cmh:text") or "",
        audiences=nodes.refs(iri, "cmh:forAudience"),
    )


def read_evidence(nodes: Nodes, iri: str) -> Evidence:
    figures = nodes.cells(iri, "cmh:hasFigure")
    return Evidence(
        **nodes.thing(iri, figures),
        text=nodes.text(iri, "cmh:text") or "",
        figures=tuple(
            Figure(
                key=Key(key_of(node)),
                iri=Iri(node),
                measures=nodes.text(node, "cmh:measures") or "",
                value=float(nodes.cell(node, "cmh:value") or 0),
                unit=nodes.text(node, "cmh:unit") or "",
                population=nodes.text(node, "cmh:population") or "",
                qualifier=nodes.text(node, "cmh:qualifier"),
                date=nodes.text(node, "dc:date"),
                says=nodes.says(node),
            )
            for node in figures
        ),
    )


def read_source(nodes: Nodes, iri: str) -> Source:
    return Source(
        **nodes.thing(iri),
        source_kind=cast("Status", nodes.key(iri, "cmh:sourceKind", Key) or "public"),
        publisher=nodes.text(iri, "dc:publisher"),
        url=nodes.text(iri, "schema:url"),
        date=nodes.text(iri, "dc:date"),
        rights=nodes.text(iri, "dc:rights"),
    )


def read_scheme(nodes: Nodes, iri: str) -> Scheme:
    return Scheme(**nodes.thing(iri), rights=nodes.text(iri, "dc:rights"))


def read_framework(nodes: Nodes, iri: str) -> CareersFramework:
    return CareersFramework(**nodes.thing(iri), owned_by=nodes.refs(iri, "cmh:ownedBy"))


def read_release(nodes: Nodes, iri: str) -> Release:
    return Release(
        **nodes.thing(iri),
        version=nodes.text(iri, "owl:versionInfo") or "",
        issued=nodes.cell(iri, "dcterms:issued") or datetime.date.min,
        changes=nodes.texts(iri, "cmh:changes"),
    )
