"""Changes of partners' graphs: judged, landed, shown by every query process that shows them, and only then told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from cmh_graph.api.audiences import Audiences
from cmh_graph.api.graph_store.access import Visit
from cmh_graph.api.graph_store.preconditions import Preconditions
from cmh_graph.errors import CmhGraphError, Conflict
from cmh_graph.partner_space import Version, Visibility
from cmh_graph.partner_space.judges import Judges
from cmh_graph.partner_space.records import Shown
from cmh_graph.partner_space.verdicts import Fault, fault

T = TypeVar("T")

#: How often a merge is judged again because the graph changed meanwhile.
_MOST_MERGES: Final = 3
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Landed:
    """What came of a change. is_new: there was no graph before. remarks: what it was well enough to land with."""

    version: Version
    is_new: bool
    remarks: Sequence[Fault]


class Changes:
    """Carries out what a writer asks for. Each raises NotAllowed for others, and Conflict where a condition fails."""

    def __init__(self, judges: Judges, audiences: Audiences) -> None:
        self._judges = judges
        self._audiences = audiences

    async def replace(self, visit: Visit, data: bytes, media_type: str, wanted: Preconditions) -> Landed:
        """Make an upload the graph. Raises what Judges.judge and PartnerSpace.land raise."""
        return await self._land(visit, data, media_type, wanted, "PUT", merged=False)

    async def merge(self, visit: Visit, data: bytes, media_type: str, wanted: Preconditions) -> Landed:
        """Add the statements of an upload to the graph. Raises the same."""
        for _ in range(_MOST_MERGES - 1):
            try:
                return await self._land(visit, data, media_type, wanted, "POST", merged=True)
            except Conflict:
                if wanted.given:
                    raise
                space, key = visit.space, visit.organisation.key
                now = await asyncio.to_thread(space.current, key)
                visit = Visit(space, visit.organisation, visit.holder, now)
        return await self._land(visit, data, media_type, wanted, "POST", merged=True)

    async def _land(
        self, visit: Visit, data: bytes, media_type: str, wanted: Preconditions, how: str, *, merged: bool
    ) -> Landed:
        holder, current = visit.writer, visit.current
        wanted.check(current)
        beside = b""
        if merged and current is not None:
            beside = await asyncio.to_thread(visit.space.content, current)
        judged = await self._judges.judge(data, media_type, visit.names, beside=beside)
        expected = _expected(current) if merged or wanted.given else None
        version = await asyncio.to_thread(
            lambda: visit.space.land(
                visit.organisation.key,
                judged.nquads,
                by=holder,
                how=f"{how} {media_type}",
                expected=expected,
            )
        )
        self._audiences.remember(version, judged.derived)
        remarks = [*judged.remarks, *await self._show()]
        return Landed(version, current is None, remarks)

    async def remove(self, visit: Visit, wanted: Preconditions) -> Version:
        """Take the graph away. Raises UnknownThing where there is none."""
        holder, current = visit.writer, visit.shown
        wanted.check(current)
        expected = _expected(current) if wanted.given else None
        key = visit.organisation.key
        return (await self._changed(lambda: visit.space.remove(key, by=holder, expected=expected)))[0]

    async def roll_back(self, visit: Visit, number: int, wanted: Preconditions) -> Landed:
        """Bring back a version that is kept. Raises UnknownThing where it is not."""
        holder, current = visit.writer, visit.current
        wanted.check(current)
        expected = _expected(current) if wanted.given else None
        key = visit.organisation.key
        version, remarks = await self._changed(
            lambda: visit.space.roll_back(key, number, by=holder, expected=expected)
        )
        return Landed(version, current is None, remarks)

    async def show_to(self, visit: Visit, shown: Shown, others: Sequence[str]) -> Visibility:
        """Let nobody else, some or everybody see the graph. Raises BadParameter or UnknownThing."""
        holder, key = visit.writer, visit.organisation.key
        return (await self._changed(lambda: visit.space.show_to(key, shown, others, by=holder)))[0]

    async def _changed(self, change: Callable[[], T]) -> tuple[T, Sequence[Fault]]:
        done = await asyncio.to_thread(change)
        return done, await self._show()

    async def _show(self) -> Sequence[Fault]:
        """Have all query processes show what the space shows now. What cannot be shown yet is a remark: the change is
        kept, and each query is held against it."""
        try:
            await self._audiences.changed()
        except CmhGraphError as error:
            _log.error("a change is kept, but queries do not show it yet: %s", error.what)
            return [fault("the change is kept, but queries do not show it yet", mend="ask again in a minute")]
        return []


def _expected(current: Version | None) -> str:
    return current.sha256 if current else ""
