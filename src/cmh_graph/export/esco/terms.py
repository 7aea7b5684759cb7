"""The properties of our graph that the ESCO tables have a column for."""

from __future__ import annotations

from typing import Final

from cmh_graph.namespaces import BASE, CMH, PREFIXES
from cmh_graph.store import Literal, NamedNode, Term, Triple

_SKOS: Final = PREFIXES["skos"]
_OWL: Final = PREFIXES["owl"]

LANGUAGE: Final = "en"
TYPE: Final = PREFIXES["rdf"] + "type"
LABEL: Final = _SKOS + "prefLabel"
ALTERNATIVE: Final = _SKOS + "altLabel"
DEFINITION: Final = _SKOS + "definition"
NOTE: Final = _SKOS + "note"
IN_SCHEME: Final = _SKOS + "inScheme"
TOP_OF: Final = _SKOS + "topConceptOf"
BROADER: Final = _SKOS + "broader"
RELATED: Final = _SKOS + "related"
ROLLS_UP: Final = CMH + "rollsUpTo"
DEPRECATED: Final = _OWL + "deprecated"
STATUS: Final = CMH + "status"
SOURCE: Final = PREFIXES["dcterms"] + "source"
INFERRED: Final = CMH + "inferredField"

HAS_REQUIREMENT: Final = CMH + "hasRequirement"
ASKS_FOR: Final = CMH + "asksFor"
NECESSITY: Final = CMH + "necessity"
AT_LEVEL: Final = CMH + "atSkillLevel"
ESSENTIAL: Final = BASE + "vocab/necessity/essential"
MEANS_ROLE: Final = CMH + "meansRole"
TITLE: Final = CMH + "title"
MATCH_SUBJECT: Final = _OWL + "annotatedSource"
MATCH_RELATION: Final = _OWL + "annotatedProperty"
MATCH_OBJECT: Final = _OWL + "annotatedTarget"
MATCH_LABEL: Final = PREFIXES["sssom"] + "object_label"
NO_TERM: Final = PREFIXES["sssom"] + "NoTermFound"

ROLE: Final = CMH + "Role"
SKILL: Final = CMH + "Skill"
SKILL_GROUP: Final = CMH + "SkillGroup"
SKILL_REQUIREMENT: Final = CMH + "SkillRequirement"
TITLE_MEANING: Final = CMH + "TitleMeaning"
TITLE_CLASS: Final = CMH + "Title"
MAPPING: Final = CMH + "Mapping"
ROLES_SCHEME: Final = BASE + "vocab/roles"
SKILLS_SCHEME: Final = BASE + "vocab/skills"


def triple(subject: str, predicate: str, term: Term | str) -> Triple:
    """A triple of texts; an object given as text is an IRI."""
    return Triple(
        NamedNode(subject), NamedNode(predicate), NamedNode(term) if isinstance(term, str) else term
    )


def english(text: str) -> Literal:
    """A text in the language of the tables."""
    return Literal(text, language=LANGUAGE)
