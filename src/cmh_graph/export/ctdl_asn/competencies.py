"""Skills, skills at a level and values as competencies of frameworks; closed scales as concept schemes (CTDL-ASN)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from cmh_graph.export.ctdl_asn.sayings import (
    LANGUAGE,
    all_english,
    comment,
    english,
    node,
    sources,
    status_keyword,
    statuses_line,
)
from cmh_graph.export.edition import ONTOLOGY, Edition
from cmh_graph.export.scheme_labels import scheme_of
from cmh_graph.model import Concept, Ref, Skill, SkillLevel, Thing
from cmh_graph.namespaces import BASE, PREFIXES

SKILLS: Final = PREFIXES["vocab"] + "skills"
_PUBLISHED: Final = "http://credreg.net/ctdlasn/vocabs/publicationStatus/Published"


def competency_nodes(edition: Edition) -> list[dict[str, Any]]:
    """Every framework with its competencies, then every concept scheme with its concepts."""
    return [
        *_skill_framework(edition),
        *_value_frameworks(edition),
        *_schemes(edition),
    ]


def _iris(refs: Iterable[Ref]) -> list[str]:
    return [PREFIXES[one.kind] + one.key for one in refs]


def _framework(edition: Edition, thing: Thing, tops: Sequence[str]) -> dict[str, Any]:
    return node(
        "ceasn:CompetencyFramework",
        thing.iri,
        ceasn__name=english(thing.label),
        ceasn__description=english(thing.definition or thing.label),
        ceasn__hasTopChild=list(tops),
        ceasn__conceptKeyword=status_keyword(thing.says),
        ceasn__sourceDocumentation=sources(thing.says),
        **_published(edition),
    )


def _published(edition: Edition) -> dict[str, Any]:
    """What is the same for all that we publish; dates are the ontology's own."""
    header = {name: edition.text(ONTOLOGY, PREFIXES["dcterms"] + name) for name in ("created", "publisher")}
    licence = edition.objects(ONTOLOGY, PREFIXES["dcterms"] + "license")
    return {
        "ceasn__dateCreated": header["created"] or edition.issued,
        "ceasn__dateModified": edition.issued,
        "ceasn__inLanguage": [LANGUAGE],
        "ceasn__license": getattr(licence[0], "value", "") if licence else "",
        "ceasn__publicationStatusType": [_PUBLISHED],
        "ceasn__publisherName": all_english([header["publisher"]] if header["publisher"] else []),
        "ceasn__source": [BASE + "ns"],
    }


def _competency(
    thing: Thing, category: str, text: str, frameworks: Sequence[str], further: str = "", **said: Any
) -> dict[str, Any]:
    note = comment(thing.says, [*thing.notes, *([further] if further else [])])
    return node(
        "ceasn:Competency",
        thing.iri,
        ceasn__competencyLabel=english(thing.label),
        ceasn__competencyText=english(text),
        ceasn__competencyCategory=all_english([category]),
        ceasn__codedNotation=thing.key,
        ceasn__inLanguage=[LANGUAGE],
        ceasn__isPartOf=list(frameworks),
        ceasn__comment=english(note) if note else {},
        ceasn__sourceDocumentation=sources(thing.says),
        **said,
    )


def _skill_framework(edition: Edition) -> Iterable[dict[str, Any]]:
    """Groups above, skills below them, levels below those; a skill without a group is at the top."""
    catalogue = edition.catalogue
    skills = sorted(catalogue.skills.values(), key=lambda one: one.key)
    groups = sorted(catalogue.skill_groups.values(), key=lambda one: one.key)
    loose = [one.iri for one in skills if one.group is None]
    tops = [*(one.iri for one in groups), *loose]
    if tops:
        yield _framework(edition, scheme_of(catalogue, "skills"), tops)
    for group in groups:
        inside = [one.iri for one in skills if one.group is not None and one.group.key == group.key]
        yield _competency(
            group, "Skill group", group.definition or group.label, [SKILLS],
            ceasn__isTopChildOf=[SKILLS], ceasn__hasChild=inside,
        )  # fmt: skip
    for skill in skills:
        yield _skill(skill)
        for level in skill.levels:
            yield _level(level)


def _skill(skill: Skill) -> dict[str, Any]:
    return _competency(
        skill,
        "Skill",
        skill.definition or skill.label,
        [SKILLS],
        ceasn__isTopChildOf=[] if skill.group else [SKILLS],
        ceasn__isChildOf=_iris([skill.group]) if skill.group else [],
        ceasn__hasChild=[one.iri for one in skill.levels],
        ceasn__conceptKeyword=all_english(skill.alternatives),
    )


def _level(level: SkillLevel) -> dict[str, Any]:
    """Its text is its I statements, one a line, their keys beside them in the same order."""
    statements = [one for one in level.i_statements if "\n" not in one.text]
    return _competency(
        level,
        "Skill at a level",
        "\n".join(one.text for one in statements) or level.label,
        [SKILLS],
        statuses_line(statements),
        ceasn__altCodedNotation=[one.key for one in statements],
        ceasn__isChildOf=_iris([level.skill]),
        ceasn__conceptTerm=[PREFIXES["framework-level"] + level.level],
    )


def _value_frameworks(edition: Edition) -> Iterable[dict[str, Any]]:
    catalogue = edition.catalogue
    values = sorted(catalogue.values.values(), key=lambda one: one.key)
    for value_set in sorted(catalogue.value_sets.values(), key=lambda one: one.key):
        yield _framework(edition, value_set, [one.iri for one in values if value_set.iri in _iris(one.sets)])
    for value in values:
        sets = _iris(value.sets)
        yield _competency(
            value, "Value", value.definition or value.label, sets,
            ceasn__isTopChildOf=sets, ceasn__majorAlignment=_iris(value.close_to),
        )  # fmt: skip


def _schemes(edition: Edition) -> Iterable[dict[str, Any]]:
    catalogue = edition.catalogue
    for vocabulary in sorted(catalogue.vocabularies.values(), key=lambda one: one.key):
        concepts = [_concept(one, vocabulary.iri) for one in vocabulary.concepts]
        tops = [one.iri for one in vocabulary.concepts]
        if vocabulary.key == "ahp-domains":
            domains = list(catalogue.ahp_domains.values())
            concepts = [_concept(one, vocabulary.iri, one.within) for one in domains]
            tops = [one.iri for one in domains if one.within is None]
        if not concepts:
            continue
        yield node(
            "skos:ConceptScheme",
            vocabulary.iri,
            ceasn__name=english(vocabulary.label),
            ceasn__description=english(vocabulary.definition or vocabulary.label),
            skos__hasTopConcept=tops,
            **_published(edition),
        )
        yield from concepts


def _concept(thing: Thing, scheme: str, within: Ref | None = None) -> dict[str, Any]:
    note = comment(thing.says, thing.notes)
    return node(
        "skos:Concept",
        thing.iri,
        skos__prefLabel=english(thing.label),
        skos__altLabel=all_english(thing.alternatives) if isinstance(thing, Concept) else [],
        skos__definition=english(thing.definition) if thing.definition else {},
        skos__notation=(thing.notation or "") if isinstance(thing, Concept) else "",
        skos__note=all_english([note]) if note else [],
        skos__inScheme=scheme,
        skos__topConceptOf=[scheme] if isinstance(thing, Concept) else [],
        skos__broader=_iris([within]) if within else [],
        ceasn__inLanguage=[LANGUAGE],
        ceasn__sourceDocumentation=sources(thing.says),
    )
