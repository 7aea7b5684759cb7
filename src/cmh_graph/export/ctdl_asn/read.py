"""CTDL files back to the statements that they carry."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any, Final

from cmh_graph.export.ctdl_asn.sayings import read_comment, read_keywords, read_statuses, text_of
from cmh_graph.export.format import Files
from cmh_graph.export.statements import Statements, as_written, load_json
from cmh_graph.namespaces import BASE, PREFIXES
from cmh_graph.store import Triple

COMPETENCIES: Final = "ctdl-asn/competencies.jsonld"
PATHWAYS: Final = "ctdl-asn/pathways.jsonld"


def read(files: Files) -> Set[Triple]:
    """The statements in both files. Raises SourceError if one is missing or no JSON."""
    found = Statements()
    parents: dict[str, list[str]] = {}
    for name in (COMPETENCIES, PATHWAYS):
        document = load_json(files, name)
        with as_written(name):
            for one in document["@graph"]:
                parents[one["@id"]] = one.get("ceasn:isChildOf", [])
                if one["@type"] in _READERS:
                    _READERS[one["@type"]](found, one)
                if one["@type"] == "ceterms:Occupation":
                    _read_requirements(found, one, parents)
                    _read_codes(found, one)
    return found.found


def _kind(iri: str) -> str:
    return iri.removeprefix(BASE).rsplit("/", 1)[0]


def _read_framework(found: Statements, one: Mapping[str, Any]) -> None:
    iri = one["@id"]
    found.type(iri, "cmh:ValueSet" if _kind(iri) == "value-set" else "skos:ConceptScheme")
    found.text(iri, "skos:prefLabel", text_of(one.get("ceasn:name")))
    found.text(iri, "skos:definition", text_of(one.get("ceasn:description")))
    found.link(iri, "dcterms:source", *one.get("ceasn:sourceDocumentation", ()))
    _read_status(found, iri, one.get("ceasn:conceptKeyword", ()))


def _read_status(found: Statements, iri: str, keywords: Sequence[Mapping[str, str]]) -> None:
    found.link(iri, "cmh:status", *(f"status:{one}" for one in read_keywords(keywords)))


def _read_competency(found: Statements, one: Mapping[str, Any]) -> None:
    iri, kind = one["@id"], _kind(one["@id"])
    text, parents = text_of(one.get("ceasn:competencyText")), one.get("ceasn:isChildOf", ())
    found.text(iri, "skos:prefLabel", text_of(one.get("ceasn:competencyLabel")))
    found.link(iri, "dcterms:source", *one.get("ceasn:sourceDocumentation", ()))
    statuses = _read_comment(found, iri, text_of(one.get("ceasn:comment")))
    if kind == "skill-level":
        found.type(iri, "cmh:SkillLevel")
        found.link(iri, "cmh:ofSkill", *parents)
        found.link(iri, "cmh:atFrameworkLevel", *one.get("ceasn:conceptTerm", ()))
        keys = one.get("ceasn:altCodedNotation", ())
        for key, line, status in zip(keys, text.split("\n"), statuses, strict=False):
            statement = PREFIXES["i-statement"] + key
            found.link(statement, "cmh:status", f"status:{status}")
            found.link(iri, "cmh:hasIStatement", statement)
            found.type(statement, "cmh:IStatement")
            found.text(statement, "cmh:text", line)
        return
    found.text(iri, "skos:definition", text)
    found.link(iri, "skos:inScheme", *one.get("ceasn:isPartOf", ()))
    found.link(iri, "skos:broader", *parents)
    found.text(iri, "skos:altLabel", *map(text_of, one.get("ceasn:conceptKeyword", ())))
    found.link(iri, "skos:closeMatch", *one.get("ceasn:majorAlignment", ()))
    if kind in {"skill", "value", "skill-group"}:
        found.type(iri, {"skill": "cmh:Skill", "value": "cmh:Value"}.get(kind, "cmh:SkillGroup"))
    if kind == "skill-group":
        found.link(iri, "skos:topConceptOf", *one.get("ceasn:isTopChildOf", ()))


def _read_scheme(found: Statements, one: Mapping[str, Any]) -> None:
    iri = one["@id"]
    found.type(iri, "skos:ConceptScheme")
    found.text(iri, "skos:prefLabel", text_of(one.get("ceasn:name")))
    found.text(iri, "skos:definition", text_of(one.get("ceasn:description")))


def _read_concept(found: Statements, one: Mapping[str, Any]) -> None:
    iri = one["@id"]
    if _kind(iri) != "ahp-domain":
        found.type(iri, "skos:Concept")
    found.text(iri, "skos:prefLabel", text_of(one.get("skos:prefLabel")))
    found.text(iri, "skos:definition", text_of(one.get("skos:definition")))
    found.text(iri, "skos:altLabel", *map(text_of, one.get("skos:altLabel", ())))
    found.plain(iri, "skos:notation", one.get("skos:notation"))
    found.link(iri, "skos:inScheme", one.get("skos:inScheme", ""))
    found.link(iri, "skos:topConceptOf", *one.get("skos:topConceptOf", ()))
    found.link(iri, "skos:broader", *one.get("skos:broader", ()))
    found.link(iri, "dcterms:source", *one.get("ceasn:sourceDocumentation", ()))
    for note in one.get("skos:note", ()):
        _read_comment(found, iri, text_of(note))


def _read_occupation(found: Statements, one: Mapping[str, Any]) -> None:
    iri = one["@id"]
    found.type(iri, "cmh:Role")
    found.text(iri, "skos:prefLabel", text_of(one.get("ceterms:name")))
    found.text(iri, "skos:definition", text_of(one.get("ceterms:description")))
    found.link(iri, "cmh:rollsUpTo", *one.get("ceterms:isSpecializationOf", ()))
    _read_comment(found, iri, text_of(one.get("ceasn:comment")))
    for scale, property in _SCALES.items():
        found.link(iri, property, *_below(scale, one.get("ceterms:classification", ())))


def _read_requirements(
    found: Statements, one: Mapping[str, Any], parents: Mapping[str, Sequence[str]]
) -> None:
    for asked in one.get("ceterms:targetCompetency", ()):
        need, target = asked["@id"], asked["ceterms:targetNode"]
        found.link(one["@id"], "cmh:hasRequirement", need)
        if _kind(target) == "skill-level":
            found.link(need, "cmh:atSkillLevel", target)
            found.link(need, "cmh:asksFor", *parents.get(target, ()))
        else:
            found.link(need, "cmh:asksFor", target)
        found.type(need, "cmh:ValueRequirement" if _kind(target) == "value" else "cmh:SkillRequirement")
        told = _FIRMNESS.fullmatch(text_of(asked.get("ceterms:targetNodeDescription")))
        if told is not None:
            found.link(need, "cmh:necessity", f"necessity:{told[1].lower().replace(' ', '-')}")
            found.link(need, "cmh:status", f"status:{told[2]}")


def _read_codes(found: Statements, one: Mapping[str, Any]) -> None:
    for code in one.get("ceterms:occupationType", ()):
        mapping = code["@id"]
        found.type(mapping, "cmh:Mapping")
        found.type(mapping, "sssom:Mapping")
        found.link(mapping, "owl:annotatedSource", one["@id"])
        found.link(mapping, "owl:annotatedProperty", f"skos:{code['ceterms:alignmentType']}")
        found.link(mapping, "owl:annotatedTarget", code["ceterms:targetNode"])
        found.link(mapping, "sssom:object_source", code.get("ceterms:framework", ""))
        found.text(mapping, "sssom:object_label", text_of(code.get("ceterms:targetNodeName")))


_FIRMNESS: Final = re.compile(r"([A-Z][a-z ]+)(?: \(inferred\))?\. Status: ([a-z]+)\.")
_SCALES: Final = {
    "family": "cmh:family",
    "framework-level": "cmh:frameworkLevel",
    "clinical": "cmh:clinicalContact",
}


def _below(scale: str, iris: Sequence[str]) -> list[str]:
    return [one for one in iris if one.startswith(PREFIXES[scale])]


def _read_pathway(found: Statements, one: Mapping[str, Any]) -> None:
    iri = one["@id"]
    found.type(iri, "cmh:Pathway")
    found.text(iri, "skos:prefLabel", text_of(one.get("ceterms:name")))
    found.text(iri, "skos:definition", text_of(one.get("ceterms:description")))
    _read_status(found, iri, one.get("ceterms:keyword", ()))


def _read_component(found: Statements, one: Mapping[str, Any]) -> None:
    found.text(one["ceterms:proxyFor"], "skos:prefLabel", text_of(one.get("ceterms:name")))
    for condition in one.get("ceterms:hasCondition", ()):
        found.type(condition["@id"], "cmh:PathwayStage")
        for pathway in one.get("ceterms:isPartOf", ()):
            found.link(pathway, "cmh:hasStage", condition["@id"])


def _read_comment(found: Statements, iri: str, text: str) -> list[str]:
    """Status and notes of a thing; comes back with the statuses of its I statements."""
    status, lines = read_comment(text)
    statuses, notes = read_statuses(lines)
    found.link(iri, "cmh:status", f"status:{status}" if status else "")
    found.text(iri, "skos:note", *notes)
    return statuses


_READERS: Final[Mapping[str, Callable[[Statements, Mapping[str, Any]], None]]] = {
    "ceasn:CompetencyFramework": _read_framework,
    "ceasn:Competency": _read_competency,
    "skos:ConceptScheme": _read_scheme,
    "skos:Concept": _read_concept,
    "ceterms:Occupation": _read_occupation,
    "ceterms:Pathway": _read_pathway,
    "ceterms:JobComponent": _read_component,
    "ceterms:BasicComponent": _read_component,
}
