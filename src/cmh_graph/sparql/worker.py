"""One worker process, seen from the serving process: its channel, its clocks and its end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import time
from typing import TYPE_CHECKING, Any, Final

from cmh_graph.errors import CmhGraphError
from cmh_graph.processes import frames

if TYPE_CHECKING:
    from cmh_graph.sparql.answers import QueryRequest
    from cmh_graph.sparql.generation import Generation

#: Time on the wall counts only as far as the query had this share of it on a processor: on a busy machine a short
#: query takes long through no fault of its own.
_OWN_SHARE: Final = 0.5


#: Most replies fit into one read of so many bytes.
_PART: Final = 1 << 16


class WorkerDied(Exception):
    """The worker's end of the channel closed before it had answered; begun: after it was handed the query."""

    begun = True


class Worker:
    """One worker process, seen from the serving process: its channel and its process descriptor."""

    def __init__(self, generation: Generation, channel: socket.socket, pidfd: int, pid: int) -> None:
        self.generation = generation
        self.channel = channel
        self.pid = pid
        self.status: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.demoted = False
        self.slow = False
        self.asked_by: str | None = None
        self.query: QueryRequest | None = None
        self.stopped: CmhGraphError | None = None
        self.began = 0.0
        self.minder: asyncio.TimerHandle | None = None
        # The number by which Linux knows the clock of another process (see clock_getcpuclockid(3)).
        self._clock = ~pid << 3 | 2
        self._before = 0.0
        self._pidfd = pidfd
        self._closed = False
        self._hung_up = False
        self._loop = asyncio.get_running_loop()
        self._reply: asyncio.Future[tuple[dict[str, Any], bytes]] | None = None
        self._start = b""
        self._header: dict[str, Any] = {}
        self._body = bytearray()
        self._got = 0
        channel.setblocking(False)
        # Once for all messages: to begin and end listening for each costs two calls of the system.
        self._loop.add_reader(channel, self._hear)

    @property
    def alive(self) -> bool:
        return not self._closed and not self.status.done()

    def begin(self) -> None:
        """Start the clocks of a query."""
        self.slow, self.stopped = False, None
        self.began = time.monotonic()
        self._before = self._processor_seconds()

    def age(self) -> float:
        """Seconds since the query began, but at most what its processor time bears out."""
        spent = self._processor_seconds() - self._before
        return min(time.monotonic() - self.began, spent / _OWN_SHARE)

    def _processor_seconds(self) -> float:
        try:
            return time.clock_gettime(self._clock)
        except OSError:
            return 0.0  # it has ended

    def has_ended(self) -> bool:
        """Whether it is known to answer no more."""
        return self._hung_up or not self.alive

    def stop(self, reason: CmhGraphError) -> None:
        """End a query: the process dies now, and who waits for the answer is told the reason."""
        if self.alive and self.stopped is None:
            self.stopped = reason
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            self._fail()

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
        self._listen_no_more()
        self.channel.close()
        self.generation.workers.discard(self)
        self.generation.close_if_retired()

    async def exchange(self, message: bytes) -> tuple[dict[str, Any], bytes]:
        """Send one message and read the whole reply. Raises WorkerDied."""
        self._reply = self._loop.create_future()
        self._start = b""
        try:
            await self._send(message)
            return await self._reply
        finally:
            self._reply = None

    async def _send(self, message: bytes) -> None:
        try:
            try:
                sent = self.channel.send(message)
            except BlockingIOError:
                sent = 0
            if sent < len(message):
                await self._loop.sock_sendall(self.channel, message[sent:])
        except OSError as error:
            died = WorkerDied()
            died.begun = False
            raise died from error

    def _hear(self) -> None:
        """Take what has come on the channel."""
        try:
            if self._got < len(self._body):
                with memoryview(self._body) as view:
                    count = self.channel.recv_into(view[self._got :])
                self._got += count
                if not count:
                    self._hang_up()
                elif self._got == len(self._body):
                    body, self._body = bytes(self._body), bytearray()
                    self._answer(self._header, body)
                return
            part = self.channel.recv(_PART)
        except BlockingIOError:
            return
        except OSError:
            part = b""
        if not part:
            self._hang_up()
            return
        start = self._start = self._start + part if self._start else part
        if len(start) < frames.SIZES_LENGTH:
            return
        header_length, body_length = frames.sizes(start[: frames.SIZES_LENGTH])
        begins = frames.SIZES_LENGTH + header_length
        if len(start) < begins:
            return
        header = json.loads(start[frames.SIZES_LENGTH : begins])
        # Most replies come in one part.
        if len(start) - begins == body_length:
            self._answer(header, start[begins:])
            return
        self._header, self._body, self._got = header, bytearray(body_length), len(start) - begins
        self._body[: self._got] = start[begins:]

    def _answer(self, header: dict[str, Any], body: bytes) -> None:
        if self._reply is not None and not self._reply.done():
            self._reply.set_result((header, body))

    def _fail(self) -> None:
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(WorkerDied())

    def _hang_up(self) -> None:
        """The other end is closed: the process has ended."""
        self._hung_up = True
        self._listen_no_more()
        self._fail()

    def _listen_no_more(self) -> None:
        if not self._loop.is_closed():
            self._loop.remove_reader(self.channel)
