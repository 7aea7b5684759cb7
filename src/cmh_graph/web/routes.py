"""The addresses of pages, put on the service."""

from __future__ import annotations

import json
import re
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import Response

from cmh_graph.api.described import Router
from cmh_graph.api.later import add_later, router_of
from cmh_graph.api.problems import MEDIA_TYPE
from cmh_graph.api.representations import Form, choose, refuse_unknown, respond
from cmh_graph.framework import Framework
from cmh_graph.search import LONGEST
from cmh_graph.settings import Settings
from cmh_graph.sparql.formats import negotiate
from cmh_graph.web.assets import Assets
from cmh_graph.web.linked_data import router as linked_data
from cmh_graph.web.pages.beside import EMPLOYERS, about_page, data_page
from cmh_graph.web.pages.listing import LISTINGS, listing_page
from cmh_graph.web.pages.query_examples import PATH as QUERY_PAGE
from cmh_graph.web.pages.search import search_page
from cmh_graph.web.pages.thing import Names
from cmh_graph.web.site import HTML, KEPT, Site
from cmh_graph.web.sitemap import robots, sitemap

if TYPE_CHECKING:
    from cmh_graph.web.align.door import Door

#: Addresses where programs read: their problems are never pages.
_FOR_PROGRAMS: Final = ("/v1", "/sparql", "/reconcile", "/ims", "/openapi.json")
_OF_THE_BODY: Final = ("content-length", "content-type")


def install(app: FastAPI, framework: Framework) -> Site:
    """Add all pages to a service; gives the site, for the start page and for errors."""
    assets = Assets()
    site = Site(framework, assets, KEPT if app.state.settings.reads_kept_mb else 0)
    app.include_router(assets.router())
    app.include_router(_pages(framework, site))
    settings = app.state.settings
    worked_out = router_of("cmh_graph.web.ways", framework, site)
    add_later(app, ["/find", "/map", "/compare", "/have"], worked_out)
    add_later(app, ["/assess"], router_of("cmh_graph.web.assess", framework, site))
    add_later(app, [QUERY_PAGE], router_of("cmh_graph.web.query", framework, site, settings))
    app.state.query_page = QUERY_PAGE
    add_later(app, ["/docs"], router_of("cmh_graph.web.reference", site, settings.public_address))
    door = cache(lambda: _door(framework, site, settings))
    add_later(app, ["/align"], lambda: router_of("cmh_graph.web.align.routes", door())())
    add_later(app, ["/partner"], lambda: router_of("cmh_graph.web.partner.routes", door())())
    app.include_router(_for_robots(framework, app.state.settings.public_address.rstrip("/") + "/"))
    app.include_router(linked_data(framework, site))
    app.state.problem_page = lambda request, told: _problem_page(site, request, told)
    names = Names(framework)

    def page_of_graph(one: Any, version: Any, nquads: Any, alternates: Any) -> bytes:
        from cmh_graph.web.pages.partner_graph import graph_page

        return site.write("thing.html", {**graph_page(names, one, version, nquads), "alternates": alternates})

    app.state.graph_page = page_of_graph
    if hasattr(app.state, "operations"):
        app.state.operations.page = app.state.problem_page
    return site


def _door(framework: Framework, site: Site, settings: Settings) -> Door:
    """What the pages of visitors' lists and those of partners share."""
    from cmh_graph.web.align.door import Door

    return Door(framework, site, settings)


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
    routes = Router(include_in_schema=False)

    @routes.get("/search")
    def search(request: Request) -> Response:
        refuse_unknown(request, ["q"])
        choose(request, (HTML,))
        text = request.query_params.get("q", "")[:LONGEST]
        return site.respond(request, "search.html", lambda: search_page(framework, text))

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

    return routes


def _for_robots(framework: Framework, public_address: str) -> APIRouter:
    """What search engines ask for first."""
    routes = Router(include_in_schema=False)

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
