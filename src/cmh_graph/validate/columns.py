"""Statements as columns of numbers: for each predicate, which thing has which value.

Terms are numbered as they come, so a question to all things at once ("which have no value here?") is one sum over
arrays. Only the predicates that somebody asks about are kept.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cmh_graph.namespaces import PREFIXES
from cmh_graph.validate.statements import Statements

#: Numbers of terms.
Numbers: TypeAlias = NDArray[np.int64]

TYPE: Final = f"<{PREFIXES['rdf']}type>".encode()
SUBCLASS: Final = f"<{PREFIXES['rdfs']}subClassOf>".encode()
_NONE: Final[Numbers] = np.empty(0, np.int64)


class Nodes:
    """A set of terms. numbers: ascending, each once."""

    def __init__(self, numbers: Numbers, terms: int) -> None:
        self.numbers = numbers
        self._terms = terms

    @cached_property
    def marks(self) -> NDArray[np.bool_]:
        """For the number of each term, whether it is in the set."""
        marks = np.zeros(self._terms, np.bool_)
        marks[self.numbers] = True
        return marks


class Columns:
    """terms: number -> term as N-Triples writes it."""

    def __init__(self, statements: Statements, predicates: Iterable[bytes]) -> None:
        numbers: dict[bytes, int] = {}
        # What comes as bytes is eight times as large as a number, so it is dropped line by line.
        columns = {name: (array("q"), array("q")) for name in {TYPE, SUBCLASS, *predicates}}
        last, subject_number = b"", 0
        for line in statements.lines():
            subject, predicate, rest = line.split(b" ", 2)
            column = columns.get(predicate)
            if column is None:
                continue
            if subject != last:
                last, subject_number = subject, numbers.setdefault(subject, len(numbers))
            column[0].append(subject_number)
            column[1].append(numbers.setdefault(rest[:-3], len(numbers)))
        self.terms: Final = list(numbers)
        self._numbers = numbers
        self._pairs = {name: _distinct(np.array(s, np.int64), np.array(o, np.int64), len(numbers))
                       for name, (s, o) in columns.items()}  # fmt: skip
        self._instances: dict[bytes, Nodes] = {}

    def nodes(self, numbers: Numbers) -> Nodes:
        """A set of terms by their numbers, in any order."""
        return Nodes(np.unique(numbers), len(self.terms))

    def named(self, terms: Iterable[bytes]) -> Nodes:
        """Those of the terms that are here."""
        found = [self._numbers[term] for term in terms if term in self._numbers]
        return self.nodes(np.array(found, np.int64))

    def pairs(self, predicate: bytes) -> tuple[Numbers, Numbers]:
        """Things and values of a predicate, each pair once, in order."""
        return self._pairs.get(predicate, (_NONE, _NONE))

    def values(self, focus: Nodes, path: Sequence[bytes]) -> tuple[Numbers, Numbers]:
        """The values that these things have at the end of a path of predicates: things ascending, each pair once."""
        things, values = self.pairs(path[0])
        chosen = focus.marks[things] if len(things) else np.empty(0, np.bool_)
        things, values = things[chosen], values[chosen]
        for predicate in path[1:]:
            froms, tos = self.pairs(predicate)
            first, end = np.searchsorted(froms, values, "left"), np.searchsorted(froms, values, "right")
            many = end - first
            starts = np.repeat(first - np.concatenate(([0], np.cumsum(many)[:-1])), many)
            things = np.repeat(things, many)
            values = tos[starts + np.arange(len(things))]
            things, values = _distinct(things, values, len(self.terms))
        return things, values

    def instances(self, class_: bytes) -> Nodes:
        """What is of a class or of a class below it, as the statements say."""
        found = self._instances.get(class_)
        if found is None:
            below, above = self.pairs(SUBCLASS)
            classes = self.named((class_,))
            while True:
                wider = self.nodes(np.concatenate([classes.numbers, below[classes.marks[above]]]))
                if len(wider.numbers) == len(classes.numbers):
                    break
                classes = wider
            things, kinds = self.pairs(TYPE)
            found = self._instances[class_] = self.nodes(things[classes.marks[kinds]])
        return found


def _distinct(things: Numbers, values: Numbers, terms: int) -> tuple[Numbers, Numbers]:
    """Each pair once, by thing, then by value."""
    both = np.unique(things * max(terms, 1) + values)
    return both // max(terms, 1), both % max(terms, 1)
