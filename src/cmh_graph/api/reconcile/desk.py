"""A bounded number of threads in which batches are worked on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

import anyio
import anyio.to_thread

from cmh_graph.errors import QueueFull

#: Batches worked on at once, and those that may wait for a thread.
_THREADS: Final = 2
_WAITING: Final = 32
T = TypeVar("T")


class Desk:
    """Runs work in at most `threads` threads at a time; `waiting` more may wait. Raises QueueFull beyond."""

    def __init__(self, threads: int = _THREADS, waiting: int = _WAITING) -> None:
        self._limiter = anyio.CapacityLimiter(threads)
        self._most = threads + waiting
        self._inside = 0

    async def run(self, work: Callable[[], T]) -> T:
        """What the work returns; what it raises is raised here."""
        if self._inside >= self._most:
            raise QueueFull("too many batches wait already", mend="send the next when one is answered")
        self._inside += 1
        try:
            return await anyio.to_thread.run_sync(work, limiter=self._limiter)
        finally:
            self._inside -= 1
