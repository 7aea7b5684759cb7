"""Employers, case studies, resources, audiences, evidence, remarks and sources."""

from __future__ import annotations

from fastapi import APIRouter

from cmh_graph.api.collections import ThingCollection, add_collection
from cmh_graph.api.described import Router
from cmh_graph.api.filters import STATUS, Filter, concept, flag, link
from cmh_graph.framework import Framework
from cmh_graph.model import (
    Audience,
    CareersFramework,
    CaseStudy,
    Evidence,
    Organisation,
    Remark,
    Resource,
    Scheme,
    Source,
    Theme,
    UserTask,
)

EMPLOYERS = ThingCollection(
    path="employers",
    kind="organisation",
    model=Organisation,
    tag="employers",
    about="Employers and other bodies, and how each uses the framework. What is planned is not done.",
    filters=(
        concept("employer_type", "employer-type", "kind of employer", lambda found: found.employer_type),
        concept("relation", "use-state", "relation to the framework", lambda found: found.relation),
        concept(
            "use", "use-state", "state of a use it makes", lambda found: [use.state for use in found.uses]
        ),
        STATUS,
    ),
)
CASE_STUDIES = ThingCollection(
    path="case-studies",
    kind="case-study",
    model=CaseStudy,
    tag="employers",
    about="What an employer did or plans, and what it hoped for.",
    filters=(
        link("employer", "organisation", "key of an employer", lambda found: found.organisation.key),
        link("theme", "theme", "key of a theme", lambda found: [ref.key for ref in found.themes]),
        concept("state", "use-state", "planned or done", lambda found: found.state),
        STATUS,
    ),
)
RESOURCES = ThingCollection(
    path="resources",
    kind="resource",
    model=Resource,
    tag="resources",
    about="Guides, platforms, frameworks and reports: for whom, and for which roles.",
    filters=(
        link(
            "audience", "audience", "key of an audience", lambda found: [ref.key for ref in found.audiences]
        ),
        link("theme", "theme", "key of a theme", lambda found: [ref.key for ref in found.themes]),
        link("role", "role", "key of a role it serves", lambda found: [ref.key for ref in found.roles]),
        flag("planning", "whether it supports planning", lambda found: found.supports_planning),
        STATUS,
    ),
)
AUDIENCES = ThingCollection(
    path="audiences",
    kind="audience",
    model=Audience,
    tag="resources",
    about="Groups of people the framework is for.",
    filters=(STATUS,),
)
THEMES = ThingCollection(
    path="themes",
    kind="theme",
    model=Theme,
    tag="resources",
    about="Themes of recruitment and retention.",
    filters=(STATUS,),
)
USER_TASKS = ThingCollection(
    path="user-tasks",
    kind="user-task",
    model=UserTask,
    tag="resources",
    about="What each kind of user comes to do.",
    filters=(
        link(
            "audience", "audience", "key of an audience", lambda found: [ref.key for ref in found.audiences]
        ),
        STATUS,
    ),
)
EVIDENCE = ThingCollection(
    path="evidence",
    kind="evidence",
    model=Evidence,
    tag="evidence",
    about="Findings with their figures: value, unit, population, date and source.",
    filters=(STATUS,),
)
REMARKS = ThingCollection(
    path="remarks",
    kind="remark",
    model=Remark,
    tag="evidence",
    about="Doubts, rules, facts and problems to be shown with what they are about.",
    filters=(
        concept("kind", "remark-kind", "kind of remark", lambda remark: remark.remark_kind),
        Filter(
            "about",
            "key of what it is about",
            lambda remark, value: any(ref.key == value for ref in remark.about),
            lambda framework: sorted({ref.key for each in framework.remarks.values() for ref in each.about}),
            closed=False,
        ),
        STATUS,
    ),
)
SOURCES = ThingCollection(
    path="sources",
    kind="source",
    model=Source,
    tag="sources",
    about="Documents and pages that facts come from, with their addresses and rights.",
    filters=(concept("kind", "status", "status of what it says", lambda source: source.source_kind),),
)
SCHEMES = ThingCollection(
    path="schemes",
    kind="scheme",
    model=Scheme,
    tag="sources",
    about="Code schemes of other bodies, pay schemes, and collections of job titles.",
    filters=(STATUS,),
)
FRAMEWORKS = ThingCollection(
    path="frameworks",
    kind="framework",
    model=CareersFramework,
    tag="sources",
    about="The careers and skills framework that this graph follows, and who owns it.",
    filters=(STATUS,),
)


def router(framework: Framework) -> APIRouter:
    """The addresses of everything around roles and skills."""
    routes = Router()
    for collection in (
        EMPLOYERS,
        CASE_STUDIES,
        RESOURCES,
        AUDIENCES,
        THEMES,
        USER_TASKS,
        EVIDENCE,
        REMARKS,
        SOURCES,
        SCHEMES,
        FRAMEWORKS,
    ):
        add_collection(routes, collection, framework)
    return routes
