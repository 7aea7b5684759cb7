"""Triples -> JSON-LD with plain property names, and the context that gives the names their meaning.

The context is drawn from the graph itself: a property whose values are all links is typed "@id", one whose texts
are all English carries that language, and so on; so values are plain strings, numbers and booleans wherever that
loses nothing. It is embedded in every answer, so that an answer can be read without the network.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from cmh_graph.namespaces import BASE, CMH, PREFIXES
from cmh_graph.store import Literal, NamedNode, Triple

_RDF_TYPE: Final = PREFIXES["rdf"] + "type"
_XSD: Final = PREFIXES["xsd"]
_LANG_STRING: Final = PREFIXES["rdf"] + "langString"
#: Prefix of links to our things: cmh-graph:role/hcsw. Our kinds are no prefixes here: "status" is a property.
_OURS: Final = "cmh-graph"
_SPACES: Final = (
    "cmh",
    "skos",
    "dcterms",
    "dc",
    "schema",
    "owl",
    "rdfs",
    "xsd",
    "sssom",
    "vann",
    "prov",
    "org",
)
_NATIVE: Final = (_XSD + "boolean", _XSD + "integer", _XSD + "string")


class JsonLd:
    """Writes triples of one graph, all with the same context."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        """triples: all that may have to be written."""
        kinds: dict[str, set[str]] = defaultdict(set)
        for triple in triples:
            kinds[triple.predicate.value].add(_kind(triple.object))
        self._kinds = {prop: next(iter(found)) if len(found) == 1 else "" for prop, found in kinds.items()}
        self._names = _property_names(kinds)
        self.context: Final[dict[str, Any]] = self._context()

    def _context(self) -> dict[str, Any]:
        context: dict[str, Any] = {"@version": 1.1, "@vocab": CMH, "id": "@id", "type": "@type", _OURS: BASE}
        context.update({prefix: PREFIXES[prefix] for prefix in _SPACES})
        for prop in sorted(self._names, key=self._names.__getitem__):
            meaning: dict[str, str] = {"@id": _compact(prop)}
            kind = self._kinds[prop]
            if kind == "@id":
                meaning["@type"] = "@id"
            elif kind.startswith("@"):
                meaning["@language"] = kind[1:]
            elif kind and kind not in _NATIVE:
                meaning["@type"] = _compact(kind)
            context[self._names[prop]] = meaning
        return context

    def write(self, triples: Iterable[Triple]) -> bytes:
        """A document with one node for each subject, in the order given."""
        nodes: dict[str, dict[str, Any]] = {}
        for triple in triples:
            subject = triple.subject.value if isinstance(triple.subject, NamedNode) else str(triple.subject)
            node = nodes.setdefault(subject, {"id": _compact(subject)})
            name, value = self._value(triple)
            if name in node:
                known = node[name]
                node[name] = [*known, value] if isinstance(known, list) else [known, value]
            else:
                node[name] = value
        document = {"@context": self.context, "@graph": list(nodes.values())}
        return json.dumps(document, ensure_ascii=False, indent=1).encode()

    def _value(self, triple: Triple) -> tuple[str, Any]:
        prop, term = triple.predicate.value, triple.object
        if prop == _RDF_TYPE and isinstance(term, NamedNode):
            return "type", term.value.removeprefix(CMH) if term.value.startswith(CMH) else _compact(
                term.value
            )
        name = self._names.get(prop) or _compact(prop)
        coerced = self._kinds.get(prop) == _kind(term)
        if isinstance(term, Literal):
            datatype = term.datatype.value
            if datatype == _XSD + "boolean":
                return name, term.value == "true" if coerced else _typed(term)
            if datatype == _XSD + "integer":
                return name, int(term.value) if coerced else _typed(term)
            if coerced:
                return name, term.value
            if term.language:
                return name, {"@value": term.value, "@language": term.language}
            return name, _typed(term)
        target = _compact(term.value) if isinstance(term, NamedNode) else str(term)
        return name, target if coerced else {"id": target}


def _typed(term: Literal) -> dict[str, str]:
    return {"@value": term.value, "@type": _compact(term.datatype.value)}


def _kind(term: object) -> str:
    """What coercion a value would need: @id, @en for English, or a datatype."""
    if isinstance(term, Literal):
        return f"@{term.language}" if term.language else term.datatype.value
    return "@id"


def _property_names(properties: Iterable[str]) -> Mapping[str, str]:
    """A plain name for each property: its local name, or the prefixed one where another has that already."""
    names: dict[str, str] = {}
    taken: set[str] = {"id", "type"}
    for prop in sorted(properties, key=lambda prop: (not prop.startswith(CMH), prop)):
        if prop == _RDF_TYPE:
            continue
        local = prop.rsplit("#", 1)[-1].rsplit("/", 1)[-1]
        free = local not in taken and local not in _SPACES and local != _OURS
        names[prop] = local if free and _compact(prop) != prop else _compact(prop)
        taken.add(names[prop])
    return names


def _compact(iri: str) -> str:
    for prefix in _SPACES:
        if iri.startswith(PREFIXES[prefix]):
            return f"{prefix}:{iri.removeprefix(PREFIXES[prefix])}"
    return f"{_OURS}:{iri.removeprefix(BASE)}" if iri.startswith(BASE) else iri
