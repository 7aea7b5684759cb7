"""Answers queries by a SPARQL server that holds the graph.

Each query is checked and parsed here, rewritten, sent, and its whole answer written again in our formats. Then the mark
of the content is looked at: while it stands, the graphs were whole all the time that the query ran."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from cmh_graph.errors import CmhGraphError, StoreUnavailable
from cmh_graph.remote.asking import Asking
from cmh_graph.remote.connections import Ticket
from cmh_graph.remote.content import Content, read_content
from cmh_graph.remote.holdings import Holdings
from cmh_graph.remote.server import Server
from cmh_graph.settings import Settings
from cmh_graph.sparql.answers import Answer, QueryRequest
from cmh_graph.sparql.guard import Checked
from cmh_graph.sparql.places import most_at_once
from cmh_graph.sparql.pool import QueryPool, name_beside, name_by_content
from cmh_graph.sparql.refusals import closing, queue_full, stopped_after
from cmh_graph.store import check_syntax

_log = logging.getLogger(__name__)
#: Pauses before the store is asked again to take the content, in seconds.
_FIRST_PAUSE: Final = 0.5
_LAST_PAUSE: Final = 10.0
_T = TypeVar("_T")


class RemotePool(QueryPool):
    """Asks a server that holds a snapshot and graphs beside it.

    settings: query_seconds, query_rows, query_bytes, query_queue, query_kept_mb and query_text_bytes hold as for a
    WorkerPool; query_workers and query_slow_workers say how many queries are asked at once, five times the first and
    the second. Time and memory in the server are for the server to bound."""

    def __init__(self, snapshot: Path, settings: Settings, beside: bytes = b"", *, server: Server) -> None:
        super().__init__(snapshot, settings)
        self._beside = beside
        self._server = server
        self._holdings = Holdings(server)
        self._content: Content | None = None
        most = most_at_once(settings)
        self._places = asyncio.Semaphore(most)
        self._threads = ThreadPoolExecutor(most + 1, "remote-store")
        self._asking: Asking | None = None
        self._tickets: set[Ticket] = set()
        self._waiting = 0
        self._ready = False
        self._reviving: asyncio.Task[None] | None = None

    @property
    def graphs(self) -> frozenset[str]:
        return frozenset(self._content.named) if self._content else frozenset()

    @property
    def triples(self) -> int:
        return self._content.triples if self._content else 0

    @property
    def waiting(self) -> int:
        return self._waiting

    @property
    def workers(self) -> list[int]:
        """This process, while the store answers: it has no workers of its own."""
        return [os.getpid()] if self._ready else []

    @property
    def server(self) -> Server:
        """The store that is asked."""
        return self._server

    async def reload(self, snapshot: Path, beside: bytes | None = None) -> None:
        """Bring other content to the store and serve it.

        Raises NoSnapshot or SourceError, and then the old content is served on; StoreUnavailable likewise, but at the
        first start: then it is tried again, and queries are answered once the store is there. Raises BadParameter where
        the store does not let us in."""
        async with self._reloading:
            further = self._beside if beside is None else beside
            content = await self._in_thread(lambda: read_content(snapshot, further))
            edition = _edition(snapshot, further)
            self._holdings.use(edition)
            try:
                await self._bring(edition, content)
                ready = True
            except StoreUnavailable as error:
                if self._content is not None:
                    await self._leave(edition)
                    raise
                _log.error("the store cannot be given its content yet: %s", error.what)
                ready = False
            except BaseException:
                await self._leave(edition)
                raise
            former, old = self._asking, self._edition
            self._beside, self._content, self._ready = further, content, ready
            self._asking = Asking(self._server, self._holdings, self._settings, content, edition)
            self._serve(snapshot, edition)
            if former is not None:
                former.retired = True
                if former.running:
                    self._spawn(self._let_go(former, old))
                else:
                    await self._leave(old)
            if not ready:
                self._revive()

    async def _bring(self, edition: str, content: Content) -> None:
        written = await self._in_thread(lambda: self._holdings.bring(edition, content.graphs))
        if written:
            _log.info("%d graphs of %s were brought to the store", written, edition)

    async def _let_go(self, former: Asking, edition: str) -> None:
        """Leave a content once the queries that run on it have ended."""
        while former.running:
            await asyncio.sleep(0.05)
        await self._leave(edition)

    async def _leave(self, edition: str) -> None:
        # A snapshot stays for the next start; copies of partners' graphs do not outlive their use.
        keep = "-" not in edition
        await self._in_thread(lambda: self._holdings.leave(edition, keep=keep))

    async def close(self) -> None:
        """Stop asking. Queries that run get NoSnapshot. What belongs to partners is taken out of the store."""
        self._closed = True
        self._ready = False
        if self._reviving is not None:
            self._reviving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reviving
        for ticket in list(self._tickets):
            ticket.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._edition:
            edition, self._edition = self._edition, ""
            await self._leave(edition)
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _check(self, text: str) -> Checked:
        checked = super()._check(text)
        check_syntax(checked.text, checked.prefixes)
        return checked

    async def _check_in_thread(self, check: Callable[[], Checked]) -> Checked:
        return await self._in_thread(check)

    async def _answer(self, request: QueryRequest) -> Answer:
        began = time.monotonic()
        asking = self._asking
        if self._closed or asking is None:
            raise closing()
        if self._waiting >= self._settings.query_queue and self._places.locked():
            raise queue_full()
        self._waiting += 1
        try:
            async with asyncio.timeout(2 * self._settings.query_seconds):
                await self._places.acquire()
        except TimeoutError:
            raise queue_full() from None
        finally:
            self._waiting -= 1
        ticket = Ticket()
        self._tickets.add(ticket)
        asked = asyncio.ensure_future(self._in_thread(lambda: asking.told(request, ticket)))
        asking.running += 1
        asked.add_done_callback(lambda _: self._end(asking, ticket))
        try:
            async with asyncio.timeout(self._settings.query_seconds):
                answer = await asyncio.shield(asked)
            if isinstance(answer, CmhGraphError):
                raise answer
            body, rows = answer
        except TimeoutError:
            raise stopped_after(self._settings.query_seconds) from None
        except StoreUnavailable:
            if self._closed:
                raise closing() from None
            self._revive()
            raise
        finally:
            ticket.cancel()
            # Whoever no longer waits is not told of what the thread meets.
            asked.add_done_callback(lambda done: done.cancelled() or done.exception())
        return Answer(body, rows, time.monotonic() - began)

    def _end(self, asking: Asking, ticket: Ticket) -> None:
        asking.running -= 1
        self._tickets.discard(ticket)
        self._places.release()

    def _revive(self) -> None:
        """See in the background that the store has the content, until it has."""
        if self._closed or (self._reviving is not None and not self._reviving.done()):
            return
        self._ready = False
        self._reviving = asyncio.get_running_loop().create_task(self._bring_until_there())

    async def _bring_until_there(self) -> None:
        pause = _FIRST_PAUSE
        while not self._closed and self._content is not None:
            try:
                await self._bring(self._edition, self._content)
                self._ready = True
                return
            except CmhGraphError as error:
                _log.warning("the store is not there yet: %s", error.what)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LAST_PAUSE)

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except RuntimeError as error:
            if self._closed and "shutdown" in str(error):
                raise closing() from None
            raise


def _edition(snapshot: Path, beside: bytes) -> str:
    name = name_by_content(snapshot) or hashlib.sha256(snapshot.read_bytes()).hexdigest()[:16]
    return name + name_beside(beside)
