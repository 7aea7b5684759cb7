"""Answers queries as a QueryPool does, by a SPARQL server that holds the graph.

Each query is checked and parsed here, rewritten, sent, and its whole answer written again in our formats. Then the mark
of the content is looked at: while it stands, the graphs were whole all the time that the query ran."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hashlib
import logging
import os
import re
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from cmh_graph.errors import CmhGraphError, NoSnapshot, QueryTooLong, QueueFull, StoreUnavailable
from cmh_graph.remote.asking import Asking
from cmh_graph.remote.connections import Ticket
from cmh_graph.remote.content import Content, read_content
from cmh_graph.remote.holdings import Holdings
from cmh_graph.remote.server import Server
from cmh_graph.settings import Settings
from cmh_graph.sparql import guard
from cmh_graph.sparql.answers import Answer, QueryRequest
from cmh_graph.sparql.kept import KeptAnswers
from cmh_graph.store import check_syntax

_log = logging.getLogger(__name__)
_SHORT_TEXT: Final = 1000
#: Pauses before the store is asked again to take the content, in seconds.
_FIRST_PAUSE: Final = 0.5
_LAST_PAUSE: Final = 10.0
_MORE_AT_ONCE: Final = 4


class RemotePool:
    """What a QueryPool answers from one snapshot and graphs beside it, by a server that holds them.

    settings: query_seconds, query_rows, query_bytes, query_queue, query_kept_mb and query_text_bytes hold as for a
    QueryPool; query_workers and query_slow_workers say how many queries are asked at once, five times the first and the
    second. Time and memory in the server are for the server to bound."""

    def __init__(self, snapshot: Path, settings: Settings, beside: bytes = b"", *, server: Server) -> None:
        self._snapshot = snapshot
        self._beside = beside
        self._settings = settings
        self._server = server
        self._holdings = Holdings(server)
        self._content: Content | None = None
        self._edition = ""
        self._kept = KeptAnswers(settings.query_kept_mb << 20)
        self._most = settings.query_workers * (1 + _MORE_AT_ONCE) + settings.query_slow_workers
        self._places = asyncio.Semaphore(self._most)
        self._threads = ThreadPoolExecutor(self._most + 1, "remote-store")
        self._asking: Asking | None = None
        self._tickets: set[Ticket] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting = 0
        self._ready = False
        self._reviving: asyncio.Task[None] | None = None
        self._reloading = asyncio.Lock()
        self._closed = False
        #: told of each query how it ended ("answered", "kept" or the slug of the error) and how many seconds it took
        self.on_end: Callable[[str, float], None] | None = None

    @property
    def graphs(self) -> frozenset[str]:
        """The IRIs of the named graphs being served."""
        return frozenset(self._content.named) if self._content else frozenset()

    @property
    def triples(self) -> int:
        """Distinct triples in the merge of all graphs."""
        return self._content.triples if self._content else 0

    @property
    def snapshot(self) -> Path:
        """The snapshot being served."""
        return self._snapshot

    @property
    def edition(self) -> str:
        """What names the content being served: of two pools with the same one, each query has the same answer."""
        return self._edition

    @property
    def waiting(self) -> int:
        """Queries that wait for their turn."""
        return self._waiting

    @property
    def workers(self) -> list[int]:
        """This process, while the store answers: it has no workers of its own."""
        return [os.getpid()] if self._ready else []

    @property
    def settings(self) -> Settings:
        return self._settings

    @property
    def server(self) -> Server:
        """The store that is asked."""
        return self._server

    async def start(self) -> None:
        """Bring the content to the store. Where the store does not answer, it is tried again until it does.

        Raises NoSnapshot, SourceError, and BadParameter where the store does not let us in."""
        await self.reload(self._snapshot)

    async def reload(self, snapshot: Path, beside: bytes | None = None) -> None:
        """Serve another snapshot, and other statements beside it unless None. Queries that run finish on the old ones.

        Raises NoSnapshot or SourceError, and then the old content is served on; StoreUnavailable likewise, but at the
        first start: then queries are answered once the store is there."""
        async with self._reloading:
            further = self._beside if beside is None else beside
            content = await self._in_thread(functools.partial(read_content, snapshot, further))
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
            self._snapshot, self._beside = snapshot, further
            self._content, self._edition, self._ready = content, edition, ready
            self._asking = Asking(self._server, self._holdings, self._settings, content, edition)
            self._kept.clear()
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

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

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

    async def check(self, text: str) -> guard.Checked:
        """What guard.check says of a text, and whether it parses. Raises what guard.check raises, QuerySyntax."""
        check = functools.partial(self._check, text)
        if len(text) <= _SHORT_TEXT:
            return check()
        if self._closed:
            raise _closing()
        checked: guard.Checked = await self._in_thread(check)
        return checked

    def _check(self, text: str) -> guard.Checked:
        checked = guard.check(text, graphs=self.graphs, longest=self._settings.query_text_bytes)
        check_syntax(checked.text, checked.prefixes)
        return checked

    async def run(self, request: QueryRequest) -> Answer:
        """The complete answer to a checked query.

        Raises QueueFull, QueryTooLong, AnswerTooLarge, QueryRefused, NotInThisStore, and StoreUnavailable where the
        store does not answer, or not wholly. If the caller is cancelled, nobody waits for the store any more."""
        began = time.monotonic()
        outcome = "cancelled"
        try:
            key, edition = request.key, self._edition
            if key is not None and (kept := self._kept.get(key)) is not None:
                outcome = "kept"
                await asyncio.sleep(0)
                return kept
            answer = await self._answer(request, began)
            outcome = "answered"
            if key is not None and edition == self._edition:
                self._kept.put(key, answer)
            return answer
        except CmhGraphError as error:
            outcome = error.slug
            raise
        finally:
            if self.on_end is not None:
                self.on_end(outcome, time.monotonic() - began)

    async def _answer(self, request: QueryRequest, began: float) -> Answer:
        asking = self._asking
        if self._closed or asking is None:
            raise _closing()
        if self._waiting >= self._settings.query_queue and self._places.locked():
            raise QueueFull("too many queries are waiting already", mend="try again in a few seconds")
        self._waiting += 1
        try:
            async with asyncio.timeout(2 * self._settings.query_seconds):
                await self._places.acquire()
        except TimeoutError:
            raise QueueFull(
                "too many queries are waiting already", mend="try again in a few seconds"
            ) from None
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
            raise QueryTooLong(
                f"the query was stopped after {self._settings.query_seconds:g} seconds",
                mend="narrow it: bind more terms, avoid unconnected patterns, add LIMIT inside subqueries",
            ) from None
        except StoreUnavailable:
            if self._closed:
                raise _closing() from None
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

    async def _in_thread(self, work: Callable[[], Any]) -> Any:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except RuntimeError as error:
            if self._closed and "shutdown" in str(error):
                raise _closing() from None
            raise


def _closing() -> NoSnapshot:
    return NoSnapshot("the service is closing", mend="try again later")


def _edition(snapshot: Path, beside: bytes) -> str:
    """As a QueryPool names it."""
    if re.fullmatch(r"[0-9a-f]{16}", snapshot.parent.name):
        name = snapshot.parent.name
    else:
        name = hashlib.sha256(snapshot.read_bytes()).hexdigest()[:16]
    return f"{name}-{hashlib.sha256(beside).hexdigest()[:16]}" if beside else name
