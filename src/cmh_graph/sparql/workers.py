"""Runs queries in processes that can be stopped.

Nothing inside a process stops a query of the engine, so each runs in a worker process that is killed at the
deadline, or when nobody waits for its answer any more, and replaced. QueryPool is the asyncio side; zygote is
the process that loads the graph and forks the workers.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

from cmh_graph import errors
from cmh_graph.errors import CmhGraphError, NoSnapshot, QueryRefused, QueryTooLong, QueueFull
from cmh_graph.settings import Settings
from cmh_graph.sparql import frames
from cmh_graph.sparql.answers import QueryRequest

__all__ = ["Answer", "QueryPool", "QueryRequest"]

_log = logging.getLogger(__name__)

#: A snapshot of ten million quads loads in about a minute; nobody waits longer for a start.
_START_SECONDS: Final = 600.0
_FORK_SECONDS: Final = 30.0
#: How long to wait for the zygote to say how a worker died.
_STATUS_SECONDS: Final = 1.0
#: A query that takes longer than this yields the processor to those that may be short.
_SHORT_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer: its bytes, its solutions or triples, and the seconds the worker took."""

    body: bytes
    rows: int
    seconds: float


class _WorkerDied(Exception):
    """The worker's end of the channel closed before it had answered."""


class _Worker:
    """One worker process, seen from the serving process: its channel and its process descriptor."""

    def __init__(self, generation: _Generation, channel: socket.socket, pidfd: int, pid: int) -> None:
        self.generation = generation
        self.channel = channel
        self.pid = pid
        self.status: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.demoted = False
        self._pidfd = pidfd
        self._closed = False
        channel.setblocking(False)

    @property
    def alive(self) -> bool:
        return not self._closed and not self.status.done()

    def demote(self) -> None:
        """Let other processes go first from now on. There is no way back: it is replaced after this query."""
        if self.alive:
            self.demoted = True
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self.pid, 19)

    def kill(self) -> None:
        """End the process at once. A process descriptor cannot hit a stranger that got the same number."""
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        os.close(self._pidfd)
        self.channel.close()
        self.generation.workers.discard(self)
        self.generation.close_if_retired()

    async def exchange(self, message: bytes) -> tuple[dict[str, Any], bytes]:
        """Send one message and read the whole reply. Raises _WorkerDied."""
        loop = asyncio.get_running_loop()
        try:
            await loop.sock_sendall(self.channel, message)
            # Most replies fit into one read.
            start = await loop.sock_recv(self.channel, 1 << 16)
            while len(start) < frames.SIZES_LENGTH:
                start += await self._more()
            header_length, body_length = frames.sizes(start[: frames.SIZES_LENGTH])
            begins = frames.SIZES_LENGTH + header_length
            while len(start) < begins:
                start += await self._more()
            header = json.loads(start[frames.SIZES_LENGTH : begins])
            got = len(start) - begins
            if got == body_length:
                return header, start[begins:]
            body = bytearray(body_length)
            body[:got] = start[begins:]
            view = memoryview(body)
            while got < body_length:
                count = await loop.sock_recv_into(self.channel, view[got:])
                if count == 0:
                    raise _WorkerDied
                got += count
            view.release()
            return header, bytes(body)
        except OSError as error:
            raise _WorkerDied from error

    async def _more(self) -> bytes:
        part = await asyncio.get_running_loop().sock_recv(self.channel, 1 << 16)
        if not part:
            raise _WorkerDied
        return part


