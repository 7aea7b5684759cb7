"""What goes past the router is answered by the same functions, and everything else goes on as before."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from cmh_graph.api import sparql
from cmh_graph.api.direct import Direct


def test_addresses_past_the_router_are_answered_by_the_functions_that_are_described() -> None:
    described = {
        (route.path, method): route.endpoint
        for route in sparql.router.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    }
    for route in sparql.DIRECT:
        for method in (route.methods or set()) - {"HEAD"}:
            assert described[route.path, method] is route.endpoint


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        ("GET", "/a", "direct"),
        ("POST", "/a", "router"),
        ("GET", "/a/", "router"),
        ("GET", "/b", "router"),
        ("PURGE", "/a", "router"),
    ],
)
def test_only_a_whole_path_with_its_method_goes_past(method: str, path: str, told: str) -> None:
    async def direct(request: Any) -> Response:
        return Response("direct")

    async def router(scope: Scope, receive: Receive, send: Send) -> None:
        await Response("router")(scope, receive, send)

    app = Direct(router, [Route("/a", direct, methods=["GET"])])
    assert TestClient(app).request(method, path).text == told


def test_what_is_no_request_goes_on() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    asyncio.run(Direct(app, [])({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert seen == ["lifespan"]
