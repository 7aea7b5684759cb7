"""The SPARQL endpoint: the query half of the SPARQL 1.1 Protocol, at /sparql."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Scope

from cmh_graph.api.audiences import Audiences
from cmh_graph.api.bodies import FORM, fields_of, media_type_of, read_body, text_of
from cmh_graph.api.kept_reads import keep
from cmh_graph.api.other_methods import OtherMethods
from cmh_graph.api.parameters import VERSION
from cmh_graph.api.problems import from_error
from cmh_graph.errors import BadParameter, CmhGraphError, QueryForbidden, UnsupportedBody
from cmh_graph.sparql import description, formats, guard
from cmh_graph.sparql.guard import Form
from cmh_graph.sparql.pool import Answer, QueryPool, QueryRequest

PATH: Final = "/sparql"
_ALLOWED: Final = "GET, HEAD, POST, OPTIONS"
_QUERY: Final = "application/sparql-query"
_UPDATE: Final = "application/sparql-update"
_CORS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Retry-After, Content-Type",
}
_CORS_RAW: Final = tuple((name.lower().encode(), value.encode()) for name, value in _CORS.items())
#: Seconds before it is looked whether the client has hung up.
_WAITS: Final = 0.02
#: Percent-encoding makes three bytes of one; the graph IRIs come on top.
_ENCODED: Final = 3
_BESIDE_THE_QUERY: Final = 65_536
_SHORTEN: Final = "shorten the query, or split it into several"

_EXAMPLE: Final = "SELECT ?role ?name { ?role a cmh:Role ; skos:prefLabel ?name } LIMIT 5"

_RESULTS: Final[dict[str, Any]] = {
    "description": "The complete answer, in the format asked for",
    "content": {
        known.media_types[0]: {
            "schema": {"type": ["object", "array"] if known.media_types[0].endswith("json") else "string"}
        }
        for known in formats.ALL
    },
}
_PROBLEM: Final[dict[str, Any]] = {"content": {"application/problem+json": {"schema": {"type": "object"}}}}
_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: _RESULTS,
    400: {"description": "No query, several, or one that does not parse or is not read-only", **_PROBLEM},
    401: {"description": "A token of the partner space that does not hold", **_PROBLEM},
    406: {"description": "None of the accepted media types can hold this answer", **_PROBLEM},
    413: {"description": "The query text or the answer is too large", **_PROBLEM},
    415: {"description": "A body of another media type or charset", **_PROBLEM},
    429: {"description": "Too many queries wait already; see Retry-After", **_PROBLEM},
    503: {"description": "The query was stopped at the time or memory limit", **_PROBLEM},
}


def _parameter(name: str, text: str, *, many: bool = False) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    return {
        "name": name,
        "in": "query",
        "description": text,
        "required": False,
        "schema": {"type": "array", "items": schema} if many else schema,
    }


#: A partner's token shows more graphs; without one, queries see what everybody sees.
_WITH_OR_WITHOUT_TOKEN: Final[list[dict[str, list[str]]]] = [{}, {"partnerToken": []}]
_DATASET: Final = [
    _parameter("default-graph-uri", "a graph to merge into the default graph; wins over FROM", many=True),
    _parameter("named-graph-uri", "a graph that GRAPH may name; wins over FROM NAMED", many=True),
    _parameter(
        "format",
        "name of the answer's format, if you cannot set Accept: "
        + ", ".join(known.name for known in formats.ALL),
    ),
]

router = APIRouter(tags=["sparql"])


@router.get(
    PATH,
    operation_id="sparql_get",
    summary="Ask a SPARQL query, or without one, what this endpoint can do",
    response_class=Response,
    responses={**_RESPONSES, 304: {"description": "You have it: the content has not changed"}},
    openapi_extra={
        "security": _WITH_OR_WITHOUT_TOKEN,
        "parameters": [_parameter("query", "one SPARQL 1.1 query"), *_DATASET],
    },
)
@router.head(PATH, include_in_schema=False)
async def get(request: Request) -> Response:
    """Answers ?query=; without parameters gives the service description."""
    return await _answered(request, _get)


@router.post(
    PATH,
    operation_id="sparql_post",
    summary="Ask a SPARQL query that is too long for a URL",
    response_class=Response,
    responses=_RESPONSES,
    openapi_extra={
        "security": _WITH_OR_WITHOUT_TOKEN,
        "parameters": _DATASET,
        "requestBody": {
            "required": True,
            "content": {
                _QUERY: {"schema": {"type": "string"}, "example": _EXAMPLE},
                FORM: {
                    "schema": {
                        "type": "object",
                        "required": ["query"],
                        "properties": {
                            "query": {"type": "string", "description": "one SPARQL 1.1 query"},
                            "default-graph-uri": {"type": "array", "items": {"type": "string"}},
                            "named-graph-uri": {"type": "array", "items": {"type": "string"}},
                        },
                    }
                },
            },
        },
    },
)
async def post(request: Request) -> Response:
    """Answers a form with query=, or a body that is the query itself."""
    return await _answered(request, _post)


@router.options(PATH, include_in_schema=False)
async def options(request: Request) -> Response:
    """Tells browsers that pages of any origin may ask."""
    asked = request.headers.get("access-control-request-headers", "Accept, Content-Type")
    return Response(
        status_code=204,
        headers={
            "Allow": _ALLOWED,
            "Access-Control-Allow-Methods": _ALLOWED,
            "Access-Control-Allow-Headers": asked,
            "Access-Control-Max-Age": "86400",
            **_CORS,
        },
    )


router.routes.append(Route(PATH, OtherMethods(_ALLOWED), include_in_schema=False))


#: The same, asked without the router.
DIRECT: Final = (Route(PATH, get, methods=["GET"]), Route(PATH, post, methods=["POST"]))


async def _answered(request: Request, method: Any) -> Response:
    try:
        response: Response = await method(request)
    except CmhGraphError as error:
        response = from_error(error)
        response.headers.update(_CORS)
    else:
        response.raw_headers.extend(_CORS_RAW)
    response.headers["Vary"] = "Accept"
    if hasattr(request.app.state, "audiences"):
        response.headers["Vary"] = "Accept, Authorization"
    if "authorization" in request.headers:
        response.headers["Cache-Control"] = "private, no-store"
    return response


@asynccontextmanager
async def pool_of(request: Request) -> AsyncIterator[QueryPool]:
    """The pool of what the visitor may see: of everybody's, or of their token's. Raises NotSignedIn for a wrong one."""
    audiences: Audiences | None = getattr(request.app.state, "audiences", None)
    if audiences is None:
        yield request.app.state.query_pool
        return
    holder = await request.app.state.partners.holder_of(request)
    async with audiences.pool_for(holder) as pool:
        yield pool


class EverybodysQueries:
    """What is asked at PATH without a token, for the layer that keeps whole answers."""

    path: Final = PATH

    def state(self, scope: Scope) -> Hashable:
        """Names what such queries see now; None where that cannot be told."""
        state = scope["app"].state
        audiences: Audiences | None = getattr(state, "audiences", None)
        pool: QueryPool | None = getattr(state, "query_pool", None)
        if audiences is None:
            return pool.edition if pool is not None else None
        try:
            return audiences.everybodys
        except CmhGraphError:
            # The query itself is answered in words.
            return None

    def given(self, scope: Scope) -> None:
        """Count it as the query that it is."""
        pool: QueryPool = scope["app"].state.query_pool
        if pool.on_end is not None:
            pool.on_end("kept", 0.0)


async def _get(request: Request) -> Response:
    fields = _url_fields(request)
    if not {name for name, _ in fields} - {"format", "output"}:
        if not fields and _is_person(request):
            return RedirectResponse(request.app.state.query_page, 303)
        return await _describe(request, fields)
    return await _run(request, fields)


async def _post(request: Request) -> Response:
    media_type, parameters = media_type_of(request)
    fields = _url_fields(request)
    if media_type == _UPDATE:
        raise QueryForbidden(
            "this endpoint is read-only and takes no updates",
            where=f"header Content-Type: {_UPDATE}",
            mend=f"send queries as {_QUERY}",
        )
    if media_type not in (_QUERY, FORM):
        raise UnsupportedBody(
            f"a body of type {guard.quoted(media_type)} is not read here"
            if media_type
            else "the body has no Content-Type",
            where="header Content-Type",
            mend=f"send the query as {_QUERY}, or as query= in {FORM}",
        )
    charset = parameters.get("charset", "utf-8")
    if charset.lower().replace("_", "-") not in ("utf-8", "utf8", "us-ascii"):
        raise UnsupportedBody(
            f"the charset {guard.quoted(charset)} is not read here",
            where="header Content-Type",
            mend="send UTF-8",
        )
    pool: QueryPool = request.app.state.query_pool
    longest = pool.settings.query_text_bytes
    if media_type == _QUERY:
        body = await read_body(request, longest, mend=_SHORTEN)
        return await _run(request, [*fields, ("query", text_of(body, "the body"))])
    body = await read_body(request, _ENCODED * longest + _BESIDE_THE_QUERY, mend=_SHORTEN)
    return await _run(request, [*fields, *fields_of(body, "the form")])


async def _describe(request: Request, fields: list[tuple[str, str]]) -> Response:
    known, content_type = formats.choose(Form.CONSTRUCT, _accept(request), _wanted(fields))
    endpoint = str(request.url.replace(query="", fragment=""))
    async with pool_of(request) as pool:
        body = description.write(endpoint, pool.graphs, pool.triples, known)
    return Response(body, headers={"Content-Type": content_type})


async def _run(request: Request, fields: list[tuple[str, str]]) -> Response:
    """Check, evaluate and answer the one query among the fields. Raises CmhGraphError."""
    async with pool_of(request) as pool:
        return await _run_in(pool, request, fields)


async def _run_in(pool: QueryPool, request: Request, fields: list[tuple[str, str]]) -> Response:
    if any(name == "update" for name, _ in fields):
        raise QueryForbidden(
            "this endpoint is read-only and takes no updates",
            where="parameter update",
            mend="send a SELECT, ASK, CONSTRUCT or DESCRIBE as query=",
        )
    if any(name == VERSION for name, _ in fields):
        raise BadParameter(
            "this endpoint answers from the current content alone, in SPARQL 1.1",
            where="parameter version",
            mend="leave version out; to ask a release, load it into your own store, see /v1/releases",
        )
    queries = [value for name, value in fields if name == "query"]
    if len(queries) != 1:
        raise BadParameter(
            "there is no query" if not queries else f"there are {len(queries)} queries where one is answered",
            where="parameter query",
            mend="give query= once",
        )
    graphs = pool.graphs
    defaults = tuple(value for name, value in fields if name == "default-graph-uri" and value)
    named = tuple(value for name, value in fields if name == "named-graph-uri" and value)
    checked = await pool.check(queries[0])
    guard.check_graphs(defaults, graphs, where="parameter default-graph-uri")
    guard.check_graphs(named, graphs, where="parameter named-graph-uri")
    known, content_type = formats.choose(checked.form, _accept(request), _wanted(fields))
    # A dataset in the request replaces the one in the query as a whole (SPARQL 1.1 Protocol, 2.1.4).
    by_request = bool(defaults or named)
    asked = QueryRequest(
        text=checked.text,
        format=known.name,
        prefixes=checked.prefixes,
        default_graphs=defaults if by_request else checked.default_graphs,
        named_graphs=named if by_request else checked.named_graphs,
    )
    headers = {"Content-Type": content_type}
    # The answer to a POST is no representation of this address, so it has no name there (RFC 9110, 8.8.3).
    if request.method in ("GET", "HEAD") and (key := asked.key) is not None:
        tag = f'"{pool.edition}-{key.hex()[:32]}"'
        # Weak: without ORDER BY, the engine gives the same rows in another order in each process.
        headers |= {"ETag": f"W/{tag}", "Cache-Control": "no-cache"}
        # Who knows the tag had the answer; "*" would say so of a query that nobody has answered yet.
        if tag in ",".join(request.headers.getlist("if-none-match")):
            del headers["Content-Type"]
            keep(request)
            return Response(status_code=304, headers=headers)
    answer = await unless_gone(request, pool, asked)
    if answer is None:
        return Response(status_code=499)  # the client has gone: nobody reads this
    if "ETag" in headers:
        keep(request)
    return Response(answer.body, headers=headers)


async def unless_gone(request: Request, pool: QueryPool, asked: QueryRequest) -> Answer | None:
    """The answer; None if the client hung up first, and then the query has been stopped."""
    asking = asyncio.current_task()
    assert asking is not None, "a request has a task"
    leaving: list[asyncio.Task[None]] = []
    gone = False

    async def leave() -> None:
        nonlocal gone
        await _disconnected(request)
        gone = True
        asking.cancel()

    # Most queries are answered before it is worth looking whether anybody still waits.
    looking = asyncio.get_running_loop().call_later(
        _WAITS, lambda: leaving.append(asyncio.create_task(leave()))
    )
    try:
        return await pool.run(asked)
    except asyncio.CancelledError:
        if not gone:
            raise
        asking.uncancel()
        return None
    finally:
        looking.cancel()
        for one in leaving:
            one.cancel()


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _is_person(request: Request) -> bool:
    """Whether a browser asks, and there is a page to send it to; programs get the service description."""
    offered = (*(known.media_types[0] for known in formats.GRAPH), "text/html")
    page = getattr(request.app.state, "query_page", "")
    return bool(page) and formats.negotiate(_accept(request), offered) == len(offered) - 1


def _accept(request: Request) -> str | None:
    return ", ".join(request.headers.getlist("accept")) or None


def _wanted(fields: list[tuple[str, str]]) -> str | None:
    """The format named in the address; clients disagree on what the parameter is called."""
    given = dict(reversed(fields))
    return given.get("format") or given.get("output")


def _url_fields(request: Request) -> list[tuple[str, str]]:
    return fields_of(request.scope["query_string"], "the address")
