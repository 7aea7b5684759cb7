"""What a person may mean who types the start of a name, and a few words about it, over HTTP."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from cmh_graph.api.openapi import problems
from cmh_graph.api.parameters import parameter
from cmh_graph.api.reconcile.bodies import Flyout, Suggestions
from cmh_graph.api.reconcile.desk import Desk
from cmh_graph.api.reconcile.requests import FARTHEST, cursor_of, limit_of, reconciler_of
from cmh_graph.api.reconcile.responses import json_response, key_parameter, unknown
from cmh_graph.reconcile import entities, preview, suggest
from cmh_graph.reconcile.properties import PROPERTY


def _suggest_parameters(*, typed: bool) -> dict[str, Any]:
    found = [
        parameter("prefix", "the start of a name or identifier", {"type": "string"}),
        parameter(
            "cursor",
            "how many to pass over",
            {"type": "integer", "minimum": 0, "maximum": FARTHEST, "default": 0},
        ),
        parameter(
            "limit",
            "how many to return",
            {
                "type": "integer",
                "minimum": 1,
                "maximum": suggest.LARGEST_LIMIT,
                "default": suggest.DEFAULT_LIMIT,
            },
        ),
    ]
    if typed:
        found.append(parameter("type", "only things of this type", {"type": "string"}))
    return {"parameters": found}


def add_suggestions(routes: APIRouter, desk: Desk) -> None:
    """Add /suggest and /flyout for things, types and properties."""

    @routes.get(
        "/suggest/entity",
        operation_id="suggest_entity",
        summary="Suggest things by the start of a name",
        description="Names, other names and abbreviations count; best matches first.",
        response_model=Suggestions,
        responses=problems(400, 429),
        openapi_extra=_suggest_parameters(typed=True),
    )
    async def suggest_entity(request: Request) -> Response:
        framework, asked = reconciler_of(request).framework, request.query_params
        cursor, limit = cursor_of(request), limit_of(request)
        found = await desk.run(
            lambda: suggest.suggest_entities(
                framework,
                asked.get("prefix", ""),
                type_id=asked.get("type", ""),
                cursor=cursor,
                limit=limit,
            )
        )
        return json_response({"result": found})

    @routes.get(
        "/suggest/type",
        operation_id="suggest_type",
        summary="Suggest types by the start of a name",
        description="Types are kinds of thing that texts can be matched to, such as Role or Skill.",
        response_model=Suggestions,
        responses=problems(400),
        openapi_extra=_suggest_parameters(typed=False),
    )
    async def suggest_type(request: Request) -> Response:
        prefix = request.query_params.get("prefix", "")
        return json_response(
            {"result": suggest.suggest_types(prefix, cursor=cursor_of(request), limit=limit_of(request))}
        )

    @routes.get(
        "/suggest/property",
        operation_id="suggest_property",
        summary="Suggest properties by the start of a name",
        description="Properties narrow a match, or are fetched for things that have been matched.",
        response_model=Suggestions,
        responses=problems(400),
        openapi_extra=_suggest_parameters(typed=False),
    )
    async def suggest_property(request: Request) -> Response:
        prefix = request.query_params.get("prefix", "")
        found = suggest.suggest_properties(prefix, cursor=cursor_of(request), limit=limit_of(request))
        return json_response({"result": found})

    @routes.get(
        "/flyout/entity/{key:path}",
        operation_id="flyout_entity",
        summary="Show a few words about a thing",
        description="A line of HTML with the name and the definition, shown beside a suggestion.",
        response_model=Flyout,
        responses=problems(404),
        openapi_extra=key_parameter("identifier of a thing", "role/hcsw"),
    )
    async def flyout_entity(request: Request) -> Response:
        given = request.path_params["key"]
        thing = entities.find(reconciler_of(request).framework, given)
        return json_response({"id": given, "html": preview.snippet(thing.label, thing.definition or "")})

    @routes.get(
        "/flyout/type/{key}",
        operation_id="flyout_type",
        summary="Show a few words about a type",
        description="A line of HTML with the name and what it means, shown beside a suggestion.",
        response_model=Flyout,
        responses=problems(404),
        openapi_extra=key_parameter("identifier of a type", "Role"),
    )
    async def flyout_type(request: Request) -> Response:
        given = request.path_params["key"]
        found = entities.find_type(given)
        if found is None:
            raise unknown("type", given, [each.id for each in entities.TYPES])
        return json_response({"id": given, "html": preview.snippet(found.name, found.about)})

    @routes.get(
        "/flyout/property/{key}",
        operation_id="flyout_property",
        summary="Show a few words about a property",
        description="A line of HTML with the name and what it means, shown beside a suggestion.",
        response_model=Flyout,
        responses=problems(404),
        openapi_extra=key_parameter("identifier of a property", "band"),
    )
    async def flyout_property(request: Request) -> Response:
        given = request.path_params["key"]
        found = suggest.find_property(given)
        if found is None:
            raise unknown("property", given, list(PROPERTY))
        return json_response({"id": given, "html": preview.snippet(found.name, found.about)})
