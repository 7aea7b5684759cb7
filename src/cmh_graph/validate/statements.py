"""A graph as lines of N-Triples: what is judged.

A line is one statement in the one spelling that our parser writes, so two statements are equal when their lines are,
and whom a line speaks of is its first word. That is all that seeing files together needs, and text takes a tenth of
the memory of a graph of objects.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from rdflib import BNode, Dataset, Graph, URIRef
from rdflib import Literal as RdfLiteral
from rdflib.term import Node

from cmh_graph.namespaces import BASE, PREFIXES
from cmh_graph.store import BlankNode, NamedNode, Quad, RdfFormat, Triple, iter_rdf, parse_rdf, write_ntriples
from cmh_graph.store import Literal as StoreLiteral

_STRING = NamedNode(PREFIXES["xsd"] + "string")


@dataclass(frozen=True, slots=True)
class Statements:
    """Some statements. A line may be there twice; it counts once.

    texts: N-Triples, each ending with a line's end."""

    texts: tuple[bytes, ...] = ()

    @classmethod
    def of_quads(cls, quads: Iterable[Quad], mark: str = "b") -> Statements:
        """The statements of all graphs together; nameless nodes are numbered as they come, after the mark."""
        output = io.BytesIO()
        write_ntriples(_numbered(quads, mark), output)
        return cls((output.getvalue(),))

    @classmethod
    def of_graph(cls, graph: Graph) -> Statements:
        """The statements of an rdflib Graph, or of all graphs of a Dataset; nameless nodes keep their labels.

        Raises ValueError, with the node, where one is neither an IRI nor a literal of RDF."""
        known: dict[Node, str] = {}

        def text(node: Node) -> str:
            found = known.get(node)
            if found is None:
                found = known[node] = str(term_of(node))
            return found

        triples = (quad[:3] for quad in graph.quads()) if isinstance(graph, Dataset) else graph
        lines = (
            f"{text(s)} {text(p)} {text(o)} .\n"
            for s, p, o in triples
            if not isinstance(s, RdfLiteral) and not isinstance(p, RdfLiteral | BNode)
        )
        return cls(("".join(lines).encode(),))

    def __add__(self, other: Statements) -> Statements:
        return Statements(self.texts + other.texts)

    def __bool__(self) -> bool:
        return any(self.texts)

    def __iter__(self) -> Iterator[tuple[Node, Node, Node]]:
        """The statements as rdflib has them, so that a Graph can take them in."""
        return iter(self.graph())

    def lines(self) -> Iterator[bytes]:
        """The statements one by one, each with its line's end."""
        for text in self.texts:
            yield from io.BytesIO(text)

    def subjects(self, predicate: bytes | None = None) -> set[bytes]:
        """What the statements are about, as N-Triples writes it; predicate: only of statements with this one."""
        if predicate is None:
            return {line.split(b" ", 1)[0] for line in self.lines()}
        middle = b" " + predicate + b" "
        return {line.split(b" ", 1)[0] for line in self.lines() if middle in line}

    def without(self, subjects: Collection[bytes]) -> Statements:
        """The statements that are about none of these."""
        if not subjects:
            return self
        return Statements((b"".join(x for x in self.lines() if x.split(b" ", 1)[0] not in subjects),))

    def graph(self) -> Graph:
        """The same in rdflib, which takes long; literals as written, nameless nodes with their names."""
        known: dict[NamedNode | BlankNode | StoreLiteral, Node] = {}
        whole = Graph()
        for text in self.texts:
            for quad in iter_rdf(text, RdfFormat.N_TRIPLES, base=BASE):
                triple = []
                for term in (quad.subject, quad.predicate, quad.object):
                    assert not isinstance(term, Triple)
                    triple.append(known.get(term) or known.setdefault(term, _node_of(term)))
                whole.add((triple[0], triple[1], triple[2]))
        return whole


def _node_of(term: NamedNode | BlankNode | StoreLiteral) -> Node:
    if isinstance(term, StoreLiteral):
        if term.language:
            return RdfLiteral(term.value, lang=term.language)
        datatype = None if term.datatype == _STRING else URIRef(term.datatype.value)
        # As written: "01" is not "1", and pySHACL switches rdflib's own habit on and off.
        return RdfLiteral(term.value, datatype=datatype, normalize=False)
    return BNode(term.value) if isinstance(term, BlankNode) else URIRef(term.value)


def term_of(node: Node) -> NamedNode | BlankNode | StoreLiteral:
    """A node of rdflib as a term of our store. Raises ValueError where RDF allows no such node."""
    if isinstance(node, RdfLiteral):
        if node.language:
            return StoreLiteral(str(node), language=node.language)
        return StoreLiteral(str(node), datatype=NamedNode(str(node.datatype)) if node.datatype else None)
    return BlankNode(str(node)) if isinstance(node, BNode) else NamedNode(str(node))


def text_of_term(term: bytes) -> str:
    """How findings name a term: the IRI, the literal's text, or "_:label"."""
    if term[:1] == b"<":
        return term[1:-1].decode()
    return lexical(term) if term[:1] == b'"' else term.decode()


def lexical(literal: bytes) -> str:
    """The text of a literal without its quotes, language and datatype."""
    inner = literal[1 : literal.rindex(b'"')].decode()
    if "\\" not in inner:
        return inner
    # Rare, so the parser does it: it knows every escape.
    (quad,) = parse_rdf(f'<x:s> <x:p> "{inner}" .'.encode(), RdfFormat.N_TRIPLES)
    return quad.object.value if isinstance(quad.object, StoreLiteral) else ""


def _numbered(quads: Iterable[Quad], mark: str) -> Iterator[Quad]:
    """The parser gives a nameless node another name each time; its place in the file is always the same."""
    names: dict[BlankNode, BlankNode] = {}

    def name(node: BlankNode) -> BlankNode:
        return names.setdefault(node, BlankNode(f"{mark}{len(names)}"))

    for quad in quads:
        subject, value = quad.subject, quad.object
        if isinstance(subject, BlankNode) or isinstance(value, BlankNode):
            subject = name(subject) if isinstance(subject, BlankNode) else subject
            value = name(value) if isinstance(value, BlankNode) else value
            quad = Quad(subject, quad.predicate, value, quad.graph_name)
        yield quad