class _Generation:
    """A zygote with one snapshot in memory, and the workers it forked."""

    def __init__(self, snapshot: Path, settings: Settings, on_loss: Any) -> None:
        self.snapshot = snapshot
        self.graphs: frozenset[str] = frozenset()
        self.triples = 0
        self.workers: set[_Worker] = set()
        self.retired = False
        self.lost = False
        self._settings = settings
        self._on_loss = on_loss
        self._numbers = 0
        self._forks: dict[int, asyncio.Future[_Worker]] = {}
        self._by_number: dict[int, _Worker] = {}
        self._ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    async def start(self) -> None:
        """Start the zygote and wait until it has loaded. Raises NoSnapshot or SourceError."""
        # Messages keep their bounds on this kind of socket, each with the descriptors that came with it.
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        settings = self._settings
        try:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "cmh_graph.sparql.zygote",
                    str(theirs.fileno()),
                    str(os.getpid()),
                    str(self.snapshot),
                    str(settings.query_rows),
                    str(settings.query_bytes),
                    str(settings.query_memory_mb),
                ],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                # Away from the terminal: Ctrl-C is for the serving process, which then closes the pool.
                start_new_session=True,
            )
        finally:
            theirs.close()
        self._control = ours
        asyncio.get_running_loop().add_reader(ours.fileno(), self._listen)
        try:
            async with asyncio.timeout(_START_SECONDS):
                self.triples = await self._ready
            worker = await self.fork()
            _, body = await worker.exchange(frames.pack({"ask": "graphs"}))
            self.graphs = frozenset(json.loads(body))
            worker.kill()
        except _WorkerDied:
            await self.close()
            raise NoSnapshot("the query workers cannot start", mend="see the service's log") from None
        except BaseException:
            await self.close()
            raise

    def _listen(self) -> None:
        """Take one message of the zygote."""
        assert self._control is not None
        try:
            message, descriptors, _, _ = socket.recv_fds(self._control, 1 << 16, 2)
        except BlockingIOError:
            return
        except OSError:
            message, descriptors = b"", []
        if not message:
            self._hear_of_loss()
            return
        told = json.loads(message)
        if "ready" in told:
            self._ready.set_result(told["ready"])
        elif "failed" in told:
            if not self._ready.done():
                self._ready.set_exception(_error(told["failed"]))
        elif "worker" in told:
            channel, pidfd = descriptors
            worker = _Worker(self, socket.socket(fileno=channel), pidfd, told["pid"])
            waiting = self._forks.pop(told["worker"], None)
            self.workers.add(worker)
            self._by_number[told["worker"]] = worker
            if waiting is None or waiting.done():
                worker.kill()
            else:
                waiting.set_result(worker)
        elif "gone" in told:
            gone = self._by_number.pop(told["gone"], None)
            if gone is not None and not gone.status.done():
                gone.status.set_result(told["status"])
                if gone.alive is False and gone in self.workers:
                    self._on_loss(gone)

    def _hear_of_loss(self) -> None:
        """The zygote is gone, and its workers with it."""
        self._stop_listening()
        self.lost = True
        gone = NoSnapshot("the query service is starting again", mend="try again in a few seconds")
        waits: list[asyncio.Future[Any]] = [self._ready, *self._forks.values()]
        for waiting in waits:
            if not waiting.done():
                waiting.set_exception(gone)
                waiting.exception()  # seen: nobody may be waiting
        self._forks.clear()
        for worker in self._by_number.values():
            if not worker.status.done():
                worker.status.set_result(-signal.SIGKILL)
        self._by_number.clear()
        self._on_loss(None)

    async def fork(self) -> _Worker:
        """A new worker. Raises NoSnapshot if the zygote is gone."""
        if self._control is None:
            raise NoSnapshot("the query service is starting again", mend="try again in a few seconds")
        self._numbers += 1
        number = self._numbers
        waiting: asyncio.Future[_Worker] = asyncio.get_running_loop().create_future()
        self._forks[number] = waiting
        try:
            await asyncio.get_running_loop().sock_sendall(
                self._control, json.dumps({"fork": number}).encode()
            )
            async with asyncio.timeout(_FORK_SECONDS):
                return await waiting
        except (OSError, TimeoutError):
            raise NoSnapshot(
                "the query service has no worker free", mend="try again in a few seconds"
            ) from None
        finally:
            self._forks.pop(number, None)

    def _stop_listening(self) -> None:
        if self._control is not None:
            asyncio.get_running_loop().remove_reader(self._control.fileno())
            self._control.close()
            self._control = None

    def close_if_retired(self) -> None:
        """Let the zygote go once the last worker that still had a query is done."""
        if self.retired and not self.workers:
            self._stop_listening()

    async def close(self) -> None:
        """End the zygote and all workers, and wait for the zygote to be gone."""
        self.retired = True
        for worker in list(self.workers):
            worker.kill()
        self._stop_listening()
        await self.reap()

    async def reap(self) -> None:
        """Wait for the zygote, which ends when its control socket closes; kill it if it does not."""
        process = self._process
        if process is None:
            return
        deadline = time.monotonic() + 5
        while process.poll() is None:
            if time.monotonic() > deadline:
                process.kill()
            await asyncio.sleep(0.01)


