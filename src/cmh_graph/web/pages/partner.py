"""What the pages of partners show: signing in, an organisation's graph, and a list before it is published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from cmh_graph.api.graph_store.access import Visit as GraphVisit
from cmh_graph.framework import Framework
from cmh_graph.partner_space import Entry, Version
from cmh_graph.settings import Settings
from cmh_graph.web.align.lists import ListOf
from cmh_graph.web.pages.align import employer_types
from cmh_graph.web.partner.office import PATH, seen_of
from cmh_graph.web.partner.publishing import LICENCES, Publication

_CRUMBS: Final = [{"text": "Home", "href": "/"}, {"text": "For employers", "href": "/employers"}]
_SPACE: Final = {"text": "Your organisation's graph", "href": PATH}
#: What happened -> words for people.
_DONE: Final = {
    "landed": "Published. Everything was checked, and queries see it now.",
    "removed": "Removed. The versions are kept, and each can be brought back.",
    "rolled-back": "Brought back as a new version.",
    "shown": "Changed who may read it.",
    "out": "You have signed out. A list that you sent stays until its time is over.",
}
_SHOWN: Final = {
    "private": "only you, with a token of your organisation",
    "shared": "you and the partners that you name",
    "public": "everybody, in SPARQL and at its address",
}
#: Versions and log entries on the page; the rest is at their own addresses.
_MOST_VERSIONS, _MOST_ENTRIES = 20, 20


def sign_in_values(
    settings: Settings, problem: Mapping[str, str] | None = None, done: str = ""
) -> dict[str, Any]:
    """What partner_sign_in.html shows."""
    return {
        "section": "/employers",
        "crumbs": _CRUMBS,
        "title": "Sign in with your organisation's token",
        "problem": problem,
        "done": _DONE.get(done, ""),
        "https": settings.https,
    }


def home_values(
    graph: GraphVisit,
    versions: Sequence[Version],
    entries: Sequence[Entry],
    held: ListOf,
    *,
    done: str = "",
    problem: Mapping[str, str] | None = None,
    findings: Sequence[Mapping[str, str]] = (),
    most_bytes: int,
) -> dict[str, Any]:
    """What partner.html shows. problem, findings: what kept a change from happening."""
    organisation, holder = graph.organisation, graph.writer_or_none
    return {
        "section": "/employers",
        "crumbs": _CRUMBS,
        "title": organisation.name,
        "organisation": organisation,
        "may_write": holder is not None,
        "label": graph.owner.label,
        "current": graph.current,
        "seen": seen_of(graph.current),
        "shown": _SHOWN,
        "versions": versions[:_MOST_VERSIONS],
        "more_versions": max(0, len(versions) - _MOST_VERSIONS),
        "entries": entries[-_MOST_ENTRIES:][::-1],
        "has_list": held.step == "done",
        "list_name": held.name,
        "done": _DONE.get(done, ""),
        "problem": problem,
        "findings": findings,
        "megabytes": f"{most_bytes / 1_000_000:g} MB",
    }


def publish_values(
    framework: Framework,
    graph: GraphVisit,
    held: ListOf,
    found: Publication,
    chosen: Mapping[str, str],
    *,
    problem: Mapping[str, str] | None = None,
    findings: Sequence[Mapping[str, str]] = (),
) -> dict[str, Any]:
    """What partner_publish.html shows. chosen: what the form held."""
    return {
        "section": "/employers",
        "crumbs": [*_CRUMBS, _SPACE],
        "title": "Publish your reviewed list",
        "organisation": graph.organisation,
        "current": graph.current,
        "seen": seen_of(graph.current),
        "may_write": graph.writer_or_none is not None,
        "held": held,
        "found": found,
        "types": employer_types(framework),
        "licences": LICENCES,
        "chosen": {"employer_type": held.employer_type, **chosen},
        "problem": problem,
        "findings": findings,
    }
