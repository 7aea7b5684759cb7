"""The readings of a block of titles as arrays, beside those of the labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np

from cmh_graph.align.titles.label_arrays import Flags, LabelArrays, Numbers, Places, head_stem, sums
from cmh_graph.align.titles.label_index import FIELD, LabelIndex, field_stems
from cmh_graph.align.titles.readings import Reading
from cmh_graph.align.wording import Head, stem

#: How much it counts to find a label's stem in each part of a title.
IN_CORE, IN_TAIL, IN_SETTING, IN_DESCRIPTION = 1.0, 0.9, 0.7, 0.4
#: How much of its cost a word after the head noun has, where no label's word explains it.
TAIL_COST = 0.6


class ReadTitle(NamedTuple):
    """A title as read. said: stems of its description; in_care: description or employer name care."""

    readings: Sequence[Reading]
    bands: frozenset[str] = frozenset()
    said: frozenset[str] = frozenset()
    in_care: bool = False


@dataclass(frozen=True, slots=True)
class _Part:
    """The words of one part of all readings, end to end: whose each is, and which word of the block."""

    reading: Places
    word: Places


class _BlockWords:
    """The different words of a block and what is known of each, in order of the alphabet.

    The order makes every sum go the same way, whatever other titles are in the block."""

    def __init__(self, readings: Sequence[Reading], index: LabelIndex, labels: LabelArrays) -> None:
        parts = chain.from_iterable((one.core, one.tail, one.setting) for one in readings)
        words = sorted(set(chain.from_iterable(parts)))
        self._place = {word: place for place, word in enumerate(words)}
        stems = sorted({stem(word) for word in words})
        self._stem_place = {one: place for place, one in enumerate(stems)}
        self.count, self.stems = len(words), len(stems)
        #: Of each word: its stem. Of each stem: its column in the labels' arrays, what it costs to leave it
        #: without a match, and whether it speaks of care.
        self.stem: Places = np.array([self._stem_place[stem(word)] for word in words], dtype=np.intp)
        self.column: Places = np.array(
            [labels.column.get(one, labels.unknown) for one in stems], dtype=np.intp
        )
        self.cost: Numbers = np.array([index.unexplained(one) for one in stems], dtype=np.float64)
        self.of_care: Flags = np.array([one in field_stems() for one in stems], dtype=np.bool_)

    def part(self, phrases: Sequence[Sequence[str]]) -> _Part:
        lengths = np.fromiter(map(len, phrases), dtype=np.intp, count=len(phrases))
        words = map(self._place.__getitem__, chain.from_iterable(phrases))
        whose = np.repeat(np.arange(len(phrases)), lengths)
        return _Part(whose, np.fromiter(words, dtype=np.intp, count=len(whose)))

    def stem_of(self, head: Head) -> int:
        """The place of a head noun's stem; -1 if it is not among the words."""
        return self._stem_place.get(head_stem(head), -1)


