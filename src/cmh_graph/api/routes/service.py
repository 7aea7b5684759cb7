"""Search, and what the service says about itself: version, health, the JSON-LD context."""

from __future__ import annotations

import json
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from cmh_graph import __version__
from cmh_graph.api.described import Router
from cmh_graph.api.filters import word
from cmh_graph.api.lists import describe_parameters, listing, page_of
from cmh_graph.api.openapi import problems
from cmh_graph.api.parameters import parameter
from cmh_graph.api.representations import (
    JSON,
    JSON_LD,
    LIST_FORMS,
    choose,
    framework_of,
    refuse_unknown,
    respond,
    writer_of,
)
from cmh_graph.errors import BadParameter
from cmh_graph.framework import SEARCHED, Framework
from cmh_graph.search import LONGEST, Found


class Version(BaseModel):
    """What is being served."""

    software: str = Field(examples=["1.0.0"], description="version of cmh_graph")
    catalogue: str = Field(examples=["1.0.0"], description="version of the catalogue")
    snapshot: str = Field(description="id of the snapshot: the same id always means the same content")
    statements: int = Field(description="statements in all named graphs")
    graphs: dict[str, int] = Field(description="named graph -> number of statements in it")


class Health(BaseModel):
    """Whether the service can do its work."""

    status: Literal["ok"]
    snapshot: str
    roles: int = Field(description="roles that can be served", examples=[64])
    queries: Literal["ready", "off"] = Field(description="whether SPARQL and questions can be run")


def router(framework: Framework) -> APIRouter:
    """The addresses of the service itself."""
    routes = Router()
    kinds = word("kind", tuple(sorted(SEARCHED)), "kind of thing to look for", lambda found: found.kind)

    @routes.get(
        "/search",
        operation_id="search",
        tags=["search"],
        summary="Search names, job titles and abbreviations",
        description="Words may be just begun (`act lis`); abbreviations are read out (`hca`). Best matches first.",
        response_model=page_of(Found),
        responses=problems(400, 406),
        openapi_extra={
            "parameters": [
                parameter(
                    "q",
                    "what to look for",
                    {"type": "string", "minLength": 1, "maxLength": LONGEST, "example": "hca"},
                    required=True,
                ),
                *describe_parameters((kinds,), framework),
            ]
        },
    )
    def search(request: Request) -> Response:
        text = request.query_params.get("q")
        if text is None:
            raise BadParameter("there is no text to search for", where="parameter q", mend="give q=")
        found = framework_of(request).search(text, limit=None)
        return listing(request, found, (kinds,), Found, also=("q",))

    @routes.get(
        "/version",
        operation_id="show_version",
        tags=["service"],
        summary="Show which software and content is served",
        description="The snapshot id names the content: the same id always means the same answers.",
        response_model=Version,
        responses=problems(400, 406),
    )
    def version(request: Request) -> Response:
        refuse_unknown(request, ["format"])
        form, found = choose(request, LIST_FORMS), framework_of(request)
        body = Version(
            software=__version__,
            catalogue=found.version,
            snapshot=found.snapshot,
            statements=sum(found.graphs.values()),
            graphs=dict(found.graphs),
        )
        return respond(request, form, lambda: body.model_dump_json().encode())

    @routes.get(
        "/health",
        operation_id="show_health",
        tags=["service"],
        summary="Show whether the service works",
        description="Answers 200 when things can be served; `queries` tells of the query workers.",
        response_model=Health,
        responses=problems(400),
    )
    async def health(request: Request) -> Response:
        refuse_unknown(request, ["format"])
        pool = getattr(request.app.state, "query_pool", None)
        body = Health(
            status="ok",
            snapshot=framework_of(request).snapshot,
            roles=len(framework_of(request).roles),
            queries="ready" if pool is not None and pool.workers else "off",
        )
        headers = {"Cache-Control": "no-store"}
        return Response(body.model_dump_json(), media_type=JSON.media_type, headers=headers)

    @routes.get(
        "/context.jsonld",
        operation_id="show_context",
        tags=["service"],
        summary="Show the JSON-LD context",
        description="The context embedded in every JSON-LD answer.",
        response_class=Response,
        responses={
            200: {"content": {JSON_LD.media_type: {"schema": {"type": "object"}}}},
            **problems(400),
        },
    )
    def context(request: Request) -> Response:
        refuse_unknown(request, ["format"])
        document: dict[str, Any] = {"@context": writer_of(request).json_ld.context}
        return respond(request, JSON_LD, lambda: json.dumps(document, indent=1).encode())

    return routes
