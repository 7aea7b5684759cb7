"""A new snapshot in place of the one that is served, while requests go on.

The new one is a whole app beside the old one. Requests under way end in the app they began in; none is refused."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from cmh_graph.api.operations.forgetting import forget_apps
from cmh_graph.errors import CmhGraphError, DataFailed
from cmh_graph.snapshot import current_snapshot

#: Makes the app over the current snapshot.
MakeApp = Callable[[], Awaitable[FastAPI]]
#: How often the folder's pointer is looked at.
_FOLLOW_SECONDS: Final = 2.0
#: How long an old app may take to end its requests; none may run nearly as long.
_LONGEST_GOODBYE: Final = 300.0
_log = logging.getLogger(__name__)


class Serving:
    """One app while its lifespan lasts, and how many requests it has under way."""

    def __init__(self, app: FastAPI) -> None:
        self.app: Final = app
        self.snapshot: Final[Path] = app.state.framework.path.parent
        self.under_way = 0
        self._stop: Final = asyncio.Event()
        self._started: Final[asyncio.Future[None]] = asyncio.get_running_loop().create_future()
        self._life: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin its lifespan; raises what that raises."""
        self._life = asyncio.create_task(self._live())
        await self._started

    async def _live(self) -> None:
        # Begun and ended in one task, as some libraries want it.
        try:
            async with self.app.router.lifespan_context(self.app):
                self._started.set_result(None)
                await self._stop.wait()
        except BaseException as error:
            if self._started.done():
                raise
            self._started.set_exception(error)

    async def stop(self, longest: float) -> None:
        """End its lifespan once nothing is under way any more, or after so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(longest):
                while self.under_way:
                    await asyncio.sleep(0.05)
        self._stop.set()
        if self._life is not None:
            await asyncio.shield(self._life)


def _of_the_system(error: OSError) -> DataFailed:
    return DataFailed(
        f"the service cannot start: {error.strerror or error}",
        where=str(error.filename or ""),
        mend="let the user of the service read, write or run it; cmh-graph settings tells which folders it uses",
    )


class Rollout:
    """An ASGI app that is always the newest app that could be made."""

    def __init__(self, make_app: MakeApp, snapshots: Path, *, follow: bool = False) -> None:
        """follow: whether the folder's pointer to the current snapshot is watched."""
        self._make_app: Final = make_app
        self._snapshots: Final = snapshots
        self._follow: Final = follow
        self._serving: Serving | None = None
        self._renewing: Final = asyncio.Lock()
        self._tasks: Final[set[asyncio.Task[None]]] = set()
        self._leaving: Final[list[Serving]] = []
        self._failed: Path | None = None
        #: why the service could not start
        self.why_not: CmhGraphError | None = None

    @property
    def app(self) -> FastAPI | None:
        """The app that takes new requests."""
        return self._serving.app if self._serving else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        serving = self._serving
        assert serving is not None, "no request comes before the start"
        serving.under_way += 1
        # FastAPI sets the app of a request itself.
        sent = False

        async def send_seen(message: dict[str, object]) -> None:
            nonlocal sent
            sent = True
            await send(message)

        try:
            await serving.app(scope, receive, send_seen)  # type: ignore[arg-type]
        except Exception:
            # Where the error was told to the caller, it is in the log too, in our words; the server would add its own.
            if not sent:
                raise
        finally:
            serving.under_way -= 1

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            self._serving = await self._prepared()
        except (CmhGraphError, OSError) as error:
            # Nobody has sent anything yet: what the system says is for the operator.
            self.why_not = error if isinstance(error, CmhGraphError) else _of_the_system(error)
            await send({"type": "lifespan.startup.failed", "message": "the service cannot start"})
            return
        if self._follow:
            self._spawn(self._watch())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for serving in (*self._leaving, self._serving):
            await serving.stop(0)
        await send({"type": "lifespan.shutdown.complete"})

    async def _prepared(self) -> Serving:
        serving = Serving(await self._make_app())
        await serving.start()
        return serving

    async def renew(self) -> bool:
        """Serve the snapshot that is current now; whether it is another than before. Never raises: if it cannot
        be served, the old one is served on and the log says why."""
        async with self._renewing:
            old = self._serving
            try:
                snapshot = current_snapshot(self._snapshots)
                if old is not None and snapshot == old.snapshot:
                    _log.info("the current snapshot is served already: %s", snapshot.name)
                    return False
                fresh = await self._prepared()
            except Exception as error:
                what = error.what if isinstance(error, CmhGraphError) else type(error).__name__
                _log.error("the new snapshot cannot be served, the old one is served on: %s", what)
                with suppress(CmhGraphError):
                    self._failed = current_snapshot(self._snapshots)
                return False
            self._serving = fresh
            _log.info("snapshot %s is served now", fresh.snapshot.name)
            if old is not None:
                self._leaving.append(old)
                self._spawn(self._say_goodbye(old))
            return True

    async def _say_goodbye(self, old: Serving) -> None:
        await old.stop(_LONGEST_GOODBYE)
        self._leaving.remove(old)
        del old
        forget_apps()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_FOLLOW_SECONDS)
            with suppress(CmhGraphError):
                snapshot = current_snapshot(self._snapshots)
                # One that failed is not tried again and again.
                if self._serving is not None and snapshot not in (self._serving.snapshot, self._failed):
                    await self.renew()

    def _spawn(self, work: object) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