class ReadingArrays:
    """One place per reading in each array, title by title, unless it says otherwise."""

    def __init__(self, titles: Sequence[ReadTitle], index: LabelIndex, labels: LabelArrays) -> None:
        self.readings: list[Reading] = [reading for title in titles for reading in title.readings]
        readings = self.readings
        counts = [len(title.readings) for title in titles]
        self.count = len(readings)
        #: The place of each reading's title, and how many readings come before each title's first.
        self.title: Places = np.repeat(np.arange(len(titles)), counts)
        self.before: Places = np.cumsum([0, *counts], dtype=np.intp)
        words = _BlockWords(readings, index, labels)
        core = words.part([one.core for one in readings])
        tail = words.part([one.tail for one in readings])
        setting = words.part([one.setting for one in readings])
        self._shares(titles, words, core, tail, setting, labels)
        self._asked(words, core, tail, setting)
        self._own(words, core, tail)
        self.head: Places = np.array([labels.head_row[one.head.word] for one in readings], dtype=np.intp)
        self.has_head: Flags = np.array([one.head.word != "" for one in readings], dtype=np.bool_)
        #: 1 registered, 0 not, -1 where the words do not say.
        self.registered: Places = np.array([_registered(one) for one in readings], dtype=np.intp)
        self.doubt: Numbers = np.array([one.doubt for one in readings], dtype=np.float64)
        self.in_care: Flags = np.repeat(np.array([title.in_care for title in titles], dtype=np.bool_), counts)
        for part in (core, tail, setting):
            self.in_care[part.reading[words.of_care[words.stem[part.word]]]] = True
        sets = {bands: place for place, bands in enumerate(dict.fromkeys(title.bands for title in titles))}
        #: The row of `band_distances` that holds for each title.
        self.bands: Places = np.array([sets[title.bands] for title in titles], dtype=np.intp)
        self.band_distances = np.stack([labels.band_distances(bands) for bands in sets])
        #: The words that a title's two vectors are made of: those that speak for the post, and all of them.
        self.telling = [telling_words(one) for one in readings]
        self.everything = [(*one.text.split(), *one.setting) for one in readings]

    def _shares(
        self,
        titles: Sequence[ReadTitle],
        words: _BlockWords,
        core: _Part,
        tail: _Part,
        setting: _Part,
        labels: LabelArrays,
    ) -> None:
        #: How much finding a label's stem (column) in a reading (row) counts; 0 where it is not there.
        self.share: Numbers = np.zeros((self.count, labels.unknown + 1))
        for place, title in enumerate(titles):
            if title.said:
                said = [labels.column[one] for one in title.said if one in labels.column]
                self.share[self.before[place] : self.before[place + 1], said] = IN_DESCRIPTION
        # A stem that is in two parts counts as in the more telling one.
        for part, counts in ((setting, IN_SETTING), (tail, IN_TAIL), (core, IN_CORE)):
            self.share[part.reading, words.column[words.stem[part.word]]] = counts

    def _asked(self, words: _BlockWords, *parts: _Part) -> None:
        """The different words of each reading, as columns of the labels' arrays."""
        where = np.concatenate([part.reading * words.count + part.word for part in parts])
        reading, word = np.divmod(np.unique(where), max(words.count, 1))
        self.asked_by: Places = reading
        self.asked: Places = words.column[words.stem[word]]

    def _own(self, words: _BlockWords, core: _Part, tail: _Part) -> None:
        """The stems that labels should explain: reading by reading, with cost, share of it, and if a head's."""
        in_core = np.unique(core.reading * words.stems + words.stem[core.word])
        in_tail = np.setdiff1d(tail.reading * words.stems + words.stem[tail.word], in_core)
        where = np.concatenate([in_core, in_tail])
        order = np.argsort(where, kind="stable")
        reading, one = np.divmod(where[order], max(words.stems, 1))
        self.own_starts: Places = np.searchsorted(reading, np.arange(self.count + 1))
        self.own: Places = words.column[one]
        self.own_cost: Numbers = words.cost[one]
        self.own_share: Numbers = np.where(order < len(in_core), 1.0, TAIL_COST)
        # By their words: to look a whole noun up takes ten times as long.
        heads = {one.head.word: one.head for one in self.readings}
        stems = {word: words.stem_of(head) for word, head in heads.items()}
        self.own_is_head: Flags = (
            one == np.array([stems[one.head.word] for one in self.readings], np.intp)[reading]
        )
        self.weight: Numbers = sums(reading, self.own_cost * self.own_share, self.count)


def _registered(reading: Reading) -> int:
    held = reading.registered
    return -1 if held is None else int(held)


def telling_words(reading: Reading) -> tuple[str, ...]:
    """The words that speak for the post itself.

    What follows a preposition or stands in brackets is another's post: it tells the field only."""
    own = (*reading.core, *reading.tail)
    if FIELD.isdisjoint(reading.setting):
        return own
    return (*(word for word in reading.setting if word in FIELD and word not in own), *own)


def words_left(
    reading: Reading, of_label: frozenset[str], index: LabelIndex, least: float
) -> tuple[str, ...]:
    """The stems of a reading's own words that a label lacks and that cost more than `least`, in order."""
    left = {stem(word) for word in (*reading.core, *reading.tail)} - of_label
    return tuple(sorted(one for one in left if index.unexplained(one) > least))


def stems_of(reading: Reading) -> set[str]:
    """The stems of every word of a reading but the joining ones."""
    return {stem(word) for word in (*reading.core, *reading.tail, *reading.setting)}
