"""A candidate for a query: its score, the readable features of the score, and the reason."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from cmh_graph.model import Role
from cmh_graph.reconcile.entities import EntityType

#: What a feature's identifier means, where its words alone do not tell.
_FEATURE_NAMES: Final = {
    "confidence": "How sure the engine is, 0 to 1",
    "label_covered": "Share of the role name's words found in the title",
    "title_covered": "Share of the title's own words found in the role name",
    "head": "Likeness of the head nouns",
    "exact": "The same words",
    "keyword_missing": "The role name's most telling word is not in the title",
    "no_target": "A role that is only for review",
    "level_clash": "One needs registration and the other does not",
    "doubt": "What is lost for an unlikely reading",
    "unexplained_cost": "Weight of the title's words without a match",
    "meaning": "Likeness of meaning",
    "meaning_lead": "Lead in likeness of meaning over every other role",
    "in_field": "How much the title is like those of our field",
    "weak": "A post of any trade, and nothing says that it is in care",
    "band_distance": "Steps between the nearest pay bands",
    "band_fits": "A given band is one of the role's",
    "employer_type_fits": "The given employer type has the role",
    "name_likeness": "Likeness of the query and the matched name, 0 to 1",
    "same_name": "The query is a name of it",
    "same_identifier": "The query is its identifier",
}

Feature: TypeAlias = tuple[str, bool | float]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A thing that a query may mean. score: 0 to 100. why: the reason in words."""

    id: str
    name: str
    type: EntityType
    score: float
    match: bool
    why: str
    description: str = ""
    features: tuple[Feature, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As replies write it, in 0.2 and in 1.0-draft alike; why and the features' names are additions to 0.2."""
        return {
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "type": [self.type.as_json()],
            "score": round(self.score, 2),
            "match": self.match,
            "features": [
                {"id": name, "name": feature_name(name), "value": value} for name, value in self.features
            ],
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class Result:
    """Candidates, best first, and notes: what was set aside, or why there are none."""

    candidates: tuple[Candidate, ...]
    notes: tuple[str, ...] = ()


def feature_name(feature: str) -> str:
    """A feature's identifier in words."""
    if feature.startswith("has_"):
        return f"Has the asked {feature.removeprefix('has_').replace('_', ' ')}"
    return _FEATURE_NAMES.get(feature, feature.replace("_", " ").capitalize())


def readable(features: object) -> Iterator[Feature]:
    """The numbers and truths among an engine's features, under its own names: whatever it weighs is shown."""
    if not dataclasses.is_dataclass(features):
        return
    for each in dataclasses.fields(features):
        value = getattr(features, each.name)
        if isinstance(value, bool | int):
            yield each.name, value
        elif isinstance(value, float) and abs(value) < 1e9:
            yield each.name, round(value, 4)


def fits(role: Role, bands: Sequence[str], employers: frozenset[str]) -> Iterator[Feature]:
    named = {band for text in bands for band in re.findall(r"\b(?:8[a-d]|[1-79])\b", text.lower())}
    if named and role.bands:
        yield "band_fits", bool(named & set(role.bands))
    if employers and role.employer_types:
        yield "employer_type_fits", bool(employers & set(role.employer_types))
