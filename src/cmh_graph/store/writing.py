"""Statements -> documents in an RDF format, with the prefixes that they use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import IO, Final

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, serialize

from cmh_graph.namespaces import PREFIXES

_STRING: Final = NamedNode(PREFIXES["xsd"] + "string")
#: Formats that have no prefixes, so that looking for the used ones can be spared.
_WITHOUT_PREFIXES: Final = (RdfFormat.N_TRIPLES, RdfFormat.N_QUADS, RdfFormat.JSON_LD)
#: Prefixes are looked for in so many statements at most, evenly spread: a namespace that is missed is written in full.
LOOKED_AT: Final = 50_000


def used_prefixes(triples: Iterable[Triple], prefixes: Mapping[str, str] = PREFIXES) -> dict[str, str]:
    """Those of the prefixes whose namespace some term of the triples starts with."""
    namespaces: set[str] = set()

    def note(term: object) -> None:
        if isinstance(term, Literal) and term.language is None and term.datatype != _STRING:
            term = term.datatype
        if isinstance(term, NamedNode):
            iri = term.value
            namespaces.add(iri[: max(iri.rfind("/"), iri.rfind("#")) + 1])

    for triple in triples:
        note(triple.subject)
        note(triple.predicate)
        note(triple.object)
    return {prefix: iri for prefix, iri in prefixes.items() if iri in namespaces}


def write_triples(
    triples: Iterable[Triple],
    output: IO[bytes],
    form: RdfFormat,
    prefixes: Mapping[str, str] | None = None,
) -> None:
    """Write triples in one of the RDF formats, with the given prefixes or those of ours that they use."""
    known = triples if isinstance(triples, Sequence) else list(triples)
    if prefixes is None:
        sample = [] if form in _WITHOUT_PREFIXES else known[:: 1 + len(known) // LOOKED_AT]
        prefixes = used_prefixes(sample)
    serialize(known, output, form, prefixes=dict(prefixes))


def write_quads(quads: Sequence[Quad], output: IO[bytes], form: RdfFormat) -> None:
    """The same for quads, in a format that has named graphs."""
    sample = [] if form in _WITHOUT_PREFIXES else quads[:: 1 + len(quads) // LOOKED_AT]
    serialize(quads, output, form, prefixes=used_prefixes(quad.triple for quad in sample))


def write_ntriples(quads: Iterable[Quad], output: IO[bytes]) -> None:
    """Write the quads as N-Triples, graph names dropped."""
    serialize(map(attrgetter("triple"), quads), output, RdfFormat.N_TRIPLES)
