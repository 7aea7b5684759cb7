"""Titles outside the framework that mean the same, by the title vectors and word by word.

The vectors alone would put music therapists with drama therapists. So every word that only one of two titles has
must have a near word in the other, and what sets posts apart must agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import numpy as np

from cmh_graph.align.catalogues.forms import TitleForm
from cmh_graph.align.titles.vectors import Vectors, title_vectors

#: Least likeness of two whole titles, and of two words that stand for each other. Chosen by eye on the NHS role names
#: and the mixed titles, where lower limits began to join different work.
WHOLE: Final = 0.9
WORD: Final = 0.75
#: Most titles of one level and noun that are compared each with each; a longer list is left as it is.
MOST_COMPARED: Final = 4000


def alike_in_meaning(titles: Sequence[TitleForm]) -> list[list[int]]:
    """Places of titles that mean the same, each place in exactly one list, in order of the first of each.

    A title joins only if it is alike to all that are there already, so no chain leads from trade to trade."""
    buckets: dict[object, list[int]] = defaultdict(list)
    for place, one in enumerate(titles):
        kind = one.kind
        key = (one.head, kind.levels, kind.registered, kind.served, kind.professions)
        buckets[key if one.named and one.head else ("apart", place)].append(place)
    clusters: list[list[int]] = []
    for places in buckets.values():
        if len(places) == 1 or len(places) > MOST_COMPARED:
            clusters += [[place] for place in places]
            continue
        # In an order of their own, so that the order of the list changes no group.
        places.sort(key=lambda place: (titles[place].words, titles[place].title))
        vectors = title_vectors().of(" ".join(titles[place].words) for place in places)
        near = vectors @ vectors.T >= WHOLE
        open_clusters: list[list[int]] = []
        cluster_of: list[int] = []
        for n, place in enumerate(places):
            # Only clusters that hold a near title are worth a look.
            for at in sorted({cluster_of[m] for m in np.flatnonzero(near[n, :n])}):
                cluster = open_clusters[at]
                if all(near[n, m] and _words_meet(titles[place], titles[places[m]]) for m in cluster):
                    cluster.append(n)
                    cluster_of.append(at)
                    break
            else:
                cluster_of.append(len(open_clusters))
                open_clusters.append([n])
        clusters += [sorted(places[n] for n in cluster) for cluster in open_clusters]
    return sorted(clusters)


def _words_meet(one: TitleForm, other: TitleForm) -> bool:
    """Whether each word that only one title has stands near a word of the other."""
    mine = [word for word in dict.fromkeys(one.words) if word not in other.words]
    theirs = [word for word in dict.fromkeys(other.words) if word not in one.words]
    if not mine or not theirs:
        # One says more than the other: 'support worker' and 'family support worker' are two posts.
        return False
    likeness: Vectors = title_vectors().of(mine) @ title_vectors().of(theirs).T
    return bool(np.all(likeness.max(axis=1) >= WORD) and np.all(likeness.max(axis=0) >= WORD))
