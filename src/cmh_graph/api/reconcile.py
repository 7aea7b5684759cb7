"""The reconciliation service at /reconcile, over HTTP: forms and addresses in, JSON and small pages out.

The work is done in a bounded number of threads, so the event loop only ever waits; more callers than may wait are
refused. Parameters that are not known are passed over here, as clients send many of their own.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

import anyio
import anyio.to_thread
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from cmh_graph.api.collections import parameter, problems
from cmh_graph.api.problems import MEDIA_TYPE as PROBLEM_MEDIA_TYPE
from cmh_graph.api.problems import problem
from cmh_graph.errors import BadParameter, BodyTooLarge, QueueFull, UnknownThing, UnsupportedBody
from cmh_graph.framework import near_misses
from cmh_graph.reconcile import entities, extend, preview, suggest
from cmh_graph.reconcile.manifest import manifest
from cmh_graph.reconcile.matching import Reconciler
from cmh_graph.reconcile.queries import LONGEST_TEXT, MOST_QUERIES, read_batch, read_draft_batch, read_json

PATH: Final = "/reconcile"
_TAG: Final = "reconciliation"
_ALLOWED: Final = "GET, HEAD, POST"
_FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = "application/json"
_MOST_BYTES: Final = 2_000_000
_MOST_FIELDS: Final = 100
#: Batches worked on at once, and those that may wait for a thread.
_THREADS: Final = 2
_WAITING: Final = 32
T = TypeVar("T")


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


class Desk:
    """Runs work in at most `threads` threads at a time; `waiting` more may wait. Raises QueueFull beyond."""

    def __init__(self, threads: int = _THREADS, waiting: int = _WAITING) -> None:
        self._limiter = anyio.CapacityLimiter(threads)
        self._most = threads + waiting
        self._inside = 0

    async def run(self, work: Callable[[], T]) -> T:
        """What the work returns; what it raises is raised here."""
        if self._inside >= self._most:
            raise QueueFull("too many batches wait already", mend="send the next when one is answered")
        self._inside += 1
        try:
            return await anyio.to_thread.run_sync(work, limiter=self._limiter)
        finally:
            self._inside -= 1


_ANSWERS: Final[dict[str, Any]] = {
    "schema": {
        "anyOf": [
            {"type": "object", "description": "without parameters: the manifest"},
            {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "required": ["result"],
                    "properties": {
                        "result": {"type": "array", "items": {"$ref": "#/components/schemas/CandidateBody"}},
                        "notes": {"type": "array", "items": {"type": "string"}},
                    },
                },
                "description": "to queries: the result of each by its name",
            },
            {
                "type": "object",
                "required": ["meta", "rows"],
                "description": "to extend: the values of each thing by property",
            },
        ]
    }
}
_QUERIES: Final = (
    f"a batch of at most {MOST_QUERIES} queries as a JSON object: query (at most {LONGEST_TEXT} characters), type "
    "(Role, Skill, Value, Qualification, Title), limit, properties (band, employer_type, description and those at "
    "/reconcile/properties), type_strict"
)
_EXTEND: Final = (
    "a data extension query as JSON: ids, and properties with their settings (limit, content, relation)"
)
_EXAMPLE: Final = (
    '{"q0": {"query": "B3 HCA - CMHT East", "type": "Role", "properties": [{"pid": "band", "v": "3"}]}}'
)

_DRAFT_BATCH: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["queries"],
    "properties": {"queries": {"type": "array", "maxItems": MOST_QUERIES, "items": {"type": "object"}}},
    "example": {
        "queries": [
            {"type": "Role", "conditions": [{"matchType": "name", "propertyValue": "support worker"}]}
        ]
    },
}


def _problem(reason: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": reason, "content": {PROBLEM_MEDIA_TYPE: {"schema": schema}}}


_HTML_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "A page without script", "content": {"text/html": {"schema": {"type": "string"}}}},
    **problems(404),
}


def _key(about: str, example: str) -> dict[str, Any]:
    return {
        "parameters": [
            {
                "name": "key",
                "in": "path",
                "required": True,
                "description": about,
                "schema": {"type": "string"},
                "example": example,
            }
        ]
    }


def _suggest_parameters(*, typed: bool) -> dict[str, Any]:
    found = [
        parameter("prefix", "the start of a name or identifier", {"type": "string"}),
        parameter("cursor", "how many to pass over", {"type": "integer", "minimum": 0, "default": 0}),
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


def reconciler_of(request: Request) -> Reconciler:
    """The reconciler that the app of a request keeps."""
    found: Reconciler = request.app.state.reconciler
    return found


def router() -> APIRouter:
    """The addresses of the reconciliation service."""
    routes = APIRouter(prefix=PATH, tags=[_TAG])
    desk = Desk()

    async def answer(request: Request, fields: list[tuple[str, str]]) -> Response:
        """The one thing that the fields ask for: the manifest, results, or values."""
        reconciler = reconciler_of(request)
        asked = [(name, value) for name, value in fields if name in ("queries", "extend")]
        if not asked:
            if any(name == "query" for name, _ in fields):
                raise BadParameter(
                    "single queries are not answered",
                    where="parameter query",
                    mend='send queries={"q0": {"query": "..."}}',
                )
            return _json(manifest(_home(request)))
        if len(asked) > 1:
            raise BadParameter(
                "one request asks for one thing, and this asks for several",
                where="parameters queries and extend",
                mend="send queries or extend, once",
            )
        ((name, text),) = asked
        if name == "extend":
            return _json(await desk.run(lambda: extend.extend(reconciler.framework, text)))

        def results() -> dict[str, Any]:
            batch = read_batch(text)
            found = reconciler.answer_all(batch.values())
            return {query: _result("result", result) for query, result in zip(batch, found, strict=True)}

        return _json(await desk.run(results))

    async def answer_draft(request: Request) -> Response:
        body = await _body(request)
        reconciler = reconciler_of(request)

        def results() -> dict[str, Any]:
            queries = read_draft_batch(read_json(_utf8(body), "body"))
            return {"results": [_result("candidates", each) for each in reconciler.answer_all(queries)]}

        return _json(await desk.run(results))

    refusals = {
        **problems(400, 413, 429, 503),
        415: _problem("The body is neither a form nor JSON"),
    }

    @routes.get(
        "",
        operation_id="reconcile_get",
        summary="Show what the reconciliation service offers, or answer a batch",
        description="Without parameters, the manifest of the W3C Reconciliation Service API 0.2.",
        response_class=Response,
        responses={200: {"content": {_JSON: _ANSWERS}}, **problems(400, 429, 503)},
        openapi_extra={
            "parameters": [
                parameter("queries", _QUERIES, {"type": "string"}),
                parameter("extend", _EXTEND, {"type": "string"}),
            ]
        },
    )
    async def get(request: Request) -> Response:
        return await answer(request, _fields(request.scope["query_string"]))

    @routes.post(
        "",
        operation_id="reconcile_post",
        summary="Match a batch of texts, or fetch properties of matched things",
        description="A form with queries= or extend= (0.2), or JSON with a list of queries (1.0-draft).",
        response_class=Response,
        responses={200: {"content": {_JSON: _ANSWERS}}, **refusals},
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    _FORM: {
                        "schema": {
                            "type": "object",
                            "properties": {
                                "queries": {"type": "string", "description": _QUERIES, "example": _EXAMPLE},
                                "extend": {"type": "string", "description": _EXTEND},
                            },
                        }
                    },
                    _JSON: {"schema": _DRAFT_BATCH},
                },
            }
        },
    )
    async def post(request: Request) -> Response:
        if _media_type(request) == _JSON:
            return await answer_draft(request)
        if _media_type(request) != _FORM:
            raise UnsupportedBody(
                "the body is neither a form nor JSON",
                where="header Content-Type",
                mend=f"send queries= as {_FORM}, as curl --data-urlencode does",
            )
        return await answer(
            request, [*_fields(request.scope["query_string"]), *_fields(await _body(request))]
        )

    @routes.post(
        "/match",
        operation_id="reconcile_match",
        summary="Match a batch of texts as version 1.0-draft sends it",
        description="The same candidates as at /reconcile; the draft may still change.",
        response_model=DraftResults,
        responses=refusals,
        openapi_extra={"requestBody": {"required": True, "content": {_JSON: {"schema": _DRAFT_BATCH}}}},
    )
    async def match(request: Request) -> Response:
        if _media_type(request) != _JSON:
            raise UnsupportedBody("the body is not JSON", where="header Content-Type", mend=f"send {_JSON}")
        return await answer_draft(request)

    @routes.get(
        "/suggest/entity",
        operation_id="suggest_entity",
        summary="Suggest things by the start of a name",
        response_model=Suggestions,
        responses=problems(400, 429),
        openapi_extra=_suggest_parameters(typed=True),
    )
    async def suggest_entity(request: Request) -> Response:
        framework, asked = reconciler_of(request).framework, request.query_params
        cursor, limit = _cursor(request), _limit(request)
        found = await desk.run(
            lambda: suggest.suggest_entities(
                framework,
                asked.get("prefix", ""),
                type_id=asked.get("type", ""),
                cursor=cursor,
                limit=limit,
            )
        )
        return _json({"result": found})

    @routes.get(
        "/suggest/type",
        operation_id="suggest_type",
        summary="Suggest types by the start of a name",
        response_model=Suggestions,
        responses=problems(400),
        openapi_extra=_suggest_parameters(typed=False),
    )
    async def suggest_type(request: Request) -> Response:
        prefix = request.query_params.get("prefix", "")
        return _json(
            {"result": suggest.suggest_types(prefix, cursor=_cursor(request), limit=_limit(request))}
        )

    @routes.get(
        "/suggest/property",
        operation_id="suggest_property",
        summary="Suggest properties by the start of a name",
        response_model=Suggestions,
        responses=problems(400),
        openapi_extra=_suggest_parameters(typed=False),
    )
    async def suggest_property(request: Request) -> Response:
        prefix = request.query_params.get("prefix", "")
        found = suggest.suggest_properties(prefix, cursor=_cursor(request), limit=_limit(request))
        return _json({"result": found})

    @routes.get(
        "/flyout/entity/{key:path}",
        operation_id="flyout_entity",
        summary="Show a few words about a thing",
        response_model=Flyout,
        responses=problems(404),
        openapi_extra=_key("identifier of a thing", "role/hcsw"),
    )
    async def flyout_entity(request: Request) -> Response:
        given = request.path_params["key"]
        thing = entities.find(reconciler_of(request).framework, given)
        return _json({"id": given, "html": preview.snippet(thing.label, thing.definition or "")})

    @routes.get(
        "/flyout/type/{key}",
        operation_id="flyout_type",
        summary="Show a few words about a type",
        response_model=Flyout,
        responses=problems(404),
        openapi_extra=_key("identifier of a type", "Role"),
    )
    async def flyout_type(request: Request) -> Response:
        given = request.path_params["key"]
        found = entities.find_type(given)
        if found is None:
            raise _unknown("type", given, [each.id for each in entities.TYPES])
        return _json({"id": given, "html": preview.snippet(found.name, found.about)})

    @routes.get(
        "/flyout/property/{key}",
        operation_id="flyout_property",
        summary="Show a few words about a property",
        response_model=Flyout,
        responses=problems(404),
        openapi_extra=_key("identifier of a property", "band"),
    )
    async def flyout_property(request: Request) -> Response:
        given = request.path_params["key"]
        found = suggest.find_property(given)
        if found is None:
            raise _unknown("property", given, list(extend.PROPERTY))
        return _json({"id": given, "html": preview.snippet(found.name, found.about)})

    @routes.get(
        "/properties",
        operation_id="propose_properties",
        summary="List the properties that can be fetched for a type",
        response_model=Proposed,
        responses=problems(400),
        openapi_extra={
            "parameters": [
                parameter("type", "a type; without one, properties of every type", {"type": "string"}),
                parameter("limit", "how many to return", {"type": "integer", "minimum": 1}),
            ]
        },
    )
    async def properties(request: Request) -> Response:
        limit = _limit(request) if request.query_params.get("limit") else None
        return _json(extend.propose(request.query_params.get("type", ""), limit))

    @routes.get(
        "/preview/{key:path}",
        operation_id="preview_entity",
        summary="Show a thing as a small page for a frame",
        response_class=Response,
        responses=_HTML_RESPONSES,
        openapi_extra=_key("identifier of a thing", "role/hcsw"),
    )
    async def preview_entity(request: Request) -> Response:
        return _page(request, whole=False)

    @routes.get(
        "/view/{key:path}",
        operation_id="view_entity",
        summary="Show a thing as a page, with every property that can be fetched",
        response_class=Response,
        responses=_HTML_RESPONSES,
        openapi_extra=_key("identifier of a thing", "role/hcsw"),
    )
    async def view_entity(request: Request) -> Response:
        return _page(request, whole=True)

    # The router would name only the method of the first route at this path.
    routes.routes.append(Route(PATH, _OtherMethods(), include_in_schema=False))
    return routes


class _OtherMethods:
    """Answers 405 naming every method of the endpoint."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = problem(
            405,
            "method-not-allowed",
            f"{PATH} does not answer {scope['method']}",
            mend=f"use {_ALLOWED}",
            headers={"Allow": _ALLOWED},
        )
        await response(scope, receive, send)


