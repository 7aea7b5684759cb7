"""A role as a schema.org Occupation."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, Final

from cmh_graph.export.scheme_labels import scheme_labels
from cmh_graph.model import Band, Key, Match, Qualification, Ref, Requirement, Role
from cmh_graph.namespaces import PREFIXES, key_of
from cmh_graph.reading import Catalogue

CONTEXT: Final = "https://schema.org"
#: Relations under which a code of another scheme holds all of a role.
_WITHIN: Final = frozenset({"exactMatch", "closeMatch", "broadMatch"})
#: Schemes of occupations; NHS system codes and Wikidata are none.
_SCHEMES: Final = frozenset({"soc2020", "isco", "esco", "onet"})
_ASKED: Final = frozenset({"essential", "desirable"})
_SKILLS: Final = PREFIXES["vocab"] + "skills"
INFERRED: Final = "Inferred by the framework and not confirmed by its owner."
_PARTLY: Final = "Some of what is asked for is inferred by the framework and not confirmed by its owner."


def occupation(catalogue: Catalogue, role: Role) -> dict[str, Any]:
    """A role of the catalogue as JSON-LD with its @context, fit to stand in a page about it.

    Skills are at the level asked for, essential and desirable ones alike: schema.org cannot tell them apart. Where
    any one of several things is enough, a sentence says so. Months of experience stand only where they are stated."""
    needs = [one for one in role.requirements if one.necessity in _ASKED or one.kind == "none-required"]
    found: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "Occupation",
        "@id": role.iri,
        "identifier": role.key,
        "name": role.label,
        "alternateName": _titles(role),
        "description": role.definition,
        "disambiguatingDescription": _doubt(role, needs),
        "url": role.iri,
        "occupationalCategory": [_category(catalogue, one) for one in role.matches if _is_category(one)],
        "occupationLocation": _locations(catalogue, role),
        "skills": _skills(catalogue, needs),
        "experienceRequirements": _experience(catalogue, needs),
        "educationRequirements": _qualifications(catalogue, needs, education=True),
        "qualifications": _qualifications(catalogue, needs, education=False),
        "estimatedSalary": [
            amount
            for key in role.bands
            if (band := catalogue.bands.get(Key(key))) and (amount := _salary(band)) is not None
        ],
    }
    return {name: value for name, value in found.items() if value}


def occupation_script(catalogue: Catalogue, role: Role) -> str:
    """The same as JSON text that can stand in a script element of a page: nothing in it can end the element."""
    text = json.dumps(occupation(catalogue, role), ensure_ascii=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _doubt(role: Role, needs: Iterable[Requirement]) -> str:
    """That the role, or something asked for, is our own judgement; schema.org has no place beside each."""
    if role.says and role.says.is_inferred:
        return INFERRED
    return _PARTLY if any(one.says.is_inferred for one in needs) else ""


def _titles(role: Role) -> list[str]:
    """Job titles that mean the role with every kind of employer."""
    titles = {one.title.label for one in role.titles if not one.employer_types}
    return sorted(titles - {role.label}, key=lambda one: (one.casefold(), one))


def _is_category(match: Match) -> bool:
    return match.target is not None and match.scheme in _SCHEMES and match.relation in _WITHIN


def _category(catalogue: Catalogue, match: Match) -> dict[str, Any]:
    assert match.target is not None and match.scheme is not None
    scheme = catalogue.schemes.get(match.scheme)
    code = key_of(match.target)
    # The identifiers of ISCO groups in ESCO begin with a letter that is not part of the code; SOC writes a stroke.
    code = code.removeprefix("C") if match.scheme == "isco" else code
    code = code.replace("-", "/") if match.scheme == "soc2020" else code
    found = {
        "@type": "CategoryCode",
        "@id": match.target,
        "name": match.target_label,
        "codeValue": code,
        "inCodeSet": {"@type": "CategoryCodeSet", "@id": scheme.iri, "name": scheme.label}
        if scheme
        else None,
    }
    return {name: value for name, value in found.items() if value}


def _locations(catalogue: Catalogue, role: Role) -> list[dict[str, Any]]:
    """The countries that the description holds for: those of the role's legal position."""
    countries = scheme_labels(catalogue, "country")
    keys = sorted({str(key) for one in role.regulation for key in one.applies_in})
    return [
        {"@type": "AdministrativeArea", "@id": PREFIXES["country"] + key, "name": countries.get(key, key)}
        for key in keys
    ]


