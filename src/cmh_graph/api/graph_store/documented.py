"""What the API's document says about the addresses of partners' graphs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from fastapi.security import HTTPBearer
from pydantic import BaseModel

from cmh_graph.api.graph_store.forms import GRAPH_FORMS
from cmh_graph.api.parameters import parameter
from cmh_graph.api.problems import MEDIA_TYPE as PROBLEM_MEDIA_TYPE
from cmh_graph.api.representations import JSON, Form
from cmh_graph.partner_space.upload import UPLOADED

TOKEN: Final = HTTPBearer(
    auto_error=False, scheme_name="partnerToken", description="a token of the partner space, `cmh_...`"
)
#: Beside what the token's scheme adds: it may also be left out.
ANYBODY: Final[dict[str, Any]] = {"security": [{}]}

GRAPH: Final = parameter(
    "graph",
    "IRI of a partner's graph, the protocol's indirect way to name it",
    {"type": "string", "format": "uri"},
)
KEY: Final[dict[str, Any]] = {
    "name": "organisation",
    "in": "path",
    "required": True,
    "description": "key of the organisation",
    "example": "eastmere",
    "schema": {"type": "string"},
}
NUMBER: Final[dict[str, Any]] = {
    "name": "number",
    "in": "path",
    "required": True,
    "description": "number of the version",
    "example": 1,
    "schema": {"type": "integer", "minimum": 1},
}
UPLOAD: Final[dict[str, Any]] = {
    "required": True,
    "description": "the graph, in UTF-8",
    "content": {media_type: {"schema": {"type": "string"}} for media_type in UPLOADED},
}


def body_of(model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema()
    return {"required": True, "content": {JSON.media_type: {"schema": schema}}}


def graph_content(*others: Form, forms: Sequence[Form] = GRAPH_FORMS) -> dict[str, Any]:
    content = {
        form.media_type: {"schema": {"type": "string"} if form.name != "jsonld" else {}} for form in forms
    }
    content |= {form.media_type: content.get(form.media_type, {}) for form in others}
    return {"description": "The graph", "content": content}


_REASONS: Final = {
    400: "A parameter, header or body cannot be used",
    401: "There is no token, or one that does not hold",
    403: "The token does not allow this",
    404: "There is no such graph, or it is not shown to you",
    406: "None of the accepted media types is one this address answers in",
    412: "If-Match or If-None-Match does not fit the graph as it is, or somebody else changed it meanwhile",
    413: "The upload, or the graph that would come of it, is too large",
    415: "The body is of a media type that is not read here",
    422: "The upload has faults, which `findings` lists; nothing was changed",
    429: "Too many requests with this token, or too many uploads at once; see Retry-After",
    503: "The partner space cannot be read or written just now; nothing was lost",
}


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    reference = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": _REASONS[status], "content": {PROBLEM_MEDIA_TYPE: {"schema": reference}}}
        for status in statuses
    }


def read_problems(*others: int) -> dict[int | str, dict[str, Any]]:
    return _problems(400, 401, *others, 406, 412, 429, 503)


def owner_problems() -> dict[int | str, dict[str, Any]]:
    return _problems(400, 401, 403, 404, 406, 429, 503)


def write_problems(*others: int) -> dict[int | str, dict[str, Any]]:
    return _problems(400, 401, 403, *others, 412, 429, 503)
