"""Names in the namespace of a known vocabulary that the vocabulary does not define."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from rdflib.namespace import (
    DC,
    DCAT,
    DCTERMS,
    ORG,
    OWL,
    PROV,
    RDF,
    RDFS,
    SH,
    SKOS,
    VANN,
    DefinedNamespace,
)

from cmh_graph.store import NamedNode, Store

#: Vocabularies whose terms rdflib lists; of others nothing is known here, and nothing is said.
KNOWN: Final[Mapping[str, type[DefinedNamespace]]] = MappingProxyType(
    {str(one._NS): one for one in (DC, DCAT, DCTERMS, ORG, OWL, PROV, RDF, RDFS, SH, SKOS, VANN)}
)
#: Terms of the SKOS drafts that the recommendation left out.
_LEFT_OUT: Final = frozenset(
    {
        "symbol", "prefSymbol", "altSymbol", "CollectableProperty", "subject", "isSubjectOf", "primarySubject",
        "isPrimarySubjectOf", "subjectIndicator",
    }
)  # fmt: skip


def hijacked(store: Store) -> list[tuple[str, str]]:
    """P40: (term, vocabulary) for each name that its vocabulary does not define, sorted."""
    return sorted(set(_unknown(store, KNOWN)))


def undefined_skos(store: Store) -> list[tuple[str, str]]:
    """usr: the same for SKOS alone, with the terms that its recommendation left out."""
    namespace = str(SKOS)
    return sorted(set(_unknown(store, {namespace: SKOS})))


def _unknown(store: Store, known: Mapping[str, type[DefinedNamespace]]) -> Iterator[tuple[str, str]]:
    for quad in store.quads():
        for term in (quad.subject, quad.predicate, quad.object):
            if not isinstance(term, NamedNode):
                continue
            for namespace, vocabulary in known.items():
                name = term.value.removeprefix(namespace)
                if name == term.value or not name or "/" in name or "#" in name:
                    continue
                # rdf:_1, rdf:_2 ... are members of a container without being listed.
                if namespace == str(RDF) and name[0] == "_" and name[1:].isdigit():
                    continue
                left_out = namespace == str(SKOS) and name in _LEFT_OUT
                if left_out or name not in vocabulary:
                    yield term.value, namespace
