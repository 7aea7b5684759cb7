"""Batches of queries over HTTP: as a form or an address (0.2), or as JSON (1.0-draft)."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from cmh_graph.api.bodies import FORM, fields_of, media_type_of
from cmh_graph.api.openapi import problems
from cmh_graph.api.parameters import parameter
from cmh_graph.api.reconcile.bodies import DraftResults
from cmh_graph.api.reconcile.desk import Desk
from cmh_graph.api.reconcile.requests import JSON, body, home_of, json_text, reconciler_of
from cmh_graph.api.reconcile.responses import REFUSALS, json_response
from cmh_graph.errors import BadParameter, UnsupportedBody
from cmh_graph.reconcile.candidates import Result
from cmh_graph.reconcile.extend import extend
from cmh_graph.reconcile.manifest import manifest
from cmh_graph.reconcile.queries import (
    LONGEST_TEXT,
    MOST_PROPERTIES,
    MOST_QUERIES,
    MOST_VALUES,
    read_batch,
    read_draft_batch,
    read_json,
)

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
                "properties": {"meta": {"type": "array", "items": {}}, "rows": {"type": "object"}},
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

_TEXT: Final = {"type": "string"}
#: A value is a text, a number, yes or no, or a thing that was matched before.
_VALUE: Final[dict[str, Any]] = {
    "anyOf": [
        {"type": ["string", "number", "boolean"]},
        {
            "type": "object",
            "required": ["id"],
            "properties": {"id": {**_TEXT, "maxLength": LONGEST_TEXT}, "name": {"type": ["string", "null"]}},
        },
    ]
}
_VALUES: Final[dict[str, Any]] = {
    "anyOf": [*_VALUE["anyOf"], {"type": "array", "minItems": 1, "maxItems": MOST_VALUES, "items": _VALUE}]
}
_NAMED: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["matchType", "propertyValue"],
    "properties": {"matchType": {**_TEXT, "enum": ["name", "id"]}, "propertyValue": _VALUES},
}
_OF_A_PROPERTY: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["matchType", "propertyId", "propertyValue"],
    "properties": {
        "matchType": {**_TEXT, "enum": ["property"]},
        "propertyId": {**_TEXT, "maxLength": LONGEST_TEXT},
        "propertyValue": _VALUES,
        "required": {"type": "boolean"},
    },
}
_DRAFT_QUERY: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["conditions"],
    "additionalProperties": False,
    "properties": {
        "type": _TEXT,
        "limit": {"type": "integer", "minimum": 1},
        "lang": {},
        "dir": {},
        "conditions": {
            "type": "array",
            "minItems": 1,
            "maxItems": MOST_PROPERTIES,
            "items": {"anyOf": [_NAMED, _OF_A_PROPERTY]},
        },
    },
}
_DRAFT_BATCH: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["queries"],
    "properties": {"queries": {"type": "array", "maxItems": MOST_QUERIES, "items": _DRAFT_QUERY}},
    "example": {
        "queries": [
            {"type": "Role", "conditions": [{"matchType": "name", "propertyValue": "support worker"}]}
        ]
    },
}


def add_batches(routes: APIRouter, desk: Desk) -> None:
    """Add the endpoint itself and /match below it."""

    async def answer(request: Request, given: list[tuple[str, str]]) -> Response:
        """The one thing that the fields ask for: the manifest, results, or values."""
        reconciler = reconciler_of(request)
        asked = [(name, value) for name, value in given if name in ("queries", "extend")]
        if not asked:
            if any(name == "query" for name, _ in given):
                raise BadParameter(
                    "single queries are not answered",
                    where="parameter query",
                    mend='send queries={"q0": {"query": "..."}}',
                )
            return json_response(manifest(home_of(request)))
        if len(asked) > 1:
            raise BadParameter(
                "one request asks for one thing, and this asks for several",
                where="parameters queries and extend",
                mend="send queries or extend, once",
            )
        ((name, text),) = asked
        if name == "extend":
            return json_response(await desk.run(lambda: extend(reconciler.framework, text)))

        def results() -> dict[str, Any]:
            batch = read_batch(text)
            found = reconciler.answer_all(batch.values())
            return {query: _result("result", result) for query, result in zip(batch, found, strict=True)}

        return json_response(await desk.run(results))

    async def answer_draft(request: Request) -> Response:
        text = await json_text(request)
        reconciler = reconciler_of(request)

        def results() -> dict[str, Any]:
            queries = read_draft_batch(read_json(text, "body"))
            return {"results": [_result("candidates", each) for each in reconciler.answer_all(queries)]}

        return json_response(await desk.run(results))

    @routes.get(
        "",
        operation_id="reconcile_get",
        summary="Show what the reconciliation service offers, or answer a batch",
        description="Without parameters, the manifest of the W3C Reconciliation Service API 0.2.",
        response_class=Response,
        responses={200: {"content": {JSON: _ANSWERS}}, **problems(400, 429, 503)},
        openapi_extra={
            "parameters": [
                parameter("queries", _QUERIES, {"type": "string"}),
                parameter("extend", _EXTEND, {"type": "string"}),
            ]
        },
    )
    async def get(request: Request) -> Response:
        return await answer(request, fields_of(request.scope["query_string"], "the address"))

    @routes.post(
        "",
        operation_id="reconcile_post",
        summary="Match a batch of texts, or fetch properties of matched things",
        description="A form with queries= or extend= (0.2), or JSON with a list of queries (1.0-draft).",
        response_class=Response,
        responses={200: {"content": {JSON: _ANSWERS}}, **REFUSALS},
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    FORM: {
                        "schema": {
                            "type": "object",
                            "properties": {
                                "queries": {"type": "string", "description": _QUERIES, "example": _EXAMPLE},
                                "extend": {"type": "string", "description": _EXTEND},
                            },
                        }
                    },
                    JSON: {"schema": _DRAFT_BATCH},
                },
            }
        },
    )
    async def post(request: Request) -> Response:
        kind, _ = media_type_of(request)
        if kind == JSON:
            return await answer_draft(request)
        if kind != FORM:
            raise UnsupportedBody(
                "the body is neither a form nor JSON",
                where="header Content-Type",
                mend=f"send queries= as {FORM}, as curl --data-urlencode does",
            )
        address = fields_of(request.scope["query_string"], "the address")
        return await answer(request, [*address, *fields_of(await body(request), "the form")])

    @routes.post(
        "/match",
        operation_id="reconcile_match",
        summary="Match a batch of texts as version 1.0-draft sends it",
        description="The same candidates as at /reconcile; the draft may still change.",
        response_model=DraftResults,
        responses=REFUSALS,
        openapi_extra={"requestBody": {"required": True, "content": {JSON: {"schema": _DRAFT_BATCH}}}},
    )
    async def match(request: Request) -> Response:
        return await answer_draft(request)


def _result(name: str, result: Result) -> dict[str, Any]:
    found: dict[str, Any] = {name: [candidate.as_json() for candidate in result.candidates]}
    return {**found, "notes": list(result.notes)} if result.notes else found
