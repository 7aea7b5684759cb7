"""What a reading and a label have in common, and what parts them: readable features, for many pairs at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cmh_graph.align.titles.candidates import Pairs
from cmh_graph.align.titles.label_arrays import Flags, LabelArrays, Numbers, Places, spread, sums
from cmh_graph.align.titles.reading_arrays import ReadingArrays


class Features(NamedTuple):
    """What a reading and a label have in common, and what parts them. Each from 0 to 1 unless it says
    otherwise."""

    label_covered: float  # rarity-weighted share of the label's words found in the title
    title_covered: float  # rarity-weighted share of the title's own words found in the label
    head: float  # likeness of the head nouns
    exact: bool  # the same words
    keyword_missing: bool  # the label's most telling word is not in the title
    no_target: bool  # a role that is only for review, and not named exactly
    level_clash: bool  # one needs registration, the other does not
    band_distance: int  # steps between the nearest bands; 0 where either has none
    doubt: float  # what the reading loses for being unlikely
    missing: tuple[str, ...]  # the label's telling words that the title lacks
    unexplained_cost: float  # what the words without a match weigh, settings and grades aside
    unexplained: tuple[str, ...]  # the title's own telling words that the label lacks
    meaning: float = 0.0  # likeness of the title vectors, -1 to 1
    meaning_lead: float = 0.0  # lead in meaning over every other target; below 0 if another is nearer
    in_field: float = 0.0  # how much the title is like those of the framework's field, by its vector
    weak: bool = False  # the label names a post in any trade, and nothing says that this one is in care


@dataclass(frozen=True, slots=True)
class FeatureColumns:
    """The features of many pairs, one place per pair in each; what each means: Features.

    The two features that are words are left to those who show them."""

    label_covered: Numbers
    title_covered: Numbers
    head: Numbers
    exact: Flags
    keyword_missing: Flags
    no_target: Flags
    level_clash: Flags
    band_distance: Places
    doubt: Numbers
    unexplained_cost: Numbers
    meaning: Numbers
    meaning_lead: Numbers
    in_field: Numbers
    weak: Flags


#: From this likeness on, two head nouns are of one kind, or of near kinds.
SAME_KIND, NEAR_KIND = 0.85, 0.5
#: A stem of a title that costs more than this is a telling one.
TELLING_COST = 0.5


def compare(pairs: Pairs, readings: ReadingArrays, labels: LabelArrays, in_field: Numbers) -> FeatureColumns:
    """The features of pairs. in_field: of each reading."""
    reading, label = pairs.reading, pairs.label
    alike = labels.head_likeness[readings.head[reading], label]
    label_covered, telling_found = _label_side(pairs, readings, labels, alike)
    title_covered, unexplained_cost, same_words = _title_side(pairs, readings, labels, alike)
    exact = (alike >= SAME_KIND) & same_words
    registered = readings.registered[reading]
    return FeatureColumns(
        label_covered=label_covered,
        title_covered=title_covered,
        head=alike,
        exact=exact,
        keyword_missing=labels.has_telling[label] & (telling_found < 0.4),
        no_target=labels.no_target[label] & ~exact,
        level_clash=(registered >= 0)
        & (registered != labels.registered[label])
        & ~((registered == 1) & labels.leaves_registration_open[label]),
        band_distance=readings.band_distances[readings.bands[readings.title[reading]], label],
        doubt=readings.doubt[reading],
        unexplained_cost=unexplained_cost,
        meaning=pairs.meaning,
        meaning_lead=pairs.lead,
        in_field=in_field[reading],
        weak=labels.general[label] & ~readings.in_care[reading],
    )


def _label_side(
    pairs: Pairs, readings: ReadingArrays, labels: LabelArrays, alike: Numbers
) -> tuple[Numbers, Numbers]:
    """The share of each label that its reading covers, and how far the label's telling word is there."""
    pair, place = spread(labels.stem_starts, pairs.label)
    share = readings.share[pairs.reading[pair], labels.stem[place]]
    # Another noun of the same or a near kind stands in for the label's head noun.
    stands_in = (share == 0) & labels.is_head[place] & readings.has_head[pairs.reading[pair]]
    share = np.where(stands_in, alike[pair], share)
    found = sums(pair, labels.weight[place] * share, len(pairs.label))
    total = labels.total[pairs.label]
    covered = np.divide(found, total, out=np.zeros_like(found), where=total > 0)
    return covered, readings.share[pairs.reading, labels.telling[pairs.label]]


def _title_side(
    pairs: Pairs, readings: ReadingArrays, labels: LabelArrays, alike: Numbers
) -> tuple[Numbers, Numbers, Flags]:
    """The share of each reading that its label covers, what its words without a match weigh, and whether the
    two have the same words, with or without those that the label has in brackets."""
    count = len(pairs.label)
    pair, place = spread(readings.own_starts, pairs.reading)
    label, one = pairs.label[pair], readings.own[place]
    held = labels.holds[label, one]
    own = np.diff(readings.own_starts)[pairs.reading]
    in_whole = np.bincount(pair[held], minlength=count)
    in_bare = np.bincount(pair[labels.holds_bare[label, one]], minlength=count)
    same = ((in_whole == own) & (own == labels.size[pairs.label])) | (
        (in_bare == own) & (own == labels.bare_size[pairs.label])
    )
    pair, place, label = pair[~held], place[~held], label[~held]
    cost, is_head, kind = readings.own_cost[place], readings.own_is_head[place], alike[pair]
    kept = np.where(is_head & labels.has_head[label], 1 - kind, 1.0)
    lost = sums(pair, cost * readings.own_share[place] * kept, count)
    weight = readings.weight[pairs.reading]
    covered = 1 - np.divide(lost, weight, out=np.ones_like(lost), where=weight > 0)
    counts = (cost > TELLING_COST) & ~(is_head & (kind >= NEAR_KIND))
    return covered, sums(pair[counts], cost[counts], count), same
