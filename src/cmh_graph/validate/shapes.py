"""Shapes as a plan: what each asks of which things. Only what we can judge as pySHACL does; the rest is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from rdflib import BNode, Graph, URIRef
from rdflib import Literal as RdfLiteral
from rdflib.collection import Collection as RdfList
from rdflib.namespace import RDF, RDFS, SH
from rdflib.term import Node

from cmh_graph.validate import constraints as ask
from cmh_graph.validate.columns import Columns, Nodes, Numbers
from cmh_graph.validate.statements import term_of

#: What a shape may say besides its constraints.
_ABOUT: Final = frozenset(
    {SH.path, SH.property, SH.severity, SH.message, SH.targetClass, SH.targetSubjectsOf, SH.name, SH.description,
     SH.order, SH.group}
)  # fmt: skip


class Beyond(Exception):
    """The shapes use a part of SHACL that is judged by pySHACL only."""


@dataclass(frozen=True)
class Shape:
    """A node shape (path is empty; it may have property shapes for the same things) or a property shape.

    targets: how to find the things it is about, for a shape that is not only part of others."""

    node: Node
    path: tuple[bytes, ...]
    constraints: tuple[ask.Constraint, ...]
    properties: tuple[Shape, ...]
    targets: tuple[Callable[[Columns], Nodes], ...] = field(default=())

    def broken(self, columns: Columns, focus: Nodes) -> Iterator[tuple[Node, ask.Broken]]:
        """The shape that is broken, its things and values; property shapes within are looked at too."""
        if not len(focus.numbers):
            return
        things, values = columns.values(focus, self.path) if self.path else (focus.numbers, focus.numbers)
        for constraint in self.constraints:
            wrong, at = constraint(columns, focus, things, values)
            if len(wrong):
                yield self.node, (wrong, at)
        for shape in self.properties:
            yield from shape.broken(columns, focus)


@dataclass(frozen=True)
class Plan:
    """shapes: those with targets. predicates: all that need to be known of the statements."""

    shapes: tuple[Shape, ...]
    predicates: frozenset[bytes]

    def broken(self, columns: Columns, about: Nodes | None) -> Iterator[tuple[Node, Numbers, Numbers | None]]:
        """What is broken: shape, things and values; about: look at these things only."""
        for shape in self.shapes:
            found = np.concatenate([target(columns).numbers for target in shape.targets])
            if about is not None:
                found = found[about.marks[found]]
            for node, (things, values) in shape.broken(columns, columns.nodes(found)):
                yield node, things, values


def plan(shapes: Graph) -> Plan:
    """The plan of some shapes. Raises Beyond for what is not in here, and for a shape without a message of its own."""
    reader = _Reader(shapes)
    roots = sorted({*shapes.subjects(SH.targetClass), *shapes.subjects(SH.targetSubjectsOf)}, key=str)
    made = tuple(reader.shape(node, alone=True) for node in roots)
    return Plan(made, frozenset(reader.predicates))


def _text(node: Node) -> bytes:
    return str(term_of(node)).encode()


class _Reader:
    def __init__(self, shapes: Graph) -> None:
        self._shapes = shapes
        self.predicates: set[bytes] = set()
        known = _ABOUT | _PARAMETERS.keys()
        for subject, predicate in set(shapes.subject_predicates()):
            if str(predicate).startswith(str(SH)) and predicate not in known:
                raise Beyond(f"{predicate} of {subject}")
        for class_ in (RDFS.Class, URIRef("http://www.w3.org/2002/07/owl#Class")):
            if any((kind, RDF.type, class_) in shapes for kind in shapes.subjects(RDF.type, SH.NodeShape)):
                raise Beyond("a class that is its own shape")

    def predicate(self, node: Node) -> bytes:
        if not isinstance(node, URIRef):
            raise Beyond("a path that is no list of predicates")
        self.predicates.add(_text(node))
        return _text(node)

    def one(self, node: Node, predicate: URIRef) -> Node | None:
        """The only value; Beyond if there are several, which SHACL does not define alike for all parameters."""
        values = list(self._shapes.objects(node, predicate))
        if len(values) > 1:
            raise Beyond(f"{predicate} twice in one shape")
        return values[0] if values else None

    def items(self, node: Node) -> list[Node]:
        return list(RdfList(self._shapes, node))

    def shape(self, node: Node, *, alone: bool, above: frozenset[Node] = frozenset()) -> Shape:
        """alone: its own findings are reported, so it needs words for them."""
        if node in above:
            raise Beyond("a shape within itself")
        above |= {node}
        path = self._path(node)
        made: list[ask.Constraint] = []
        for parameter, make in _PARAMETERS.items():
            for value in self._shapes.objects(node, parameter):
                made.append(make(self, node, value, above))
        if made and alone and (not isinstance(node, URIRef) or self.one(node, SH.message) is None):
            raise Beyond(f"{node} without a name or a message")
        inner = sorted(self._shapes.objects(node, SH.property), key=str)
        if inner and path:
            # It would find things that nobody pointed to, and that may not be among those asked about.
            raise Beyond("shapes for the values of a property")
        targets = [
            *(_of_class(_text(class_)) for class_ in self._shapes.objects(node, SH.targetClass)),
            *(_with(self.predicate(one)) for one in self._shapes.objects(node, SH.targetSubjectsOf)),
        ]
        properties = tuple(self.shape(one, alone=alone, above=above) for one in inner)
        return Shape(node, path, tuple(made), properties, tuple(targets))

    def _path(self, node: Node) -> tuple[bytes, ...]:
        path = self.one(node, SH.path)
        if path is None:
            return ()
        if isinstance(path, BNode):
            if (path, RDF.first, None) not in self._shapes:
                raise Beyond("a path that is no list of predicates")
            return tuple(self.predicate(part) for part in self.items(path))
        return (self.predicate(path),)

    def conforming(self, node: Node, above: frozenset[Node]) -> Callable[[Columns, Nodes], Nodes]:
        """Which of some things keep a shape."""
        shape = self.shape(node, alone=False, above=above)

        def conforming(columns: Columns, things: Nodes) -> Nodes:
            wrong = [broken[0] for _, broken in shape.broken(columns, things)]
            return columns.nodes(
                np.setdiff1d(things.numbers, np.concatenate(wrong)) if wrong else things.numbers
            )

        return conforming


def _of_class(class_: bytes) -> Callable[[Columns], Nodes]:
    return lambda columns: columns.instances(class_)


def _with(predicate: bytes) -> Callable[[Columns], Nodes]:
    return lambda columns: columns.nodes(columns.pairs(predicate)[0])


# Parameters ------------------------------------------------------------------------------------------------------

_Make = Callable[[_Reader, Node, Node, frozenset[Node]], ask.Constraint]


def _number(node: Node) -> int:
    value = node.value if isinstance(node, RdfLiteral) else None
    if not isinstance(value, int) or isinstance(value, bool):
        raise Beyond(f"{node} where a whole number is meant")
    return value


def _or(reader: _Reader, node: Node, value: Node, above: frozenset[Node]) -> ask.Constraint:
    members = [reader.conforming(one, above) for one in reader.items(value)]

    def broken(columns: Columns, focus: Nodes, things: Numbers, values: Numbers) -> ask.Broken:
        inner = columns.nodes(values)
        fits = np.zeros(len(columns.terms), np.bool_)
        for member in members:
            fits |= member(columns, inner).marks
        return things[~fits[values]], values[~fits[values]]

    return broken


def _not(reader: _Reader, node: Node, value: Node, above: frozenset[Node]) -> ask.Constraint:
    member = reader.conforming(value, above)

    def broken(columns: Columns, focus: Nodes, things: Numbers, values: Numbers) -> ask.Broken:
        fits = member(columns, columns.nodes(values)).marks[values]
        return things[fits], values[fits]

    return broken


def _each(test: Callable[[Node], ask.Test]) -> _Make:
    return lambda reader, node, value, above: ask.each(test(value))


def _unique(reader: _Reader, node: Node, value: Node, above: frozenset[Node]) -> ask.Constraint:
    if not isinstance(value, RdfLiteral) or value.value is not True:
        raise Beyond("sh:uniqueLang that is not true")
    return ask.unique_language


#: Parameter of SHACL -> what makes its constraint of a value.
_PARAMETERS: Final[dict[URIRef, _Make]] = {
    SH.minCount: lambda r, n, value, a: ask.count(_number(value), None),
    SH.maxCount: lambda r, n, value, a: ask.count(None, _number(value)),
    SH.hasValue: lambda r, n, value, a: ask.has_value(_text(value)),
    SH.uniqueLang: _unique,
    SH.disjoint: lambda r, n, value, a: ask.disjoint(r.predicate(value)),
    SH.lessThanOrEquals: lambda r, n, value, a: ask.at_most(r.predicate(value)),
    SH["class"]: lambda r, n, value, a: ask.of_class(_text(value)),
    SH.datatype: _each(lambda value: ask.datatype(str(value))),
    SH.nodeKind: _each(lambda value: ask.node_kind(str(value).removeprefix(str(SH)))),
    SH["in"]: lambda r, n, value, a: ask.each(ask.among({_text(one) for one in r.items(value)})),
    SH.languageIn: lambda r, n, value, a: ask.each(ask.languages({str(one) for one in r.items(value)})),
    SH.minLength: _each(lambda value: ask.length(_number(value), None)),
    SH.maxLength: _each(lambda value: ask.length(None, _number(value))),
    SH.pattern: _each(lambda value: ask.pattern(str(value))),
    SH.minInclusive: _each(lambda value: ask.bound(_text(value), (0, 1))),
    SH.minExclusive: _each(lambda value: ask.bound(_text(value), (1,))),
    SH.maxInclusive: _each(lambda value: ask.bound(_text(value), (-1, 0))),
    SH.maxExclusive: _each(lambda value: ask.bound(_text(value), (-1,))),
    SH["or"]: _or,
    SH["not"]: _not,
}  # fmt: skip
