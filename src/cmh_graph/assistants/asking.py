"""The questions, and SPARQL: both run in processes that are stopped at the service's limits."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

from pydantic import Field, StringConstraints

from cmh_graph.assistants.tool import LONGEST, Arguments, Found, Page, Tool, list_of, obj, text
from cmh_graph.framework import Framework
from cmh_graph.namespaces import BASE, PREFIXES, compact
from cmh_graph.queries import Question
from cmh_graph.sparql.guard import Form
from cmh_graph.sparql.pool import QueryPool, QueryRequest

#: Rows that are given at once, and when nothing is said.
MOST_ROWS: Final = 200
_ROWS: Final = 50
_STATUS: Final = PREFIXES["status"]
_XSD: Final = "http://www.w3.org/2001/XMLSchema#"
_NUMBERS: Final[Mapping[str, Callable[[str], Any]]] = {
    _XSD + "integer": int,
    _XSD + "decimal": float,
    _XSD + "double": float,
    _XSD + "boolean": lambda lexical: lexical in ("true", "1"),
}
_Value = Annotated[str, StringConstraints(min_length=1, max_length=500)]
_ROWS_GIVEN: Final = list_of(
    {"type": "object"},
    "rows, column -> value; things are kind:key, statuses are words, what is not bound is left out",
)


class ListQuestions(Arguments):
    asked_by: str | None = Field(
        default=None,
        max_length=LONGEST,
        description="only those of one kind of person, such as 'existing employee'",
    )


class AskQuestion(Arguments):
    name: str = Field(
        min_length=1,
        max_length=LONGEST,
        description="name of a question, or its id such as cq-16; see list_questions",
    )
    parameters: dict[str, _Value] = Field(
        default={},
        max_length=10,
        description="its parameters, each as a key or kind:key, such as role: 'hcsw'",
    )
    limit: int = Field(default=_ROWS, ge=1, le=MOST_ROWS, description="rows at most")
    offset: int = Field(default=0, ge=0, le=1_000_000, description="rows to pass over")


class Sparql(Arguments):
    query: str = Field(
        min_length=1,
        max_length=200_000,
        description="SELECT, ASK, CONSTRUCT or DESCRIBE in SPARQL 1.1; prefixes such as cmh:, role:, "
        "skill:, skos: are known",
    )
    limit: int = Field(default=_ROWS, ge=1, le=MOST_ROWS, description="rows or triples at most")
    offset: int = Field(default=0, ge=0, le=1_000_000, description="rows or triples to pass over")


def tools(framework: Framework, pool: Callable[[], QueryPool]) -> list[Tool]:
    """The tools of this module. pool: gives the running query processes."""

    async def ask_question(asked: AskQuestion) -> Found:
        question = framework.question(asked.name)
        bound = framework.bind(question, asked.parameters)
        checked = await pool().check(question.text)
        request = QueryRequest(text=checked.text, format="json", prefixes=checked.prefixes, bindings=bound)
        columns, rows, total, iris = _read((await pool().run(request)).body, asked.offset, asked.limit)
        answer: dict[str, Any] = {
            "question": question.name,
            "asks": question.question,
            "gives": question.gives,
            "columns": columns,
            "row_count": total,
            "rows": rows,
        }
        if question.missing:
            answer["missing"] = question.missing
        return Found(answer, Page("rows", total, asked.offset), iris)

    async def sparql(asked: Sparql) -> Found:
        checked = await pool().check(asked.query)
        is_graph = checked.form in (Form.CONSTRUCT, Form.DESCRIBE)
        request = QueryRequest(
            text=checked.text,
            format="nt" if is_graph else "json",
            prefixes=checked.prefixes,
            default_graphs=checked.default_graphs,
            named_graphs=checked.named_graphs,
        )
        body = (await pool().run(request)).body
        if is_graph:
            lines = body.decode().splitlines()
            shown = lines[asked.offset : asked.offset + asked.limit]
            page = Page("triples", len(lines), asked.offset)
            return Found({"triples": shown, "triple_count": len(lines)}, page)
        if checked.form is Form.ASK:
            return Found({"is": bool(json.loads(body)["boolean"])})
        columns, rows, total, iris = _read(body, asked.offset, asked.limit)
        answer = {"columns": columns, "row_count": total, "rows": rows}
        return Found(answer, Page("rows", total, asked.offset), iris)

    def list_questions(asked: ListQuestions) -> Found:
        rows = [
            _question(one)
            for one in framework.questions.values()
            if asked.asked_by is None or one.asked_by == asked.asked_by
        ]
        who = sorted({one.asked_by for one in framework.questions.values()})
        return Found({"questions": rows, "who_asks": who}, more="ask with asked_by")

    names = list(framework.questions)
    asking = Tool(
        "ask_question",
        "Ask one of the questions by name",
        "Rows that answer one of the named questions, each with its status; 'missing' says what the content "
        "cannot tell. "
        "Prefer this to sparql where a question fits.",
        AskQuestion,
        obj("rows that answer a question", question=text(), asks=text("in words"), gives=text("what a row is"),
            columns=list_of(text()), row_count={"type": "integer"}, rows=_ROWS_GIVEN, missing=text()),
        ask_question,
    )  # fmt: skip
    _type_parameters(asking.input_schema, framework, names)
    return [
        Tool(
            "list_questions",
            "List the questions that can be asked by name",
            "Every named question: in words, who asks it, the parameters that it takes with their kinds and "
            "an example.",
            ListQuestions,
            obj("questions", who_asks=list_of(text()), questions=list_of({"type": "object"})),
            list_questions,
        ),
        asking,
        Tool(
            "sparql",
            "Ask the graph in SPARQL",
            "A read-only SPARQL 1.1 query over the whole graph. It is stopped at the service's time and "
            "memory limits; "
            "SERVICE, updates and other graphs are refused. Statuses are cmh:status, sources "
            "dcterms:source: select them.",
            Sparql,
            obj("rows, triples or yes and no", columns=list_of(text()), row_count={"type": "integer"}, rows=_ROWS_GIVEN,
                triples=list_of(text("N-Triples")), triple_count={"type": "integer"}, **{"is": {"type": "boolean"}}),
            sparql,
        ),
    ]  # fmt: skip


def _type_parameters(schema: dict[str, Any], framework: Framework, names: list[str]) -> None:
    """Say in a schema which questions there are, and of which kinds each parameter is."""
    schema["properties"]["name"]["examples"] = names
    kinds: dict[str, dict[str, None]] = {}
    for question in framework.questions.values():
        for parameter in question.parameters:
            kinds.setdefault(parameter.name, {}).update(dict.fromkeys(parameter.kinds or ("thing",)))
    schema["properties"]["parameters"] |= {
        "properties": {
            name: {"type": "string", "maxLength": 500, "description": f"key of a {' or '.join(found)}"}
            for name, found in sorted(kinds.items())
        },
        "additionalProperties": False,
    }


def _question(question: Question) -> dict[str, Any]:
    parameters = [
        {
            "name": one.name,
            "kind": one.kind,
            **({"optional": True, "default": one.default} if one.optional else {}),
            "example": one.example,
        }
        for one in question.parameters
    ]
    short: dict[str, Any] = {
        "name": question.name,
        "id": question.id,
        "question": question.question,
        "asked_by": question.asked_by,
        "parameters": parameters,
    }
    return {name: one for name, one in short.items() if one}


def _read(
    results: bytes, offset: int, limit: int
) -> tuple[list[str], list[dict[str, Any]], int, tuple[str, ...]]:
    """SPARQL results in JSON -> columns, some rows as plain values, the number of all rows, and the IRIs of our own
    things in the rows that are shown."""
    found = json.loads(results)
    bindings = found["results"]["bindings"]
    shown = bindings[offset : offset + limit]
    iris = dict.fromkeys(
        cell["value"]
        for row in shown
        for cell in row.values()
        if cell["type"] == "uri"
        and cell["value"].startswith(BASE)
        and not cell["value"].startswith(BASE + "vocab/")
    )
    rows = [{name: _cell(cell) for name, cell in row.items()} for row in shown]
    return found["head"]["vars"], rows, len(bindings), tuple(iris)


def _cell(term: Mapping[str, Any]) -> Any:
    value: str = term["value"]
    if term["type"] == "uri":
        return value.removeprefix(_STATUS) if value.startswith(_STATUS) else compact(value)
    try:
        return _NUMBERS.get(term.get("datatype", ""), str)(value)
    except ValueError:
        return value
