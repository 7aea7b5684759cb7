"""JSON-LD with our context: the framework's own statements, one object per thing, ordered by IRI."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from cmh_graph.namespaces import BASE, GRAPH_DERIVED, PREFIXES, compact
from cmh_graph.store import BlankNode, Literal, NamedNode, Quad, Term, graph_of, text_of

_RDF_TYPE: Final = PREFIXES["rdf"] + "type"
_STRING: Final = PREFIXES["xsd"] + "string"
_NATIVE: Final = {PREFIXES["xsd"] + "integer", PREFIXES["xsd"] + "boolean"}
CONTEXT_IRI: Final = BASE + "context.jsonld"


def context(prefixes: Iterable[str] = PREFIXES) -> dict[str, Any]:
    """Our published context: the prefixes, and the names that read better without one.

    It is written into every file, so that nothing has to be fetched to read one."""
    return {
        **{name: PREFIXES[name] for name in sorted(prefixes)},
        "id": "@id",
        "type": "@type",
        "label": {"@id": "skos:prefLabel", "@language": "en"},
        "alternativeLabel": {"@id": "skos:altLabel", "@language": "en", "@container": "@set"},
        "definition": {"@id": "skos:definition", "@language": "en"},
        "note": {"@id": "skos:note", "@language": "en", "@container": "@set"},
        # "status" and "source" are prefixes already, so these two keep their prefixed names.
        "cmh:status": {"@type": "@id"},
        "dcterms:source": {"@type": "@id", "@container": "@set"},
    }


_SHORT: Final = {
    PREFIXES["skos"] + "prefLabel": ("label", "text"),
    PREFIXES["skos"] + "altLabel": ("alternativeLabel", "text set"),
    PREFIXES["skos"] + "definition": ("definition", "text"),
    PREFIXES["skos"] + "note": ("note", "text set"),
    PREFIXES["cmh"] + "status": ("cmh:status", "id"),
    PREFIXES["dcterms"] + "source": ("dcterms:source", "id set"),
}


def export(quads: list[Quad]) -> dict[str, bytes]:
    """cmh.jsonld: compacted with our context, and context.jsonld by itself."""
    stated = [q for q in quads if graph_of(q) != GRAPH_DERIVED]
    document = {"@context": context(), "@graph": nodes(stated)}
    return {
        "cmh.jsonld": _text(document),
        "context.jsonld": _text({"@context": context()}),
    }


def _text(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def nodes(quads: Iterable[Quad]) -> list[dict[str, Any]]:
    """The quads as compacted node objects, by IRI; graph names are dropped and a triple is kept once."""
    things: dict[str, dict[str, list[Term]]] = {}
    for quad in quads:
        values = things.setdefault(_name(quad.subject), {}).setdefault(quad.predicate.value, [])
        if quad.object not in values:
            values.append(quad.object)
    return [_node(name, things[name]) for name in sorted(things)]


def _node(name: str, properties: dict[str, list[Term]]) -> dict[str, Any]:
    node: dict[str, Any] = {"id": name}
    for predicate, terms in sorted(properties.items()):
        if predicate == _RDF_TYPE:
            node["type"] = sorted(_name(term) for term in terms)
            continue
        key, shape = _SHORT.get(predicate, (compact(predicate), ""))
        if shape.startswith("text") and all(isinstance(t, Literal) and t.language == "en" for t in terms):
            values: list[Any] = sorted(text_of(term) for term in terms)
        elif shape.startswith("id") and all(isinstance(term, NamedNode) for term in terms):
            values = sorted(_name(term) for term in terms)
        else:
            key = compact(predicate)
            shape = ""
            values = sorted((_value(term) for term in terms), key=lambda v: json.dumps(v, sort_keys=True))
        node[key] = values if "set" in shape or len(values) > 1 else values[0]
    return node


def _name(term: object) -> str:
    if isinstance(term, NamedNode):
        return compact(term.value)
    if isinstance(term, BlankNode):
        return f"_:{term.value}"
    raise TypeError(f"{term!r} names nothing")


def _value(term: Term) -> Any:
    if not isinstance(term, Literal):
        return {"id": _name(term)}
    if term.language:
        return {"@value": term.value, "@language": term.language}
    datatype = term.datatype.value
    if datatype == _STRING:
        return term.value
    if datatype in _NATIVE and json.dumps(json.loads(term.value)) == term.value:
        return json.loads(term.value)
    return {"@value": term.value, "@type": compact(datatype)}
