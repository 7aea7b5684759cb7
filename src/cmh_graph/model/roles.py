"""Roles, what they ask for, and their titles, bands, regulation and matches."""

from __future__ import annotations

from dataclasses import dataclass

from cmh_graph.model.keys import (
    AhpStageKey,
    BandKey,
    CountryKey,
    EmployerTypeKey,
    FamilyKey,
    FrameworkLevelKey,
    Iri,
    Key,
    Necessity,
    RequirementKind,
    RoleForm,
    SettingKey,
    SkillLevelKey,
    SourceKey,
)
from cmh_graph.model.things import Ref, Says, Thing


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What a role asks for.

    asks_for: the skill, value, experience, qualification or registration; None for an any-of group.
    skill_level: for skills, the level at which it is asked. registered_as: the profession, where registration is asked
    for as one of those that its register covers. any_of: members of which one is enough.
    A "none-required" states that nothing is asked for and has no necessity."""

    key: Key
    iri: Iri
    kind: RequirementKind
    asks_for: Ref | None
    necessity: Necessity | None
    skill_level: SkillLevelKey | None = None
    registered_as: str | None = None
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
