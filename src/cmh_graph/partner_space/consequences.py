"""What the framework's rules add to an organisation's statements, as `build` would add it.

Questions rely on it: a post is an org:Post, an exact match is a close match too. The rules are run over the statements
and the part of the framework that they touch, so that it takes a fraction of a second."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from cmh_graph.errors import BuildError
from cmh_graph.namespaces import GRAPH_DERIVED, GRAPH_ONTOLOGY, PREFIXES
from cmh_graph.partner_space.own_names import OwnNames
from cmh_graph.reason import Rule
from cmh_graph.store import NamedNode, Quad, Store, Triple, write_ntriples

#: What the rules read of the ontology.
_SCHEMA: Final = frozenset(
    {
        *(PREFIXES["rdfs"] + name for name in ("subClassOf", "subPropertyOf", "domain", "range")),
        *(PREFIXES["rdf"] + name for name in ("first", "rest")),
        PREFIXES["owl"] + "propertyChainAxiom",
    }
)
_OBJECT_PROPERTY: Final = NamedNode(PREFIXES["owl"] + "ObjectProperty")
_DERIVED: Final = NamedNode(GRAPH_DERIVED)
_MOST_ROUNDS: Final = 12


class Consequences:
    """Finds what follows from statements about own names, beside one framework."""

    def __init__(self, framework: Iterable[Quad], rules: Sequence[Rule]) -> None:
        """framework: its statements, stated and derived."""
        self._rules = rules
        self._about: dict[str, list[Quad]] = {}
        schema = []
        for quad in framework:
            if isinstance(quad.subject, NamedNode):
                self._about.setdefault(quad.subject.value, []).append(quad)
            if quad.graph_name == NamedNode(GRAPH_ONTOLOGY) and (
                quad.predicate.value in _SCHEMA or quad.object == _OBJECT_PROPERTY
            ):
                schema.append(quad)
        self._schema = _text(schema)

    @classmethod
    def of(cls, store: Store, rules: Sequence[Rule]) -> Consequences:
        """Beside the framework of a snapshot."""
        return cls(store.quads(), rules)

    def of_statements(self, quads: Sequence[Quad], own: OwnNames) -> list[Quad]:
        """What follows, in the derived graph, only about the organisation's own names.

        The rules look at a statement, at what it points to and at the ontology, never further: so a part will do.
        Raises BuildError if they do not settle."""
        near = {quad.object.value: None for quad in quads if isinstance(quad.object, NamedNode)}
        texts = [
            self._schema,
            _text(found for name in near for found in self._about.get(name, ())),
            _text(quads),
        ]
        stated = {quad.triple for quad in quads}
        derived: dict[Triple, None] = {}
        for _ in range(_MOST_ROUNDS):
            store = Store.from_ntriples(texts)
            new = {
                triple: None
                for rule in self._rules
                for triple in store.construct(rule.construct)
                if triple not in stated and triple not in derived and _is_about(triple, own)
            }
            if not new:
                return list(_quads(derived))
            derived |= new
            texts.append(_text(_quads(new)))
        raise BuildError(f"the rules add new statements even after {_MOST_ROUNDS} rounds")


def _is_about(triple: Triple, own: OwnNames) -> bool:
    return isinstance(triple.subject, NamedNode) and own.holds(triple.subject.value)


def _quads(triples: Iterable[Triple]) -> Iterator[Quad]:
    return (Quad(one.subject, one.predicate, one.object, _DERIVED) for one in triples)


def _text(quads: Iterable[Quad]) -> bytes:
    output = io.BytesIO()
    write_ntriples(quads, output)
    return output.getvalue()
