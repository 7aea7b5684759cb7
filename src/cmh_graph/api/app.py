"""The web service: typed things below /v1, SPARQL at /sparql, over one snapshot.

Everything below /v1 is answered from memory. What can take long, SPARQL and the questions, runs in the processes
of a QueryPool, so the event loop only ever waits.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cmh_graph import __version__, framework
from cmh_graph.api import problems, sparql
from cmh_graph.api.addresses import addresses
from cmh_graph.api.described import described
from cmh_graph.api.direct import Direct
from cmh_graph.api.editions import Editions, PoolOnDemand
from cmh_graph.api.finishing import finish
from cmh_graph.api.kept_reads import KeptReads
from cmh_graph.api.later import add_later, router_of
from cmh_graph.api.openapi import Problem
from cmh_graph.api.operations import readiness
from cmh_graph.api.operations.around import Operated, Operations, RouteNoted
from cmh_graph.api.operations.requests import HEADER as REQUEST_ID
from cmh_graph.api.partner_graphs import PartnerGraphs
from cmh_graph.api.representations import JSON, Served, Writer, choose, refuse_unknown, respond
from cmh_graph.api.routes import (
    careers,
    context,
    descriptions,
    graphs,
    questions,
    roles,
    service,
    skills,
    vacancies,
)
from cmh_graph.api.versioned import SNAPSHOT_HEADER, VERSION_HEADER, VersionedReads, document_versions
from cmh_graph.framework import Framework
from cmh_graph.namespaces import BASE
from cmh_graph.remote.opening import open_pool
from cmh_graph.settings import Settings
from cmh_graph.sparql.pool import QueryPool
from cmh_graph.versions import Releases
from cmh_graph.versions.places import FOLDER
from cmh_graph.web import routes as web
from cmh_graph.web.headers import SafeHeaders
from cmh_graph.web.pages.start import start_page
from cmh_graph.web.site import HTML, Site

TITLE: Final = "Community mental health roles, skills and careers"
DESCRIPTION: Final = """\
Roles in community mental health, what they ask for, what they are paid, and how people move between them.

Every statement answers *says who?*: `says.status` is `seed`, `public`, `inferred` (our judgement) or `confirmed`,
`says.sources` are keys at `/v1/sources`, and `says.inferred_fields` are fields that are our judgement even where
the status is better. `remarks` hold doubts that readers must be shown.

Each thing has a permanent key and comes as JSON, JSON-LD, Turtle or N-Triples, by the `Accept` header, by
`?format=`, or by a suffix on the key. Parameters and values that are not known are refused, not passed over.

