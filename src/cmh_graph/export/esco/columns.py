"""The files of an ESCO download that we write, with the columns of ESCO 1.2.1 in order, and one file of our own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OCCUPATIONS: Final = "occupations_en.csv"
SKILLS: Final = "skills_en.csv"
SKILL_GROUPS: Final = "skillGroups_en.csv"
ISCO_GROUPS: Final = "ISCOGroups_en.csv"
RELATIONS: Final = "occupationSkillRelations_en.csv"
BROADER_OCCUPATIONS: Final = "broaderRelationsOccPillar_en.csv"
BROADER_SKILLS: Final = "broaderRelationsSkillPillar_en.csv"
SKILL_RELATIONS: Final = "skillSkillRelations_en.csv"
HIERARCHY: Final = "skillsHierarchy_en.csv"
SCHEMES: Final = "conceptSchemes_en.csv"
#: Ours: who says what stands in the others. Loaders of ESCO go by the names of its files and pass over it.
STATEMENTS: Final = "cmhStatements_en.csv"

_BROADER: Final = ("conceptType", "conceptUri", "conceptLabel", "broaderType", "broaderUri", "broaderLabel")
#: File -> its columns.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    OCCUPATIONS: (
        "conceptType", "conceptUri", "iscoGroup", "preferredLabel", "altLabels", "hiddenLabels", "status",
        "modifiedDate", "regulatedProfessionNote", "scopeNote", "definition", "inScheme", "description", "code",
        "naceCode",
    ),
    SKILLS: (
        "conceptType", "conceptUri", "skillType", "reuseLevel", "preferredLabel", "altLabels", "hiddenLabels",
        "status", "modifiedDate", "scopeNote", "definition", "inScheme", "description",
    ),
    SKILL_GROUPS: (
        "conceptType", "conceptUri", "preferredLabel", "altLabels", "hiddenLabels", "status", "modifiedDate",
        "scopeNote", "inScheme", "description", "code",
    ),
    ISCO_GROUPS: (
        "conceptType", "conceptUri", "code", "preferredLabel", "status", "altLabels", "inScheme", "description",
    ),
    RELATIONS: ("occupationUri", "occupationLabel", "relationType", "skillType", "skillUri", "skillLabel"),
    SKILL_RELATIONS: (
        "originalSkillUri", "originalSkillType", "relationType", "relatedSkillType", "relatedSkillUri",
    ),
    BROADER_OCCUPATIONS: _BROADER,
    BROADER_SKILLS: _BROADER,
    HIERARCHY: (
        "Level 0 URI", "Level 0 preferred term", "Level 1 URI", "Level 1 preferred term", "Level 2 URI",
        "Level 2 preferred term", "Level 3 URI", "Level 3 preferred term", "Description", "Scope note",
        "Level 0 code", "Level 1 code", "Level 2 code", "Level 3 code",
    ),
    SCHEMES: (
        "conceptType", "conceptSchemeUri", "preferredLabel", "title", "status", "description", "hasTopConcept",
    ),
    STATEMENTS: (
        "statementUri", "statementType", "conceptUri", "relatedUri", "relatedLabel", "relation", "skillLevel",
        "status", "source", "inferredField", "note", "approximated",
    ),
}  # fmt: skip

OCCUPATION: Final = "Occupation"
SKILL: Final = "KnowledgeSkillCompetence"
SKILL_GROUP: Final = "SkillGroup"
ISCO_GROUP: Final = "ISCOGroup"
#: Start of the address of an ISCO-08 group in ESCO; its code follows.
ISCO: Final = "http://data.europa.eu/esco/isco/C"
