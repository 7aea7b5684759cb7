"""Skills, values, experience and qualifications."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from cmh_graph.model.keys import EducationLevelKey, FrameworkLevelKey, Iri, Key, QualificationForm
from cmh_graph.model.things import Ref, Says, Thing


@dataclass(frozen=True, slots=True, kw_only=True)
class IStatement:
    """A level of a skill in the words of its holder ("I listen ...")."""

    key: Key
    iri: Iri
    text: str
    says: Says


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillLevel(Thing):
    """A skill at one framework level, where its "I" statements hang."""

    skill: Ref
    level: FrameworkLevelKey
    i_statements: tuple[IStatement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillGroup(Thing):
    """A heading that skills are listed under; our grouping."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill(Thing):
    """Something a person can do, and its levels from direct support upwards."""

    alternatives: tuple[str, ...]
    group: Ref | None
    levels: tuple[SkillLevel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Background(Thing):
    """Work or life outside mental health, and the skills people bring from it."""

    builds_skills: tuple[Ref, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueSet(Thing):
    """A named list of values, for example the NHS Constitution's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value(Thing):
    """A value, the sets that name it, and values close to it in other sets."""

    sets: tuple[Ref, ...]
    close_to: tuple[Ref, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Experience(Thing):
    """A kind of experience that a role may ask for; never a fact about a person. gained_in: roles that give it."""

    is_lived_experience: bool
    gained_in: tuple[Ref, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualification(Thing):
    """A qualification, apprenticeship standard or registration.

    met_by: any one of these gives it. code: the standard's ST number. Months and pounds are as on checked_on;
    funding_notes say where public funding has ended: approved is not funded."""

    form: QualificationForm
    qualification_kind: str
    education_levels: tuple[EducationLevelKey, ...]
    level_as_stated: str | None
    alternatives: tuple[str, ...]
    registers: tuple[Ref, ...]
    met_by: tuple[Ref, ...]
    code: str | None
    lars_code: str | None
    typical_duration_months: int | None
    maximum_funding_gbp: int | None
    typical_job_titles: tuple[str, ...]
    funding_notes: tuple[str, ...]
    checked_on: datetime.date | None