def _skills(catalogue: Catalogue, needs: Iterable[Requirement]) -> list[dict[str, Any]]:
    """Skills at their level, and values: schema.org means any competency that is asked for."""
    found: dict[str, dict[str, Any]] = {}
    for need in needs:
        if need.kind == "skill" and need.asks_for is not None:
            skill = catalogue.skills.get(need.asks_for.key)
            levels = skill.levels if skill else ()
            level = next((one for one in levels if str(one.key) == need.skill_level), None)
            term = level or skill
            if term is None:
                continue
            found[term.iri] = defined_term(term.iri, term.label, [] if level else [_SKILLS])
        elif need.kind == "value" and need.asks_for is not None:
            value = catalogue.values.get(need.asks_for.key)
            if value is not None:
                found[value.iri] = defined_term(value.iri, value.label, iris(value.sets))
    return sorted(found.values(), key=lambda one: (str(one["name"]).casefold(), str(one["@id"])))


def defined_term(iri: str, name: str, sets: Iterable[str]) -> dict[str, Any]:
    """A term with its key as code. A skill at a level is in no set itself; its skill is."""
    within = [{"@id": one} for one in sets]
    found = {"@type": "DefinedTerm", "@id": iri, "name": name, "termCode": key_of(iri)}
    return found | ({"inDefinedTermSet": within} if within else {})


def iris(refs: Iterable[Ref]) -> list[str]:
    """The IRIs of some links."""
    return [PREFIXES[one.kind] + one.key for one in refs]


def _experience(catalogue: Catalogue, needs: Iterable[Requirement]) -> list[Any]:
    found: list[Any] = []
    for need in needs:
        if need.kind == "any-of":
            if text := _any_of(need, "experience"):
                found.append(text)
        elif need.asks_for is not None and need.asks_for.kind == "experience":
            experience = catalogue.experiences.get(need.asks_for.key)
            if experience is None:
                continue
            one: dict[str, Any] = {
                "@type": "OccupationalExperienceRequirements",
                "@id": experience.iri,
                "name": experience.label,
            }
            if experience.definition:
                one["description"] = experience.definition
            if need.kind == "none-required":
                one["monthsOfExperience"] = 0
            found.append(one)
    return found


def _qualifications(catalogue: Catalogue, needs: Iterable[Requirement], *, education: bool) -> list[Any]:
    """Those with an education level if education, otherwise the others: checks, courses, registrations."""
    found: list[Any] = []
    for need in needs:
        if need.kind == "any-of":
            text = _any_of(need, "qualification")
            if text and education:
                found.append(text)
        elif need.asks_for is not None and need.asks_for.kind == "qualification":
            qualification = catalogue.qualifications.get(need.asks_for.key)
            if qualification is None:
                continue
            if need.kind == "none-required":
                found += [qualification.label] if education else []
            elif bool(qualification.education_levels) == education:
                found.append(_credential(catalogue, qualification))
    return found


def _any_of(need: Requirement, kind: str) -> str:
    """A sentence for a group of which one is enough; mixed groups are told with the qualifications."""
    members = [one.asks_for for one in need.any_of if one.asks_for is not None]
    group = "experience" if members and all(one.kind == "experience" for one in members) else "qualification"
    return "Any one of these: " + "; ".join(one.label for one in members) if members and group == kind else ""


def _credential(catalogue: Catalogue, qualification: Qualification) -> dict[str, Any]:
    kinds = scheme_labels(catalogue, "qualification-kind")
    found: dict[str, Any] = {
        "@type": "EducationalOccupationalCredential",
        "@id": qualification.iri,
        "name": qualification.label,
        "description": qualification.definition,
        "credentialCategory": kinds.get(qualification.qualification_kind, qualification.qualification_kind),
        "educationalLevel": [f"RQF level {key}" for key in qualification.education_levels],
        "recognizedBy": [
            {"@type": "Organization", "@id": iri, "name": one.label}
            for one, iri in zip(qualification.registers, iris(qualification.registers), strict=True)
        ],
    }
    return {name: value for name, value in found.items() if value}


_YEAR: Final = re.compile(r"\d{4}")


def _salary(band: Band) -> dict[str, Any] | None:
    """What a band pays from its lowest to its highest point, in its latest pay year; None if that is not known."""
    dated = [one for one in band.pay_points if _YEAR.match(one.pay_year) and one.amounts_gbp]
    if not dated:
        return None
    latest = max(dated, key=lambda one: one.pay_year)
    points = ", ".join(f"£{one:,}" for one in latest.amounts_gbp)
    return {
        "@type": "MonetaryAmount",
        "@id": latest.iri,
        "name": f"NHS Agenda for Change {band.label.lower()}, pay year {latest.pay_year}",
        "description": f"Pay points of {latest.pay_year}: {points}. London supplements come on top.",
        "currency": "GBP",
        "value": {
            "@type": "QuantitativeValue",
            "minValue": min(latest.amounts_gbp),
            "maxValue": max(latest.amounts_gbp),
            "unitText": "YEAR",
        },
    }
