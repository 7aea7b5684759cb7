"""The addresses of the query page: /query shows it, a form sent there is answered as a page."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from cmh_graph.api.bodies import read_form
from cmh_graph.api.described import Router
from cmh_graph.api.problems import from_error
from cmh_graph.api.representations import JSON, choose, refuse_unknown, respond
from cmh_graph.api.sparql import pool_of, unless_gone
from cmh_graph.errors import BadParameter, CmhGraphError, NoSnapshot
from cmh_graph.framework import Framework
from cmh_graph.namespaces import BASE
from cmh_graph.settings import Settings
from cmh_graph.sparql.pool import Answer, QueryRequest
from cmh_graph.web.completion import completion
from cmh_graph.web.pages.query import Limits, problem_values, query_page
from cmh_graph.web.pages.query_answer import READ_AS, answer_values
from cmh_graph.web.pages.query_examples import PATH
from cmh_graph.web.pages.thing import Names
from cmh_graph.web.site import HTML, Site

#: Percent-encoding makes three bytes of one; the name of an example comes on top.
_ENCODED: Final = 3
_BESIDE_THE_QUERY: Final = 4_096
_OF_THE_BODY: Final = ("content-length", "content-type")
#: An answer is of its moment and its reader.
_KEEP_NOTHING: Final = {"cache-control": "no-store", "vary": "Accept"}
_CLIENT_HAS_GONE: Final = 499


def router(framework: Framework, site: Site, settings: Settings) -> APIRouter:
    """The page, the answer to its form, and what its editor completes."""
    routes = Router(include_in_schema=False)
    limits = Limits.of(settings)
    label = _labels(framework)

    @routes.get(PATH)
    def query(request: Request) -> Response:
        refuse_unknown(request, ["query", "question"])
        choose(request, (HTML,))
        text, name = (_only(request.query_params.getlist(one), one) for one in ("query", "question"))
        return site.respond(
            request, "query.html", lambda: query_page(framework, limits, text=text, name=name)
        )

    @routes.post(PATH)
    async def ask(request: Request) -> Response:
        refuse_unknown(request, [])
        choose(request, (HTML,))
        longest = _ENCODED * settings.query_text_bytes + _BESIDE_THE_QUERY
        fields = await read_form(request, longest, mend="shorten the query, or split it into several")
        text, name = (
            _only([value for key, value in fields if key == one], one) for one in ("query", "question")
        )
        page: Mapping[str, Any] = query_page(framework, limits, text=text, name=name)
        try:
            values, told = await _answered(request, text, label), None
        except CmhGraphError as error:
            told = from_error(error)
            values = {"problem": problem_values(error, text)}
        if values is None:
            return Response(status_code=_CLIENT_HAS_GONE)
        shown = {**page, **values}
        body = await run_in_threadpool(site.write, "query.html", shown)
        status = HTTPStatus.OK if told is None else told.status_code
        headers = {
            name: value for name, value in (told.headers if told else {}).items() if name not in _OF_THE_BODY
        }
        return Response(body, status, {**headers, **_KEEP_NOTHING}, HTML.media_type)

    terms = cache(lambda: json.dumps(completion(framework), ensure_ascii=False).encode())

    @routes.get(f"{PATH}/terms.json")
    def completed(request: Request) -> Response:
        refuse_unknown(request, [])
        choose(request, (JSON,))
        return respond(request, JSON, terms)

    return routes


async def _answered(request: Request, text: str, label: Callable[[str], str]) -> dict[str, Any] | None:
    """What the page shows of the answer; None if the reader has gone. Raises what the pool raises."""
    if not text.strip():
        raise BadParameter("there is no query", mend="write one, or take one of the examples")
    if getattr(request.app.state, "query_pool", None) is None:
        raise NoSnapshot("the query service is not running", mend="start the service by cmh-graph serve")
    async with pool_of(request) as pool:
        checked = await pool.check(text)
        asked = QueryRequest(
            text=checked.text,
            format=READ_AS[checked.form],
            prefixes=checked.prefixes,
            default_graphs=checked.default_graphs,
            named_graphs=checked.named_graphs,
        )
        answer: Answer | None = await unless_gone(request, pool, asked)
    if answer is None:
        return None
    found = answer
    # Pictures and long tables take a moment: others need not wait for them.
    values = await run_in_threadpool(answer_values, text, checked.form, found.body, found.rows, label)
    return {"answer": values}


def _labels(framework: Framework) -> Callable[[str], str]:
    """IRI -> the name that the framework gives it, "" for things of others. The names are read at first use."""
    names = cache(lambda: Names(framework))
    return lambda iri: names().of(iri) if iri.startswith(BASE) else ""


def _only(given: list[str], name: str) -> str:
    if len(given) > 1:
        raise BadParameter(f"there are {len(given)} values", where=f"field {name}", mend="give it once")
    return given[0] if given else ""
