"""Who may see which graphs in SPARQL: for each audience a query pool that holds the snapshot and just those graphs.

A private graph is never in the memory of a process that answers somebody else (docs/decisions/0031). The public pool is
kept while there are public graphs; a partner's is made when its token first asks and goes when it is idle."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from cmh_graph.api.partners import Partners
from cmh_graph.errors import CmhGraphError, DataDamaged, DataFailed, QueueFull, Refused
from cmh_graph.partner_space import Holder, PartnerSpace, Version
from cmh_graph.partner_space.judges import Judges
from cmh_graph.partner_space.own_names import OwnNames
from cmh_graph.partner_space.replicas import Replica
from cmh_graph.remote.opening import open_pool
from cmh_graph.settings import Settings
from cmh_graph.sparql.pool import QueryPool
from cmh_graph.sparql.refusals import closing

#: The key of an organisation whose tokens ask; "" for everybody.
_Who: TypeAlias = str
_EVERYBODY: Final = ""
#: Derived statements that are remembered, by graph; they follow from bytes that never change.
_REMEMBERED: Final = 64
#: How often it is looked whether another process has changed the space, and after a failure.
_FOLLOW_SECONDS: Final = 0.25
_AFTER_FAILURE_SECONDS: Final = 5.0
#: How long a change waits for the other services of the folder to show it.
_ALL_SECONDS: Final = 10.0
_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Audience:
    """One audience's pool. shows: organisation -> checksum of the graph that the pool has of it."""

    pool: QueryPool
    shows: dict[str, str]
    used: float
    readers: int = 0


