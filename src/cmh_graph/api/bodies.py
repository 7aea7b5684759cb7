"""Request bodies, read no further than a limit."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request

from cmh_graph.errors import BadParameter, BodyTooLarge, UnsupportedBody

FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"
_MOST_FIELDS: Final = 1000


def media_type_of(request: Request) -> tuple[str, dict[str, str]]:
    """The media type of a body in lower case, "" if none is given, and its parameters."""
    media_type, *rest = request.headers.get("content-type", "").split(";")
    pairs = (part.partition("=") for part in rest)
    return media_type.strip().lower(), {
        name.strip().lower(): value.strip().strip('"') for name, _, value in pairs
    }


async def read_body(request: Request, longest: int, *, what: str = "request body", mend: str = "") -> bytes:
    """The bytes of a body. Raises BodyTooLarge without reading further than longest bytes."""
    too_large = BodyTooLarge(f"the {what} is larger than {longest:,} bytes", mend=mend or "send less at once")
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > longest:
        raise too_large
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > longest:
            raise too_large
        parts.append(part)
    return b"".join(parts)


def fields_of(encoded: bytes, place: str) -> list[tuple[str, str]]:
    """Name and value of each field of a form or an address. Raises BadParameter unless it is UTF-8."""
    try:
        return parse_qsl(
            encoded.decode("utf-8"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except UnicodeDecodeError:
        raise _not_utf8(place) from None
    except ValueError:
        raise BadParameter(f"{place} has more than {_MOST_FIELDS} fields", mend="send fewer") from None


def text_of(body: bytes, place: str) -> str:
    """The text of a body, without a byte order mark. Raises BadParameter unless it is UTF-8."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _not_utf8(place) from None


def _not_utf8(place: str) -> BadParameter:
    return BadParameter(f"{place} is not valid UTF-8", where=place, mend="encode it as UTF-8")


async def read_form(request: Request, longest: int, *, mend: str = "") -> list[tuple[str, str]]:
    """The fields of a form. Raises UnsupportedBody if it is none, BodyTooLarge beyond longest bytes."""
    kind, _ = media_type_of(request)
    if kind != FORM:
        raise UnsupportedBody(
            f"this is no form: {kind[:100] or 'no type'}", where="header Content-Type", mend=f"send {FORM}"
        )
    return fields_of(await read_body(request, longest, what="form", mend=mend), "the form")
