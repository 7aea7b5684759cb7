"""What answers queries over one content, and keeps answers while it stays the same.

The graph is held by processes of ours (WorkerPool, sparql/worker_pool.py) or by a SPARQL server (RemotePool,
cmh_graph.remote). Whoever asks needs to know nothing of that; cmh_graph.remote.opening chooses."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

from cmh_graph.errors import CmhGraphError
from cmh_graph.settings import Settings
from cmh_graph.sparql import guard
from cmh_graph.sparql.answers import Answer, QueryRequest
from cmh_graph.sparql.kept import KeptAnswers
from cmh_graph.sparql.refusals import closing

__all__ = ["Answer", "QueryPool", "QueryRequest", "name_beside", "name_by_content"]

#: A text up to this length is checked on the event loop: that takes a few milliseconds at worst.
_SHORT_TEXT: Final = 1000


class QueryPool(ABC):
    """Answers queries from one snapshot and statements beside it, within the limits of Settings.

    Used from one thread, that of the event loop."""

    def __init__(self, snapshot: Path, settings: Settings) -> None:
        self._snapshot = snapshot
        self._settings: Final = settings
        self._edition = ""
        self._reloads = 0
        self._reloading: Final = asyncio.Lock()
        # The other half is for answers kept as they were sent (api/kept_reads.py).
        self._kept: Final = KeptAnswers(settings.query_kept_mb << 19)
        self._tasks: Final[set[asyncio.Task[None]]] = set()
        self._closed = False
        #: told of each query how it ended ("answered", "kept" or the slug of the error) and how many seconds it took
        self.on_end: Callable[[str, float], None] | None = None

    @property
    @abstractmethod
    def graphs(self) -> frozenset[str]:
        """The IRIs of the named graphs being served."""

    @property
    @abstractmethod
    def triples(self) -> int:
        """Distinct triples in the merge of all graphs."""

    @property
    @abstractmethod
    def waiting(self) -> int:
        """Queries that wait for their turn."""

    @property
    @abstractmethod
    def workers(self) -> list[int]:
        """Ids of the processes that can answer now; none while nothing can."""

    @property
    def snapshot(self) -> Path:
        """The snapshot being served."""
        return self._snapshot

    @property
    def edition(self) -> str:
        """What names the content being served: of two pools with the same one, each query has the same answer."""
        return self._edition

    @property
    def settings(self) -> Settings:
        """The limits that queries are held to."""
        return self._settings

    async def start(self) -> None:
        """Serve the snapshot. Raises what reload raises."""
        await self.reload(self._snapshot)

    @abstractmethod
    async def reload(self, snapshot: Path, beside: bytes | None = None) -> None:
        """Serve another snapshot, and other statements beside it unless None. Queries that run finish on the old ones;
        none is refused meanwhile.

        beside: N-Quads. Raises NoSnapshot or SourceError, and then the old content is served on."""

    @abstractmethod
    async def close(self) -> None:
        """Answer no more. Queries that run or wait get NoSnapshot."""

    async def check(self, text: str) -> guard.Checked:
        """What guard.check says of a text; a long one is scanned in a thread, for nobody else shall wait.

        Raises what guard.check raises, QuerySyntax too, and QueueFull if too many long texts wait."""
        if len(text) <= _SHORT_TEXT:
            return self._check(text)
        if self._closed:
            raise closing()
        return await self._check_in_thread(functools.partial(self._check, text))

    def _check(self, text: str) -> guard.Checked:
        return guard.check(text, graphs=self.graphs, longest=self._settings.query_text_bytes)

    @abstractmethod
    async def _check_in_thread(self, check: Callable[[], guard.Checked]) -> guard.Checked:
        """What check gives, while the event loop goes on."""

    async def run(self, request: QueryRequest) -> Answer:
        """The complete answer to a checked query.

        Raises QueueFull, QueryTooLong at the time or memory limit, AnswerTooLarge, QuerySyntax, QueryRefused; of a
        SPARQL server also NotInThisStore, and StoreUnavailable where it does not answer, or not wholly.
        If the caller is cancelled, the query is stopped."""
        began = time.monotonic()
        outcome = "cancelled"
        try:
            key, reloads = request.key, self._reloads
            if key is not None and (kept := self._kept.get(key)) is not None:
                outcome = "kept"
                # Others have their turn, whoever asks again and again.
                await asyncio.sleep(0)
                return kept
            answer = await self._answer(request)
            outcome = "answered"
            # What was begun on the former content must not be given out as the new.
            if key is not None and reloads == self._reloads:
                self._kept.put(key, answer)
            return answer
        except CmhGraphError as error:
            outcome = error.slug
            raise
        finally:
            if self.on_end is not None:
                self.on_end(outcome, time.monotonic() - began)

    @abstractmethod
    async def _answer(self, request: QueryRequest) -> Answer:
        """The answer by whoever holds the graph; raises what run raises."""

    def _serve(self, snapshot: Path, edition: str) -> None:
        """From now on other content is served: no answer of the former is given any more."""
        self._snapshot, self._edition = snapshot, edition
        self._reloads += 1
        self._kept.clear()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do some work beside, for as long as the pool lasts."""
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def name_by_content(snapshot: Path) -> str:
    """The name that a snapshot has from its content, by where it lies; "" if it has none."""
    name = snapshot.parent.name
    return name if re.fullmatch(r"[0-9a-f]{16}", name) else ""


def name_beside(beside: bytes) -> str:
    """What the statements beside a snapshot add to its name."""
    return f"-{hashlib.sha256(beside).hexdigest()[:16]}" if beside else ""
