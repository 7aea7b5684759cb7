"""Routes below some addresses that are imported and made when somebody asks there, or once the service has started.

Most visitors read roles, pages and queries. What else the service can do is a hundred and fifty modules; to import them
took a quarter of the time until it answered at all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from threading import Lock
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Receive, Scope, Send

from cmh_graph.api.described import is_described
from cmh_graph.sparql.tokens import token_pattern

#: What functions of routes import by themselves.
_FIRST: Final = ("cmh_graph.web.pages.role", "cmh_graph.export.schema_org")


class Later(BaseRoute):
    """The routes of a router, which is made for the first request whose path begins so."""

    def __init__(self, starts: Sequence[str], make: Callable[[], APIRouter], prefix: str = "") -> None:
        """starts: what the paths of all its routes begin with. prefix: comes before them."""
        self.starts: Final = tuple(starts)
        self._make, self._prefix = make, prefix
        self._lock = Lock()
        self._made: APIRouter | None = None

    def load(self) -> APIRouter:
        """A router with nothing but the routes, made now if it is not yet. May be called in a thread."""
        if self._made is None:
            with self._lock:
                if self._made is None:
                    made = APIRouter()
                    made.include_router(self._make(), prefix=self._prefix)
                    self._made = made
        return self._made

    @property
    def routes(self) -> list[BaseRoute]:
        return self.load().routes

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As a route has it; until the routes are made, all that begins so."""
        if scope["type"] != "http" or not scope["path"].startswith(self.starts):
            return Match.NONE, {}
        return (Match.FULL, {}) if self._made is None else self.routes[0].matches(scope)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that matches."""
        if self._made is None:
            # Others are answered while it is imported. Then it is known which route matches, of these or others.
            await run_in_threadpool(self.load)
            await scope["router"](scope, receive, send)
        else:
            await self.routes[0].handle(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: Any) -> Any:
        """Nobody asks for addresses by the names of functions."""
        raise NoMatchFound(name, path_params)


def add_later(
    app: FastAPI, starts: Sequence[str], make: Callable[[], APIRouter], *, prefix: str = ""
) -> None:
    """Give an app the routes of a router, imported later; at once where they are made for the description."""
    if is_described():
        app.include_router(make(), prefix=prefix)
    else:
        app.router.routes.append(Later([prefix + one for one in starts], make, prefix))


def router_of(module: str, *given: Any, name: str = "router") -> Callable[[], APIRouter]:
    """What imports a module and makes its router. name: of the function that does."""

    def make() -> APIRouter:
        made: APIRouter = getattr(import_module(module), name)(*given)
        return made

    return make


def load_all(app: FastAPI) -> None:
    """Make all that is left to be made, what is asked for most first. May be called in a thread."""
    for module in _FIRST:
        import_module(module)
    token_pattern()
    for route in app.router.routes:
        if isinstance(route, Later):
            route.load()


@asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[None]:
    """While it lasts, so does what the routers that came later run beside their routes."""
    async with AsyncExitStack() as stack:
        for route in app.router.routes:
            if isinstance(route, Later):
                await stack.enter_async_context(route.load().lifespan_context(app))
        yield
