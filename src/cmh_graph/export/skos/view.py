"""An edition -> the statements of its SKOS view: what is stated, and what is added because servers look for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from cmh_graph.export.edition import ONTOLOGY, Edition
from cmh_graph.export.skos.concepts import (
    IN_SCHEME,
    MADE,
    SKOS,
    TOP_CONCEPT_OF,
    classes_of_concepts,
    concepts,
    schemes,
)
from cmh_graph.export.skos.soundness import unsound
from cmh_graph.namespaces import CMH, GRAPH_DERIVED, PREFIXES, key_of
from cmh_graph.store import Literal, NamedNode, Triple, graph_of, text_of

_TYPE: Final = NamedNode(PREFIXES["rdf"] + "type")
_CONCEPT: Final = NamedNode(SKOS + "Concept")
_SCHEME: Final = NamedNode(SKOS + "ConceptScheme")
_LABEL: Final = NamedNode(SKOS + "prefLabel")
_BROADER: Final = SKOS + "broader"
_MATCHES: Final = frozenset(
    SKOS + name for name in ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch")
)
#: Properties that both ends of must be concepts of the view.
_BETWEEN: Final = frozenset({_BROADER, SKOS + "related"})
_PLACES: Final = frozenset({IN_SCHEME, TOP_CONCEPT_OF})
_TEXTS: Final = frozenset(
    SKOS + name
    for name in (
        "prefLabel",
        "altLabel",
        "hiddenLabel",
        "notation",
        "definition",
        "scopeNote",
        "example",
        "note",
        "changeNote",
        "editorialNote",
        "historyNote",
    )
)
#: Properties of other vocabularies that servers show as they are.
_OTHERS: Final = frozenset(
    PREFIXES["dcterms"] + name
    for name in ("license", "source", "title", "description", "isReplacedBy", "replaces")
) | {PREFIXES["owl"] + "deprecated"}
#: What is looked up in the derived graph.
_DERIVED: Final = _MATCHES | {SKOS + "altLabel"}


@dataclass(frozen=True, slots=True)
class View:
    """stated: statements of the sources, as they stand there. added: what follows from these and others."""

    stated: frozenset[Triple]
    added: frozenset[Triple]


def view_of(edition: Edition) -> View:
    """The SKOS view: concepts in their schemes, one preferred label for each language, no circle in the hierarchy."""
    members = concepts(edition)
    held = schemes(edition)
    # A concept is no scheme (S9), and a place in something that is no scheme is left out.
    members = {
        subject: places & (held | _MADE.keys()) for subject, places in members.items() if subject not in held
    }
    classes = classes_of_concepts(edition)
    stated = [
        triple
        for triple in edition.stated
        if _shown(triple, members, held)
        and not (
            text_of(triple.subject) in held
            and triple.predicate == _TYPE
            and text_of(triple.object) in classes
        )
    ]
    broken = unsound(stated)
    stated = [triple for triple in stated if triple not in broken]
    known = set(stated)
    added = [triple for triple in _additions(edition, members, held, stated) if triple not in known]
    broken = unsound([*stated, *added])
    return View(frozenset(stated), frozenset(triple for triple in added if triple not in broken))


_MADE: Final = {scheme.iri: scheme for scheme in MADE.values()}


def _shown(triple: Triple, members: Mapping[str, set[str]], held: set[str]) -> bool:
    """Whether a stated triple is part of the view."""
    subject, predicate = text_of(triple.subject), triple.predicate.value
    if subject not in members and subject not in held:
        return False
    if predicate in _TEXTS or predicate in _OTHERS:
        return True
    if predicate == _TYPE.value:
        return isinstance(triple.object, NamedNode)
    if subject in held:
        return False
    if predicate in _PLACES:
        return text_of(triple.object) in held
    if predicate in _BETWEEN:
        return text_of(triple.object) in members
    return predicate in _MATCHES and isinstance(triple.object, NamedNode)


def _additions(
    edition: Edition, members: Mapping[str, set[str]], held: set[str], stated: list[Triple]
) -> Iterator[Triple]:
    for quad in edition.quads:
        derived = graph_of(quad) == GRAPH_DERIVED and quad.predicate.value in _DERIVED
        if derived and text_of(quad.subject) in members:
            yield quad.triple
    for iri in held:
        yield Triple(NamedNode(iri), _TYPE, _SCHEME)
    used = {place for places in members.values() for place in places}
    for iri in _MADE:
        if iri in used and iri not in held:
            yield from _made(edition, iri)
    above: dict[str, set[str]] = {}
    for triple in stated:
        if triple.predicate.value == _BROADER:
            above.setdefault(text_of(triple.subject), set()).add(text_of(triple.object))
            yield Triple(NamedNode(text_of(triple.object)), NamedNode(SKOS + "narrower"), triple.subject)
    tops = {
        (text_of(triple.subject), text_of(triple.object))
        for triple in stated
        if triple.predicate.value == TOP_CONCEPT_OF
    }
    for iri, places in members.items():
        node = NamedNode(iri)
        yield Triple(node, _TYPE, _CONCEPT)
        if not edition.objects(iri, _LABEL.value):
            # Every concept needs a name to be listed by.
            yield Triple(node, _LABEL, Literal(key_of(iri).replace("-", " "), language="en"))
        if note := _who_says_so(edition, iri):
            yield Triple(node, NamedNode(SKOS + "editorialNote"), Literal(note, language="en"))
        for place in places:
            home = NamedNode(place)
            yield Triple(node, NamedNode(IN_SCHEME), home)
            # At the top of a scheme is what has nothing above it there.
            here = {upper for upper in above.get(iri, ()) if place in members[upper]}
            if not here or (iri, place) in tops:
                yield Triple(node, NamedNode(TOP_CONCEPT_OF), home)
                yield Triple(home, NamedNode(SKOS + "hasTopConcept"), node)


def _made(edition: Edition, iri: str) -> Iterator[Triple]:
    node, scheme = NamedNode(iri), _MADE[iri]
    yield Triple(node, _TYPE, _SCHEME)
    yield Triple(node, _LABEL, Literal(scheme.label, language="en"))
    yield Triple(node, NamedNode(SKOS + "definition"), Literal(scheme.definition, language="en"))
    license = NamedNode(PREFIXES["dcterms"] + "license")
    for one in edition.objects(ONTOLOGY, license.value):
        yield Triple(node, license, one)


def _who_says_so(edition: Edition, iri: str) -> str:
    """The status of a thing in words; what is inferred must be marked wherever it is shown."""
    said = [
        f"Status: {edition.text(text_of(status), _LABEL.value)}. {edition.text(text_of(status), SKOS + 'definition')}"
        for status in edition.objects(iri, CMH + "status")
    ]
    fields = sorted(key_of(text_of(field)) for field in edition.objects(iri, CMH + "inferredField"))
    if fields:
        said.append(f"Inferred here: {', '.join(fields)}.")
    return " ".join(said)
