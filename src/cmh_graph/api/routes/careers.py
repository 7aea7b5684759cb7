"""Bands and other vocabularies, ways in, steps, positions and pathways, registers and professions."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from cmh_graph.api.collections import ThingCollection, add_collection, add_list, find
from cmh_graph.api.described import Router
from cmh_graph.api.filters import STATUS, concept, flag, link
from cmh_graph.api.lists import listing
from cmh_graph.api.representations import framework_of
from cmh_graph.api.routes.roles import ROLE_FILTERS, RoleRow, role_row
from cmh_graph.framework import Framework
from cmh_graph.model import (
    AhpDomain,
    Band,
    JobProfile,
    Pathway,
    PayEquivalent,
    Position,
    Profession,
    Ref,
    Register,
    Route,
    Step,
    Vocabulary,
)

BANDS = ThingCollection(
    path="bands",
    kind="band",
    model=Band,
    tag="bands",
    about="NHS Agenda for Change pay bands. Pay points are of one year and before any London supplement.",
    filters=(
        flag("closed", "whether it takes no new staff", lambda band: band.closed_on is not None),
        STATUS,
    ),
)
JOB_PROFILES = ThingCollection(
    path="job-profiles",
    kind="job-profile",
    model=JobProfile,
    tag="bands",
    about="National job evaluation profiles and the bands they sit at.",
    filters=(concept("band", "band", "pay band", lambda profile: profile.bands), STATUS),
)
PAY_EQUIVALENTS = ThingCollection(
    path="pay-equivalents",
    kind="pay-equivalent",
    model=PayEquivalent,
    tag="bands",
    about="Levels of pay outside the NHS; a rough guide, never a way to derive a band.",
    filters=(
        concept("employer_type", "employer-type", "kind of employer", lambda found: found.employer_types),
        STATUS,
    ),
)
AHP_DOMAINS = ThingCollection(
    path="ahp-domains",
    kind="ahp-domain",
    model=AhpDomain,
    tag="vocabularies",
    about="Domains of the allied health support worker framework, and the headings within them.",
    filters=(
        link("within", "ahp-domain", "key of a domain", lambda found: found.within and found.within.key),
        STATUS,
    ),
)
VOCABULARIES = ThingCollection(
    path="vocabularies",
    kind="vocab",
    model=Vocabulary,
    tag="vocabularies",
    about="Closed schemes (levels, families, settings, statuses) with the meaning of each concept.",
)
ENTRY_ROUTES = ThingCollection(
    path="entry-routes",
    kind="route",
    model=Route,
    tag="careers",
    about="Ways in and on: volunteering, an apprenticeship, promotion. Durations are in months.",
    filters=(
        flag("training", "whether it is training", lambda route: route.is_training),
        link("wider", "route", "key of a wider route", lambda route: [ref.key for ref in route.wider_routes]),
        STATUS,
    ),
)
STEPS = ThingCollection(
    path="steps",
    kind="step",
    model=Step,
    tag="careers",
    about="Moves from one position to another, with what they need and how long they take.",
    filters=(
        link("from", "role", "key of the role it leaves", lambda step: _role_key(step.from_position)),
        link("to", "role", "key of the role it reaches", lambda step: _role_key(step.to_position)),
        concept("kind", "step-kind", "kind of step", lambda step: step.step_kind),
        link("entry_route", "route", "key of a route", lambda step: [ref.key for ref in step.via_routes]),
        link("pathway", "pathway", "key of a pathway", lambda step: [ref.key for ref in step.pathways]),
        link(
            "offered_by",
            "organisation",
            "key of an organisation that offers it",
            lambda step: [ref.key for ref in step.offered_by],
        ),
        STATUS,
    ),
)
POSITIONS = ThingCollection(
    path="positions",
    kind="position",
    model=Position,
    tag="careers",
    about="Places outside the catalogue's roles where people stand before, between or after them.",
    filters=(
        flag("registered", "whether it is a registered position", lambda found: found.is_registered),
        STATUS,
    ),
)
PATHWAYS = ThingCollection(
    path="pathways",
    kind="pathway",
    model=Pathway,
    tag="careers",
    about="Known career lines, as their steps in order.",
    filters=(link("role", "role", "key of a role it passes", lambda pathway: _roles_on(pathway)), STATUS),
)
REGISTERS = ThingCollection(
    path="registers",
    kind="register",
    model=Register,
    tag="registers",
    about="Statutory regulators, accredited registers (voluntary), and the body that oversees them.",
    filters=(concept("kind", "register-kind", "kind of register", lambda found: found.register_kind), STATUS),
)
PROFESSIONS = ThingCollection(
    path="professions",
    kind="profession",
    model=Profession,
    tag="registers",
    about="The allied health professions and the apprenticeship ladder to each; the ladders are inferred.",
    filters=(
        link("register", "register", "key of a register", lambda found: [ref.key for ref in found.registers]),
        STATUS,
    ),
)


def _role_key(ref: Ref) -> str | None:
    return ref.key if ref.kind == "role" else None


def _roles_on(pathway: Pathway) -> set[str]:
    ends = [end for stage in pathway.stages for end in (stage.step.from_position, stage.step.to_position)]
    return {end.key for end in ends if end.kind == "role"}


def router(framework: Framework) -> APIRouter:
    """The addresses of scales and of careers."""
    routes = Router()
    for collection in (
        BANDS,
        JOB_PROFILES,
        PAY_EQUIVALENTS,
        AHP_DOMAINS,
        VOCABULARIES,
        ENTRY_ROUTES,
        STEPS,
        POSITIONS,
        PATHWAYS,
        REGISTERS,
        PROFESSIONS,
    ):
        add_collection(routes, collection, framework)

    def band_roles(request: Request) -> Response:
        band = find(request, BANDS)
        roles = [role for role in framework_of(request).roles.values() if band.key in role.bands]
        return listing(request, roles, ROLE_FILTERS, RoleRow, role_row)

    def route_roles(request: Request) -> Response:
        route = find(request, ENTRY_ROUTES)
        roles = [
            role
            for role in framework_of(request).roles.values()
            if any(way.key == route.key for way in role.entered_by)
        ]
        return listing(request, roles, ROLE_FILTERS, RoleRow, role_row)

    add_list(
        routes,
        BANDS,
        "roles",
        band_roles,
        RoleRow,
        name="list_band_roles",
        summary="List the roles given a band",
        about="Roles that anyone has placed at this band. A band says nothing of registration.",
        framework=framework,
        filters=ROLE_FILTERS,
    )
    add_list(
        routes,
        ENTRY_ROUTES,
        "roles",
        route_roles,
        RoleRow,
        name="list_entry_route_roles",
        summary="List the roles entered by a route",
        about="Roles that people can come into this way.",
        framework=framework,
        filters=ROLE_FILTERS,
    )
    return routes
