"""One worker process, seen from the serving process: its channel, its clocks and its end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import select
import signal
import socket
import time
from typing import TYPE_CHECKING, Any, Final

from cmh_graph.errors import CmhGraphError
from cmh_graph.sparql import frames

if TYPE_CHECKING:
    from cmh_graph.sparql.generation import Generation

#: Time on the wall counts only as far as the query had this share of it on a processor: on a busy machine a short
#: query takes long through no fault of its own.
_OWN_SHARE: Final = 0.5


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
        self.stopped: CmhGraphError | None = None
        self.began = 0.0
        self.minder: asyncio.TimerHandle | None = None
        # The number by which Linux knows the clock of another process (see clock_getcpuclockid(3)).
        self._clock = ~pid << 3 | 2
        self._before = 0.0
        self._pidfd = pidfd
        self._closed = False
        channel.setblocking(False)

    @property
    def alive(self) -> bool:
        return not self._closed and not self.status.done()

    def begin(self) -> None:
        """Start the clocks of a query."""
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
        """Ask the system, which knows before the zygote has told."""
        if not self.alive:
            return True
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        return bool(poll.poll(0))

    def stop(self, reason: CmhGraphError) -> None:
        """End a query: the process dies now, and who waits for the answer is told the reason."""
        if self.alive and self.stopped is None:
            self.stopped = reason
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

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
        """Send one message and read the whole reply. Raises WorkerDied."""
        loop = asyncio.get_running_loop()
        try:
            await loop.sock_sendall(self.channel, message)
        except OSError as error:
            died = WorkerDied()
            died.begun = False
            raise died from error
        try:
            # Most replies fit into one read.
            start = await self._more()
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
                    raise WorkerDied
                got += count
            view.release()
            return header, bytes(body)
        except OSError as error:
            raise WorkerDied from error

    async def _more(self) -> bytes:
        part = await asyncio.get_running_loop().sock_recv(self.channel, 1 << 16)
        if not part:
            raise WorkerDied
        return part
