"""What each part of SHACL asks, put to all things of a shape at once.

A constraint takes things and their values and gives the pairs that break it. The definitions are those of SHACL
(https://www.w3.org/TR/shacl/, section 4); where the standard leaves it to SPARQL whether two literals can be
compared, and to XML Schema whether one is well-formed, rdflib is asked, as pySHACL does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final, Protocol, TypeAlias

import numpy as np
from pyshacl.rdfutil.compare import compare_literal
from rdflib import Literal, URIRef
from rdflib.namespace import RDF, XSD

from cmh_graph.validate.columns import Columns, Nodes, Numbers
from cmh_graph.validate.statements import lexical

#: Things that break a constraint, and the value of each that does; None where no one value is at fault.
Broken: TypeAlias = tuple[Numbers, Numbers | None]
#: Whether one value is as it should be.
Test: TypeAlias = Callable[[bytes], bool]


class Constraint(Protocol):
    """columns: all statements. focus: the things. things, values: their values along the path, things ascending."""

    def __call__(self, columns: Columns, focus: Nodes, things: Numbers, values: Numbers) -> Broken: ...


# Counts and other properties --------------------------------------------------------------------------------------


def count(least: int | None, most: int | None) -> Constraint:
    """Each thing has so many values."""

    def broken(columns: Columns, focus: Nodes, things: Numbers, values: Numbers) -> Broken:
        at = focus.numbers
        many = np.searchsorted(things, at, "right") - np.searchsorted(things, at, "left")
        wrong = np.zeros(len(at), np.bool_)
        if least is not None:
            wrong |= many < least
        if most is not None:
            wrong |= many > most
        return at[wrong], None

    return broken


def has_value(term: bytes) -> Constraint:
    """Each thing has this value among others."""

    def broken(columns: Columns, focus: Nodes, things: Numbers, values: Numbers) -> Broken:
        with_it = things[columns.named((term,)).marks[values]]
        return np.setdiff1d(focus.numbers, with_it), None

    return broken


def unique_language(columns: Columns, focus: Nodes, things: Numbers, values: Numbers) -> Broken:
    """No thing has two values in one language."""
    codes: dict[bytes, int] = {b"": 0}
    spoken_in = _of_each(values, lambda n: codes.setdefault(_language(columns.terms[n]), len(codes)))
    spoken = spoken_in > 0
    pairs, many = np.unique(np.stack([things[spoken], spoken_in[spoken]]), axis=1, return_counts=True)
    return pairs[0][many > 1], None


def disjoint(other: bytes) -> Constraint:
    """No value is also a value of another property."""

    def broken(columns: Columns, focus: Nodes, things: Numbers, values: Numbers) -> Broken:
        theirs = set(zip(*(side.tolist() for side in columns.values(focus, (other,))), strict=True))
        wrong = [pair in theirs for pair in zip(things.tolist(), values.tolist(), strict=True)]
        return things[wrong], values[wrong]

    return broken


def at_most(other: bytes) -> Constraint:
    """No value is greater than a value of another property, or cannot be compared with it."""

    def broken(columns: Columns, focus: Nodes, things: Numbers, values: Numbers) -> Broken:
        theirs: dict[int, list[int]] = {}
        for thing, value in zip(*columns.values(focus, (other,)), strict=True):
            theirs.setdefault(int(thing), []).append(int(value))
        wrong = [
            any(_compared(columns.terms[value], columns.terms[bound]) not in (-1, 0) for bound in theirs.get(thing, ()))
            for thing, value in zip(things.tolist(), values.tolist(), strict=True)
        ]  # fmt: skip
        return things[wrong], values[wrong]

    return broken


# Values, one by one -----------------------------------------------------------------------------------------------


def each(test: Test) -> Constraint:
    """Each value passes a test, which is asked once for each different value."""

    def broken(columns: Columns, focus: Nodes, things: Numbers, values: Numbers) -> Broken:
        wrong = _of_each(values, lambda number: not test(columns.terms[number])).astype(np.bool_)
        return things[wrong], values[wrong]

    return broken


def of_class(class_: bytes) -> Constraint:
    """Each value is an instance of a class, or of one below it."""

    def broken(columns: Columns, focus: Nodes, things: Numbers, values: Numbers) -> Broken:
        wrong = ~columns.instances(class_).marks[values]
        return things[wrong], values[wrong]

    return broken


def among(terms: Collection[bytes]) -> Test:
    """The value is in a list."""
    return frozenset(terms).__contains__


def node_kind(kind: str) -> Test:
    """The value is an IRI, a blank node or a literal, as the name of the kind says (IRIOrLiteral)."""
    first = {"IRI": b"<", "BlankNode": b"_", "Literal": b'"'}
    allowed = {first[name] for name in kind.replace("Or", " ").split()}
    return lambda term: term[:1] in allowed


def datatype(iri: str) -> Test:
    """The value is a literal of a datatype, and well-formed."""
    if iri == str(RDF.langString):
        return lambda term: bool(_language(term))
    if iri == str(XSD.string):
        return lambda term: term[-1:] == b'"'
    ending = f'"^^<{iri}>'.encode()
    python = _PYTHON.get(URIRef(iri), object)

    def test(term: bytes) -> bool:
        if not term.endswith(ending):
            return False
        literal = Literal(lexical(term), datatype=iri)
        return not literal.ill_typed and isinstance(literal.value, python)

    return test


def languages(tags: Collection[str]) -> Test:
    """The value is a text in one of some languages; "en" takes "en-gb" too."""
    wanted = {tag.lower().encode() for tag in tags}

    def test(term: bytes) -> bool:
        said = _language(term)
        return bool(said) and (b"*" in wanted or said in wanted or said.split(b"-", 1)[0] in wanted)

    return test


def length(least: int | None, most: int | None) -> Test:
    """The value has so many characters; a blank node has no text, so it fails unless nothing is asked."""

    def test(term: bytes) -> bool:
        if term[:1] == b"_":
            return not least and most is None
        many = len(_words(term))
        return (least is None or many >= least) and (most is None or many <= most)

    return test


def pattern(expression: str) -> Test:
    """A regular expression is found in the value, whose text is what SPARQL's STR gives."""
    found = re.compile(expression).search
    return lambda term: term[:1] != b"_" and found(_words(term)) is not None


