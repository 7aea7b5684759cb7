"""How many queries have a place at once, and which of the long ones keep theirs when there are more of them.

Whoever asks alone may hold every place. Somebody else who wants one gets it from whoever holds most, so that nobody can
keep others out by asking without pause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Final, Protocol, TypeVar

from cmh_graph.settings import Settings

#: Queries that have just begun may hold so many places more for each worker, when many come at once.
_MORE_AT_ONCE: Final = 4
#: The client that a query is run for; None if that is not known. Set by whoever takes the request.
ASKED_BY: Final[ContextVar[str | None]] = ContextVar("asked_by", default=None)


class Placed(Protocol):
    """A query that runs: for whom, and since when."""

    asked_by: str | None
    began: float


_Query = TypeVar("_Query", bound="Placed")


def most_at_once(settings: Settings) -> int:
    """How many queries may run at once, long and short."""
    return settings.query_workers * (1 + _MORE_AT_ONCE) + settings.query_slow_workers


def who_yields(newcomer: _Query, holding: Sequence[_Query]) -> _Query | None:
    """The query that gives its place to the newcomer; None if none does.

    It is the youngest of the client that holds most, if that client holds at least two more than the newcomer's
    client does: after the exchange it holds no fewer."""
    held = Counter(query.asked_by for query in holding)
    if not held:
        return None
    client, most = max(held.items(), key=lambda item: item[1])
    if client == newcomer.asked_by or most < held[newcomer.asked_by] + 2:
        return None
    return max((query for query in holding if query.asked_by == client), key=lambda query: query.began)
