"""The things of a store on disk, each read when it is asked for.

The same things as reading all of them gives, for graphs that no memory holds. Some thousands are kept. What goes
through all things of a kind makes each, so that is refused of kinds with more than MOST_LISTED things; their keys can
be listed at any size."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from itertools import islice
from typing import Any, Final, Generic, TypeVar

from cmh_graph.errors import NotInThisStore
from cmh_graph.model import Key, Remark, Thing
from cmh_graph.namespaces import BASE, GRAPH_DERIVED, PREFIXES, key_of
from cmh_graph.reading.nodes import Node, Nodes, cell_of, short
from cmh_graph.store import NamedNode, QuerySolutions, Store, graph_of, node_of, text_of

#: To make one thing takes a millisecond or more, and a list waits for all of them.
MOST_LISTED: Final = 3_000
_KEPT_NODES: Final = 20_000
_LOOKED_AT: Final = 500
_KEPT_THINGS: Final = 2_000
_LABEL: Final = NamedNode(PREFIXES["skos"] + "prefLabel")
_TYPE: Final = NamedNode(PREFIXES["rdf"] + "type")

_T = TypeVar("_T", bound=Thing)
_K = TypeVar("_K")
_V = TypeVar("_V")


class AskedNodes(Nodes):
    """The stated triples of a store by node, looked up as they are asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._graphs = tuple(graph for graph in store.graphs() if graph != GRAPH_DERIVED)
        self._nodes = Kept(self._node, _KEPT_NODES)
        self._back = Kept(self._pointing, _KEPT_NODES)
        self._by_type = Kept(self._of_type, 64)
        self._labels = Kept(self._label, _KEPT_NODES)
        self._remarks: Mapping[str, Remark] = {}
        wider: dict[str, set[str]] = {}
        for quad in store.find(None, NamedNode(PREFIXES["rdfs"] + "subClassOf")):
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode):
                wider.setdefault(short(quad.subject.value), set()).add(quad.object.value)
        self._wider = {kind: {short(one) for one in wider[kind]} for kind in wider}

    def show_remarks(self, remarks: Mapping[Key, Remark]) -> None:
        self._remarks = Kept(lambda iri: remarks.get(Key(key_of(iri))), _KEPT_THINGS)

    def things(
        self,
        kinds: str | tuple[str, ...],
        make: Callable[[str], _T],
        order: Callable[[_T], Any] | None = None,
    ) -> Mapping[Key, _T]:
        return Things(self, (kinds,) if isinstance(kinds, str) else kinds, make, order)

    def label(self, iri: str) -> str:
        # Not by the whole node: what many things refer to may say much of them.
        return self._labels.get(iri) or key_of(iri)

    def _label(self, iri: str) -> str | None:
        if (node := node_of(iri)) is None:
            return None
        # A thing that half of all roles point to asks for as many labels, each from its own place on disk.
        found = self._store.find_said(node, _LABEL)
        labels = (text_of(quad.object) for quad in found if graph_of(quad) in self._graphs)
        return min(labels, default=None)

    def is_of(self, iri: str, kinds: Iterable[str]) -> bool:
        """Whether a node is one of ours, of one of these classes, and not retired."""
        if not iri.startswith(BASE) or self.cell(iri, "owl:deprecated"):
            return False
        return any(short(str(kind)) in kinds for kind in self.cells(iri, "rdf:type"))

    def names_of(self, kind: str) -> Iterator[tuple[str, str]]:
        """The nodes of a class that are ours and not retired, each with its label or, where it has none, its key."""
        found = self._store.query(
            f"SELECT ?thing (MIN(?label) AS ?name) {{ ?thing a {kind} FILTER(STRSTARTS(STR(?thing), '{BASE}')) "
            "FILTER NOT EXISTS { ?thing owl:deprecated true } OPTIONAL { ?thing skos:prefLabel ?label } } "
            "GROUP BY ?thing",
            default_graphs=self._graphs,
        )
        assert isinstance(found, QuerySolutions)
        for row in found:
            iri = text_of(row["thing"])
            yield iri, text_of(row["name"]) or key_of(iri)

    @cached_property
    def retired(self) -> frozenset[str]:
        """The nodes that are retired."""
        found = self._store.find(None, NamedNode(PREFIXES["owl"] + "deprecated"))
        return frozenset(text_of(quad.subject) for quad in found if text_of(quad.object) in ("true", "1"))

    def some_of(self, kind: str, most: int | None = None) -> Iterator[str]:
        """So many nodes of a class, or all of them; one in several graphs comes again."""
        prefix, _, name = kind.partition(":")
        for graph in self._graphs:
            found = self._store.find(None, _TYPE, NamedNode(PREFIXES[prefix] + name), graph)
            for quad in islice(found, most):
                if isinstance(quad.subject, NamedNode):
                    yield quad.subject.value

    def _node(self, iri: str) -> Node | None:
        if (node := node_of(iri)) is None:
            return None
        cells: dict[str, list[Any]] = {}
        for graph in self._graphs:
            for quad in self._store.find(node, None, None, graph):
                values = cells.setdefault(short(quad.predicate.value), [])
                value = cell_of(quad.object)
                if value not in values:
                    values.append(value)
        return {prop: tuple(sorted(values, key=str)) for prop, values in cells.items()} or None

    def _pointing(self, pair: tuple[str, str]) -> list[str] | None:
        prefix, _, name = pair[0].partition(":")
        found = {
            quad.subject.value
            for graph in self._graphs
            for quad in self._store.find(None, NamedNode(PREFIXES[prefix] + name), NamedNode(pair[1]), graph)
            if isinstance(quad.subject, NamedNode)
        }
        return sorted(found) or None

    def _of_type(self, kind: str) -> list[str] | None:
        prefix, _, name = kind.partition(":")
        found = {
            quad.subject.value: None
            for graph in self._graphs
            for quad in self._store.find(None, _TYPE, NamedNode(PREFIXES[prefix] + name), graph)
            if isinstance(quad.subject, NamedNode)
        }
        return list(found) or None