def bound(limit: bytes, allowed: Collection[int]) -> Test:
    """The value can be compared with a limit, and is below (-1), equal (0) or above (1) as allowed."""
    return lambda term: _compared(term, limit) in allowed


# Terms ------------------------------------------------------------------------------------------------------------

_PYTHON: Final[dict[URIRef, type]] = {
    XSD.integer: int,
    XSD.float: float,
    XSD.decimal: Decimal,
    XSD.boolean: bool,
    XSD.date: date,
    XSD.time: time,
    XSD.dateTime: datetime,
}


def _words(term: bytes) -> str:
    return term[1:-1].decode() if term[:1] == b"<" else lexical(term)


def _language(term: bytes) -> bytes:
    """The language of a literal; empty for another term."""
    if term[:1] != b'"' or term[-1:] in (b'"', b">"):
        return b""
    return term[term.rindex(b'"') + 2 :].lower()


def _literal(term: bytes) -> Literal | None:
    if term[:1] != b'"':
        return None
    kind = term[term.rindex(b'"') + 1 :].decode()
    if kind[:1] == "@":
        return Literal(lexical(term), lang=kind[1:])
    return Literal(lexical(term), datatype=kind[3:-1] or None)


def _compared(one: bytes, other: bytes) -> int | None:
    """-1, 0 or 1 as a literal is below, equal to or above another; None where they cannot be compared."""
    left, right = _literal(one), _literal(other)
    if left is None or right is None or isinstance(left.value, str) != isinstance(right.value, str):
        return None
    try:
        return int(compare_literal(left, right))  # type: ignore[no-untyped-call]
    except (TypeError, NotImplementedError):
        return None


def _of_each(values: Numbers, ask: Callable[[int], int]) -> Numbers:
    """For each value what is answered for it; asked once for each different one."""
    different, places = np.unique(values, return_inverse=True)
    return np.fromiter(map(ask, different.tolist()), np.int64, len(different))[places]