def _result(name: str, result: Any) -> dict[str, Any]:
    found: dict[str, Any] = {name: [candidate.as_json() for candidate in result.candidates]}
    return {**found, "notes": list(result.notes)} if result.notes else found


def _page(request: Request, *, whole: bool) -> Response:
    framework = reconciler_of(request).framework
    thing = entities.find(framework, request.path_params["key"])
    text = preview.page(framework, thing, home=_home(request), whole=whole)
    headers = {
        "Content-Security-Policy": preview.POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    return Response(text.encode("utf-8", "replace"), media_type="text/html", headers=headers)


def _json(body: Any) -> Response:
    # Plain ASCII, so that whatever a client named its queries can be written back; in lines, for eyes at a terminal.
    text = json.dumps(body, separators=(",\n", ": "))
    return Response(text, media_type=_JSON, headers={"X-Content-Type-Options": "nosniff"})


def _home(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _unknown(what: str, given: str, known: list[str]) -> UnknownThing:
    near = near_misses(given, known)
    mend = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(known)}"
    return UnknownThing(f"there is no {what} {given[:50]!r}", where=given[:50], mend=mend)


def _cursor(request: Request) -> int:
    return _number(request, "cursor", 0, 0, 10_000)


def _limit(request: Request) -> int:
    return _number(request, "limit", suggest.DEFAULT_LIMIT, 1, suggest.LARGEST_LIMIT)


def _number(request: Request, name: str, default: int, least: int, most: int) -> int:
    given = request.query_params.get(name) or str(default)
    if not (given.isascii() and given.isdigit() and len(given) <= 9 and least <= int(given) <= most):
        raise BadParameter(
            f"{given[:50]!r} is not a {name}",
            where=f"parameter {name}",
            mend=f"use a whole number from {least} to {most}",
        )
    return int(given)


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _fields(encoded: bytes) -> list[tuple[str, str]]:
    """Name and value of each field. Raises BadParameter unless it is UTF-8."""
    try:
        return parse_qsl(
            encoded.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except UnicodeDecodeError:
        raise _not_utf8() from None
    except ValueError:
        raise BadParameter(f"there are more than {_MOST_FIELDS} fields", mend="send fewer") from None


def _utf8(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _not_utf8() from None


def _not_utf8() -> BadParameter:
    return BadParameter("the request is not valid UTF-8", where="body", mend="encode it as UTF-8")


async def _body(request: Request) -> bytes:
    """The request body. Raises BodyTooLarge without reading further than the limit."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > _MOST_BYTES:
            raise BodyTooLarge(
                f"the request body is larger than {_MOST_BYTES} bytes", mend="send smaller batches"
            )
        parts.append(part)
    return b"".join(parts)
