"""What the document of the API says alike of all its operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, Field

from cmh_graph.api.parameters import parameter
from cmh_graph.api.problems import MEDIA_TYPE as PROBLEM_MEDIA_TYPE
from cmh_graph.api.representations import Form


class Problem(BaseModel):
    """The one error body: what happened, where, and how to mend it (RFC 9457)."""

    type: str = Field(examples=["https://w3id.org/cmh-graph/problem/not-found"])
    title: str = Field(examples=["no role has the key hcsv"], description="what happened")
    status: int = Field(examples=[404])
    where: str | None = Field(None, examples=["hcsv"], description="the parameter, key or place concerned")
    mend: str | None = Field(
        None, examples=["did you mean hcsw? All keys are in roles"], description="what to do"
    )
    findings: list[dict[str, str]] | None = Field(
        None, description="what is wrong with an upload, each with what, where and mend"
    )
    request_id: str | None = Field(
        None, examples=["5f0c9a1be2d34c77"], description="names the request in the logs, as X-Request-ID does"
    )


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The documented errors of an operation."""
    reasons = {
        400: "A parameter is unknown, missing or has a value that is not known",
        301: "The key is retired: `Location` leads to what takes its place, `Link` names it",
        404: "There is nothing with this key; `mend` names keys that are nearly so",
        410: "The key is retired, and no single thing takes its place; `mend` and `Link` name what there is",
        406: "None of the accepted media types is one this address answers in",
        429: "Too many queries wait already; see Retry-After",
        503: "The question took too long and was stopped, or the service is not ready",
        413: "The answer is too large",
    }
    reference = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": reasons[status], "content": {PROBLEM_MEDIA_TYPE: {"schema": reference}}}
        for status in statuses
    }


def format_parameter(forms: Sequence[Form]) -> dict[str, Any]:
    """The format parameter, for those who cannot set Accept."""
    names = [form.name for form in forms]
    return parameter("format", "format of the answer; wins over Accept", {"type": "string", "enum": names})


def content_of(*forms: Form) -> dict[str, Any]:
    """Answers in some formats, as OpenAPI describes them: JSON of any kind is an object, all else is text."""
    return {
        "content": {
            form.media_type: {"schema": {"type": "object" if form.media_type.endswith("json") else "string"}}
            for form in forms
        }
    }


def operation_name(path: str) -> str:
    """An operation id from a path: case-studies -> case_studies."""
    return path.replace("-", "_")
