"""Runs queries in processes that can be stopped.

Nothing inside a process stops a query of the engine, so each runs in a worker process that is killed at the
deadline, or when nobody waits for its answer any more, and replaced. QueryPool is the asyncio side; a Generation
holds one zygote, the process that loads the graph and forks the Workers. How long queries share the pool with short
ones is told in docs/decisions/0003-queries-run-in-processes-we-can-kill.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hashlib
import logging
import os
import re
import signal
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, NoReturn

from cmh_graph.errors import CmhGraphError, NoSnapshot, QueryRefused, QueryTooLong, QueueFull
from cmh_graph.settings import Settings
from cmh_graph.sparql import frames, guard, places
from cmh_graph.sparql.answers import Answer, QueryRequest
from cmh_graph.sparql.generation import Generation, error_of
from cmh_graph.sparql.handed import in_memory
from cmh_graph.sparql.kept import KeptAnswers, key_of
from cmh_graph.sparql.worker import Worker, WorkerDied

__all__ = ["Answer", "QueryPool", "QueryRequest"]

_log = logging.getLogger(__name__)

#: How long to wait for the zygote to say how a worker died.
_STATUS_SECONDS: Final = 1.0
#: A query that takes longer than this yields its place and the processor to those that may be short.
_SHORT_SECONDS: Final = 0.05
#: How long a query waits for a worker before another one is forked for it; and what is long when there is a crowd.
_TURN_SECONDS: Final = 0.02
#: Queries that have just begun may hold so many processes more for each worker, when many come at once.
_MORE_AT_ONCE: Final = 4
#: How long those further processes are kept after the rush.
_LINGER_SECONDS: Final = 1.0
#: A text up to this length is checked on the event loop: that takes a few milliseconds at worst.
_SHORT_TEXT: Final = 1000


class QueryPool:
    """Answers queries from one snapshot, each in a process and within the limits of Settings.

    query_workers processes are kept for queries that have just begun. One that takes longer steps aside, with less of
    the processor, and another is forked in its place; after query_light_seconds it needs one of query_slow_workers
    places or is stopped.

    beside: further statements in named graphs, as N-Quads, answered from as if the snapshot had them."""

    def __init__(self, snapshot: Path, settings: Settings, beside: bytes = b"") -> None:
        self._snapshot = snapshot
        self._beside = in_memory(beside) if beside else None
        self._beside_name = _name_of(beside)
        self._edition = ""
        self._settings = settings
        self._kept = KeptAnswers(settings.query_kept_mb << 20)
        self._generation: Generation | None = None
        self._idle: deque[Worker] = deque()
        self._busy: set[Worker] = set()
        self._forking = 0
        self._most = settings.query_workers * (1 + _MORE_AT_ONCE) + settings.query_slow_workers
        self._waiting: deque[asyncio.Future[Worker]] = deque()
        self._pressing: asyncio.TimerHandle | None = None
        self._trimming: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._checking = 0
        self._checker = ThreadPoolExecutor(1, "check-query")
        self._closed = False
        self._reloading = asyncio.Lock()
        #: told of each query how it ended ("answered", "kept" or the slug of the error) and how many seconds it took
        self.on_end: Callable[[str, float], None] | None = None

    @property
    def graphs(self) -> frozenset[str]:
        """The IRIs of the named graphs in the snapshot being served."""
        return self._generation.graphs if self._generation else frozenset()

    @property
    def triples(self) -> int:
        """Distinct triples in the merge of all graphs."""
        return self._generation.triples if self._generation else 0

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
        """Queries that wait for a worker."""
        return sum(not waiting.done() for waiting in self._waiting)

    @property
    def workers(self) -> list[int]:
        """Process ids of the workers there are now, busy or idle."""
        return [worker.pid for worker in self._generation.workers] if self._generation else []

    @property
    def settings(self) -> Settings:
        return self._settings

    async def start(self) -> None:
        """Load the snapshot and start the workers. Raises NoSnapshot or SourceError."""
        await self.reload(self._snapshot)

    async def reload(self, snapshot: Path, beside: bytes | None = None) -> None:
        """Serve another snapshot, and other statements beside it unless None. Queries that run finish on the old ones;
        none is refused meanwhile.

        Raises NoSnapshot or SourceError, and then the old snapshot is served on."""
        async with self._reloading:
            further, named = self._beside, self._beside_name
            if beside is not None:
                further, named = in_memory(beside) if beside else None, _name_of(beside)
            fresh = Generation(snapshot, self._settings, self._on_loss, further)
            try:
                await fresh.start()
                workers = [await fresh.fork() for _ in range(self._settings.query_workers)]
            except BaseException:
                await fresh.close()
                if further != self._beside:
                    _close(further)
                raise
            if further != self._beside:
                _close(self._beside)
                self._beside = further
            if self._closed:
                await fresh.close()
                self._forget()
                return
            old, self._generation, self._snapshot = self._generation, fresh, snapshot
            self._kept.clear()
            self._beside_name = named
            self._edition = f"{_snapshot_name(snapshot)}{named}"
            idle, self._idle = self._idle, deque()
            # Queries on the old snapshot run on, beside the places of the new one.
            self._busy, self._forking = set(), 0
            for worker in workers:
                self._offer(worker)
            if old is not None:
                old.retired = True
                for worker in idle:
                    worker.kill()
                old.close_if_retired()
                self._spawn(self._reap(old))

    async def _reap(self, old: Generation) -> None:
        try:
            while old.workers:
                await asyncio.sleep(0.05)
        finally:
            await old.close()

    async def close(self) -> None:
        """Kill every worker and end the zygote. Queries that run or wait get NoSnapshot."""
        self._closed = True
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_exception(NoSnapshot("the service is closing", mend="try again later"))
        self._waiting.clear()
        self._idle.clear()
        self._checker.shutdown(wait=False, cancel_futures=True)
        for timer in (self._pressing, self._trimming):
            if timer is not None:
                timer.cancel()
        if self._generation is not None:
            await self._generation.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._forget()

    def _forget(self) -> None:
        """Let go of what lies beside the snapshot."""
        descriptor, self._beside = self._beside, None
        _close(descriptor)

    async def check(self, text: str) -> guard.Checked:
        """What guard.check says of a text; a long one is scanned in a thread, for nobody else shall wait.

        Raises what guard.check raises, and QueueFull if too many long texts wait."""
        check = functools.partial(
            guard.check, text, graphs=self.graphs, longest=self._settings.query_text_bytes
        )
        if len(text) <= _SHORT_TEXT:
            return check()
        if self._closed:
            raise NoSnapshot("the service is closing", mend="try again later")
        if self._checking > self._settings.query_queue:
            raise _queue_full()
        self._checking += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._checker, check)
        finally:
            self._checking -= 1

    async def run(self, request: QueryRequest) -> Answer:
        """The complete answer to a checked query.

        Raises QueueFull, QueryTooLong at the time or memory limit, AnswerTooLarge, QuerySyntax, QueryRefused.
        If the caller is cancelled, the query is stopped."""
        began = time.monotonic()
        outcome = "cancelled"
        try:
            key, content = key_of(request), self._generation
            if key is not None and (kept := self._kept.get(key)) is not None:
                outcome = "kept"
                # Others have their turn, whoever asks again and again.
                await asyncio.sleep(0)
                return kept
            answer = await self._answer(request)
            outcome = "answered"
            # What was begun on the former content must not be given out as the new.
            if key is not None and content is self._generation:
                self._kept.put(key, answer)
            return answer
        except CmhGraphError as error:
            outcome = error.slug
            raise
        finally:
            if self.on_end is not None:
                self.on_end(outcome, time.monotonic() - began)

    async def _answer(self, request: QueryRequest) -> Answer:
        message = frames.pack(request.to_json())
        worker = await self._acquire()
        try:
            return await self._run_on(worker, message)
        except WorkerDied:
            # It died between two queries. The next may have too, but that is no accident any more.
            try:
                return await self._run_on(await self._acquire(), message)
            except WorkerDied:
                raise NoSnapshot(
                    "the query service is starting again", mend="try again in a few seconds"
                ) from None

    async def _run_on(self, worker: Worker, message: bytes) -> Answer:
        """The answer of this worker. Raises WorkerDied if it never had the query, and what run raises."""
        worker.asked_by = places.ASKED_BY.get()
        worker.minder = asyncio.get_running_loop().call_later(_TURN_SECONDS, self._mind, worker)
        try:
            async with asyncio.timeout(self._settings.query_seconds):
                header, body = await worker.exchange(message)
        except TimeoutError:
            self._replace(worker)
            raise QueryTooLong(
                f"the query was stopped after {self._settings.query_seconds:g} seconds",
                mend="narrow it: bind more terms, avoid unconnected patterns, add LIMIT inside subqueries",
            ) from None
        except WorkerDied as died:
            if not died.begun and worker.stopped is None and not self._closed:
                self._replace(worker)
                raise
            await self._explain_death(worker)
        except BaseException:
            self._replace(worker)
            raise
        finally:
            worker.minder.cancel()
        if worker.demoted or header.get("spent") or "memory" in header:
            self._replace(worker)
        else:
            self._release(worker)
        if "memory" in header:
            self._refuse_for_memory()
        if "error" in header:
            raise error_of(header["error"])
        return Answer(body, header["rows"], time.monotonic() - worker.began)

    def _mind(self, worker: Worker) -> None:
        """See whether a query is still a short one; called again and again while it runs."""
        age = worker.age()
        crowd = len(self._busy) + len(self._waiting) > self._settings.query_workers
        short = min(_TURN_SECONDS if crowd else _SHORT_SECONDS, self._settings.query_light_seconds)
        if age >= short and not worker.demoted:
            # It goes on with less of the processor, and its place is for another.
            worker.demote()
            self._fill()
        if age >= self._settings.query_light_seconds:
            self._become_slow(worker)
        if not worker.slow and worker.stopped is None:
            pause = _SHORT_SECONDS if worker.demoted else _TURN_SECONDS / 2
            worker.minder = asyncio.get_running_loop().call_later(pause, self._mind, worker)

    def _become_slow(self, worker: Worker) -> None:
        """A query is long: it takes one of the places for such, or is stopped."""
        if worker.slow:
            return
        holding = [other for other in self._busy if other.slow and other.stopped is None]
        if len(holding) >= self._settings.query_slow_workers:
            yields = places.who_yields(worker, holding)
            if yields is None:
                self._stop_for_want_of_place(worker)
                return
            self._stop_for_want_of_place(yields)
        worker.slow = True

    def _stop_for_want_of_place(self, worker: Worker) -> None:
        worker.stop(
            QueueFull(
                f"the query was stopped after {time.monotonic() - worker.began:.1f} seconds: "
                "the service is busy with long queries and has no place for another",
                mend="try again in a few seconds, or narrow it: a query that takes less than "
                f"{self._settings.query_light_seconds:g} seconds needs no such place",
            )
        )

    async def _explain_death(self, worker: Worker) -> NoReturn:
        if worker.stopped is not None:
            self._replace(worker)
            raise worker.stopped
        try:
            async with asyncio.timeout(_STATUS_SECONDS):
                status = await asyncio.shield(worker.status)
        except TimeoutError:
            status = 0
        finally:
            self._replace(worker)
        if self._closed:
            raise NoSnapshot("the service is closing", mend="try again later")
        _log.warning("a query worker ended with status %d", status)
        if status in (-signal.SIGSEGV, -signal.SIGBUS):
            raise QueryRefused(
                "the query is nested too deeply, or has too many parts, to be evaluated",
                mend="flatten nested groups, conditions and lists, put many values into VALUES, or split the query",
            )
        self._refuse_for_memory()

    def _refuse_for_memory(self) -> NoReturn:
        raise QueryTooLong(
            f"the query was stopped: it needs more memory than the {self._settings.query_memory_mb} MiB "
            "that one query may use",
            mend="narrow it: sorting, grouping and DISTINCT keep every solution in memory",
        )

    async def _acquire(self) -> Worker:
        if self._closed or self._generation is None:
            raise NoSnapshot(
                "there is no snapshot to answer from", mend="build one and start the service again"
            )
        while self._idle:
            worker = self._idle.popleft()
            if not worker.has_ended():
                self._take(worker)
                return worker
            self._replace(worker)
        if self.waiting >= self._settings.query_queue:
            raise _queue_full()
        waiting: asyncio.Future[Worker] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        self._watch()
        try:
            # A place in the queue is not held for ever: after two full turns the caller had better come back.
            async with asyncio.timeout(2 * self._settings.query_seconds):
                return await waiting
        except BaseException as error:
            if waiting.done() and not waiting.cancelled() and waiting.exception() is None:
                self._release(waiting.result())
            if isinstance(error, TimeoutError):
                if self._generation is None or self._generation.lost:
                    raise NoSnapshot(
                        "the query service is starting again", mend="try again in a few seconds"
                    ) from None
                raise _queue_full() from None
            raise
        finally:
            with contextlib.suppress(ValueError):
                self._waiting.remove(waiting)

    def _take(self, worker: Worker) -> None:
        worker.begin()
        self._busy.add(worker)

    def _watch(self) -> None:
        """See to the waiting after a moment."""
        if self._pressing is None:
            self._pressing = asyncio.get_running_loop().call_later(_TURN_SECONDS, self._press)

    def _press(self) -> None:
        """Queries have waited for a turn: fork for them, or stop those that run longest without a slow place."""
        self._pressing = None
        waiting = self.waiting
        if not waiting or self._closed:
            return
        self._watch()
        self._fill(waiting)
        lacking = waiting - self._forking
        long = [worker for worker in self._busy if worker.demoted and not worker.slow and not worker.stopped]
        for worker in sorted(long, key=Worker.age, reverse=True)[: max(lacking, 0)]:
            self._become_slow(worker)

    def _fill(self, wanted: int = 0) -> None:
        """Fork until query_workers are free for new queries or run one that has just begun; or as many as wanted."""
        generation = self._generation
        if generation is None or generation.lost or self._closed:
            return
        fresh = sum(not worker.demoted for worker in self._busy)
        lacking = self._settings.query_workers - len(self._idle) - fresh
        lacking = max(lacking, wanted) - self._forking
        room = self._most - len(self._idle) - len(self._busy) - self._forking
        for _ in range(min(lacking, room)):
            self._forking += 1
            self._spawn(self._refill(generation))

    def _release(self, worker: Worker) -> None:
        """Take a worker back after a query."""
        if not worker.alive or self._closed or worker.generation is not self._generation:
            self._replace(worker)
        else:
            self._offer(worker)

    def _offer(self, worker: Worker) -> None:
        self._busy.discard(worker)
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                self._take(worker)
                waiting.set_result(worker)
                return
        self._idle.appendleft(worker)
        if len(self._idle) > self._settings.query_workers and self._trimming is None:
            self._trimming = asyncio.get_running_loop().call_later(_LINGER_SECONDS, self._trim)

    def _trim(self) -> None:
        """End the processes that a rush has left over."""
        self._trimming = None
        while len(self._idle) > self._settings.query_workers:
            self._idle.pop().kill()

    def _replace(self, worker: Worker) -> None:
        """Kill a worker, and start another if its place is still wanted."""
        worker.kill()
        self._busy.discard(worker)
        if worker.generation is self._generation:
            self._fill()

    async def _refill(self, generation: Generation) -> None:
        """Fork one worker; _forking counts it until it is there."""
        try:
            while not self._closed and generation is self._generation and not generation.lost:
                try:
                    worker = await generation.fork()
                except NoSnapshot:
                    await asyncio.sleep(0.5)
                    continue
                if generation is self._generation and not self._closed:
                    self._offer(worker)
                else:
                    worker.kill()
                return
        finally:
            if generation is self._generation:
                self._forking -= 1

    def _on_loss(self, worker: Worker | None) -> None:
        """An idle worker died by itself, or (None) the zygote did."""
        if worker is not None:
            # A worker with a query is missed by the one who waits for its answer.
            if worker in self._idle:
                self._idle.remove(worker)
                self._replace(worker)
        elif self._generation is not None and self._generation.lost and not self._closed:
            _log.error("the process that holds the graph has ended; it is started again")
            self._spawn(self._revive(self._generation))

    async def _revive(self, lost: Generation) -> None:
        pause = 0.1
        while not self._closed and self._generation is lost:
            try:
                await self.reload(self._snapshot)
            except CmhGraphError as error:
                _log.error("the query service cannot start again: %s", error.what)
                await asyncio.sleep(pause)
                pause = min(2 * pause, 10.0)

    def _spawn(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _close(descriptor: int | None) -> None:
    if descriptor is not None:
        os.close(descriptor)


def _queue_full() -> QueueFull:
    return QueueFull("too many queries are waiting already", mend="try again in a few seconds")


def _name_of(beside: bytes) -> str:
    return f"-{hashlib.sha256(beside).hexdigest()[:16]}" if beside else ""


def _snapshot_name(snapshot: Path) -> str:
    """The name that the snapshot has from its content, or else what changes with the file."""
    if re.fullmatch(r"[0-9a-f]{16}", snapshot.parent.name):
        return snapshot.parent.name
    stat = snapshot.stat()
    return f"{stat.st_size:x}.{stat.st_mtime_ns:x}"
