"""The functions that queries may call besides those of SPARQL: one look-up each in what was computed of two roles.

Extensions of ours, so each has a plain query beside it that any engine answers. Why look-ups:
docs/decisions/0019-functions-look-up-what-was-computed.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Final

from cmh_graph.namespaces import BASE, CMH, GRAPH_DERIVED, PREFIXES, key_of
from cmh_graph.store import Function, Literal, NamedNode, Quad, Store, Term

FUNCTIONS: Final = PREFIXES["cmhf"]
#: Triples of a graph of which all comparisons are read; those of a larger one take long, and more room than itself.
_MOST_READ: Final = 1_000_000
_FROM: Final = NamedNode(CMH + "comparesFrom")
_TO: Final = NamedNode(CMH + "comparesTo")


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure of a cmh:RoleComparison that can be called by name.

    name: of the function, and of the property of cmh: that states the figure. of_itself: the figure of a role beside
    itself, which no comparison states. label, about: for the service description."""

    name: str
    of_itself: Literal
    label: str
    about: str

    @property
    def iri(self) -> str:
        return FUNCTIONS + self.name

    @property
    def property(self) -> str:
        return CMH + self.name


def _figure(text: str, datatype: str) -> Literal:
    return Literal(text, datatype=NamedNode(PREFIXES["xsd"] + datatype))


FACTS: Final = (
    Fact(
        "similarity",
        _figure("1", "decimal"),
        "similarity of two roles",
        "How alike two roles are in the skills they ask for, 0 to 1; the same both ways.",
    ),
    Fact(
        "gapSize",
        _figure("0", "decimal"),
        "size of the gap from a role to another",
        "Missing essentials plus half of those partly met, from the role held (first) to the role wanted (second).",
    ),
    Fact(
        "fewestSteps",
        _figure("0", "integer"),
        "fewest steps from a role to another",
        "How many described steps lead from the first role to the second; unbound where none do.",
    ),
    Fact(
        "leastMonths",
        _figure("0", "integer"),
        "least months from a role to another",
        "The least months from the first role to the second, assumed ones included; unbound where no steps lead there.",
    ),
)


def teach_lookups(store: Store) -> Lookups | LookupsAsked:
    """Let queries of a store call the functions; what they look up is read at the first call, or by read().

    Of a store on disk, and of a large one, nothing is read beforehand: each call asks it."""
    if store.on_disk or len(store) > _MOST_READ:
        asked = LookupsAsked(store)
        store.teach(asked.functions)
        return asked
    lookups = Lookups(lambda prop: store.find(None, prop, None, GRAPH_DERIVED))
    store.teach(lookups.functions)
    return lookups


class Lookups:
    """The functions over the comparisons among some quads, which are read at the first call."""

    def __init__(self, stated: Callable[[NamedNode], Iterable[Quad]]) -> None:
        """stated: the quads of a property."""
        self._stated = stated
        self.functions: Final[Mapping[NamedNode, Function]] = MappingProxyType(
            {NamedNode(fact.iri): self._function(fact.property) for fact in FACTS}
        )

    def read(self) -> None:
        """Read the comparisons now."""
        _ = self._tables

    def _function(self, prop: str) -> Function:
        def found(*roles: Term) -> Term | None:
            """The figure as stated; None (unbound) for roles that are not compared, for anything that is no role, and
            unless there are two arguments. Never raises, and takes the same time whatever it is given."""
            return self._tables[prop].get(roles) if len(roles) == 2 else None

        return found

    @cached_property
    def _tables(self) -> Mapping[str, Mapping[tuple[Term, ...], Term]]:
        def read(prop: NamedNode) -> dict[Term, Term]:
            return {quad.subject: quad.object for quad in self._stated(prop)}

        starts, ends = read(_FROM), read(_TO)
        pairs = {node: (start, end) for node, start in starts.items() if (end := ends.get(node)) is not None}
        compared = dict.fromkeys(role for pair in pairs.values() for role in pair)
        tables: dict[str, dict[tuple[Term, ...], Term]] = {}
        for fact in FACTS:
            figures = read(NamedNode(fact.property))
            table: dict[tuple[Term, ...], Term] = {
                pairs[node]: figure for node, figure in figures.items() if node in pairs
            }
            table |= {(role, role): fact.of_itself for role in compared}
            tables[fact.property] = table
        return tables


class LookupsAsked:
    """The functions over the comparisons of a store, which is asked at each call."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.functions: Final[Mapping[NamedNode, Function]] = MappingProxyType(
            {NamedNode(fact.iri): self._function(fact) for fact in FACTS}
        )

    def read(self) -> None:
        """There is nothing to read now."""

    def _function(self, fact: Fact) -> Function:
        prop = NamedNode(fact.property)

        def found(*roles: Term) -> Term | None:
            """The figure as stated, as Lookups gives it."""
            if len(roles) != 2:
                return None
            start, end = roles
            if not isinstance(start, NamedNode) or not isinstance(end, NamedNode):
                return None
            if start == end:
                ends = (self._one(None, which, start) for which in (_FROM, _TO))
                return fact.of_itself if any(ends) else None
            for node in self._between(start, end):
                if (quad := self._one(node, prop, None)) is not None:
                    return quad.object
            return None

        return found

    def _between(self, start: NamedNode, end: NamedNode) -> Iterator[NamedNode]:
        """The comparisons from one role to another."""
        # Where a build puts it: looked at first, for a role may have many comparisons.
        usual = NamedNode(f"{BASE}comparison/{key_of(start.value)}--{key_of(end.value)}")
        if self._one(usual, _FROM, start) is not None and self._one(usual, _TO, end) is not None:
            others: Iterable[Quad] = ()
            yield usual
        else:
            others = self._store.find(None, _FROM, start, GRAPH_DERIVED)
        for quad in others:
            if isinstance(quad.subject, NamedNode) and self._one(quad.subject, _TO, end) is not None:
                yield quad.subject

    def _one(self, subject: NamedNode | None, predicate: NamedNode, value: Term | None) -> Quad | None:
        return next(self._store.find(subject, predicate, value, GRAPH_DERIVED), None)
