"""Finds the labels worth scoring for a reading: those that share its rarer words, or are near in meaning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz, process

from cmh_graph.align.titles.label_arrays import Flags, LabelArrays, Numbers, Places, spread, sums
from cmh_graph.align.titles.label_index import LabelIndex
from cmh_graph.align.titles.reading_arrays import ReadingArrays
from cmh_graph.align.titles.vectors import Vectors

#: How many labels share words with a reading at most, and how many more are nearest in meaning.
MOST, NEAREST = 16, 8
#: What the same head noun adds to the rarities of the words in common.
_SAME_HEAD = 0.2
#: Sums of the same rarities in another order differ in their last bits: the label that stands earlier goes first.
_EARLIER = 1e-12


@dataclass(frozen=True, slots=True)
class Pairs:
    """Readings beside labels worth scoring, in order of reading, then of label: one place per pair.

    meaning: likeness of the vectors, -1 to 1; lead: over the nearest label of any other target."""

    reading: Places
    label: Places
    meaning: Numbers
    lead: Numbers


@dataclass(frozen=True, slots=True)
class Meanings:
    """What readings mean. vectors: a row for each different one; row: which of them each reading has."""

    vectors: Vectors
    row: Places


def find_pairs(
    readings: ReadingArrays, index: LabelIndex, labels: LabelArrays, meanings: Meanings | None
) -> Pairs:
    """At most MOST labels that share the most telling words and the NEAREST in meaning, for each reading.

    Without meanings, meaning counts 0 and likeness of spelling helps out."""
    shared = _shared(readings, labels)
    if meanings is None:
        _add_alike(shared, readings, index)
    wanted = shared > 0
    many = np.flatnonzero(np.count_nonzero(wanted, axis=1) > MOST)
    wanted[many] &= _most(shared[many] - np.arange(labels.count) * _EARLIER, MOST)
    if meanings is None:
        reading, label = np.nonzero(wanted)
        nothing = np.zeros(len(reading))
        return Pairs(reading, label, nothing, nothing)
    near = np.take(index.meanings.likeness(meanings.vectors), labels.text, axis=1)
    wanted |= _most(near, NEAREST)[meanings.row]
    reading, label = np.nonzero(wanted)
    row = meanings.row[reading]
    meaning = near[row, label]
    lead = meaning - _rival(near, labels, row, label)
    return Pairs(reading, label, meaning.astype(np.float64), lead.astype(np.float64))


def _shared(readings: ReadingArrays, labels: LabelArrays) -> Numbers:
    """The rarities of the words that a reading (row) shares with a label (column), added up."""
    starts, places = labels.holding
    word, where = spread(starts, readings.asked)
    cells = readings.asked_by[word] * labels.count + places[where]
    size = readings.count * labels.count
    shared = sums(cells, labels.rarity[readings.asked][word], size).reshape(readings.count, labels.count)
    return shared + _SAME_HEAD * labels.same_head[readings.head]


def _add_alike(shared: Numbers, readings: ReadingArrays, index: LabelIndex) -> None:
    """Where few labels share a word, those that are spelt alike."""
    texts = [entry.text for entry in index.entries]
    for place in np.flatnonzero((shared > 0).sum(axis=1) < 5):
        core = " ".join(readings.readings[place].core)
        for _, alike, label in process.extract(core, texts, scorer=fuzz.WRatio, limit=10):
            shared[place, label] += alike / 1000


def _most(worth: Numbers | Vectors, most: int) -> Flags:
    """The labels (columns) that are worth the most to each reading (row)."""
    count = worth.shape[1]
    if count <= most:
        return np.ones(worth.shape, dtype=np.bool_)
    least = np.partition(worth, count - most, axis=1)[:, count - most, None]
    found: Flags = np.greater_equal(worth, least)
    # Where labels are level, the one that stands earlier in the list goes first.
    for row in np.flatnonzero(np.count_nonzero(found, axis=1) > most):
        level = np.flatnonzero(worth[row] == least[row])
        found[row, level[most - np.count_nonzero(found[row]) :]] = False
    return found


def _rival(near: Vectors, labels: LabelArrays, row: Places, label: Places) -> Vectors:
    """For each pair of a row of `near` and a label, the likeness of the nearest label of any other target; 0 if
    there is no other."""
    order, starts = labels.by_target
    best = np.maximum.reduceat(near[:, order], starts, axis=1)
    rows = np.arange(len(best))
    first = best.argmax(axis=1)
    highest = best[rows, first]
    if labels.targets > 1:
        best[rows, first] = -np.inf
        second = best.max(axis=1)
    else:
        second = np.zeros_like(highest)
    found: Vectors = np.where(labels.target[label] == first[row], second[row], highest[row])
    return found
