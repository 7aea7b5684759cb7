"""Questions with a name: list them, show one, ask one.

A question runs in the query workers, so one that takes too long is stopped and nobody else waits for it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from cmh_graph.api.described import Router
from cmh_graph.api.filters import Filter
from cmh_graph.api.lists import describe_parameters, listing, page_of
from cmh_graph.api.openapi import format_parameter, problems
from cmh_graph.api.representations import (
    JSON,
    LIST_FORMS,
    ROW_FORMS,
    cache_headers,
    choose,
    framework_of,
    is_fresh,
    refuse_unknown,
    respond,
    split_suffix,
    write_json,
)
from cmh_graph.errors import BadParameter, NoSnapshot
from cmh_graph.framework import Framework
from cmh_graph.model import Iri
from cmh_graph.queries import Question
from cmh_graph.sparql.formats import content_type
from cmh_graph.sparql.pool import QueryPool, QueryRequest

Cell = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class QuestionParameter:
    """What a question takes: a key, prefixed name or IRI of these kinds of thing.

    kinds: empty if an IRI of anything will do. default: in words, what stands in for it if it is left out."""

    name: str
    kinds: tuple[str, ...]
    optional: bool
    default: str
    example: str


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A question, who asks it, what it takes and what it gives. missing: what the content cannot tell."""

    name: str
    id: str
    question: str
    asked_by: str
    parameters: tuple[QuestionParameter, ...]
    columns: tuple[str, ...]
    gives: str
    missing: str


@dataclass(frozen=True, slots=True)
class QuestionDetail(QuestionRow):
    """A question with its query, in SPARQL."""

    query: str


class Answer(BaseModel):
    """What a question answers. An IRI is a string; what is not bound is null."""

    question: str = Field(examples=["requirements_of_a_role"])
    asks: str = Field(description="the question in words")
    parameters: dict[str, str] = Field(description="the parameters as given")
    columns: list[str]
    rows: list[dict[str, Cell]]
    missing: str = Field(description="what the content cannot tell, empty if nothing is missing")


_XSD: Final = "http://www.w3.org/2001/XMLSchema#"
_NAME: Final[dict[str, Any]] = {
    "name": "name",
    "in": "path",
    "required": True,
    "description": "name of a question, or its id such as cq-16",
    "schema": {"type": "string"},
    "example": "requirements_of_a_role",
}
_VALUES: Final[dict[str, Any]] = {
    "name": "parameters",
    "in": "query",
    "required": False,
    "description": "the question's own parameters, each under its name, as a key or an IRI: `role=hcsw`",
    "style": "form",
    "explode": True,
    "schema": {"type": "object", "additionalProperties": {"type": "string"}},
    "example": {"role": "hcsw"},
}


def question_row(question: Question) -> QuestionRow:
    """What lists show of a question."""
    return QuestionRow(
        name=question.name,
        id=question.id,
        question=question.question,
        asked_by=question.asked_by,
        parameters=tuple(
            QuestionParameter(each.name, each.kinds, each.optional, each.default, each.example)
            for each in question.parameters
        ),
        columns=question.columns,
        gives=question.gives,
        missing=question.missing,
    )


def router(framework: Framework) -> APIRouter:
    """The addresses of questions."""
    routes = Router(tags=["questions"])
    filters = (
        Filter(
            "asked_by",
            "who asks",
            lambda question, value: question.asked_by == value,
            lambda served: sorted({question.asked_by for question in served.questions.values()}),
        ),
    )

    @routes.get(
        "/questions",
        operation_id="list_questions",
        summary="List the questions that can be asked by name",
        description="Each with who asks it, what it takes, what it gives and what the content cannot tell.",
        response_model=page_of(QuestionRow),
        responses=problems(400, 406),
        openapi_extra={"parameters": describe_parameters(filters, framework)},
    )
    def list_questions(request: Request) -> Response:
        found = framework_of(request).questions.values()
        return listing(request, found, filters, QuestionRow, question_row)

    @routes.get(
        "/questions/{name}/definition",
        operation_id="show_question",
        summary="Show one question and its query",
        description="The query can be changed and sent to /sparql.",
        response_model=QuestionDetail,
        responses=problems(400, 404, 406),
        openapi_extra={"parameters": [_NAME, format_parameter(LIST_FORMS)]},
    )
    def show_question(request: Request) -> Response:
        refuse_unknown(request, ["format"])
        question = framework_of(request).question(request.path_params["name"])
        form, row = choose(request, LIST_FORMS), question_row(question)
        fields = {name: getattr(row, name) for name in QuestionRow.__slots__}
        return respond(
            request,
            form,
            lambda: write_json(QuestionDetail, QuestionDetail(**fields, query=question.text)),
        )

    @routes.get(
        "/questions/{name}",
        operation_id="ask_question",
        summary="Ask one question",
        description="Rows as JSON, CSV or TSV. `missing` says what the content cannot tell.",
        response_model=Answer,
        responses={
            200: {
                "content": {
                    form.media_type: {"schema": {"type": "string"}} for form in ROW_FORMS if form is not JSON
                }
            },
            **problems(400, 404, 406, 413, 429, 503),
        },
        openapi_extra={"parameters": [_NAME, _VALUES, format_parameter(ROW_FORMS)]},
    )
    async def ask_question(request: Request) -> Response:
        name, suffix = split_suffix(request.path_params["name"], ROW_FORMS)
        question = framework_of(request).question(name)
        known = [each.name for each in question.parameters]
        refuse_unknown(request, [*known, "format"])
        values = {name: _only(request, name) for name in known if name in request.query_params}
        form = choose(request, ROW_FORMS, suffix)
        bound = framework_of(request).bind(question, values)
        headers = cache_headers(request, form)
        if is_fresh(request, headers):
            return Response(status_code=304, headers=headers)
        answer = await _run(request, question.text, bound, form.name)
        if form is JSON:
            answer = _as_json(question, values, answer)
        return Response(answer, headers={**headers, "Content-Type": content_type(form.media_type)})

    return routes


def _only(request: Request, name: str) -> str:
    values = request.query_params.getlist(name)
    if len(values) > 1:
        raise BadParameter(f"there are {len(values)} values", where=f"parameter {name}", mend="give it once")
    return values[0]


async def _run(request: Request, text: str, bound: Mapping[str, Iri], form: str) -> bytes:
    """The answer to a question's query by the workers. Raises QueryRefused and its kinds, NoSnapshot."""
    pool: QueryPool | None = getattr(request.app.state, "query_pool", None)
    if pool is None:
        raise NoSnapshot("the query service is not running", mend="start the service by cmh-graph serve")
    checked = await pool.check(text)
    asked = QueryRequest(text=checked.text, format=form, prefixes=checked.prefixes, bindings=bound)
    return (await pool.run(asked)).body


def _as_json(question: Question, values: dict[str, str], results: bytes) -> bytes:
    """SPARQL results in JSON -> an Answer in JSON."""
    found = json.loads(results)
    columns = found["head"]["vars"]
    rows = [
        {name: _cell(row[name]) if name in row else None for name in columns}
        for row in found["results"]["bindings"]
    ]
    body = {
        "question": question.name,
        "asks": question.question,
        "parameters": values,
        "columns": columns,
        "rows": rows,
        "missing": question.missing,
    }
    return json.dumps(body, ensure_ascii=False).encode()


def _cell(term: dict[str, str]) -> Cell:
    text, datatype = term["value"], term.get("datatype", "").removeprefix(_XSD)
    if datatype == "boolean":
        return text == "true"
    if datatype == "integer":
        return int(text)
    if datatype in ("decimal", "double", "float"):
        return float(text)
    return text
