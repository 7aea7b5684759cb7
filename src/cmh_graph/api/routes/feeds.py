"""Feeds of what releases changed: Atom for people, a Linked Data Event Stream for replicas."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from cmh_graph.api.described import Router
from cmh_graph.api.editions import intact
from cmh_graph.api.openapi import content_of, format_parameter, problems
from cmh_graph.api.representations import (
    CACHE_CONTROL,
    JSON_LD,
    TURTLE,
    Form,
    choose,
    refuse_unknown,
    respond,
)
from cmh_graph.errors import UnknownThing
from cmh_graph.versions import Releases
from cmh_graph.versions.feeds.atom import write_atom
from cmh_graph.versions.feeds.event_stream import PAGE_SIZE, EventStream
from cmh_graph.versions.feeds.members import Members

ATOM: Final = Form("atom", "application/atom+xml")
TRIG: Final = Form("trig", "application/trig")
#: Named graphs do not fit into Turtle; the root has none.
PAGE_FORMS: Final = (TRIG, JSON_LD)
ROOT_FORMS: Final = (TRIG, JSON_LD, TURTLE)
#: A page of a release never changes.
_IMMUTABLE: Final = "public, max-age=31536000, immutable"
_MOST_DIGITS: Final = 6


def router(releases: Releases) -> APIRouter:
    """The addresses of feeds."""
    routes = Router(tags=["versions"])
    stream = EventStream(Members(releases))
    # The releases are those that were there when the service started.
    feed = cache(lambda: write_atom(releases))

    @routes.get(
        "/changes.atom",
        operation_id="follow_changes_as_atom",
        summary="Follow releases in a feed reader",
        description="Atom 1.0, one entry for each release with what it changed, the latest first.",
        response_class=Response,
        responses={200: content_of(ATOM), **problems(400)},
    )
    def atom(request: Request) -> Response:
        refuse_unknown(request, [])
        return _sent(request, ATOM, CACHE_CONTROL, feed)

    @routes.get(
        "/changes/stream",
        operation_id="follow_changes_as_stream",
        summary="Follow releases as a Linked Data Event Stream",
        description="The root of the stream, which leads to its pages. Each member is a changed thing as one release "
        "has it; its statements are in the named graph of its own IRI.",
        response_class=Response,
        responses={200: content_of(*ROOT_FORMS), **problems(400, 406)},
        openapi_extra={"parameters": [format_parameter(ROOT_FORMS)]},
    )
    def root(request: Request) -> Response:
        refuse_unknown(request, ["format"])
        form = choose(request, ROOT_FORMS)
        return _sent(request, form, CACHE_CONTROL, lambda: stream.root(as_json=form is JSON_LD))

    @routes.get(
        "/changes/stream/{release}/{page}",
        operation_id="show_stream_page",
        summary="Show one page of the event stream",
        description=f"At most {PAGE_SIZE} members of one release. A page never changes.",
        response_class=Response,
        responses={200: content_of(*PAGE_FORMS), **problems(400, 404, 406)},
        openapi_extra={
            "parameters": [
                _in_path("release", "a release", next(iter(releases.versions), "1.0.0")),
                _in_path("page", "the number of a page, from 1", "1"),
                format_parameter(PAGE_FORMS),
            ]
        },
    )
    def page(request: Request) -> Response:
        refuse_unknown(request, ["format"])
        release, number = request.path_params["release"], request.path_params["page"]
        if not (number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS and number[0] != "0"):
            raise UnknownThing(
                f"there is no page {number[:40]}",
                where=number[:40],
                mend="follow the links from /v1/changes/stream",
            )
        form = choose(request, PAGE_FORMS)
        return _sent(
            request, form, _IMMUTABLE, lambda: stream.page(release, int(number), as_json=form is JSON_LD)
        )

    return routes


def identifier() -> APIRouter:
    """The address that the IRI of the stream and of the feed leads to."""
    routes = Router(include_in_schema=False)

    @routes.get("/changes")
    def changes(request: Request) -> Response:
        refuse_unknown(request, [])
        wants_feed = choose(request, (*ROOT_FORMS, ATOM)) is ATOM
        place = "/v1/changes.atom" if wants_feed else "/v1/changes/stream"
        return RedirectResponse(place, status_code=303, headers={"Vary": "Accept"})

    return routes


def _sent(request: Request, form: Form, keep: str, write: Callable[[], bytes]) -> Response:
    """The answer under a tag of its bytes: it depends on the releases alone, not on what is served beside them."""
    with intact():
        body = write()
    # The root is the same bytes as TriG and as Turtle, and is two answers all the same.
    tag = f'"{hashlib.sha256(form.name.encode() + body).hexdigest()[:24]}"'
    return respond(request, form, lambda: body, {"ETag": tag, "Cache-Control": keep})


def _in_path(name: str, about: str, example: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": about,
        "schema": {"type": "string"},
        "example": example,
    }
