"""Open Badges 3: an achievement template for each skill at a level, and templates back to statements.

A template says what a holder would show. Nothing is issued here: there is no recipient, date, proof or credential.
Form: 1EdTech Open Badges 3.0, class Achievement; the criteria are Markdown, one line for each I statement."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set
from typing import Any, Final

from cmh_graph.export.edition import ONTOLOGY, Edition
from cmh_graph.export.format import Files, Format, Written
from cmh_graph.export.identifiers import ctid_of, uuid_of
from cmh_graph.export.scheme_labels import scheme_labels
from cmh_graph.export.statements import Statements, as_written, carried, load_json, write_json
from cmh_graph.model import IStatement, Skill, SkillLevel
from cmh_graph.namespaces import BASE, CMH, PREFIXES, key_of
from cmh_graph.reading import Catalogue
from cmh_graph.store import Triple, text_of

FILE: Final = "open-badges/achievements.json"
#: As the standard's schema wants them, in this order. Neither is fetched here.
CONTEXT: Final = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
)
#: What the IRI of a skill at a level is followed by in its template's identifier.
FRAGMENT: Final = "#achievement"
_HEADING: Final = "Someone who has this skill at this level can say:"
_INFERRED: Final = (
    "These statements are our own wording, inferred and not confirmed by the framework’s owner."
)
_STATEMENT: Final = re.compile(
    r"^- \[(?P<text>(?:\\.|[^\]\\])*)\]\((?P<iri>[^\s()]+)\) \((?P<status>[a-z]+)\)$", re.M
)
_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]()#+!<>|~&])")
_ESCAPED: Final = r"\\\1"
_SCALE: Final = "framework-level"
#: Relations of a mapping under which a template may point at the other scheme's entry.
_SAME: Final = frozenset({"exactMatch", "closeMatch"})


def achievement_id(level: str) -> str:
    """The identifier of the template for a skill at a level, from the IRI of the latter."""
    return level + FRAGMENT


def write(edition: Edition) -> Written:
    """open-badges/achievements.json: one JSON-LD document whose @graph holds the templates by identifier."""
    catalogue = edition.catalogue
    matches = _matches(edition)
    templates = [
        achievement(catalogue, level, version=edition.version, creator=_creator(edition), matches=matches)
        for skill in catalogue.skills.values()
        for level in skill.levels
    ]
    document = {"@context": [*CONTEXT], "@graph": sorted(templates, key=lambda one: str(one["id"]))}
    files = {FILE: write_json(document)}
    return Written(files, carried(edition, read(files)))


def achievement(
    catalogue: Catalogue,
    level: SkillLevel,
    *,
    version: str,
    creator: str,
    matches: Mapping[str, Iterable[tuple[str, str]]],
) -> dict[str, Any]:
    """The template for a skill at a level, without its @context.

    creator: name of who made the template, who need not be who issues. matches: IRI of a skill or of a skill at a
    level -> IRI and label of the same skill in ESCO."""
    skill = catalogue.skills[level.skill.key]
    scale = scheme_labels(catalogue, _SCALE)
    status = level.says.status if level.says else ""
    return {
        "id": achievement_id(level.iri),
        "type": ["Achievement"],
        "achievementType": "Competency",
        "name": level.label,
        "description": skill.definition or level.label,
        "criteria": {"id": level.iri, "narrative": _narrative(level.i_statements)},
        "humanCode": level.key,
        "inLanguage": "en",
        "version": version,
        "creator": {"id": BASE, "type": ["Profile"], "name": creator, "url": BASE},
        "tag": [one for one in (skill.group.label if skill.group else "", f"status: {status}") if one],
        "alignment": [
            _alignment(level.iri, level.label, "ceasn:Competency", ctid_of(level.iri)),
            _alignment(level.iri, level.label, "CFItem", uuid_of(level.iri)),
            _alignment(skill.iri, skill.label, "ceasn:Competency", ctid_of(skill.iri), skill.definition),
            _alignment(
                PREFIXES[_SCALE] + level.level,
                scale.get(level.level, level.level),
                "ext:FrameworkLevel",
                level.level,
            ),
            *_outside(level, skill, matches),
        ],
    }


def _alignment(url: str, name: str, type: str, code: str, description: str | None = None) -> dict[str, Any]:
    said = {"targetDescription": description} if description else {}
    return {
        "type": ["Alignment"],
        "targetUrl": url,
        "targetName": name,
        "targetFramework": "Community mental health roles, skills and pathways",
        "targetType": type,
        "targetCode": code,
        **said,
    }


def _outside(
    level: SkillLevel, skill: Skill, matches: Mapping[str, Iterable[tuple[str, str]]]
) -> Iterable[dict[str, Any]]:
    for thing in (level.iri, skill.iri):
        for target, label in matches.get(thing, ()):
            found = _alignment(target, label or key_of(target), "ext:EscoSkill", key_of(target))
            yield found | {"targetFramework": "ESCO"}


def _narrative(statements: Iterable[IStatement]) -> str:
    lines = [
        f"- [{_MARKDOWN.sub(_ESCAPED, ' '.join(one.text.split()))}]({one.iri}) ({one.says.status})"
        for one in statements
    ]
    inferred = any(one.says.is_inferred for one in statements)
    return "\n".join([_HEADING, "", *lines, *(["", _INFERRED] if inferred else [])])


def _creator(edition: Edition) -> str:
    return edition.text(ONTOLOGY, PREFIXES["dcterms"] + "publisher")


def _matches(edition: Edition) -> dict[str, list[tuple[str, str]]]:
    """IRI of ours -> IRI and label of what it is matched to in ESCO, exact and close matches only."""
    owl, found = PREFIXES["owl"], dict[str, list[tuple[str, str]]]()
    for mapping, said in edition.about.items():
        source, relation, target = (
            text_of(next(iter(said.get(owl + name, ())), None))
            for name in ("annotatedSource", "annotatedProperty", "annotatedTarget")
        )
        if key_of(relation) in _SAME and target.startswith("http://data.europa.eu/esco/skill/"):
            label = edition.text(mapping, PREFIXES["sssom"] + "object_label")
            found.setdefault(source, []).append((target, label))
    return found


def read(files: Files) -> Set[Triple]:
    """The statements in the templates. Raises SourceError if the file is missing or no JSON."""
    found = Statements()
    document = load_json(files, FILE)
    with as_written(FILE):
        for template in document["@graph"]:
            _read_template(found, template)
    return found.found


def _read_template(found: Statements, template: Mapping[str, Any]) -> None:
    level = template["id"].removesuffix(FRAGMENT)
    found.type(level, CMH + "SkillLevel")
    found.text(level, "skos:prefLabel", template["name"])
    for tag in template.get("tag", ()):
        if tag.startswith("status: "):
            found.link(level, "cmh:status", f"status:{tag.removeprefix('status: ')}")
    for one in template.get("alignment", ()):
        _read_alignment(found, level, one)
    for line in _STATEMENT.finditer(template["criteria"]["narrative"]):
        found.link(level, "cmh:hasIStatement", line["iri"])
        found.type(line["iri"], CMH + "IStatement")
        found.text(line["iri"], "cmh:text", re.sub(r"\\(.)", r"\1", line["text"]))
        found.link(line["iri"], "cmh:status", f"status:{line['status']}")


def _read_alignment(found: Statements, level: str, alignment: Mapping[str, str]) -> None:
    target = alignment["targetUrl"]
    if target.startswith(PREFIXES["skill"]):
        found.link(level, "cmh:ofSkill", target)
        found.type(target, CMH + "Skill")
        found.text(target, "skos:prefLabel", alignment["targetName"])
        found.text(target, "skos:definition", alignment.get("targetDescription"))
    if alignment["targetType"] == "ext:FrameworkLevel":
        found.link(level, "cmh:atFrameworkLevel", target)
        found.text(target, "skos:prefLabel", alignment["targetName"])


FORMAT: Final = Format(
    name="open-badges",
    title="Open Badges 3 achievement templates",
    loaded_by="badge platforms and learning systems, as templates that an issuer may use",
    write=write,
    read=read,
    why_lost={
        "": "a template holds one skill at one level with its I statements, nothing else",
        CMH + "Skill": "a template names its skill; the skill's group is a tag without identifier",
        CMH + "SkillLevel": "an achievement has no place for sources; the alignment leads to them",
        CMH
        + "IStatement": "an achievement has no place for sources; the link of the statement leads to them",
    },
)
