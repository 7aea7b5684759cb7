"""Which of our things stand in which CASE document, and what each link between them is called in CASE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cmh_graph.export.identifiers import uuid_of
from cmh_graph.namespaces import BASE, CMH, PREFIXES

_SKOS: Final = PREFIXES["skos"]
_OWL: Final = PREFIXES["owl"]
#: Below it stands what exists only in CASE; the service answers the same paths.
ROOT: Final = "ims/case/v1p1"


@dataclass(frozen=True, slots=True)
class Plan:
    """A CFDocument. name: of its file. iri: of the scheme it shows, if the graph has one.

    classes: of its items, the most special first. scheme: a concept scheme whose concepts are items too."""

    name: str
    title: str
    about: str
    framework_type: str
    iri: str
    classes: tuple[str, ...]
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """How a property is told as an association. reversed: the object is the origin. group: title of its grouping."""

    type: str
    reversed: bool = False
    group: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """How a statement with a name of its own is told as an association: which property leads to the origin (or from it,
    if reversed) and which to the destination."""

    origin: str
    destination: str
    type: str
    reversed: bool = False


PLANS: Final = (
    Plan(
        "skills",
        "Skills of community mental health work",
        "Skills, each at the levels of the framework, with an I statement for each level.",
        "Skills framework",
        BASE + "vocab/skills",
        (CMH + "SkillGroup", CMH + "Skill", CMH + "SkillLevel", CMH + "IStatement"),
    ),
    Plan(
        "values",
        "Values of community mental health work",
        "Values, below the sets that name them.",
        "Values framework",
        "",
        (CMH + "ValueSet", CMH + "Value"),
    ),
    Plan(
        "ahp-framework",
        "Allied health support worker framework",
        "Domains, headings and stages of the national framework, as far as they are public.",
        "Competency framework",
        BASE + "vocab/ahp-domains",
        (CMH + "AhpDomain", CMH + "AhpStage"),
    ),
    Plan(
        "roles",
        "Roles in community mental health",
        "Roles by family, what they ask for and where they lead.",
        "Occupations",
        BASE + "vocab/roles",
        (CMH + "TraineeRole", CMH + "FunctionRole", CMH + "RoleGrouping", CMH + "Role", CMH + "Waypoint"),
        BASE + "vocab/family",
    ),
    Plan(
        "entry-requirements",
        "What community mental health roles ask for at entry",
        "Experience, qualifications, apprenticeship standards and registrations that roles ask for, and "
        "the other work that people bring skills from.",
        "Entry requirements",
        "",
        (
            CMH + "ApprenticeshipStandard",
            CMH + "Registration",
            CMH + "Qualification",
            CMH + "Experience",
            CMH + "Background",
        ),
    ),
)

#: Property -> how it is told. Those that read isChildOf make the tree.
LINKS: Final[Mapping[str, Link]] = {
    _SKOS + "broader": Link("isChildOf"),
    CMH + "ofSkill": Link("isChildOf"),
    CMH + "hasIStatement": Link("isChildOf", reversed=True),
    CMH + "family": Link("isChildOf"),
    _SKOS + "inScheme": Link("isChildOf"),
    CMH + "rollsUpTo": Link("isPartOf", group="Wider roles"),
    CMH + "metBy": Link("isRelatedTo", group="Met by"),
    CMH + "gainedIn": Link("isRelatedTo", group="Gained in"),
    CMH + "buildsSkill": Link("isRelatedTo", group="Skills brought along"),
    _SKOS + "related": Link("isRelatedTo", group="Related"),
    _SKOS + "closeMatch": Link("isRelatedTo", group="Close in meaning"),
    _SKOS + "exactMatch": Link("exactMatchOf", group="The same elsewhere"),
    PREFIXES["dcterms"] + "isReplacedBy": Link("replacedBy"),
}
#: What an association says without an extension of its own.
DEFAULT_PREDICATES: Final[Mapping[str, str]] = {
    "isChildOf": _SKOS + "broader",
    "exactMatchOf": _SKOS + "exactMatch",
    "replacedBy": PREFIXES["dcterms"] + "isReplacedBy",
}

ANY_OF: Final = CMH + "AnyOfRequirement"
NOTHING: Final = CMH + "NoneRequired"
_REQUIREMENT: Final = Frame(CMH + "hasRequirement", CMH + "asksFor", "isRelatedTo", reversed=True)
#: Class of statement -> how it is told.
FRAMES: Final[Mapping[str, Frame]] = {
    CMH + "SkillRequirement": _REQUIREMENT,
    CMH + "ValueRequirement": _REQUIREMENT,
    CMH + "ExperienceRequirement": _REQUIREMENT,
    CMH + "QualificationRequirement": _REQUIREMENT,
    CMH + "RegistrationRequirement": _REQUIREMENT,
    NOTHING: Frame(CMH + "hasRequirement", CMH + "asksFor", "ext:doesNotRequire", reversed=True),
    CMH + "Step": Frame(CMH + "fromPosition", CMH + "toPosition", "precedes"),
    CMH + "Mapping": Frame(_OWL + "annotatedSource", _OWL + "annotatedTarget", "isRelatedTo"),
}


def minted(kind: str, name: str) -> tuple[str, str]:
    """Identifier and address of a CASE object that is no thing of the graph, from its name; both are permanent."""
    identifier = uuid_of(f"{BASE}case/{name}")
    return identifier, f"{BASE}{ROOT}/{kind}/{identifier}"


def document_of(plan: Plan) -> tuple[str, str]:
    """Identifier and address of a document."""
    return (uuid_of(plan.iri), plan.iri) if plan.iri else minted("CFDocuments", f"document/{plan.name}")
