"""Routes, steps, pathways and the registers and professions they lead to, from the nodes of a store."""

from __future__ import annotations

from cmh_graph.model import (
    BandKey,
    CountryKey,
    EducationLevelKey,
    Key,
    Pathway,
    Position,
    Profession,
    Ref,
    Register,
    Route,
    Rung,
    Stage,
    Step,
)
from cmh_graph.reading.nodes import Nodes


def read_route(nodes: Nodes, iri: str) -> Route:
    return Route(
        **nodes.thing(iri),
        wider_routes=nodes.refs(iri, "skos:broader"),
        is_training=nodes.cell(iri, "cmh:isTraining"),
        is_waged=nodes.cell(iri, "cmh:isWaged"),
        minimum_months=nodes.cell(iri, "cmh:minimumMonths"),
        maximum_months=nodes.cell(iri, "cmh:maximumMonths"),
        from_bands=nodes.keys(iri, "cmh:fromBand", BandKey),
        to_bands=nodes.keys(iri, "cmh:toBand", BandKey),
    )


def read_position(nodes: Nodes, iri: str) -> Position:
    return Position(
        **nodes.thing(iri),
        is_registered=nodes.cell(iri, "cmh:isRegisteredPosition"),
        is_training=nodes.cell(iri, "cmh:isTrainingPosition"),
        is_outside_paid_work=nodes.cell(iri, "cmh:isOutsidePaidWork"),
        holds=nodes.refs(iri, "cmh:holds"),
    )


def read_step(nodes: Nodes, iri: str) -> Step:
    nowhere = Ref("position", Key(""), "")
    start = nodes.link(iri, "cmh:fromPosition") or nowhere
    end = nodes.link(iri, "cmh:toPosition") or nowhere
    stages = nodes.pointing("cmh:usesStep", iri)
    pathways = {path for stage in stages for path in nodes.pointing("cmh:hasStage", stage)}
    return Step(
        **{**nodes.thing(iri), "label": f"{start.label} to {end.label}"},
        from_position=start,
        to_position=end,
        step_kind=nodes.key(iri, "cmh:stepKind", Key) or "up",
        via_routes=nodes.refs(iri, "cmh:viaRoute"),
        needs=nodes.refs(iri, "cmh:needs"),
        needs_one_of=nodes.refs(iri, "cmh:needsOneOf"),
        minimum_months=nodes.cell(iri, "cmh:minimumMonths"),
        maximum_months=nodes.cell(iri, "cmh:maximumMonths"),
        duration_from=nodes.refs(iri, "cmh:durationFrom"),
        offered_by=nodes.refs(iri, "cmh:offeredBy"),
        pathways=tuple(sorted((nodes.ref(path) for path in pathways), key=lambda ref: ref.label)),
    )


def read_pathway(nodes: Nodes, iri: str) -> Pathway:
    stages = nodes.cells(iri, "cmh:hasStage")
    made = [
        Stage(order=nodes.cell(node, "cmh:order") or 0, step=read_step(nodes, str(step)))
        for node in stages
        for step in nodes.cells(node, "cmh:usesStep")
    ]
    return Pathway(
        **nodes.thing(iri), stages=tuple(sorted(made, key=lambda stage: (stage.order, stage.step.key)))
    )


def read_register(nodes: Nodes, iri: str) -> Register:
    return Register(
        **nodes.thing(iri),
        register_kind=nodes.key(iri, "cmh:registerKind", Key) or "oversight",
        applies_in=nodes.keys(iri, "cmh:appliesIn", CountryKey),
        protected_titles=nodes.texts(iri, "cmh:protectedTitle"),
        professions_covered=nodes.texts(iri, "cmh:professionCovered"),
    )


def read_profession(nodes: Nodes, iri: str) -> Profession:
    rungs = nodes.cells(iri, "cmh:hasRung")
    made = (
        Rung(
            **nodes.statement(node),
            order=nodes.cell(node, "cmh:order") or 0,
            education_level=nodes.key(node, "cmh:educationLevel", EducationLevelKey),
            by_qualifications=nodes.refs(node, "cmh:byQualification"),
        )
        for node in rungs
    )
    return Profession(
        **nodes.thing(iri, rungs),
        registers=nodes.refs(iri, "cmh:onRegister"),
        protected_titles=nodes.texts(iri, "cmh:protectedTitle"),
        practised_as=nodes.refs(iri, "cmh:practisedAs"),
        relevance=nodes.text(iri, "cmh:relevanceToCommunityMentalHealth"),
        rungs=tuple(sorted(made, key=lambda rung: (rung.order, rung.key))),
    )
