"""What the service offers, for programs that look for data: the catalogue at /catalog, VoID at its well-known address.

The things in both keep their own names; only addresses are those of the host that was asked. A document is written once
for each format, with a host that cannot exist, and that is replaced in each answer: so a visitor who makes up hosts
costs neither time nor memory.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from cmh_graph.api.described import Router
from cmh_graph.api.openapi import content_of, format_parameter, problems
from cmh_graph.api.representations import (
    JSON_LD,
    N_TRIPLES,
    TURTLE,
    Form,
    choose,
    refuse_unknown,
    respond,
)
from cmh_graph.framework import Framework
from cmh_graph.namespaces import BASE

if TYPE_CHECKING:
    from cmh_graph.export.descriptions.rdf import Said

CATALOG: Final = "/catalog"
VOID: Final = "/.well-known/void"
FORMS: Final = (TURTLE, JSON_LD, N_TRIPLES)
#: Reserved by RFC 2606: nobody can have it.
_NOWHERE: Final = "https://host.invalid/"
#: Of what a visitor sends as the host, only this is repeated.
_HOST: Final = re.compile(r"https?://(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?/")


def router(framework: Framework) -> APIRouter:
    """The two addresses."""
    routes = Router(tags=["service"])
    lock = Lock()

    @cache
    def described(path: str) -> Said:
        from cmh_graph.export.descriptions import Package, dcat, void  # with the exporters
        from cmh_graph.export.edition import Edition

        package = Package(Edition.of(framework.path.read_bytes()))
        return dcat.describe(package, _NOWHERE) if path == CATALOG else void.describe(package, _NOWHERE)

    @cache
    def written(path: str, form: Form) -> bytes:
        said = described(path)
        writers: dict[Form, Callable[[], bytes]] = {
            TURTLE: said.turtle,
            JSON_LD: said.json_ld,
            N_TRIPLES: said.n_triples,
        }
        return writers[form]()

    def answer(request: Request, path: str) -> Response:
        refuse_unknown(request, ["format"])
        form = choose(request, FORMS)
        host = str(request.base_url)
        address = host if _HOST.fullmatch(host) else BASE

        def body() -> bytes:
            # One at a time: the first answer takes a second.
            with lock:
                document = written(path, form)
            return document.replace(_NOWHERE.encode(), address.encode())

        return respond(request, form, body)

    @routes.get(
        CATALOG,
        operation_id="show_catalogue",
        summary="Show the catalogue of datasets and services",
        description="DCAT-AP 3: the framework, its parts with licence and attribution, releases and services.",
        response_class=Response,
        responses=_responses(),
        openapi_extra={"parameters": [format_parameter(FORMS)]},
    )
    def catalogue(request: Request) -> Response:
        return answer(request, CATALOG)

    @routes.get(
        VOID,
        operation_id="show_void",
        summary="Show what the graph holds, counted",
        description="VoID: statements, things, classes, properties, and links to other classifications.",
        response_class=Response,
        responses=_responses(),
        openapi_extra={"parameters": [format_parameter(FORMS)]},
    )
    def void_description(request: Request) -> Response:
        return answer(request, VOID)

    return routes


def _responses() -> dict[int | str, dict[str, Any]]:
    return {200: content_of(*FORMS), **problems(400, 406)}
