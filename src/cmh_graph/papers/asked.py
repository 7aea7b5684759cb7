"""What a role asks for, in words for a paper."""

from __future__ import annotations

from cmh_graph.framework import Framework
from cmh_graph.model import IStatement, Requirement, SkillLevel
from cmh_graph.papers.document import Said, stated

#: Kind of requirement -> the heading it stands under, in the order of a person specification.
KINDS = {
    "skill": "Skills",
    "value": "Values",
    "experience": "Experience",
    "qualification": "Qualifications",
    "registration": "Registration",
}


def heading_of(need: Requirement) -> str:
    """The heading a requirement stands under; an any-of group goes with its first member."""
    kind = need.any_of[0].kind if need.kind == "any-of" and need.any_of else need.kind
    return KINDS.get(kind, "Qualifications")


def in_words(framework: Framework, need: Requirement) -> str:
    """A requirement as a person specification says it."""
    if need.kind == "any-of":
        return "One of: " + "; ".join(in_words(framework, one) for one in need.any_of)
    if need.asks_for is None:
        return need.kind
    label = need.asks_for.label
    if need.kind == "skill" and (level := skill_level(framework, need)) is not None:
        return f"{label}, {level.label.rpartition(', ')[2]}"
    return label


def said_of(framework: Framework, need: Requirement) -> Said:
    """A requirement with the mark of who says it."""
    return stated(in_words(framework, need), need.says)


def skill_level(framework: Framework, need: Requirement) -> SkillLevel | None:
    """The level at which a skill is asked for; None where none is stated."""
    if need.asks_for is None or need.skill_level is None or need.asks_for.kind != "skill":
        return None
    return next(
        (one for one in framework.skill(need.asks_for.key).levels if one.key == str(need.skill_level)), None
    )


def statements(framework: Framework, need: Requirement) -> tuple[IStatement, ...]:
    """The "I" statements of a skill at the level asked for."""
    level = skill_level(framework, need)
    return level.i_statements if level else ()
