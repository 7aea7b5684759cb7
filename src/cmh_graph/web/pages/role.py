"""The page of a role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from cmh_graph.framework import Framework
from cmh_graph.model import Key, Requirement, Role, Says
from cmh_graph.pictures.ways import ways_in_and_on
from cmh_graph.web.pages.sourced import sources_of
from cmh_graph.web.site import inline
from cmh_graph.web.wording import labels_of

#: Necessity -> its heading, in the order of a person specification.
_NECESSITIES: Final = {
    "essential": "Essential",
    "desirable": "Desirable",
    "gained-in-post": "Learned in the post",
}
_KINDS: Final = {
    "skill": "Skills",
    "value": "Values",
    "experience": "Experience",
    "qualification": "Qualifications",
    "registration": "Registration",
}
_RELATIONS: Final = {
    "exactMatch": "the same",
    "closeMatch": "nearly the same",
    "broadMatch": "wider there",
    "narrowMatch": "narrower there",
    "relatedMatch": "related",
}


def role_page(framework: Framework, role: Role) -> dict[str, Any]:
    """What role.html shows."""
    picture = ways_in_and_on(framework, role)
    return {
        "section": "/roles",
        "crumbs": [{"text": "Home", "href": "/"}, {"text": "Roles", "href": "/roles"}],
        "title": role.label,
        "caption": " ".join(labels_of(framework, "family", [role.family] if role.family else [])) or "Role",
        "role": role,
        "no_qualification": _no_qualification(role),
        "facts": list(_facts(framework, role)),
        "needs": list(_needs(framework, role)),
        "judged": any(one.says.inferred_fields for one in role.requirements),
        "picture": inline(picture.markup("ways-")) if picture else "",
        "steps_in": [
            {"place": one.from_position, "says": one.says}
            for one in sorted(framework.steps_to(role), key=lambda one: one.from_position.label.casefold())
        ],
        "steps_on": [
            {"place": one.to_position, "says": one.says}
            for one in sorted(framework.steps_from(role), key=lambda one: one.to_position.label.casefold())
        ],
        "titles": sorted(role.titles, key=lambda one: one.title.label.casefold()),
        "codes": list(_codes(framework, role)),
        "papers": _papers(role),
        "source_list": sources_of(framework, _said(role)),
    }


def _no_qualification(role: Role) -> Says | None:
    """Who says that no qualification is asked for; None if nobody says it."""
    for need in role.requirements:
        if need.kind == "none-required" and need.asks_for and need.asks_for.kind == "qualification":
            return need.says
    return None


def _facts(framework: Framework, role: Role) -> Iterator[dict[str, Any]]:
    def fact(name: str, values: list[dict[str, Any]]) -> dict[str, Any]:
        return {"name": name, "said": values}

    def said(text: str, says: Says | None, field: str = "", address: str = "") -> dict[str, Any]:
        return {"text": text, "says": says, "field": field, "address": address}

    if role.is_paid is False:
        yield fact("Pay", [said("Unpaid", role.says, "is_paid")])
    bands = []
    for given in role.band_assignments:
        names = " to ".join(framework.band(one).label for one in (given.bands[:1] + given.bands[1:][-1:]))
        by = f", as given by {given.assigned_by.label}" if given.assigned_by else ""
        address = f"/vocab/band/{given.bands[0]}" if len(given.bands) == 1 else ""
        bands.append(said(names + by, given.says, "bands", address))
    if bands:
        yield fact("Pay band", bands)
    for name, scheme, key, field in (
        ("Level in the framework", "framework-level", role.level, "level"),
        ("Contact with people who use services", "clinical", role.clinical_contact, "clinical_contact"),
    ):
        if key:
            yield fact(name, [said(labels_of(framework, scheme, [key])[0], role.says, field)])
    for name, scheme, attribute in (
        ("Settings", "setting", "settings"),
        ("Kinds of employer", "employer-type", "employer_types"),
    ):
        values = [
            said(", ".join(labels_of(framework, scheme, keys)), placement.says, attribute)
            for placement in role.placements
            if (keys := getattr(placement, attribute))
        ]
        if values:
            yield fact(name, values)
    legal = [
        said(
            "Statutory registration needed: " + ", ".join(one.label for one in position.registers)
            if position.is_regulated
            else "No statutory registration needed",
            position.says,
            "is_regulated",
        )
        for position in role.regulation
    ]
    if legal:
        yield fact("Registration", legal)


def _needs(framework: Framework, role: Role) -> Iterator[dict[str, Any]]:
    for necessity, name in _NECESSITIES.items():
        asked = [one for one in role.requirements if one.necessity == necessity]
        groups = []
        for kind, heading in _KINDS.items():
            of_kind = [one for one in asked if _kind(one) == kind]
            if of_kind:
                ordered = sorted(of_kind, key=_name)
                groups.append({"name": heading, "needs": [_need(framework, one) for one in ordered]})
        if groups:
            yield {"name": name, "groups": groups}


def _kind(need: Requirement) -> str:
    return need.any_of[0].kind if need.any_of else need.kind


def _name(need: Requirement) -> str:
    first = need.any_of[0].asks_for if need.any_of else need.asks_for
    return first.label.casefold() if first else ""


def _need(framework: Framework, need: Requirement) -> dict[str, Any]:
    members = need.any_of or (need,)
    level, statements = "", []
    if need.kind == "skill" and need.asks_for is not None:
        found = next(
            (one for one in framework.skill(need.asks_for.key).levels if str(one.key) == need.skill_level),
            None,
        )
        if found is not None:
            level = found.label.rpartition(", ")[2]
            statements = list(found.i_statements)
    return {
        "links": [one.asks_for for one in members if one.asks_for is not None],
        "between": " or ",
        "level": level,
        "statements": statements,
        "says": need.says,
    }


def _codes(framework: Framework, role: Role) -> Iterator[dict[str, Any]]:
    for match in role.matches:
        scheme = framework.schemes.get(Key(match.scheme)) if match.scheme else None
        yield {
            "scheme": scheme.label if scheme else match.scheme or "",
            "relation": _RELATIONS.get(match.relation, match.relation) if match.target else "no such entry",
            "label": match.target_label or match.target or "nothing there fits",
            "address": match.target if match.target and match.target.startswith("http") else "",
            "says": match.says,
        }


def _papers(role: Role) -> list[tuple[str, str]]:
    if role.form == "grouping":
        return []
    return [
        (name, f"/v1/papers/{paper}/{role.key}?format={form}")
        for name, paper, form in (
            ("Job description and person specification (page to print)", "job-description", "html"),
            ("Job description and person specification (Word)", "job-description", "docx"),
            ("Interview pack (Word)", "interview-pack", "docx"),
            ("Skills passport (page to fill in)", "passport", "html"),
        )
    ]


def _said(role: Role) -> Iterator[Says | None]:
    yield role.says
    for need in role.requirements:
        yield need.says
        yield from (member.says for member in need.any_of)
    for statements in (role.regulation, role.placements, role.band_assignments, role.titles, role.matches):
        yield from (one.says for one in statements)
