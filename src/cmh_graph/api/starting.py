"""The service over the current snapshot, its query workers started while the rest of it is made.

The workers load the graph in a process of their own, on another core: one after the other would take half as long
again."""

from __future__ import annotations

import asyncio
import gc
from contextlib import suppress

from fastapi import FastAPI

from cmh_graph import framework
from cmh_graph.api.app import create_app
from cmh_graph.api.operations.around import Operations
from cmh_graph.remote.opening import open_pool
from cmh_graph.settings import Settings
from cmh_graph.snapshot import DATASET, current_snapshot


async def start_app(settings: Settings, operations: Operations) -> FastAPI:
    """An app whose lifespan is still to begin; it ends the workers.

    Raises NoSnapshot if nothing has been built, and what else keeps the app or its workers from starting."""
    # Everything that is made here stays: looking for what nobody uses would take a tenth of the time, and find nothing.
    gc.disable()
    try:
        return await _made(settings, operations)
    finally:
        gc.enable()


async def _made(settings: Settings, operations: Operations) -> FastAPI:
    dataset = current_snapshot(settings.snapshots) / DATASET
    pool = open_pool(dataset, settings)
    starting = asyncio.create_task(pool.start())

    def make() -> FastAPI:
        in_memory = settings.store_in == "memory"
        opened = framework.open(dataset.parent, home=settings.home, in_memory=in_memory)
        return create_app(settings, opened, operations, pool)

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
