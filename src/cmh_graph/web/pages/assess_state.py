"""A self-assessment: what a person said of themselves, and the steps in which a role asks them.

Method: docs/decisions/0035-self-assessment-in-the-form.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from cmh_graph.framework import Framework
from cmh_graph.model import IStatement, Key, Ref, Requirement, Role, Skill, SkillLevel
from cmh_graph.papers.asked import skill_level, statements
from cmh_graph.papers.passport import RATINGS
from cmh_graph.pathways.choices import refuse_grouping
from cmh_graph.pathways.gap import is_check
from cmh_graph.pathways.holding import level_orders
from cmh_graph.web.pages.have import NEVER_ASKED

#: Ratings from which on a skill counts as had; the one before counts in part.
HAD: Final = frozenset(RATINGS[2:])
PART: Final = RATINGS[1]
#: Skills on one page: what a thumb scrolls through without losing the thread.
_ON_A_PAGE: Final = 5
#: Kinds of thing that are ticked, not rated.
TICKED: Final = ("experience", "qualification")
_LEVEL: Final = "skill-level/"
_SKILL: Final = "skill/"


@dataclass(frozen=True, slots=True)
class Answer:
    """Of one entry: the rating in words, "" where none was given; and what the person wrote in a passport."""

    rating: str = ""
    evidence: str = ""
    badge: str = ""


@dataclass(frozen=True, slots=True)
class Assessment:
    """answers: key of an entry -> what was said, also of entries that this role does not ask for. held: kind of thing
    -> keys that were ticked; None where that page was never answered."""

    role: str
    answers: Mapping[str, Answer] = field(default_factory=dict)
    held: Mapping[str, tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A skill at the level that a role asks for. key: as the passport has it. other_levels: the rest, for reading."""

    key: str
    need: Requirement
    skill: Skill
    level: SkillLevel | None
    statements: tuple[IStatement, ...]
    other_levels: tuple[SkillLevel, ...]

    @property
    def is_essential(self) -> bool:
        return self.need.necessity not in ("desirable", "gained-in-post")


