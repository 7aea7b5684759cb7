"""Which addresses an app answers, by its routes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute

from cmh_graph.api.later import Later


def every(routes: Sequence[BaseRoute]) -> list[BaseRoute]:
    """The routes of an app, with those that were left for later, which are imported for it, in their place."""
    return [one for route in routes for one in (route.routes if isinstance(route, Later) else (route,))]


def addresses(routes: Sequence[BaseRoute]) -> Iterator[tuple[str, str, Sequence[dict[str, Any]]]]:
    """Each address that a GET reads and that has no key in it, as the description lists them.

    With its summary, and its parameters as OpenAPI describes them."""
    for one in iter_route_contexts(every(routes)):
        path, route = one.path or "{", one.original_route
        if "{" not in path and one.include_in_schema and "GET" in (one.methods or ()):
            extra = getattr(route, "openapi_extra", None)
            told = extra() if callable(extra) else extra
            yield path, getattr(route, "summary", None) or "", (told or {}).get("parameters", ())
