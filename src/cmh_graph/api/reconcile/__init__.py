"""The reconciliation service at /reconcile, over HTTP: forms and addresses in, JSON and small pages out.

The work is done in a bounded number of threads, so the event loop only ever waits; more callers than may wait are
refused. Parameters that are not known are passed over here, as clients send many of their own.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from cmh_graph.api.problems import problem
from cmh_graph.api.reconcile.batches import add_batches
from cmh_graph.api.reconcile.desk import Desk
from cmh_graph.api.reconcile.extension import add_extension
from cmh_graph.api.reconcile.pages import add_pages
from cmh_graph.api.reconcile.requests import PATH
from cmh_graph.api.reconcile.suggestions import add_suggestions

_ALLOWED: Final = "GET, HEAD, POST"


def router() -> APIRouter:
    """The addresses of the reconciliation service."""
    routes = APIRouter(prefix=PATH, tags=["reconciliation"])
    desk = Desk()
    add_batches(routes, desk)
    add_suggestions(routes, desk)
    add_extension(routes, desk)
    add_pages(routes)
    # The router would name only the method of the first route at this path.
    routes.routes.append(Route(PATH, _OtherMethods(), include_in_schema=False))
    return routes


class _OtherMethods:
    """Answers 405 naming every method of the endpoint."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = problem(
            405,
            "method-not-allowed",
            f"{PATH} does not answer {scope['method']}",
            mend=f"use {_ALLOWED}",
            headers={"Allow": _ALLOWED},
        )
        await response(scope, receive, send)
