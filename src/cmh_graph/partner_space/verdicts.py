"""What a judge says: a graph that may land, or the faults that keep it from landing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from cmh_graph.errors import BodyTooLarge, Refused

#: What is wrong: what, where and mend, as plain data.
Fault: TypeAlias = dict[str, str]


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest upload: bytes, statements in the whole graph, and characters of one literal."""

    bytes: int = 20_000_000
    statements: int = 100_000
    literal: int = 20_000


@dataclass(frozen=True, slots=True)
class Judged:
    """A graph that may land.

    nquads: canonical, in the organisation's graph. derived: what the rules add, in the derived graph, canonical too.
    statements: how many nquads has. remarks: warnings and notes, which do not keep it from landing."""

    nquads: bytes
    derived: bytes
    statements: int
    remarks: tuple[Fault, ...] = ()


def too_many_statements(most: int) -> BodyTooLarge:
    """The error for a graph with more statements than one may have."""
    return BodyTooLarge(
        f"the graph would have more than {most:,} statements",
        mend="leave out what the framework says already, or ask who runs this service for more",
    )


def too_large_a_graph(most: int) -> BodyTooLarge:
    """The error for a graph that is longer when written out than one may be."""
    return BodyTooLarge(f"the graph would have more than {most:,} bytes as N-Quads", mend="use shorter texts")


def fault(what: str, where: str = "", mend: str = "") -> Fault:
    """One fault as plain data; what is not known is left out."""
    return {name: text for name, text in (("what", what), ("where", where), ("mend", mend)) if text}


def refused(faults: Sequence[Fault], more: int = 0) -> Refused:
    """The error that tells of the faults; more: how many there are beyond those."""
    count = len(faults) + more
    error = Refused(
        f"the upload has {count} fault{'' if count == 1 else 's'}; nothing was changed",
        where=faults[0].get("where", ""),
        mend="mend what findings lists and send it again"
        + (f"; it lists the first {len(faults)}" if more else ""),
    )
    error.findings = tuple(faults)
    return error
