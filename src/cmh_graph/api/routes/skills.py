"""Skills, values, experience, qualifications, backgrounds: what roles ask for, and the roles that do."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from cmh_graph.api.collections import ThingCollection, add_collection, add_list, find
from cmh_graph.api.described import Router
from cmh_graph.api.filters import STATUS, concept, flag, link, word
from cmh_graph.api.lists import listing
from cmh_graph.api.openapi import operation_name
from cmh_graph.api.representations import framework_of
from cmh_graph.framework import Framework
from cmh_graph.model import (
    Background,
    Experience,
    Qualification,
    Ref,
    Requirement,
    Role,
    Skill,
    SkillGroup,
    Value,
    ValueSet,
)


@dataclass(frozen=True, slots=True)
class Asking:
    """A role that asks for a thing, and the requirement that says so."""

    role: Ref
    requirement: Requirement


SKILLS = ThingCollection(
    path="skills",
    kind="skill",
    model=Skill,
    tag="skills",
    about='Skills with their levels and "I" statements. Every level statement is ours and inferred.',
    filters=(
        link(
            "group", "skill-group", "key of a group of skills", lambda skill: skill.group and skill.group.key
        ),
        STATUS,
    ),
)
VALUES = ThingCollection(
    path="values",
    kind="value",
    model=Value,
    tag="values",
    about="Values, and the sets that name them.",
    filters=(
        link("set", "value-set", "key of a set of values", lambda value: [ref.key for ref in value.sets]),
        STATUS,
    ),
)
QUALIFICATIONS = ThingCollection(
    path="qualifications",
    kind="qualification",
    model=Qualification,
    tag="qualifications",
    about="Qualifications, apprenticeship standards and registrations. Approved for delivery is not funded.",
    filters=(
        word(
            "form",
            ("qualification", "apprenticeship", "registration"),
            "qualification, apprenticeship standard or registration",
            lambda qualification: qualification.form,
        ),
        concept(
            "kind", "qualification-kind", "kind of qualification", lambda found: found.qualification_kind
        ),
        concept(
            "education_level", "education-level", "education level", lambda found: found.education_levels
        ),
        link("register", "register", "key of a register", lambda found: [ref.key for ref in found.registers]),
        STATUS,
    ),
)
EXPERIENCES = ThingCollection(
    path="experiences",
    kind="experience",
    model=Experience,
    tag="experiences",
    about="Kinds of experience a role may ask for; never a fact about a person.",
    filters=(
        flag("lived", "whether it is lived experience", lambda found: found.is_lived_experience),
        STATUS,
    ),
)
SKILL_GROUPS = ThingCollection(
    path="skill-groups",
    kind="skill-group",
    model=SkillGroup,
    tag="skills",
    about="Headings that skills are listed under; our grouping.",
    filters=(STATUS,),
)
VALUE_SETS = ThingCollection(
    path="value-sets",
    kind="value-set",
    model=ValueSet,
    tag="values",
    about="Named lists of values.",
    filters=(STATUS,),
)
BACKGROUNDS = ThingCollection(
    path="backgrounds",
    kind="background",
    model=Background,
    tag="skills",
    about="Work and life outside mental health, and the skills people bring from it.",
    filters=(
        link("skill", "skill", "key of a skill", lambda found: [ref.key for ref in found.builds_skills]),
        STATUS,
    ),
)
ASKED_FOR = (SKILLS, VALUES, QUALIFICATIONS, EXPERIENCES)
ASKING_FILTERS = (
    concept("necessity", "necessity", "how much it is needed", lambda asking: asking[1].necessity),
    concept("level", "framework-level", "framework level of the role", lambda asking: asking[0].level),
    concept("band", "band", "pay band given to the role by anyone", lambda asking: asking[0].bands),
)


def router(framework: Framework) -> APIRouter:
    """The addresses of what roles ask for."""
    routes = Router()
    for collection in (*ASKED_FOR, SKILL_GROUPS, VALUE_SETS, BACKGROUNDS):
        add_collection(routes, collection, framework)
    for collection in ASKED_FOR:
        _add_roles(routes, collection, framework)
    return routes


def _add_roles(routes: APIRouter, collection: ThingCollection, framework: Framework) -> None:
    def roles(request: Request) -> Response:
        asking = framework_of(request).roles_asking_for(find(request, collection))
        return listing(request, asking, ASKING_FILTERS, Asking, _asking)

    add_list(
        routes,
        collection,
        "roles",
        roles,
        Asking,
        name=f"list_{operation_name(collection.kind)}_roles",
        summary=f"List the roles that ask for one {collection.name}",
        about="Each with the requirement that says so. A role that asks for it in an any-of group counts.",
        framework=framework,
        filters=ASKING_FILTERS,
    )


def _asking(pair: tuple[Role, Requirement]) -> Asking:
    role, requirement = pair
    return Asking(Ref("role", role.key, role.label), requirement)
