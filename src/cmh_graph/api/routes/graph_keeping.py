"""What an organisation does with its own graph beside the protocol: versions, rollback, access and the log."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Literal

from fastapi import APIRouter, Request, Security
from pydantic import BaseModel, Field, TypeAdapter
from starlette.responses import Response
from starlette.routing import Route

from cmh_graph.api.described import Router
from cmh_graph.api.graph_store.access import no_graph
from cmh_graph.api.graph_store.documented import (
    KEY,
    NUMBER,
    TOKEN,
    body_of,
    graph_content,
    owner_problems,
    write_problems,
)
from cmh_graph.api.graph_store.forms import GRAPH_FORMS, TRIPLE_FORMS, write_as
from cmh_graph.api.graph_store.preconditions import Preconditions
from cmh_graph.api.graph_store.requests import (
    PATH,
    Landing,
    as_json,
    as_owner,
    as_writer,
    changes_of,
    graph_answer,
    json_of,
    landing,
    path_key,
    told,
)
from cmh_graph.api.openapi import format_parameter
from cmh_graph.api.other_methods import OtherMethods
from cmh_graph.api.representations import JSON, choose, refuse_unknown
from cmh_graph.partner_space import Entry, Visibility
from cmh_graph.partner_space.provenance import provenance, words
from cmh_graph.sparql.formats import content_type

#: Entries of the log in one answer.
_MOST_ENTRIES: Final = 10_000


class VersionEntry(BaseModel):
    """One version that is kept."""

    version: int
    statements: int
    sha256: str
    landed: datetime
    by: str = Field(description="id of the token, or operator")
    label: str = Field(description="the desk or system that the token is for")
    how: str = Field(examples=["PUT text/turtle"])
    is_shown: bool
    address: str


class Rollback(BaseModel):
    """Which version to bring back."""

    version: int = Field(ge=1, le=2**31)


class Access(BaseModel):
    """Who may read a graph besides its organisation."""

    visibility: Literal["private", "shared", "public"]
    shared_with: list[str] = Field([], max_length=1000, description="keys of organisations, if it is shared")


class LogEntry(BaseModel):
    """One thing that was done."""

    when: datetime
    what: str
    kind: str
    by: str
    label: str
    details: dict[str, Any]
    digest: str = Field(description="SHA-256 over this entry and the digest of the one before")


def router() -> APIRouter:
    """The addresses below /graphs/{organisation}."""
    routes = Router(tags=["partners"], dependencies=[Security(TOKEN)])
    _add_versions(routes)
    _add_access(routes)
    _add_log(routes)
    for name, allowed in (
        ("versions", "GET, HEAD, OPTIONS"),
        ("versions/{number}", "GET, HEAD, OPTIONS"),
        ("rollback", "POST, OPTIONS"),
        ("access", "GET, HEAD, PUT, OPTIONS"),
        ("log", "GET, HEAD, OPTIONS"),
    ):
        path = f"{PATH}/{{organisation}}/{name}"
        routes.routes.append(Route(path, OtherMethods(allowed), include_in_schema=False))
    return routes


def _add_versions(routes: APIRouter) -> None:
    @routes.get(
        f"{PATH}/{{organisation}}/versions",
        operation_id="list_graph_versions",
        summary="List the versions of your graph that are kept",
        description="Oldest first, each with who landed it, when and how large it is.",
        response_model=list[VersionEntry],
        responses=owner_problems(),
        openapi_extra={"parameters": [KEY]},
    )
    async def versions(request: Request) -> Response:
        async def answer(request: Request) -> Response:
            visited = await as_owner(request, (JSON,))
            key = visited.organisation.key
            kept = await asyncio.to_thread(visited.space.versions, key)
            found = [
                VersionEntry(
                    version=one.number,
                    statements=one.statements,
                    sha256=one.sha256,
                    landed=one.when,
                    by=one.by,
                    label=one.label,
                    how=one.how,
                    is_shown=visited.current is not None and one.number == visited.current.number,
                    address=f"{PATH}/{key}/versions/{one.number}",
                )
                for one in kept
            ]
            return as_json(TypeAdapter(list[VersionEntry]).dump_json(found))

        return await told(request, answer)

    @routes.get(
        f"{PATH}/{{organisation}}/versions/{{number}}",
        operation_id="read_graph_version",
        summary="Read a version of your graph",
        description="The statements as they landed, in canonical N-Quads or another format.",
        response_class=Response,
        responses={200: graph_content(), 304: {"description": "You have it"}, **owner_problems()},
        openapi_extra={"parameters": [KEY, NUMBER, format_parameter(GRAPH_FORMS)]},
    )
    async def version(request: Request) -> Response:
        async def answer(request: Request) -> Response:
            visited = await as_owner(request, GRAPH_FORMS)
            form, wanted = choose(request, GRAPH_FORMS), Preconditions.of(request)
            number = _number(request.path_params["number"])
            found = await asyncio.to_thread(visited.space.version, visited.organisation.key, number)
            return await graph_answer(request, visited, found, form, wanted)

        return await told(request, answer)

    @routes.post(
        f"{PATH}/{{organisation}}/rollback",
        operation_id="roll_back_graph",
        summary="Bring back a version of your graph",
        description="It becomes a new version with the content of the old one.",
        response_model=Landing,
        responses={
            201: {"model": Landing, "description": "No graph was shown"},
            **write_problems(404, 413, 415),
        },
        openapi_extra={"parameters": [KEY], "requestBody": body_of(Rollback)},
    )
    async def rollback(request: Request) -> Response:
        async def answer(request: Request) -> Response:
            refuse_unknown(request, [])
            visited, wanted = await as_writer(request, path_key)
            asked = await json_of(request, Rollback)
            return landing(await changes_of(request).roll_back(visited, asked.version, wanted))

        return await told(request, answer)


def _add_access(routes: APIRouter) -> None:
    path = f"{PATH}/{{organisation}}/access"

    @routes.get(
        path,
        operation_id="show_graph_access",
        summary="Show who may read your graph",
        description="Private, shared with named organisations, or public.",
        response_model=Access,
        responses=owner_problems(),
        openapi_extra={"parameters": [KEY]},
    )
    async def access(request: Request) -> Response:
        async def answer(request: Request) -> Response:
            visited = await as_owner(request, (JSON,))
            return _access(visited.organisation.visibility, visited.organisation.shared_with)

        return await told(request, answer)

    @routes.put(
        path,
        operation_id="set_graph_access",
        summary="Say who may read your graph",
        description="When this is answered, queries of nobody else see it any more.",
        response_model=Access,
        responses=write_problems(404, 413, 415),
        openapi_extra={"parameters": [KEY], "requestBody": body_of(Access)},
    )
    async def set_access(request: Request) -> Response:
        async def answer(request: Request) -> Response:
            refuse_unknown(request, [])
            visited, _ = await as_writer(request, path_key)
            asked = await json_of(request, Access)
            shown = await changes_of(request).show_to(visited, asked.visibility, asked.shared_with)
            return _access_of(shown)

        return await told(request, answer)


def _add_log(routes: APIRouter) -> None:
    forms = (JSON, *TRIPLE_FORMS)

    @routes.get(
        f"{PATH}/{{organisation}}/log",
        operation_id="show_graph_log",
        summary="Show what was done with your graph: who, when, what",
        description="As JSON, or in the words of PROV as Turtle, JSON-LD or N-Triples. Oldest first; the latest "
        f"{_MOST_ENTRIES:,} entries.",
        response_model=list[LogEntry],
        responses={200: graph_content(JSON, forms=TRIPLE_FORMS), **owner_problems()},
        openapi_extra={"parameters": [KEY, format_parameter(forms)]},
    )
    async def log(request: Request) -> Response:
        async def answer(request: Request) -> Response:
            visited = await as_owner(request, forms)
            form = choose(request, forms)

            def written() -> bytes:
                entries = list(visited.space.log(visited.organisation.key))[-_MOST_ENTRIES:]
                if form is JSON:
                    return TypeAdapter(list[LogEntry]).dump_json([_entry(one) for one in entries])
                return write_as(list(provenance(entries)), form)

            body = await asyncio.to_thread(written)
            return Response(body, headers={"Content-Type": content_type(form.media_type)})

        return await told(request, answer)


def _entry(one: Entry) -> LogEntry:
    return LogEntry(
        when=one.when,
        what=words(one),
        kind=one.kind,
        by=one.by,
        label=one.label,
        details=dict(one.details),
        digest=one.digest,
    )


def _access_of(shown: Visibility) -> Response:
    return _access(shown.shown, shown.with_)


def _access(visibility: Any, others: Sequence[str]) -> Response:
    return as_json(Access(visibility=visibility, shared_with=list(others)).model_dump_json().encode())


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise no_graph()
    return int(text)
