"""The sheets of the workbook for people, as data: their rows, columns and widths."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from cmh_graph.export.xlsx.sheet import Column, Sheet, Sort
from cmh_graph.namespaces import CMH, PREFIXES

IDENTIFIER: Final = "Identifier"
INFERRED: Final = "Inferred parts"
STATUS: Final = "Status"
_SKOS: Final = PREFIXES["skos"]
LABEL: Final = _SKOS + "prefLabel"
IN_FIELD: Final = CMH + "inferredField"
_TYPE: Final = PREFIXES["rdf"] + "type"
_SCALES: Final = (
    "ahp-stage", "career-level", "clinical", "country", "education-level", "employer-type", "family", "framework-level",
    "necessity", "qualification-kind", "register-kind", "remark-kind", "review-state", "setting", "status", "step-kind",
    "use-state",
)  # fmt: skip
_EXPERIENCE: Final = ("skill", "value", "qualification", "experience")


def _text(heading: str, name: str, width: int = 30, *, many: bool = False, about: str = "") -> Column:
    return Column(heading=heading, path=(_iri(name),), width=width, many=many, about=about)


def _link(heading: str, name: str, *kinds: str, width: int = 22, about: str = "") -> Column:
    return Column(heading=heading, path=(_iri(name),), sort=Sort.LINK, kinds=kinds, width=width, about=about)


def _plain(heading: str, name: str, sort: Sort, width: int = 12) -> Column:
    return Column(heading=heading, path=(_iri(name),), sort=sort, width=width, many=False)


def _shown(
    heading: str, *path: str, kinds: tuple[str, ...], width: int = 24, sort: Sort = Sort.LINK
) -> Column:
    return Column(
        heading=heading, path=tuple(_iri(name) for name in path), sort=sort, kinds=kinds, width=width
    )


def _iri(name: str) -> str:
    back = "^" if name.startswith("^") else ""
    prefix, _, local = name.removeprefix("^").rpartition(":")
    return back + PREFIXES[prefix or "cmh"] + local


_DEFINITION: Final = _text("What it is", "skos:definition", 60)
_NOTE: Final = _text("Note", "skos:note", 56, many=True)
_OTHER_NAMES: Final = _text("Other names", "skos:altLabel", 24, many=True)
#: The last columns of every sheet whose things have a source.
_SOURCED: Final = (
    _link(STATUS, "status", "vocab/status", width=15),
    Column(heading=INFERRED, path=(IN_FIELD,), sort=Sort.LINK, width=26),
    _link("Sources", "dcterms:source", "source", width=54),
)
_REQUIREMENT_WORDS: Final = MappingProxyType(
    {
        CMH + "SkillRequirement": "Skill",
        CMH + "ValueRequirement": "Value",
        CMH + "QualificationRequirement": "Qualification",
        CMH + "ExperienceRequirement": "Experience",
        CMH + "RegistrationRequirement": "Registration",
        CMH + "AnyOfRequirement": "Any one of several",
        CMH + "NoneRequired": "Nothing required",
    }
)
_QUALIFICATION_WORDS: Final = MappingProxyType(
    {
        CMH + "Qualification": "Qualification",
        CMH + "ApprenticeshipStandard": "Apprenticeship standard",
        CMH + "Registration": "Registration",
    }
)

SHEETS: Final[tuple[Sheet, ...]] = (
    Sheet(
        name="Roles",
        what="The roles of the framework, one a row.",
        kinds=("role",),
        type=CMH + "Role",
        order=("Role",),
        columns=(
            _text("Role", "skos:prefLabel"),
            _DEFINITION,
            _link("Job family", "family", "vocab/family"),
            _link("Level", "frameworkLevel", "vocab/framework-level"),
            _shown("Pay bands", "hasBandAssignment", "band", kinds=("vocab/band",), width=12),
            _plain("Paid", "isPaid", Sort.YES, 8),
            _link("Contact with people", "clinicalContact", "vocab/clinical", width=14),
            _shown("Law regulates it", "hasRegulation", "isRegulated", kinds=(), sort=Sort.YES, width=11),
            _link("Ways in", "enteredBy", "route", width=26),
            _shown("Settings", "hasPlacement", "inSetting", kinds=("vocab/setting",), width=26),
            _shown("Employers", "hasPlacement", "employerType", kinds=("vocab/employer-type",), width=26),
            _shown("Job titles", "^meansRole", "title", kinds=("title",), width=38),
            _link("Counts as", "rollsUpTo", "role", width=22),
            _link("AHP stage", "ahpStage", "vocab/ahp-stage", width=12),
            _plain("Employers may match to it", "isMatchTarget", Sort.YES, 13),
            _link("Named in the framework by", "namedInFramework", "source", width=30),
            _NOTE,
            *_SOURCED,
        ),
    ),
    Sheet(
        name="Requirements",
        what="What each role asks for. Of an “any one of several”, the rows that name its group are the choices.",
        kinds=("requirement",),
        order=("Role", "Kind", "How firmly", "Asked for"),
        colour="00695C",
        columns=(
            Column(
                heading="Role",
                path=("^" + CMH + "hasRequirement",),
                sort=Sort.LINK,
                kinds=("role",),
                many=False,
                unless="One of the group",
                width=30,
            ),
            Column(
                heading="Kind", path=(_TYPE,), sort=Sort.LINK, words=_REQUIREMENT_WORDS, many=False, width=16
            ),
            _link("Asked for", "asksFor", *_EXPERIENCE, width=44),
            _shown("Choices", "anyOf", "asksFor", kinds=_EXPERIENCE, width=40),
            _link("How firmly", "necessity", "vocab/necessity", width=12),
            _link("Skill at level", "atSkillLevel", "skill-level", width=40),
            _link("Only with", "employerType", "vocab/employer-type", width=18),
            Column(
                heading="One of the group",
                path=("^" + CMH + "anyOf",),
                sort=Sort.LINK,
                kinds=("requirement",),
                many=False,
                width=24,
            ),
            _NOTE,
            *_SOURCED,
        ),
    ),
    Sheet(
        name="Skills",
        what="The skills, with the group that each belongs to.",
        kinds=("skill",),
        type=CMH + "Skill",
        order=("Group", "Skill"),
        colour="00695C",
        columns=(
            _text("Skill", "skos:prefLabel"),
            _link("Group", "skos:broader", "skill-group", width=30),
            _DEFINITION,
            _OTHER_NAMES,
            _NOTE,
            *_SOURCED,
        ),
    ),
    Sheet(
        name="Skills at level",
        what="Each skill at each level, with what its holder says: the I statements.",
        kinds=("skill-level",),
        type=CMH + "SkillLevel",
        order=("Skill", "Level"),
        colour="00695C",
        columns=(
            _link("Skill", "ofSkill", "skill", width=30),
            _link("Level", "atFrameworkLevel", "vocab/framework-level", width=30),
            _text("I statement", "text", 70, about="I statement: identifier"),
            _link("I statement: status", "status", "vocab/status", width=12, about="I statement: identifier"),
            _link("I statement: sources", "dcterms:source", "source", width=24, about="I statement: identifier"),
            _text("Skill at level", "skos:prefLabel", 44),
            *_SOURCED,
            Column(
                heading="I statement: identifier",
                path=(CMH + "hasIStatement",),
                sort=Sort.LINK,
                kinds=("i-statement",),
                many=False,
                width=24,
            ),
        ),
    ),
    Sheet(
        name="Values",
        what="The values, with the sets that name them.",
        kinds=("value",),
        type=CMH + "Value",
        order=("Value",),
        colour="00695C",
        columns=(
            _text("Value", "skos:prefLabel"),
            _link("Named by", "skos:inScheme", "value-set", width=30),
            _DEFINITION,
            _link("Close to", "skos:closeMatch", "value", width=26),
            _NOTE,
            *_SOURCED,
        ),
    ),
    Sheet(
        name="Qualifications",
        what="Awards, apprenticeships, registrations and checks that roles and steps ask for.",
        kinds=("qualification",),
        order=("Qualification",),
        colour="00695C",
        columns=(
            _text("Qualification", "skos:prefLabel", 40),
            Column(heading="Class", path=(_TYPE,), sort=Sort.LINK, words=_QUALIFICATION_WORDS, width=18),
            _link("Kind", "qualificationKind", "vocab/qualification-kind", width=20),
            _link("Level", "educationLevel", "vocab/education-level", width=12),
            _DEFINITION,
            _plain("Code", "skos:notation", Sort.CODE),
            _plain("LARS code", "larsCode", Sort.CODE),
            _plain("Months", "typicalDurationMonths", Sort.NUMBER, 9),
            _plain("Funding up to (£)", "maximumFundingGBP", Sort.NUMBER, 11),
            _link("Met by", "metBy", "qualification", width=30),
            _link("Leads to register", "onRegister", "register", width=26),
            _text("Typical job titles", "typicalJobTitle", 30, many=True),
            _OTHER_NAMES,
            _NOTE,
            *_SOURCED,
        ),
    ),
    Sheet(
        name="Pay bands",
        what="The pay bands, and what each usually asks for.",
        kinds=("vocab/band",),
        type=CMH + "PayBand",
        order=("Order",),
        colour="7C2855",
        columns=(
            _text("Band", "skos:prefLabel"),
            _plain("Order", "order", Sort.NUMBER, 8),
            _plain("Short", "skos:notation", Sort.CODE, 8),
            _OTHER_NAMES,
            _DEFINITION,
            _text("Examples", "skos:example", 40, many=True),
            _plain("Closed on", "closedOn", Sort.DATE),
            _NOTE,
            *_SOURCED,
        ),
    ),
    Sheet(
        name="Bands of roles",
        what="Which band a role has, and who says so. A role may have several.",
        kinds=("band-assignment",),
        type=CMH + "BandAssignment",
        order=("Role", "Bands"),
        colour="7C2855",
        columns=(
            Column(
                heading="Role",
                path=("^" + CMH + "hasBandAssignment",),
                sort=Sort.LINK,
                kinds=("role",),
                many=False,
                width=30,
            ),
            _link("Bands", "band", "vocab/band", width=12),
            _link("Pay scheme", "payScheme", "scheme", width=26),
            _link("Assigned by", "assignedBy", "organisation", width=34),
            _plain("Date", "dc:date", Sort.CODE),
            _NOTE,
            *_SOURCED,
        ),
    ),
    Sheet(
        name="Pay",
        what="What a band pays in a year.",
        kinds=("pay-points",),
        type=CMH + "PayPoints",
        order=("Year", "Band"),
        colour="7C2855",
        columns=(
            _link("Band", "band", "vocab/band", width=12),
            _plain("Year", "payYear", Sort.CODE),
            Column(heading="Pay points (£ a year)", path=(CMH + "amountGBP",), sort=Sort.NUMBER, width=14),
            _NOTE,
            *_SOURCED,
        ),
    ),
    Sheet(
        name="Steps",
        what="Steps from one role or waypoint to another.",
        kinds=("step",),
        type=CMH + "Step",
        order=("From", "To"),
        colour="AE2573",
        columns=(
            _link("From", "fromPosition", "role", "position", width=32),
            _link("To", "toPosition", "role", "position", width=32),
            _link("Kind of step", "stepKind", "vocab/step-kind", width=16),
            _link("By way of", "viaRoute", "route", width=26),
            _link("Needs", "needs", *_EXPERIENCE, "resource", width=36),
            _link("Needs one of", "needsOneOf", "qualification", width=30),
            _plain("Months, at least", "minimumMonths", Sort.NUMBER, 9),
            _plain("Months, at most", "maximumMonths", Sort.NUMBER, 9),
            _link("Months taken from", "durationFrom", "qualification", "route", width=26),
            _link("Offered by", "offeredBy", "organisation", width=30),
            _NOTE,
            *_SOURCED,
        ),
    ),
    Sheet(
        name="Pathway stages",
        what="Pathways made of steps, in order.",
        kinds=("pathway-stage",),
        type=CMH + "PathwayStage",
        order=("Pathway", "Order"),
        colour="AE2573",
        columns=(
            Column(
                heading="Pathway",
                path=("^" + CMH + "hasStage",),
                sort=Sort.LINK,
                kinds=("pathway",),
                many=False,
                width=36,
            ),
            _plain("Order", "order", Sort.NUMBER, 8),
            _shown("From", "usesStep", "fromPosition", kinds=("role", "position"), width=32),
            _shown("To", "usesStep", "toPosition", kinds=("role", "position"), width=32),
            _link("Step", "usesStep", "step", width=30),
        ),
    ),
    Sheet(
        name="Job titles",
        what="Job titles that people use, and the roles that they mean.",
        kinds=("title",),
        type=CMH + "Title",
        order=("Title",),
        columns=(
            _text("Title", "skos:prefLabel", 36),
            _shown("Means the role", "^title", "meansRole", kinds=("role",), width=36),
            _link("From", "belongsTo", "scheme", width=36),
            *_SOURCED,
        ),
    ),
    Sheet(
        name="Glossary",
        what="Every other word that the sheets use: settings, employers, routes, levels, schemes and so on.",
        kinds=(
            *(f"vocab/{scale}" for scale in _SCALES),
            "vocab", "skill-group", "value-set", "experience", "route", "position", "organisation", "register",
            "profession", "scheme", "background", "pathway", "resource", "pay-equivalent", "job-profile",
        ),
        order=("Word",),
        colour="425563",
        columns=(
            _text("Word", "skos:prefLabel", 36),
            _shown("Belongs to", "skos:inScheme", "skos:prefLabel", kinds=(), sort=Sort.TEXT, width=28),
            _DEFINITION,
            _OTHER_NAMES,
            _NOTE,
            *_SOURCED,
        ),
    ),
    Sheet(
        name="Sources",
        what="Who or what says so.",
        kinds=("source",),
        type=CMH + "Source",
        order=("Source",),
        colour="425563",
        columns=(
            _text("Source", "skos:prefLabel", 50),
            _text("Publisher", "dc:publisher", 36),
            _plain("Date", "dc:date", Sort.CODE),
            _plain("Address", "schema:url", Sort.ADDRESS, 50),
            _link("Kind", "sourceKind", "vocab/status", width=12),
            _text("Terms of use", "dc:rights", 30),
            _NOTE,
        ),
    ),
)  # fmt: skip
