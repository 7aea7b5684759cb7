"""The partner space as the service sees it: opened when it is there, and who brings which token."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
from typing import Final

from starlette.requests import Request

from cmh_graph.errors import NotSignedIn
from cmh_graph.partner_space import Allowance, Holder, PartnerSpace
from cmh_graph.partner_space.folder import is_space
from cmh_graph.settings import Settings

_BURST: Final = 10.0
_CHANGES_AT_ONCE: Final = 20
_STEP_NS: Final = 2_000_000_000


class Partners:
    """The partner space of the data folder. A service without that folder has no partners, until somebody adds one."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._space: PartnerSpace | None = None
        self._folder = settings.data
        self._empty_since = -1
        self._opening = threading.Lock()
        self._asks = Allowance(settings.token_requests, max(1, int(_BURST * settings.token_requests)))
        self._changes = Allowance(settings.token_changes, _CHANGES_AT_ONCE)

    @property
    def space(self) -> PartnerSpace | None:
        """The space; None where nobody has been added. Raises DataFailed or DataDamaged if it cannot be used."""
        if self._space is None and self._folder_changed():
            with self._opening:
                if self._space is None and is_space(self._settings.data):
                    self._space = PartnerSpace.open(self._settings.data, keep=self._settings.versions_kept)
            if self._space is None:
                self._nothing_there()
        return self._space

    def _folder_changed(self) -> bool:
        """Whether the folder is there and not as it was when nothing was in it: every query asks, so this is quick."""
        try:
            return os.stat(self._folder).st_mtime_ns != self._empty_since  # noqa: PTH116 - half the time
        except OSError:
            return False

    def _nothing_there(self) -> None:
        with contextlib.suppress(OSError):
            changed = self._folder.stat().st_mtime_ns
            # A file system's clock has steps: what comes in the same one would not be seen.
            if time.time_ns() - changed > _STEP_NS:
                self._empty_since = changed

    def close(self) -> None:
        """Let go of the space."""
        if self._space is not None:
            self._space.close()

    async def holder_of(self, request: Request) -> Holder | None:
        """As holder, for the event loop: to recognise a token takes a moment."""
        if "authorization" not in request.headers:
            return None
        return await asyncio.to_thread(self.holder, request)

    def holder(self, request: Request) -> Holder | None:
        """Who brings a token; None for a request without one.

        Raises NotSignedIn for a token that does not hold, in the same words whatever is wrong with it, and TooMany
        for one that asks too often."""
        given = request.headers.getlist("authorization")
        if not given:
            return None
        scheme, _, secret = given[0].strip().partition(" ")
        space = self.space
        if len(given) > 1 or scheme.lower() != "bearer" or space is None:
            raise unknown_token()
        holder = space.holder(secret.strip())
        self._asks.take(holder.token)
        return holder

    def count_change(self, holder: Holder) -> None:
        """Count a change that a token asks for. Raises TooMany."""
        self._changes.take(holder.token)


def unknown_token() -> NotSignedIn:
    """The answer to a token that does not hold."""
    return NotSignedIn(
        "this token does not hold",
        where="Authorization",
        mend="ask the operator of this service for a new token",
    )
