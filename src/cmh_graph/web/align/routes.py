"""The addresses below /align."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from cmh_graph.api.described import Router
from cmh_graph.web.align.deciding import Deciding
from cmh_graph.web.align.door import Door
from cmh_graph.web.align.giving import Giving


def router(door: Door) -> APIRouter:
    """The pages, and what runs for them while the service does."""
    giving, deciding = Giving(door), Deciding(door)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with door.tasks.lifespan():
            yield

    routes = Router(include_in_schema=False, lifespan=lifespan)
    for path, read in (
        ("/align", giving.start),
        ("/align/progress", giving.progress),
        ("/align/progress.json", giving.progress_json),
        ("/align/column", giving.column),
        ("/align/review", deciding.review),
        ("/align/sure", deciding.sure),
        ("/align/results", deciding.results),
        ("/align/results/{name}", deciding.result),
    ):
        routes.add_api_route(path, read, methods=["GET"])
    for path, act in (
        ("/align", giving.give),
        ("/align/sample", giving.give_sample),
        ("/align/column", giving.choose_column),
        ("/align/again", giving.again),
        ("/align/decide", deciding.decide),
        ("/align/sure", deciding.accept_sure),
        ("/align/ask-again", deciding.ask_again),
        ("/align/take-up", deciding.take_up),
        ("/align/undo", deciding.undo),
        ("/align/remove", giving.remove),
    ):
        routes.add_api_route(path, act, methods=["POST"])
    return routes
