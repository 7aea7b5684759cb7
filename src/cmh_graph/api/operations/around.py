"""The layer around a service: each request gets its id, is counted against the limits, measured and logged.

It lies outside everything else, so that answers to unexpected errors pass through it too."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, Final

from fastapi import FastAPI, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cmh_graph.api.operations import clients, requests
from cmh_graph.api.operations.limits import PROBES, Limits, Refusal
from cmh_graph.api.operations.logs import REQUESTS
from cmh_graph.api.operations.measures import Measures
from cmh_graph.api.operations.requests import Noted
from cmh_graph.api.problems import problem
from cmh_graph.settings import Settings
from cmh_graph.sparql.places import ASKED_BY
from cmh_graph.web.headers import SafeHeaders

_log = logging.getLogger(REQUESTS)
_NOTED: Final = "cmh_graph.noted"
_FORWARDED: Final = b"x-forwarded-for"
_ID_HEADER: Final = requests.HEADER.lower().encode()
_CLOSE: Final = (b"connection", b"close")


class Operations:
    """What outlives a snapshot: the limits, the figures, and whether the service is ending. One for each process."""

    def __init__(self, settings: Settings) -> None:
        self.limits: Final = Limits(settings.client_requests, settings.requests_at_once)
        self.measures: Final = Measures(self.limits)
        self.ending = False
        self._shown: Final = settings.log_clients
        self._warned = False
        #: Writes a problem as a page where a person reads; set once there are pages.
        self.page: Callable[[Request, Response], Response] | None = None

    def is_ending(self) -> bool:
        """Whether the service takes its last requests."""
        return self.ending

    async def handle(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on to the app, or refuse it."""
        began = time.perf_counter()
        address = scope["client"][0] if scope.get("client") else ""
        noted = Noted(
            requests.id_of(scope["headers"]), client=clients.client_of(address) if address else None
        )
        requests.become_current(noted)
        ASKED_BY.set(noted.client)
        scope[_NOTED] = noted
        refusal = self.limits.refusal(scope, noted.client)
        answer = app if refusal is None else self._refuse(refusal)
        ended = False

        async def send_noted(message: Message) -> None:
            nonlocal ended
            if message["type"] == "http.response.start":
                noted.status = message["status"]
                headers = [*message.get("headers", ()), (_ID_HEADER, noted.id.encode("ascii"))]
                if self.ending or refusal is not None:
                    headers.append(_CLOSE)
                message = {**message, "headers": headers}
            elif message["type"] == "http.response.body":
                noted.size += len(message.get("body", b""))
                ended = ended or not message.get("more_body", False)
            await send(message)

        self.limits.begun(noted.client)
        try:
            await answer(scope, receive, send_noted)
        finally:
            self.limits.ended(noted.client)
            seconds = time.perf_counter() - began
            status = noted.status if ended else 0
            self.measures.request_ended(noted.route, scope["method"], status, seconds)
            if _log.isEnabledFor(logging.INFO):
                self._tell(noted, scope, address, seconds, ended)

    def _refuse(self, refusal: Refusal) -> ASGIApp:
        self.measures.count("refused", "Requests refused before they were looked at", why=refusal.why)
        told = problem(
            refusal.status,
            refusal.slug,
            refusal.what,
            where=refusal.where,
            mend=refusal.mend,
            headers={"Retry-After": str(refusal.seconds)} if refusal.seconds else {},
        )

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            # Whoever waits in a browser is told in a page; what is wrong with a request itself is for programs.
            page = self.page if refusal.seconds else None
            shown = told if page is None else page(Request(scope), told)
            await shown(scope, receive, send)

        return SafeHeaders(answer)

    def _tell(self, noted: Noted, scope: Scope, address: str, seconds: float, ended: bool) -> None:
        """Write the line about a request; probes that went well are not worth one."""
        if noted.route in PROBES and noted.status == 200:
            return
        told: dict[str, Any] = {
            "method": scope["method"][:20],
            "route": noted.route,
            "status": noted.status,
            "ms": round(seconds * 1000, 1),
            "bytes": noted.size,
        }
        if not ended:
            told["cut"] = True
        if shown := clients.shown(address, self._shown):
            told["client"] = shown
        _log.info("request", extra={"told": told})
        if not self._warned and noted.client is not None:
            self._warn_of_stranger(scope, address)

    def _warn_of_stranger(self, scope: Scope, address: str) -> None:
        """Tell once of a proxy whose word does not count: all its visitors are one client until it does."""
        words = [value for name, value in scope["headers"] if name == _FORWARDED]
        # The word of a trusted proxy has taken the place of the address.
        if words and address.encode("latin-1", "replace") not in b",".join(words):
            self._warned = True
            _log.warning(
                "a request came with X-Forwarded-For from an address that CMH_GRAPH_TRUSTED_PROXIES does not name; "
                "if that is your proxy, name it, or all its visitors count as one client"
            )


class Operated(FastAPI):
    """An app with the layer around it, also around its handler of unexpected errors."""

    def __init__(self, operations: Operations, **given: Any) -> None:
        super().__init__(**given)
        self.state.operations = operations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
        else:
            await self.state.operations.handle(super().__call__, scope, receive, send)


class RouteNoted:
    """Notes which route answers: the innermost layer, since only there the scope tells it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app: Final = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        noted: Noted | None = scope.get(_NOTED)
        try:
            await self._app(scope, receive, send)
        finally:
            if noted is not None:
                noted.route = _template(scope)


def _template(scope: Scope) -> str:
    """The template of the address that answered. FastAPI keeps a route and where it was included apart."""
    included = scope.get("fastapi", {}).get("effective_route_context")
    for route in (getattr(included, "starlette_route", None), included, scope.get("route")):
        if path := getattr(route, "path_format", None) or getattr(route, "path", None):
            return str(path)
    return requests.UNMATCHED
