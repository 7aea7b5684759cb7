"""What a request says: its form or JSON, its numbers, the service that it is for."""

from __future__ import annotations

from typing import Final

from fastapi import Request

from cmh_graph.api.bodies import media_type_of, read_body, text_of
from cmh_graph.errors import BadParameter, UnsupportedBody
from cmh_graph.reconcile import suggest
from cmh_graph.reconcile.matching import Reconciler

PATH: Final = "/reconcile"
JSON: Final = "application/json"
_MOST_BYTES: Final = 2_000_000
#: The suggestion that one can start from.
FARTHEST: Final = 10_000


def reconciler_of(request: Request) -> Reconciler:
    """The reconciler that the app of a request keeps."""
    found: Reconciler = request.app.state.reconciler
    return found


def home_of(request: Request) -> str:
    """The address of the service, without a final /."""
    return str(request.base_url).rstrip("/")


async def json_text(request: Request) -> str:
    """The text of a JSON body. Raises UnsupportedBody if it is said to be something else."""
    kind, _ = media_type_of(request)
    if kind != JSON:
        raise UnsupportedBody("the body is not JSON", where="header Content-Type", mend=f"send {JSON}")
    return text_of(await body(request), "the body")


async def body(request: Request) -> bytes:
    """The body of a batch. Raises BodyTooLarge without reading further than the limit."""
    return await read_body(request, _MOST_BYTES, mend="send smaller batches")


def cursor_of(request: Request) -> int:
    """How many suggestions to pass over: cursor, which 1.0-draft calls offset."""
    name = "offset" if request.query_params.get("offset") else "cursor"
    return _number(request, name, 0, 0, FARTHEST)


def limit_of(request: Request) -> int:
    """How many suggestions to give."""
    return _number(request, "limit", suggest.DEFAULT_LIMIT, 1, suggest.LARGEST_LIMIT)


def _number(request: Request, name: str, default: int, least: int, most: int) -> int:
    given = request.query_params.get(name) or str(default)
    if not (given.isascii() and given.isdigit() and len(given) <= 9 and least <= int(given) <= most):
        raise BadParameter(
            f"{given[:50]!r} is not a {name}",
            where=f"parameter {name}",
            mend=f"use a whole number from {least} to {most}",
        )
    return int(given)
