"""What a service that answers already still has to do: read its other things, import its other routes.

See docs/decisions/0048-a-start-that-answers-before-all-is-read.md."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from fastapi import FastAPI

from cmh_graph.api.later import load_all, running
from cmh_graph.framework import Framework

#: Seconds in which whoever waited for the start is answered first.
_GREETING: Final = 0.1
#: Seconds after which a thread that computes gives way: while the rest is read, and else.
_TURN: Final = 0.0005
_USUAL_TURN: Final = sys.getswitchinterval()
_log = logging.getLogger(__name__)


async def finish(app: FastAPI, framework: Framework, ends: asyncio.Event) -> None:
    """Read and import all that was left for later, so that hardly anybody waits for it; and run until the end what
    runs beside these routes."""
    try:
        await asyncio.sleep(_GREETING)
        with _others_first():
            await asyncio.to_thread(framework.finish)
            await asyncio.to_thread(load_all, app)
        async with running(app):
            await ends.wait()
    except Exception:
        # Whoever needs it tries again, and is told what is wrong.
        _log.exception("what was left for later could not be made")


@contextmanager
def _others_first() -> Iterator[None]:
    """While it lasts, threads that compute give way to requests ten times as soon as else.

    A request gives up its turn at each call of the system; to wait 5 ms each time makes 200 ms of 40."""
    sys.setswitchinterval(_TURN)
    try:
        yield
    finally:
        sys.setswitchinterval(_USUAL_TURN)
