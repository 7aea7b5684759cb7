"""Sheets about steps, ways in, what they need, and where facts come from."""

from __future__ import annotations

from typing import Final

from cmh_graph.workbook.columns import Column, Sheet
from cmh_graph.workbook.shared_columns import ALSO, KEY, MEANS, MONTHS, NAME, NOTE, SAYS, retire

STEPS: Final = Sheet(
    "steps",
    "Steps",
    "step",
    ("cmh:Step",),
    "A move from one place to the next.",
    (
        KEY,
        Column("cmh:fromPosition", "From", "link", "identity", ("role", "position"), needed=True, width=32),
        Column("cmh:toPosition", "To", "link", "identity", ("role", "position"), needed=True, width=32),
        Column("cmh:stepKind", "Kind of step", "link", of=("step-kind",), needed=True, judged=True, width=20),
        Column("cmh:viaRoute", "By way of", "link", of=("route",), judged=True, width=26),
        Column(
            "cmh:needs",
            "Needs all of",
            "link",
            of=("qualification", "experience", "skill", "resource", "value"),
            many=True,
            judged=True,
            width=36,
        ),
        Column(
            "cmh:needsOneOf", "Needs one of", "link", of=("qualification",), many=True, judged=True, width=30
        ),
        *MONTHS,
        Column("cmh:durationFrom", "Takes as long as", "link", of=("qualification", "route"), width=28),
        Column("cmh:offeredBy", "Offered by", "link", of=("organisation",), many=True, width=28),
        NOTE,
        *SAYS,
    ),
    key="joined",
)

PATHWAYS: Final = Sheet(
    "pathways",
    "Pathways",
    "pathway",
    ("cmh:Pathway",),
    "Named pathways. Their steps in order are kept outside the workbook.",
    (KEY, NAME, MEANS, NOTE, *SAYS),
)

QUALIFICATIONS: Final = Sheet(
    "qualifications",
    "Qualifications",
    "qualification",
    ("cmh:Qualification", "cmh:ApprenticeshipStandard", "cmh:Registration"),
    "Awards, training, apprenticeships, registrations and checks.",
    (
        KEY,
        Column(
            "rdf:type",
            "Form",
            "type",
            "identity",
            needed=True,
            width=16,
            options=(
                ("qualification", ("cmh:Qualification",)),
                ("apprenticeship", ("cmh:ApprenticeshipStandard",)),
                ("registration", ("cmh:Registration",)),
            ),
        ),
        NAME,
        ALSO,
        MEANS,
        Column("skos:notation", "Code", "words", width=10),
        Column("cmh:qualificationKind", "Kind", "link", of=("qualification-kind",), needed=True, width=22),
        Column(
            "cmh:educationLevel",
            "Education level",
            "link",
            of=("education-level",),
            many=True,
            judged=True,
            width=14,
        ),
        Column("cmh:levelAsStated", "Level in the source's words", "text", width=22),
        Column("cmh:metBy", "Also met by", "link", of=("qualification",), many=True, judged=True, width=36),
        Column("cmh:onRegister", "On the register", "link", of=("register",), many=True, width=32),
        Column("cmh:typicalDurationMonths", "Usual length, in months", "whole", width=12),
        Column("cmh:maximumFundingGBP", "Most public funding, in pounds", "whole", width=14),
        Column("cmh:larsCode", "LARS code", "words", width=10),
        Column("cmh:checkedOn", "Checked on", "date", width=12, help="Year-month-day, such as 2026-09-29."),
        Column("cmh:fundingNote", "Note on funding", "text", width=36),
        Column("cmh:typicalJobTitle", "Typical job titles", "text", many=True, width=30),
        NOTE,
        *SAYS,
        *retire("qualification"),
    ),
)

EXPERIENCE: Final = Sheet(
    "experience",
    "Experience",
    "experience",
    ("cmh:Experience",),
    "Kinds of experience that a role may ask for.",
    (
        KEY,
        NAME,
        MEANS,
        Column("cmh:isLivedExperience", "Is lived experience", "yes", width=12),
        Column(
            "cmh:gainedIn", "Gained in", "link", of=("role", "background"), many=True, judged=True, width=36
        ),
        NOTE,
        *SAYS,
        *retire("experience"),
    ),
)

ROUTES: Final = Sheet(
    "routes",
    "Ways in",
    "route",
    ("cmh:Route",),
    "Ways into a role: courses, apprenticeships, promotion.",
    (
        KEY,
        NAME,
        MEANS,
        Column("skos:broader", "Is a kind of", "link", of=("route",), width=28),
        Column("cmh:isTraining", "Is training", "yes", width=10),
        Column("cmh:isWaged", "Is waged", "yes", judged=True, width=10),
        *MONTHS,
        Column("cmh:fromBand", "From band", "link", of=("band",), width=12),
        Column("cmh:toBand", "To band", "link", of=("band",), width=12),
        NOTE,
        *SAYS,
        *retire("route"),
    ),
)

WAYPOINTS: Final = Sheet(
    "waypoints",
    "Waypoints",
    "position",
    ("cmh:Waypoint",),
    "Places on a pathway that are no role of the framework.",
    (
        KEY,
        NAME,
        Column(
            "cmh:holds", "People there hold", "link", of=("qualification",), many=True, judged=True, width=36
        ),
        Column("cmh:isTrainingPosition", "Is in training", "yes", width=12),
        Column("cmh:isRegisteredPosition", "Is registered", "yes", width=12),
        Column("cmh:isOutsidePaidWork", "Is a starting point", "yes", width=12),
        NOTE,
        *SAYS,
        *retire("position"),
    ),
)

SOURCES: Final = Sheet(
    "sources",
    "Sources",
    "source",
    ("cmh:Source",),
    "Documents and pages that statements rest on. Add a row for your own document first, then use its key.",
    (
        KEY,
        Column("skos:prefLabel", "Name", "name", needed=True, width=60),
        Column("dc:publisher", "Publisher", "text", width=34, help="An organisation, never a person."),
        Column(
            "cmh:sourceKind",
            "Kind",
            "link",
            of=("status",),
            needed=True,
            width=12,
            shown="key",
            help="confirmed for a document of the owner.",
        ),
        Column("schema:url", "Address", "address", width=50),
        Column("dc:rights", "Rights", "text", needed=True, width=36, help='The licence, or "not stated".'),
        Column("dc:date", "Date", "words", width=16),
        NOTE,
    ),
)
