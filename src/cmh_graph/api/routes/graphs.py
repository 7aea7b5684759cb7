"""Partners' graphs: the SPARQL 1.1 Graph Store HTTP Protocol at /graphs, and versions, access and log beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request, Security
from pydantic import BaseModel, Field, TypeAdapter
from starlette.responses import Response
from starlette.routing import Route

from cmh_graph.api.bodies import media_type_of, read_body
from cmh_graph.api.described import Router
from cmh_graph.api.graph_store.access import Visit, graph_named, key_in, visit
from cmh_graph.api.graph_store.changes import Changes, Landed
from cmh_graph.api.graph_store.documented import (
    ANYBODY,
    GRAPH,
    KEY,
    TOKEN,
    UPLOAD,
    graph_content,
    read_problems,
    write_problems,
)
from cmh_graph.api.graph_store.forms import GRAPH_FORMS, HTML
from cmh_graph.api.graph_store.preconditions import Preconditions
from cmh_graph.api.graph_store.requests import (
    PATH,
    Landing,
    as_json,
    as_writer,
    changes_of,
    graph_answer,
    landing,
    partners_of,
    path_key,
    refuse_encodings,
    told,
)
from cmh_graph.api.openapi import format_parameter
from cmh_graph.api.other_methods import OtherMethods
from cmh_graph.api.representations import JSON, choose, refuse_unknown
from cmh_graph.errors import BadParameter
from cmh_graph.namespaces import GRAPH_PARTNER
from cmh_graph.partner_space.upload import format_of

_ONE: Final = PATH + "/{organisation}"
_ALLOWED: Final = "GET, HEAD, PUT, POST, DELETE, OPTIONS"


class GraphEntry(BaseModel):
    """One graph that the caller may see."""

    organisation: str = Field(examples=["eastmere"])
    name: str = Field(examples=["Eastmere Community Support (made up)"])
    graph: str = Field(examples=[GRAPH_PARTNER + "eastmere"], description="the graph's IRI, as in SPARQL")
    address: str = Field(examples=["/graphs/eastmere"], description="where the graph is read")
    version: int = Field(examples=[3])
    statements: int = Field(examples=[2727])
    sha256: str = Field(description="of its canonical N-Quads")
    changed: datetime = Field(description="when this version landed")


def router() -> APIRouter:
    """The addresses of graphs themselves."""
    routes = Router(tags=["partners"], dependencies=[Security(TOKEN)])
    _add_list(routes)
    _add_store(routes, _ONE, "", path_key)
    for path in (PATH, _ONE):
        routes.routes.append(Route(path, OtherMethods(_ALLOWED), include_in_schema=False))
    return routes


def _add_list(routes: APIRouter) -> None:
    """Everything at /graphs itself: the list, and the protocol's indirect names."""

    @routes.get(
        PATH,
        operation_id="list_graphs",
        summary="List the partners' graphs that you may see, or read the one that graph= names",
        description="Without a token only public graphs are there.",
        response_model=list[GraphEntry],
        responses={**read_problems(404), 200: graph_content(JSON)},
        openapi_extra={**ANYBODY, "parameters": [GRAPH, format_parameter(GRAPH_FORMS)]},
    )
    async def listed(request: Request) -> Response:
        return await told(request, _list if "graph" not in request.query_params else _read(_named_key))

    _add_store(routes, PATH, "_by_name", _named_key, reads=False)


async def _list(request: Request) -> Response:
    graph_named(request)
    refuse_unknown(request, ["format"])
    choose(request, (JSON,))
    partners = partners_of(request)
    holder = await partners.holder_of(request)
    space = partners.space
    found: list[GraphEntry] = []
    if space is not None:
        names = {one.key: one.name for one in await asyncio.to_thread(space.organisations)}
        found = [
            GraphEntry(
                organisation=seen.organisation,
                name=names[seen.organisation],
                graph=GRAPH_PARTNER + seen.organisation,
                address=f"{PATH}/{seen.organisation}",
                version=seen.number,
                statements=seen.statements,
                sha256=seen.sha256,
                changed=seen.when,
            )
            for seen in await asyncio.to_thread(space.seen_by, holder)
        ]
    return as_json(TypeAdapter(list[GraphEntry]).dump_json(found))


