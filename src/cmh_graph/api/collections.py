"""What every collection of the API does alike: list with filters and pages, show one thing in four formats.

A collection is a table of facts (its path, its model, its filters); the routes, their documentation and the
refusal of what they do not know are made from that table, so these cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from cmh_graph.api.described import if_described, is_described
from cmh_graph.api.parameters import number, parameter
from cmh_graph.api.problems import MEDIA_TYPE as PROBLEM_MEDIA_TYPE
from cmh_graph.api.representations import (
    JSON,
    LIST_FORMS,
    THING_FORMS,
    Form,
    choose,
    framework_of,
    refuse_unknown,
    respond,
    split_suffix,
    write_json,
    writer_of,
)
from cmh_graph.errors import BadParameter
from cmh_graph.framework import ATTRIBUTE_OF, Framework
from cmh_graph.model import Key, Thing
from cmh_graph.reading.asked import a_key_of
from cmh_graph.search import near_misses

T = TypeVar("T")

DEFAULT_LIMIT: Final = 50
LARGEST_LIMIT: Final = 200
_FARTHEST: Final = 1_000_000


class Problem(BaseModel):
    """The one error body: what happened, where, and how to mend it (RFC 9457)."""

    type: str = Field(examples=["https://w3id.org/cmh-graph/problem/not-found"])
    title: str = Field(examples=["no role has the key hcsv"], description="what happened")
    status: int = Field(examples=[404])
    where: str | None = Field(None, examples=["hcsv"], description="the parameter, key or place concerned")
    mend: str | None = Field(
        None, examples=["did you mean hcsw? All keys are in roles"], description="what to do"
    )
    findings: list[dict[str, str]] | None = Field(
        None, description="what is wrong with an upload, each with what, where and mend"
    )
    request_id: str | None = Field(
        None, examples=["5f0c9a1be2d34c77"], description="names the request in the logs, as X-Request-ID does"
    )


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


@dataclass(frozen=True, slots=True)
class Filter:
    """A query parameter that keeps some of a list.

    keep: whether a thing has a value. known: the values it can have; others are refused. closed: whether these
    are few and fixed, to be listed in the documentation."""

    name: str
    about: str
    keep: Callable[[Any, str], bool]
    known: Callable[[Framework], Collection[str]]
    closed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingCollection:
    """A collection of one kind of thing. row and make_row: what lists show of each, if not the whole thing."""

    path: str
    kind: str
    model: type[Thing]
    tag: str
    about: str
    filters: tuple[Filter, ...] = ()
    row: Any = None
    make_row: Callable[[Any], Any] | None = None

    def things(self, framework: Framework) -> Mapping[Key, Any]:
        """Everything in the collection, in its order."""
        found: Mapping[Key, Any] = getattr(framework, ATTRIBUTE_OF[self.kind])
        return found

    @property
    def name(self) -> str:
        """One of its things, in words."""
        return self.kind.replace("-", " ")


def flag(name: str, about: str, read: Callable[[Any], bool | None]) -> Filter:
    """A filter of true and false. What the catalogue does not say is neither."""
    return Filter(
        name, about, lambda thing, value: read(thing) is (value == "true"), lambda _: ("true", "false")
    )


def concept(name: str, scheme: str, about: str, read: Callable[[Any], str | Iterable[str] | None]) -> Filter:
    """A filter by the concepts of a vocabulary."""
    return Filter(name, about, _holds(read), lambda framework: concepts(framework, scheme))


def link(name: str, kind: str, about: str, read: Callable[[Any], str | Iterable[str] | None]) -> Filter:
    """A filter by the keys of another kind of thing."""
    return Filter(name, about, _holds(read), lambda framework: framework.things(kind).keys(), closed=False)


def word(
    name: str, values: Sequence[str], about: str, read: Callable[[Any], str | Iterable[str] | None]
) -> Filter:
    """A filter by a few fixed words."""
    return Filter(name, about, _holds(read), lambda _: values)


def concepts(framework: Framework, scheme: str) -> tuple[str, ...]:
    """The keys of a vocabulary's concepts, in order."""
    found = framework.vocabularies.get(Key(scheme))
    return tuple(each.key for each in found.concepts) if found else ()


