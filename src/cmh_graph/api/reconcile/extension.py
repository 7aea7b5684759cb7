"""Which properties can be fetched, and 1.0-draft's address for fetching them, over HTTP."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from cmh_graph.api.openapi import problems
from cmh_graph.api.parameters import parameter
from cmh_graph.api.reconcile.bodies import DraftExtension, Proposed
from cmh_graph.api.reconcile.desk import Desk
from cmh_graph.api.reconcile.requests import JSON, json_text, limit_of, reconciler_of
from cmh_graph.api.reconcile.responses import REFUSALS, json_response
from cmh_graph.reconcile.extend import MOST_IDS, MOST_PROPERTIES, SETTINGS, extend_draft
from cmh_graph.reconcile.properties import PROPERTY, propose
from cmh_graph.reconcile.queries import read_json
from cmh_graph.reconcile.suggest import LARGEST_LIMIT

_TYPED: Final[dict[str, Any]] = {
    "parameters": [
        parameter("type", "a type; without one, properties of every type", {"type": "string"}),
        parameter("limit", "how many to return", {"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT}),
    ]
}
_SETTING: Final[dict[str, dict[str, Any]]] = {
    one["name"]: {"type": "string", "enum": [choice["value"] for choice in one["choices"]]}
    if "choices" in one
    # Clients send what was typed into a form.
    else {"type": ["integer", "string"], "minimum": 0, "maximum": 999_999, "pattern": "^[0-9]{0,6}$"}
    for one in SETTINGS
}
_WANTED: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string", "enum": list(PROPERTY)},
        "settings": {"type": ["object", "null"], "properties": _SETTING, "additionalProperties": False},
    },
}
_QUERY: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["ids", "properties"],
    "properties": {
        "ids": {"type": "array", "maxItems": MOST_IDS, "items": {"type": "string"}},
        "properties": {"type": "array", "maxItems": MOST_PROPERTIES, "items": _WANTED},
    },
    "example": {"ids": ["role/hcsw"], "properties": [{"id": "band"}]},
}


def add_extension(routes: APIRouter, desk: Desk) -> None:
    """Add /properties (0.2), and /extend and /extend/propose (1.0-draft)."""

    def proposed(request: Request) -> Response:
        limit = limit_of(request) if request.query_params.get("limit") else None
        return json_response(propose(request.query_params.get("type", ""), limit))

    @routes.get(
        "/properties",
        operation_id="propose_properties",
        summary="List the properties that can be fetched for a type",
        description="What can be added as columns beside things that have been matched.",
        response_model=Proposed,
        responses=problems(400),
        openapi_extra=_TYPED,
    )
    async def properties(request: Request) -> Response:
        return proposed(request)

    @routes.get(
        "/extend/propose",
        operation_id="draft_propose_properties",
        summary="List the properties that can be fetched for a type, as version 1.0-draft asks",
        description="The same answer as at /reconcile/properties; the draft may still change.",
        response_model=Proposed,
        responses=problems(400),
        openapi_extra=_TYPED,
    )
    async def draft_properties(request: Request) -> Response:
        return proposed(request)

    @routes.post(
        "/extend",
        operation_id="draft_extend",
        summary="Fetch properties of matched things as version 1.0-draft asks",
        description="Rows in the order of the ids, with each property's values; the draft may still change.",
        response_model=DraftExtension,
        responses=REFUSALS,
        openapi_extra={"requestBody": {"required": True, "content": {JSON: {"schema": _QUERY}}}},
    )
    async def draft_extend(request: Request) -> Response:
        text = await json_text(request)
        framework = reconciler_of(request).framework
        return json_response(await desk.run(lambda: extend_draft(framework, read_json(text, "body"))))
