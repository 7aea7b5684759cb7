"""Roles, what they ask for, their titles, bands and matches, from the nodes of a store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, cast

from cmh_graph.model import (
    AhpStageKey,
    BandAssignment,
    BandKey,
    CountryKey,
    EmployerTypeKey,
    FamilyKey,
    FrameworkLevelKey,
    Iri,
    Key,
    Match,
    Necessity,
    Placement,
    Ref,
    Regulation,
    Requirement,
    RequirementKind,
    Role,
    RoleForm,
    SettingKey,
    SkillLevelKey,
    SourceKey,
    Title,
    TitleMeaning,
)
from cmh_graph.reading.nodes import Nodes, short

_NO_TERM: Final = "https://w3id.org/sssom/NoTermFound"
_REQUIREMENT_KINDS: Final[dict[str, RequirementKind]] = {
    "cmh:SkillRequirement": "skill",
    "cmh:ValueRequirement": "value",
    "cmh:ExperienceRequirement": "experience",
    "cmh:QualificationRequirement": "qualification",
    "cmh:RegistrationRequirement": "registration",
    "cmh:AnyOfRequirement": "any-of",
    "cmh:NoneRequired": "none-required",
}
_KIND_ORDER: Final = list(_REQUIREMENT_KINDS.values())
_NECESSITY_ORDER: Final = (None, "essential", "gained-in-post", "desirable")
_ROLE_FORMS: Final[dict[str, RoleForm]] = {
    "cmh:RoleGrouping": "grouping",
    "cmh:TraineeRole": "trainee",
    "cmh:FunctionRole": "function",
}


def read_role(nodes: Nodes, iri: str) -> Role:
    regulation, placements = nodes.cells(iri, "cmh:hasRegulation"), nodes.cells(iri, "cmh:hasPlacement")
    assignments = nodes.cells(iri, "cmh:hasBandAssignment")
    meanings = nodes.pointing("cmh:meansRole", iri)
    requirements = nodes.cells(iri, "cmh:hasRequirement")
    positions = tuple(read_regulation(nodes, node) for node in regulation)
    given = tuple(read_band_assignment(nodes, node) for node in assignments)
    places = tuple(read_placement(nodes, node) for node in placements)
    kinds = {short(str(kind)) for kind in nodes.cells(iri, "rdf:type")}
    asked = sorted(
        (read_requirement(nodes, node) for node in requirements),
        key=lambda need: (
            _KIND_ORDER.index(need.kind),
            _NECESSITY_ORDER.index(need.necessity),
            need.asks_for.label.casefold() if need.asks_for else "",
            need.key,
        ),
    )
    return Role(
        **nodes.thing(iri, [*regulation, *placements, *assignments, *meanings, *requirements]),
        form=next((form for kind, form in _ROLE_FORMS.items() if kind in kinds), "job"),
        level=nodes.key(iri, "cmh:frameworkLevel", FrameworkLevelKey),
        family=nodes.key(iri, "cmh:family", FamilyKey),
        clinical_contact=nodes.key(iri, "cmh:clinicalContact", Key),
        is_paid=nodes.cell(iri, "cmh:isPaid"),
        is_regulated=any(position.is_regulated for position in positions) if positions else None,
        bands=tuple(sorted({band for part in given for band in part.bands})),
        settings=tuple(sorted({setting for place in places for setting in place.settings})),
        employer_types=tuple(sorted({kind for place in places for kind in place.employer_types})),
        rolls_up_to=nodes.link(iri, "cmh:rollsUpTo"),
        is_match_target=nodes.cell(iri, "cmh:isMatchTarget"),
        ahp_stages=nodes.keys(iri, "cmh:ahpStage", AhpStageKey),
        named_in_framework=nodes.keys(iri, "cmh:namedInFramework", SourceKey),
        entered_by=nodes.refs(iri, "cmh:enteredBy"),
        regulation=positions,
        placements=places,
        band_assignments=given,
        titles=read_meanings(nodes, meanings),
        requirements=tuple(asked),
        matches=read_matches(nodes, iri),
    )


def read_requirement(nodes: Nodes, iri: str) -> Requirement:
    kinds = {short(str(kind)) for kind in nodes.cells(iri, "rdf:type")}
    members = [read_requirement(nodes, node) for node in sorted(nodes.cells(iri, "cmh:anyOf"))]
    return Requirement(
        **nodes.statement(iri),
        kind=next((kind for name, kind in _REQUIREMENT_KINDS.items() if name in kinds), "skill"),
        asks_for=nodes.link(iri, "cmh:asksFor"),
        necessity=cast("Necessity | None", nodes.key(iri, "cmh:necessity", Key)),
        skill_level=nodes.key(iri, "cmh:atSkillLevel", SkillLevelKey),
        registered_as=nodes.text(iri, "cmh:registeredAs"),
        any_of=tuple(members),
        settings=nodes.keys(iri, "cmh:inSetting", SettingKey),
        employer_types=nodes.keys(iri, "cmh:employerType", EmployerTypeKey),
    )


def read_regulation(nodes: Nodes, iri: str) -> Regulation:
    return Regulation(
        **nodes.statement(iri),
        is_regulated=bool(nodes.cell(iri, "cmh:isRegulated")),
        registers=nodes.refs(iri, "cmh:byRegister"),
        accredited_registers=nodes.refs(iri, "cmh:accreditedRegister"),
        protected_titles=nodes.texts(iri, "cmh:protectedTitle"),
        applies_in=nodes.keys(iri, "cmh:appliesIn", CountryKey),
    )


def read_placement(nodes: Nodes, iri: str) -> Placement:
    return Placement(
        **nodes.statement(iri),
        settings=nodes.keys(iri, "cmh:inSetting", SettingKey),
        employer_types=nodes.keys(iri, "cmh:employerType", EmployerTypeKey),
    )


def read_band_assignment(nodes: Nodes, iri: str) -> BandAssignment:
    return BandAssignment(
        **nodes.statement(iri),
        bands=nodes.keys(iri, "cmh:band", BandKey),
        pay_scheme=nodes.link(iri, "cmh:payScheme"),
        assigned_by=nodes.link(iri, "cmh:assignedBy"),
        date=nodes.text(iri, "dc:date"),
    )


def read_meanings(nodes: Nodes, iris: Iterable[str]) -> tuple[TitleMeaning, ...]:
    made = (
        TitleMeaning(
            **nodes.statement(iri),
            title=nodes.link(iri, "cmh:title") or Ref("title", Key(""), ""),
            role=nodes.link(iri, "cmh:meansRole") or Ref("role", Key(""), ""),
            employer_types=nodes.keys(iri, "cmh:employerType", EmployerTypeKey),
        )
        for iri in iris
    )
    return tuple(sorted(made, key=lambda meaning: (meaning.title.label.casefold(), meaning.key)))


def read_title(nodes: Nodes, iri: str) -> Title:
    meanings = nodes.pointing("cmh:title", iri)
    return Title(
        **nodes.thing(iri, meanings),
        belongs_to=nodes.link(iri, "cmh:belongsTo"),
        meanings=read_meanings(nodes, meanings),
    )


def read_matches(nodes: Nodes, iri: str) -> tuple[Match, ...]:
    made = []
    for node in nodes.pointing("owl:annotatedSource", iri):
        target = nodes.text(node, "owl:annotatedTarget")
        made.append(
            Match(
                **nodes.statement(node),
                role=nodes.ref(iri),
                relation=nodes.key(node, "owl:annotatedProperty", Key) or "relatedMatch",
                target=None if target in (None, _NO_TERM) else Iri(str(target)),
                target_label=nodes.text(node, "sssom:object_label"),
                scheme=nodes.key(node, "sssom:object_source", Key),
                justification=nodes.key(node, "sssom:mapping_justification", Key),
            )
        )
    return tuple(sorted(made, key=lambda match: (match.scheme or "", match.relation, match.target or "")))
