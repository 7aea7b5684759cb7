"""Routes whose description is made when somebody asks for the description of the API, and not at every start.

FastAPI makes a schema of every model that a route is said to answer with, and looks at the parameters of every
function behind one, twice: most of the time that making the app takes, and only /openapi.json and /docs need it. Our
functions take the request and give their response themselves, so a route of Starlette does for answering."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.routing import Route

_DESCRIBED: Final[ContextVar[bool]] = ContextVar("described", default=False)


@contextmanager
def described() -> Iterator[None]:
    """Routers that are made inside this block are made with their description."""
    token = _DESCRIBED.set(True)
    try:
        yield
    finally:
        _DESCRIBED.reset(token)


def is_described() -> bool:
    """Whether what is made now is for the description."""
    return _DESCRIBED.get()


def if_described(make: Callable[[], dict[str, Any]]) -> Any:
    """What make gives, where what is made now is for the description; else make itself, for who asks later."""
    return make() if _DESCRIBED.get() else make


class Answering(Route):
    """A route that answers, and what the list of addresses says of it.

    extra: what its description holds besides, or what makes that."""

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        methods: Collection[str] | None,
        *,
        is_listed: bool,
        summary: str,
        extra: Any,
    ) -> None:
        super().__init__(path, _of_request(endpoint), methods=methods, include_in_schema=is_listed)
        self.summary: Final = summary
        self.openapi_extra: Final = extra


class Router(APIRouter):
    """A router of FastAPI whose endpoints take the request, and parts of its path as texts, and give a Response."""

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **given: Any) -> None:
        """As FastAPI has it."""
        if _DESCRIBED.get():
            super().add_api_route(path, endpoint, **given)
            return
        self.routes.append(
            Answering(
                self.prefix + path,
                endpoint,
                given.get("methods"),
                is_listed=self.include_in_schema and given.get("include_in_schema", True),
                summary=given.get("summary") or "",
                extra=given.get("openapi_extra"),
            )
        )


def _of_request(endpoint: Callable[..., Any]) -> Callable[[Request], Any]:
    """An endpoint as Starlette calls it: with the request alone."""
    if len(inspect.signature(endpoint).parameters) == 1:
        return endpoint
    if inspect.iscoroutinefunction(endpoint):

        @functools.wraps(endpoint)
        async def awaited(request: Request) -> Any:
            return await endpoint(request, **request.path_params)

        return awaited

    @functools.wraps(endpoint)
    def called(request: Request) -> Any:
        return endpoint(request, **request.path_params)

    return called
