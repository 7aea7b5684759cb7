"""The page of all things of a kind, in groups where people look for them so."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

from cmh_graph.framework import Framework
from cmh_graph.model import Band, Organisation, Qualification, Role, Skill, Thing, Value
from cmh_graph.web.wording import labels_of

#: Address -> kind of thing, heading, what stands under it.
LISTINGS: Final = {
    "roles": ("role", "Roles", "The roles of community mental health work, by family."),
    "skills": ("skill", "Skills", "What roles ask people to be able to do."),
    "values": (
        "value",
        "Values",
        "What employers say they stand for. Values are for conversation, never a score.",
    ),
    "pathways": ("pathway", "Pathways", "Known career lines, step by step."),
    "qualifications": (
        "qualification",
        "Qualifications",
        "Qualifications, apprenticeships and registrations.",
    ),
    "bands": ("band", "Pay bands", "NHS pay bands. A band says what is paid, not what is asked for."),
    "organisations": ("organisation", "Employers and bodies", "Who employs, registers and publishes."),
    "resources": ("resource", "Resources", "Guides and tools of others."),
    "experiences": ("experience", "Experience", "Kinds of experience that roles ask for."),
    "routes": (
        "route",
        "Ways in",
        "Apprenticeships, volunteering, return to practice and other ways in and on.",
    ),
    "sources": ("source", "Sources", "Where the facts come from."),
}


def listing_page(framework: Framework, address: str) -> dict[str, Any]:
    """What listing.html shows. Raises KeyError for an address that is none of LISTINGS."""
    kind, heading, under = LISTINGS[address]
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for thing in framework.things(kind).values():
        for group in _groups(framework, thing):
            groups[group].append(_entry(framework, kind, thing))
    return {
        "section": f"/{address}",
        "crumbs": [{"text": "Home", "href": "/"}],
        "title": heading,
        "under": under,
        "count": len(framework.things(kind)),
        "groups": [
            {"name": name, "entries": entries}
            for name, entries in sorted(groups.items(), key=lambda pair: pair[0].casefold())
        ],
    }


def _groups(framework: Framework, thing: Thing) -> list[str]:
    if isinstance(thing, Role):
        return labels_of(framework, "family", [thing.family] if thing.family else []) or ["Other roles"]
    if isinstance(thing, Skill):
        return [thing.group.label] if thing.group else ["Other skills"]
    if isinstance(thing, Value):
        return [one.label for one in thing.sets] or ["Other values"]
    if isinstance(thing, Qualification):
        return labels_of(framework, "qualification-kind", [thing.qualification_kind])
    if isinstance(thing, Organisation):
        return labels_of(
            framework, "employer-type", [thing.employer_type] if thing.employer_type else []
        ) or ["Other bodies"]
    return [""]


def _entry(framework: Framework, kind: str, thing: Thing) -> dict[str, Any]:
    note = ""
    if isinstance(thing, Role):
        if thing.is_paid is False:
            note = "unpaid"
        elif thing.bands:
            names = [framework.band(key).label for key in (thing.bands[:1] + thing.bands[1:][-1:])]
            note = " to ".join(names)
    path = f"/vocab/band/{thing.key}" if isinstance(thing, Band) else f"/{kind}/{thing.key}"
    return {"text": thing.label, "address": path, "note": note, "says": thing.says}
