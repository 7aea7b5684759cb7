"""What is around a thing of a store on disk: what is stated of it, what points to it, its steps, who asks for it.

Each is looked up when it is asked for, and gives what a framework in memory has made beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

from cmh_graph.errors import NotInThisStore
from cmh_graph.model import Key, Requirement, Role, Step
from cmh_graph.namespaces import BASE, CMH, PREFIXES, key_of
from cmh_graph.reading.asked import MOST_LISTED, Kept
from cmh_graph.store import Literal, NamedNode, Store, Triple, node_of

_KEPT = 2_000


class Around:
    """The surroundings of the things of one store.

    graphs: those to look in. roles, steps: the things that are given. most: what points to a thing is listed up to so
    many; None: all of it."""

    def __init__(
        self,
        store: Store,
        graphs: Sequence[str],
        roles: Mapping[Key, Role],
        steps: Mapping[Key, Step],
        most: int | None = MOST_LISTED,
    ) -> None:
        self._store, self._graphs, self._most = store, graphs, most
        self._roles, self._all_steps = roles, steps

    @cached_property
    def described(self) -> Mapping[str, tuple[Triple, ...]]:
        """IRI of ours -> the triples stated of it."""
        return Kept(self._described, _KEPT)

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """IRI -> label."""
        return Kept(self._label, 10 * _KEPT)

    @cached_property
    def pointing(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """Property and IRI -> the IRIs that point to it."""
        return Kept(lambda pair: tuple(self._pointing(*pair)) or None, _KEPT)

    @cached_property
    def steps(self) -> Mapping[tuple[str, Key], tuple[Step, ...]]:
        """ "from" or "to", and the key of a role -> the steps there."""
        return Kept(self._steps_at, _KEPT)

    @cached_property
    def asking(self) -> Mapping[tuple[str, Key], tuple[tuple[Role, Requirement], ...]]:
        """Kind and key of what is asked for -> the roles that do, each with its requirement."""
        return Kept(self._asking, _KEPT)

    def _described(self, iri: str) -> tuple[Triple, ...] | None:
        if not iri.startswith(BASE) or (node := node_of(iri)) is None:
            return None
        return (
            tuple(quad.triple for graph in self._graphs for quad in self._store.find(node, graph=graph))
            or None
        )

    def _label(self, iri: str) -> str | None:
        if (node := node_of(iri)) is None:
            return None
        labels = (
            quad.object.value
            for graph in self._graphs
            for quad in self._store.find(node, NamedNode(PREFIXES["skos"] + "prefLabel"), None, graph)
            if isinstance(quad.object, Literal)
        )
        return next(labels, None)

    def _pointing(self, prop: str, iri: str) -> Iterable[str]:
        if (node := node_of(iri)) is None:
            return []
        found = (
            quad.subject.value
            for graph in self._graphs
            for quad in self._store.find(None, NamedNode(prop), node, graph)
            if isinstance(quad.subject, NamedNode) and quad.subject.value.startswith(BASE)
        )
        if self._most is None:
            return list(found)
        some = list(islice(found, self._most + 1))
        if len(some) > self._most:
            raise NotInThisStore(
                f"more than {self._most:,} things point to {key_of(iri)}: they are not listed",
                mend="ask for what you need at /sparql",
            )
        return some

    def _steps_at(self, place: tuple[str, Key]) -> tuple[Step, ...] | None:
        end, key = place
        found = self._pointing(f"{CMH}{end}Position", f"{PREFIXES['role']}{key}")
        steps = {one.key: one for iri in found if (one := self._all_steps.get(Key(key_of(iri)))) is not None}
        return tuple(sorted(steps.values(), key=_by_label)) or None

    def _asking(self, asked: tuple[str, Key]) -> tuple[tuple[Role, Requirement], ...] | None:
        iri = f"{BASE}{asked[0]}/{asked[1]}"
        needs = set(self._pointing(CMH + "asksFor", iri))
        holders = needs | {group for need in needs for group in self._pointing(CMH + "anyOf", need)}
        keys = {key_of(role) for need in holders for role in self._pointing(CMH + "hasRequirement", need)}
        roles = [role for key in keys if (role := self._roles.get(Key(key))) is not None]
        return (
            tuple(
                (role, member)
                for role in sorted(roles, key=_by_label)
                for need in role.requirements
                for member in (need, *need.any_of)
                if member.iri in needs and member.kind != "none-required"
            )
            or None
        )


def _by_label(thing: Any) -> tuple[str, str]:
    return thing.label.casefold(), thing.key
