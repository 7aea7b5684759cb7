"""Finds the labels worth scoring for a reading: those that share its rarer words, or are near in meaning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from cmh_graph.align.titles.label_arrays import LabelArrays, Numbers, Places, spread, sums
from cmh_graph.align.titles.label_index import LabelIndex
from cmh_graph.align.titles.reading_arrays import ReadingArrays
from cmh_graph.align.titles.vectors import Vectors

#: How many labels share words with a reading at most, and how many more are nearest in meaning.
MOST, NEAREST = 16, 8
#: What the same head noun adds to the rarities of the words in common.
_SAME_HEAD = 0.2
#: Where labels are level, the one that stands earlier in the list goes first.
_EARLIER = 1e-12


@dataclass(frozen=True, slots=True)
class Pairs:
    """Readings beside labels worth scoring, in order of reading, then of label: one place per pair.

    meaning: likeness of the vectors, -1 to 1; lead: over the nearest label of any other target."""

    reading: Places
    label: Places
    meaning: Numbers
    lead: Numbers


def find_pairs(
    readings: ReadingArrays, index: LabelIndex, labels: LabelArrays, vectors: Vectors | None
) -> Pairs:
    """At most MOST labels that share the most telling words and the NEAREST in meaning, for each reading.

    vectors: one row per reading; without them, meaning counts 0 and likeness of spelling helps out."""
    shared = _shared(readings, labels)
    if vectors is None:
        _add_alike(shared, readings, index)
    wanted = np.zeros(shared.shape, dtype=np.bool_)
    _want(wanted, shared, MOST)
    wanted &= shared > 0
    near = None
    if vectors is not None:
        near = index.meanings.likeness(vectors)[:, labels.text]
        _want(wanted, near, NEAREST)
    reading, label = np.nonzero(wanted)
    if near is None:
        nothing = np.zeros(len(reading))
        return Pairs(reading, label, nothing, nothing)
    meaning = near[reading, label]
    lead = meaning - _rival(near, labels, reading, label)
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


def _want(wanted: NDArray[np.bool_], worth: Numbers | Vectors, most: int) -> None:
    """Mark the labels (columns) that are worth the most to each reading (row)."""
    count = worth.shape[1]
    if count <= most:
        wanted[:] = True
        return
    ordered = worth - np.arange(count) * _EARLIER
    best = np.argpartition(ordered, count - most, axis=1)[:, count - most :]
    np.put_along_axis(wanted, best, values=True, axis=1)


def _rival(near: Vectors, labels: LabelArrays, reading: Places, label: Places) -> Vectors:
    """For each pair, the likeness of the nearest label of any other target; 0 if there is no other."""
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
    found: Vectors = np.where(labels.target[label] == first[reading], second[reading], highest[reading])
    return found
