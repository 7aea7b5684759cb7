"""A snapshot -> the things of the model.

Only stated triples are read: the derived graph is left out, and what sums up a role is computed here from its
statements. So the things are the same whether or not the rules have run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from cmh_graph.model import (
    AhpDomain,
    Audience,
    Background,
    Band,
    CareersFramework,
    CaseStudy,
    Evidence,
    Experience,
    JobProfile,
    Key,
    Organisation,
    Pathway,
    PayEquivalent,
    Position,
    Profession,
    Qualification,
    Register,
    Release,
    Remark,
    Resource,
    Role,
    Route,
    Scheme,
    Skill,
    SkillGroup,
    Source,
    Step,
    Theme,
    Title,
    UserTask,
    Value,
    ValueSet,
    Vocabulary,
)
from cmh_graph.reading import context, pathways, roles, scales, skills
from cmh_graph.reading.asked import AskedNodes
from cmh_graph.reading.nodes import Nodes, field_of, kind_and_key
from cmh_graph.store import Store

__all__ = ["Catalogue", "field_of", "kind_and_key", "read"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Every thing of a snapshot, each kind by its key and in the order people read it."""

    roles: Mapping[Key, Role]
    titles: Mapping[Key, Title]
    skills: Mapping[Key, Skill]
    skill_groups: Mapping[Key, SkillGroup]
    backgrounds: Mapping[Key, Background]
    values: Mapping[Key, Value]
    value_sets: Mapping[Key, ValueSet]
    experiences: Mapping[Key, Experience]
    qualifications: Mapping[Key, Qualification]
    bands: Mapping[Key, Band]
    job_profiles: Mapping[Key, JobProfile]
    registers: Mapping[Key, Register]
    professions: Mapping[Key, Profession]
    routes: Mapping[Key, Route]
    positions: Mapping[Key, Position]
    steps: Mapping[Key, Step]
    pathways: Mapping[Key, Pathway]
    organisations: Mapping[Key, Organisation]
    case_studies: Mapping[Key, CaseStudy]
    resources: Mapping[Key, Resource]
    audiences: Mapping[Key, Audience]
    themes: Mapping[Key, Theme]
    user_tasks: Mapping[Key, UserTask]
    evidence: Mapping[Key, Evidence]
    remarks: Mapping[Key, Remark]
    sources: Mapping[Key, Source]
    vocabularies: Mapping[Key, Vocabulary]
    releases: Mapping[Key, Release]
    schemes: Mapping[Key, Scheme]
    frameworks: Mapping[Key, CareersFramework]
    pay_equivalents: Mapping[Key, PayEquivalent]
    ahp_domains: Mapping[Key, AhpDomain]


def read(store: Store, *, as_asked: bool = False) -> Catalogue:
    """The things of a store. What a node does not say is None, False or empty, as the model tells.

    Remarks come first, because every thing shows the ones about it. as_asked: read a thing when it is asked
    for, where there are too many to have all."""
    nodes = AskedNodes(store) if as_asked else Nodes(store)
    remarks = nodes.things("cmh:Remark", partial(read_remark, nodes), lambda remark: remark.key)
    nodes.show_remarks(remarks)
    return Catalogue(
        remarks=remarks,
        roles=nodes.things("cmh:Role", partial(roles.read_role, nodes)),
        titles=nodes.things("cmh:Title", partial(roles.read_title, nodes)),
        skills=nodes.things("cmh:Skill", partial(skills.read_skill, nodes)),
        skill_groups=nodes.things("cmh:SkillGroup", lambda iri: SkillGroup(**nodes.thing(iri))),
        backgrounds=nodes.things("cmh:Background", partial(skills.read_background, nodes)),
        values=nodes.things("cmh:Value", partial(skills.read_value, nodes)),
        value_sets=nodes.things("cmh:ValueSet", lambda iri: ValueSet(**nodes.thing(iri))),
        experiences=nodes.things("cmh:Experience", partial(skills.read_experience, nodes)),
        qualifications=nodes.things(
            ("cmh:Qualification", "cmh:ApprenticeshipStandard", "cmh:Registration"),
            partial(skills.read_qualification, nodes),
        ),
        bands=nodes.things(
            "cmh:PayBand", partial(scales.read_band, nodes), lambda band: (band.order, band.key)
        ),
        job_profiles=nodes.things("cmh:JobProfile", partial(scales.read_job_profile, nodes)),
        registers=nodes.things("cmh:Register", partial(pathways.read_register, nodes)),
        professions=nodes.things("cmh:Profession", partial(pathways.read_profession, nodes)),
        routes=nodes.things("cmh:Route", partial(pathways.read_route, nodes)),
        positions=nodes.things("cmh:Waypoint", partial(pathways.read_position, nodes)),
        steps=nodes.things(
            "cmh:Step", partial(pathways.read_step, nodes), lambda step: (step.label.casefold(), step.key)
        ),
        pathways=nodes.things("cmh:Pathway", partial(pathways.read_pathway, nodes)),
        organisations=nodes.things("cmh:Organisation", partial(context.read_organisation, nodes)),
        case_studies=nodes.things("cmh:CaseStudy", partial(context.read_case_study, nodes)),
        resources=nodes.things("cmh:Resource", partial(context.read_resource, nodes)),
        audiences=nodes.things("cmh:Audience", lambda iri: Audience(**nodes.thing(iri))),
        themes=nodes.things("cmh:Theme", partial(context.read_theme, nodes)),
        user_tasks=nodes.things("cmh:UserTask", partial(context.read_user_task, nodes)),
        evidence=nodes.things("cmh:Evidence", partial(context.read_evidence, nodes)),
        sources=nodes.things("cmh:Source", partial(context.read_source, nodes)),
        vocabularies=nodes.things("skos:ConceptScheme", partial(scales.read_vocabulary, nodes)),
        schemes=nodes.things(
            ("cmh:CodeScheme", "cmh:PayScheme", "cmh:TitleCollection"),
            partial(context.read_scheme, nodes),
        ),
        frameworks=nodes.things("cmh:Framework", partial(context.read_framework, nodes)),
        pay_equivalents=nodes.things("cmh:PayEquivalent", partial(scales.read_pay_equivalent, nodes)),
        ahp_domains=nodes.things(
            "cmh:AhpDomain", partial(scales.read_ahp_domain, nodes), lambda domain: domain.key
        ),
        releases=nodes.things(
            "cmh:Release", partial(context.read_release, nodes), lambda release: release.issued
        ),
    )


def read_remark(nodes: Nodes, iri: str) -> Remark:
    kind, about = nodes.key(iri, "cmh:remarkKind", Key) or "fact", nodes.refs(iri, "cmh:about")
    subjects = ", ".join(ref.label for ref in about)
    return Remark(
        **{**nodes.thing(iri), "label": f"{kind.capitalize()} about {subjects}"},
        remark_kind=kind,
        text=nodes.text(iri, "cmh:text") or "",
        about=about,
    )
