"""Skills, values and pay bands as schema.org DefinedTermSets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from cmh_graph.export.schema_org.occupation import INFERRED, defined_term, iris
from cmh_graph.export.scheme_labels import scheme_of
from cmh_graph.model import SkillLevel, Thing
from cmh_graph.reading import Catalogue

_MARK: Final = "(inferred)"


def term_sets(catalogue: Catalogue) -> list[dict[str, Any]]:
    """The sets, each with its terms inside: skills and their levels, each list of values, NHS pay bands."""
    skills, bands = scheme_of(catalogue, "skills"), scheme_of(catalogue, "band")
    found = [_set(skills, list(_skills(catalogue, skills.iri)))]
    for value_set in catalogue.value_sets.values():
        members = [
            _term(one, iris(one.sets)) for one in catalogue.values.values() if value_set.iri in iris(one.sets)
        ]
        found.append(_set(value_set, members))
    terms = [
        _term(one, [bands.iri], one.alternatives) | {"termCode": one.notation or one.key}
        for one in catalogue.bands.values()
    ]
    return [one for one in (*found, _set(bands, terms)) if "hasDefinedTerm" in one]


def _set(thing: Thing, members: Sequence[dict[str, Any]]) -> dict[str, Any]:
    found = {
        "@type": "DefinedTermSet",
        "@id": thing.iri,
        "name": thing.label,
        "description": thing.definition,
        "url": thing.iri,
        "inLanguage": "en",
        **_doubt(thing),
        "hasDefinedTerm": sorted(members, key=lambda one: str(one["@id"])),
    }
    return {name: value for name, value in found.items() if value}


def _skills(catalogue: Catalogue, scheme: str) -> Iterable[dict[str, Any]]:
    for skill in catalogue.skills.values():
        yield _term(skill, [scheme], skill.alternatives)
        for level in skill.levels:
            term = defined_term(level.iri, level.label, ()) | {"about": {"@id": skill.iri}}
            if level.i_statements:
                term["description"] = _statements(level)
            yield term


def _term(thing: Thing, sets: Iterable[str], alternatives: Sequence[str] = ()) -> dict[str, Any]:
    found = defined_term(thing.iri, thing.label, sets) | _doubt(thing)
    if thing.definition:
        found["description"] = thing.definition
    if alternatives:
        found["alternateName"] = list(alternatives)
    return found


def _doubt(thing: Thing) -> dict[str, Any]:
    return {"disambiguatingDescription": INFERRED} if thing.says and thing.says.is_inferred else {}


def _statements(level: SkillLevel) -> str:
    """The I statements of a level, those that we inferred marked."""
    return " ".join(
        f"“{one.text}” {_MARK}" if one.says.is_inferred else f"“{one.text}”" for one in level.i_statements
    )
