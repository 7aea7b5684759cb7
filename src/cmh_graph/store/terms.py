"""What statements are made of, and how they read as text."""

from __future__ import annotations

from typing import Final, TypeAlias

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple

__all__ = [
    "DEFAULT_GRAPH",
    "BlankNode",
    "DefaultGraph",
    "Literal",
    "NamedNode",
    "Quad",
    "Term",
    "Triple",
    "graph_of",
    "node_of",
    "text_of",
]

Term: TypeAlias = NamedNode | BlankNode | Literal | Triple
#: What holds the statements that are in no named graph.
DEFAULT_GRAPH: Final = DefaultGraph()


def text_of(term: Term | None) -> str:
    """A term as people read it: the IRI, the literal's text, "_:label", or "" where nothing is bound."""
    if term is None:
        return ""
    if isinstance(term, NamedNode | Literal):
        return term.value
    return str(term)


def node_of(iri: str) -> NamedNode | None:
    """The node with an IRI that somebody gave; None where no IRI may have such characters."""
    try:
        return NamedNode(iri)
    except ValueError:
        return None


def graph_of(quad: Quad) -> str:
    """The IRI of the named graph that holds a quad; "" for the default graph."""
    return quad.graph_name.value if isinstance(quad.graph_name, NamedNode) else ""
