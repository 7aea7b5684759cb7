"""The bodies of answers, as the API's documentation shows them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


class TypeId(BaseModel):
    """A type of thing."""

    id: str = Field(examples=["Role"])
    name: str = Field(examples=["Role"])


class FeatureValue(BaseModel):
    """A readable part of a score."""

    id: str = Field(examples=["label_covered"])
    name: str = Field(examples=["Share of the role name's words found in the title"])
    value: bool | float = Field(examples=[1.0])


class CandidateBody(BaseModel):
    """A thing that a query may mean."""

    id: str = Field(examples=["role/hcsw"], description="identifierSpace + id is the permanent IRI")
    name: str = Field(examples=["Healthcare support worker"])
    description: str = Field(description="the definition")
    type: list[TypeId]
    score: float = Field(ge=0, le=100, description="for roles, 100 times the engine's confidence")
    match: bool = Field(description="true only where the engine accepts without a person's eye")
    features: list[FeatureValue]
    why: str = Field(description="the reason in words")


class DraftResultBody(BaseModel):
    """The candidates of one query, as 1.0-draft writes them."""

    candidates: list[CandidateBody] = Field(description="best first")
    notes: list[str] = Field(default_factory=list, description="what was set aside, or why nothing was found")


class DraftResults(BaseModel):
    """The results of a 1.0-draft batch, in the order of its queries."""

    results: list[DraftResultBody]


class Suggested(BaseModel):
    """A thing, type or property that may be meant."""

    id: str = Field(examples=["role/hcsw"])
    name: str = Field(examples=["Healthcare support worker"])
    description: str | None = None
    notable: list[TypeId] | None = Field(None, description="of a thing, its types")


class Suggestions(BaseModel):
    """What may be meant, best first."""

    result: list[Suggested]


class Flyout(BaseModel):
    """A few words about a thing, type or property, as HTML without script."""

    id: str
    html: str


class Proposed(BaseModel):
    """Properties that can be fetched for things of a type."""

    properties: list[Suggested]
    type: str | None = None
    limit: int | None = None


class DraftValues(BaseModel):
    """The values of a property."""

    id: str = Field(examples=["band"])
    values: list[dict[str, Any]] = Field(examples=[[{"str": "Band 3"}]])


class DraftRow(BaseModel):
    """A thing and the values of the properties asked for."""

    id: str = Field(examples=["role/hcsw"])
    properties: list[DraftValues]


class DraftExtension(BaseModel):
    """Values of properties, as 1.0-draft writes them."""

    meta: list[dict[str, Any]] = Field(description="id and name of each property, and the type of its values")
    rows: list[DraftRow] = Field(description="in the order of the ids")
    notes: list[str] = Field(default_factory=list, description="ids that name nothing")
