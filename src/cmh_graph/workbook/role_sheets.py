"""Sheets about roles: what they are, ask for, pay and are called."""

from __future__ import annotations

from typing import Final

from cmh_graph.workbook.columns import Column, Sheet
from cmh_graph.workbook.shared_columns import EMPLOYERS, KEY, MEANS, NAME, NOTE, SAYS, parent, retire

ROLES: Final = Sheet(
    "roles",
    "Roles",
    "role",
    ("cmh:Role",),
    "Every role of the framework. What it asks for is on the sheet Requirements.",
    (
        KEY,
        Column(
            "rdf:type",
            "Form",
            "type",
            "identity",
            width=14,
            help="Leave empty for an ordinary role.",
            options=(
                ("role", ("cmh:Role",)),
                ("trainee role", ("cmh:Role", "cmh:TraineeRole")),
                ("function", ("cmh:Role", "cmh:FunctionRole")),
                ("group of roles", ("cmh:Role", "cmh:RoleGrouping")),
            ),
        ),
        NAME,
        MEANS,
        Column(
            "cmh:frameworkLevel",
            "Framework level",
            "link",
            of=("framework-level",),
            needed=True,
            judged=True,
            width=22,
        ),
        Column("cmh:family", "Family", "link", of=("family",), needed=True, judged=True, width=24),
        Column(
            "cmh:clinicalContact",
            "Clinical contact",
            "link",
            of=("clinical",),
            needed=True,
            judged=True,
            width=18,
        ),
        Column("cmh:isPaid", "Paid", "yes", needed=True, judged=True, width=8),
        Column("cmh:isMatchTarget", "Titles are matched to it", "yes", judged=True, width=12),
        Column("cmh:rollsUpTo", "Is a form of", "link", of=("role",), judged=True, width=28),
        Column("cmh:enteredBy", "Ways in", "link", of=("route",), many=True, judged=True, width=30),
        Column(
            "cmh:namedInFramework",
            "Named in the framework by",
            "link",
            of=("source",),
            many=True,
            width=18,
            shown="key",
        ),
        Column("cmh:ahpStage", "AHP stages", "link", of=("ahp-stage",), many=True, width=20),
        NOTE,
        *SAYS,
        *retire("role"),
    ),
    constants=(("skos:inScheme", "vocab:roles"),),
)

REQUIREMENTS: Final = Sheet(
    "requirements",
    "Requirements",
    "requirement",
    (
        "cmh:SkillRequirement",
        "cmh:ValueRequirement",
        "cmh:ExperienceRequirement",
        "cmh:QualificationRequirement",
        "cmh:RegistrationRequirement",
        "cmh:AnyOfRequirement",
        "cmh:NoneRequired",
    ),
    "What each role asks for, one thing a row.",
    (
        KEY,
        parent("^cmh:hasRequirement", "Role", "role"),
        Column(
            "^cmh:anyOf",
            "One of the group",
            "link",
            "identity",
            ("requirement",),
            width=22,
            shown="key",
            help="The key of a group of which any one is enough. Leave empty otherwise.",
        ),
        Column(
            "rdf:type",
            "Kind",
            "type",
            "identity",
            needed=True,
            width=14,
            options=(
                ("skill", ("cmh:SkillRequirement",)),
                ("value", ("cmh:ValueRequirement",)),
                ("experience", ("cmh:ExperienceRequirement",)),
                ("qualification", ("cmh:QualificationRequirement",)),
                ("registration", ("cmh:RegistrationRequirement",)),
                ("any one of a group", ("cmh:AnyOfRequirement",)),
                ("nothing asked", ("cmh:NoneRequired",)),
            ),
        ),
        Column(
            "cmh:asksFor",
            "Asks for",
            "link",
            "identity",
            ("skill", "value", "experience", "qualification"),
            width=36,
            help="Another skill is another row: add one, and tell us about the old one.",
        ),
        Column("cmh:atSkillLevel", "At level", "link", of=("skill-level",), judged=True, width=36),
        Column(
            "cmh:registeredAs",
            "Registered as",
            "text",
            judged=True,
            width=22,
            help="Where the register covers several professions: which one is asked for.",
        ),
        Column("cmh:necessity", "Necessity", "link", of=("necessity",), judged=True, width=14),
        Column("cmh:inSetting", "Only in these settings", "link", of=("setting",), many=True, width=24),
        EMPLOYERS,
        NOTE,
        *SAYS,
    ),
    key="joined",
)

BANDS: Final = Sheet(
    "bands",
    "Bands of roles",
    "band-assignment",
    ("cmh:BandAssignment",),
    "At which pay bands a role is found, and who says so.",
    (
        KEY,
        parent("^cmh:hasBandAssignment", "Role", "role"),
        Column(
            "cmh:band",
            "Bands",
            "link",
            of=("band",),
            many=True,
            needed=True,
            width=14,
            help="Each band on a line of its own: Band 4, then Band 5. Never 4-5: Excel makes a date of it.",
        ),
        Column("cmh:payScheme", "Pay scheme", "link", of=("scheme",), needed=True, width=24),
        Column("cmh:assignedBy", "As seen at", "link", of=("organisation",), width=28),
        Column("dc:date", "As of", "words", width=16),
        NOTE,
        *SAYS,
    ),
    key="joined",
)

PLACES: Final = Sheet(
    "placements",
    "Where roles work",
    "placement",
    ("cmh:Placement",),
    "Settings and employers where a role is found.",
    (
        KEY,
        parent("^cmh:hasPlacement", "Role", "role"),
        Column("cmh:inSetting", "Settings", "link", of=("setting",), many=True, width=34),
        Column("cmh:employerType", "Kinds of employer", "link", of=("employer-type",), many=True, width=34),
        NOTE,
        *SAYS,
    ),
    key="joined",
)

REGULATIONS: Final = Sheet(
    "regulations",
    "Legal position",
    "regulation",
    ("cmh:Regulation",),
    "Whether the law asks for registration.",
    (
        KEY,
        parent("^cmh:hasRegulation", "Role", "role"),
        Column("cmh:isRegulated", "Regulated by law", "yes", needed=True, width=10),
        Column("cmh:byRegister", "Statutory register", "link", of=("register",), many=True, width=32),
        Column(
            "cmh:accreditedRegister", "Accredited register", "link", of=("register",), many=True, width=32
        ),
        Column("cmh:protectedTitle", "Protected titles", "text", many=True, width=30),
        Column(
            "cmh:appliesIn",
            "Holds in",
            "link",
            of=("country",),
            many=True,
            needed=True,
            judged=True,
            width=16,
        ),
        NOTE,
        *SAYS,
    ),
    key="joined",
)

TITLES: Final = Sheet(
    "titles",
    "Titles",
    "title",
    ("cmh:Title",),
    "Job titles that are in use. What they mean is on the next sheet.",
    (
        KEY,
        NAME,
        Column("cmh:belongsTo", "Collection", "link", of=("scheme",), needed=True, width=34),
        NOTE,
        *SAYS,
    ),
)

MEANINGS: Final = Sheet(
    "title-meanings",
    "What titles mean",
    "title-meaning",
    ("cmh:TitleMeaning",),
    "Which role a title stands for.",
    (
        KEY,
        Column("cmh:title", "Title", "link", "identity", ("title",), needed=True, width=36),
        Column("cmh:meansRole", "Means the role", "link", "identity", ("role",), needed=True, width=36),
        EMPLOYERS,
        NOTE,
        *SAYS,
    ),
    key="joined",
)