def _holds(read: Callable[[Any], str | Iterable[str] | None]) -> Callable[[Any, str], bool]:
    def keep(thing: Any, value: str) -> bool:
        held = read(thing)
        return held == value if held is None or isinstance(held, str) else value in set(held)

    return keep


STATUS: Final = concept(
    "status",
    "status",
    "who says it: seed, public, inferred (our judgement) or confirmed",
    lambda thing: thing.says.status if thing.says else None,
)
_PAGING: Final = ("limit", "offset")


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The documented errors of an operation."""
    reasons = {
        400: "A parameter is unknown, missing or has a value that is not known",
        301: "The key is retired: `Location` leads to what takes its place, `Link` names it",
        404: "There is nothing with this key; `mend` names keys that are nearly so",
        410: "The key is retired, and no single thing takes its place; `mend` and `Link` name what there is",
        406: "None of the accepted media types is one this address answers in",
        429: "Too many queries wait already; see Retry-After",
        503: "The question took too long and was stopped, or the service is not ready",
        413: "The answer is too large",
    }
    reference = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": reasons[status], "content": {PROBLEM_MEDIA_TYPE: {"schema": reference}}}
        for status in statuses
    }


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


def format_parameter(forms: Sequence[Form]) -> dict[str, Any]:
    """The format parameter, for those who cannot set Accept."""
    names = [form.name for form in forms]
    return parameter("format", "format of the answer; wins over Accept", {"type": "string", "enum": names})


def filtered(request: Request, things: Iterable[T], filters: Sequence[Filter]) -> list[T]:
    """The things that every filter in the request keeps. Raises BadParameter for a value that is not known."""
    left = list(things)
    for each in filters:
        values = request.query_params.getlist(each.name)
        if not values:
            continue
        known = each.known(framework_of(request))
        for value in values:
            if value not in known:
                near = near_misses(value, list(known))
                hint = f"did you mean {' or '.join(near)}? " if near else ""
                rest = f"known are {', '.join(known)}" if len(known) <= 40 else ""
                raise BadParameter(
                    f"{value[:80]!r} is not a value of {each.name}",
                    where=f"parameter {each.name}",
                    mend=(hint + rest).strip() or "see the collection it names for the keys there are",
                )
        left = [thing for thing in left if any(each.keep(thing, value) for value in values)]
    return left


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


def show(request: Request, collection: ThingCollection) -> Response:
    """One thing in the format asked for; 301 to its replacement if it is retired.

    Raises UnknownThing, NotAcceptable, BadParameter."""
    refuse_unknown(request, ["format"])
    key, suffix = split_suffix(request.path_params["key"])
    thing = framework_of(request).find(collection.kind, key)
    form = choose(request, THING_FORMS, suffix)
    if thing.key != key:
        place = request.url.path.rpartition("/")[0]
        raise _moved(request, key, thing, f"{place}/{quote(thing.key)}{f'.{suffix}' if suffix else ''}")
    place = quote(
        f"{request.url.path.removesuffix(f'.{suffix}') if suffix else request.url.path}.{form.name}"
    )
    rest = urlencode([pair for pair in request.query_params.multi_items() if pair[0] != "format"])
    headers = {
        "Link": f'<{thing.iri}>; rel="canonical"',
        # Where just this form is, whatever a reader accepts (RFC 9110, 8.7).
        "Content-Location": f"{place}?{rest}" if rest else place,
    }
    return respond(request, form, lambda: writer_of(request).write(thing, form), headers)


def find(request: Request, collection: ThingCollection) -> Any:
    """The thing of a collection whose key is in the address.

    Raises UnknownThing, and for a retired key the answer that leads on to its replacement."""
    key = request.path_params["key"]
    thing = framework_of(request).find(collection.kind, key)
    if thing.key != key:
        place, _, part = request.url.path.rpartition("/")
        raise _moved(request, key, thing, f"{place.rpartition('/')[0]}/{quote(thing.key)}/{part}")
    return thing


def _moved(request: Request, key: str, successor: Thing, path: str) -> HTTPException:
    """What sends the reader of a retired key to the thing that takes its place."""
    query = f"?{request.url.query}" if request.url.query else ""
    return HTTPException(
        301,
        f"{key[:100]} is retired; {successor.key} takes its place",
        {"Location": path + query, "Link": f'<{successor.iri}>; rel="successor-version"'},
    )


def content_of(*forms: Form) -> dict[str, Any]:
    """Answers in some formats, as OpenAPI describes them: JSON of any kind is an object, all else is text."""
    return {
        "content": {
            form.media_type: {"schema": {"type": "object" if form.media_type.endswith("json") else "string"}}
            for form in forms
        }
    }


def operation_name(path: str) -> str:
    """An operation id from a path: case-studies -> case_studies."""
    return path.replace("-", "_")


def add_collection(router: APIRouter, collection: ThingCollection, framework: Framework) -> None:
    """Give a router the list of a collection and the address of each of its things."""
    row: Any = collection.row or collection.model

    def list_things(request: Request) -> Response:
        things = collection.things(framework_of(request)).values()
        return listing(
            request, things, collection.filters, row, collection.make_row, text_kind=collection.kind
        )

    router.add_api_route(
        f"/{collection.path}",
        list_things,
        methods=["GET"],
        operation_id=f"list_{operation_name(collection.path)}",
        tags=[collection.tag],
        summary=f"List {collection.path.replace('-', ' ')}",
        description=collection.about,
        response_model=page_of(row),
        responses=problems(400, 406),
        openapi_extra=if_described(
            lambda: {"parameters": describe_parameters(collection.filters, framework, text=True)}
        ),
    )
    add_thing(router, collection, framework)


def add_thing(router: APIRouter, collection: ThingCollection, framework: Framework) -> None:
    """Give a router the address of each thing of a collection."""

    def show_thing(request: Request) -> Response:
        return show(request, collection)

    first = a_key_of(collection.things(framework)) or Key("key")
    router.add_api_route(
        f"/{collection.path}/{{key}}",
        show_thing,
        methods=["GET"],
        operation_id=f"show_{operation_name(collection.path)}",
        tags=[collection.tag],
        summary=f"Show one {collection.name}",
        description=f"{collection.about} A suffix on the key chooses a format too: `{first}.ttl`.",
        response_model=collection.model,
        responses={200: content_of(*THING_FORMS[1:]), **problems(301, 400, 404, 406, 410)},
        openapi_extra=if_described(
            lambda: {"parameters": [key_parameter(collection, framework), format_parameter(THING_FORMS)]}
        ),
    )


def key_parameter(collection: ThingCollection, framework: Framework) -> dict[str, Any]:
    """The key in an address, as OpenAPI describes it; the example is a key there is."""
    return {
        "name": "key",
        "in": "path",
        "required": True,
        "description": f"the permanent key of one {collection.name}",
        "schema": {"type": "string"},
        "example": a_key_of(collection.things(framework)) or "key",
    }


def add_list(
    router: APIRouter,
    collection: ThingCollection,
    part: str,
    handler: Callable[..., Response],
    row: Any,
    *,
    name: str,
    summary: str,
    about: str,
    framework: Framework,
    filters: Sequence[Filter] = (),
) -> None:
    """Give a router a list below a thing, such as the requirements of a role.

    part: the last part of its address. name: its operation id."""
    router.add_api_route(
        f"/{collection.path}/{{key}}/{part}",
        handler,
        methods=["GET"],
        operation_id=name,
        tags=[collection.tag],
        summary=summary,
        description=about,
        response_model=page_of(row),
        responses=problems(301, 400, 404, 406, 410),
        openapi_extra=if_described(
            lambda: {
                "parameters": [
                    key_parameter(collection, framework),
                    *describe_parameters(filters, framework),
                ]
            }
        ),
    )
