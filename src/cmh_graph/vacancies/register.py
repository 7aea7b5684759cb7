"""What is known of the vacancies of one feed, and what a new reading of the feed does to it.

merge() is a function of values: the same feed read again changes nothing, the order of rows never matters, and after
reading A and then B the register holds B and, closed, what was only in A.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from cmh_graph.errors import BadParameter
from cmh_graph.vacancies.links import Link
from cmh_graph.vacancies.posting import Facts


@dataclass(frozen=True, slots=True)
class Vacancy:
    """A vacancy as last read, with its links. closed: the first day on which it was known to be gone from the feed,
    as an ISO day, "" while it is listed."""

    facts: Facts
    links: tuple[Link, ...] = ()
    closed: str = ""

    def is_open(self, day: str) -> bool:
        """Whether it is open on a day (ISO): posted by then, not past its last day, and not closed by then."""
        facts = self.facts
        return (
            facts.date_posted <= day
            and (not facts.valid_through or day <= facts.valid_through)
            and (not self.closed or day < self.closed)
        )


#: Key -> vacancy, in order of keys.
Register = Mapping[str, Vacancy]


@dataclass(frozen=True, slots=True)
class Merged:
    """A register after a reading, and the keys of what it did. relinked: the same facts with other links.

    kept: not in the feed as a posting, but named by a row that could not be read; left as they stood."""

    register: Register
    added: tuple[str, ...]
    updated: tuple[str, ...]
    reopened: tuple[str, ...]
    relinked: tuple[str, ...]
    closed: tuple[str, ...]
    unchanged: tuple[str, ...]
    kept: tuple[str, ...]


def merge(
    known: Register, read: Iterable[Vacancy], *, as_of: str = "", named_by_rejects: Collection[str] = ()
) -> Merged:
    """The register after a feed was read. read: what it holds, each key once. as_of: the ISO day of the reading.

    A vacancy closed before stays closed on its own day; one to be posted later closes on the day it was to open.
    Raises BadParameter if something closes and as_of is not given, or is before all postings of the feed: the date is
    a fact about the feed, and no clock knows when the feed was made."""
    held = {one.facts.key: one for one in read}
    listed = [key for key in sorted(known) if key not in held and not known[key].closed]
    kept = tuple(key for key in listed if key in set(named_by_rejects))
    closed = tuple(key for key in listed if key not in set(kept))
    if closed and not as_of:
        many = f"{len(closed)} vacancies are" if len(closed) > 1 else "1 vacancy is"
        raise BadParameter(
            f"{many} gone from the feed, such as {closed[0]}",
            where="--as-of",
            mend="give the day of the feed, --as-of YYYY-MM-DD: on that day they are closed",
        )
    first = min((one.facts.date_posted for one in held.values()), default="")
    if closed and as_of < first:
        raise BadParameter(
            f"the feed cannot be of {as_of}: all it holds was posted from {first} on",
            where="--as-of",
            mend="give the day on which the feed was made",
        )
    # A post that was announced for a later day and withdrawn before was never open.
    gone = {key: replace(known[key], closed=max(as_of, known[key].facts.date_posted)) for key in closed}
    after = dict(known) | held | gone
    changed: dict[str, list[str]] = {
        name: [] for name in ("added", "updated", "reopened", "relinked", "unchanged")
    }
    for key, one in sorted(held.items()):
        changed[_change(known.get(key), one)].append(key)
    return Merged(
        MappingProxyType({key: after[key] for key in sorted(after)}),
        closed=closed,
        kept=kept,
        **{name: tuple(keys) for name, keys in changed.items()},
    )


def _change(before: Vacancy | None, now: Vacancy) -> str:
    if before is None:
        return "added"
    if before.closed:
        return "reopened"
    if before.facts != now.facts:
        return "updated"
    return "unchanged" if before.links == now.links else "relinked"
