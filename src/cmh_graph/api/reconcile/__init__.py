"""The reconciliation service at /reconcile, over HTTP: forms and addresses in, JSON and small pages out.

The work is done in a bounded number of threads, so the event loop only ever waits; more callers than may wait are
refused. Parameters that are not known are passed over here, as clients send many of their own.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.routing import Route

from cmh_graph.api.described import Router
from cmh_graph.api.other_methods import OtherMethods
from cmh_graph.api.reconcile.batches import add_batches
from cmh_graph.api.reconcile.desk import Desk
from cmh_graph.api.reconcile.extension import add_extension
from cmh_graph.api.reconcile.pages import add_pages
from cmh_graph.api.reconcile.requests import PATH
from cmh_graph.api.reconcile.suggestions import add_suggestions

_ALLOWED: Final = "GET, HEAD, POST"


def router() -> APIRouter:
    """The addresses of the reconciliation service."""
    routes = Router(prefix=PATH, tags=["reconciliation"])
    desk = Desk()
    add_batches(routes, desk)
    add_suggestions(routes, desk)
    add_extension(routes, desk)
    add_pages(routes)
    routes.routes.append(Route(PATH, OtherMethods(_ALLOWED), include_in_schema=False))
    return routes
