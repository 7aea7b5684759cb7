"""Schemas of the OpenAPI document in words: what a value may be, and the fields of an object one by one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from markupsafe import Markup, escape

SCHEMAS: Final = "/docs/schemas"
_REF: Final = "#/components/schemas/"
#: Fields within fields are shown so far down; deeper ones have a schema of their own, or none worth a table.
_DEPTH: Final = 4
_WORDS: Final = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "null": "null",
    "object": "object",
    "array": "list",
}
_BOUNDS: Final = (
    ("minimum", "at least {}"),
    ("exclusiveMinimum", "more than {}"),
    ("maximum", "at most {}"),
    ("maxLength", "at most {} characters"),
    ("maxItems", "at most {} of them"),
)


def name_of(reference: str) -> str:
    """The name of the schema that a $ref leads to."""
    return reference.removeprefix(_REF)


def type_of(schema: Mapping[str, Any]) -> Markup:
    """What a value may be, in words; names of schemas are links."""
    if "$ref" in schema:
        name = name_of(schema["$ref"])
        return Markup('<a href="{}#{}">{}</a>').format(SCHEMAS, name, shown_name(name))
    for way in ("anyOf", "oneOf"):
        if way in schema:
            return Markup(", or ").join(dict.fromkeys(type_of(one) for one in schema[way]))
    if "allOf" in schema:
        return Markup(" and ").join(type_of(one) for one in schema["allOf"])
    if "const" in schema:
        return Markup("<code>{}</code>").format(json.dumps(schema["const"]))
    if "prefixItems" in schema:
        parts = Markup(", then ").join(type_of(one) for one in schema["prefixItems"])
        return Markup("list of {}: {}").format(len(schema["prefixItems"]), parts)
    kind = schema.get("type")
    if isinstance(kind, list):
        return Markup(", or ").join(type_of({**schema, "type": one}) for one in kind)
    if kind == "array" and schema.get("items"):
        return Markup("list of {}").format(type_of(schema["items"]))
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return Markup("object: name → {}").format(type_of(schema["additionalProperties"]))
    words = _WORDS.get(str(kind), "anything")
    form = schema.get("format")
    return Markup(escape(f"{words} ({form})" if form else words))


def shown_name(name: str) -> str:
    """The name of a schema as people read it: Page_RoleRow_ -> Page of RoleRow."""
    outer, _, inner = name.rstrip("_").partition("_")
    return f"{outer} of {inner}" if inner else name


def values_of(schema: Mapping[str, Any]) -> list[str]:
    """The values that a closed list allows, also of each part of a list; empty if any value will do."""
    if "enum" in schema:
        return [one if isinstance(one, str) else json.dumps(one) for one in schema["enum"]]
    for way in ("anyOf", "oneOf"):
        for one in schema.get(way, ()):
            if found := values_of(one):
                return found
    items = schema.get("items")
    return values_of(items) if isinstance(items, Mapping) else []


def bounds_of(schema: Mapping[str, Any]) -> str:
    """What bounds a value, and what stands in for it: "at most 100 characters; default 50"."""
    found = [words.format(f"{schema[name]:,}") for name, words in _BOUNDS if name in schema]
    if "default" in schema and schema["default"] not in (None, [], ""):
        found.append(f"default {schema['default']}")
    if schema.get("pattern"):
        found.append(f"as {schema['pattern']}")
    return "; ".join(found)


def fields_of(schema: Mapping[str, Any], before: str = "", depth: int = 0) -> Iterator[dict[str, Any]]:
    """The fields of an object, those of unnamed objects within it too, as rows[].title.

    Each has name, type, required, about, values and bounds."""
    required = set(schema.get("required", ()))
    for name, found in schema.get("properties", {}).items():
        full = f"{before}{name}"
        yield {
            "name": full,
            "type": type_of(found),
            "required": name in required,
            "about": found.get("description", ""),
            "values": values_of(found),
            "bounds": bounds_of(found),
        }
        if depth < _DEPTH:
            inner, path = found, f"{full}."
            if found.get("type") == "array" and isinstance(found.get("items"), Mapping):
                inner, path = found["items"], f"{full}[]."
            if "properties" in inner:
                yield from fields_of(inner, path, depth + 1)


def schemas_page(document: Mapping[str, Any]) -> dict[str, Any]:
    """What reference_schemas.html shows: every schema with a name, in the order of the names."""
    schemas: Mapping[str, Mapping[str, Any]] = document["components"]["schemas"]
    return {
        "section": "/data",
        "crumbs": [{"text": "Home", "href": "/"}, {"text": "The API", "href": "/docs"}],
        "title": "Schemas",
        "schemas": [
            {
                "id": name,
                "name": shown_name(name),
                "about": schemas[name].get("description", ""),
                "fields": list(fields_of(schemas[name])),
                "type": "" if "properties" in schemas[name] else type_of(schemas[name]),
                "values": values_of(schemas[name]),
            }
            for name in sorted(schemas, key=str.lower)
        ],
    }
