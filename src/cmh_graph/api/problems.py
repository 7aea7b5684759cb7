"""The one error body of the API: RFC 9457 problem details, in the words of our errors."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from cmh_graph.api.operations.requests import current
from cmh_graph.errors import (
    BadParameter,
    CmhGraphError,
    DataFailed,
    NoSnapshot,
    NotAcceptable,
    NotSignedIn,
    QueryTooLong,
    QueueFull,
    Refused,
    RetiredThing,
    StoreUnavailable,
    TooMany,
)
from cmh_graph.namespaces import PROBLEM
from cmh_graph.web.headers import make_safe

MEDIA_TYPE: Final = "application/problem+json"
#: Seconds after which it is worth trying again.
_RETRY_AFTER: Final[dict[type[CmhGraphError], str]] = {QueueFull: "2", NoSnapshot: "5", DataFailed: "30"}

_log = logging.getLogger(__name__)


#: Methods that an address of ours may answer.
_METHODS: Final = ("DELETE", "GET", "PATCH", "POST", "PUT")
#: An address that can stand in a header as it is.
_ADDRESS: Final = re.compile(r"[A-Za-z0-9/._~-]+")
#: Longest title or place in a problem, in characters.
_LONGEST = 400


def problem(
    status: int,
    slug: str,
    title: str,
    *,
    where: str = "",
    mend: str = "",
    headers: dict[str, str] | None = None,
    findings: Sequence[Mapping[str, str]] = (),
) -> Response:
    """A problem response: {type, title, status, where, mend, findings, request_id}, the last four only if there are."""
    body: dict[str, Any] = {"type": PROBLEM + slug, "title": _cut(title), "status": status}
    if where:
        body["where"] = _cut(where)
    if mend:
        body["mend"] = mend
    if findings:
        body["findings"] = [dict(finding) for finding in findings]
    if (noted := current()) is not None:
        body["request_id"] = noted.id
    return Response(
        json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"),
        status_code=status,
        media_type=MEDIA_TYPE,
        # Everything here is public and read-only, so pages of any origin may read why they were refused.
        headers={"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store", **(headers or {})},
    )


def _cut(text: str) -> str:
    """The text, shortened where it would send a visitor's own long input back."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def from_error(error: CmhGraphError) -> Response:
    """The problem response of one of our errors."""
    headers = {}
    if type(error) in _RETRY_AFTER:
        headers["Retry-After"] = _RETRY_AFTER[type(error)]
    if isinstance(error, TooMany | StoreUnavailable):
        headers["Retry-After"] = str(error.seconds)
    if isinstance(error, NotSignedIn):
        headers["WWW-Authenticate"] = 'Bearer realm="partner space"'
    if isinstance(error, NotAcceptable):
        headers["Vary"] = "Accept"
    if isinstance(error, RetiredThing) and error.successors:
        headers["Link"] = ", ".join(f'<{iri}>; rel="successor-version"' for iri in error.successors)
    if isinstance(error, QueryTooLong):
        # 503 invites a retry, but this same query would be stopped again.
        error.mend = error.mend or "narrow the query; sent again as it is, it would be stopped again"
    findings = error.findings if isinstance(error, Refused) else ()
    # Where data is kept, and how to mend it, is for whoever runs the service: the log and the commands tell them.
    kept = isinstance(error, DataFailed)
    return problem(
        error.status,
        error.slug,
        error.what,
        where="" if kept else error.where,
        mend="try again later; whoever runs this service can see why" if kept else error.mend,
        headers=headers,
        findings=findings,
    )


def install(app: FastAPI) -> None:
    """Make every error of the app answer with a problem body."""
    app.add_exception_handler(CmhGraphError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def _for_reader(request: Request, told: Response) -> Response:
    """A problem as a page where a person reads and the app has pages, otherwise as it is."""
    page = getattr(request.app.state, "problem_page", None)
    return told if page is None else page(request, told)


async def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, CmhGraphError)
    if error.status >= 500:
        # The line about the request tells its route; what was asked is not written down.
        where = f" ({error.where})" if isinstance(error, DataFailed) and error.where else ""
        _log.warning("%s: %s%s", error.slug, error.what, where)
    return _for_reader(request, from_error(error))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first, *others = error.errors()
    place = " ".join(str(part) for part in first.get("loc", ()))
    what = str(first.get("msg", "a parameter cannot be used"))
    more = f" (and {len(others)} more)" if others else ""
    told = problem(
        HTTPStatus.BAD_REQUEST,
        BadParameter.slug,
        what[:1].lower() + what[1:] + more,
        where=place,
        mend="see /docs for the parameters of this address",
    )
    return _for_reader(request, told)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    path = request.url.path
    if error.status_code == HTTPStatus.NOT_FOUND and error.detail in ("Not Found", ""):
        mend = "see /docs for what there is"
        if right := _without_slash(request):
            mend = f"use {right}, without the slash at its end; {mend}"
        link = {"Link": f'<{right}>; rel="canonical"'} if right else {}
        return _for_reader(
            request, problem(404, "not-found", f"there is nothing at {path}", mend=mend, headers=link)
        )
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = ", ".join(sorted(_methods(request))) or headers.get("allow") or headers.get("Allow") or ""
        headers = {name: value for name, value in headers.items() if name.lower() != "allow"}
        headers |= {"Allow": allowed} if allowed else {}
        told = problem(
            405,
            "method-not-allowed",
            f"{path} does not answer {request.method}",
            mend=f"use {allowed}" if allowed else "see /docs for what there is",
            headers=headers,
        )
        return _for_reader(request, told)
    slug = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    return _for_reader(request, problem(error.status_code, slug, str(error.detail), headers=headers))


def _methods(request: Request) -> set[str]:
    """What the address of a request answers, by any of its routes: the router itself names those of the first only."""
    return {method for method in _METHODS if _answers(request, {"method": method})}


def _answers(request: Request, changed: dict[str, str]) -> bool:
    """Whether some route answers a request that differs in its method or its path."""
    scope = {**request.scope, **changed}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.router.routes)


def _without_slash(request: Request) -> str:
    """The address without the slashes at its end, where something answers there; "" otherwise."""
    path: str = request.scope["path"]
    right = path.rstrip("/")
    # What begins with two slashes would name another host; a key never holds what a header cannot.
    if right == path or not right or right.startswith("//") or not _ADDRESS.fullmatch(right):
        return ""
    return right if _answers(request, {"path": right}) else ""


async def _unexpected(request: Request, error: Exception) -> Response:
    # The traceback is for the log; the caller learns only that it was not their fault.
    _log.error("a request failed", exc_info=error)
    told = problem(
        500, "error", "something went wrong on our side", mend="try again; if it stays so, please report it"
    )
    # Starlette answers this outside of all other layers.
    return make_safe(_for_reader(request, told))
