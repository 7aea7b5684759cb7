"""Processes that work for visits: few at once, the others in the order in which they came."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cmh_graph.errors import Conflict, TooMany
from cmh_graph.visits.holds import hold, is_held
from cmh_graph.visits.visit import failed

#: Only what Python itself may need to start: nothing of the service's surroundings is told to a process.
_PASSED_ON: Final = ("LD_LIBRARY_PATH", "PYTHONPATH", "PATH")


@dataclass(frozen=True, slots=True)
class Run:
    """key: of the visit. given: written to its standard input. seconds: by the clock on the wall, then it is killed.
    ended: called in the event loop when it is over, with its exit code, and whether its time was up; not for a run
    that was stopped. more: environment variables. hold: a file that is locked until the run is over, so that other
    processes see that there is one; None for no file."""

    key: str
    command: Sequence[str]
    given: bytes
    seconds: float
    ended: Callable[[int, bool], None]
    more: Mapping[str, str]
    hold: Path | None = None


class Runs:
    """at_once: processes at a time. waiting: runs that may wait beside them. Used from one event loop; only stop may be
    called from any thread."""

    def __init__(self, *, at_once: int, waiting: int) -> None:
        self._at_once = at_once
        self._most_waiting = waiting
        self._waiting: dict[str, Run] = {}
        self._running: dict[str, asyncio.subprocess.Process | None] = {}
        self._stopped: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._holds: dict[str, int] = {}
        self._guard = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self, run: Run) -> None:
        """Begin a run now or when its turn comes. Raises TooMany where too many wait, Conflict where another process
        has a run of this visit, DataFailed where the disk fails. A visit has one run at a time: call stop first."""
        self._loop = asyncio.get_running_loop()
        with self._guard:
            if len(self._waiting) >= self._most_waiting:
                error = TooMany(
                    f"{len(self._waiting)} lists wait already, which is as many as we let wait",
                    mend="try again in a minute",
                )
                error.seconds = 60
                raise error
            self._hold(run)
            self._waiting[run.key] = run
        self._next()

    def is_elsewhere(self, key: str, path: Path) -> bool:
        """Whether another process has a run of this visit. path: what its run holds."""
        with self._guard:
            return key not in self._holds and is_held(path)

    def ahead(self, key: str) -> int | None:
        """How many runs come before that of a visit: 0 while it runs, None if it has none."""
        with self._guard:
            if key in self._running and key not in self._stopped:
                return 0
            if key in self._waiting:
                return len(self._running) + list(self._waiting).index(key)
        return None

    def stop(self, key: str) -> None:
        """End the run of a visit at once, if it has one."""
        with self._guard:
            self._waiting.pop(key, None)
            if key in self._running:
                self._stopped.add(key)
                _kill(self._running[key])
            self._let_go(key)

    async def close(self) -> None:
        """End all runs, and wait until they have."""
        with self._guard:
            self._waiting.clear()
            for key, process in self._running.items():
                self._stopped.add(key)
                _kill(process)
            for key in list(self._holds):
                self._let_go(key)
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _hold(self, run: Run) -> None:
        if run.hold is None or run.key in self._holds:
            return
        try:
            held = hold(run.hold)
        except OSError as error:
            raise failed(error) from error
        if held is None:
            raise Conflict(
                "your list is being matched already", mend="wait until it is done, then send another one"
            )
        self._holds[run.key] = held

    def _let_go(self, key: str) -> None:
        """Let go of what a visit's run holds, if the visit has no run any more."""
        if key not in self._waiting and key not in self._running and key in self._holds:
            os.close(self._holds.pop(key))

    def _next(self) -> None:
        with self._guard:
            ready = [key for key in self._waiting if key not in self._running]
            while ready and len(self._running) < self._at_once:
                run = self._waiting.pop(ready.pop(0))
                self._running[run.key] = None
                task = asyncio.get_running_loop().create_task(self._run(run))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _run(self, run: Run) -> None:
        code, late = -1, False
        try:
            process = await asyncio.create_subprocess_exec(
                *run.command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                # Whatever it starts ends with it.
                start_new_session=True,
                env={name: os.environ[name] for name in _PASSED_ON if name in os.environ} | dict(run.more),
            )
            with self._guard:
                self._running[run.key] = process
                if run.key in self._stopped:
                    _kill(process)
            try:
                async with asyncio.timeout(run.seconds):
                    await process.communicate(run.given)
            except TimeoutError:
                late = True
                _kill(process)
                await process.wait()
            code = process.returncode if process.returncode is not None else -1
        except OSError:
            pass  # the machine has no room for another process: told as a run that failed
        finally:
            with self._guard:
                self._running.pop(run.key, None)
                stopped = run.key in self._stopped
                self._stopped.discard(run.key)
                self._let_go(run.key)
        if not stopped:
            run.ended(code, late)
        self._next()


def _kill(process: asyncio.subprocess.Process | None) -> None:
    if process is not None and process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
