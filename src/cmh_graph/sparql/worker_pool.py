"""Runs queries in processes that can be stopped.

Nothing inside a process stops a query of the engine, so each runs in a worker process that is killed at the
deadline, or when nobody waits for its answer any more, and replaced. WorkerPool is the asyncio side; a Generation
holds one zygote, the process that loads the graph and forks the Workers. How long queries share the pool with short
ones is told in docs/decisions/0003-queries-run-in-processes-we-can-kill.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NoReturn

from cmh_graph.errors import CmhGraphError, QueryRefused, QueryTooLong
from cmh_graph.processes.handed import in_memory
from cmh_graph.processes.told import error_of
from cmh_graph.processes.warm import Launched
from cmh_graph.settings import Settings
from cmh_graph.sparql.answers import Answer, QueryRequest
from cmh_graph.sparql.generation import Generation
from cmh_graph.sparql.guard import Checked
from cmh_graph.sparql.pool import QueryPool, name_beside, name_by_content
from cmh_graph.sparql.refusals import closing, queue_full, starting_again
from cmh_graph.sparql.turns import Turns
from cmh_graph.sparql.worker import Worker, WorkerDied

_log = logging.getLogger(__name__)

#: How long to wait for the zygote to say how a worker died.
_STATUS_SECONDS: Final = 1.0


class WorkerPool(QueryPool):
    """Answers each query in a process of its own.

    query_workers processes are kept for queries that have just begun. One that takes longer steps aside, with less of
    the processor, and another is forked in its place; after query_light_seconds it needs one of query_slow_workers
    places or is stopped.

    beside: further statements in named graphs, as N-Quads, answered from as if the snapshot had them."""

    def __init__(
        self, snapshot: Path, settings: Settings, beside: bytes = b"", *, launched: Launched | None = None
    ) -> None:
        """launched: the process that holds the snapshot, if it has begun already."""
        super().__init__(snapshot, settings)
        self._launched = launched
        self._beside = in_memory(beside) if beside else None
        self._beside_name = name_beside(beside)
        self._generation: Generation | None = None
        self._turns = Turns(settings, self._spawn)
        self._checking = 0
        self._checker = ThreadPoolExecutor(1, "check-query")

    @property
    def graphs(self) -> frozenset[str]:
        return self._generation.graphs if self._generation else frozenset()

    @property
    def triples(self) -> int:
        return self._generation.triples if self._generation else 0

    @property
    def waiting(self) -> int:
        return self._turns.waiting

    @property
    def workers(self) -> list[int]:
        """Process ids of the workers there are now, busy or idle."""
        return [worker.pid for worker in self._generation.workers] if self._generation else []

    async def reload(self, snapshot: Path, beside: bytes | None = None) -> None:
        async with self._reloading:
            further, named = self._beside, self._beside_name
            if beside is not None:
                further, named = in_memory(beside) if beside else None, name_beside(beside)
            fresh = Generation(snapshot, self._settings, self._on_loss, further, self._launched)
            self._launched = None
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
            edition = (name_by_content(snapshot) or _name_by_file(snapshot)) + named
            old, self._generation, self._beside_name = self._generation, fresh, named
            self._serve(snapshot, edition)
            idle = self._turns.serve(fresh, workers)
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
        self._turns.close()
        self._checker.shutdown(wait=False, cancel_futures=True)
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

    async def _check_in_thread(self, check: Callable[[], Checked]) -> Checked:
        if self._checking > self._settings.query_queue:
            raise queue_full()
        self._checking += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._checker, check)
        finally:
            self._checking -= 1

    async def _answer(self, request: QueryRequest) -> Answer:
        # Some may have died between two queries; of the last one it is no accident any more.
        for _ in range(1 + len(self._generation.workers if self._generation else ())):
            worker = await self._turns.take(request)
            with contextlib.suppress(WorkerDied):
                return await self._run_on(worker, request.message)
        raise starting_again()

    async def _run_on(self, worker: Worker, message: bytes) -> Answer:
        """The answer of this worker. Raises WorkerDied if it never had the query, and what run raises."""
        try:
            header, body = await worker.exchange(message)
        except WorkerDied as died:
            if not died.begun and worker.stopped is None and not self._closed:
                self._turns.replace(worker)
                raise
            await self._explain_death(worker)
        except BaseException:
            self._turns.replace(worker)
            raise
        seconds = time.monotonic() - worker.began
        if header.get("spent") or "memory" in header:
            self._turns.replace(worker)
        else:
            self._turns.done(worker)
        if "memory" in header:
            self._refuse_for_memory()
        if "error" in header:
            raise error_of(header["error"])
        return Answer(body, header["rows"], seconds)

    async def _explain_death(self, worker: Worker) -> NoReturn:
        if worker.stopped is not None:
            self._turns.replace(worker)
            raise worker.stopped
        try:
            async with asyncio.timeout(_STATUS_SECONDS):
                status = await asyncio.shield(worker.status)
        except TimeoutError:
            status = 0
        finally:
            self._turns.replace(worker)
        if self._closed:
            raise closing()
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

    def _on_loss(self, worker: Worker | None) -> None:
        """An idle worker died by itself, or (None) the zygote did."""
        if worker is not None:
            self._turns.lose(worker)
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


def _close(descriptor: int | None) -> None:
    if descriptor is not None:
        os.close(descriptor)


def _name_by_file(snapshot: Path) -> str:
    """What changes with the file."""
    stat = snapshot.stat()
    return f"{stat.st_size:x}.{stat.st_mtime_ns:x}"
