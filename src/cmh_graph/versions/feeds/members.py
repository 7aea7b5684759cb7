"""A release -> what it changed, as version objects: each changed thing with its whole state.

Who holds the last member of every thing, deletions left out, holds the statements of the release. Those of the derived
graph are no part of it, and the names of graphs are set aside.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Final, Literal
from urllib.parse import quote

from cmh_graph.namespaces import BASE, GRAPH, GRAPH_DERIVED
from cmh_graph.store import BlankNode, NamedNode, Quad, Triple, graph_of, parse_nquads
from cmh_graph.versions.content import ONTOLOGY
from cmh_graph.versions.facts import facts_of
from cmh_graph.versions.releases import Releases
from cmh_graph.versions.semver import read_version

Event = Literal["Create", "Update", "Delete"]
#: Members of so many releases are remembered: the first takes 6 MB, later ones hold only what changed.
_REMEMBERED: Final = 4


@dataclass(frozen=True, slots=True)
class Member:
    """One thing as one release has it.

    iri: of this version object. position: its place in the stream of all releases; grows, with gaps.
    lines: the statements about the thing as N-Triples, blank nodes that it points to included; "" if it is gone."""

    iri: str
    thing: str
    event: Event
    position: int
    lines: str


class Members:
    """The members of every release, remembered for the few asked for last."""

    def __init__(self, releases: Releases) -> None:
        self.releases: Final = releases
        self._lock: Final = Lock()
        self._remembered: Final = lru_cache(maxsize=_REMEMBERED)(self._members)

    def of(self, version: str) -> tuple[Member, ...]:
        """The members of a release, sorted by thing. Raises UnknownThing, SourceError."""
        with self._lock:
            return self._remembered(version)

    def _members(self, version: str) -> tuple[Member, ...]:
        previous = self.releases.release(version).previous
        before = states(parse_nquads(self.releases.graph(previous))) if previous else {}
        after = states(parse_nquads(self.releases.graph(version)))
        number = read_version(version)
        first = ((number.major * 1000 + number.minor) * 1000 + number.patch) * 1_000_000
        changed = [
            thing for thing in sorted({*before, *after}) if _differ(before.get(thing), after.get(thing))
        ]
        return tuple(
            Member(
                member_iri(version, thing),
                thing,
                "Delete" if thing not in after else "Update" if thing in before else "Create",
                first + place,
                "".join(sorted(f"{triple} .\n" for triple in after.get(thing, ()))),
            )
            for place, thing in enumerate(changed)
        )


def member_iri(version: str, thing: str) -> str:
    """The IRI of a thing as a release has it, by release and thing alone."""
    return f"{GRAPH}release/{version}/{quote(thing.removeprefix(BASE), safe='/')}"


def states(quads: Iterable[Quad]) -> dict[str, tuple[Triple, ...]]:
    """Thing -> what is stated about it, each statement once.

    A blank node goes with every thing that it can be reached from; one that nothing leads to with the ontology, as
    axioms without a name do. Blank nodes in a circle stay together, with those that lead to it."""
    about: dict[str, list[Triple]] = defaultdict(list)
    blank: dict[str, list[Triple]] = defaultdict(list)
    for triple in dict.fromkeys(quad.triple for quad in quads if graph_of(quad) != GRAPH_DERIVED):
        if isinstance(triple.subject, BlankNode):
            blank[triple.subject.value].append(triple)
        elif isinstance(triple.subject, NamedNode):
            about[triple.subject.value].append(triple)
    together = _together({name: _targets(said) & blank.keys() for name, said in blank.items()})
    reached: set[str] = set()
    for said in about.values():
        found = _reached_from(_targets(said), blank, together)
        reached |= found
        said += [triple for name in sorted(found) for triple in blank[name]]
    left = _reached_from(blank.keys() - reached, blank, together)
    if left:
        held = set(about[ONTOLOGY])
        about[ONTOLOGY] += [t for name in sorted(left) for t in blank[name] if t not in held]
    return {thing: tuple(said) for thing, said in about.items()}


def _targets(said: Iterable[Triple]) -> set[str]:
    """The blank nodes that some statements point to."""
    return {triple.object.value for triple in said if isinstance(triple.object, BlankNode)}


def _reached_from(
    start: Iterable[str], blank: Mapping[str, list[Triple]], together: Mapping[str, frozenset[str]]
) -> set[str]:
    """The blank nodes that some lead to, themselves included, of those that say anything."""
    found: set[str] = set()
    ahead = set(start)
    while ahead:
        name = ahead.pop()
        if name in blank and name not in found:
            found.add(name)
            ahead |= _targets(blank[name]) | together.get(name, frozenset())
    return found


def _together(links: Mapping[str, Set[str]]) -> dict[str, frozenset[str]]:
    """Node -> all nodes that hang together with it, of those that lead to a circle: only together can they be told."""
    back: dict[str, set[str]] = defaultdict(set)
    for name, targets in links.items():
        for target in targets:
            back[target].add(name)
    waiting = {name: len(targets) for name, targets in links.items()}
    ready = [name for name, count in waiting.items() if not count]
    while ready:
        for name in back[ready.pop()]:
            waiting[name] -= 1
            if not waiting[name]:
                ready.append(name)
    left = {name for name, count in waiting.items() if count}
    found: dict[str, frozenset[str]] = {}
    for name in left:
        if name in found:
            continue
        group, ahead = {name}, [name]
        while ahead:
            one = ahead.pop()
            beside = ((links[one] | back[one]) & left) - group
            group |= beside
            ahead += beside
        found |= dict.fromkeys(group, frozenset(group))
    return found


def _differ(before: tuple[Triple, ...] | None, after: tuple[Triple, ...] | None) -> bool:
    if before is None or after is None or before == after:
        return before != after
    if set(before) == set(after):
        return False
    # Blank nodes may have other names in another release.
    graph = NamedNode(ONTOLOGY)
    left, right = (
        facts_of(Quad(t.subject, t.predicate, t.object, graph) for t in side) for side in (before, after)
    )
    return left.statements != right.statements
