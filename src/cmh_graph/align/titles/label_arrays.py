"""The labels of an index as arrays, so that whole blocks of titles are compared with them at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Sized
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cmh_graph.align.labels import BANDS
from cmh_graph.align.titles.label_index import Entry, LabelIndex
from cmh_graph.align.wording import NO_HEAD, Head, heads, stem

Numbers = NDArray[np.float64]
Places = NDArray[np.intp]
Flags = NDArray[np.bool_]

#: Kinds of label; of two that fit alike, the earlier kind goes first.
_KINDS = ("preferred", "reviewed", "title", "alternative")


def spread(starts: Places, which: Places) -> tuple[Places, Places]:
    """The elements of lists that lie end to end, for the lists asked for, one after another.

    starts: where each list starts, and the end. Answers with the place in `which` that each element belongs to,
    and where the element stands."""
    first = starts[which]
    lengths = starts[which + 1] - first
    whose = np.repeat(np.arange(len(which)), lengths)
    before = np.cumsum(lengths) - lengths
    return whose, np.arange(len(whose)) + np.repeat(first - before, lengths)


def _starts(lists: Iterable[Sized]) -> Places:
    return np.cumsum([0, *map(len, lists)], dtype=np.intp)


def sums(where: Places, numbers: Numbers, count: int) -> Numbers:
    """The sum of the numbers that belong to each of `count` places, added in order."""
    # For no numbers at all, bincount answers in integers.
    return np.bincount(where, numbers, count).astype(np.float64, copy=False)


def head_likeness(one: Head, other: Head) -> float:
    """1 same noun, .85 same kind, .5 near kinds, .3 if either has no head noun, otherwise 0."""
    if one is NO_HEAD or other is NO_HEAD:
        return 0.3
    if one.word == other.word:
        return 1.0
    if one.kind == other.kind:
        return 0.85
    return 0.5 if other.kind in one.near or one.kind in other.near else 0.0


def band_distance(title: Iterable[str], role: Iterable[str]) -> int:
    """Steps between the nearest two bands; 0 where either side has none."""
    ours = [BANDS.index(band) for band in title if band in BANDS]
    theirs = [BANDS.index(band) for band in role if band in BANDS]
    return min((abs(a - b) for a in ours for b in theirs), default=0)


def head_stem(head: Head) -> str:
    """The stem of the last word of a head noun."""
    return stem(head.word.rsplit(" ", 1)[-1])


class LabelArrays:
    """One place per label in each array, in the order of `index.entries`, unless it says otherwise."""

    def __init__(self, index: LabelIndex) -> None:
        entries = index.entries
        self.count = len(entries)
        #: stem -> its column in `holds`; the last column belongs to stems that no label has.
        self.column: Mapping[str, int] = {one: place for place, one in enumerate(index.stems)}
        self.unknown = len(self.column)
        self.rarity: Numbers = np.array([*(index.rarity(one) for one in index.stems), 0.0])
        self.holds: Flags = np.zeros((self.count, self.unknown + 1), dtype=np.bool_)
        weights = [{one: index.weight(entry, one) for one in sorted(entry.stems)} for entry in entries]
        own_heads = [head_stem(entry.head) for entry in entries]
        #: The same without the stems that stand in brackets.
        self.holds_bare: Flags = np.zeros_like(self.holds)
        for place, entry in enumerate(entries):
            self.holds[place, [self.column[one] for one in entry.stems]] = True
            self.holds_bare[place, [self.column[one] for one in entry.stems - entry.aside]] = True
        #: The stems of each label, their weights, and whether each is the stem of the head noun.
        self.stem_starts = _starts(weights)
        self.stem: Places = np.array([self.column[one] for held in weights for one in held], dtype=np.intp)
        self.weight: Numbers = np.array([weight for held in weights for weight in held.values()])
        self.is_head: Flags = np.array(
            [one == head for held, head in zip(weights, own_heads, strict=True) for one in held],
            dtype=np.bool_,
        )
        self.total: Numbers = np.array([sum(held.values()) for held in weights])
        telling = [_telling(held, head) for held, head in zip(weights, own_heads, strict=True)]
        self.has_telling: Flags = np.array([one != "" for one in telling])
        self.telling: Places = np.array([self.column.get(one, self.unknown) for one in telling])
        #: How many stems each label has, and how many of them stand outside brackets.
        self.size: Places = np.array([len(entry.stems) for entry in entries], dtype=np.intp)
        self.bare_size: Places = np.array(
            [len(entry.stems - entry.aside) for entry in entries], dtype=np.intp
        )
        self._heads(entries)
        self._bands(index)
        self._roles(entries)
        texts = {text: place for place, text in enumerate(index.texts)}
        #: The place of a label's text in `index.texts`: the same text, the same likeness.
        self.text: Places = np.array([texts[entry.text] for entry in entries], dtype=np.intp)

    def _heads(self, entries: Sequence[Entry]) -> None:
        every = {head.word: head for head in (NO_HEAD, *heads().values(), *(one.head for one in entries))}
        #: head noun -> its row in `likeness`, which holds how alike it is to the head noun of each label.
        self.head_row: Mapping[str, int] = {word: row for row, word in enumerate(every)}
        ours = {entry.head.word: entry.head for entry in entries}
        table = np.array([[head_likeness(one, other) for other in ours.values()] for one in every.values()])
        kinds = {word: place for place, word in enumerate(ours)}
        self.head_likeness: Numbers = table[:, [kinds[entry.head.word] for entry in entries]]
        self.has_head: Flags = np.array([entry.head.word != "" for entry in entries])
        rows = np.array([self.head_row[entry.head.word] for entry in entries])
        #: Whether a head noun (row) is that of a label (column).
        self.same_head: Flags = (np.arange(len(every))[:, None] == rows) & self.has_head
        self.leaves_registration_open: Flags = np.array([one.head.registered is None for one in entries])

    def _bands(self, index: LabelIndex) -> None:
        sets = [index.bands(entry.role) for entry in index.entries]
        self._band_sets = list(dict.fromkeys(sets))
        numbers = {one: place for place, one in enumerate(self._band_sets)}
        self._band_set: Places = np.array([numbers[one] for one in sets], dtype=np.intp)
        self._distances: dict[frozenset[str], NDArray[np.int64]] = {}

    def band_distances(self, bands: frozenset[str]) -> NDArray[np.int64]:
        """Steps between a title's bands and those of each label's role."""
        held = self._distances.get(bands)
        if held is None:
            steps = np.array([band_distance(bands, one) for one in self._band_sets], dtype=np.int64)
            held = self._distances[bands] = steps[self._band_set]
        return held

    def _roles(self, entries: Sequence[Entry]) -> None:
        targets = {one: place for place, one in enumerate(sorted({entry.role.target for entry in entries}))}
        keys = {one: place for place, one in enumerate(sorted({entry.role.key for entry in entries}))}
        self.targets = len(targets)
        self.target: Places = np.array([targets[entry.role.target] for entry in entries], dtype=np.intp)
        self.role: Places = np.array([keys[entry.role.key] for entry in entries], dtype=np.intp)
        self.registered: Flags = np.array([entry.role.registered for entry in entries])
        self.no_target: Flags = np.array([entry.role.rolls_up_to is None for entry in entries])
        self.general: Flags = np.array([entry.general for entry in entries])
        # Of two roles with one target, the narrower one says more about the title.
        broad = np.array([entry.role.rolls_up_to == entry.role.key for entry in entries])
        self.precedence: Places = 2 * np.array([_KINDS.index(one.label.kind) for one in entries]) + broad

    @cached_property
    def by_target(self) -> tuple[Places, Places]:
        """Places of labels in order of target, and where each target starts."""
        order = np.argsort(self.target, kind="stable")
        return order, np.searchsorted(self.target[order], np.arange(self.targets))

    @cached_property
    def holding(self) -> tuple[Places, Places]:
        """The labels that hold each stem, end to end, and where those of each start."""
        held = [np.flatnonzero(column) for column in self.holds[:, : self.unknown].T]
        # The last column, of stems that no label has, has none.
        return _starts([*held, ()]), np.concatenate(held)


def _telling(weights: Mapping[str, float], head: str) -> str:
    """The label's most telling word beside its head noun; none if it tells little."""
    found = max((one for one in weights if one != head), key=lambda one: weights[one], default="")
    return found if found and weights[found] >= 0.7 else ""
