"""The service over the current snapshot, its query workers started while the rest of it is made.

The workers load the graph in a process of their own, on another core: one after the other would take half as long
again."""

from __future__ import annotations

import asyncio
import gc
from contextlib import suppress
from typing import Final

from fastapi import FastAPI

from cmh_graph import framework
from cmh_graph.api.app import create_app
from cmh_graph.api.head_start import HeadStart
from cmh_graph.api.operations.around import Operations
from cmh_graph.remote.opening import open_pool
from cmh_graph.settings import Settings


class Starting:
    """Makes the apps of a service.

    The first answers as early as it can: each of its things is read when it is asked for, until all are. Those that
    take its place later are whole, since until then another one answers."""

    def __init__(
        self, settings: Settings, operations: Operations, head_start: HeadStart | None = None
    ) -> None:
        """head_start: what has been begun for the first app."""
        self._settings: Final = settings
        self._operations: Final = operations
        self._head_start = head_start
        self._is_first = True

    async def __call__(self) -> FastAPI:
        """An app over the snapshot that is current, whose lifespan is still to begin; it ends the workers.

        Raises NoSnapshot if nothing has been built, and what else keeps the app or its workers from starting."""
        at_once, self._is_first = self._is_first, False
        begun, self._head_start = self._head_start, None
        # What is made here stays: looking for what nobody uses would take a tenth of the time, and find nothing.
        gc.disable()
        try:
            return await self._made(begun or HeadStart(self._settings), at_once)
        finally:
            gc.enable()

    async def _made(self, begun: HeadStart, at_once: bool) -> FastAPI:
        pool = open_pool(begun.dataset, self._settings, launched=begun.take_queries())
        starting = asyncio.create_task(pool.start())

        def make() -> FastAPI:
            opened = framework.open(
                begun.dataset.parent, home=self._settings.home, store=begun.store(), at_once=at_once
            )
            if not at_once:
                opened.finish()
            return create_app(self._settings, opened, self._operations, pool)

        try:
            app = await asyncio.to_thread(make)
            await starting
        except BaseException:
            starting.cancel()
            with suppress(BaseException):
                await starting
            await pool.close()
            raise
        return app
