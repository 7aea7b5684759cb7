"""The partner space as its callers see it: organisations, who may see their graphs, and the log."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

from cmh_graph.errors import BadParameter, Conflict, DataDamaged, UnknownThing

from . import log, rows, tokens
from .database import Database
from .folder import make_folder
from .keys import check_key, check_name, check_namespaces
from .records import SHOWN, Entry, Holder, Operator, Organisation, Shown, Version, Visibility
from .tokenholders import TokenHolders
from .transactions import Details
from .versions import Versions

_logger = logging.getLogger(__name__)

#: A restored database goes on from here, so that nothing that was remembered for a revision fits a later one.
_GENERATION: Final = 10**12


def _system_clock() -> datetime:
    return datetime.now(UTC)


def _nothing_taken(_: str) -> bool:
    return False


class PartnerSpace(TokenHolders, Versions):
    """A folder of partners' graphs. Threads may share one, and several processes may open the same folder.

    Do not use one in a process forked from the one that opened it while other threads of that one used it."""

    def __init__(
        self, database: Database, *, keep: int, clock: Callable[[], datetime], cost: tokens.Cost
    ) -> None:
        super().__init__(database, clock, cost)
        self._keep = keep
        #: with the mark of the database that it was read at
        self._known_revision: tuple[tuple[int, int], int] | None = None

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        keep: int = 20,
        clock: Callable[[], datetime] = _system_clock,
        cost: tokens.Cost | None = None,
    ) -> Self:
        """The space in a folder, made on first use. keep: versions of each graph that can be brought back.

        clock: aware times; cost: of hashing a secret. Raises DataFailed where the folder cannot be used, DataDamaged
        where what is in it is no whole database."""
        if keep < 1:
            raise BadParameter("at least one version must be kept", where="keep", mend="give 1 or more")
        make_folder(folder)
        space = cls(Database(folder), keep=keep, clock=clock, cost=cost or tokens.Cost())
        space.revision  # noqa: B018 - a damaged database is told now, not at the first visitor
        return space

    def close(self) -> None:
        """Let go of the files. Whatever is called afterwards raises DataFailed."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def folder(self) -> Path:
        """The folder that was opened."""
        return self._database.folder

    @property
    def revision(self) -> int:
        """A number that grows whenever a content or its visibility changes, also by another process or a restore."""
        while True:
            mark, known = self._database.mark, self._known_revision
            if known is not None and known[0] == mark:
                # Every query asks.
                return known[1]
            generation = self._database.generation
            with self._database.reading() as connection:
                newest = log.last(connection)
            if self._database.generation == generation:
                found = (generation - 1) * _GENERATION + (newest.revision if newest else 0)
                self._known_revision = mark, found
                return found

    def add_organisation(
        self,
        key: str,
        name: str,
        *,
        namespaces: Sequence[str] = (),
        taken: Callable[[str], bool] = _nothing_taken,
        by: Operator | None = None,
    ) -> Organisation:
        """A new organisation whose graph is private and empty. taken: whether the framework uses names of this key.

        Raises BadParameter for a key, name or namespace that it may not have, Conflict for a key that is there."""
        check_key(key, taken)
        name = check_name(name)
        with self._database.writing() as connection:
            if connection.execute("SELECT 1 FROM organisations WHERE key = ?", (key,)).fetchone():
                raise Conflict(
                    f"there is an organisation '{key}' already", where="key", mend="choose another key"
                )
            held = [(one.key, space) for one in rows.organisations(connection) for space in one.namespaces]
            organisation = Organisation(
                key, name, check_namespaces(namespaces, held), "private", (), current=None
            )
            rows.put_organisation(connection, organisation, rows.Counts())
            details: Details = {"name": name, "namespaces": organisation.namespaces}
            self._append(connection, "added", key, by or Operator(), details)
        return organisation

    def organisations(self) -> tuple[Organisation, ...]:
        """Every organisation, by key. One whose record is damaged is left out; who asks for it by its key is told."""
        found: list[Organisation] = []
        with self._database.reading() as connection:
            for row in rows.organisation_rows(connection):
                with _damage_noted():
                    found.append(rows.read_organisation(row)[0])
        return tuple(found)

    def organisation(self, key: str) -> Organisation:
        """One organisation. Raises UnknownThing."""
        with self._database.reading() as connection:
            return rows.organisation(connection, key)[0]

    def show_to(
        self,
        organisation: str,
        visibility: Shown,
        with_: Sequence[str] = (),
        *,
        by: Holder | Operator,
    ) -> Visibility:
        """Let nobody else, the organisations named in with_, or everybody read the graph. Only a writer may."""
        if visibility not in SHOWN:
            raise BadParameter(
                f"'{visibility}' is no visibility", where="visibility", mend=f"choose from {', '.join(SHOWN)}"
            )
        others = tuple(sorted(set(with_)))
        if (visibility == "shared") != bool(others):
            raise BadParameter(
                "a shared graph needs organisations to share it with, and only a shared one has them",
                where="with",
                mend="name one or more organisations, or choose private or public",
            )
        with self._database.writing() as connection:
            owner, _, counts = self._to_write(connection, organisation, by, None)
            for other in others:
                if other == organisation:
                    raise BadParameter(
                        "an organisation sees its own graph", where="with", mend="name others only"
                    )
                rows.organisation(connection, other)
            if (owner.visibility, owner.shared_with) != (visibility, others):
                shown = rows.with_visibility(owner, visibility, others)
                rows.put_organisation(connection, shown, counts)
                self._append(connection, "shown", organisation, by, {"to": visibility, "with": others})
        return Visibility(visibility, others)

    def visibility(self, organisation: str) -> Visibility:
        """Who may read an organisation's graph."""
        found = self.organisation(organisation)
        return Visibility(found.visibility, found.shared_with)

    def may_read(self, holder: Holder | None, organisation: str) -> bool:
        """Whether this visitor may read the organisation's graph; False for one that is not there.

        Of a damaged record nobody knows whom it is shown to: only the organisation itself is told DataDamaged."""
        try:
            return rows.shown_to(self.organisation(organisation), holder)
        except UnknownThing:
            return False
        except DataDamaged as error:
            if holder is not None and holder.organisation == organisation:
                raise
            _logger.error("not shown to others: %s", error)
            return False

    def seen_by(self, holder: Holder | None) -> tuple[Version, ...]:
        """The current version of every graph that this visitor may read, by organisation.

        A graph whose record is damaged is left out; who asks for it by its organisation is told."""
        found: list[Version] = []
        with self._database.reading() as connection:
            for row in rows.organisation_rows(connection):
                with _damage_noted():
                    organisation, _ = rows.read_organisation(row)
                    if rows.shown_to(organisation, holder) and (
                        version := rows.current(connection, organisation)
                    ):
                        found.append(version)
        return tuple(found)

    def log(self, organisation: str | None = None) -> Iterator[Entry]:
        """The entries, oldest first; with an organisation only those about it. Raises DataDamaged at a damaged one."""
        after = 0
        if organisation is not None:
            self.organisation(organisation)
        while True:
            with self._database.reading() as connection:
                page = log.page(connection, organisation, after)
            yield from page
            if not page:
                return
            after = page[-1].seq


@contextlib.contextmanager
def _damage_noted() -> Iterator[None]:
    try:
        yield
    except DataDamaged as error:
        _logger.error("left out: %s", error)
