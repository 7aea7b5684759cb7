"""What every part of the space shares: the database, the time, the log."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from cmh_graph.errors import BadParameter, DataFailed

from . import log
from .database import Database
from .records import Holder, Operator

Details = Mapping[str, object]

#: The time is noted this often without a landing.
_NOTED: Final = timedelta(minutes=15)


class Transactions:
    """A database that keeps its time and its log. clock: aware times, which may go back; ours do not."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._latest = datetime.min.replace(tzinfo=UTC)

    def _append(
        self,
        connection: sqlite3.Connection,
        kind: str,
        organisation: str,
        by: Holder | Operator,
        details: Details,
        now: datetime | None = None,
    ) -> None:
        log.append(connection, kind, organisation, by, details, now or self._now(connection))

    def _now(self, connection: sqlite3.Connection) -> datetime:
        """The time, which goes back neither below the log nor below what this process has seen."""
        self._latest = max(self._latest, log.time_now(connection, self._clock()))
        return self._latest

    def _note_time(self, now: datetime, noted: datetime) -> None:
        """Note the time now and then, so that an expired token stays so when the clock is moved back later."""
        if now - noted >= _NOTED:
            with contextlib.suppress(DataFailed), self._database.writing() as connection:
                log.note_time(connection, now)


def one_line(text: str, where: str, most: int) -> str:
    """The text with its white space evened out. Raises BadParameter if empty, too long or not printable."""
    words = " ".join(text.split())
    if not words or len(words) > most or not words.isprintable():
        raise BadParameter("this text cannot be used", where=where, mend=f"use 1 to {most} characters")
    return words
