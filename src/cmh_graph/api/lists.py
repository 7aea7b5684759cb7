"""Lists of the API: what the filters and the search of a request keep, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlencode

from fastapi import Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from cmh_graph.api.described import is_described
from cmh_graph.api.filters import Filter, filtered
from cmh_graph.api.openapi import format_parameter
from cmh_graph.api.parameters import number, parameter
from cmh_graph.api.representations import (
    JSON,
    LIST_FORMS,
    choose,
    framework_of,
    refuse_unknown,
    respond,
    write_json,
    writer_of,
)
from cmh_graph.framework import Framework
from cmh_graph.model import Thing

T = TypeVar("T")
DEFAULT_LIMIT: Final = 50
LARGEST_LIMIT: Final = 200
_FARTHEST: Final = 1_000_000
_PAGING: Final = ("limit", "offset")


class Page(BaseModel, Generic[T]):
    """One page of a list. next and previous are addresses on this host, null at the ends."""

    total: int = Field(description="how many there are in all, after filtering", examples=[64])
    limit: int = Field(examples=[50])
    offset: int = Field(examples=[0])
    next: str | None = Field(examples=["/v1/roles?limit=50&offset=50"])
    previous: str | None = Field(examples=[None])
    items: list[T]


def page_of(row: Any) -> Any:
    """The model of a page of such rows, for the description of a route; None where nobody describes anything."""
    return Page[row] if is_described() else None


def describe_parameters(
    filters: Sequence[Filter], framework: Framework, *, text: bool = False
) -> list[dict[str, Any]]:
    """The query parameters of a list."""
    found = []
    for each in filters:
        item: dict[str, Any] = {"type": "string"}
        if each.closed:
            item["enum"] = list(each.known(framework))
        about = f"{each.about}. Repeated, any one of the values is enough."
        found.append(parameter(each.name, about, {"type": "array", "items": item}))
    if text:
        about = "words to search for in names and other names; best matches come first"
        found.append(parameter("q", about, {"type": "string", "maxLength": 200}))
    limit = {"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT, "default": DEFAULT_LIMIT}
    found.append(parameter("limit", "how many to return", limit))
    found.append(
        parameter(
            "offset",
            "how many to pass over",
            {"type": "integer", "minimum": 0, "maximum": _FARTHEST, "default": 0},
        )
    )
    found.append(format_parameter(LIST_FORMS))
    return found


def listing(
    request: Request,
    things: Iterable[Any],
    filters: Sequence[Filter],
    model: Any,
    make_row: Callable[[Any], Any] | None = None,
    *,
    text_kind: str = "",
    also: Sequence[str] = (),
    says: Mapping[str, Any] | None = None,
) -> Response:
    """A page of what the request's filters keep. text_kind: the kind to search with q, if the list has one.

    also: further parameters, that the caller reads. says: what else the page tells beside its items.
    Raises BadParameter for a parameter that is not known."""
    extra = ("q",) if text_kind else also
    refuse_unknown(request, [*(each.name for each in filters), *extra, *_PAGING, "format"])
    left = filtered(request, things, filters)
    text = request.query_params.get("q")
    if text_kind and text is not None:
        hits = framework_of(request).search(text, kinds=(text_kind,), limit=None)
        place = {hit.key: number for number, hit in enumerate(hits)}
        left = sorted((thing for thing in left if thing.key in place), key=lambda thing: place[thing.key])
    return page(request, model, left, make_row, says)


def page(
    request: Request,
    model: Any,
    items: Sequence[Any],
    make_row: Callable[[Any], Any] | None,
    says: Mapping[str, Any] | None = None,
) -> Response:
    """One page of items as JSON, as limit and offset say, with links to its neighbours.

    says: what else the page tells beside its items."""
    form = choose(request, LIST_FORMS)
    limit = number(request, "limit", DEFAULT_LIMIT, 1, LARGEST_LIMIT)
    offset = number(request, "offset", 0, 0, _FARTHEST)

    def address(start: int) -> str:
        fields = [(k, v) for k, v in request.query_params.multi_items() if k not in _PAGING]
        return f"{request.url.path}?{urlencode([*fields, ('limit', limit), ('offset', start)])}"

    after = address(offset + limit) if offset + limit < len(items) else None
    before = address(max(0, offset - limit)) if offset > 0 else None
    links = [f'<{where}>; rel="{rel}"' for where, rel in ((after, "next"), (before, "prev")) if where]

    def write() -> bytes:
        shown = items[offset : offset + limit]
        rows = b",".join(
            write_json(model, make_row(item)) if make_row else _thing_or_row(request, model, item)
            for item in shown
        )
        head = write_json(
            dict[str, Any],
            {
                "total": len(items),
                "limit": limit,
                "offset": offset,
                "next": after,
                "previous": before,
                **(says or {}),
            },
        )
        return head[:-1] + b',"items":[' + rows + b"]}"

    return respond(request, form, write, {"Link": ", ".join(links)} if links else None)


def _thing_or_row(request: Request, model: Any, item: Any) -> bytes:
    # A thing in a list is the very same bytes as the thing alone, and those are kept.
    return writer_of(request).write(item, JSON) if isinstance(item, Thing) else write_json(model, item)
