"""The web service: typed things below /v1, SPARQL at /sparql, over one snapshot.

Everything below /v1 is answered from memory. What can take long, SPARQL and the questions, runs in the processes
of a QueryPool, so the event loop only ever waits.
"""

from __future__ import annotations

import html
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cmh_graph import __version__, framework
from cmh_graph.api import problems, reconcile, sparql
from cmh_graph.api.collections import Problem
from cmh_graph.api.representations import JSON, Form, Writer, choose, refuse_unknown, respond
from cmh_graph.api.routes import (
    careers,
    context,
    papers,
    pathways,
    questions,
    roles,
    service,
    skills,
    vacancies,
    workforce,
)
from cmh_graph.framework import Framework
from cmh_graph.reconcile.matching import Reconciler
from cmh_graph.settings import Settings
from cmh_graph.sparql.pool import QueryPool

TITLE: Final = "Community mental health roles, skills and careers"
DESCRIPTION: Final = """\
Roles in community mental health, what they ask for, what they are paid, and how people move between them.

Every statement answers *says who?*: `says.status` is `seed`, `public`, `inferred` (our judgement) or `confirmed`,
`says.sources` are keys at `/v1/sources`, and `says.inferred_fields` are fields that are our judgement even where
the status is better. `remarks` hold doubts that readers must be shown.

Each thing has a permanent key and comes as JSON, JSON-LD, Turtle or N-Triples, by the `Accept` header, by
`?format=`, or by a suffix on the key. Parameters and values that are not known are refused, not passed over."""
TAGS: Final = [
    {"name": "roles", "description": "Roles, what they ask for and where they lead; job titles"},
    {"name": "skills", "description": 'Skills, their levels and "I" statements'},
    {"name": "values", "description": "Values and the sets that name them"},
    {"name": "experiences", "description": "Kinds of experience that roles ask for"},
    {"name": "qualifications", "description": "Qualifications, apprenticeship standards, registrations"},
    {"name": "bands", "description": "Pay bands, pay by year, national profiles"},
    {"name": "careers", "description": "Ways in, steps, positions and pathways"},
    {
        "name": "pathways",
        "description": "Gaps between people and roles, and the best ways from one to another",
    },
    {"name": "registers", "description": "Registers and professions"},
    {"name": "employers", "description": "Employers, how they use the framework, case studies"},
    {"name": "papers", "description": "Job descriptions, interview packs, development plans"},
    {"name": "workforce", "description": "Which roles a staff extract holds"},
    {"name": "vacancies", "description": "Vacancies from feeds, and the roles they seem to mean"},
    {"name": "resources", "description": "Resources, audiences, themes"},
    {"name": "evidence", "description": "Figures, and remarks such as doubts and rules"},
    {"name": "sources", "description": "Where facts come from"},
    {"name": "vocabularies", "description": "Closed schemes and what their concepts mean"},
    {"name": "questions", "description": "Questions with a name, answered from the graph"},
    {"name": "search", "description": "Finding things by name"},
    {"name": "reconciliation", "description": "Matching a spreadsheet, as OpenRefine does"},
    {"name": "sparql", "description": "The SPARQL 1.1 endpoint"},
    {"name": "service", "description": "Version, health, releases"},
]
_HTML: Final = Form("html", "text/html")
_READ: Final = frozenset({"GET", "HEAD"})


def create_app(settings: Settings, framework_: Framework | None = None) -> FastAPI:
    """The service over a framework, or over the snapshot that settings name.

    The query workers start and stop with the app's lifespan. Raises NoSnapshot if nothing has been built."""
    served = framework_ or framework.open(settings.snapshots, home=settings.home)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        pool = QueryPool(served.path, settings)
        await pool.start()
        app.state.query_pool = pool
        try:
            yield
        finally:
            await pool.close()

    app = FastAPI(
        title=TITLE,
        summary="A linked-data graph of community mental health roles",
        description=DESCRIPTION,
        version=__version__,
        license_info={
            "name": "Apache-2.0 (code), CC-BY-4.0 (content)",
            "identifier": "Apache-2.0 AND CC-BY-4.0",
        },
        servers=[{"url": "/", "description": "this host"}],
        openapi_tags=TAGS,
        # These pages load scripts from elsewhere; ours must work with no other host.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
        # "/v1/roles/" is no second address of "/v1/roles": there is one problem body for both.
        redirect_slashes=False,
    )
    app.state.framework = served
    app.state.settings = settings
    app.state.writer = Writer(served)
    app.state.reconciler = Reconciler(served)
    # Built now, so that the first reader does not wait for it.
    assert len(served.index)
    problems.install(app)
    for module in (
        roles,
        skills,
        careers,
        context,
        pathways,
        papers,
        workforce,
        vacancies,
        questions,
        service,
    ):
        app.include_router(module.router(served), prefix="/v1")
    app.include_router(sparql.router)
    app.include_router(reconcile.router())
    _add_landing(app)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    app.add_middleware(HeadAsGet)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "HEAD", "POST", "OPTIONS"],
        allow_headers=["*"],
        expose_headers=["ETag", "Link", "Retry-After"],
        max_age=86400,
    )
    return app


