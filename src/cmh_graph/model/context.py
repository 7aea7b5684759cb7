"""Organisations, resources, evidence, sources and releases."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Literal

from cmh_graph.model.keys import BandKey, EmployerTypeKey, Iri, Key, Status
from cmh_graph.model.things import Ref, Says, Thing


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
