"""What the graph speaks of, as frozen dataclasses: roles, requirements, skills, bands, steps and who says so.

A thing is known by its key, the last part of its IRI. A link to another thing is a Ref (kind, key and label);
a concept of a closed scheme (a band, a level, a status) is its bare key. Lists are in order of their labels,
or of their own order field. None means that the catalogue does not say; False means that it says no.

Every sourced thing has `says`: its status, its sources, and those of its fields that are our own judgement
even where the status is better than "inferred".
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Literal, NewType, TypeAlias

Iri = NewType("Iri", str)
#: A thing's key, unique within its kind.
Key = NewType("Key", str)

SourceKey = NewType("SourceKey", str)
BandKey = NewType("BandKey", str)
FrameworkLevelKey = NewType("FrameworkLevelKey", str)
EducationLevelKey = NewType("EducationLevelKey", str)
AhpStageKey = NewType("AhpStageKey", str)
FamilyKey = NewType("FamilyKey", str)
SettingKey = NewType("SettingKey", str)
EmployerTypeKey = NewType("EmployerTypeKey", str)
CountryKey = NewType("CountryKey", str)
SkillLevelKey = NewType("SkillLevelKey", str)

Status: TypeAlias = Literal["seed", "public", "inferred", "confirmed"]
Necessity: TypeAlias = Literal["essential", "desirable", "gained-in-post"]
RoleForm: TypeAlias = Literal["job", "trainee", "function", "grouping"]
RequirementKind: TypeAlias = Literal[
    "skill", "value", "experience", "qualification", "registration", "any-of", "none-required"
]
QualificationForm: TypeAlias = Literal["qualification", "apprenticeship", "registration"]


@dataclass(frozen=True, slots=True)
class Says:
    """Who says it. inferred_fields: fields that are our own judgement, whatever the status."""

    status: Status
    sources: tuple[SourceKey, ...]
    inferred_fields: tuple[str, ...] = ()

    @property
    def is_inferred(self) -> bool:
        """Whether the whole statement is our judgement, to be marked wherever it is shown."""
        return self.status == "inferred"


@dataclass(frozen=True, slots=True)
class Ref:
    """A link to another thing: its kind as in its IRI ("skill", "role", ...), its key and its label."""

    kind: str
    key: Key
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What everything with a key has. says is None only for plain concepts of a scheme, and for sources.

    remarks: doubts, rules and facts about this thing, its kind, or the kinds of statement it is made of."""

    key: Key
    iri: Iri
    label: str
    definition: str | None = None
    notes: tuple[str, ...] = ()
    says: Says | None = None
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark(Thing):
    """A doubt, rule, fact or problem that readers must be shown with what it is about.

    about: things, whole schemes (kind "vocab") or whole classes (kind "class", for example IStatement)."""

    remark_kind: str
    text: str
    about: tuple[Ref, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept(Thing):
    """One entry of a closed scheme, for example necessity "essential". Only AHP stages say what they expect."""

    scheme: Key
    order: int | None = None
    notation: str | None = None
    alternatives: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    education_expected: str | None = None
    experience_expected: str | None = None
    values_expected: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary(Thing):
    """A closed scheme and its concepts in order."""

    concepts: tuple[Concept, ...]


# Roles


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What a role asks for.

    asks_for: the skill, value, experience, qualification or registration; None for an any-of group.
    skill_level: for skills, the level at which it is asked. any_of: members of which one is enough.
    A "none-required" states that nothing is asked for and has no necessity."""

    key: Key
    iri: Iri
    kind: RequirementKind
    asks_for: Ref | None
    necessity: Necessity | None
    skill_level: SkillLevelKey | None = None
    any_of: tuple[Requirement, ...] = ()
    settings: tuple[SettingKey, ...] = ()
    employer_types: tuple[EmployerTypeKey, ...] = ()
    notes: tuple[str, ...] = ()
    says: Says


@dataclass(frozen=True, slots=True, kw_only=True)
class Regulation:
    """The legal position of a role in a country. An accredited register is voluntary and not statutory."""

    key: Key
    iri: Iri
    is_regulated: bool
    registers: tuple[Ref, ...]
    accredited_registers: tuple[Ref, ...]
    protected_titles: tuple[str, ...]
    applies_in: tuple[CountryKey, ...]
    notes: tuple[str, ...] = ()
    says: Says


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a role is found: settings, kinds of employer, or both."""

    key: Key
    iri: Iri
    settings: tuple[SettingKey, ...]
    employer_types: tuple[EmployerTypeKey, ...]
    notes: tuple[str, ...] = ()
    says: Says


@dataclass(frozen=True, slots=True, kw_only=True)
class BandAssignment:
    """The pay bands given to a role (several are a range), in general if assigned_by is None."""

    key: Key
    iri: Iri
    bands: tuple[BandKey, ...]
    pay_scheme: Ref | None
    assigned_by: Ref | None
    date: str | None
    notes: tuple[str, ...] = ()
    says: Says


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleMeaning:
    """That a job title means a role, in general or with some kinds of employer."""

    key: Key
    iri: Iri
    title: Ref
    role: Ref
    employer_types: tuple[EmployerTypeKey, ...] = ()
    notes: tuple[str, ...] = ()
    says: Says


@dataclass(frozen=True, slots=True, kw_only=True)
class Title(Thing):
    """A job title of an employer or collection, and the roles it can mean."""

    belongs_to: Ref | None
    meanings: tuple[TitleMeaning, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A match between a role and a code of another body; target is None where that body has no such role."""

    key: Key
    iri: Iri
    role: Ref
    relation: str
    target: Iri | None
    target_label: str | None
    scheme: Key | None
    justification: str | None
    notes: tuple[str, ...] = ()
    says: Says


@dataclass(frozen=True, slots=True, kw_only=True)
class Role(Thing):
    """A kind of work in community mental health. form "grouping" is never offered as a job.

    level: framework role level, which is neither a band nor a career level.
    rolls_up_to: the wider role that title matching may answer instead. is_match_target: whether it may be
    answered itself.
    is_regulated, bands, settings and employer_types sum up the statements below them: regulated in any
    country we speak of; bands given by anyone, lowest first. No band or level implies regulation."""

    form: RoleForm
    level: FrameworkLevelKey | None
    family: FamilyKey | None
    clinical_contact: str | None
    is_paid: bool | None
    is_regulated: bool | None
    bands: tuple[BandKey, ...]
    settings: tuple[SettingKey, ...]
    employer_types: tuple[EmployerTypeKey, ...]
    rolls_up_to: Ref | None
    is_match_target: bool | None
    ahp_stages: tuple[AhpStageKey, ...]
    named_in_framework: tuple[SourceKey, ...]
    entered_by: tuple[Ref, ...]
    regulation: tuple[Regulation, ...]
    placements: tuple[Placement, ...]
    band_assignments: tuple[BandAssignment, ...]
    titles: tuple[TitleMeaning, ...]
    requirements: tuple[Requirement, ...]
    matches: tuple[Match, ...] = ()


# Skills, values, experience, qualifications


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
    """A kind of experience that a role may ask for; never a fact about a person."""

    is_lived_experience: bool


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


# Scales


@dataclass(frozen=True, slots=True, kw_only=True)
class PayPoints:
    """What a band paid in one year, in pounds a year, lowest first. Never to be shown without the year."""

    key: Key
    iri: Iri
    pay_year: str
    amounts_gbp: tuple[int, ...]
    notes: tuple[str, ...] = ()
    says: Says


@dataclass(frozen=True, slots=True, kw_only=True)
class JobProfile(Thing):
    """A national job evaluation profile and the bands it sits at."""

    bands: tuple[BandKey, ...]
    profile_group: str | None
    date: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAcross:
    """A statement that a point on one scale corresponds to one on another: a guide, not a derivation."""

    key: Key
    iri: Iri
    from_scale: Ref
    to_scale: Ref
    notes: tuple[str, ...] = ()
    says: Says


@dataclass(frozen=True, slots=True, kw_only=True)
class Band(Thing):
    """An NHS Agenda for Change pay band. closed_on: the day from which it takes no new staff."""

    notation: str
    order: int
    alternatives: tuple[str, ...]
    examples: tuple[str, ...]
    closed_on: datetime.date | None
    pay_points: tuple[PayPoints, ...]
    job_profiles: tuple[Ref, ...]
    read_across: tuple[ReadAcross, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PayEquivalent(Thing):
    """A level of pay outside the NHS; a rough guide, never a way to derive a band."""

    employer_types: tuple[EmployerTypeKey, ...]
    read_across: tuple[ReadAcross, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AhpDomain(Thing):
    """A domain of the allied health support worker framework, or a heading within one."""

    order: int
    within: Ref | None


# Regulation


@dataclass(frozen=True, slots=True, kw_only=True)
class Register(Thing):
    """A statutory regulator, an accredited (voluntary) register, or the body that oversees them."""

    register_kind: str
    applies_in: tuple[CountryKey, ...]
    protected_titles: tuple[str, ...]
    professions_covered: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A rung of the ladder to a profession: an education level, and standards that reach it."""

    key: Key
    iri: Iri
    order: int
    education_level: EducationLevelKey | None
    by_qualifications: tuple[Ref, ...]
    notes: tuple[str, ...] = ()
    says: Says


@dataclass(frozen=True, slots=True, kw_only=True)
class Profession(Thing):
    """An allied health profession; a post in it is a role."""

    registers: tuple[Ref, ...]
    protected_titles: tuple[str, ...]
    practised_as: tuple[Ref, ...]
    relevance: str | None
    rungs: tuple[Rung, ...]


# Pathways


@dataclass(frozen=True, slots=True, kw_only=True)
class Route(Thing):
    """A way in or on: volunteering, an apprenticeship, promotion. Durations are in months."""

    wider_routes: tuple[Ref, ...]
    is_training: bool | None
    minimum_months: int | None
    maximum_months: int | None
    from_bands: tuple[BandKey, ...]
    to_bands: tuple[BandKey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Position(Thing):
    """A place that is not a role of the catalogue where people stand before, between or after roles."""

    is_registered: bool | None
    is_training: bool | None
    is_outside_paid_work: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Thing):
    """A move from one position to another. Its label is made of the labels of the two.

    needs: all of these; needs_one_of: any of these. Durations are in months and come from duration_from."""

    from_position: Ref
    to_position: Ref
    step_kind: str
    via_routes: tuple[Ref, ...]
    needs: tuple[Ref, ...]
    needs_one_of: tuple[Ref, ...]
    minimum_months: int | None
    maximum_months: int | None
    duration_from: tuple[Ref, ...]
    offered_by: tuple[Ref, ...]
    pathways: tuple[Ref, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One step of a pathway and its place in the order."""

    order: int
    step: Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Pathway(Thing):
    """A known career line, as its steps in order."""

    stages: tuple[Stage, ...]


# Organisations, resources, evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationUse:
    """What an organisation does or plans; "framework" uses this framework, "own-work" is its own."""

    key: Key
    iri: Iri
    kind: Literal["framework", "own-work"]
    state: str
    text: str
    notes: tuple[str, ...] = ()
    says: Says


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStudy(Thing):
    """What an employer did or plans, and what it hoped for."""

    organisation: Ref
    state: str
    action: str
    intended_outcome: str
    themes: tuple[Ref, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation(Thing):
    """An employer or other body. relation: partner, owner or comparator of the framework."""

    alternatives: tuple[str, ...]
    employer_type: EmployerTypeKey | None
    relation: str | None
    succeeded_by: tuple[Ref, ...]
    uses: tuple[OrganisationUse, ...]
    case_studies: tuple[CaseStudy, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience(Thing):
    """A group of people the framework is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme(Thing):
    """A theme of recruitment and retention, and what it includes."""

    includes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTask(Thing):
    """What one kind of user comes to do."""

    user: str
    text: str
    audiences: tuple[Ref, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource(Thing):
    """A guide, platform, framework or report: for whom, and for which roles."""

    resource_kind: str
    url: str | None
    audiences: tuple[Ref, ...]
    themes: tuple[Ref, ...]
    roles: tuple[Ref, ...]
    bands: tuple[BandKey, ...]
    supports_planning: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number, what it measures, its unit, population and date. qualifier: "about", "estimate" ..."""

    key: Key
    iri: Iri
    measures: str
    value: float
    unit: str
    population: str
    qualifier: str | None
    date: str | None
    says: Says


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence(Thing):
    """A finding with its figures."""

    text: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(Thing):
    """A document or page that facts come from. source_kind is the status of what it says."""

    source_kind: Status
    publisher: str | None
    url: str | None
    date: str | None
    rights: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme(Thing):
    """A code scheme of another body, a pay scheme, or a collection of job titles."""

    rights: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CareersFramework(Thing):
    """A careers and skills framework that this graph follows."""

    owned_by: tuple[Ref, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Release(Thing):
    """A version of the catalogue and what it changed."""

    version: str
    issued: datetime.date
    changes: tuple[str, ...]
