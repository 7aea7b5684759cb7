"""Job descriptions, interview packs and development plans, made for each request and kept nowhere."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from cmh_graph.api.described import Router
from cmh_graph.api.openapi import format_parameter, problems
from cmh_graph.api.parameters import one_value, parameter, several
from cmh_graph.api.representations import (
    Form,
    cache_headers,
    choose,
    framework_of,
    is_fresh,
    refuse_unknown,
    respond,
)
from cmh_graph.api.routes.pathways import LISTS
from cmh_graph.errors import UnknownThing
from cmh_graph.framework import Framework
from cmh_graph.papers.catalogue import DEVELOPMENT_PLAN, FORMATS, NAMES, OF_A_POST, PASSPORT
from cmh_graph.papers.development_plan import development_plan
from cmh_graph.papers.document import Paper
from cmh_graph.papers.passport import passport_of, write
from cmh_graph.papers.policy import policy_of
from cmh_graph.papers.post import post_of
from cmh_graph.pathways.answers import gap_answer

PAPER_FORMS: Final = tuple(Form(one.name, one.media_type) for one in FORMATS.values())
_TEXT: Final[dict[str, Any]] = {"type": "string", "maxLength": 100}
_OF_A_POST: Final = ["band", "employer_type", "setting"]
_OF_A_GAP: Final = ["from", *LISTS, "employer_type", "setting"]


def router(framework: Framework) -> APIRouter:
    """The addresses of papers."""
    routes = Router(tags=["papers"])
    lists = {"type": "array", "items": _TEXT}

    @routes.get(
        "/papers/{name}/{role}",
        operation_id="make_paper",
        summary="Make a paper for a role",
        description="A job description with person specification, an interview pack, or a development plan, as a page "
        "to print, a Word document or Markdown. A plan starts from a role (`from`) or from what a person has. "
        "A passport is a page to fill in, which keeps what is written in the browser; also of `ahp-support`, "
        "`ahp-senior` and `ahp-ap`.",
        response_class=Response,
        responses={
            200: {"content": {form.media_type: {"schema": {"type": "string"}} for form in PAPER_FORMS}},
            **problems(400, 404, 406),
        },
        openapi_extra={
            "parameters": [
                {
                    "name": "name",
                    "in": "path",
                    "required": True,
                    "description": "which paper",
                    "example": "job-description",
                    "schema": {"type": "string", "enum": list(NAMES)},
                },
                {
                    "name": "role",
                    "in": "path",
                    "required": True,
                    "description": "key of the role",
                    "schema": _TEXT,
                    "example": "peer-support-worker",
                },
                parameter("band", "pay band of the post", _TEXT),
                parameter("employer_type", "kind of employer", _TEXT),
                parameter("setting", "setting of the post", _TEXT),
                parameter("from", "role held, for a development plan", _TEXT),
                *(
                    parameter(each, f"{each} held, for a development plan; may be repeated", lists)
                    for each in LISTS
                ),
                format_parameter(PAPER_FORMS),
            ]
        },
    )
    def make_paper(request: Request) -> Response:
        name, role = request.path_params["name"], request.path_params["role"]
        if name not in NAMES:
            raise UnknownThing(
                f"there is no paper {name[:50]}", where=name[:50], mend=f"choose from {', '.join(NAMES)}"
            )
        known = _OF_A_GAP if name == DEVELOPMENT_PLAN else _OF_A_POST
        refuse_unknown(request, [*known, "format"])
        if name == PASSPORT:
            return _passport(request, role)
        form = choose(request, PAPER_FORMS)
        if fresh := _if_known(request, form):
            return fresh
        paper = _paper(request, name, role)
        chosen = FORMATS[form.name]
        headers = {"Content-Disposition": f'inline; filename="{paper.name}{chosen.suffix}"'}
        if form.name == "docx":
            headers["Content-Disposition"] = headers["Content-Disposition"].replace("inline", "attachment")
        data = chosen.write(paper)
        return respond(
            request, form, lambda: data, {**headers, **(_page_headers(data) if form.name == "html" else {})}
        )

    return routes


def _if_known(request: Request, form: Form) -> Response | None:
    """304 for a reader who names the tag of this very answer, before anything is made; None for anybody else.

    The tag is known only where the answer was made once, so the request is a good one. "*" names no tag: it asks
    whether there is anything here, which only making it can tell."""
    headers = cache_headers(request, form)
    if "*" not in ",".join(request.headers.getlist("if-none-match")) and is_fresh(request, headers):
        return Response(status_code=304, headers=headers)
    return None


def _passport(request: Request, role: str) -> Response:
    """The page to fill in; it keeps what people write in their browser."""
    form = choose(request, PAPER_FORMS[:1])
    if fresh := _if_known(request, form):
        return fresh
    made = passport_of(
        framework_of(request),
        role,
        band=one_value(request, "band"),
        employer_type=one_value(request, "employer_type"),
        setting=one_value(request, "setting"),
    )
    page = write(made)
    return respond(request, form, lambda: page, _page_headers(page))


def _page_headers(page: bytes) -> dict[str, str]:
    """What browsers may do with a paper: it brings its own styles, which the policy of our pages would not allow."""
    return {"Content-Security-Policy": policy_of(page), "X-Frame-Options": "DENY"}


def _paper(request: Request, name: str, role: str) -> Paper:
    framework = framework_of(request)
    employer_type, setting = (one_value(request, key) for key in ("employer_type", "setting"))
    if name in OF_A_POST:
        post = post_of(
            framework,
            role,
            band=one_value(request, "band"),
            employer_type=employer_type,
            setting=setting,
        )
        return OF_A_POST[name](framework, post)
    start = one_value(request, "from")
    return development_plan(
        framework,
        gap_answer(
            framework,
            role,
            start,
            skills=several(request, "skill"),
            values=several(request, "value"),
            experiences=several(request, "experience"),
            qualifications=several(request, "qualification"),
            backgrounds=several(request, "background"),
            employer_type=employer_type,
            setting=setting,
        ),
        start,
    )
