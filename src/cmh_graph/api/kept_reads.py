"""Whole answers about the snapshot, kept with their headers and given again before anything else is looked at.

Making a role's JSON costs less than finding out who is to make it: routing, parameters, a thread. So what is kept is
the answer as it was sent, by all that it depends on. Only answers that say so (`keep`) come here: functions of the
snapshot, the address and the headers of the key. They go with the app when another snapshot is served. Answers to
queries that everybody may ask are kept apart, so that what visitors type pushes out nothing that all read; they depend
on what partners publish too, so each is kept with the state of the content that it was made from."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

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
#: The last parts are the state of the content, None for what goes with the app; and the tags that the reader has, where
#: it is the answer to just these: that they have it already.
_Key = tuple[str, bytes, bytes, bytes, bytes, bool, str, Hashable, tuple[str, ...]]


class Queries(Protocol):
    """The address where visitors ask what they like."""

    @property
    def path(self) -> str: ...

    def state(self, scope: Scope) -> Hashable:
        """Names what queries without a token see now; while it is the same, so are their answers. None: not known."""

    def given(self, scope: Scope) -> None:
        """Told of each kept answer that is given."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """whole: whether it is the answer itself, and not that the reader has it."""

    whole: bool
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


class _Answers:
    """The answers used last. most: bytes of all together."""

    def __init__(self, most: int) -> None:
        self._most: Final = most
        self._size = 0
        self._kept: Final[OrderedDict[_Key, _Kept]] = OrderedDict()

    def get(self, key: _Key) -> _Kept | None:
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
        return kept

    def put(self, key: _Key, headers: _Headers, body: bytes) -> None:
        """Keep an answer, unless it is too large or made for one reader; others go for it."""
        names = dict(headers)
        size = len(body) + len(key[1]) + _BESIDE
        if b"set-cookie" in names or b"etag" not in names or key in self._kept or size > self._most // _SHARE:
            return
        whole = not key[-1]
        if whole and int(names.get(b"content-length", b"-1")) != len(body):
            # It was sent in parts, of which only the last was seen.
            return
        noted = requests.current()
        headers = [pair for pair in headers if pair[0] != requests.HEADER.lower().encode()]
        short = [pair for pair in headers if pair[0] not in _NOT_IN_304]
        route = requests.UNMATCHED if noted is None else noted.route
        tag = names[b"etag"].decode("latin-1").removeprefix("W/")
        self._kept[key] = _Kept(whole, route, tag, headers, short, body, size)
        self._size += size
        while self._size > self._most:
            _, gone = self._kept.popitem(last=False)
            self._size -= gone.size


class KeptReads:
    """Gives kept answers, and keeps those that are made.

    most, most_of_queries: bytes of all answers together, and of those to queries; 0 keeps none."""

    def __init__(
        self, app: ASGIApp, most: int, queries: Queries | None = None, most_of_queries: int = 0
    ) -> None:
        self._app: Final = app
        self._reads: Final = _Answers(most) if most else None
        self._queries: Final = queries if most_of_queries else None
        self._asked: Final = _Answers(most_of_queries)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        queries = self._queries
        if queries is not None and scope["path"] == queries.path:
            answers: _Answers | None = self._asked
        else:
            answers, queries = self._reads, None
        key, tags = (None, ()) if answers is None else _key(scope, queries)
        if answers is None or key is None:
            await self._app(scope, receive, send)
            return
        kept = answers.get(key)
        if kept is None and tags:
            # They were told before that they have it, and nobody has asked for the whole since.
            kept = answers.get((*key[:-1], tuple(tags)))
        if kept is None:
            await self._make(answers, queries, key, tags, scope, receive, send)
            return
        if (noted := requests.current()) is not None:
            noted.route = kept.route
        if queries is not None:
            queries.given(scope)
        known = not kept.whole or (bool(tags) and has_tag(tags, kept.tag))
        # Copies, since layers outside add headers of their own.
        await send(
            {
                "type": "http.response.start",
                "status": 304 if known else 200,
                "headers": list(kept.short if known else kept.headers),
            }
        )
        await send({"type": "http.response.body", "body": b"" if known else kept.body})

    async def _make(
        self,
        answers: _Answers,
        queries: Queries | None,
        key: _Key,
        tags: Sequence[str],
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
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
        if not marked or start is None or body is None or start["status"] not in (200, 304):
            return
        if start["status"] == 304:
            if sum(map(len, tags)) > _LONGEST_KEY:
                return
            key = (*key[:-1], tuple(tags))
        # What the content became meanwhile, the answer may or may not tell already.
        if queries is None or queries.state(scope) == key[-2]:
            answers.put(key, _Headers(start["headers"]), body)


def _key(scope: Scope, queries: Queries | None) -> tuple[_Key | None, Sequence[str]]:
    """All that an answer depends on, and what the reader has already; no key for a request that is answered anew."""
    query = scope["query_string"]
    if query and queries is None and not _OF_FORM.fullmatch(query):
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
    state = None
    if queries is not None and (state := queries.state(scope)) is None:
        return None, ()
    accept, encoding, host = given[b"accept"], given[b"accept-encoding"], given[b"host"]
    return (path, query, accept, encoding, host, asked_by_page, scope.get("scheme", ""), state, ()), tags
