"""Sheets about skills, I statements and values."""

from __future__ import annotations

from typing import Final

from cmh_graph.workbook.columns import Column, Sheet
from cmh_graph.workbook.shared_columns import ALSO, KEY, MEANS, NAME, NOTE, SAYS, parent, retire

SKILLS: Final = Sheet(
    "skills",
    "Skills",
    "skill",
    ("cmh:Skill",),
    "Every skill. Its levels are on the next sheet.",
    (
        KEY,
        NAME,
        ALSO,
        MEANS,
        Column("skos:broader", "Group", "link", of=("skill-group",), needed=True, width=30),
        NOTE,
        *SAYS,
        *retire("skill"),
    ),
    constants=(("skos:inScheme", "vocab:skills"),),
)

LEVELS: Final = Sheet(
    "skill-levels",
    "Skills at level",
    "skill-level",
    ("cmh:SkillLevel",),
    "A skill at a framework level.",
    (
        KEY,
        Column("cmh:ofSkill", "Skill", "link", "identity", ("skill",), needed=True, width=34),
        Column(
            "cmh:atFrameworkLevel", "Level", "link", "identity", ("framework-level",), needed=True, width=30
        ),
        Column("skos:prefLabel", "Name", "name", needed=True, width=50),
        NOTE,
        *SAYS,
    ),
    key="joined",
)

STATEMENTS: Final = Sheet(
    "i-statements",
    "I statements",
    "i-statement",
    ("cmh:IStatement",),
    "What a person can say of themselves at that level. All of these are judgements of"
    " the project until you replace them.",
    (
        KEY,
        parent("^cmh:hasIStatement", "Skill at level", "skill-level", 50),
        Column(
            "cmh:text",
            "I statement",
            "text",
            needed=True,
            width=70,
            help='One sentence that begins with "I ".',
        ),
        NOTE,
        *SAYS,
    ),
    key="joined",
)

GROUPS: Final = Sheet(
    "skill-groups",
    "Skill groups",
    "skill-group",
    ("cmh:SkillGroup",),
    "The headings over skills.",
    (KEY, NAME, MEANS, NOTE, *SAYS),
    constants=(("skos:inScheme", "vocab:skills"), ("skos:topConceptOf", "vocab:skills")),
)

VALUES: Final = Sheet(
    "values",
    "Values",
    "value",
    ("cmh:Value",),
    "Values that staff are asked to hold, and the sets that name them.",
    (
        KEY,
        NAME,
        MEANS,
        Column("skos:inScheme", "Sets", "link", of=("value-set",), many=True, needed=True, width=30),
        Column("skos:closeMatch", "Close to", "link", of=("value",), many=True, judged=True, width=30),
        NOTE,
        *SAYS,
        *retire("value"),
    ),
)

SETS: Final = Sheet(
    "value-sets",
    "Sets of values",
    "value-set",
    ("cmh:ValueSet",),
    "Lists that name values, and who wrote them.",
    (KEY, NAME, MEANS, NOTE, *SAYS),
)
