"""Roles by what a person has: a form whose answers are held nowhere, and the roles by the size of the gap.

Method: docs/decisions/0014-gaps-and-progressions.md. Lived experience is never asked for: whoever offers it in an
application does so in their own words, to people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from cmh_graph.errors import BadParameter
from cmh_graph.framework import Framework
from cmh_graph.model import Key, Skill, Thing
from cmh_graph.pathways.gap import WEIGHTS, Gap, Need, gap, is_check
from cmh_graph.pathways.holding import holding_of_person, level_orders
from cmh_graph.web.wording import labels_of

#: Longest body of the form in bytes: every box ticked is 8,000.
LONGEST: Final = 20_000
_MOST_TICKED: Final = 400
#: Field of the form -> its kind of thing.
FIELDS: Final = {
    "skill": "skill",
    "experience": "experience",
    "qualification": "qualification",
    "background": "background",
}
_LEVEL: Final = "level"
#: What only people with lived experience can have, or what tells of it: nobody is asked for it, and nobody lacks it.
NEVER_ASKED: Final = frozenset(
    {
        ("background", "lived-experience"),
        ("skill", "share-lived"),
        # Peer workers work from their own lived experience; recovery colleges are for people who use services.
        ("experience", "peer-work"),
        ("experience", "recovery-college"),
    }
)
#: What is missing is named up to here, then counted.
_NAMED: Final = 6


@dataclass(frozen=True, slots=True)
class Ticked:
    """What a person ticked: keys by field, and the level at which they have their skills, "" where not said."""

    keys: Mapping[str, tuple[str, ...]]
    level: str

    def __bool__(self) -> bool:
        return any(self.keys.values())


def read_ticked(framework: Framework, pairs: Sequence[tuple[str, str]]) -> Ticked:
    """The answers among the fields of the form. Raises BadParameter for what nobody can tick there."""
    if len(pairs) > _MOST_TICKED:
        raise BadParameter(
            "the form has more answers than boxes", where="body", mend="send it from the page /have"
        )
    offered = {field: frozenset(one.key for one in _offered(framework, field)) for field in FIELDS}
    keys: dict[str, dict[str, None]] = {field: {} for field in FIELDS}
    level = ""
    for name, value in pairs:
        if name == _LEVEL and (not value or value in _levels(framework)):
            level = value
        elif name in FIELDS and value in offered[name]:
            keys[name][value] = None
        else:
            # What was sent is not repeated: it may be about a person.
            raise BadParameter(
                "the form holds an answer that is not offered there",
                where="body",
                mend="send it from the page /have",
            )
    return Ticked({field: tuple(found) for field, found in keys.items()}, level)


def have_page(framework: Framework, ticked: Ticked | None = None) -> dict[str, Any]:
    """What have.html shows. ticked: the answers that were sent; None for the form alone."""
    page: dict[str, Any] = {
        "section": "/have",
        "crumbs": [{"text": "Home", "href": "/"}],
        "title": "Find roles by what you have",
        "groups": list(_groups(framework, ticked)),
        "levels": [
            {"value": key, "text": name, "chosen": ticked is not None and ticked.level == key}
            for key, name in _levels(framework).items()
        ],
        "is_empty": ticked is not None and not ticked,
    }
    if ticked:
        known, unknown = _fits(framework, ticked)
        page |= {
            "title": "Roles by what you have",
            "count": _count(ticked),
            "fits": known,
            "unknown": unknown,
        }
    return page


def _count(ticked: Ticked) -> int:
    return sum(map(len, ticked.keys.values()))


def _levels(framework: Framework) -> Mapping[Key, str]:
    """Levels at which skills are described, lowest first -> their names."""
    described = {Key(level.level) for skill in framework.skills.values() for level in skill.levels}
    keys = [key for key, _ in sorted(level_orders(framework).items(), key=lambda pair: pair[1])]
    found = [key for key in keys if key in described]
    return dict(zip(found, labels_of(framework, "framework-level", found), strict=True))


def _offered(framework: Framework, field: str) -> list[Any]:
    """The things that can be ticked, by name."""
    things: Iterable[Any] = framework.things(FIELDS[field]).values()
    if field == "experience":
        # "None needed" is something a role says, not something a person has.
        things = (one for one in things if not one.is_lived_experience and one.key != "none")
    elif field == "qualification":
        asked = _qualifications_that_count(framework)
        things = (one for one in things if one.key in asked)
    asked_for = (one for one in things if (FIELDS[field], one.key) not in NEVER_ASKED)
    return sorted(asked_for, key=lambda one: one.label.casefold())


def _qualifications_that_count(framework: Framework) -> frozenset[str]:
    """Those that some role asks for, or that give one of those; checks are the employer's matter."""
    asked = {
        member.asks_for.key: member.asks_for
        for role in framework.roles.values()
        for need in role.requirements
        for member in (need.any_of or (need,))
        if member.asks_for is not None and member.asks_for.kind == "qualification"
    }
    found = {key for key, ref in asked.items() if not is_check(framework, ref)}
    return frozenset(found | {ref.key for key in found for ref in framework.qualification(key).met_by})


