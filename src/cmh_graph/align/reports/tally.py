"""What the report of an alignment lists, gathered title by title while the rows go by, in bounded memory."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TypeVar

from cmh_graph.align.labels import RoleLabels
from cmh_graph.align.report import (
    MOST_LISTED,
    AcceptedRole,
    AcceptedTitle,
    AlignmentSummary,
    Choice,
    ReviewTitle,
)
from cmh_graph.align.tables import TitleRow
from cmh_graph.align.titles.aligner import Alignment, Candidate

_Title = TypeVar("_Title", AcceptedTitle, ReviewTitle)
_Key = TypeVar("_Key")


@dataclass(slots=True)
class Tally:
    """Counts every title and keeps the first MOST_LISTED of each kind, capitals aside."""

    labels: RoleLabels
    _accepted: dict[tuple[str, str], AcceptedTitle] = field(default_factory=dict)
    _review: dict[str, ReviewTitle] = field(default_factory=dict)
    _rows: Counter[str] = field(default_factory=Counter)
    _decided: dict[str, int] = field(default_factory=lambda: {"accept": 0, "review": 0, "none": 0})
    _seen: dict[str, set[int]] = field(default_factory=lambda: {"accept": set(), "review": set()})

    def add(self, row: TitleRow, found: Alignment, *, decided: bool = False) -> None:
        """Take one row's answer in. decided: people answered it earlier, so it is only counted. Titles without a role
        are listed by the caller."""
        if decided:
            self._decided[found.zone] += 1
            return
        if not found.candidates:
            return
        best, title = found.candidates[0], row.title.casefold()
        if found.zone == "accept":
            self._rows[best.role] += 1
            self._seen["accept"].add(hash((best.role, title)))
            one = AcceptedTitle(row.title, row.row, 1, round(best.confidence, 3), best.why, _inferred(best))
            _keep(self._accepted, (best.role, title), one)
        else:
            self._seen["review"].add(hash(title))
            choices = tuple(
                Choice(
                    one.role, self.labels.name(one.role), round(one.confidence, 3), one.why, _inferred(one)
                )
                for one in found.candidates
                if one.zone != "none"
            )
            _keep(self._review, title, ReviewTitle(row.title, row.row, 1, found.decision.doubts, choices))

    def added_to(self, summary: AlignmentSummary) -> AlignmentSummary:
        """The summary with the titles: roles by label, titles of most rows first."""
        by_role: dict[str, list[AcceptedTitle]] = {role: [] for role in self._rows}
        for (role, _), one in self._accepted.items():
            by_role[role].append(one)
        roles = (
            AcceptedRole(
                role, self.labels.name(role), self._rows[role], tuple(sorted(titles, key=_most_rows))
            )
            for role, titles in by_role.items()
        )
        return replace(
            summary,
            accepted=tuple(sorted(roles, key=lambda one: (one.label.casefold(), one.role))),
            accepted_titles=len(self._seen["accept"]),
            to_review=tuple(sorted(self._review.values(), key=_most_rows)),
            review_titles=len(self._seen["review"]),
            decided=dict(self._decided),
        )


def _keep(held: dict[_Key, _Title], key: _Key, one: _Title) -> None:
    before = held.get(key)
    if before is not None:
        held[key] = replace(before, rows=before.rows + 1)
    elif len(held) < MOST_LISTED:
        held[key] = one


def _most_rows(one: AcceptedTitle | ReviewTitle) -> tuple[int, int]:
    return -one.rows, one.first_row


def _inferred(one: Candidate) -> bool:
    """Whether the name that matched is one that we gave the role by our own judgement."""
    return one.scored.entry.label.source == "inferred"
