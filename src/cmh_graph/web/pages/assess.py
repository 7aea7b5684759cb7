"""What the pages of the self-assessment show."""

from __future__ import annotations

from typing import Any, Final

from cmh_graph.framework import Framework
from cmh_graph.model import Role
from cmh_graph.papers.passport import RATINGS
from cmh_graph.web.pages.assess_file import Opened, write_file
from cmh_graph.web.pages.assess_result import result_values
from cmh_graph.web.pages.assess_state import (
    Answer,
    Assessment,
    Entry,
    Step,
    carried,
    entries_of,
    levels_of,
    rating_of,
    steps_of,
)
from cmh_graph.web.pages.find import goals

PATH: Final = "/assess"
#: Rating -> what it means, for reading.
_MEANINGS: Final = dict(
    zip(
        RATINGS,
        (
            "I have not done this",
            "I can do this with someone beside me",
            "I can do this by myself",
            "I do this well and can help others with it",
        ),
        strict=True,
    )
)


def _page(title: str, *crumbs: tuple[str, str]) -> dict[str, Any]:
    return {
        "section": PATH,
        "title": title,
        "crumbs": [{"text": name, "href": address} for name, address in (("Home", "/"), *crumbs)],
    }


def choose_page(framework: Framework, problem: dict[str, str] | None = None) -> dict[str, Any]:
    """The page on which a person chooses a role or opens their file. problem: what, mend of a file that was refused."""
    return {**_page("See where you are against a role"), "choices": goals(framework), "problem": problem}


def role_page(framework: Framework, role: Role) -> dict[str, Any]:
    """The page of one role before the first step."""
    return _overview(framework, Assessment(str(role.key)))


def opened_page(framework: Framework, opened: Opened) -> dict[str, Any]:
    """The page of a role with what came along in a file, or from another role."""
    page = _overview(framework, opened.assessment)
    return {**page, "came": True, "notes": opened.notes, "lost": opened.lost}


def _overview(framework: Framework, assessment: Assessment) -> dict[str, Any]:
    role = framework.role(assessment.role)
    entries, steps = entries_of(framework, role), steps_of(framework, role)
    asked = {entry.key for entry in entries}
    levels = levels_of(framework)
    beside = [
        levels[name][1].label if kind == "skill-level" else name.replace("-", " ")
        for key, answer in sorted(assessment.answers.items())
        for kind, _, name in (key.partition("/"),)
        if key not in asked and answer.rating and (kind != "skill-level" or name in levels)
    ]
    return {
        **_page(f"Where you are: {role.label}", ("Self-assessment", PATH)),
        **_form(framework, assessment),
        "role": role,
        "skills": len(entries),
        "essential": sum(entry.is_essential for entry in entries),
        "steps": [_step(framework, assessment, one) for one in steps],
        "said": [
            {"name": _name(entry), "rating": rating}
            for entry in entries
            if (rating := rating_of(framework, assessment, entry))
        ],
        "hints": [
            {"name": _name(entry), "rating": other.rating, "level": other.level}
            for entry in entries
            if (other := carried(framework, assessment, entry)) is not None
            and not other.counts
            and other.rating != RATINGS[0]
        ],
        "beside": beside,
    }


def step_page(framework: Framework, assessment: Assessment, number: int) -> dict[str, Any]:
    """One step of the form. number: from 1; the nearest step if there is no such one."""
    role = framework.role(assessment.role)
    steps = steps_of(framework, role)
    step = steps[min(max(number, 1), len(steps)) - 1]
    held = assessment.held or {}
    return {
        **_page(
            f"{step.title}: {role.label}", ("Self-assessment", PATH), (role.label, f"{PATH}?role={role.key}")
        ),
        **_form(framework, assessment),
        "role": role,
        "step": step,
        "last": len(steps),
        "steps": [_step(framework, assessment, one) for one in steps],
        "ratings": [{"value": rating, "text": rating, "hint": _MEANINGS[rating]} for rating in RATINGS],
        "entries": [_entry(framework, assessment, one) for one in step.entries],
        "groups": [
            {
                "kind": kind,
                "name": name,
                "choices": [
                    {"key": one.key, "text": one.label, "ticked": one.key in held.get(kind, ())}
                    for one in step.choices
                    if one.kind == kind
                ],
            }
            for kind, name in (
                ("experience", "Experience that you have"),
                ("qualification", "Qualifications and registration that you have"),
            )
        ],
        "answered": sum(bool(rating_of(framework, assessment, one)) for one in entries_of(framework, role)),
        "skills": len(entries_of(framework, role)),
    }


def result_page(framework: Framework, assessment: Assessment) -> dict[str, Any]:
    """What the answers come to."""
    role = framework.role(assessment.role)
    return {
        **_page(
            f"Your result: {role.label}", ("Self-assessment", PATH), (role.label, f"{PATH}?role={role.key}")
        ),
        **_form(framework, assessment),
        **result_values(framework, assessment),
        "role": role,
        "steps": [_step(framework, assessment, one) for one in steps_of(framework, role)],
        "choices": [one for one in goals(framework) if one["value"] != role.key],
    }


def _form(framework: Framework, assessment: Assessment) -> dict[str, Any]:
    return {"file": write_file(framework, assessment, short=True), "role_key": assessment.role}


def _step(framework: Framework, assessment: Assessment, step: Step) -> dict[str, Any]:
    answered = sum(bool(rating_of(framework, assessment, entry)) for entry in step.entries)
    if step.entries:
        state = f"{answered} of {len(step.entries)} answered"
    else:
        state = "answered" if assessment.held is not None else "not answered"
    return {"number": step.number, "title": step.title, "state": state}


def _entry(framework: Framework, assessment: Assessment, entry: Entry) -> dict[str, Any]:
    other = carried(framework, assessment, entry)
    return {
        "key": entry.key,
        "id": entry.key.replace("/", "-"),
        "name": entry.skill.label,
        "level": _level(entry),
        "definition": entry.skill.definition,
        "says": entry.need.says,
        "is_essential": entry.is_essential,
        "statements": entry.statements,
        "others": [
            {"name": one.label.rpartition(", ")[2], "statements": one.i_statements}
            for one in entry.other_levels
        ],
        "rating": rating_of(framework, assessment, entry),
        "carried": other,
        "note": assessment.answers.get(entry.key, Answer()).evidence,
    }


def _level(entry: Entry) -> str:
    return entry.level.label.rpartition(", ")[2] if entry.level else ""


def _name(entry: Entry) -> str:
    level = _level(entry)
    return f"{entry.skill.label} ({level})" if level else entry.skill.label