class HeadAsGet:
    """Answers HEAD as GET without the body, everywhere but at addresses that do so themselves."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD" or scope["path"] == sparql.PATH:
            await self._app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET"}, receive, send_head)


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            description=app.description,
            routes=app.routes,
            tags=app.openapi_tags,
            servers=app.servers,
            license_info=app.license_info,
        )
        # Everything is public: saying so is what tells a linter that it was not forgotten.
        document["security"] = []
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        for path in document["paths"].values():
            for operation in path.values():
                # Errors of validation are told as 400 in the one problem body; FastAPI would document its own.
                operation.get("responses", {}).pop("422", None)
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        app.openapi_schema = document
    return app.openapi_schema


def _add_landing(app: FastAPI) -> None:
    """The pages that tell people and programs where everything is."""

    @app.get("/", include_in_schema=False)
    def landing(request: Request) -> Response:
        refuse_unknown(request, ["format"])
        form = choose(request, (JSON, _HTML))
        addresses = _addresses(app)
        if form is JSON:
            body = {"title": TITLE, "version": __version__, "addresses": addresses}
            return respond(request, form, lambda: json.dumps(body).encode())
        rows = "".join(
            f'<li><a href="{html.escape(address)}">{html.escape(address)}</a> {html.escape(about)}</li>'
            for address, about in addresses.items()
        )
        return respond(request, form, lambda: _page(f"<ul>{rows}</ul>"))

    @app.get("/docs", include_in_schema=False)
    def docs(request: Request) -> Response:
        refuse_unknown(request, ["format"])
        choose(request, (_HTML,))
        return respond(request, _HTML, lambda: _page(_operations(app)))

    @app.get("/openapi.json", include_in_schema=False)
    def openapi(request: Request) -> Response:
        refuse_unknown(request, [])
        return respond(request, JSON, lambda: json.dumps(app.openapi(), ensure_ascii=False).encode())


def _addresses(app: FastAPI) -> dict[str, str]:
    """Address -> what it answers, for every address without a key in it; with an example where it needs parameters."""
    found = {"/docs": "every address and its parameters", "/openapi.json": "the same for programs"}
    for path, operations in app.openapi()["paths"].items():
        if "{" not in path and "get" in operations:
            found[path + _example(operations["get"])] = operations["get"]["summary"]
    return found


def _example(operation: dict[str, Any]) -> str:
    """The examples of an operation's parameters as a query, if it has any that must be given."""
    parameters = operation.get("parameters", ())
    shown = {one["name"]: one.get("example", one["schema"].get("example")) for one in parameters}
    given = {name: example for name, example in shown.items() if example is not None}
    return f"?{urlencode(given)}" if given and any(one.get("required") for one in parameters) else ""


def _operations(app: FastAPI) -> str:
    parts = []
    for path, operations in app.openapi()["paths"].items():
        for method, operation in operations.items():
            rows = "".join(
                f"<li><code>{html.escape(each['name'])}</code> {html.escape(each.get('description', ''))}</li>"
                for each in operation.get("parameters", ())
            )
            parts.append(
                f"<h2><code>{method.upper()} {html.escape(path)}</code></h2>"
                f"<p>{html.escape(operation['summary'])}. {html.escape(operation.get('description', ''))}</p>"
                f"<ul>{rows}</ul>"
            )
    return "".join(parts)


def _page(body: str) -> bytes:
    title = html.escape(TITLE)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"></head>'
        f"<body><main><h1>{title}</h1>{body}</main></body></html>"
    ).encode()
