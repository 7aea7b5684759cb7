"""A snapshot in the memory of one process (the zygote), and the workers that are forked from it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

from cmh_graph import errors
from cmh_graph.errors import CmhGraphError, NoSnapshot, QueryRefused
from cmh_graph.settings import Settings
from cmh_graph.snapshot import store_of
from cmh_graph.sparql import frames
from cmh_graph.sparql.worker import Worker, WorkerDied

#: A snapshot of ten million quads loads in about a minute; nobody waits longer for a start.
_START_SECONDS: Final = 600.0
_FORK_SECONDS: Final = 30.0


class Generation:
    """A zygote with one snapshot in memory, and the workers it forked.

    beside: the descriptor of a file of further N-Quads, or None; it stays the caller's to close."""

    def __init__(self, snapshot: Path, settings: Settings, on_loss: Any, beside: int | None = None) -> None:
        self.snapshot = snapshot
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
                    str((settings.store_in == "auto" and store_of(self.snapshot)) or self.snapshot),
                    str(settings.query_rows),
                    str(settings.query_bytes),
                    str(settings.query_memory_mb),
                    # What the statements are is nobody's business who lists processes: only a number stands here.
                    *map(str, self._beside),
                ],
                pass_fds=[theirs.fileno(), *self._beside],
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

    async def fork(self) -> Worker:
        """A new worker. Raises NoSnapshot if the zygote is gone."""
        if self._control is None:
            raise NoSnapshot("the query service is starting again", mend="try again in a few seconds")
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


def error_of(words: dict[str, str]) -> CmhGraphError:
    """The error a worker tells of, by its slug."""
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, CmhGraphError)
    ]
    kind = next((kind for kind in kinds if kind.slug == words["slug"]), QueryRefused)
    return kind(words["what"], where=words.get("where", ""), mend=words.get("mend", ""))
