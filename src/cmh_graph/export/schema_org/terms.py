"""schema.org's own names (terms.json): types, properties, domains and ranges; and what in a document breaks them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

#: Ranges that a JSON string, number or truth value can be.
_TEXTS: Final = frozenset(
    {"Text", "URL", "Date", "DateTime", "Time", "Duration", "CssSelectorType", "XPathType"}
)
_NUMBERS: Final = frozenset({"Number", "Integer", "Float"})


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a document that schema.org does not have. where: the way to it, as in "skills[0].name"."""

    where: str
    what: str


@cache
def listed() -> Mapping[str, Any]:
    """The list as kept: source, version, types (with what each is a kind of) and properties."""
    text = resources.files(__package__).joinpath("terms.json").read_text(encoding="utf-8")
    found: Mapping[str, Any] = json.loads(text)
    return found


def find_faults(document: Mapping[str, Any]) -> tuple[Fault, ...]:
    """What a JSON-LD document says that is not schema.org's: types, properties, properties of a type, and values.

    document: an object, or one whose @graph holds several. A bare {"@id": ...} may lead to anything. A text needs
    a property that takes text, though search engines are more lenient."""
    nodes = document.get("@graph")
    if isinstance(nodes, list):
        return tuple(fault for n, node in enumerate(nodes) for fault in _node_faults(node, f"@graph[{n}]"))
    return tuple(_node_faults(document, ""))


@cache
def _kinds(type: str) -> frozenset[str]:
    """A type and all that it is a kind of."""
    above = listed()["types"].get(type, ())
    return frozenset({type}).union(*(_kinds(one) for one in above))


def _node_faults(node: Mapping[str, Any], where: str) -> Iterator[Fault]:
    type = node.get("@type")
    if not isinstance(type, str) or type not in listed()["types"]:
        yield Fault(where, f"'{type}' is no type of schema.org that is listed here")
        return
    for name, value in node.items():
        if name.startswith("@"):
            continue
        place = f"{where}.{name}" if where else name
        known = listed()["properties"].get(name)
        if known is None:
            yield Fault(place, f"'{name}' is no property of schema.org that is listed here")
        elif not _kinds(type) & set(known["domains"]):
            yield Fault(place, f"'{name}' is no property of {type}")
        else:
            yield from _value_faults(value, frozenset(known["ranges"]), place)


def _value_faults(value: Any, ranges: frozenset[str], where: str) -> Iterator[Fault]:
    if isinstance(value, list):
        for n, one in enumerate(value):
            yield from _value_faults(one, ranges, f"{where}[{n}]")
    elif isinstance(value, Mapping):
        if set(value) == {"@id"}:
            return
        type = value.get("@type")
        if isinstance(type, str) and type in listed()["types"] and not _kinds(type) & ranges:
            yield Fault(where, f"takes {' or '.join(sorted(ranges))}, not {type}")
        yield from _node_faults(value, where)
    elif not ranges & _accepting(value):
        yield Fault(where, f"takes {' or '.join(sorted(ranges))}, not {value!r}")


def _accepting(value: Any) -> frozenset[str]:
    """The ranges that a plain JSON value fits."""
    if isinstance(value, bool):
        return frozenset({"Boolean"})
    if isinstance(value, int | float):
        return _NUMBERS
    return _TEXTS if isinstance(value, str) else frozenset()
