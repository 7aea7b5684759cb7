"""Statements that can be compared across versions: blank nodes are named by what they say.

A blank node has no name that holds from one file to the next, so it stands inside the statement that points to it,
written out: `[ <property> <value> ; ... ]`, a list as `( <member> ... )`. One that nothing points to is a statement of
its own. Nodes in a circle of blank nodes are told apart by the colours of their neighbourhood (eight rounds of colour
refinement).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Final, NamedTuple

from cmh_graph.namespaces import PREFIXES
from cmh_graph.store import BlankNode, NamedNode, Quad, Term

_RDF: Final = PREFIXES["rdf"]
_FIRST, _REST, _NIL = _RDF + "first", _RDF + "rest", _RDF + "nil"
#: A longer text of a blank node is replaced by its digest, so that shared nodes cannot make it grow without end.
_LONGEST: Final = 20_000
_ROUNDS: Final = 8


class Statement(NamedTuple):
    """One statement as text.

    subject, predicate: IRIs without brackets. object: as in N-Triples, or a blank node written out.
    A blank node that nothing points to is a subject, with "" for the others."""

    subject: str
    predicate: str
    object: str


@dataclass(frozen=True)
class Facts:
    """Some statements, and what the blank nodes written out in them hold.

    members: text of a list -> its members. pairs: text of another blank node -> its (predicate, object), sorted."""

    statements: frozenset[Statement]
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False)
    pairs: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict, compare=False)

    @cached_property
    def about(self) -> Mapping[str, Mapping[str, frozenset[str]]]:
        """subject -> predicate -> objects."""
        found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for one in self.statements:
            found[one.subject][one.predicate].add(one.object)
        return MappingProxyType(
            {s: {p: frozenset(objects) for p, objects in rest.items()} for s, rest in found.items()}
        )

    def values(self, subject: str, predicate: str) -> frozenset[str]:
        """The objects of a subject's predicate (full IRIs); empty if there are none."""
        return self.about.get(subject, {}).get(predicate, frozenset())

    def iris(self, subject: str, predicate: str) -> frozenset[str]:
        """Those of the objects that are IRIs, without brackets."""
        return frozenset(iri for one in self.values(subject, predicate) if (iri := iri_of(one)))


def iri_of(text: str) -> str:
    """The IRI in an object's text; "" for a literal or a blank node."""
    return text[1:-1] if text.startswith("<") and not text.startswith("<<") else ""


def literal_of(text: str) -> tuple[str, str, str]:
    """(value, language, datatype IRI) of a literal's text; three times "" for anything else."""
    if not text.startswith('"'):
        return "", "", ""
    value, _, tail = text[1:].rpartition('"')
    if "\\" in value:
        value = _unescape(value)
    if tail.startswith("@"):
        return value, tail[1:], _RDF + "langString"
    return value, "", tail[3:-1] if tail else PREFIXES["xsd"] + "string"


def _unescape(value: str) -> str:
    plain = {"t": "\t", "n": "\n", "r": "\r", "b": "\b", "f": "\f"}
    made, parts = [], iter(value.split("\\"))
    made.append(next(parts))
    for part in parts:
        if not part:
            # Two backslashes in a row: the next part follows one that is meant.
            made.append("\\" + next(parts, ""))
        elif part[0] in "uU":
            size = 4 if part[0] == "u" else 8
            made.append(chr(int(part[1 : 1 + size], 16)) + part[1 + size :])
        else:
            made.append(plain.get(part[0], part[0]) + part[1:])
    return "".join(made)


def facts_of(quads: Iterable[Quad]) -> Facts:
    """The statements of some quads, the names of graphs set aside, each once."""
    named: list[tuple[str, str, Term]] = []
    blank: dict[str, list[tuple[str, Term]]] = defaultdict(list)
    pointed: dict[str, set[str]] = defaultdict(set)
    # The names of graphs set aside, several graphs may state the same.
    for quad in dict.fromkeys(quad.triple for quad in quads):
        predicate = quad.predicate.value
        if isinstance(quad.subject, BlankNode):
            blank[quad.subject.value].append((predicate, quad.object))
        elif isinstance(quad.subject, NamedNode):
            named.append((quad.subject.value, predicate, quad.object))
        if isinstance(quad.object, BlankNode):
            pointed[quad.object.value].add(predicate)
            blank.setdefault(quad.object.value, [])
    texts = _Texts(blank, pointed)
    statements = {Statement(s, p, texts.of(o)) for s, p, o in named}
    for name, said in blank.items():
        if name in texts.in_circles:
            statements |= {Statement(texts.by_name[name], p, texts.of(o)) for p, o in said}
        elif name not in pointed:
            statements.add(Statement(texts.by_name[name], "", ""))
    return Facts(frozenset(statements), MappingProxyType(texts.members), MappingProxyType(texts.pairs))


