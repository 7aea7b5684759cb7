"""The addresses of pages, put on the service."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from cmh_graph.api.bodies import read_form
from cmh_graph.api.parameters import one_value
from cmh_graph.api.problems import MEDIA_TYPE
from cmh_graph.api.representations import Form, choose, refuse_unknown, respond
from cmh_graph.framework import Framework
from cmh_graph.pathways.costs import MODELS
from cmh_graph.pathways.network import network_of
from cmh_graph.search import LONGEST
from cmh_graph.sparql.formats import negotiate
from cmh_graph.web.align.door import Door
from cmh_graph.web.align.routes import router as align
from cmh_graph.web.assess import router as assess
from cmh_graph.web.assets import Assets
from cmh_graph.web.linked_data import router as linked_data
from cmh_graph.web.pages.beside import EMPLOYERS, about_page, data_page
from cmh_graph.web.pages.compare import compare_page
from cmh_graph.web.pages.find import find_page
from cmh_graph.web.pages.have import LONGEST as LONGEST_FORM
from cmh_graph.web.pages.have import have_page, read_ticked
from cmh_graph.web.pages.listing import LISTINGS, listing_page
from cmh_graph.web.pages.map import Filters, map_page
from cmh_graph.web.pages.partner_graph import graph_page
from cmh_graph.web.pages.query_examples import PATH as QUERY_PAGE
from cmh_graph.web.pages.search import search_page
from cmh_graph.web.pages.thing import Names
from cmh_graph.web.partner.routes import router as partner
from cmh_graph.web.query import router as query
from cmh_graph.web.reference import router as reference
from cmh_graph.web.site import HTML, KEPT, Site
from cmh_graph.web.sitemap import robots, sitemap

#: Addresses where programs read: their problems are never pages.
_FOR_PROGRAMS: Final = ("/v1", "/sparql", "/reconcile", "/ims", "/openapi.json")
_OF_THE_BODY: Final = ("content-length", "content-type")
#: The form's answers are about a person: nobody keeps them, nor the page that they lead to.
_KEEP_NOTHING: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def install(app: FastAPI, framework: Framework) -> Site:
    """Add all pages to a service; gives the site, for the start page and for errors."""
    assets = Assets()
    site = Site(framework, assets, KEPT if app.state.settings.reads_kept_mb else 0)
    app.include_router(assets.router())
    app.include_router(_pages(framework, site))
    app.include_router(assess(framework, site))
    app.include_router(query(framework, site, app.state.settings))
    app.state.query_page = QUERY_PAGE
    app.include_router(reference(site, app.state.settings.public_address))
    door = Door(framework, site, app.state.settings)
    app.include_router(align(door))
    app.include_router(partner(door))
    app.include_router(_for_robots(framework, app.state.settings.public_address.rstrip("/") + "/"))
    app.include_router(linked_data(framework, site))
    app.state.problem_page = lambda request, told: _problem_page(site, request, told)
    names = Names(framework)
    app.state.graph_page = lambda one, version, nquads, alternates: site.write(
        "thing.html", {**graph_page(names, one, version, nquads), "alternates": alternates}
    )
    if hasattr(app.state, "operations"):
        app.state.operations.page = app.state.problem_page
    return site


def _problem_page(site: Site, request: Request, told: Response) -> Response:
    """A problem as a page, for browsers at the addresses of pages; programs get the problem body."""
    accept = ", ".join(request.headers.getlist("accept"))
    if request.url.path.startswith(_FOR_PROGRAMS) or not negotiate(accept, (MEDIA_TYPE, HTML.media_type)):
        return told
    problem = json.loads(bytes(told.body))
    title = problem["title"]
    # What programs are told to read is no help to people.
    mend = "" if "/docs" in problem.get("mend", "") else problem.get("mend", "")
    values = {
        **problem,
        **_words_for_people(request, told),
        "title": title[:1].upper() + title[1:],
        "mend": mend,
    }
    headers = {name: value for name, value in told.headers.items() if name not in _OF_THE_BODY}
    return Response(site.write("error.html", values), told.status_code, headers, HTML.media_type)


def _words_for_people(request: Request, told: Response) -> dict[str, Any]:
    """What error.html says beside the problem: whether it passes by waiting, where to try again, the right address."""
    right = re.fullmatch(r'<(/[^>]*)>; rel="canonical"', told.headers.get("link", ""))
    read = request.method in ("GET", "HEAD")
    return {
        "is_busy": told.status_code in (429, 503) and "retry-after" in told.headers,
        "seconds": told.headers.get("retry-after", ""),
        "again": request.url.path + (f"?{request.url.query}" if request.url.query else "") if read else "",
        "right": right[1] if right else "",
        "is_sent": told.status_code == HTTPStatus.METHOD_NOT_ALLOWED and not read,
    }


def _pages(framework: Framework, site: Site) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.get("/search")
    def search(request: Request) -> Response:
        refuse_unknown(request, ["q"])
        choose(request, (HTML,))
        text = request.query_params.get("q", "")[:LONGEST]
        return site.respond(request, "search.html", lambda: search_page(framework, text))

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

    @routes.get("/data")
    def data(request: Request) -> Response:
        refuse_unknown(request, [])
        choose(request, (HTML,))
        return site.respond(request, "data.html", lambda: data_page(framework))

    @routes.get("/employers")
    def employers(request: Request) -> Response:
        refuse_unknown(request, [])
        choose(request, (HTML,))
        return site.respond(request, "employers.html", lambda: EMPLOYERS)

    @routes.get("/about")
    def about(request: Request) -> Response:
        refuse_unknown(request, [])
        choose(request, (HTML,))
        return site.respond(request, "about.html", lambda: about_page(framework))

    for address in LISTINGS:
        _add_listing(routes, framework, site, address)

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


def _for_robots(framework: Framework, public_address: str) -> APIRouter:
    """What search engines ask for first."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/robots.txt")
    def robots_txt(request: Request) -> Response:
        return respond(request, Form("txt", "text/plain"), lambda: robots(public_address))

    @routes.get("/sitemap.xml")
    def sitemap_xml(request: Request) -> Response:
        return respond(request, Form("xml", "application/xml"), lambda: sitemap(framework, public_address))

    return routes


def _add_listing(routes: APIRouter, framework: Framework, site: Site, address: str) -> None:
    @routes.get(f"/{address}")
    def listing(request: Request) -> Response:
        refuse_unknown(request, [])
        choose(request, (HTML,))
        return site.respond(request, "listing.html", lambda: listing_page(framework, address))