class QueryPool:
    """Answers queries from one snapshot, query_workers at a time, each within the limits of Settings."""

    def __init__(self, snapshot: Path, settings: Settings) -> None:
        self._snapshot = snapshot
        self._settings = settings
        self._generation: _Generation | None = None
        self._idle: deque[_Worker] = deque()
        self._waiting: deque[asyncio.Future[_Worker]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        self._reloading = asyncio.Lock()

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

    async def reload(self, snapshot: Path) -> None:
        """Serve another snapshot. Queries that run finish on the old one; none is refused meanwhile.

        Raises NoSnapshot or SourceError, and then the old snapshot is served on."""
        async with self._reloading:
            fresh = _Generation(snapshot, self._settings, self._on_loss)
            await fresh.start()
            try:
                workers = [await fresh.fork() for _ in range(self._settings.query_workers)]
            except BaseException:
                await fresh.close()
                raise
            if self._closed:
                await fresh.close()
                return
            old, self._generation, self._snapshot = self._generation, fresh, snapshot
            idle, self._idle = self._idle, deque()
            for worker in workers:
                self._offer(worker)
            if old is not None:
                old.retired = True
                for worker in idle:
                    worker.kill()
                old.close_if_retired()
                self._spawn(self._reap(old))

    async def _reap(self, old: _Generation) -> None:
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
        if self._generation is not None:
            await self._generation.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def run(self, request: QueryRequest) -> Answer:
        """The complete answer to a checked query.

        Raises QueueFull, QueryTooLong at the time or memory limit, AnswerTooLarge, QuerySyntax, QueryRefused.
        If the caller is cancelled, the query is stopped."""
        worker = await self._acquire()
        began = time.monotonic()
        demotion = asyncio.get_running_loop().call_later(_SHORT_SECONDS, worker.demote)
        try:
            async with asyncio.timeout(self._settings.query_seconds):
                header, body = await worker.exchange(frames.pack(request.to_json()))
        except TimeoutError:
            self._replace(worker)
            raise QueryTooLong(
                f"the query was stopped after {self._settings.query_seconds:g} seconds",
                mend="narrow it: bind more terms, avoid unconnected patterns, add LIMIT inside subqueries",
            ) from None
        except _WorkerDied:
            await self._explain_death(worker)
        except BaseException:
            self._replace(worker)
            raise
        finally:
            demotion.cancel()
        if worker.demoted or header.get("spent") or "memory" in header:
            self._replace(worker)
        else:
            self._release(worker)
        if "memory" in header:
            self._refuse_for_memory()
        if "error" in header:
            raise _error(header["error"])
        return Answer(body, header["rows"], time.monotonic() - began)

    async def _explain_death(self, worker: _Worker) -> NoReturn:
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
            raise QueryTooLong(
                "the query was stopped: it is nested too deeply, or needs more memory than one query may use",
                mend="flatten nested groups, conditions and lists, or split the query",
            )
        self._refuse_for_memory()

    def _refuse_for_memory(self) -> NoReturn:
        raise QueryTooLong(
            f"the query was stopped: it needs more memory than the {self._settings.query_memory_mb} MiB "
            "that one query may use",
            mend="narrow it: sorting, grouping and DISTINCT keep every solution in memory",
        )

    async def _acquire(self) -> _Worker:
        if self._closed or self._generation is None:
            raise NoSnapshot(
                "there is no snapshot to answer from", mend="build one and start the service again"
            )
        while self._idle:
            worker = self._idle.popleft()
            if worker.alive:
                return worker
        if self.waiting >= self._settings.query_queue:
            raise _queue_full()
        waiting: asyncio.Future[_Worker] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
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

    def _release(self, worker: _Worker) -> None:
        """Take a worker back after a query."""
        if not worker.alive or self._closed or worker.generation is not self._generation:
            self._replace(worker)
        else:
            self._offer(worker)

    def _offer(self, worker: _Worker) -> None:
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(worker)
                return
        self._idle.append(worker)

    def _replace(self, worker: _Worker) -> None:
        """Kill a worker, and start another unless its snapshot is no longer served."""
        worker.kill()
        if worker.generation is self._generation and not self._closed and not worker.generation.lost:
            self._spawn(self._refill(worker.generation))

    async def _refill(self, generation: _Generation) -> None:
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

    def _on_loss(self, worker: _Worker | None) -> None:
        """An idle worker died by itself, or (None) the zygote did."""
        if worker is not None:
            # A worker with a query is missed by the one who waits for its answer.
            if worker in self._idle:
                self._idle.remove(worker)
                self._replace(worker)
        elif self._generation is not None and self._generation.lost and not self._closed:
            _log.error("the process that holds the graph has ended; it is started again")
            self._spawn(self._revive(self._generation))

    async def _revive(self, lost: _Generation) -> None:
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


def _queue_full() -> QueueFull:
    return QueueFull("too many queries are waiting already", mend="try again in a few seconds")


def _error(words: dict[str, str]) -> CmhGraphError:
    """The error a worker tells of, by its slug."""
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, CmhGraphError)
    ]
    kind = next((kind for kind in kinds if kind.slug == words["slug"]), QueryRefused)
    return kind(words["what"], where=words.get("where", ""), mend=words.get("mend", ""))
