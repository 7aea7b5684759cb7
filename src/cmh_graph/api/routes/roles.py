"""Roles, what they ask for and where they lead; job titles and what they mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from cmh_graph.api.collections import ThingCollection, add_collection, add_list, find
from cmh_graph.api.described import Router
from cmh_graph.api.filters import STATUS, concept, flag, link, word
from cmh_graph.api.lists import listing
from cmh_graph.api.representations import framework_of
from cmh_graph.framework import Framework
from cmh_graph.model import (
    BandKey,
    EmployerTypeKey,
    FamilyKey,
    FrameworkLevelKey,
    Iri,
    Key,
    Requirement,
    Role,
    RoleForm,
    Says,
    Step,
    Title,
    TitleMeaning,
)


@dataclass(frozen=True, slots=True)
class RoleRow:
    """A role as lists show it; /v1/roles/{key} has the whole of it."""

    key: Key
    iri: Iri
    label: str
    definition: str | None
    form: RoleForm
    level: FrameworkLevelKey | None
    family: FamilyKey | None
    is_paid: bool | None
    is_regulated: bool | None
    bands: tuple[BandKey, ...]
    employer_types: tuple[EmployerTypeKey, ...]
    notes: tuple[str, ...]
    says: Says | None


def role_row(role: Role) -> RoleRow:
    """What a list shows of a role."""
    return RoleRow(
        key=role.key,
        iri=role.iri,
        label=role.label,
        definition=role.definition,
        form=role.form,
        level=role.level,
        family=role.family,
        is_paid=role.is_paid,
        is_regulated=role.is_regulated,
        bands=role.bands,
        employer_types=role.employer_types,
        notes=role.notes,
        says=role.says,
    )


def _asked_for(kind: str) -> Callable[[Role], set[str]]:
    def read(role: Role) -> set[str]:
        needs = (member for need in role.requirements for member in (need, *need.any_of))
        return {
            need.asks_for.key
            for need in needs
            if need.asks_for and need.asks_for.kind == kind and need.kind != "none-required"
        }

    return read


ROLE_FILTERS = (
    concept("band", "band", "pay band given to the role by anyone", lambda role: role.bands),
    concept("level", "framework-level", "framework role level", lambda role: role.level),
    concept("family", "family", "family of roles", lambda role: role.family),
    concept("employer_type", "employer-type", "kind of employer", lambda role: role.employer_types),
    concept("setting", "setting", "where the work is done", lambda role: role.settings),
    flag("regulated", "whether the law regulates the role", lambda role: role.is_regulated),
    flag("paid", "whether it is paid work", lambda role: role.is_paid),
    word(
        "form",
        ("job", "trainee", "function", "grouping"),
        "job, trainee post, function held beside a job, or a mere grouping",
        lambda role: role.form,
    ),
    link("skill", "skill", "key of a skill the role asks for", _asked_for("skill")),
    link("value", "value", "key of a value the role asks for", _asked_for("value")),
    link("qualification", "qualification", "key of a qualification asked for", _asked_for("qualification")),
    link("experience", "experience", "key of a kind of experience asked for", _asked_for("experience")),
    link("entry_route", "route", "key of a way in", lambda role: [ref.key for ref in role.entered_by]),
    STATUS,
)
ROLES = ThingCollection(
    path="roles",
    kind="role",
    model=Role,
    tag="roles",
    about="Roles in community mental health: what they ask for, where they are found, what they are paid.",
    filters=ROLE_FILTERS,
    row=RoleRow,
    make_row=role_row,
)
TITLES = ThingCollection(
    path="titles",
    kind="title",
    model=Title,
    tag="roles",
    about="Job titles and the roles they can mean: one title may mean several roles.",
    filters=(
        link("role", "role", "key of a role", lambda title: [said.role.key for said in title.meanings]),
        STATUS,
    ),
)

REQUIREMENT_FILTERS = (
    word(
        "kind",
        ("skill", "value", "experience", "qualification", "registration", "any-of", "none-required"),
        "what is asked for",
        lambda need: need.kind,
    ),
    concept("necessity", "necessity", "how much it is needed", lambda need: need.necessity),
    STATUS,
)
STEP_SIDE = word("direction", ("on", "in"), "steps on from the role, or in to it", lambda pair: pair[0])
STEP_KIND = concept("kind", "step-kind", "kind of step", lambda pair: pair[1].step_kind)


def router(framework: Framework) -> APIRouter:
    """The addresses of roles and titles."""
    routes = Router()
    add_collection(routes, ROLES, framework)
    add_collection(routes, TITLES, framework)

    def requirements(request: Request) -> Response:
        role: Role = find(request, ROLES)
        return listing(request, role.requirements, REQUIREMENT_FILTERS, Requirement)

    def steps(request: Request) -> Response:
        found, role = framework_of(request), find(request, ROLES)
        pairs = [("in", step) for step in found.steps_to(role)]
        pairs += [("on", step) for step in found.steps_from(role)]
        return listing(request, pairs, (STEP_SIDE, STEP_KIND), Step, lambda pair: pair[1])

    def titles(request: Request) -> Response:
        role: Role = find(request, ROLES)
        return listing(request, role.titles, (STATUS,), TitleMeaning)

    add_list(
        routes,
        ROLES,
        "requirements",
        requirements,
        Requirement,
        name="list_role_requirements",
        summary="List what a role asks for",
        about="Skills, values, experience, qualifications and registrations, and what is stated not to be needed.",
        framework=framework,
        filters=REQUIREMENT_FILTERS,
    )
    add_list(
        routes,
        ROLES,
        "steps",
        steps,
        Step,
        name="list_role_steps",
        summary="List the steps into and on from a role",
        about="Each step with its kind, its conditions and how long it takes.",
        framework=framework,
        filters=(STEP_SIDE, STEP_KIND),
    )
    add_list(
        routes,
        ROLES,
        "titles",
        titles,
        TitleMeaning,
        name="list_role_titles",
        summary="List the job titles that mean a role",
        about="Each title meaning with its source; some hold only with one kind of employer.",
        framework=framework,
        filters=(STATUS,),
    )
    return routes
