"""What becomes a concept or a scheme of the vocabulary: all that is one in the graph, and kinds of things beside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cmh_graph.export.edition import Edition
from cmh_graph.namespaces import BASE, CMH, PREFIXES
from cmh_graph.store import NamedNode, text_of

SKOS: Final = PREFIXES["skos"]
IN_SCHEME: Final = SKOS + "inScheme"
TOP_CONCEPT_OF: Final = SKOS + "topConceptOf"
_TYPE: Final = PREFIXES["rdf"] + "type"


@dataclass(frozen=True, slots=True)
class MadeScheme:
    """A scheme that only the view has, for a kind of things that the graph keeps without one."""

    iri: str
    label: str
    definition: str


#: Class -> the scheme that the view puts its members in, where the graph gives them none.
MADE: Final[Mapping[str, MadeScheme]] = {
    CMH + name: MadeScheme(BASE + "vocab/" + key, label, definition)
    for key, label, definition, names in (
        (
            "qualifications",
            "Qualifications, training, registrations and checks",
            "What a role may ask for on paper, and the apprenticeships that lead there.",
            ("Qualification", "ApprenticeshipStandard", "Registration"),
        ),
        (
            "experiences",
            "Kinds of experience",
            "Experience that a role may ask for or welcome.",
            ("Experience",),
        ),
        ("routes", "Routes into roles", "Ways in which people enter a role.", ("Route",)),
    )
    for name in names
}


def classes_of_concepts(edition: Edition) -> set[str]:
    """skos:Concept and its subclasses, as the ontology of the edition has them."""
    return _with_subclasses(edition, SKOS + "Concept")


def schemes(edition: Edition) -> set[str]:
    """The IRIs of the schemes that the edition states."""
    classes = _with_subclasses(edition, SKOS + "ConceptScheme")
    return {subject for subject in edition.about if classes.intersection(edition.types(subject))}


def concepts(edition: Edition) -> dict[str, set[str]]:
    """The IRI of each concept -> the schemes it is in; those of MADE for what the edition puts in none."""
    classes = classes_of_concepts(edition)
    found: dict[str, set[str]] = {}
    for subject in edition.about:
        types = edition.types(subject)
        made = {MADE[name].iri for name in types if name in MADE}
        if not subject.startswith("_:") and (made or classes.intersection(types)):
            places = (*edition.objects(subject, IN_SCHEME), *edition.objects(subject, TOP_CONCEPT_OF))
            stated = {text_of(place) for place in places if isinstance(place, NamedNode)}
            found[subject] = stated or made
    return found


def _with_subclasses(edition: Edition, top: str) -> set[str]:
    below = PREFIXES["rdfs"] + "subClassOf"
    found = {top}
    while True:
        more = {
            subject
            for subject, properties in edition.about.items()
            if subject not in found and any(text_of(one) in found for one in properties.get(below, ()))
        }
        if not more:
            return found
        found |= more