def _groups(framework: Framework, ticked: Ticked | None) -> Iterator[dict[str, Any]]:
    """The questions, each with its choices in folds."""
    for field, name, hint in (
        ("background", "Where you come from", "Work or life outside mental health brings skills with it."),
        ("experience", "Experience", ""),
        ("skill", "Skills", "Open a group to see its skills. Tick what you can do already."),
        ("qualification", "Qualifications and registration", "Many roles ask for none."),
    ):
        folds: dict[str, list[dict[str, Any]]] = defaultdict(list)
        chosen = frozenset(ticked.keys[field]) if ticked is not None else frozenset()
        for thing in _offered(framework, field):
            folds[_fold(framework, thing)].append(
                {"value": thing.key, "text": thing.label, "ticked": thing.key in chosen}
            )
        yield {
            "field": field,
            "name": name,
            "hint": hint,
            "folds": [
                {"name": fold, "choices": choices, "ticked": sum(one["ticked"] for one in choices)}
                for fold, choices in sorted(folds.items(), key=lambda pair: pair[0].casefold())
            ],
        }


def _fold(framework: Framework, thing: Thing) -> str:
    if isinstance(thing, Skill):
        return thing.group.label if thing.group else "Other skills"
    kind = getattr(thing, "qualification_kind", None)
    return labels_of(framework, "qualification-kind", [kind])[0] if kind else ""


def _fits(framework: Framework, ticked: Ticked) -> tuple[list[dict[str, Any]], list[Thing]]:
    """Roles by the size of the gap, and those of which nobody says what is essential."""
    holding = holding_of_person(
        framework,
        skills=[_at_level(framework, key, ticked.level) for key in ticked.keys["skill"]],
        experiences=ticked.keys["experience"],
        qualifications=ticked.keys["qualification"],
        backgrounds=ticked.keys["background"],
    )
    found = [gap(framework, holding, role) for role in framework.roles.values() if role.form != "grouping"]
    found = [_without_lived_experience(one) for one in found]
    known = [one for one in found if one.essential]
    known.sort(key=lambda one: (one.size, -_share(one), one.role.label.casefold()))
    unknown = [one.role for one in found if not one.essential]
    return [_fit(one) for one in known], sorted(unknown, key=lambda one: one.label.casefold())


def _without_lived_experience(found: Gap) -> Gap:
    """The gap without what was not asked for: that is for conversation, as the role's values are."""
    left = tuple(one for one in found.essential if not _is_lived(one))
    return replace(
        found,
        essential=left,
        spoken_of=(*found.spoken_of, *(one for one in found.essential if _is_lived(one))),
    )


def _is_lived(need: Need) -> bool:
    return need.asks_for is not None and (need.asks_for.kind, need.asks_for.key) in NEVER_ASKED


def _at_level(framework: Framework, key: str, level: str) -> str:
    """A skill with the highest of its levels that is not above the one claimed."""
    orders = level_orders(framework)
    if not level:
        return key
    below = [one.level for one in framework.skill(key).levels if orders[Key(one.level)] <= orders[Key(level)]]
    return f"{key}:{max(below, key=lambda one: orders[Key(one)])}" if below else key


def _had(found: Gap) -> int:
    return sum(one.state == "have" for one in found.essential)


def _share(found: Gap) -> float:
    return _had(found) / len(found.essential)


def _fit(found: Gap) -> dict[str, Any]:
    by_state: Mapping[str, Sequence[Need]] = {
        state: [one for one in found.essential if one.state == state] for state in (*WEIGHTS, "not known")
    }
    missing = [_name(one) for one in by_state["missing"]]
    return {
        "role": found.role,
        "asked": len(found.essential),
        "had": _had(found),
        "missing": missing[:_NAMED],
        "more": missing[_NAMED:],
        "partly": [_name(one) for one in by_state["partly"]],
        "unclear": [_name(one) for one in by_state["not known"]],
        "talked": [_name(one) for one in found.spoken_of],
    }


def _name(need: Need) -> str:
    if need.members:
        return "one of: " + ", ".join(map(_name, need.members))
    return need.asks_for.label if need.asks_for else need.requirement.kind.replace("-", " ")
