"""The names of a closed scheme's entries, for formats that show a name where we have a key."""

from __future__ import annotations

from cmh_graph.model import Iri, Key, Thing
from cmh_graph.namespaces import PREFIXES
from cmh_graph.reading import Catalogue


def scheme_labels(catalogue: Catalogue, scheme: str) -> dict[str, str]:
    """Key of an entry -> its label; empty where the catalogue does not have the scheme."""
    vocabulary = catalogue.vocabularies.get(Key(scheme))
    return {str(one.key): one.label for one in vocabulary.concepts} if vocabulary else {}


def scheme_of(catalogue: Catalogue, scheme: str) -> Thing:
    """A scheme; only its key as a name where the catalogue refers to it without describing it."""
    found = catalogue.vocabularies.get(Key(scheme))
    return found or Thing(key=Key(scheme), iri=Iri(PREFIXES["vocab"] + scheme), label=scheme.capitalize())
