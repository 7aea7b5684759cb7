"""What a role asks for, in words for a paper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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
    if need.kind == "skill" and (level := level_in_words(framework, need)):
        return f"{label}, {level}"
    if need.registered_as:
        return f"{label} ({need.registered_as})"
    return label


def said_of(framework: Framework, need: Requirement, *, level: str = "") -> Said:
    """A requirement with the mark of who says it. level: one that is said elsewhere and need not be repeated."""
    text = in_words(framework, need)
    shown = text.removesuffix(f", {level}" if level else "")
    # A sourced skill at a level of our own choosing is marked, too, wherever the level stands.
    return stated(shown, need.says, "any_of", "registered_as", *(("skill_level",) if shown == text else ()))


def needed(need: Requirement) -> Said:
    """Whether it is essential, with the mark of who says that; its sources stand with the requirement itself."""
    text = {"essential": "essential", "desirable": "desirable", "gained-in-post": "gained in post"}.get(
        need.necessity or "", "not stated"
    )
    inferred = need.says.is_inferred or "necessity" in need.says.inferred_fields
    return Said(text, "inferred" if inferred and need.necessity else need.says.status)


def level_in_words(framework: Framework, need: Requirement) -> str:
    """The level at which a skill is asked for, as "direct support level"; empty where none is stated."""
    level = skill_level(framework, need)
    return level.label.rpartition(", ")[2] if level else ""


def said_level(framework: Framework, needs: Sequence[Requirement]) -> Said | None:
    """The sentence that says the one level at which all of these skills are asked for; None where there is none."""
    level = level_of_all(framework, needs)
    if not level:
        return None
    skills = [one for one in needs if one.kind == "skill"]
    inferred = any(one.says.is_inferred or "skill_level" in one.says.inferred_fields for one in skills)
    text = f"All skills are asked for at {level}."
    return Said(text, "inferred" if inferred else skills[0].says.status)


def level_of_all(framework: Framework, needs: Iterable[Requirement]) -> str:
    """The one level at which all of these skills are asked for; empty where there are several."""
    levels = {level_in_words(framework, one) for one in needs if one.kind == "skill"}
    return levels.pop() if len(levels) == 1 else ""


def in_order(needs: Iterable[Requirement]) -> list[Requirement]:
    """Essential first, then desirable, then gained in post, otherwise as they come."""
    order = ("essential", "desirable", "gained-in-post")
    return sorted(needs, key=lambda one: order.index(one.necessity) if one.necessity in order else len(order))


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
