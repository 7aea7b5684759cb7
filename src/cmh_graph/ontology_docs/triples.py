"""Where the documentation's statements come from."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cmh_graph.errors import SourceError
from cmh_graph.namespaces import BASE, GRAPH_ONTOLOGY
from cmh_graph.store import NamedNode, Quad, RdfFormat, Triple, graph_of, parse_rdf

#: The ontology's own IRI, without the "#" that its terms have.
ONTOLOGY: Final = BASE + "ns"


def ontology_triples(quads: Iterable[Quad]) -> list[Triple]:
    """What the ontology states of itself and its terms, the blank nodes of its lists included, sorted.

    quads: a built graph; what is not in the named graph of the ontology is passed over."""
    found = [
        quad.triple
        for quad in quads
        if graph_of(quad) == GRAPH_ONTOLOGY
        and (not isinstance(quad.subject, NamedNode) or quad.subject.value.startswith(ONTOLOGY))
    ]
    return sorted(found, key=str)


def shape_triples(folder: Path) -> list[Triple]:
    """The statements of the shapes in a folder, file by file in the order of their names.

    Raises SourceError if one cannot be read."""
    found: list[Triple] = []
    for file in sorted(folder.glob("*.ttl")):
        try:
            data = file.read_bytes()
        except OSError as error:
            raise SourceError(
                f"a shapes file cannot be read: {error}", where=str(file), mend="check the folder"
            ) from error
        found += [quad.triple for quad in parse_rdf(data, RdfFormat.TURTLE)]
    return found
