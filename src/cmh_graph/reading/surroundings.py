"""What is around every thing of a store, each kind of it made once, when it is first asked for.

The same as Around gives for a store on disk, for stores whose things have all been read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType

from cmh_graph.model import Key, Requirement, Role, Step
from cmh_graph.namespaces import BASE, PREFIXES
from cmh_graph.reading.describing import POINTERS
from cmh_graph.store import Literal, NamedNode, Store, Triple


class Surroundings:
    """The surroundings of the things of one store.

    graphs: those to look in. roles, steps: the things that are given."""

    def __init__(
        self, store: Store, graphs: Sequence[str], roles: Mapping[Key, Role], steps: Mapping[Key, Step]
    ) -> None:
        self._store, self._graphs = store, graphs
        self._roles, self._all_steps = roles, steps

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """IRI -> label."""
        found: dict[str, str] = {}
        for graph in self._graphs:
            for quad in self._store.find(None, NamedNode(PREFIXES["skos"] + "prefLabel"), None, graph):
                if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal):
                    found.setdefault(quad.subject.value, quad.object.value)
        return MappingProxyType(found)

    @cached_property
    def described(self) -> Mapping[str, tuple[Triple, ...]]:
        """IRI of ours -> the triples stated of it."""
        found: dict[str, list[Triple]] = {}
        for graph in self._graphs:
            for quad in self._store.quads(graph):
                if isinstance(quad.subject, NamedNode) and quad.subject.value.startswith(BASE):
                    found.setdefault(quad.subject.value, []).append(quad.triple)
        return {iri: tuple(triples) for iri, triples in found.items()}

    @cached_property
    def pointing(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """Property and IRI -> the IRIs that point to it."""
        found: dict[tuple[str, str], list[str]] = {}
        for iri, triples in self.described.items():
            for triple in triples:
                if triple.predicate.value in POINTERS and isinstance(triple.object, NamedNode):
                    found.setdefault((triple.predicate.value, triple.object.value), []).append(iri)
        return {pair: tuple(iris) for pair, iris in found.items()}

    @cached_property
    def steps(self) -> Mapping[tuple[str, Key], tuple[Step, ...]]:
        """ "from" or "to", and the key of a role -> the steps there."""
        found: dict[tuple[str, Key], list[Step]] = {}
        for step in self._all_steps.values():
            for end, place in (("from", step.from_position), ("to", step.to_position)):
                if place.kind == "role":
                    found.setdefault((end, place.key), []).append(step)
        return {end: tuple(steps) for end, steps in found.items()}

    @cached_property
    def asking(self) -> Mapping[tuple[str, Key], tuple[tuple[Role, Requirement], ...]]:
        """Kind and key of what is asked for -> the roles that do, each with its requirement."""
        found: dict[tuple[str, Key], list[tuple[Role, Requirement]]] = {}
        for role in self._roles.values():
            for need in role.requirements:
                for member in (need, *need.any_of):
                    if member.asks_for is not None and member.kind != "none-required":
                        asked = (member.asks_for.kind, member.asks_for.key)
                        found.setdefault(asked, []).append((role, member))
        return {asked: tuple(pairs) for asked, pairs in found.items()}
