"""Released versions in memory: each is a service of its own, made at its first request and dropped when room is needed.

Loading one takes seconds and tens of megabytes, so one loads at a time, everybody who wants it waits for the same
load, and only a few are kept.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.types import ASGIApp

from cmh_graph import framework
from cmh_graph.api.operations.forgetting import forget_apps
from cmh_graph.api.representations import RELEASED_CACHE_CONTROL, Served
from cmh_graph.errors import NoSnapshot, QueueFull, SourceError
from cmh_graph.framework import Framework
from cmh_graph.remote.opening import open_pool
from cmh_graph.settings import Settings
from cmh_graph.sparql.guard import Checked
from cmh_graph.sparql.pool import Answer, QueryRequest
from cmh_graph.versions import Releases

#: Releases that may wait to be loaded, one after the other; who asks for one more is told to come back.
MOST_WAITING: Final = 8
#: How long a request waits for room when every kept release is being read.
_SECONDS_FOR_ROOM: Final = 10.0
_log = logging.getLogger(__name__)


@contextmanager
def intact() -> Iterator[None]:
    """What is done inside takes releases for intact: one that is broken is our fault, and told as that.

    Where it lies is for the log; a visitor can do nothing about it."""
    try:
        yield
    except (SourceError, OSError) as error:
        _log.error("a release cannot be served: %s", error)
        raise NoSnapshot("a release cannot be read just now", mend="try again later") from None


class PoolOnDemand:
    """The query workers of a release, started with its first question: few releases are asked any."""

    def __init__(self, snapshot: Path, settings: Settings) -> None:
        few = settings.model_copy(update={"query_workers": 1, "query_slow_workers": 1})
        self._pool: Final = open_pool(snapshot, few)
        self._starting: Final = asyncio.Lock()
        self._started = False

    @property
    def workers(self) -> list[int]:
        """Process ids of the workers there are now."""
        return self._pool.workers

    async def check(self, text: str) -> Checked:
        """As QueryPool.check."""
        await self._start()
        return await self._pool.check(text)

    async def run(self, asked: QueryRequest) -> Answer:
        """As QueryPool.run."""
        await self._start()
        return await self._pool.run(asked)

    async def _start(self) -> None:
        async with self._starting:
            if not self._started:
                with intact():
                    await self._pool.start()
                self._started = True

    async def close(self) -> None:
        """Stop the workers."""
        async with self._starting:
            if self._started:
                await self._pool.close()
                self._started = False


@dataclass(frozen=True, slots=True)
class Edition:
    """One released version that is loaded."""

    app: ASGIApp
    served: Served
    pool: PoolOnDemand


#: Makes the service over a framework: what its answers say they came from, and the workers of its questions.
MakeApp = Callable[[Framework, Served, PoolOnDemand], ASGIApp]


class Editions:
    """The released versions of one folder, at most `releases_kept` of them in memory."""

    def __init__(self, releases: Releases, make_app: MakeApp, settings: Settings) -> None:
        self.releases: Final = releases
        self._make_app: Final = make_app
        self._settings: Final = settings
        self._kept: Final[OrderedDict[str, Edition]] = OrderedDict()
        self._loading: Final = asyncio.Lock()
        self._left: Final = asyncio.Event()
        self._coming: Final[dict[str, asyncio.Task[Edition]]] = {}
        self._readers: Final[Counter[str]] = Counter()
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    @property
    def kept(self) -> tuple[str, ...]:
        """The versions in memory, the one not read for longest first."""
        return tuple(self._kept)

    @asynccontextmanager
    async def reading(self, version: str) -> AsyncIterator[Edition]:
        """A release, kept in memory for as long as the block lasts. version: one of releases.versions.

        Raises QueueFull if too many releases wait to be loaded, NoSnapshot if this one cannot be read."""
        # Counted before it is there, so that it is not dropped again before its first reader comes to it.
        self._readers[version] += 1
        try:
            edition = self._kept.get(version)
            if edition is None:
                # A visitor who leaves must not stop what others wait for.
                edition = await asyncio.shield(self._on_its_way(version))
            self._kept.move_to_end(version)
            yield edition
        finally:
            self._readers[version] -= 1
            self._left.set()

    async def close(self) -> None:
        """Drop everything that was loaded."""
        await asyncio.gather(*self._coming.values(), return_exceptions=True)
        for version in self.kept:
            await self._kept.pop(version).pool.close()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _on_its_way(self, version: str) -> asyncio.Task[Edition]:
        """The one load of a release that all who want it wait for."""
        if version not in self._coming:
            if len(self._coming) >= MOST_WAITING:
                raise _busy(version)
            self._coming[version] = task = asyncio.create_task(self._bring(version))
            task.add_done_callback(lambda _: self._coming.pop(version))
        return self._coming[version]

    async def _bring(self, version: str) -> Edition:
        async with self._loading:
            await self._make_room(version)
            self._kept[version] = edition = await asyncio.to_thread(self._load, version)
            return edition

    async def _make_room(self, version: str) -> None:
        """Drop the release that was not read for longest, once there is one that nobody reads."""
        try:
            async with asyncio.timeout(_SECONDS_FOR_ROOM):
                while len(self._kept) >= self._settings.releases_kept:
                    self._left.clear()
                    idle = next((name for name in self._kept if not self._readers[name]), None)
                    if idle is None:
                        await self._left.wait()
                    else:
                        await self._kept.pop(idle).pool.close()
                        forget_apps()
        except TimeoutError:
            raise _busy(version) from None

    def _load(self, version: str) -> Edition:
        with intact():
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="cmh-graph-releases-")
            folder = self.releases.unpack(version, Path(self._folder.name))
            found = framework.open(folder, home=folder)
        pool = PoolOnDemand(found.path, self._settings)
        served = Served(version, found.snapshot, RELEASED_CACHE_CONTROL)
        return Edition(self._make_app(found, served, pool), served, pool)


def _busy(version: str) -> QueueFull:
    return QueueFull(
        f"too many requests wait for releases such as {version} to be loaded",
        where="parameter version",
        mend="try again in a few seconds",
    )