class _Texts:
    """The text of each blank node, made from the leaves up, so that no depth can overflow."""

    def __init__(self, said: Mapping[str, list[tuple[str, Term]]], pointed: Mapping[str, set[str]]) -> None:
        self.by_name: dict[str, str] = {}
        self.members: dict[str, tuple[str, ...]] = {}
        self.pairs: dict[str, tuple[tuple[str, str], ...]] = {}
        cells = {name: cell for name, pairs in said.items() if (cell := _cell(pairs))}
        #: A cell in the middle of a list needs no text of its own.
        inner = {name for name in cells if pointed.get(name) == {_REST}}
        chains = {name: _chain(name, cells) for name in cells if name not in inner}
        needs: dict[str, set[str]] = {}
        users: dict[str, set[str]] = defaultdict(set)
        for name, pairs in said.items():
            if name in inner:
                continue
            chain = chains.get(name)
            objects = chain if chain is not None else [each for _, each in pairs]
            needs[name] = {each.value for each in objects if isinstance(each, BlankNode)}
            for need in needs[name]:
                users[need].add(name)
        ready = [name for name, wanted in needs.items() if not wanted]
        while ready:
            name = ready.pop()
            chain = chains.get(name)
            if chain is not None:
                members = tuple(self.of(each) for each in chain)
                self.by_name[name] = text = _short(f"( {' '.join(members)} )", "(", ")")
                self.members[text] = members
            else:
                found = tuple(sorted({(p, self.of(o)) for p, o in said[name]}))
                inside = " ; ".join(f"<{p}> {o}" for p, o in found)
                self.by_name[name] = text = _short(f"[ {inside} ]", "[", "]")
                self.pairs[text] = found
            for user in users[name]:
                needs[user].discard(name)
                if not needs[user]:
                    ready.append(user)
        told = {*self.by_name, *self._told_in_lists(chains, cells)}
        self.in_circles = frozenset(said.keys() - told)
        self._colour(said)

    def _told_in_lists(
        self, chains: Mapping[str, list[Term] | None], cells: Mapping[str, tuple[Term, Term]]
    ) -> set[str]:
        """The cells after the first of every list that has a text."""
        found: set[str] = set()
        for name, chain in chains.items():
            if chain is None or name not in self.by_name:
                continue
            rest: Term = cells[name][1]
            while isinstance(rest, BlankNode):
                found.add(rest.value)
                rest = cells[rest.value][1]
        return found

    def of(self, term: Term) -> str:
        """The text of an object."""
        if isinstance(term, BlankNode):
            return self.by_name[term.value]
        if isinstance(term, NamedNode):
            return f"<{term.value}>"
        return str(term)

    def _colour(self, said: Mapping[str, list[tuple[str, Term]]]) -> None:
        """Names for the nodes in circles, and for those that lead to one."""
        colours = dict.fromkeys(self.in_circles, "")
        into: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for name in self.in_circles:
            for p, o in said[name]:
                if isinstance(o, BlankNode) and o.value in colours:
                    into[o.value].append((p, name))
        for _ in range(_ROUNDS):
            new = {}
            for name in colours:
                out = sorted(
                    f"{p} {colours[o.value] if isinstance(o, BlankNode) and o.value in colours else self.of(o)}"
                    for p, o in said[name]
                )
                back = sorted(f"^{p} {colours[other]}" for p, other in into[name])
                new[name] = hashlib.sha256("\n".join([*out, *back]).encode()).hexdigest()[:24]
            colours = new
        self.by_name |= {name: f"_:{colour}" for name, colour in colours.items()}


def _short(text: str, opening: str, closing: str) -> str:
    if len(text) <= _LONGEST:
        return text
    return f"{opening} #{hashlib.sha256(text.encode()).hexdigest()[:32]} {closing}"


def _cell(pairs: list[tuple[str, Term]]) -> tuple[Term, Term] | None:
    """(first, rest) of a node that is a cell of a list and nothing else."""
    if len(pairs) != 2:
        return None
    said = dict(pairs)
    return (said[_FIRST], said[_REST]) if {_FIRST, _REST} == said.keys() else None


def _chain(head: str, cells: Mapping[str, tuple[Term, Term]]) -> list[Term] | None:
    """The members of a well-formed list; None if it has no end of its own."""
    found, seen, name = [], {head}, head
    while True:
        first, rest = cells[name]
        found.append(first)
        if isinstance(rest, NamedNode) and rest.value == _NIL:
            return found
        if not isinstance(rest, BlankNode) or rest.value not in cells or rest.value in seen:
            return None
        name = rest.value
        seen.add(name)
