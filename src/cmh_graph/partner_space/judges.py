"""Judgements, seen from the serving process: each is made by a child of one warm process (judge_process.py)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any, Final

from cmh_graph.errors import BodyTooLarge, CmhGraphError, NoSnapshot, Refused, TooMany
from cmh_graph.partner_space.own_names import OwnNames
from cmh_graph.partner_space.verdicts import Judged, Limits, fault, refused
from cmh_graph.processes import frames
from cmh_graph.processes.handed import in_memory
from cmh_graph.processes.told import error_of
from cmh_graph.processes.warm import launch, reap

#: Reading framework and shapes takes some seconds; on a busy machine many.
_START_SECONDS: Final = 120.0
_log = logging.getLogger(__name__)


class Judges:
    """Judges uploads beside one framework, at_once of them; waiting more may wait, and who comes then is told TooMany.

    memory_mb and seconds (of a processor; twice that on the wall): what one judgement may use.
    The warm process starts with the first judgement, or with start()."""

    def __init__(
        self,
        home: Path,
        snapshot: Path,
        *,
        limits: Limits | None = None,
        memory_mb: int = 1024,
        seconds: int = 60,
        at_once: int = 2,
        waiting: int = 8,
    ) -> None:
        self.limits: Final = limits or Limits()
        self._home = home
        self._snapshot = snapshot
        self._memory_mb = memory_mb
        self._seconds = seconds
        self._places = asyncio.Semaphore(at_once)
        self._most = at_once + waiting
        self._under_way = 0
        self._numbers = 0
        self._ends: dict[int, asyncio.Future[int]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._starting = asyncio.Lock()
        self._ready: asyncio.Future[int] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    async def judge(self, data: bytes, media_type: str, own: OwnNames, *, beside: bytes = b"") -> Judged:
        """As Bench.judge. Raises Refused also for what took too much memory or time or is nested too deeply, TooMany
        if too many wait, and NoSnapshot if no judge can be had."""
        if len(data) > self.limits.bytes:
            raise BodyTooLarge(
                f"the upload is larger than {self.limits.bytes:,} bytes", mend="send less at once"
            )
        limits = {name: getattr(self.limits, name) for name in Limits.__slots__}
        task = {"do": "judge", "media_type": media_type, "limits": limits}
        header, body = await self._done(task, own, data, beside)
        size = header["sizes"][0]
        return Judged(body[:size], body[size:], header["statements"], tuple(header["remarks"]))

    async def derived(self, nquads: bytes, own: OwnNames) -> bytes:
        """As Bench.derived, of a graph that landed before."""
        _, body = await self._done({"do": "derive"}, own, nquads, b"")
        return body

    async def _done(
        self, task: dict[str, Any], own: OwnNames, data: bytes, beside: bytes
    ) -> tuple[dict[str, Any], bytes]:
        # What landed once is never sent away: queries wait for what follows from it.
        if task["do"] == "judge" and self._under_way >= self._most:
            error = TooMany("too many uploads are being judged already", mend="try again in a few seconds")
            error.seconds = 5
            raise error
        # Who hangs up gives no place back before its judgement has ended.
        self._under_way += 1
        doing = asyncio.create_task(self._do(task, own, data, beside))
        self._tasks.add(doing)
        doing.add_done_callback(self._count_down)
        return await asyncio.shield(doing)

    def _count_down(self, doing: asyncio.Task[Any]) -> None:
        self._tasks.discard(doing)
        self._under_way -= 1
        if not doing.cancelled():
            doing.exception()  # whoever asked may have gone

    async def _do(
        self, task: dict[str, Any], own: OwnNames, data: bytes, beside: bytes
    ) -> tuple[dict[str, Any], bytes]:
        async with self._places:
            await self.start()
            self._numbers += 1
            number = self._numbers
            task = {**task, "number": number, "key": own.key, "namespaces": own.namespaces}
            ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
            self._ends[number] = ended
            ours, theirs = socket.socketpair()
            ours.setblocking(False)
            handed = [theirs.fileno(), in_memory(data), in_memory(beside)]
            try:
                self._send(task, handed)
                theirs.close()
                answer = await _all(ours)
                status = await ended
            finally:
                ours.close()
                theirs.close()
                for descriptor in handed[1:]:
                    os.close(descriptor)
                self._ends.pop(number, None)
        return self._understood(answer, status)

    def _send(self, task: dict[str, Any], handed: list[int]) -> None:
        try:
            if self._control is None:
                raise BrokenPipeError
            socket.send_fds(self._control, [json.dumps(task).encode()], handed)
        except OSError:
            raise _no_judge() from None

    def _understood(self, answer: bytes, status: int) -> tuple[dict[str, Any], bytes]:
        if len(answer) >= frames.SIZES_LENGTH:
            header_size, body_size = frames.sizes(answer[: frames.SIZES_LENGTH])
            begins = frames.SIZES_LENGTH + header_size
            if len(answer) == begins + body_size:
                header = json.loads(answer[frames.SIZES_LENGTH : begins])
                self._refuse(header)
                return header, answer[begins:]
        if status in (-signal.SIGXCPU, -signal.SIGKILL, -signal.SIGALRM):
            raise _unjudged(f"judging the upload took more than {self._seconds} seconds")
        if status in (-signal.SIGSEGV, -signal.SIGBUS):
            raise _too_deep()
        if status in (-signal.SIGABRT,):
            raise self._too_large()
        _log.error("a judge ended with status %d", status)
        raise _no_judge()

    def _refuse(self, header: dict[str, Any]) -> None:
        """Raise what the answer tells of, if it is no judgement."""
        if "memory" in header:
            raise self._too_large()
        if "deep" in header:
            raise _too_deep()
        if "error" in header:
            error = error_of(header["error"])
            if isinstance(error, Refused):
                error.findings = tuple(header["findings"])
            raise error

    def _too_large(self) -> CmhGraphError:
        return _unjudged(f"judging the upload took more than {self._memory_mb} MiB of memory")

    async def start(self) -> None:
        """Have the warm process. Raises NoSnapshot or SourceError."""
        async with self._starting:
            if self._control is not None:
                return
            await self._reap()
            loop = asyncio.get_running_loop()
            self._ready = loop.create_future()
            launched = launch(
                "cmh_graph.partner_space.judge_process",
                (self._home, self._snapshot, self._memory_mb, self._seconds),
                # A library that starts threads at import would leave them behind in every fork.
                environment={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            )
            self._process, self._control = launched.process, launched.control
            loop.add_reader(self._control.fileno(), self._listen)
            try:
                async with asyncio.timeout(_START_SECONDS):
                    await self._ready
            except BaseException as error:
                self._lose()
                await self._reap()
                if isinstance(error, TimeoutError):
                    raise _no_judge() from None
                raise

    def _listen(self) -> None:
        assert self._control is not None and self._ready is not None
        try:
            message = self._control.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            message = b""
        if not message:
            self._lose()
            return
        told = json.loads(message)
        if "gone" in told:
            ended = self._ends.get(told["gone"])
            if ended is not None and not ended.done():
                ended.set_result(told["status"])
        elif not self._ready.done():
            if "failed" in told:
                self._ready.set_exception(error_of(told["failed"]))
            else:
                self._ready.set_result(told["ready"])

    def _lose(self) -> None:
        """The warm process is gone, or shall go: nobody waits for it any longer."""
        if self._control is not None:
            asyncio.get_running_loop().remove_reader(self._control.fileno())
            self._control.close()
            self._control = None
        if self._ready is not None and not self._ready.done():
            self._ready.set_exception(_no_judge())
            self._ready.exception()
        for ended in self._ends.values():
            if not ended.done():
                ended.set_exception(_no_judge())
                ended.exception()

    async def _reap(self) -> None:
        process, self._process = self._process, None
        await reap(process)

    async def close(self) -> None:
        """End the warm process and every judgement under way."""
        self._lose()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._reap()


async def _all(channel: socket.socket) -> bytes:
    """Everything that comes until the other side closes."""
    loop = asyncio.get_running_loop()
    parts = []
    with contextlib.suppress(ConnectionResetError):
        while part := await loop.sock_recv(channel, 1 << 20):
            parts.append(part)
    return b"".join(parts)


def _unjudged(what: str) -> Refused:
    mend = "send a smaller or simpler graph"
    error = refused([fault(what, mend=mend)])
    error.what, error.mend = f"{what}; nothing was changed", mend
    return error


def _too_deep() -> Refused:
    return _unjudged("the upload is nested too deeply to be read")


def _no_judge() -> NoSnapshot:
    return NoSnapshot("uploads cannot be judged just now", mend="try again in a few seconds")
