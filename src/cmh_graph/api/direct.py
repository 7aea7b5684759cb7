"""Addresses that are asked so often that they go past the router.

The router tries its routes one after the other and prepares for things that these functions do not use (dependencies,
models of answers): that takes three times as long as answering. The same functions are routes as well, for the
description of the API and for methods that are not answered here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send


class Direct:
    """Answers some whole paths itself, and leaves everything else to the app.

    routes: paths without parameters; each endpoint is an async function of the request that gives the response."""

    def __init__(self, app: ASGIApp, routes: Iterable[Route]) -> None:
        self._app: Final = app
        self._routes: Final = {
            (method, route.path): route for route in routes for method in route.methods or ()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._routes.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if route is None:
            await self._app(scope, receive, send)
            return
        scope["route"] = route
        response = await route.endpoint(Request(scope, receive, send))
        await response(scope, receive, send)
