"""Different posts -> their candidates. The matcher is made once in each process and kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Any, Final

from cmh_graph.align.batch.columns import CANDIDATES
from cmh_graph.align.batch.reading import Columns
from cmh_graph.align.labels import RoleFacts, RoleLabel, RoleLabels
from cmh_graph.align.titles.aligner import Aligner, Alignment, Post


def packed(labels: RoleLabels) -> bytes:
    """Labels as they are sent to other processes: the same labels give the same bytes."""
    facts = [{**asdict(one), "bands": sorted(one.bands)} for one in labels.facts.values()]
    return json.dumps({"labels": [asdict(one) for one in labels.labels], "facts": facts}).encode()


def candidates_of(posts: Columns, labels: bytes, top: int) -> Columns:
    """The candidates of some posts (columns.POSTS), in their order: name of a column -> its values.

    labels: as packed made them. The answer to a post does not depend on the others."""
    aligner = _aligner(labels, top)
    names: Sequence[str] = posts["post"]
    asked = [
        Post(*one) for one in zip(posts["title"], posts["band"], posts["setting"], posts["description"], strict=True)
    ]  # fmt: skip
    made: dict[str, list[Any]] = {name: [] for name in CANDIDATES}
    for name, post, found in zip(names, asked, aligner.align_all(asked), strict=True):
        for line in _lines(found):
            for column, value in zip(
                _NAMES, (name, post.title, post.band, post.employer_type, *line), strict=True
            ):
                made[column].append(value)
    return made


_NAMES: Final = tuple(CANDIDATES)


def _lines(found: Alignment) -> Iterator[tuple[int, str, str, float, str, str]]:
    if not found.candidates:
        yield 0, "", "", round(found.confidence, 3), "none", found.why
    for one in found.candidates:
        yield one.rank, one.role, one.rolls_up_to, round(one.confidence, 3), one.zone, one.why


@lru_cache(maxsize=1)
def _aligner(labels: bytes, top: int) -> Aligner:
    told = json.loads(labels)
    facts = [RoleFacts(**{**one, "bands": frozenset(one["bands"])}) for one in told["facts"]]
    return Aligner(RoleLabels([RoleLabel(**one) for one in told["labels"]], facts), top=top)
