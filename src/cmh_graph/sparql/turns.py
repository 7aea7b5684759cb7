"""Which query has a worker, and for how long: the rules of docs/decisions/0003 and 0042, on the asyncio side.

A worker is fresh, or has given way: then it has less of the processor for the rest of its life. Fresh ones are for
queries of which nobody knows how long they take; those known to be long begin with one that has given way."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Coroutine
from typing import Any, Final

from cmh_graph.errors import NoSnapshot, QueueFull
from cmh_graph.settings import Settings
from cmh_graph.sparql import places
from cmh_graph.sparql.answers import QueryRequest
from cmh_graph.sparql.generation import Generation
from cmh_graph.sparql.refusals import closing, queue_full, starting_again, stopped_after
from cmh_graph.sparql.worker import Worker

#: A query that takes longer than this yields its place and the processor to those that may be short.
_SHORT_SECONDS: Final = 0.05
#: How long a query waits for a worker before another one is forked for it; and what is long when there is a crowd.
_TURN_SECONDS: Final = 0.02
#: How long processes beyond query_workers are kept after a rush.
_LINGER_SECONDS: Final = 1.0
#: So many shapes of queries are known to be long.
_KNOWN: Final = 1024

_Queue = deque[asyncio.Future[Worker]]


class Turns:
    """The workers of one generation, and who waits for them. Used from one thread, that of the event loop.

    spawn: runs a coroutine beside, for as long as the pool lasts."""

    def __init__(self, settings: Settings, spawn: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        self._settings: Final = settings
        self._spawn: Final = spawn
        self._most: Final = places.most_at_once(settings)
        self._generation: Generation | None = None
        self._fresh: deque[Worker] = deque()
        self._resting: deque[Worker] = deque()
        self._busy: set[Worker] = set()
        self._forking = 0
        self._waiting: Final[_Queue] = deque()
        self._waiting_long: Final[_Queue] = deque()
        self._known: Final[OrderedDict[str, None]] = OrderedDict()
        self._pressing: asyncio.TimerHandle | None = None
        self._trimming: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def waiting(self) -> int:
        """Queries that wait for a worker."""
        queues = (self._waiting, self._waiting_long)
        return sum(not waiting.done() for queue in queues for waiting in queue)

    def serve(self, generation: Generation, workers: list[Worker]) -> list[Worker]:
        """Give these workers from now on; gives the idle ones of the generation before.

        Queries that run on that one run on, beside the places of the new one."""
        idle = [*self._fresh, *self._resting]
        self._generation = generation
        self._fresh, self._resting, self._busy, self._forking = deque(), deque(), set(), 0
        for worker in workers:
            self._offer(worker)
        return idle

    def close(self) -> None:
        """Nobody gets a worker any more; who waits gets NoSnapshot."""
        self._closed = True
        for queue in (self._waiting, self._waiting_long):
            for waiting in queue:
                if not waiting.done():
                    waiting.set_exception(closing())
            queue.clear()
        self._fresh.clear()
        self._resting.clear()
        for timer in (self._pressing, self._trimming):
            if timer is not None:
                timer.cancel()

    async def take(self, query: QueryRequest) -> Worker:
        """A worker for a query, its clocks running. Give it back by `done` or `replace`.

        Raises QueueFull if too many wait, NoSnapshot if there is nothing to answer from."""
        if self._closed or self._generation is None:
            raise NoSnapshot(
                "there is no snapshot to answer from", mend="build one and start the service again"
            )
        is_long = bool(self._known) and query.shape in self._known
        worker = self._idle(is_long)
        if worker is None:
            worker = await self._wait(self._waiting_long if is_long else self._waiting)
        worker.query = query
        worker.asked_by = places.ASKED_BY.get()
        return worker

    def done(self, worker: Worker) -> None:
        """Take a worker back after a query, and remember how long that took."""
        if worker.minder is not None:
            worker.minder.cancel()
        self._learn(worker)
        if not worker.alive or self._closed or worker.generation is not self._generation:
            self.replace(worker)
        else:
            self._offer(worker)

    def replace(self, worker: Worker) -> None:
        """Kill a worker, and start another if its place is still wanted."""
        if worker.minder is not None:
            worker.minder.cancel()
        worker.kill()
        self._busy.discard(worker)
        if worker.generation is self._generation:
            self._fill()
            self._serve_long()

    def lose(self, worker: Worker) -> None:
        """An idle worker died by itself. One with a query is missed by the one who waits for its answer."""
        for idle in (self._fresh, self._resting):
            if worker in idle:
                idle.remove(worker)
                self.replace(worker)

    def _idle(self, is_long: bool) -> Worker | None:
        """An idle worker of the right sort, begun; None if there is none."""
        sorts = (
            (self._resting, self._fresh if self._has_room_for_long() else None) if is_long else (self._fresh,)
        )
        for idle in sorts:
            while idle:
                worker = idle.popleft()
                if not worker.has_ended():
                    self._begin(worker, is_long)
                    return worker
                self.replace(worker)
        return None

    def _has_room_for_long(self) -> bool:
        """Whether a fresh worker may be given to a query known to be long: some stay for those that may be short."""
        given = sum(worker.demoted for worker in self._busy) + len(self._resting)
        return given < self._most - self._settings.query_workers

    async def _wait(self, queue: _Queue) -> Worker:
        if self.waiting >= self._settings.query_queue:
            raise queue_full()
        waiting: asyncio.Future[Worker] = asyncio.get_running_loop().create_future()
        queue.append(waiting)
        self._watch()
        try:
            # A place in the queue is not held for ever: after two full turns the caller had better come back.
            async with asyncio.timeout(2 * self._settings.query_seconds):
                return await waiting
        except BaseException as error:
            if waiting.done() and not waiting.cancelled() and waiting.exception() is None:
                self.done(waiting.result())
            if isinstance(error, TimeoutError):
                if self._generation is None or self._generation.lost:
                    raise starting_again() from None
                raise queue_full() from None
            raise
        finally:
            with contextlib.suppress(ValueError):
                queue.remove(waiting)

    def _begin(self, worker: Worker, is_long: bool) -> None:
        worker.begin()
        self._busy.add(worker)
        if is_long and not worker.demoted:
            worker.demote()
            self._fill()
        pause = min(_TURN_SECONDS, self._settings.query_seconds)
        worker.minder = asyncio.get_running_loop().call_later(pause, self._mind, worker)

    def _learn(self, worker: Worker) -> None:
        if worker.query is None or not (worker.demoted or self._known):
            # What has not given way was short: so it is for nearly all, and nothing need be measured.
            return
        shape = worker.query.shape
        if not shape or not (worker.demoted or shape in self._known):
            return
        if worker.age() < _TURN_SECONDS:
            self._known.pop(shape, None)
            return
        self._known[shape] = None
        self._known.move_to_end(shape)
        while len(self._known) > _KNOWN:
            self._known.popitem(last=False)

    def _mind(self, worker: Worker) -> None:
        """See whether a query is still a short one; called again and again while it runs."""
        left = worker.began + self._settings.query_seconds - time.monotonic()
        if left <= 0:
            worker.stop(stopped_after(self._settings.query_seconds))
            return
        age = worker.age()
        crowd = len(self._busy) + len(self._waiting) > self._settings.query_workers
        short = min(_TURN_SECONDS if crowd else _SHORT_SECONDS, self._settings.query_light_seconds)
        if age >= short and not worker.demoted:
            # It goes on with less of the processor, and its place is for another.
            worker.demote()
            self._fill()
        if age >= self._settings.query_light_seconds:
            self._become_slow(worker)
        if worker.stopped is None:
            pause = _SHORT_SECONDS if worker.demoted else _TURN_SECONDS / 2
            # Of one that has its place there is only the end to see to.
            pause = left if worker.slow else min(pause, left)
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

    def _watch(self) -> None:
        """See to the waiting after a moment."""
        if self._pressing is None:
            self._pressing = asyncio.get_running_loop().call_later(_TURN_SECONDS, self._press)

    def _press(self) -> None:
        """Queries have waited for a turn: fork for them, or stop those that run longest without a slow place."""
        self._pressing = None
        if not self.waiting or self._closed:
            return
        self._watch()
        waiting = sum(not waiting.done() for waiting in self._waiting)
        self._fill(waiting)
        lacking = waiting - self._forking
        # What will have ended in a moment is not stopped for what can wait as long.
        least = self._settings.query_light_seconds / 2
        long = [
            worker
            for worker in self._busy
            if worker.demoted and not worker.slow and not worker.stopped and worker.age() >= least
        ]
        for worker in sorted(long, key=Worker.age, reverse=True)[: max(lacking, 0)]:
            self._become_slow(worker)

    def _fill(self, wanted: int = 0) -> None:
        """Fork until query_workers are free for new queries or run one that has just begun; or as many as wanted."""
        generation = self._generation
        if generation is None or generation.lost or self._closed:
            return
        begun = sum(not worker.demoted for worker in self._busy)
        lacking = self._settings.query_workers - len(self._fresh) - begun
        lacking = max(lacking, wanted) - self._forking
        there = len(self._fresh) + len(self._busy) + self._forking
        while self._resting and self._most - there - len(self._resting) < lacking:
            self._resting.pop().kill()
        for _ in range(min(lacking, self._most - there - len(self._resting))):
            self._forking += 1
            self._spawn(self._refill(generation))

    def _offer(self, worker: Worker) -> None:
        """Give an idle worker to the next who waits for one of its sort."""
        self._busy.discard(worker)
        is_long = worker.demoted
        if is_long and any(not waiting.done() for waiting in self._waiting) and not self._waiting_long:
            # Those who wait for a fresh one had better have another in its place.
            self.replace(worker)
            return
        if self._hand(worker, self._waiting_long if is_long else self._waiting, is_long):
            return
        if is_long:
            self._resting.appendleft(worker)
        else:
            self._fresh.appendleft(worker)
            self._serve_long()
        if (self._resting or len(self._fresh) > self._settings.query_workers) and self._trimming is None:
            self._trimming = asyncio.get_running_loop().call_later(_LINGER_SECONDS, self._trim)

    def _hand(self, worker: Worker, queue: _Queue, is_long: bool) -> bool:
        while queue:
            waiting = queue.popleft()
            if not waiting.done():
                self._begin(worker, is_long)
                waiting.set_result(worker)
                return True
        return False

    def _serve_long(self) -> None:
        """Give fresh workers to those known to be long while there is room for such."""
        while self._waiting_long and self._fresh and self._has_room_for_long():
            worker = self._fresh.popleft()
            if not self._hand(worker, self._waiting_long, True):
                self._fresh.appendleft(worker)

    def _trim(self) -> None:
        """End the processes that a rush has left over."""
        self._trimming = None
        while len(self._fresh) > self._settings.query_workers:
            self._fresh.pop().kill()
        for worker in list(self._resting):
            if time.monotonic() - worker.began > _LINGER_SECONDS:
                self._resting.remove(worker)
                worker.kill()
        if self._resting:
            self._trimming = asyncio.get_running_loop().call_later(_LINGER_SECONDS, self._trim)

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
