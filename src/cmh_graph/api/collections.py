"""What every collection of the API does alike: list with filters and pages, show one thing in four formats.

A collection is a table of facts (its path, its model, its filters); the routes, their documentation and the
refusal of what they do not know are made from that table, so these cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from cmh_graph.api.described import if_described, is_described
from cmh_graph.api.filters import Filter
from cmh_graph.api.lists import describe_parameters, listing, page_of
from cmh_graph.api.openapi import content_of, format_parameter, operation_name, problems
from cmh_graph.api.representations import (
    THING_FORMS,
    choose,
    framework_of,
    refuse_unknown,
    respond,
    split_suffix,
    writer_of,
)
from cmh_graph.framework import ATTRIBUTE_OF, Framework
from cmh_graph.model import Key, Thing
from cmh_graph.reading.asked import a_key_of


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

    first = (a_key_of(collection.things(framework)) if is_described() else None) or Key("key")
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