@dataclass(frozen=True, slots=True)
class Step:
    """One page of the form: skills to rate, or, where there are none, things to tick."""

    number: int
    title: str
    entries: tuple[Entry, ...] = ()
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to tick: a kind of experience or a qualification."""

    kind: str
    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Carried:
    """What an earlier answer says about an entry. counts: it was given for this level or a higher one of the skill."""

    rating: str
    level: str
    counts: bool


def role_to_assess(framework: Framework, key: str) -> Role:
    """The role. Raises UnknownThing, and BadParameter for a group of roles."""
    role = framework.role(key)
    refuse_grouping(role, "role")
    return role


def entries_of(framework: Framework, role: Role) -> tuple[Entry, ...]:
    """The skills that a role asks for, essential ones first, then by group and name. What tells of lived experience is
    left out: it is for conversation."""
    found = [
        _entry(framework, need)
        for need in role.requirements
        if need.kind == "skill" and need.asks_for is not None and not is_private(need.asks_for)
    ]
    order = {"desirable": 1, "gained-in-post": 2}

    def place(entry: Entry) -> tuple[int, str, str]:
        group = entry.skill.group.label if entry.skill.group else "~"
        return order.get(entry.need.necessity or "", 0), group.casefold(), entry.skill.label.casefold()

    return tuple(sorted(found, key=place))


def is_private(ref: Ref) -> bool:
    """Whether asking for it would ask for lived experience."""
    return (ref.kind, str(ref.key)) in NEVER_ASKED


def _entry(framework: Framework, need: Requirement) -> Entry:
    assert need.asks_for is not None
    skill, level = framework.skill(need.asks_for.key), skill_level(framework, need)
    return Entry(
        f"{_LEVEL}{level.key}" if level else f"{_SKILL}{skill.key}",
        need,
        skill,
        level,
        statements(framework, need),
        tuple(one for one in skill.levels if level is None or one.key != level.key),
    )


def steps_of(framework: Framework, role: Role) -> tuple[Step, ...]:
    """The pages of the form, in order."""
    entries = entries_of(framework, role)
    pages: list[tuple[str, tuple[Entry, ...]]] = []
    for essential, name in ((True, "Essential skills"), (False, "Skills that are welcome")):
        parts = list(_even([one for one in entries if one.is_essential is essential]))
        for number, part in enumerate(parts, 1):
            pages.append((f"{name}, part {number} of {len(parts)}" if len(parts) > 1 else name, part))
    made = [Step(number, title, part) for number, (title, part) in enumerate(pages, 1)]
    choices = choices_of(framework, role)
    if choices:
        made.append(Step(len(made) + 1, "Experience and qualifications", (), choices))
    return tuple(made)


def _even(entries: Sequence[Entry]) -> Iterator[tuple[Entry, ...]]:
    """The entries in as few parts as there must be, of nearly the same length."""
    parts = -(-len(entries) // _ON_A_PAGE)
    for number in range(parts):
        yield tuple(entries[len(entries) * number // parts : len(entries) * (number + 1) // parts])


def choices_of(framework: Framework, role: Role) -> tuple[Choice, ...]:
    """The experience and qualifications that a role asks for, and what gives those; no lived experience, no checks."""
    found: dict[tuple[str, str], Choice] = {}
    for need in role.requirements:
        for member in need.any_of or (need,):
            ref = member.asks_for
            if ref is None or member.kind == "none-required" or ref.kind not in TICKED:
                continue
            gives = framework.qualification(ref.key).met_by if ref.kind == "qualification" else ()
            for each in (ref, *gives):
                if each.kind in TICKED and _can_be_ticked(framework, each):
                    found.setdefault((each.kind, each.key), Choice(each.kind, each.key, each.label))
    order = sorted(found.values(), key=lambda one: (TICKED.index(one.kind), one.label.casefold()))
    return tuple(order)


def _can_be_ticked(framework: Framework, ref: Ref) -> bool:
    if is_private(ref) or is_check(framework, ref):
        return False
    experience = framework.experiences.get(ref.key) if ref.kind == "experience" else None
    return ref.key != "none" and not (experience is not None and experience.is_lived_experience)


def can_be_held(framework: Framework, kind: str, key: str) -> bool:
    """Whether a file may say that a person has this: it exists, and some role could have asked for it."""
    if kind not in TICKED or key not in framework.things(kind):
        return False
    thing = framework.find(kind, key)
    return _can_be_ticked(framework, Ref(kind, thing.key, thing.label))


def levels_of(framework: Framework) -> dict[str, tuple[Skill, SkillLevel]]:
    """Key of a skill level -> the skill and the level."""
    return {str(level.key): (skill, level) for skill in framework.skills.values() for level in skill.levels}


def carried(framework: Framework, assessment: Assessment, entry: Entry) -> Carried | None:
    """What was said of another level of the same skill, where nothing was said of this one. The nearest level above
    counts here too; one below is a hint only."""
    if entry.level is None or assessment.answers.get(entry.key, Answer()).rating:
        return None
    orders = level_orders(framework)
    wanted = orders[Key(entry.level.level)]
    above: list[tuple[int, str, str]] = []
    below: list[tuple[int, str, str]] = []
    for level in entry.other_levels:
        rating = assessment.answers.get(f"{_LEVEL}{level.key}", Answer()).rating
        if rating:
            height = orders[Key(level.level)]
            (above if height > wanted else below).append((abs(height - wanted), level.label, rating))
    for found, counts in ((above, True), (below, False)):
        if found:
            _, label, rating = min(found)
            return Carried(rating, label.rpartition(", ")[2] or label, counts)
    return None


def rating_of(framework: Framework, assessment: Assessment, entry: Entry) -> str:
    """The rating that counts for an entry: its own, or one given for a higher level; "" where there is none."""
    own = assessment.answers.get(entry.key, Answer()).rating
    if own:
        return own
    other = carried(framework, assessment, entry)
    return other.rating if other is not None and other.counts else ""


def taken_over(framework: Framework, assessment: Assessment, role: Role) -> Assessment:
    """The same person held up to another role: all answers go along."""
    return replace(assessment, role=str(role.key))


def rated_skills(framework: Framework, assessment: Assessment) -> list[str]:
    """The skills that a person has, each at its level, as holding_of_person takes them."""
    levels: Mapping[str, Any] = levels_of(framework)
    found = []
    for key, answer in assessment.answers.items():
        if answer.rating not in HAD:
            continue
        if key.startswith(_LEVEL) and key.removeprefix(_LEVEL) in levels:
            skill, level = levels[key.removeprefix(_LEVEL)]
            found.append(f"{skill.key}:{level.level}")
        elif key.startswith(_SKILL) and Key(key.removeprefix(_SKILL)) in framework.skills:
            found.append(key.removeprefix(_SKILL))
    return found
