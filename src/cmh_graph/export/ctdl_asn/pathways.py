"""Pathways with their components: the places that a pathway goes through, and the steps into them (CTDL)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from cmh_graph.export.ctdl_asn.sayings import LANGUAGE, english, node, status_keyword
from cmh_graph.export.edition import Edition
from cmh_graph.model import Pathway, Ref, Stage, Step
from cmh_graph.namespaces import CMH, PREFIXES
from cmh_graph.reading import Catalogue
from cmh_graph.store import text_of


def pathway_nodes(edition: Edition, owner: str) -> list[dict[str, Any]]:
    """Every pathway, followed by its components. owner: IRI of the organisation that keeps them.

    A place is a component of each pathway that it is in, as CTDL has it: its identifier is the pathway's with the
    place behind "#", and it stands for the role or position. A step into it is a condition, identified by the stage."""
    found = []
    catalogue, names = edition.catalogue, _stage_names(edition)
    for pathway in sorted(catalogue.pathways.values(), key=lambda one: one.key):
        stages = sorted(pathway.stages, key=lambda one: (one.order, one.step.key))
        places = _places(stages)
        goal = _component(pathway, stages[-1].step.to_position) if stages else ""
        found.append(
            node(
                "ceterms:Pathway",
                pathway.iri,
                ceterms__name=english(pathway.label),
                ceterms__description=english(pathway.definition or pathway.label),
                ceterms__keyword=status_keyword(pathway.says),
                ceterms__inLanguage=[LANGUAGE],
                ceterms__ownedBy=[owner],
                ceterms__subjectWebpage=pathway.iri,
                ceterms__hasPart=[_component(pathway, one) for one in places],
                ceterms__hasDestinationComponent=[goal] if goal else [],
            )
        )
        found += _components(catalogue, pathway, stages, places, goal, names)
    return found


def _places(stages: Sequence[Stage]) -> list[Ref]:
    """The places of a pathway in the order in which it comes to them."""
    ends = (place for one in stages for place in (one.step.from_position, one.step.to_position))
    return list(dict.fromkeys(ends))


def _component(pathway: Pathway, place: Ref) -> str:
    return f"{pathway.iri}#{place.kind}-{place.key}"


def _stage_names(edition: Edition) -> dict[tuple[str, str, str], str]:
    """Pathway, order and step of each stage -> its IRI, which the catalogue does not keep."""
    return {
        (pathway, text_of(order), text_of(step)): text_of(stage)
        for pathway in (one.iri for one in edition.catalogue.pathways.values())
        for stage in edition.objects(pathway, CMH + "hasStage")
        for order in edition.objects(text_of(stage), CMH + "order")
        for step in edition.objects(text_of(stage), CMH + "usesStep")
    }


def _components(
    catalogue: Catalogue,
    pathway: Pathway,
    stages: Sequence[Stage],
    places: Sequence[Ref],
    goal: str,
    names: Mapping[tuple[str, str, str], str],
) -> list[dict[str, Any]]:
    after: dict[Ref, list[str]] = defaultdict(list)
    into: dict[Ref, list[dict[str, Any]]] = defaultdict(list)
    for one in stages:
        start, end = one.step.from_position, one.step.to_position
        after[start].append(_component(pathway, end))
        into[end].append(_condition(pathway, one, names))
    return [
        node(
            "ceterms:JobComponent" if place.kind == "role" else "ceterms:BasicComponent",
            _component(pathway, place),
            ceterms__name=english(place.label),
            ceterms__description=english(_description(catalogue, place)),
            ceterms__subjectWebpage=PREFIXES[place.kind] + place.key,
            ceterms__proxyFor=PREFIXES[place.kind] + place.key,
            ceterms__isPartOf=[pathway.iri],
            ceterms__isDestinationComponentOf=[pathway.iri] if _component(pathway, place) == goal else [],
            ceterms__precedes=list(dict.fromkeys(after[place])),
            ceterms__hasCondition=into[place],
        )
        for place in places
    ]


def _description(catalogue: Catalogue, place: Ref) -> str:
    role = catalogue.roles.get(place.key) if place.kind == "role" else None
    return (role.definition if role else None) or place.label


def _condition(pathway: Pathway, stage: Stage, names: Mapping[tuple[str, str, str], str]) -> dict[str, Any]:
    """That one step leads here: from which component, and in words what it takes."""
    return node(
        "ceterms:ComponentCondition",
        names[pathway.iri, str(stage.order), stage.step.iri],
        ceterms__name=english(stage.step.label),
        ceterms__description=english(_words(stage.step)),
        ceterms__requiredNumber=1,
        ceterms__targetComponent=[_component(pathway, stage.step.from_position)],
    )


def _words(step: Step) -> str:
    """What a step takes, as far as it is stated."""
    least, most = step.minimum_months, step.maximum_months
    months = f"{least} months" if least == most or most is None else f"{least} to {most} months"
    parts = [
        f"Step: {step.step_kind.replace('-', ' ')}.",
        f"By: {_labels(step.via_routes)}." if step.via_routes else "",
        f"Needs: {_labels(step.needs)}." if step.needs else "",
        f"Needs one of: {_labels(step.needs_one_of)}." if step.needs_one_of else "",
        f"Takes {months}." if least is not None else "",
        f"Status: {step.says.status}." if step.says else "",
    ]
    return " ".join(one for one in parts if one)


def _labels(refs: Sequence[Ref]) -> str:
    return ", ".join(one.label for one in refs)
