"""/health: the process is alive. /ready: it can do its work, and is not about to end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from cmh_graph.api.described import Router
from cmh_graph.api.partners import Partners
from cmh_graph.api.problems import MEDIA_TYPE as PROBLEM
from cmh_graph.api.problems import problem
from cmh_graph.api.representations import JSON, framework_of, refuse_unknown
from cmh_graph.errors import CmhGraphError, NoSnapshot, QueueFull, TooMany
from cmh_graph.framework import Framework
from cmh_graph.sparql.pool import QueryPool, QueryRequest

#: Raises one of our errors if a part of the service cannot do its work.
Check = Callable[[], Awaitable[None]]
#: How long a part may take to answer.
_SECONDS: Final = 5.0
#: How long an answer holds, so that who asks all the time costs nothing.
_KEPT_SECONDS: Final = 1.0
_NO_STORE: Final = {"Cache-Control": "no-store"}


class Alive(BaseModel):
    """The process answers."""

    status: Literal["ok"]


class Ready(BaseModel):
    """Every part of the service answers."""

    status: Literal["ready"]
    snapshot: str = Field(description="id of the snapshot that is served")
    parts: list[str] = Field(description="what was asked", examples=[["queries"]])


class Readiness:
    """Asks the parts of one service whether they can do their work."""

    def __init__(self, is_ending: Callable[[], bool]) -> None:
        self._is_ending: Final = is_ending
        self._checks: Final[dict[str, Check]] = {}
        self._asked = -_KEPT_SECONDS
        self._found: dict[str, str] = {}
        self._asking: Final = asyncio.Lock()

    @property
    def parts(self) -> list[str]:
        """The names of the parts."""
        return list(self._checks)

    def add(self, part: str, check: Check) -> None:
        """Ask this part too."""
        self._checks[part] = check

    async def reasons(self) -> dict[str, str]:
        """Part -> why it cannot do its work; nothing if all can."""
        if self._is_ending():
            return {"service": "it is shutting down"}
        async with self._asking:
            if time.monotonic() - self._asked >= _KEPT_SECONDS:
                told = await asyncio.gather(*(_ask(check) for check in self._checks.values()))
                self._found = {part: why for part, why in zip(self._checks, told, strict=True) if why}
                self._asked = time.monotonic()
        return self._found


async def _ask(check: Check) -> str:
    """Why a part cannot do its work; "" if it can. A part that is merely busy can."""
    try:
        async with asyncio.timeout(_SECONDS):
            await check()
    except (QueueFull, TooMany):
        return ""
    except TimeoutError:
        return f"no answer within {_SECONDS:g} seconds"
    except CmhGraphError as error:
        return error.what
    return ""


async def answers(pool: QueryPool) -> None:
    """Check that query workers answer, or the store does. Raises what QueryPool.run raises."""
    # What changes each time is never an answer that was kept.
    await pool.run(QueryRequest("ASK { BIND(RAND() AS ?x) }", "json", {}))


async def opens(partners: Partners) -> None:
    """Check that the partner space can be read, if there is one. Raises DataFailed or DataDamaged."""

    def read() -> None:
        if partners.space is not None:
            partners.space.organisations()

    await asyncio.to_thread(read)


async def are_read(framework: Framework) -> None:
    """Check that no reader waits for things to be read. Raises NoSnapshot while one would."""
    if not framework.is_read:
        raise NoSnapshot("the things of the snapshot are still being read", mend="try again in a few seconds")


def router(readiness: Readiness) -> APIRouter:
    """The two addresses."""
    routes = Router(tags=["service"])

    @routes.get(
        "/health",
        operation_id="show_alive",
        summary="Show that the process answers",
        description="For those who start the process again when it does not. `/v1/health` tells more.",
        response_model=Alive,
        responses={400: _problem("A parameter is unknown")},
    )
    async def health(request: Request) -> Response:
        refuse_unknown(request, [])
        return Response(Alive(status="ok").model_dump_json(), 200, _NO_STORE, JSON.media_type)

    @routes.get(
        "/ready",
        operation_id="show_ready",
        summary="Show whether the service can take requests",
        description="For those who choose where requests go: 503 while a part does not answer, or the service ends.",
        response_model=Ready,
        responses={
            400: _problem("A parameter is unknown"),
            503: _problem("A part cannot do its work, or the service is ending; `findings` name the parts"),
        },
    )
    async def ready(request: Request) -> Response:
        refuse_unknown(request, [])
        reasons = await readiness.reasons()
        if reasons:
            return problem(
                503,
                "not-ready",
                "; ".join(f"{part}: {why}" for part, why in reasons.items()),
                mend="ask again in a few seconds",
                headers={"Retry-After": "5"},
                findings=[{"where": part, "what": why} for part, why in reasons.items()],
            )
        body = Ready(status="ready", snapshot=framework_of(request).snapshot, parts=readiness.parts)
        return Response(body.model_dump_json(), 200, _NO_STORE, JSON.media_type)

    return routes


def _problem(about: str) -> dict[str, object]:
    return {
        "description": about,
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
