"""What a service needs for partners' graphs, started and stopped with it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from pathlib import Path

from fastapi import FastAPI

from cmh_graph.api.audiences import Audiences
from cmh_graph.api.graph_store.changes import Changes
from cmh_graph.api.graph_store.forms import WrittenGraphs
from cmh_graph.api.partners import Partners
from cmh_graph.errors import CmhGraphError
from cmh_graph.partner_space.judges import Judges
from cmh_graph.partner_space.verdicts import Limits
from cmh_graph.settings import Settings
from cmh_graph.sparql.pool import QueryPool

_log = logging.getLogger(__name__)


class PartnerGraphs:
    """The partner space, its judges and its audiences, as one service has them: in app.state under those names."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._partners = Partners(settings)
        self._judges: Judges | None = None
        self._audiences: Audiences | None = None
        self._warming: asyncio.Task[None] | None = None

    async def start(self, app: FastAPI, plain: QueryPool, snapshot: Path) -> None:
        """Give the app what its routes need. plain: the pool of the framework alone; snapshot: what it has loaded."""
        settings = self._settings
        limits = Limits(bytes=settings.upload_bytes, statements=settings.upload_statements)
        self._judges = Judges(
            settings.home,
            snapshot,
            limits=limits,
            memory_mb=settings.upload_memory_mb,
            seconds=settings.upload_seconds,
        )
        self._audiences = Audiences(plain, self._partners, self._judges, settings)
        app.state.partners = self._partners
        app.state.written_graphs = WrittenGraphs()
        app.state.audiences = self._audiences
        app.state.changes = Changes(self._judges, self._audiences)
        # Nobody waits for it: who comes early waits for what they need.
        self._warming = asyncio.create_task(self._warm(self._judges, self._audiences))

    async def _warm(self, judges: Judges, audiences: Audiences) -> None:
        """Have a judge and the public pool ready, if there are partners at all; then follow what others change."""
        try:
            space = self._partners.space
            if space is not None and space.organisations():
                await audiences.join()
                await judges.start()
                await audiences.catch_up()
        except CmhGraphError as error:
            _log.error("partners' graphs are not ready: %s", error.what)
        await audiences.follow()

    async def close(self) -> None:
        """End every process that was started."""
        if self._warming is not None:
            self._warming.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._warming
        if self._audiences is not None:
            await self._audiences.close()
        if self._judges is not None:
            await self._judges.close()
        self._partners.close()
