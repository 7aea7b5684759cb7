"""One version of the graph as authored, which is what all formats are written from."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Final

from cmh_graph.errors import SourceError
from cmh_graph.namespaces import BASE, GRAPH_DERIVED, PREFIXES
from cmh_graph.reading import Catalogue, read
from cmh_graph.store import (
    LOOKED_AT,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Store,
    Term,
    Triple,
    canonical_nquads,
    graph_of,
    iter_nquads,
    parse_nquads,
    text_of,
    used_prefixes,
    write_triples,
)

#: The ontology's own IRI; its header names the version and the date of issue.
ONTOLOGY: Final = BASE + "ns"
_TYPE: Final = PREFIXES["rdf"] + "type"


class Edition:
    """The quads of one built graph, and what every format asks of them. What nobody asks for is not worked out."""

    def __init__(self, quads: Iterable[Quad] | None = None, *, canonical: bytes = b"") -> None:
        """quads: in canonical order, literals as written; if none, those of the canonical N-Quads."""
        self._quads: Final = None if quads is None else tuple(quads)
        self._canonical: Final = canonical

    @classmethod
    def of(cls, nquads: bytes) -> Edition:
        """The edition in some canonical N-Quads. What it is asked for raises SourceError if they do not parse."""
        return cls(canonical=nquads)

    @cached_property
    def quads(self) -> Sequence[Quad]:
        """All quads in canonical order, literals as written."""
        return tuple(parse_nquads(self._canonical)) if self._quads is None else self._quads

    @cached_property
    def nquads(self) -> bytes:
        """All quads as canonical N-Quads; the very bytes that the edition was made of, if it was."""
        return self._canonical if self._quads is None else canonical_nquads(self._quads)

    @cached_property
    def ntriples(self) -> bytes:
        """What is stated as N-Triples in canonical order: the lines about one thing stand together."""
        output = io.BytesIO()
        write_triples(self.stated, output, RdfFormat.N_TRIPLES)
        return output.getvalue()

    @property
    def lines(self) -> tuple[bytes, str]:
        """Canonical lines that hold all that is stated, and the IRI of the graph in them that is not; "" if none.

        What is stated in several graphs has a line for each, one after the other."""
        if self._quads is None and "ntriples" not in self.__dict__:
            return self._canonical, GRAPH_DERIVED
        return self.ntriples, ""

    @cached_property
    def stated(self) -> tuple[Triple, ...]:
        """What the sources state, each triple once, in canonical order. Derived statements follow from it."""
        # Quads are not kept for this: a million of them take half a gigabyte.
        known = "quads" in self.__dict__ or self._quads is not None
        quads = self.quads if known else iter_nquads(self._canonical)
        return tuple(dict.fromkeys(quad.triple for quad in quads if graph_of(quad) != GRAPH_DERIVED))

    @cached_property
    def about(self) -> Mapping[str, Mapping[str, tuple[Term, ...]]]:
        """subject (IRI, or "_:" label) -> predicate IRI -> objects, of what is stated."""
        found: dict[str, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
        for triple in self.stated:
            found[text_of(triple.subject)][triple.predicate.value].append(triple.object)
        return {
            subject: {predicate: tuple(objects) for predicate, objects in properties.items()}
            for subject, properties in found.items()
        }

    @cached_property
    def places(self) -> tuple[tuple[str, str], ...]:
        """For each stated triple the class of its subject (its first by IRI, "" if it has none) and its property."""
        classes = {subject: min(self.types(subject), default="") for subject in self.about}
        return tuple((classes[text_of(triple.subject)], triple.predicate.value) for triple in self.stated)

    @cached_property
    def prefixes(self) -> Mapping[str, str]:
        """Those of our prefixes that what is stated uses."""
        return used_prefixes(self.stated[:: 1 + len(self.stated) // LOOKED_AT])

    @cached_property
    def catalogue(self) -> Catalogue:
        """The things of the edition as typed values."""
        return read(Store.from_quads(self.quads))

    @cached_property
    def version(self) -> str:
        """The version that the ontology's header names, such as 1.0.0. Raises SourceError if it names none."""
        return self._header("owl", "versionInfo")

    @cached_property
    def issued(self) -> str:
        """The date of issue in the ontology's header, such as 2026-11-21; the only date that exports know."""
        return self._header("dcterms", "issued")

    def objects(self, subject: str, predicate: str) -> tuple[Term, ...]:
        """The stated objects of a subject's predicate (full IRIs), in canonical order; empty if none."""
        return self.about.get(subject, {}).get(predicate, ())

    def types(self, subject: str) -> tuple[str, ...]:
        """The IRIs of the classes that a subject is stated to have."""
        return tuple(term.value for term in self.objects(subject, _TYPE) if isinstance(term, NamedNode))

    def text(self, subject: str, predicate: str, language: str = "en") -> str:
        """The first text of a predicate, one in the language before others; "" if there is none."""
        texts = [term for term in self.objects(subject, predicate) if isinstance(term, Literal)]
        wanted = [term for term in texts if term.language == language]
        return (wanted or texts)[0].value if texts else ""

    def _header(self, prefix: str, name: str) -> str:
        found = self.text(ONTOLOGY, PREFIXES[prefix] + name)
        if not found:
            raise SourceError(
                f"the ontology's header has no {prefix}:{name}",
                where="ontology/cmh.ttl",
                mend="state it by hand: the same commit must always give the same files",
            )
        return found
