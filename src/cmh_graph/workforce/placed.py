"""Titles in teams -> their roles, each by how it came to it: decided, accepted, to review or none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal, Protocol, get_args

from cmh_graph.align.framework_labels import framework_labels
from cmh_graph.align.review.queue import wording
from cmh_graph.align.titles.title_parts import band_list
from cmh_graph.framework import Framework
from cmh_graph.workforce.extract import StaffRow

if TYPE_CHECKING:
    from cmh_graph.align.review.learn import Reviewed
    from cmh_graph.align.titles.aligner import Alignment, Post

#: How a title came to its role: decided by people; accepted by the matching, reviewed by nobody; to review; none.
Basis = Literal["decided", "accepted", "review", "none"]
BASES: Final[tuple[Basis, ...]] = get_args(Basis)
NO_BAND: Final = "not stated"
SEVERAL: Final = "several"


class Aligning(Protocol):
    """What gives titles their roles."""

    def align_all(self, posts: Iterable[Post]) -> Iterator[Alignment]:
        """The alignment of each post, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Placed:
    """A title in a team with its answer. role: key; empty where the basis is none."""

    team: str
    headcount: Decimal
    title: str
    band: str
    basis: Basis
    role: str
    why: str


def place(
    framework: Framework, rows: Iterable[StaffRow], decided: Sequence[Reviewed], aligner: Aligning | None
) -> Iterator[Placed]:
    sums: dict[tuple[str, str, str, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[row.title, row.band, row.team, row.employer_type] += row.headcount
    # Sorted, so that nothing that follows can depend on the order of rows.
    held = [(_post(*key), key[2], count) for key, count in sorted(sums.items()) if count]
    posts = sorted({post for post, _, _ in held})
    if aligner is None:
        from cmh_graph.align.titles.aligner import Aligner

        aligner = Aligner(framework_labels(framework.store))
    asked = aligner
    found = dict(zip(posts, asked.align_all(posts), strict=True)) if posts else {}
    people = _decisions(decided)
    for post, team, count in held:
        answer = found[post]
        named = band_list(post.band) or answer.parts.bands
        band = NO_BAND if not named else next(iter(named)) if len(named) == 1 else SEVERAL
        said = people.get(wording(post.title)) if people else None
        if said is not None and (not said or said in framework.roles):
            basis: Basis = "decided" if said else "none"
            why = "decided by people" if said else "people found no role for it"
            yield Placed(team, count, post.title, band, basis, said, why)
        else:
            zone: Basis = "accepted" if answer.zone == "accept" else answer.zone
            yield Placed(team, count, post.title, band, zone, answer.role, answer.why)


def _post(title: str, band: str, team: str, employer_type: str) -> Post:
    # It brings numbers and tables with it: whoever only names the view does without.
    from cmh_graph.align.titles.aligner import Post

    return Post(" ".join(title.split()), band, employer_type)


def _decisions(decided: Sequence[Reviewed]) -> dict[str, str]:
    """Wording -> the one role that people accepted, empty for none; wordings with several answers are left out."""
    answers: dict[str, set[frozenset[str]]] = defaultdict(set)
    for one in decided:
        answers[wording(one.title)].add(one.roles)
    return {
        words: "".join(next(iter(found)))
        for words, found in answers.items()
        if len(found) == 1 and len(next(iter(found))) <= 1
    }


def is_known(one: Placed) -> bool:
    return one.basis in ("decided", "accepted")
