"""Statements about a package, collected one by one and written in RDF: sorted, so always the same bytes."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any, Final

from cmh_graph.namespaces import DESCRIPTION_PREFIXES, PREFIXES
from cmh_graph.store import (
    Literal,
    NamedNode,
    RdfFormat,
    Term,
    Triple,
    text_of,
    used_prefixes,
    write_triples,
)

_ALL: Final = {**PREFIXES, **DESCRIPTION_PREFIXES}


def expand(name: str) -> str:
    """The IRI of a prefixed name; what has none of our prefixes is an IRI already."""
    prefix, _, local = name.partition(":")
    return _ALL[prefix] + local if prefix in _ALL and not local.startswith("//") else name


class Said:
    """Collects triples. Subjects are IRIs, predicates, classes and links may be prefixed names; "" states nothing."""

    def __init__(self) -> None:
        self._found: set[Triple] = set()

    @property
    def triples(self) -> list[Triple]:
        """The triples, sorted as they are written."""
        return sorted(self._found, key=str)

    def type(self, subject: str, *classes: str) -> None:
        """That a thing is of some classes."""
        self.link(subject, "rdf:type", *classes)

    def link(self, subject: str, predicate: str, *objects: str) -> None:
        """Links to things."""
        for one in objects:
            if one:
                self._add(subject, predicate, NamedNode(expand(one)))

    def text(self, subject: str, predicate: str, *texts: str) -> None:
        """English text."""
        for one in texts:
            if one:
                self._add(subject, predicate, Literal(one, language="en"))

    def value(self, subject: str, predicate: str, value: str | int, datatype: str = "xsd:string") -> None:
        """A value of some datatype, in its usual form."""
        if value != "":
            self._add(subject, predicate, Literal(str(value), datatype=NamedNode(expand(datatype))))

    def count(self, subject: str, predicate: str, value: int) -> None:
        """A whole number."""
        self.value(subject, predicate, value, "xsd:integer")

    def date(self, subject: str, predicate: str, value: str) -> None:
        """A date as YYYY-MM-DD."""
        self.value(subject, predicate, value, "xsd:date")

    def _add(self, subject: str, predicate: str, object: NamedNode | Literal) -> None:
        self._found.add(Triple(NamedNode(expand(subject)), NamedNode(expand(predicate)), object))

    def turtle(self) -> bytes:
        """As Turtle, prefixes sorted."""
        triples = self.triples
        output = io.BytesIO()
        write_triples(triples, output, RdfFormat.TURTLE, used_prefixes(triples, _ALL))
        lines = output.getvalue().splitlines(keepends=True)
        prefixes = sorted(line for line in lines if line.startswith(b"@prefix "))
        return b"".join([*prefixes, *lines[len(prefixes) :]])

    def n_triples(self) -> bytes:
        """As N-Triples."""
        output = io.BytesIO()
        write_triples(self.triples, output, RdfFormat.N_TRIPLES)
        return output.getvalue()

    def json_ld(self) -> bytes:
        """As JSON-LD: one object for each thing, prefixed names, the prefixes in its context."""
        triples = self.triples
        prefixes = used_prefixes(triples, _ALL)
        nodes: dict[str, dict[str, Any]] = {}
        for triple in triples:
            iri = text_of(triple.subject)
            node = nodes.setdefault(iri, {"@id": iri})
            name = _compact(triple.predicate.value, prefixes)
            if name == "rdf:type":
                node.setdefault("@type", []).append(_compact(text_of(triple.object), prefixes))
            else:
                node.setdefault(name, []).append(_json(triple.object, prefixes))
        context = {name: prefixes[name] for name in sorted(prefixes)}
        document = {"@context": context, "@graph": list(nodes.values())}
        return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _compact(iri: str, prefixes: Mapping[str, str]) -> str:
    found = next((one for one in prefixes.items() if iri.startswith(one[1])), None)
    return f"{found[0]}:{iri[len(found[1]) :]}" if found else iri


def _json(term: Term, prefixes: Mapping[str, str]) -> dict[str, str] | str:
    if not isinstance(term, Literal):
        return {"@id": text_of(term)}
    if term.language:
        return {"@value": term.value, "@language": term.language}
    if term.datatype.value == _ALL["xsd"] + "string":
        return term.value
    return {"@value": term.value, "@type": _compact(term.datatype.value, prefixes)}