def _add_store(
    routes: APIRouter, path: str, suffix: str, key_of: Callable[[Request], str], *, reads: bool = True
) -> None:
    """The verbs of the protocol at one address."""
    parameters = [] if reads else [{**GRAPH, "required": True}]

    if reads:

        @routes.get(
            path,
            operation_id=f"read_graph{suffix}",
            summary="Read a partner's graph",
            description="What you may not see answers as if it were not there.",
            response_class=Response,
            responses={200: graph_content(HTML), 304: {"description": "You have it"}, **read_problems(404)},
            openapi_extra={**ANYBODY, "parameters": [KEY, format_parameter(GRAPH_FORMS)]},
        )
        async def read(request: Request) -> Response:
            return await told(request, _read(key_of))

        parameters = [KEY]

    @routes.put(
        path,
        operation_id=f"put_graph{suffix}",
        summary="Replace your organisation's graph",
        description="The upload is judged as a whole; if it has a fault nothing changes. When this is answered, the "
        "graph is on disk and queries see it.",
        response_model=Landing,
        responses={
            200: {"description": "It replaces the former graph"},
            201: {"model": Landing, "description": "It is the first, or the first since one was removed"},
            **write_problems(404, 413, 415, 422),
        },
        openapi_extra={"parameters": parameters, "requestBody": UPLOAD},
    )
    async def put(request: Request) -> Response:
        return await told(request, _land(key_of, Changes.replace))

    @routes.post(
        path,
        operation_id=f"merge_graph{suffix}",
        summary="Add statements to your organisation's graph",
        description="As PUT, but what is there stays. Both together are judged.",
        response_model=Landing,
        responses={
            200: {"description": "They are added"},
            201: {"model": Landing, "description": "There was no graph before"},
            **write_problems(404, 413, 415, 422),
        },
        openapi_extra={"parameters": parameters, "requestBody": UPLOAD},
    )
    async def merge(request: Request) -> Response:
        return await told(request, _land(key_of, Changes.merge))

    @routes.delete(
        path,
        operation_id=f"remove_graph{suffix}",
        summary="Remove your organisation's graph",
        description="Versions are kept and can be brought back; ask who runs the service to forget them.",
        status_code=204,
        response_class=Response,
        responses={204: {"description": "It is removed"}, **write_problems(404)},
        openapi_extra={"parameters": parameters},
    )
    async def remove(request: Request) -> Response:
        return await told(request, _remove(key_of))


def _named_key(request: Request) -> str:
    named = graph_named(request)
    if named is None:
        raise BadParameter(
            "no graph is named", where="parameter graph", mend="use /graphs/{organisation}, or give graph="
        )
    return key_in(named)


def _read(key_of: Callable[[Request], str]) -> Callable[[Request], Awaitable[Response]]:
    async def read(request: Request) -> Response:
        refuse_unknown(request, ["format", "graph"])
        form, wanted = choose(request, (*GRAPH_FORMS, HTML)), Preconditions.of(request)
        visited = await visit(request, partners_of(request), key_of(request))
        return await graph_answer(request, visited, visited.shown, form, wanted)

    return read


def _land(
    key_of: Callable[[Request], str],
    change: Callable[[Changes, Visit, bytes, str, Preconditions], Awaitable[Landed]],
) -> Callable[[Request], Awaitable[Response]]:
    async def land(request: Request) -> Response:
        refuse_unknown(request, ["graph"])
        visited, wanted = await as_writer(request, key_of)
        media_type, parameters = media_type_of(request)
        format_of(media_type)
        refuse_encodings(request, parameters)
        settings = request.app.state.settings
        data = await read_body(
            request, settings.upload_bytes, what="upload", mend="leave out what the framework says already"
        )
        landed = await change(changes_of(request), visited, data, media_type, wanted)
        return landing(landed)

    return land


def _remove(key_of: Callable[[Request], str]) -> Callable[[Request], Awaitable[Response]]:
    async def remove(request: Request) -> Response:
        refuse_unknown(request, ["graph"])
        visited, wanted = await as_writer(request, key_of)
        await changes_of(request).remove(visited, wanted)
        return Response(status_code=204)

    return remove
