"""Why a query is not answered just now, in the same words whoever would have answered it."""

from __future__ import annotations

from cmh_graph.errors import NoSnapshot, QueryTooLong, QueueFull


def queue_full() -> QueueFull:
    """What is told where no more can wait."""
    return QueueFull("too many queries are waiting already", mend="try again in a few seconds")


def closing() -> NoSnapshot:
    """What is told once the service goes down."""
    return NoSnapshot("the service is closing", mend="try again later")


def starting_again() -> NoSnapshot:
    """What is told while the processes that answer are started anew."""
    return NoSnapshot("the query service is starting again", mend="try again in a few seconds")


def stopped_after(seconds: float) -> QueryTooLong:
    """What is told at the time limit of a query."""
    return QueryTooLong(
        f"the query was stopped after {seconds:g} seconds",
        mend="narrow it: bind more terms, avoid unconnected patterns, add LIMIT inside subqueries",
    )
