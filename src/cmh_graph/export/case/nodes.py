"""The things of an edition as CASE needs them: which are items, what they are called, who says so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Final

from cmh_graph.export.case.meaning import LABEL, TEXT, Json, one_line
from cmh_graph.export.case.plan import PLANS, ROOT, Plan, document_of
from cmh_graph.export.edition import Edition
from cmh_graph.export.identifiers import uuid_of
from cmh_graph.namespaces import BASE, CMH, PREFIXES, key_of
from cmh_graph.store import NamedNode, Term, Triple

_IN_SCHEME: Final = PREFIXES["skos"] + "inScheme"
_NOTE: Final = PREFIXES["skos"] + "note"
_SOURCE: Final = PREFIXES["dcterms"] + "source"


class Nodes:
    """An edition seen as CASE items, and the stated triples that the files have said so far.

    said: filled as associations and items are written."""

    def __init__(self, edition: Edition) -> None:
        self.edition = edition
        self.said: set[Triple] = set()
        self.changed: Final = f"{edition.issued}T00:00:00Z"

    @cached_property
    def items(self) -> Mapping[str, tuple[Plan, str]]:
        """Item IRI -> its document and its class, in the order of their IRIs."""
        found: dict[str, tuple[Plan, str]] = {}
        for subject in sorted(self.edition.about):
            types = self.edition.types(subject)
            for plan in PLANS:
                kind = next((kind for kind in plan.classes if kind in types), "")
                if not kind and plan.scheme and plan.scheme in self.links(subject, _IN_SCHEME):
                    kind = PREFIXES["skos"] + "Concept"
                if kind and subject.startswith("http"):
                    found[subject] = (plan, kind)
                    break
        return found

    @cached_property
    def pointing(self) -> Mapping[str, Mapping[str, list[str]]]:
        """predicate -> object IRI -> the subjects that state it, sorted."""
        found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for subject, properties in sorted(self.edition.about.items()):
            for predicate, objects in properties.items():
                for term in objects:
                    if isinstance(term, NamedNode):
                        found[predicate][term.value].append(subject)
        return found

    def links(self, subject: str, predicate: str) -> list[str]:
        """The IRIs that a predicate leads to."""
        return [
            term.value for term in self.edition.objects(subject, predicate) if isinstance(term, NamedNode)
        ]

    def label(self, iri: str) -> str:
        """What a thing is called, on one line; the key of its IRI if nothing says."""
        text = self.edition.text(iri, LABEL) or self.edition.text(iri, TEXT) or key_of(iri)
        return one_line(text) or iri

    def who_says(self, iri: str) -> str:
        """Status, sources, doubtful fields and notes of a thing as people read them; "" if it states none."""
        status = ", ".join(key_of(one) for one in self.links(iri, CMH + "status"))
        sources = "; ".join(self.label(one) for one in self.links(iri, _SOURCE))
        judged = ", ".join(key_of(one) for one in self.links(iri, CMH + "inferredField"))
        parts = [
            f"Status: {status}." if status else "",
            f"Our judgement: {judged}." if judged else "",
            f"Source: {sources}." if sources else "",
            *(text.value for text in self.edition.objects(iri, _NOTE) if not isinstance(text, Triple)),
        ]
        return " ".join(part for part in parts if part)

    def left(self, subject: str) -> dict[str, list[Term]]:
        """What is stated about a subject and not said yet, by predicate."""
        return {
            predicate: [term for term in terms if self.triple(subject, predicate, term) not in self.said]
            for predicate, terms in self.edition.about.get(subject, {}).items()
        }

    def say(self, subject: str, predicate: str, term: Term) -> None:
        """Note that the files say this."""
        self.said.add(self.triple(subject, predicate, term))

    def say_rest(self, subject: str) -> None:
        """Note that an extension says whatever else is stated about a subject."""
        for predicate, terms in self.left(subject).items():
            for term in terms:
                if not isinstance(term, Triple) and not str(term).startswith("_:"):
                    self.say(subject, predicate, term)

    @staticmethod
    def triple(subject: str, predicate: str, term: Term) -> Triple:
        """A triple of texts and a term."""
        return Triple(NamedNode(subject), NamedNode(predicate), term)

    def link(self, iri: str) -> Json:
        """The LinkURI of a thing."""
        return {"title": self.label(iri), "identifier": uuid_of(iri), "uri": iri}

    def statements(self, classes: Mapping[str, object]) -> Iterator[tuple[str, str]]:
        """Each named subject of one of the classes, with that class, sorted."""
        for subject in sorted(self.edition.about):
            if subject.startswith("http"):
                kinds = [kind for kind in self.edition.types(subject) if kind in classes]
                if kinds:
                    yield subject, min(kinds)


def document_link(plan: Plan, kind: str = "CFDocuments") -> Json:
    """The LinkURI of a document, or of the package of a document."""
    identifier, uri = document_of(plan)
    address = uri if kind == "CFDocuments" else f"{BASE}{ROOT}/{kind}/{identifier}"
    return {"title": plan.title, "identifier": identifier, "uri": address}
