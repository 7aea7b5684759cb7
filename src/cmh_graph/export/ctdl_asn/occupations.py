"""Roles as occupations with the competencies that they ask for (CTDL)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from cmh_graph.export.ctdl_asn.competencies import SKILLS
from cmh_graph.export.ctdl_asn.sayings import all_english, comment, english, node
from cmh_graph.model import Match, Requirement, Role, Skill, SkillLevel, Value
from cmh_graph.namespaces import PREFIXES, key_of
from cmh_graph.reading import Catalogue


def occupation_nodes(catalogue: Catalogue) -> list[dict[str, Any]]:
    """An occupation for each role, by key; a grouping is one too, because other things refer to it."""
    return [
        _occupation(catalogue, role) for role in sorted(catalogue.roles.values(), key=lambda one: one.key)
    ]


def _occupation(catalogue: Catalogue, role: Role) -> dict[str, Any]:
    note = comment(role.says, role.notes)
    titles = {one.title.label for one in role.titles if not one.employer_types} - {role.label}
    classes = {"family": role.family, "framework-level": role.level, "clinical": role.clinical_contact}
    return node(
        "ceterms:Occupation",
        role.iri,
        ceterms__name=english(role.label),
        ceterms__alternateName=all_english(sorted(titles, key=lambda one: (one.casefold(), one))),
        ceterms__description=english(role.definition or role.label),
        ceterms__subjectWebpage=role.iri,
        ceterms__codedNotation=role.key,
        ceterms__classification=[PREFIXES[scale] + key for scale, key in classes.items() if key],
        ceterms__isSpecializationOf=[PREFIXES["role"] + role.rolls_up_to.key] if role.rolls_up_to else [],
        ceterms__occupationType=[_code(catalogue, one) for one in role.matches if one.target],
        ceterms__targetCompetency=list(_competencies(catalogue, role)),
        ceterms__requires=_conditions(role),
        ceasn__comment=english(note) if note else {},
    )


def _code(catalogue: Catalogue, match: Match) -> dict[str, Any]:
    """A code of another scheme, named by its row of a mapping set; alignmentType is the SKOS relation."""
    scheme = catalogue.schemes.get(match.scheme) if match.scheme else None
    found: dict[str, Any] = {
        "@type": "ceterms:CredentialAlignmentObject",
        "@id": match.iri,
        "ceterms:alignmentType": match.relation,
        "ceterms:targetNode": match.target,
        "ceterms:codedNotation": key_of(match.target or ""),
    }
    if match.target_label:
        found["ceterms:targetNodeName"] = english(match.target_label)
    if scheme is not None:
        found["ceterms:framework"] = scheme.iri
        found["ceterms:frameworkName"] = english(scheme.label)
    return found


def _competencies(catalogue: Catalogue, role: Role) -> Iterable[dict[str, Any]]:
    """Skills at the level asked for, and values, each named by its requirement, in words how firmly."""
    for need in role.requirements:
        if need.asks_for is None or need.kind not in {"skill", "value"}:
            continue
        term: Skill | SkillLevel | Value | None
        if need.kind == "skill":
            skill = catalogue.skills.get(need.asks_for.key)
            levels = skill.levels if skill else ()
            term = next((one for one in levels if str(one.key) == need.skill_level), skill)
            framework = SKILLS
        else:
            term = value = catalogue.values.get(need.asks_for.key)
            framework = PREFIXES["value-set"] + value.sets[0].key if value and value.sets else ""
        if term is None:
            continue
        found = {
            "@type": "ceterms:CredentialAlignmentObject",
            "@id": need.iri,
            "ceterms:framework": framework,
            "ceterms:targetNode": term.iri,
            "ceterms:targetNodeName": english(term.label),
            "ceterms:targetNodeDescription": english(_firmness(need)) if need.necessity else None,
        }
        yield {property: value for property, value in found.items() if value}


def _firmness(need: Requirement) -> str:
    words = (need.necessity or "").replace("-", " ").capitalize()
    mark = " (inferred)" if "necessity" in need.says.inferred_fields else ""
    return f"{words}{mark}. Status: {need.says.status}."


def _conditions(role: Role) -> list[dict[str, Any]]:
    """What else is essential: qualifications and experience; and each group of which one is enough."""
    essential = [one for one in role.requirements if one.necessity == "essential"]
    qualifications, experience = _names(essential, "qualification"), _names(essential, "experience")
    found: list[dict[str, Any]] = []
    if qualifications or experience:
        profile = _profile("Essential")
        if qualifications:
            profile["ceterms:condition"] = all_english(qualifications)
        if experience:
            profile["ceterms:experience"] = english("; ".join(experience))
        found.append(profile)
    for need in essential:
        members = [_profile(one.asks_for.label) for one in need.any_of if one.asks_for is not None]
        if members:
            found.append(_profile("Any one of these") | {"ceterms:alternativeCondition": members})
    return found


def _profile(name: str) -> dict[str, Any]:
    return {"@type": "ceterms:ConditionProfile", "ceterms:name": english(name)}


def _names(needs: Sequence[Requirement], kind: str) -> list[str]:
    """What some needs of a kind ask for, with a mark on what we inferred."""
    return [
        f"{one.asks_for.label} (inferred)" if one.says.is_inferred else one.asks_for.label
        for one in needs
        if one.asks_for is not None and one.asks_for.kind == kind
    ]