class Audiences:
    """The query pools of everybody and of those who bring a token.

    plain: the pool of the framework alone, for an audience that sees no partner's graph; it stays the caller's."""

    def __init__(self, plain: QueryPool, partners: Partners, judges: Judges, settings: Settings) -> None:
        self._plain = plain
        self._partners = partners
        self._judges = judges
        self._settings = settings
        # A partner asks now and then: one process for what begins and one for what takes long are enough.
        self._few = settings.model_copy(update={"query_workers": 1, "query_slow_workers": 1})
        self._there: Final[OrderedDict[_Who, _Audience]] = OrderedDict()
        self._making: Final[dict[_Who, asyncio.Lock]] = {}
        self._seen: tuple[int, dict[_Who, tuple[Version, ...]]] = (-1, {})
        self._derived: Final[OrderedDict[tuple[str, str], bytes]] = OrderedDict()
        self._tasks: Final[set[asyncio.Task[None]]] = set()
        self._sweeping: asyncio.TimerHandle | None = None
        self._catching_up: Final[set[_Who]] = set()
        self._leaving: Final[list[_Audience]] = []
        self._closed = False
        self._replica: Replica | None = None

    @property
    def kept(self) -> tuple[str, ...]:
        """Whose pools there are: keys of organisations, and "" for the public one; the least used first."""
        return tuple(self._there)

    @property
    def everybodys(self) -> tuple[int, str]:
        """Names what queries without a token see now: as long as it is the same, each has the same answer.

        Raises DataFailed where the partner space cannot be read."""
        space = self._partners.space
        audience = self._there.get(_EVERYBODY)
        pool = self._plain if audience is None else audience.pool
        return (-1 if space is None else space.revision), pool.edition

    @asynccontextmanager
    async def pool_for(self, holder: Holder | None) -> AsyncIterator[QueryPool]:
        """The pool of the visitor's audience, kept for as long as the block lasts.

        What the visitor may not see any more is not in it. Raises DataFailed where the partner space cannot be read,
        QueueFull where too many audiences ask, and what a pool's start raises."""
        audience = await self._audience_of(holder)
        if audience is None:
            yield self._plain
            return
        audience.readers += 1
        try:
            yield audience.pool
        finally:
            audience.readers -= 1
            audience.used = asyncio.get_running_loop().time()
            if audience in self._leaving and not audience.readers:
                self._leaving.remove(audience)
                self._spawn(audience.pool.close())
            self._sweep_later()

    async def changed(self) -> None:
        """Wait until queries show what the space holds now, here and in every other service of its folder.

        Raises what a pool's start raises, and DataFailed where another service does not show it in time."""
        revision = await self.catch_up()
        if self._replica is None:
            return
        give_up = asyncio.get_running_loop().time() + _ALL_SECONDS
        while late := await asyncio.to_thread(self._replica.behind, revision):
            if asyncio.get_running_loop().time() > give_up:
                raise DataFailed(
                    f"{late} other processes of the service do not show it after {_ALL_SECONDS:g} s"
                )
            await asyncio.sleep(0.05)

    async def catch_up(self) -> int:
        """Bring every pool that there is to what the space shows now; make the public one if it is needed and missing.

        Gives the revision that is shown now, or a lower one. Raises what a pool's start raises."""
        space = self._partners.space
        if space is None:
            return 0
        revision = await asyncio.to_thread(lambda: space.revision)
        for who in dict.fromkeys([_EVERYBODY, *self._there]):
            if await self._is_needed(space, who, space.revision):
                await self._brought(space, who)
            else:
                await self._end(who)
        if self._replica is not None:
            self._replica.tell(revision)
        return revision

    async def join(self) -> None:
        """Let the other services of the folder know that this one shows the space too, if there is one.

        Raises DataFailed where the folder cannot be written."""
        space = self._partners.space
        if self._replica is None and space is not None:
            try:
                self._replica = await asyncio.to_thread(Replica, space.folder)
            except OSError as error:
                raise DataFailed(
                    f"other services of this folder cannot be told what is shown here: {error.strerror}",
                    where=str(space.folder),
                    mend="let the user of the service write to it",
                ) from error

    async def follow(self) -> None:
        """Show what other processes change, and tell them what is shown here, until cancelled."""
        pause = _FOLLOW_SECONDS
        while True:
            await asyncio.sleep(pause)
            try:
                await self.join()
                if await self._is_behind():
                    await self.catch_up()
                pause = _FOLLOW_SECONDS
            except CmhGraphError as error:
                _log.error("what other processes changed cannot be shown yet: %s", error.what)
                pause = _AFTER_FAILURE_SECONDS

    async def _is_behind(self) -> bool:
        space, replica = self._partners.space, self._replica
        if space is None or replica is None:
            return False
        return await asyncio.to_thread(lambda: space.revision) > replica.shown

    async def close(self) -> None:
        """End every pool but the plain one."""
        self._closed = True
        if self._replica is not None:
            self._replica.close()
        if self._sweeping is not None:
            self._sweeping.cancel()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for audience in (*self._there.values(), *self._leaving):
            await audience.pool.close()
        self._there.clear()
        self._leaving.clear()

    async def _audience_of(self, holder: Holder | None) -> _Audience | None:
        space = self._partners.space
        if space is None:
            return None
        who = _EVERYBODY if holder is None else holder.organisation
        # Asked of the space once for each query: what was hidden a moment ago is not shown now.
        revision = space.revision
        if who != _EVERYBODY and not await self._is_needed(space, who, revision):
            who = _EVERYBODY
        marks = _marks(await self._shown(space, who, revision))
        if not marks:
            if who in self._there:
                self._spawn(self._end(who))
            return None
        audience = self._there.get(who)
        if audience is not None:
            self._there.move_to_end(who)
            if audience.shows == marks:
                return audience
            if audience.shows.keys() <= marks.keys():
                # While newer content is loaded, the former is served; what is hidden now is not.
                self._catch_up_soon(space, who)
                return audience
        return await self._brought(space, who)

    async def _shown(self, space: PartnerSpace, who: _Who, revision: int) -> tuple[Version, ...]:
        """What an audience may see; read again whenever the space has changed."""
        if self._seen[0] != revision:
            self._seen = (revision, {})
        known = self._seen[1]
        if who not in known:
            # Whichever token of an organisation it is, it sees the same.
            holder = None if who == _EVERYBODY else Holder("", who, "read", "")
            known[who] = await asyncio.to_thread(space.seen_by, holder)
        return known[who]

    async def _is_needed(self, space: PartnerSpace, who: _Who, revision: int) -> bool:
        """Whether an audience sees more than the framework, and if it is a partner, more than everybody."""
        shown = _marks(await self._shown(space, who, revision))
        if who == _EVERYBODY:
            return bool(shown)
        return shown != _marks(await self._shown(space, _EVERYBODY, revision))

    def _catch_up_soon(self, space: PartnerSpace, who: _Who) -> None:
        if who not in self._catching_up:
            self._catching_up.add(who)
            self._spawn(self._catch_up(space, who))

    async def _catch_up(self, space: PartnerSpace, who: _Who) -> None:
        try:
            await self._brought(space, who)
        except CmhGraphError as error:
            _log.error("newer graphs of partners cannot be shown: %s", error.what)
        finally:
            self._catching_up.discard(who)

    async def _brought(self, space: PartnerSpace, who: _Who) -> _Audience | None:
        """The audience's pool with exactly what it may see, made or reloaded if it has something else; None if that is
        nothing."""
        async with self._making.setdefault(who, asyncio.Lock()):
            # Looked at here: of two changes, the one that comes here last must not bring back the first.
            shown = await self._shown(space, who, space.revision)
            if not shown:
                return None
            audience = self._there.get(who)
            marks = _marks(shown)
            if audience is not None and audience.shows == marks:
                return audience
            statements = await self._statements(space, shown)
            audience = self._there.get(who)
            if audience is not None:
                audience.readers += 1  # so that it is not closed meanwhile, however idle it was
                try:
                    await audience.pool.reload(self._plain.snapshot, statements)
                finally:
                    audience.readers -= 1
                audience.shows = marks
                if audience in self._leaving:
                    self._leaving.remove(audience)
                self._there[who] = audience
                return audience
            if who != _EVERYBODY:
                await self._make_room()
            settings = self._settings if who == _EVERYBODY else self._few
            pool = open_pool(self._plain.snapshot, settings, statements)
            pool.on_end = self._plain.on_end
            try:
                await pool.start()
            except BaseException:
                await pool.close()
                raise
            if self._closed:
                await pool.close()
                raise closing()
            self._there[who] = audience = _Audience(pool, marks, asyncio.get_running_loop().time())
            self._sweep_later()
            return audience

    async def _statements(self, space: PartnerSpace, shown: Sequence[Version]) -> bytes:
        """The graphs and what follows from each, as N-Quads."""
        parts = []
        for version in shown:
            try:
                nquads = await asyncio.to_thread(space.content, version)
                parts += [nquads, await self._consequences(space, version, nquads)]
            except DataDamaged as error:
                # Who asks for it by its organisation is told; others shall not go without theirs.
                _log.error("left out of what queries see: %s", error.what)
        return b"".join(parts)

    async def _consequences(self, space: PartnerSpace, version: Version, nquads: bytes) -> bytes:
        key = (version.organisation, version.sha256)
        if key not in self._derived:
            owner = await asyncio.to_thread(space.organisation, version.organisation)
            try:
                derived = await self._judges.derived(nquads, OwnNames(owner.key, owner.namespaces))
            except Refused as error:
                # It landed under larger limits than there are now.
                _log.error("what follows from a graph cannot be found: %s", error.what)
                derived = b""
            self.remember(version, derived)
        self._derived.move_to_end(key)
        return self._derived[key]

    def remember(self, version: Version, derived: bytes) -> None:
        """Keep what follows from a graph, as its judge said when it landed."""
        self._derived[version.organisation, version.sha256] = derived
        self._derived.move_to_end((version.organisation, version.sha256))
        while len(self._derived) > _REMEMBERED:
            self._derived.popitem(last=False)

    async def _make_room(self) -> None:
        """End the least used partner's pool if there are as many as are kept. Raises QueueFull if all are in use."""
        partners = [who for who in self._there if who != _EVERYBODY]
        if len(partners) < self._settings.audiences_kept:
            return
        idle = next((who for who in partners if not self._there[who].readers), None)
        if idle is None:
            raise QueueFull("too many partners ask at the same time", mend="try again in a few seconds")
        await self._there.pop(idle).pool.close()

    async def _end(self, who: _Who) -> None:
        """End an audience's pool once nobody reads from it; nobody new does."""
        audience = self._there.pop(who, None)
        if audience is None:
            return
        if audience.readers:
            self._leaving.append(audience)
        else:
            await audience.pool.close()

    def _sweep_later(self) -> None:
        if self._sweeping is None and not self._closed:
            pause = self._settings.audience_idle_seconds
            self._sweeping = asyncio.get_running_loop().call_later(pause, self._sweep)

    def _sweep(self) -> None:
        """End partners' pools that nobody has asked for a while."""
        self._sweeping = None
        now = asyncio.get_running_loop().time()
        for who, audience in self._there.items():
            idle = now - audience.used >= self._settings.audience_idle_seconds
            if who != _EVERYBODY and idle and not audience.readers:
                self._spawn(self._end(who))
        if any(who != _EVERYBODY for who in self._there):
            self._sweep_later()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _marks(shown: Sequence[Version]) -> dict[str, str]:
    return {version.organisation: version.sha256 for version in shown}
