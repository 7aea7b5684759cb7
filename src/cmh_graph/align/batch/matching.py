"""Different posts -> their candidates. The matcher is made once in each process and kept."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

from cmh_graph.align.batch.columns import CANDIDATES
from cmh_graph.align.batch.reading import Columns
from cmh_graph.align.labels import unpacked
from cmh_graph.align.titles.aligner import Aligner, Alignment, Post


def candidates_of(posts: Columns, labels: bytes, top: int) -> Columns:
    """The candidates of some posts (columns.POSTS), in their order: name of a column -> its values.

    labels: as align.labels.packed made them. The answer to a post does not depend on the others."""
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
    made = Aligner(unpacked(labels), top=top, repeats=False)
    let_the_collector_rest()
    return made


def let_the_collector_rest() -> None:
    """For a process that does nothing but match. What it has made stays to its end, and answers hold no circles,
    so looking for garbage at every turn costs a tenth of the time and finds none."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
