"""What a request says: its form or JSON, its numbers, the service that it is for."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request

from cmh_graph.errors import BadParameter, BodyTooLarge, UnsupportedBody
from cmh_graph.reconcile import suggest
from cmh_graph.reconcile.matching import Reconciler

PATH: Final = "/reconcile"
FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"
_MOST_BYTES: Final = 2_000_000
_MOST_FIELDS: Final = 100


def reconciler_of(request: Request) -> Reconciler:
    """The reconciler that the app of a request keeps."""
    found: Reconciler = request.app.state.reconciler
    return found


def home_of(request: Request) -> str:
    """The address of the service, without a final /."""
    return str(request.base_url).rstrip("/")


def media_type(request: Request) -> str:
    """The type of the body, without its parameters; "" if none is given."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def fields(encoded: bytes) -> list[tuple[str, str]]:
    """Name and value of each field of a form or address. Raises BadParameter unless it is UTF-8."""
    try:
        return parse_qsl(
            encoded.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except UnicodeDecodeError:
        raise _not_utf8() from None
    except ValueError:
        raise BadParameter(f"there are more than {_MOST_FIELDS} fields", mend="send fewer") from None


async def json_text(request: Request) -> str:
    """The text of a JSON body. Raises UnsupportedBody if it is said to be something else."""
    if media_type(request) != JSON:
        raise UnsupportedBody("the body is not JSON", where="header Content-Type", mend=f"send {JSON}")
    try:
        return (await body(request)).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _not_utf8() from None


async def body(request: Request) -> bytes:
    """The request body. Raises BodyTooLarge without reading further than the limit."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > _MOST_BYTES:
            raise BodyTooLarge(
                f"the request body is larger than {_MOST_BYTES} bytes", mend="send smaller batches"
            )
        parts.append(part)
    return b"".join(parts)


def cursor_of(request: Request) -> int:
    """How many suggestions to pass over: cursor, which 1.0-draft calls offset."""
    name = "offset" if request.query_params.get("offset") else "cursor"
    return _number(request, name, 0, 0, 10_000)


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


def _not_utf8() -> BadParameter:
    return BadParameter("the request is not valid UTF-8", where="body", mend="encode it as UTF-8")
