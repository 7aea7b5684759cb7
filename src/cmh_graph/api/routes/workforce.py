"""The workforce view of a staff extract that is sent along: worked on in few threads, and stored nowhere."""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from cmh_graph.align.framework_labels import framework_labels
from cmh_graph.api.bodies import media_type_of, read_body
from cmh_graph.api.described import Router
from cmh_graph.api.openapi import format_parameter, problems
from cmh_graph.api.parameters import one_value, parameter
from cmh_graph.api.problems import MEDIA_TYPE as PROBLEM_MEDIA_TYPE
from cmh_graph.api.reconcile.desk import Desk
from cmh_graph.api.representations import JSON, Form, choose, framework_of, refuse_unknown
from cmh_graph.errors import BadParameter, SourceError, UnsupportedBody
from cmh_graph.framework import Framework
from cmh_graph.papers.catalogue import FORMATS
from cmh_graph.sparql.formats import content_type
from cmh_graph.workforce.extract import Extract, read_extract, rows_of_json
from cmh_graph.workforce.files import CHARTS, as_json, chart_as
from cmh_graph.workforce.paper import workforce_paper
from cmh_graph.workforce.view import Workforce, workforce

if TYPE_CHECKING:
    from cmh_graph.align.titles.aligner import Aligner

MOST_ROWS: Final = 5_000
MOST_BYTES: Final = 1_000_000
#: Deepest JSON that is parsed: a list of rows has 3.
_DEEPEST: Final = 20
_SEND_LESS: Final = (
    "add up rows with the same title, band and team, or use cmh-graph workforce on your own machine"
)
_CSV: Final = "text/csv"
_SVG: Final = "image/svg+xml"
_PNG: Final = "image/png"
_FORMS: Final = (
    JSON,
    *(Form(one.name, one.media_type) for one in FORMATS.values()),
    *(Form(f"{name}.svg", _SVG) for name in CHARTS),
    *(Form(f"{name}.png", _PNG) for name in CHARTS),
)


def router(framework: Framework) -> APIRouter:
    """The address of the workforce view."""
    routes = Router(tags=["workforce"])
    desk = Desk()

    @cache
    def aligner() -> Aligner:
        # It brings numbers and tables with it, which the service does without until the first extract.
        from cmh_graph.align.titles.aligner import Aligner

        return Aligner(framework_labels(framework.store))

    @routes.post(
        "/workforce",
        operation_id="show_workforce",
        summary="Show which roles a staff extract holds",
        description="Send a table of title, band, team and headcount or FTE as CSV, or rows as JSON: at most "
        f"{MOST_ROWS:,} rows and {MOST_BYTES // 1_000_000} MB. Send no personal data: columns about people are not "
        "used, and nothing is stored. Figures decided, accepted, to review and without a role are never added up. "
        "Counts under 5 in tables by team are words.",
        response_model=Workforce,
        responses={
            200: {
                "content": {
                    form.media_type: {"schema": {"type": "string"}} for form in _FORMS if form is not JSON
                }
            },
            **problems(400, 404, 406, 413, 429),
            415: _refusal("The body is neither CSV nor JSON"),
        },
        openapi_extra={
            "parameters": [
                parameter(
                    "supply",
                    "key of a role: which roles held lead to it",
                    {"type": "string", "maxLength": 100, "example": "mental-health-nurse"},
                ),
                format_parameter(_FORMS),
            ],
            "requestBody": {
                "required": True,
                "content": {
                    _CSV: {
                        "schema": {"type": "string"},
                        "example": "Job title,Band,Team,Headcount\nHCA (Bank),2,Juniper Ward,6\n",
                    },
                    "application/json": {"schema": _ROWS},
                },
            },
        },
    )
    async def show_workforce(request: Request) -> Response:
        refuse_unknown(request, ["supply", "format"])
        form, supply = choose(request, _FORMS), one_value(request, "supply")
        kind = _media_type(request)
        body = await read_body(request, MOST_BYTES, what="extract", mend=_SEND_LESS)

        def work() -> bytes:
            served = framework_of(request)
            if supply is not None:
                served.role(supply)
            extract = _extract(kind, body)
            found = workforce(
                served,
                extract.rows,
                supply=supply,
                unit=extract.unit,
                notes=extract.notes,
                aligner=aligner(),
            )
            return _written(served, found, form)

        made = await desk.run(work)
        headers = {"Cache-Control": "no-store", "Content-Type": content_type(form.media_type)}
        if form.name == "docx":
            headers["Content-Disposition"] = 'attachment; filename="workforce.docx"'
        return Response(made, headers={**headers, "X-Content-Type-Options": "nosniff"})

    return routes


_ROWS: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["rows"],
    "additionalProperties": False,
    "properties": {
        "unit": {"type": "string", "enum": ["headcount", "FTE"], "default": "headcount"},
        "rows": {
            "type": "array",
            "maxItems": MOST_ROWS,
            "items": {
                "type": "object",
                "required": ["title"],
                "additionalProperties": False,
                "properties": {
                    "title": {"type": "string", "maxLength": 500},
                    "band": {"type": "string", "maxLength": 500},
                    "team": {"type": "string", "maxLength": 500},
                    "headcount": {"type": "number", "minimum": 0, "maximum": 100000, "default": 1},
                    "employer_type": {"type": "string", "maxLength": 500},
                },
            },
        },
    },
    "example": {"rows": [{"title": "HCA (Bank)", "band": "2", "team": "Juniper Ward", "headcount": 6}]},
}


def _refusal(reason: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": reason, "content": {PROBLEM_MEDIA_TYPE: {"schema": schema}}}


def _media_type(request: Request) -> str:
    given, _ = media_type_of(request)
    if given not in (_CSV, "application/json"):
        raise UnsupportedBody(
            "the body is neither CSV nor JSON",
            where="header Content-Type",
            mend=f"send {_CSV} or application/json, as curl --data-binary @staff.csv -H 'Content-Type: {_CSV}' does",
        )
    return given


def _extract(kind: str, body: bytes) -> Extract:
    """The rows of a body. Raises BadParameter, also where a file would be no usable source: it is all the request."""
    if not body.strip():
        raise BadParameter("the body is empty", where="body", mend="send a table with a column 'Job title'")
    # The readers of tables take files. The folder is gone before the answer is sent.
    with tempfile.TemporaryDirectory(prefix="cmh-graph-") as folder:
        path = Path(folder) / "body.csv"
        try:
            if kind != _CSV:
                return rows_of_json(_json(body), most=MOST_ROWS)
            path.write_bytes(body)
            return read_extract(path, most=MOST_ROWS)
        except SourceError as error:
            where = error.where.replace(str(path), "body")
            raise BadParameter(error.what, where=where, mend=error.mend) from None


def _json(body: bytes) -> Any:
    try:
        text = body.decode("utf-8-sig")
        deepest = depth = 0
        for char in text:
            depth += (char in "[{") - (char in "]}")
            deepest = max(deepest, depth)
        if deepest <= _DEEPEST:
            return json.loads(text)
    except (UnicodeDecodeError, ValueError):
        raise BadParameter("the body is not valid JSON", where="body", mend="send JSON in UTF-8") from None
    raise BadParameter("the JSON is nested too deeply", where="body", mend="send a list of rows")


def _written(framework: Framework, found: Workforce, form: Form) -> bytes:
    if form is JSON:
        return as_json(found)
    if form.name in FORMATS:
        return FORMATS[form.name].write(workforce_paper(framework, found))
    name, _, suffix = form.name.partition(".")
    return chart_as(CHARTS[name](found), suffix)
