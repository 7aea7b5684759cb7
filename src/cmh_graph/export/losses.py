"""What each format leaves out, counted: stated triples that its files do not carry, by class and property."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import Final

from cmh_graph.delimited import RowWriter
from cmh_graph.export.edition import Edition
from cmh_graph.export.format import Format
from cmh_graph.namespaces import compact
from cmh_graph.store import Triple

#: Column of losses.csv -> what stands in it.
COLUMNS: Final = ("format", "class", "property", "lost", "of", "why")


@dataclass(frozen=True, slots=True, order=True)
class Loss:
    """Statements of one property about things of one class that a format leaves out.

    class_, property: prefixed names. lost, of: how many of how many statements. why: in words."""

    format: str
    class_: str
    property: str
    lost: int
    of: int
    why: str


def find_losses(edition: Edition, format: Format, carried: Set[Triple] | None) -> list[Loss]:
    """What the files of a format leave out of an edition; a thing of two classes is counted with the first."""
    if carried is None:
        return []
    stated = Counter(edition.places)
    missing = set(edition.stated).difference(carried)
    lost = Counter(
        place for place, triple in zip(edition.places, edition.stated, strict=True) if triple in missing
    )
    return [
        Loss(
            format.name,
            compact(kind) if kind else "",
            compact(prop),
            lost[kind, prop],
            count,
            _why(format, kind, prop),
        )
        for (kind, prop), count in sorted(stated.items())
        if lost[kind, prop]
    ]


def _why(format: Format, kind: str, prop: str) -> str:
    return format.why_lost.get(prop) or format.why_lost.get(kind) or format.why_lost.get("", "")


def losses_table(losses: Iterable[Loss]) -> bytes:
    """The losses as CSV with a header, in order of format, class and property."""
    output = io.StringIO(newline="")
    writer = RowWriter(output)
    writer.writerow(COLUMNS)
    for one in sorted(losses):
        writer.writerow([one.format, one.class_, one.property, one.lost, one.of, one.why])
    return output.getvalue().encode()
