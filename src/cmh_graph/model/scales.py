"""Pay bands and other scales."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from cmh_graph.model.keys import BandKey, EmployerTypeKey, Iri, Key
from cmh_graph.model.things import Ref, Says, Thing


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
