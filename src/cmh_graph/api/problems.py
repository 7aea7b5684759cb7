"""The one error body of the API: RFC 9457 problem details, in the words of our errors."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from cmh_graph.errors import (
    BadParameter,
    CmhGraphError,
    DataFailed,
    NoSnapshot,
    NotSignedIn,
    QueryTooLong,
    QueueFull,
    Refused,
    RetiredThing,
    TooMany,
)
from cmh_graph.namespaces import PROBLEM

MEDIA_TYPE: Final = "application/problem+json"
#: Seconds after which it is worth trying again.
_RETRY_AFTER: Final[dict[type[CmhGraphError], str]] = {QueueFull: "2", NoSnapshot: "5", DataFailed: "30"}

_log = logging.getLogger(__name__)


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
    """A problem response: {type, title, status, where, mend, findings}, the last three only if not empty."""
    body: dict[str, Any] = {"type": PROBLEM + slug, "title": _cut(title), "status": status}
    if where:
        body["where"] = _cut(where)
    if mend:
        body["mend"] = mend
    if findings:
        body["findings"] = [dict(finding) for finding in findings]
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
    if isinstance(error, TooMany):
        headers["Retry-After"] = str(error.seconds)
    if isinstance(error, NotSignedIn):
        headers["WWW-Authenticate"] = 'Bearer realm="partner space"'
    if isinstance(error, RetiredThing) and error.successors:
        headers["Link"] = ", ".join(f'<{iri}>; rel="successor-version"' for iri in error.successors)
    if isinstance(error, QueryTooLong):
        # 503 invites a retry, but this same query would be stopped again.
        error.mend = error.mend or "narrow the query; sent again as it is, it would be stopped again"
    findings = error.findings if isinstance(error, Refused) else ()
    return problem(
        error.status,
        error.slug,
        error.what,
        where=error.where,
        mend=error.mend,
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
        _log.warning("%s %s: %s", request.method, request.url.path, error.what)
    return _for_reader(request, from_error(error))


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first, *others = error.errors()
    place = " ".join(str(part) for part in first.get("loc", ()))
    what = str(first.get("msg", "a parameter cannot be used"))
    more = f" (and {len(others)} more)" if others else ""
    return problem(
        HTTPStatus.BAD_REQUEST,
        BadParameter.slug,
        what[:1].lower() + what[1:] + more,
        where=place,
        mend="see /docs for the parameters of this address",
    )


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    path = request.url.path
    if error.status_code == HTTPStatus.NOT_FOUND and error.detail in ("Not Found", ""):
        told = problem(404, "not-found", f"there is nothing at {path}", mend="see /docs for what there is")
        return _for_reader(request, told)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = headers.get("allow") or headers.get("Allow") or ""
        return problem(
            405,
            "method-not-allowed",
            f"{path} does not answer {request.method}",
            mend=f"use {allowed}" if allowed else "see /docs for what there is",
            headers=headers,
        )
    slug = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    return problem(error.status_code, slug, str(error.detail), headers=headers)


async def _unexpected(request: Request, error: Exception) -> Response:
    # The traceback is for the log; the caller learns only that it was not their fault.
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    told = problem(
        500, "error", "something went wrong on our side", mend="try again; if it stays so, please report it"
    )
    return _for_reader(request, told)
