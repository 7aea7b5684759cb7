"""Which visit a request belongs to, and whether a form was sent by one of our own pages."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from fastapi import Request
from starlette.responses import Response

from cmh_graph.errors import NotAllowed
from cmh_graph.visits.tokens import VisitId, fits, visit_id

_NAME: Final = "cmh-visit"
#: Only we, by https and for the whole host, can have set a cookie of such a name (RFC 6265bis, 4.1.3.2).
_HOST: Final = "__Host-"
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class Gate:
    """https: people reach the service by https, whatever the request looks like by the time it is here."""

    def __init__(self, *, https: bool) -> None:
        self._https = https

    def visit(self, request: Request) -> VisitId | None:
        """The number in the cookie of a request; None if there is none that can be ours."""
        return visit_id(request.cookies.get(self._name(request), ""))

    def give(self, request: Request, response: Response, visit: VisitId) -> None:
        """Set the cookie: for this host, until the browser is closed, never seen by scripts or other sites."""
        response.set_cookie(
            self._name(request),
            visit,
            path="/",
            secure=self._secure(request),
            httponly=True,
            samesite="strict",
        )

    def take(self, request: Request, response: Response) -> None:
        """Remove the cookie."""
        response.delete_cookie(
            self._name(request), path="/", secure=self._secure(request), httponly=True, samesite="strict"
        )

    def check_origin(self, request: Request) -> None:
        """Raises NotAllowed for a form that another site sent. Old browsers and programs that say nothing pass: the
        token decides."""
        site = request.headers.get("sec-fetch-site", "same-origin")
        origin = request.headers.get("origin")
        # Behind a proxy the host is ours and the scheme may not be, so hosts and ports are compared.
        if site not in ("same-origin", "none") or (origin is not None and not _same_host(request, origin)):
            raise NotAllowed(
                "this form was sent from another site",
                mend="open the page at this address and send the form from there",
            )

    def check_token(self, request: Request, token: str) -> VisitId:
        """The number of the visit whose token a form carries. Raises NotAllowed where there is no cookie or the token
        belongs to another visit."""
        visit = self.visit(request)
        if visit is None:
            raise NotAllowed(
                "your browser sent no cookie, so nobody can tell that the list is yours",
                mend="allow cookies for this site, go back to Match your job titles and start again",
            )
        if not fits(visit, token):
            raise NotAllowed(
                "this form is not from your visit",
                mend="it may have been open for long: go back to Match your job titles and use the form there",
            )
        return visit

    def _secure(self, request: Request) -> bool:
        return self._https or request.url.scheme == "https"

    def _name(self, request: Request) -> str:
        return f"{_HOST}{_NAME}" if self._secure(request) else _NAME


def from_elsewhere(request: Request) -> bool:
    """Whether another site's link led here, so that the browser kept a strict cookie back."""
    return request.headers.get("sec-fetch-site", "") in ("cross-site", "same-site")


def _same_host(request: Request, origin: str) -> bool:
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        return False
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        return False
    host = request.headers.get("host", "").lower()
    named = parts.hostname if ":" not in parts.hostname else f"[{parts.hostname}]"
    default = _DEFAULT_PORTS[parts.scheme]
    return host in ({named, f"{named}:{default}"} if port in (None, default) else {f"{named}:{port}"})
