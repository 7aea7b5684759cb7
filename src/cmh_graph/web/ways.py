"""The pages that work something out: ways between roles, the map, two roles compared, roles by what one has."""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from cmh_graph.api.bodies import read_form
from cmh_graph.api.described import Router
from cmh_graph.api.parameters import one_value
from cmh_graph.api.representations import choose, refuse_unknown
from cmh_graph.framework import Framework
from cmh_graph.pathways.costs import MODELS
from cmh_graph.pathways.network import network_of
from cmh_graph.search import LONGEST
from cmh_graph.web.pages.compare import compare_page
from cmh_graph.web.pages.find import find_page
from cmh_graph.web.pages.have import LONGEST as LONGEST_FORM
from cmh_graph.web.pages.have import have_page, read_ticked
from cmh_graph.web.pages.map import Filters, map_page
from cmh_graph.web.site import HTML, Site

#: The form's answers are about a person: nobody keeps them, nor the page that they lead to.
_KEEP_NOTHING: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def router(framework: Framework, site: Site) -> APIRouter:
    """The addresses /find, /map, /compare and /have."""
    routes = Router(include_in_schema=False)
    network = lru_cache(maxsize=1)(lambda: network_of(framework))

    @routes.get("/find")
    def find(request: Request) -> Response:
        refuse_unknown(request, ["from", "to", "by"])
        choose(request, (HTML,))
        start, goal = (one_value(request, name) or "" for name in ("from", "to"))
        by = one_value(request, "by") or next(iter(MODELS))
        return site.respond(request, "find.html", lambda: find_page(framework, network(), start, goal, by))

    @routes.get("/map")
    def whole_map(request: Request) -> Response:
        refuse_unknown(request, ["family", "setting", "band", "entry"])
        choose(request, (HTML,))
        given = {name: request.query_params.get(name, "")[:LONGEST] for name in ("family", "setting", "band")}
        filters = Filters(**given, entry=bool(request.query_params.get("entry")))
        return site.respond(request, "map.html", lambda: map_page(framework, filters))

    @routes.get("/compare")
    def compare(request: Request) -> Response:
        refuse_unknown(request, ["one", "other"])
        choose(request, (HTML,))
        one, other = (one_value(request, name) or "" for name in ("one", "other"))
        return site.respond(request, "compare.html", lambda: compare_page(framework, one, other))

    @routes.get("/have")
    def have(request: Request) -> Response:
        refuse_unknown(request, [])
        choose(request, (HTML,))
        return site.respond(request, "have.html", lambda: have_page(framework))

    @routes.post("/have")
    async def roles_by_what_i_have(request: Request) -> Response:
        refuse_unknown(request, [])
        choose(request, (HTML,))
        fields = await read_form(request, LONGEST_FORM, mend="send it from the page /have")

        def page() -> Response:
            ticked = read_ticked(framework, fields)
            text = site.write("have.html", have_page(framework, ticked))
            status = HTTPStatus.OK if ticked else HTTPStatus.UNPROCESSABLE_ENTITY
            return Response(text, status, _KEEP_NOTHING, HTML.media_type)

        return await run_in_threadpool(page)

    return routes