class Things(Mapping[Key, _T]):
    """The things of some classes by key, in the order people read them; each is made when it is asked for."""

    def __init__(
        self,
        nodes: AskedNodes,
        kinds: tuple[str, ...],
        make: Callable[[str], _T],
        order: Callable[[_T], Any] | None,
    ) -> None:
        self._nodes, self._kinds, self._order = nodes, kinds, order
        self._made = lru_cache(_KEPT_THINGS)(make)

    def __getitem__(self, key: Key) -> _T:
        for start in self._starts:
            if self._nodes.is_of(start + key, self._kinds):
                return self._made(start + key)
        raise KeyError(key)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._keys)

    def __len__(self) -> int:
        return self._count

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and any(self._nodes.is_of(s + key, self._kinds) for s in self._starts)

    def values(self) -> Any:
        self._refuse_many()
        return super().values()

    def items(self) -> Any:
        self._refuse_many()
        return super().items()

    def any_key(self) -> Key | None:
        """The first of some keys."""
        some = {key_of(iri) for kind in self._kinds for iri in self._nodes.some_of(kind, _LOOKED_AT)}
        return next((Key(key) for key in sorted(some) if key in self), None)

    def _refuse_many(self) -> None:
        if len(self) > MOST_LISTED:
            kind = self._kinds[0].partition(":")[2]
            raise NotInThisStore(
                f"this graph has {len(self):,} things of the kind {kind}: more than {MOST_LISTED:,} are not listed",
                mend="ask for one by its key, or ask for what you need at /sparql",
            )

    @cached_property
    def _count(self) -> int:
        # Without their names: those are many times as long to read.
        iris = {iri for kind in self._kinds for iri in self._nodes.some_of(kind) if iri.startswith(BASE)}
        return len({key_of(iri) for iri in iris - self._nodes.retired})

    @cached_property
    def _names(self) -> dict[str, str]:
        """IRI -> label."""
        return {iri: name for kind in self._kinds for iri, name in self._nodes.names_of(kind)}

    @cached_property
    def _starts(self) -> tuple[str, ...]:
        """What comes before the keys. Things of a class are named alike, so some of them show it."""
        some = (iri for kind in self._kinds for iri in self._nodes.some_of(kind, _LOOKED_AT))
        return tuple(sorted({iri[: -len(key_of(iri))] for iri in some if iri.startswith(BASE)}))

    @cached_property
    def _keys(self) -> tuple[Key, ...]:
        if self._order is None or len(self._names) > MOST_LISTED:
            iris = sorted(self._names, key=lambda iri: (self._names[iri].casefold(), key_of(iri)))
        else:
            order = self._order
            iris = sorted(self._names, key=lambda iri: order(self._made(iri)))
        return tuple(dict.fromkeys(Key(key_of(iri)) for iri in iris))


def a_key_of(things: Mapping[Key, _T]) -> Key | None:
    """The key of one of some things, for an example: the first, or on disk, where all would be read for it, any."""
    if isinstance(things, Things):
        return things.any_key()
    return next(iter(things), None)


class Kept(Mapping[_K, _V], Generic[_K, _V]):
    """A mapping whose values are looked up, and kept while there is room. What is None is not there."""

    def __init__(self, look_up: Callable[[_K], _V | None], most: int) -> None:
        self._look_up = lru_cache(most)(look_up)

    def __getitem__(self, key: _K) -> _V:
        found = self._look_up(key)
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[_K]:
        raise NotInThisStore("what is on disk is not gone through as a whole")

    def __len__(self) -> int:
        raise NotInThisStore("what is on disk is not counted as a whole")
