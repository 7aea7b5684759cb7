"""One version of the graph as authored, which is what all formats are written from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from cmh_graph.errors import SourceError
from cmh_graph.namespaces import BASE, GRAPH_DERIVED, PREFIXES
from cmh_graph.reading import Catalogue, read
from cmh_graph.store import Literal, NamedNode, Quad, Store, Term, Triple, graph_of, parse_nquads, text_of

#: The ontology's own IRI; its header names the version and the date of issue.
ONTOLOGY: Final = BASE + "ns"
_TYPE: Final = PREFIXES["rdf"] + "type"


@dataclass(frozen=True)
class Edition:
    """The quads of one built graph, and what every format asks of them.

    quads: in canonical order, literals as written."""

    quads: Sequence[Quad]

    @classmethod
    def of(cls, nquads: bytes) -> Edition:
        """The edition in some canonical N-Quads. Raises SourceError if they do not parse."""
        return cls(tuple(parse_nquads(nquads)))

    @cached_property
    def stated(self) -> tuple[Triple, ...]:
        """What the sources state, each triple once, in canonical order. Derived statements follow from it."""
        return tuple(dict.fromkeys(quad.triple for quad in self.quads if graph_of(quad) != GRAPH_DERIVED))

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
