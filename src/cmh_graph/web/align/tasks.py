"""The service's side of visitors' lists: begins visits and runs, watches them, removes what is over."""

from __future__ import annotations

import asyncio
import datetime
import functools
import hashlib
import json
import logging
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import anyio.to_thread

from cmh_graph.align.framework_labels import framework_labels
from cmh_graph.align.labels import packed
from cmh_graph.errors import BadParameter, Conflict
from cmh_graph.framework import Framework
from cmh_graph.settings import Settings
from cmh_graph.sssom.targets import Targets, targets_of
from cmh_graph.visits.holds import MATCHING
from cmh_graph.visits.register import Visits
from cmh_graph.visits.runs import Run, Runs
from cmh_graph.visits.tokens import VisitId
from cmh_graph.visits.visit import Visit, failed
from cmh_graph.web.align.lists import GIVEN, LIST, OUT, OUTCOME, PROGRESS, ListOf, list_of
from cmh_graph.web.align.reviewing import Reviews

#: Folder of the visits, below that of all data.
VISITS: Final = "visits"
_MOST_WAITING: Final = 50
_SWEEP_SECONDS: Final = 60.0

_log = logging.getLogger(__name__)


class AlignTasks:
    """Visits, runs and reviews over one framework."""

    def __init__(self, framework: Framework, settings: Settings) -> None:
        self._framework = framework
        self._settings = settings
        self.runs: Final = Runs(at_once=settings.visit_runs, waiting=_MOST_WAITING)
        self.visits: Final = Visits(
            settings.data / VISITS,
            minutes=settings.visit_minutes,
            most=settings.visits,
            most_bytes=settings.visits_mb << 20,
            leaving=self._leave,
        )
        self.reviews: Final = Reviews(self.targets, _today)

    @functools.cache  # noqa: B019 - one for each service
    def targets(self) -> Targets:
        """The roles that titles can be mapped to."""
        return targets_of(self._framework.store.quads())

    @functools.cache  # noqa: B019 - one for each service
    def _labels(self) -> bytes:
        return packed(framework_labels(self._framework.store))

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """While the service runs: what is over is removed, at start and each minute; at the end all runs are ended."""
        sweeper = asyncio.create_task(self._sweep())
        try:
            yield
        finally:
            sweeper.cancel()
            await self.runs.close()

    async def _sweep(self) -> None:
        while True:
            try:
                await anyio.to_thread.run_sync(self.visits.sweep)
            except Exception:
                # A disk that fails now may not in a minute; what is over must go then.
                _log.exception("visits that are over could not be removed")
            await asyncio.sleep(_SWEEP_SECONDS)

    def _leave(self, visit: Visit) -> None:
        self.runs.stop(visit.key)
        self.reviews.forget(visit)

    def list_of(self, visit: Visit) -> ListOf:
        """The list of a visit, and how far it is."""
        ahead = self.runs.ahead(visit.key)
        if ahead is None and self.runs.is_elsewhere(visit.key, visit.folder / MATCHING):
            ahead = 0
        return list_of(visit, ahead)

    def place(self, visit_id: VisitId, stored: str) -> Path:
        """Where the bytes of a new list go while they come: the list that is there stays until they all have come.

        Raises TooMany where the house is full, DataFailed where the disk fails."""
        visit = self.visits.begin(visit_id)
        self.visits.check_bytes()
        folder = visit.folder / f".{GIVEN}-{os.urandom(8).hex()}"
        with _told():
            folder.mkdir(mode=0o700)
        return folder / stored

    async def take(self, visit: Visit, path: Path, name: str, employer_type: str) -> None:
        """Make a file that has come the list of a visit, in place of an earlier one, and begin its run.

        The same file sent twice in a row is one list. Raises TooMany where too many wait."""
        begun = await anyio.to_thread.run_sync(self._put, visit, path, name, employer_type)
        if begun:
            await self._begin(visit)

    def _put(self, visit: Visit, path: Path, name: str, employer_type: str) -> bool:
        with self.visits.lock(visit), _told():
            with path.open("rb") as opened:
                digest = hashlib.file_digest(opened, "sha256").hexdigest()
            held = self.list_of(visit)
            same = (held.digest, held.name, held.employer_type) == (digest, name, employer_type)
            if same and held.step in ("waiting", "running"):
                shutil.rmtree(path.parent, ignore_errors=True)
                return False
            if self.runs.is_elsewhere(visit.key, visit.folder / MATCHING):
                shutil.rmtree(path.parent, ignore_errors=True)
                raise Conflict(
                    "your list is being matched by another process of this service",
                    mend="wait until it is done, then send another one",
                )
            self.runs.stop(visit.key)
            self._forget_results(visit)
            size = path.stat().st_size
            shutil.rmtree(visit.folder / GIVEN, ignore_errors=True)
            path.parent.rename(visit.folder / GIVEN)
            about = {"name": name, "stored": path.name, "size": size, "digest": digest}
            visit.write(LIST, {**about, "employer_type": employer_type, "column": "", "sheet": ""})
            return True

    async def choose_column(self, visit: Visit, sheet: int, column: int) -> None:
        """Match a list again by another column of titles. sheet, column: places among the choices that were offered.

        Raises Conflict where nothing was offered, BadParameter for what was not."""

        def choose() -> None:
            with self.visits.lock(visit):
                held = self.list_of(visit)
                choices = held.outcome.get("choices", [])
                if held.step not in ("asking", "done") or not choices:
                    raise Conflict("there is no column to choose now", mend="look at how far your list is")
                try:
                    chosen = choices[sheet]
                    name = chosen["columns"][column]["name"]
                except IndexError:
                    raise BadParameter(
                        "this column is not in your list", mend="choose one that is shown"
                    ) from None
                before = visit.read(LIST) or {}
                self._forget_results(visit)
                visit.write(LIST, {**before, "column": name, "sheet": chosen["sheet"]})

        await anyio.to_thread.run_sync(choose)
        await self._begin(visit)

    async def again(self, visit: Visit) -> None:
        """Run a list again whose run was broken off. Does nothing while it runs."""
        if self.list_of(visit).step == "broken-off":
            await anyio.to_thread.run_sync(self._forget_results, visit)
            await self._begin(visit)

    def _forget_results(self, visit: Visit) -> None:
        visit.drop(OUTCOME, PROGRESS)
        self.reviews.forget(visit)
        shutil.rmtree(visit.folder / OUT, ignore_errors=True)

    async def _begin(self, visit: Visit) -> None:
        held = self.list_of(visit)
        settings = self._settings
        memory = settings.visit_memory_mb << 20
        chosen = {
            "stored": held.stored,
            "name": held.name,
            "employer_type": held.employer_type,
            "column": held.column,
            "sheet": held.sheet,
            "most_rows": settings.visit_rows,
            "memory": memory,
            "seconds": max(1, round(settings.visit_seconds)),
        }
        command = [
            sys.executable,
            "-m",
            "cmh_graph.web.align.matching",
            str(os.getpid()),
            str(visit.folder.resolve()),
            json.dumps(chosen),
        ]

        def ended(code: int, late: bool) -> None:
            if not visit.folder.is_dir():
                return
            if visit.read(OUTCOME) is None:
                # What matches lists is for the processes that do: it takes long to load.
                from cmh_graph.web.align.matching import too_much

                said = too_much(memory)
                if late or code == -signal.SIGXCPU:
                    said["what"] = f"matching this list takes longer than {settings.visit_seconds:g} seconds"
                visit.write(OUTCOME, {"step": "failed", **said})
            if self.list_of(visit).step == "failed":
                # Of no use to anybody: what is told is all that stays of it.
                shutil.rmtree(visit.folder / GIVEN, ignore_errors=True)

        given = await anyio.to_thread.run_sync(self._labels)
        # One thread and few arenas: what a library reserves counts as memory.
        more = {
            "OPENBLAS_NUM_THREADS": "1",
            "MALLOC_ARENA_MAX": "2",
            "TMPDIR": str(visit.folder.resolve()),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        held_file = visit.folder / MATCHING
        self.runs.start(Run(visit.key, command, given, settings.visit_seconds * 2, ended, more, held_file))


@contextmanager
def _told() -> Iterator[None]:
    """A failing disk is told as DataFailed."""
    try:
        yield
    except OSError as error:
        raise failed(error) from error


def _today() -> str:
    # A person acts on a day, and the day is part of what they record: see decision 10.
    return datetime.datetime.now(datetime.UTC).date().isoformat()
