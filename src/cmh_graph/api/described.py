"""Routes whose description is made when somebody asks for the description of the API, and not at every start.

FastAPI makes a schema of every model that a route is said to answer with: half of the time that the service takes to
start, and only /openapi.json and /docs need it. Our routes give their responses themselves, so what they are said to
answer with changes nothing about what they do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from fastapi import APIRouter

_DESCRIBED: Final[ContextVar[bool]] = ContextVar("described", default=False)
_OF_DESCRIPTION: Final = ("response_model", "responses", "openapi_extra")


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


def if_described(make: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    """What make gives, for the description alone; None where nobody describes anything."""
    return make() if _DESCRIBED.get() else None


class Router(APIRouter):
    """A router of FastAPI whose endpoints all give a Response."""

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **given: Any) -> None:
        """As FastAPI has it."""
        if not _DESCRIBED.get():
            given = {name: value for name, value in given.items() if name not in _OF_DESCRIPTION}
            given["response_model"] = None
        super().add_api_route(path, endpoint, **given)
