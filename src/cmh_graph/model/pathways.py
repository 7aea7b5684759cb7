"""Routes, steps and pathways, and the registers and professions they lead to."""

from __future__ import annotations

from dataclasses import dataclass

from cmh_graph.model.keys import BandKey, CountryKey, EducationLevelKey, Iri, Key
from cmh_graph.model.things import Ref, Says, Thing


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Route(Thing):
    """A way in or on: volunteering, an apprenticeship, promotion. Durations are in months.

    is_waged: whether people earn a wage while they are on it, where that is known."""

    wider_routes: tuple[Ref, ...]
    is_training: bool | None
    is_waged: bool | None
    minimum_months: int | None
    maximum_months: int | None
    from_bands: tuple[BandKey, ...]
    to_bands: tuple[BandKey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Position(Thing):
    """A place that is not a role of the catalogue where people stand before, between or after roles.

    holds: qualifications and registrations that people have by being there."""

    is_registered: bool | None
    is_training: bool | None
    is_outside_paid_work: bool | None
    holds: tuple[Ref, ...]


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
