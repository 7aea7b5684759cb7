"""What an address answers to methods that it does not take."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from cmh_graph.api.problems import problem


class OtherMethods:
    """Answers OPTIONS, and 405 naming every method: the router would name only those of the first route at a path.

    allowed: the methods that the address takes, as the header Allow has them."""

    def __init__(self, allowed: str) -> None:
        self._allowed: Final = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that no other route of the address took."""
        headers = {"Allow": self._allowed}
        if scope["method"] == "OPTIONS":
            response = Response(status_code=204, headers=headers)
        else:
            response = problem(
                405,
                "method-not-allowed",
                f"{scope['method']} is not answered here",
                mend=f"use {self._allowed}",
                headers=headers,
            )
        await response(scope, receive, send)
