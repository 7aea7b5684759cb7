"""Whole answers about the snapshot, kept with their headers and given again before anything else is looked at.

Making a role's JSON costs less than finding out who is to make it: routing, parameters, a thread. So what is kept is
the answer as it was sent, by all that it depends on. Only answers that say so (`keep`) come here: functions of the
snapshot, the address and the headers of the key. They go with the app when another snapshot is served."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cmh_graph.api.operations import requests
from cmh_graph.api.tags import has_tag

_MARK: Final = "cmh_graph.kept_reads"
#: What an answer may depend on, besides the address and whether a page of another site asks.
_OF_KEY: Final = frozenset({b"accept", b"accept-encoding", b"host"})
#: Whoever sends one of these gets an answer made for them. Preconditions other than If-None-Match are rare.
_OWN: Final = frozenset(
    {
        b"authorization",
        b"cookie",
        b"range",
        b"if-range",
        b"if-match",
        b"if-modified-since",
        b"if-unmodified-since",
    }
)
#: Queries that choose a form. What else visitors choose and type is neither kept nor pushes out what all read.
_OF_FORM: Final = re.compile(rb"format=[A-Za-z0-9./+-]{1,40}")
#: One answer may take this part of all that is kept.
_SHARE: Final = 16
#: What an entry takes besides its body and key, in bytes.
_BESIDE: Final = 3000
_LONGEST_KEY: Final = 2000
_NOT_IN_304: Final = frozenset({b"content-length", b"content-type", b"content-encoding"})

_Headers = list[tuple[bytes, bytes]]
_Key = tuple[str, bytes, bytes, bytes, bytes, bool, str]


@dataclass(frozen=True, slots=True)
class _Kept:
    route: str
    tag: str
    headers: _Headers
    short: _Headers
    body: bytes
    size: int


def keep(request: Request) -> None:
    """Say that the answer to a request is a function of the snapshot and the address, and may be kept."""
    held: list[bool] | None = request.scope.get(_MARK)
    if held is not None:
        held.append(True)


class KeptReads:
    """The answers used last. most: bytes of all together; 0 keeps none."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app: Final = app
        self._most: Final = most
        self._size = 0
        self._kept: Final[OrderedDict[_Key, _Kept]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not self._most:
            await self._app(scope, receive, send)
            return
        key, tags = _key(scope)
        if key is None:
            await self._app(scope, receive, send)
            return
        kept = self._kept.get(key)
        if kept is None:
            await self._make(key, scope, receive, send)
            return
        self._kept.move_to_end(key)
        if (noted := requests.current()) is not None:
            noted.route = kept.route
        known = bool(tags) and has_tag(tags, kept.tag)
        # Copies, since layers outside add headers of their own.
        await send(
            {
                "type": "http.response.start",
                "status": 304 if known else 200,
                "headers": list(kept.short if known else kept.headers),
            }
        )
        await send({"type": "http.response.body", "body": b"" if known else kept.body})

    async def _make(self, key: _Key, scope: Scope, receive: Receive, send: Send) -> None:
        marked: list[bool] = []
        scope[_MARK] = marked
        start: Message | None = None
        body: bytes | None = None

        async def send_seen(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
            elif message["type"] == "http.response.body" and not message.get("more_body", False):
                body = message.get("body", b"")
            await send(message)

        await self._app(scope, receive, send_seen)
        if marked and start is not None and body is not None and start["status"] == 200:
            self._put(key, _Headers(start["headers"]), body)

    def _put(self, key: _Key, headers: _Headers, body: bytes) -> None:
        names = dict(headers)
        size = len(body) + _BESIDE
        if b"set-cookie" in names or b"etag" not in names or key in self._kept or size > self._most // _SHARE:
            return
        if int(names.get(b"content-length", b"-1")) != len(body):
            # It was sent in parts, of which only the last was seen.
            return
        noted = requests.current()
        headers = [pair for pair in headers if pair[0] != requests.HEADER.lower().encode()]
        short = [pair for pair in headers if pair[0] not in _NOT_IN_304]
        route = requests.UNMATCHED if noted is None else noted.route
        self._kept[key] = _Kept(route, names[b"etag"].decode("latin-1"), headers, short, body, size)
        self._size += size
        while self._size > self._most:
            _, gone = self._kept.popitem(last=False)
            self._size -= gone.size


def _key(scope: Scope) -> tuple[_Key | None, Sequence[str]]:
    """All that an answer depends on, and what the reader has already; no key for a request that is answered anew."""
    query = scope["query_string"]
    if query and not _OF_FORM.fullmatch(query):
        return None, ()
    given = {b"accept": b"", b"accept-encoding": b"", b"host": b""}
    asked_by_page = False
    tags: list[str] = []
    for name, value in scope["headers"]:
        if name in _OF_KEY:
            given[name] = given[name] + b", " + value if given[name] else value
        elif name == b"if-none-match":
            tags.append(value.decode("latin-1"))
        elif name == b"origin":
            asked_by_page = True
        elif name in _OWN:
            return None, ()
    path = scope["path"]
    if len(path) + sum(map(len, given.values())) > _LONGEST_KEY:
        return None, ()
    accept, encoding, host = given[b"accept"], given[b"accept-encoding"], given[b"host"]
    return (path, query, accept, encoding, host, asked_by_page, scope.get("scheme", "")), tags
