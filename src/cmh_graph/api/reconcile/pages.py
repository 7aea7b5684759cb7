"""Things as small pages for people, over HTTP."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from cmh_graph.api.openapi import problems
from cmh_graph.api.parameters import parameter
from cmh_graph.api.reconcile.requests import home_of, reconciler_of
from cmh_graph.api.reconcile.responses import key_parameter
from cmh_graph.reconcile import entities, preview

_HTML_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "A page without script", "content": {"text/html": {"schema": {"type": "string"}}}},
    **problems(404),
}


def add_pages(routes: APIRouter) -> None:
    """Add /preview and /view; 1.0-draft names the thing in a parameter."""

    @routes.get(
        "/preview",
        operation_id="draft_preview_entity",
        summary="Show a thing as a small page for a frame, as version 1.0-draft asks",
        description="The same page as at /reconcile/preview/{key}; OpenRefine shows it in a frame.",
        response_class=Response,
        responses=_HTML_RESPONSES,
        openapi_extra={
            "parameters": [
                {
                    **parameter("id", "identifier of a thing", {"type": "string"}, required=True),
                    "example": "role/hcsw",
                }
            ]
        },
    )
    async def draft_preview(request: Request) -> Response:
        return _page(request, request.query_params.get("id", ""), whole=False)

    @routes.get(
        "/preview/{key:path}",
        operation_id="preview_entity",
        summary="Show a thing as a small page for a frame",
        description="Name, kind and definition; OpenRefine shows it in a frame, which other pages may not.",
        response_class=Response,
        responses=_HTML_RESPONSES,
        openapi_extra=key_parameter("identifier of a thing", "role/hcsw"),
    )
    async def preview_entity(request: Request) -> Response:
        return _page(request, request.path_params["key"], whole=False)

    @routes.get(
        "/view/{key:path}",
        operation_id="view_entity",
        summary="Show a thing as a page, with every property that can be fetched",
        description="What the link beside a match opens: a page that stands by itself.",
        response_class=Response,
        responses=_HTML_RESPONSES,
        openapi_extra=key_parameter("identifier of a thing", "role/hcsw"),
    )
    async def view_entity(request: Request) -> Response:
        return _page(request, request.path_params["key"], whole=True)


def _page(request: Request, given: str, *, whole: bool) -> Response:
    framework = reconciler_of(request).framework
    thing = entities.find(framework, given)
    text = preview.page(framework, thing, home=home_of(request), whole=whole)
    headers = {
        "Content-Security-Policy": preview.POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    return Response(text.encode("utf-8", "replace"), media_type="text/html", headers=headers)
