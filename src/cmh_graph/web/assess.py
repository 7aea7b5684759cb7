"""The addresses of the self-assessment: pages, each the answer to the form before it. Nothing is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from cmh_graph.api.bodies import read_form
from cmh_graph.api.described import Router
from cmh_graph.api.parameters import one_value
from cmh_graph.api.representations import Form, choose, refuse_unknown
from cmh_graph.errors import BadParameter, SourceError
from cmh_graph.framework import Framework
from cmh_graph.papers.catalogue import FORMATS
from cmh_graph.papers.passport import RATINGS
from cmh_graph.web.pages.assess import (
    PATH,
    choose_page,
    opened_page,
    result_page,
    role_page,
    step_page,
)
from cmh_graph.web.pages.assess_file import Opened, read_file, write_file
from cmh_graph.web.pages.assess_result import paper_of
from cmh_graph.web.pages.assess_state import (
    TICKED,
    Answer,
    Assessment,
    Step,
    role_to_assess,
    steps_of,
    taken_over,
)
from cmh_graph.web.pages.assess_upload import read_upload
from cmh_graph.web.site import HTML, Site

#: Largest form in bytes: the longest file, in which every sign may be percent-encoded.
_LONGEST: Final = 1_000_000
_RATED: Final = "r."
_FIELDS: Final = frozenset({"file", "at", "go", "to", "format", *TICKED})
_SEND: Final = "send it from the page /assess"
#: Answers are about a person: nobody keeps them, nor the page that they lead to.
_KEEP_NOTHING: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def router(framework: Framework, site: Site) -> APIRouter:
    """Choose a role or open a file; then step by step to the result, the file and the paper."""
    routes = Router(include_in_schema=False)

    def page(template: str, values: Mapping[str, Any], status: int = HTTPStatus.OK) -> Response:
        return Response(site.write(template, values), status, _KEEP_NOTHING, HTML.media_type)

    @routes.get(PATH)
    def begin(request: Request) -> Response:
        refuse_unknown(request, ["role"])
        choose(request, (HTML,))
        key = one_value(request, "role") if request.query_params.get("role") else None
        if key is None:
            return site.respond(request, "assess.html", lambda: choose_page(framework))
        role = role_to_assess(framework, key)
        return site.respond(request, "assess_role.html", lambda: role_page(framework, role))

    @routes.post(PATH)
    async def go_on(request: Request) -> Response:
        refuse_unknown(request, [])
        choose(request, (HTML,))
        fields = await read_form(request, _LONGEST, mend=_SEND)
        return await run_in_threadpool(answer, fields)

    def answer(fields: list[tuple[str, str]]) -> Response:
        given, assessment = _read(framework, fields)
        go = given.get("go", "")
        if go == "result":
            return page("assess_result.html", result_page(framework, assessment))
        if go == "carry":
            role = role_to_assess(framework, given.get("to", ""))
            opened = Opened(taken_over(framework, assessment, role))
            return page("assess_role.html", opened_page(framework, opened))
        steps = steps_of(framework, framework.role(assessment.role))
        at = _number(given.get("at", "0"), len(steps))
        number = {"next": at + 1, "back": at - 1}.get(go)
        if number is None:
            number = _number(go, len(steps))
        if number > len(steps):
            return page("assess_result.html", result_page(framework, assessment))
        if number < 1:
            return page("assess_role.html", opened_page(framework, Opened(assessment)))
        return page("assess_step.html", step_page(framework, assessment, number))

    @routes.post(f"{PATH}/open")
    async def open_file(request: Request) -> Response:
        refuse_unknown(request, [])
        choose(request, (HTML,))
        data = await read_upload(request)
        return await run_in_threadpool(opened, data)

    def opened(data: bytes) -> Response:
        try:
            found = read_file(framework, data)
        except SourceError as error:
            problem = {"what": error.what, "mend": error.mend, "where": error.where}
            return page("assess.html", choose_page(framework, problem), HTTPStatus.UNPROCESSABLE_ENTITY)
        return page("assess_role.html", opened_page(framework, found))

    @routes.post(f"{PATH}/file")
    async def save_file(request: Request) -> Response:
        refuse_unknown(request, [])
        choose(request, (Form("json", "application/json"), HTML))
        fields = await read_form(request, _LONGEST, mend=_SEND)

        def made() -> Response:
            _, assessment = _read(framework, fields)
            text = write_file(framework, assessment)
            return _download(text.encode(), f"passport-{assessment.role}.json", "application/json")

        return await run_in_threadpool(made)

    @routes.post(f"{PATH}/paper")
    async def print_paper(request: Request) -> Response:
        refuse_unknown(request, [])
        fields = await read_form(request, _LONGEST, mend=_SEND)

        def made() -> Response:
            given, assessment = _read(framework, fields)
            name = given.get("format", "html")
            if name not in FORMATS:
                raise BadParameter(
                    "there is no such format", where="format", mend=f"choose from {', '.join(FORMATS)}"
                )
            paper, form = paper_of(framework, assessment), FORMATS[name]
            return _download(form.write(paper), paper.name + form.suffix, form.media_type)

        return await run_in_threadpool(made)

    return routes


def _download(data: bytes, name: str, media_type: str) -> Response:
    # As a file, never as a page of ours: what a paper looks like is written inside it, which our policy does not allow.
    headers = {**_KEEP_NOTHING, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, headers=headers, media_type=media_type)


def _read(framework: Framework, fields: list[tuple[str, str]]) -> tuple[dict[str, str], Assessment]:
    """The fields of a form, and the answers in it: those that travel, and over them those of the page it came from.

    Raises BadParameter for what no page of ours sends."""
    given: dict[str, str] = {}
    rated: dict[str, str] = {}
    ticked: dict[str, list[str]] = {kind: [] for kind in TICKED}
    for name, value in fields:
        if name in TICKED:
            ticked[name].append(value)
        elif name.startswith(_RATED) and name not in rated and value in RATINGS:
            rated[name] = value
        elif name in _FIELDS and name not in given:
            given[name] = value
        else:
            # What was sent is not repeated: it may be about a person.
            raise BadParameter("the form holds an answer that is not offered there", where="body", mend=_SEND)
    try:
        assessment = read_file(framework, given.get("file", "").encode()).assessment
    except SourceError as error:
        raise BadParameter(error.what, where="field file", mend=_SEND) from None
    steps = steps_of(framework, role_to_assess(framework, assessment.role))
    at = _number(given.get("at", "0"), len(steps))
    step = steps[at - 1] if 0 < at <= len(steps) else None
    return given, _merged(assessment, step, rated, ticked)


def _merged(
    assessment: Assessment, step: Step | None, rated: Mapping[str, str], ticked: Mapping[str, list[str]]
) -> Assessment:
    offered = {_RATED + entry.key: entry.key for entry in (step.entries if step else ())}
    boxes = {kind: {one.key for one in (step.choices if step else ()) if one.kind == kind} for kind in TICKED}
    if rated.keys() - offered.keys() or any(set(ticked[kind]) - boxes[kind] for kind in TICKED):
        raise BadParameter("the form holds an answer that is not offered there", where="body", mend=_SEND)
    answers = dict(assessment.answers)
    for name, rating in rated.items():
        answers[offered[name]] = replace(answers.get(offered[name], Answer()), rating=rating)
    held = assessment.held
    if step is not None and step.choices:
        # What this page shows is as it was sent; what another role asked for goes on.
        held = {
            kind: (*(one for one in (held or {}).get(kind, ()) if one not in boxes[kind]), *ticked[kind])
            for kind in TICKED
        }
    return replace(assessment, answers=answers, held=held)


def _number(text: str, most: int) -> int:
    """A step's number. Raises BadParameter."""
    if not text.isascii() or not text.isdigit() or len(text) > 3 or int(text) > most:
        raise BadParameter("the form names a step that there is not", where="body", mend=_SEND)
    return int(text)
