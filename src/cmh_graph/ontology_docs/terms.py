"""The ontology and its shapes as plain values for a template: one entry for each term, with an index."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from cmh_graph.namespaces import CMH, PREFIXES, compact
from cmh_graph.ontology_docs.constraints import Constraint, Shapes
from cmh_graph.ontology_docs.triples import ONTOLOGY
from cmh_graph.store import Literal, NamedNode, Term, Triple, text_of

_OWL: Final = PREFIXES["owl"]
_SKOS: Final = PREFIXES["skos"]
_RDFS: Final = PREFIXES["rdfs"]
_DCTERMS: Final = PREFIXES["dcterms"]
_TYPE: Final = PREFIXES["rdf"] + "type"
#: Kind of term -> (id of its part of the page, name for people).
_KINDS: Final = {
    _OWL + "Class": ("classes", "Classes"),
    _OWL + "ObjectProperty": ("links", "Links between things"),
    _OWL + "DatatypeProperty": ("values", "Values of things"),
    _OWL + "AnnotationProperty": ("notes", "Notes on things"),
}
#: Row of a term -> the properties that fill it, in order.
_ROWS: Final = (
    ("Where it stops", (_SKOS + "scopeNote",)),
    ("Example", (_SKOS + "example",)),
    ("Kind of", (_RDFS + "subClassOf", _RDFS + "subPropertyOf")),
    ("From", (_RDFS + "domain", PREFIXES["schema"] + "domainIncludes")),
    ("To", (_RDFS + "range", PREFIXES["schema"] + "rangeIncludes")),
    ("Same as", (_OWL + "equivalentClass", _OWL + "equivalentProperty")),
    ("Opposite direction", (_OWL + "inverseOf",)),
    ("Shares no member with", (_OWL + "disjointWith",)),
    ("Changes", (_SKOS + "changeNote",)),
)
_HEADER: Final = (
    ("Title", _DCTERMS + "title"),
    ("Version", _OWL + "versionInfo"),
    ("Version IRI", _OWL + "versionIRI"),
    ("Issued", _DCTERMS + "issued"),
    ("Licence", _DCTERMS + "license"),
    ("Creator", _DCTERMS + "creator"),
    ("Namespace", PREFIXES["vann"] + "preferredNamespaceUri"),
    ("Prefix", PREFIXES["vann"] + "preferredNamespacePrefix"),
    ("Cite as", _DCTERMS + "bibliographicCitation"),
    ("Changes", _SKOS + "changeNote"),
)
_Said = Mapping[str, list[Term]]


def documentation(ontology: Iterable[Triple], shapes: Iterable[Triple]) -> dict[str, Any]:
    """What the templates show.

    ontology: as ontology_triples gives it; shapes: as shape_triples does. iri, about (name, values), groups (id, name,
    terms) and retired. A term has id (the fragment of its IRI), name, label, definition, retired, rows and rules."""
    said: dict[str, dict[str, list[Term]]] = {}
    for triple in ontology:
        if isinstance(triple.subject, NamedNode):
            properties = said.setdefault(triple.subject.value, {})
            properties.setdefault(triple.predicate.value, []).append(triple.object)
    rules = Shapes(shapes).constraints()
    below = _reversed(said, (_RDFS + "subClassOf", _RDFS + "subPropertyOf"))
    used = _reversed(
        said,
        tuple(_RDFS + name for name in ("domain", "range"))
        + tuple(PREFIXES["schema"] + name for name in ("domainIncludes", "rangeIncludes")),
    )
    groups: list[dict[str, Any]] = []
    for kind, (place, name) in _KINDS.items():
        terms = [
            _term(iri, properties, below.get(iri, []), used.get(iri, []), rules)
            for iri, properties in sorted(said.items(), key=lambda one: (one[0].lower(), one[0]))
            if iri.startswith(CMH) and any(text_of(one) == kind for one in properties.get(_TYPE, ()))
        ]
        if terms:
            groups.append({"id": f"all-{place}", "name": name, "terms": terms})
    header = said.get(ONTOLOGY, {})
    return {
        "iri": ONTOLOGY,
        "title": _text(header, _DCTERMS + "title"),
        "description": _text(header, _DCTERMS + "description"),
        "version": _text(header, _OWL + "versionInfo"),
        "about": [
            {"name": name, "said": [_value(one) for one in header[prop]]}
            for name, prop in _HEADER
            if prop in header
        ],
        "groups": groups,
        "retired": [term for group in groups for term in group["terms"] if term["retired"]],
    }


def _term(
    iri: str, said: _Said, below: list[str], used: list[str], rules: list[Constraint]
) -> dict[str, Any]:
    rows = [
        {"name": name, "said": values}
        for name, properties in _ROWS
        for values in [[_value(one) for prop in properties for one in _named(said.get(prop, []))]]
        if values
    ]
    rows += [
        {"name": name, "said": [_link(one) for one in others]}
        for name, others in (("Kinds of it", below), ("Used by", used))
        if others
    ]
    is_class = any(text_of(one) == _OWL + "Class" for one in said.get(_TYPE, ()))
    mine: Callable[[Constraint], bool] = lambda one: (  # noqa: E731 - two ways to be concerned, told in one place
        (one.target == iri) if is_class else (one.path == iri or (one.by_property and one.target == iri))
    )
    return {
        "id": iri.removeprefix(CMH),
        "name": compact(iri),
        "label": _text(said, _SKOS + "prefLabel"),
        "definition": _text(said, _SKOS + "definition"),
        "retired": _retired(said),
        "rows": rows,
        "rules": [_rule(one, is_class) for one in rules if mine(one)],
    }


def _rule(one: Constraint, is_class: bool) -> dict[str, Any]:
    """A rule as the page of one of its two ends shows it: of a class by property, of a property by class."""
    about = _link(one.path if is_class else one.target) if one.path or not is_class else None
    words = one.words or "a rule on the thing as a whole"
    return {
        "about": about,
        "on_those_with": one.by_property,
        "words": words,
        "message": one.message,
        "weight": "" if one.severity == "violation" else one.severity,
        "shape": compact(one.shape),
    }


def _retired(said: _Said) -> dict[str, Any] | None:
    if not any(text_of(one) == "true" for one in said.get(_OWL + "deprecated", ())):
        return None
    return {
        "on": _text(said, CMH + "retiredOn"),
        "use": [_value(one) for one in said.get(_DCTERMS + "isReplacedBy", ())],
    }


def _reversed(said: Mapping[str, _Said], properties: tuple[str, ...]) -> dict[str, list[str]]:
    found: dict[str, set[str]] = {}
    for iri, of in said.items():
        for prop in properties:
            for one in of.get(prop, ()):
                if isinstance(one, NamedNode):
                    found.setdefault(one.value, set()).add(iri)
    return {iri: sorted(others, key=str.lower) for iri, others in found.items()}


def _named(terms: list[Term]) -> list[Term]:
    """Without the blank nodes of OWL expressions, which have no name to show."""
    return [one for one in terms if isinstance(one, NamedNode | Literal)]


def _text(said: _Said, prop: str) -> str:
    return " ".join(text_of(one) for one in said.get(prop, ()))


def _value(term: Term) -> dict[str, str]:
    return _link(term.value) if isinstance(term, NamedNode) else {"text": text_of(term), "address": ""}


def _link(iri: str) -> dict[str, str]:
    own = iri.startswith(CMH)
    return {"text": compact(iri), "address": f"#{iri.removeprefix(CMH)}" if own else ""}
