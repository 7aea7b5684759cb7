"""Concepts that are tied to one another, but to nothing else in their scheme."""

from __future__ import annotations

from typing import Final

from cmh_graph.store import Store, text_of

_TIES: Final = """
SELECT ?scheme ?one ?other WHERE {
  ?one skos:broader|skos:narrower|skos:related|skos:broaderTransitive|skos:narrowerTransitive ?other ;
    skos:inScheme ?scheme .
  ?other skos:inScheme ?scheme .
  FILTER(?one != ?other)
}"""
_TOPS: Final = """
SELECT ?scheme ?one WHERE { ?scheme skos:hasTopConcept|^skos:topConceptOf ?one }"""


def clusters(store: Store) -> list[tuple[str, str]]:
    """dcc: (first concept of a cluster, its scheme) for each cluster of two or more that is cut off, sorted.

    A cluster is cut off if none of it is a top concept of the scheme, and it is not the whole of what is tied there.
    Being a top concept ties a cluster to its scheme: otherwise a scheme with two top concepts is always in pieces."""
    ties: dict[str, dict[str, set[str]]] = {}
    for row in store.select(_TIES):
        scheme, one, other = (text_of(row[name]) for name in ("scheme", "one", "other"))
        neighbours = ties.setdefault(scheme, {})
        neighbours.setdefault(one, set()).add(other)
        neighbours.setdefault(other, set()).add(one)
    tops: dict[str, set[str]] = {}
    for row in store.select(_TOPS):
        tops.setdefault(text_of(row["scheme"]), set()).add(text_of(row["one"]))
    found = []
    for scheme, neighbours in ties.items():
        groups = _groups(neighbours)
        if len(groups) < 2 and not tops.get(scheme):
            continue
        found += [(min(group), scheme) for group in groups if not group & tops.get(scheme, set())]
    return sorted(found)


def _groups(neighbours: dict[str, set[str]]) -> list[set[str]]:
    left, groups = set(neighbours), []
    while left:
        group, edge = set(), [min(left)]
        while edge:
            here = edge.pop()
            if here not in group:
                group.add(here)
                edge += neighbours[here]
        groups.append(group)
        left -= group
    return groups