Reads take `version=`, a release as `/v1/releases` lists them, and answer as that release did. The headers `CMH-Version`
and `CMH-Snapshot` say which content answered; a version such as `1.0.0+b505eee72c8cedb0` was not released."""
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
    {"name": "partners", "description": "Graphs that partner organisations publish beside the framework"},
    {"name": "case", "description": "Competencies as 1EdTech CASE 1.1 has them"},
    {"name": "versions", "description": "Releases, what they changed, and feeds of changes"},
    {"name": "service", "description": "Version and health"},
]
_READ: Final = frozenset({"GET", "HEAD"})
_ROUTES: Final = "cmh_graph.api.routes"


def create_app(
    settings: Settings,
    framework_: Framework | None = None,
    operations: Operations | None = None,
    pool: QueryPool | None = None,
) -> FastAPI:
    """The service over a framework, or over the snapshot that settings name.

    operations: limits and figures of the process, kept from one snapshot to the next; made anew if not given.
    pool: query workers over the framework's snapshot that have started already. Otherwise they start with the app's
    lifespan; they stop with it either way. Raises NoSnapshot if nothing has been built."""
    operations = operations or Operations(settings)
    is_ready = readiness.Readiness(operations.is_ending)
    partners = PartnerGraphs(settings)
    served = framework_ or framework.open(
        settings.snapshots, home=settings.home, in_memory=settings.store_in == "memory"
    )
    releases = Releases(settings.home / FOLDER)
    version = releases.name_of(served.version, served.snapshot)
    current = Served(version, served.snapshot, known=" ".join(releases.versions))
    # Releases are described by the same document: they differ in what they answer, not in how they are asked.
    editions = Editions(
        releases,
        lambda found, about, pool: _released(found, about, pool, settings, openapi=lambda: app.openapi()),
        settings,
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        workers = pool or open_pool(served.path, settings)
        if pool is None:
            await workers.start()
        app.state.query_pool = workers
        operations.measures.serving(served.version, served.snapshot, workers)
        await partners.start(app, workers, served.path)
        is_ready.add("queries", lambda: readiness.answers(workers))
        is_ready.add("partners", lambda: readiness.opens(app.state.partners))
        is_ready.add("things", lambda: readiness.are_read(served))
        ends = asyncio.Event()
        finishing = asyncio.create_task(finish(app, served, ends))
        try:
            yield
        finally:
            ends.set()
            await asyncio.gather(finishing, return_exceptions=True)
            await editions.close()
            await partners.close()
            await workers.close()

    app = Operated(
        operations,
        title=TITLE,
        summary="A linked-data graph of community mental health roles",
        description=DESCRIPTION,
        version=__version__,
        contact={"name": "The cmh_graph project", "url": BASE},
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
        # Figures and logs are ours (see operations): nothing is to be looked up for others at each request.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        # "/v1/roles/" is no second address of "/v1/roles": there is one problem body for both.
        redirect_slashes=False,
    )
    app.state.settings = settings

    def reconcile_router() -> APIRouter:
        from cmh_graph.api import reconcile
        from cmh_graph.reconcile.matching import Reconciler

        app.state.reconciler = Reconciler(served)
        return reconcile.router()

    def add_routes(to: FastAPI) -> None:
        """Give an app the addresses for programs."""
        _add_reads(to, served, current, settings)
        add_later(to, ["/workforce"], router_of(f"{_ROUTES}.workforce", served), prefix="/v1")
        changes = router_of(f"{_ROUTES}.changes", served, releases)
        add_later(to, ["/releases", "/changes"], changes, prefix="/v1")
        add_later(to, ["/changes"], router_of(f"{_ROUTES}.feeds", releases), prefix="/v1")
        add_later(to, ["/changes"], router_of(f"{_ROUTES}.feeds", name="identifier"))
        to.include_router(readiness.router(is_ready))
        to.include_router(sparql.router)
        to.include_router(graphs.router())
        add_later(to, ["/graphs"], router_of(f"{_ROUTES}.graph_keeping"))
        add_later(to, ["/reconcile"], reconcile_router)
        to.include_router(descriptions.router(served))

    add_routes(app)
    _add_landing(app, web.install(app, served))
    app.openapi = lambda: _openapi(app, add_routes, releases.versions)  # type: ignore[method-assign]
    app.add_middleware(Direct, routes=sparql.DIRECT)
    app.add_middleware(RouteNoted)
    app.add_middleware(VersionedReads, editions=editions, current=current, number=served.version)
    app.add_middleware(HeadAsGet)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "HEAD", "POST", "OPTIONS"],
        allow_headers=["*"],
        expose_headers=[
            "ETag",
            "Link",
            "Retry-After",
            "X-Total-Count",
            VERSION_HEADER,
            SNAPSHOT_HEADER,
            REQUEST_ID,
        ],
        max_age=86400,
    )
    # Outside CORS, which answers what browsers ask beforehand by itself.
    app.add_middleware(SafeHeaders)
    # Outside all that makes an answer; the limits, figures and log lines lie outside of this.
    app.add_middleware(
        KeptReads,
        most=settings.reads_kept_mb * 2**20,
        queries=sparql.EverybodysQueries(),
        most_of_queries=settings.query_kept_mb * 2**20 // 2,
    )
    return app


def _add_reads(app: FastAPI, framework_: Framework, served: Served, settings: Settings) -> None:
    """Give an app every address that each version answers at."""
    app.state.framework = framework_
    app.state.served = served
    app.state.writer = Writer(framework_, settings.reads_kept_mb * 2**20 // 2)
    problems.install(app)
    for module in (roles, skills, careers, context):
        app.include_router(module.router(framework_), prefix="/v1")
    ways = ["/gap", "/progressions", "/network", "/similar"]
    add_later(app, ways, router_of(f"{_ROUTES}.pathways", framework_), prefix="/v1")
    add_later(app, ["/papers"], router_of(f"{_ROUTES}.papers", framework_), prefix="/v1")
    for other in (vacancies, questions, service):
        app.include_router(other.router(framework_), prefix="/v1")
    add_later(app, ["/ims"], router_of(f"{_ROUTES}.case"))


def _released(
    framework_: Framework,
    served: Served,
    pool: PoolOnDemand,
    settings: Settings,
    *,
    openapi: Callable[[], dict[str, Any]],
) -> FastAPI:
    """The addresses that take version=, over a release."""
    app = FastAPI(title=TITLE, docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    _add_reads(app, framework_, served, settings)
    app.state.query_pool = pool
    app.add_middleware(RouteNoted)
    app.openapi = openapi  # type: ignore[method-assign]
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


def _openapi(app: FastAPI, add_routes: Callable[[FastAPI], None], versions: Sequence[str]) -> dict[str, Any]:
    """The OpenAPI document, made once, from routes like those of the app that say all of themselves."""
    if app.openapi_schema is None:
        whole = FastAPI()
        with described():
            add_routes(whole)
        document = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            description=app.description,
            routes=whole.routes,
            tags=app.openapi_tags,
            servers=app.servers,
            contact=app.contact,
            license_info=app.license_info,
        )
        # Everything is public: saying so is what tells a linter that it was not forgotten.
        document["security"] = []
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        for path in document["paths"].values():
            for operation in path.values():
                # Errors of validation are told as 400 in the one problem body; FastAPI would document its own.
                responses = operation.get("responses", {})
                if "HTTPValidationError" in str(responses.get("422")):
                    responses.pop("422")
        document_versions(document, versions)
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        _say_items(document)
        app.openapi_schema = document
    return app.openapi_schema


def _say_items(node: Any) -> None:
    """Give lists of anything, and lists with a schema for each place, the `items` that readers of OpenAPI expect."""
    if isinstance(node, dict):
        kind = node.get("type")
        if "prefixItems" in node or kind == "array" or (isinstance(kind, list) and "array" in kind):
            node.setdefault("items", {})
        for value in node.values():
            _say_items(value)
    elif isinstance(node, list):
        for value in node:
            _say_items(value)


def _add_landing(app: FastAPI, site: Site) -> None:
    """The pages that tell people and programs where everything is."""

    @app.get("/", include_in_schema=False)
    def landing(request: Request) -> Response:
        refuse_unknown(request, ["format"])
        form = choose(request, (JSON, HTML))
        if form is JSON:
            body = {"title": TITLE, "version": __version__, "addresses": _addresses(app)}
            return respond(request, form, lambda: json.dumps(body).encode())
        return site.respond(request, "start.html", lambda: start_page(site.framework))

    @app.get("/v1", include_in_schema=False)
    def below(request: Request) -> Response:
        refuse_unknown(request, [])
        form = choose(request, (JSON,))
        here = {path: about for path, about in _addresses(app).items() if path.startswith("/v1/")}
        body = {"title": TITLE, "described_at": "/openapi.json", "addresses": here}
        return respond(request, form, lambda: json.dumps(body).encode())

    @app.get("/openapi.json", include_in_schema=False)
    def openapi(request: Request) -> Response:
        refuse_unknown(request, [])
        return respond(request, JSON, lambda: json.dumps(app.openapi(), ensure_ascii=False).encode())


def _addresses(app: FastAPI) -> dict[str, str]:
    """Address -> what it answers, for every address without a key in it; with an example where it needs parameters."""
    found = {"/docs": "every address and its parameters", "/openapi.json": "the same for programs"}
    for path, summary, parameters in addresses(app.routes):
        found[path + _example(parameters)] = summary
    return found


def _example(parameters: Sequence[dict[str, Any]]) -> str:
    """The examples of an operation's parameters as a query, if it has any that must be given."""
    shown = {one["name"]: one.get("example", one["schema"].get("example")) for one in parameters}
    given = {name: example for name, example in shown.items() if example is not None}
    return f"?{urlencode(given)}" if given and any(one.get("required") for one in parameters) else ""
