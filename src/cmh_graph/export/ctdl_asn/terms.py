"""The names that CTDL and CTDL-ASN have (terms.json), class by class; and what in a document is not among them.

The registry's JSON schemas let any extra property pass, so a misspelt one is found only here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

_LANGUAGES: Final = "rdf:langString"
#: Ranges whose values are plain JSON strings.
_STRINGS: Final = frozenset({"xsd:string", "xsd:language", "xsd:date", "xsd:dateTime", "xsd:duration"})
_NUMBERS: Final = frozenset({"xsd:integer", "xsd:decimal", "xsd:float"})


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a document that CTDL does not have. where: the way to it."""

    where: str
    what: str


@cache
def listed() -> Mapping[str, Any]:
    """The lists as kept: source, date, classes with their properties, ranges, and what the registry requires."""
    text = resources.files(__package__).joinpath("terms.json").read_text(encoding="utf-8")
    found: Mapping[str, Any] = json.loads(text)
    return found


@cache
def properties_of(class_: str) -> frozenset[str]:
    """The properties of a class: those its publisher lists, and those that the registry requires."""
    lists = listed()
    return frozenset(lists["classes"].get(class_, ())) | frozenset(
        lists["required_by_registry"].get(class_, ())
    )


def find_faults(document: Mapping[str, Any]) -> tuple[Fault, ...]:
    """What a document says by names that CTDL does not have for the class, and texts in the wrong form.

    document: a node, or an object whose @graph holds several."""
    nodes = document.get("@graph")
    if isinstance(nodes, list):
        return tuple(fault for n, node in enumerate(nodes) for fault in _node_faults(node, f"@graph[{n}]"))
    return tuple(_node_faults(document, ""))


def _node_faults(node: Mapping[str, Any], where: str) -> Iterator[Fault]:
    class_ = node.get("@type")
    if not isinstance(class_, str) or class_ not in listed()["classes"]:
        yield Fault(where, f"'{class_}' is no class that is listed here")
        return
    for name, value in node.items():
        if name.startswith("@"):
            continue
        place = f"{where}.{name}" if where else name
        if name not in properties_of(class_):
            yield Fault(place, f"'{name}' is no property of {class_}")
        else:
            yield from _value_faults(value, frozenset(listed()["ranges"].get(name, ())), place)


def _value_faults(value: Any, ranges: frozenset[str], where: str) -> Iterator[Fault]:
    """A nested node is looked into; a text must have the form that the range wants."""
    if isinstance(value, list):
        for n, one in enumerate(value):
            yield from _value_faults(one, ranges, f"{where}[{n}]")
    elif isinstance(value, Mapping) and "@type" in value:
        yield from _node_faults(value, where)
    elif isinstance(value, Mapping):
        if _LANGUAGES not in ranges or not all(isinstance(one, str) for one in value.values()):
            yield Fault(where, "takes no text by language")
    elif isinstance(value, bool) or not isinstance(value, str):
        if not ranges & _NUMBERS:
            yield Fault(where, "takes no number")
    elif ranges == {_LANGUAGES}:
        yield Fault(where, 'takes a text by language, as in {"en": "..."}')
    elif not ranges & _STRINGS and "://" not in value:
        yield Fault(where, "takes the IRI of something")
