"""A snapshot in the memory of one process (the zygote), and the workers that are forked from it."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from cmh_graph.errors import NoSnapshot
from cmh_graph.processes import frames, warm
from cmh_graph.processes.told import error_of
from cmh_graph.processes.warm import Launched
from cmh_graph.settings import Settings
from cmh_graph.snapshot import store_of
from cmh_graph.sparql.refusals import starting_again
from cmh_graph.sparql.worker import Worker, WorkerDied

#: A snapshot of ten million quads loads in about a minute; nobody waits longer for a start.
_START_SECONDS: Final = 600.0
_FORK_SECONDS: Final = 30.0


def launch(snapshot: Path, settings: Settings, beside: Sequence[int] = ()) -> Launched:
    """Begin to load a snapshot in a process of its own. It dies with the thread that calls this.

    beside: descriptors of files of further N-Quads; they stay the caller's to close."""
    place = (settings.store_in == "auto" and store_of(snapshot)) or snapshot
    limits = (settings.query_rows, settings.query_bytes, settings.query_memory_mb)
    # What the statements are is nobody's business who lists processes: only a number of each stands there.
    return warm.launch("cmh_graph.sparql.zygote", (place, *limits, *beside), beside)


class Generation:
    """A zygote with one snapshot in memory, and the workers it forked.

    beside: the descriptor of a file of further N-Quads, or None; it stays the caller's to close.
    launched: the zygote, if it has begun already."""

    def __init__(
        self,
        snapshot: Path,
        settings: Settings,
        on_loss: Any,
        beside: int | None = None,
        launched: Launched | None = None,
    ) -> None:
        self.snapshot = snapshot
        self._launched = launched
        self._beside = () if beside is None else (beside,)
        self.graphs: frozenset[str] = frozenset()
        self.triples = 0
        self.workers: set[Worker] = set()
        self.retired = False
        self.lost = False
        self._settings = settings
        self._on_loss = on_loss
        self._numbers = 0
        self._forks: dict[int, asyncio.Future[Worker]] = {}
        self._by_number: dict[int, Worker] = {}
        self._ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    async def start(self) -> None:
        """Start the zygote and wait until it has loaded. Raises NoSnapshot or SourceError."""
        launched = self._launched or launch(self.snapshot, self._settings, self._beside)
        self._process, self._control = launched.process, launched.control
        asyncio.get_running_loop().add_reader(self._control.fileno(), self._listen)
        try:
            async with asyncio.timeout(_START_SECONDS):
                self.triples = await self._ready
            worker = await self.fork()
            _, body = await worker.exchange(frames.pack({"ask": "graphs"}))
            self.graphs = frozenset(json.loads(body))
            worker.kill()
        except WorkerDied:
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
                self._ready.set_exception(error_of(told["failed"]))
        elif "worker" in told:
            channel, pidfd = descriptors
            worker = Worker(self, socket.socket(fileno=channel), pidfd, told["pid"])
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
        gone = starting_again()
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

    async def fork(self) -> Worker:
        """A new worker. Raises NoSnapshot if the zygote is gone."""
        if self._control is None:
            raise starting_again()
        self._numbers += 1
        number = self._numbers
        waiting: asyncio.Future[Worker] = asyncio.get_running_loop().create_future()
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
        await warm.reap(self._process)
