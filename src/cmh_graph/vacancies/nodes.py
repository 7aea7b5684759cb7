"""A JSON text -> the nodes in it that are postings, with names of schema.org and links to other nodes followed.

No context from elsewhere is fetched: names then count as those of schema.org.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cmh_graph.vacancies.columns import is_personal
from cmh_graph.vacancies.shapes import as_list, local_name

_DEEPEST: Final = 40
#: Where a JSON text gives a node the type of a posting.
TYPE: Final = re.compile(r'"(?:https?://(?:www\.)?schema\.org/|schema:)?JobPosting"')


def loads(text: str) -> Any:
    """What some JSON says. Raises ValueError for what is none, is nested too deeply or has a number too long."""
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def json_fault(error: ValueError) -> str:
    return error.msg if isinstance(error, json.JSONDecodeError) else str(error)[:100]


def postings(found: Any) -> Iterator[dict[str, Any]]:
    """The nodes of type JobPosting, in order, with names of schema.org and links to other nodes followed."""
    aliases: dict[str, str] = {}
    index: dict[str, dict[str, Any]] = {}
    nodes: list[dict[str, Any]] = []
    waiting: list[tuple[Any, int]] = [(found, 0)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, list):
            waiting += [(one, depth + 1) for one in reversed(value) if depth < _DEEPEST]
        elif isinstance(value, dict):
            aliases |= _aliases(value.get("@context"))
            if isinstance(value.get("@id"), str) and len(value) > 2:
                index.setdefault(value["@id"], value)
            if _is_posting(value, aliases):
                nodes.append(value)
            if depth < _DEEPEST:
                waiting += [(one, depth + 1) for name, one in reversed(value.items()) if name != "@context"]
    inside = {id(other) for node in nodes for other in _nodes_inside(node)}
    for node in nodes:
        if id(node) not in inside:
            yield {
                _name(name, aliases): _followed(value, index, aliases)
                for name, value in node.items()
                if not is_personal(name)
            }


def _nodes_inside(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    waiting: list[tuple[Any, int]] = [(one, 0) for one in node.values()]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, dict):
            yield value
        if isinstance(value, dict | list) and depth < _DEEPEST:
            waiting += [(one, depth + 1) for one in (value.values() if isinstance(value, dict) else value)]


def _is_posting(node: dict[str, Any], aliases: Mapping[str, str]) -> bool:
    kinds = as_list(node.get("@type")) + (as_list(node.get("type")) if "@type" not in node else [])
    return any(isinstance(kind, str) and _name(kind, aliases) == "JobPosting" for kind in kinds)


def _aliases(context: Any) -> dict[str, str]:
    """Term -> name of schema.org, as far as a context inside the document says so."""
    found: dict[str, str] = {}
    for one in as_list(context):
        if isinstance(one, dict):
            prefixes = {name: value for name, value in one.items() if isinstance(value, str)}
            for name, value in one.items():
                meaning = value.get("@id") if isinstance(value, dict) else value
                if isinstance(meaning, str) and not name.startswith("@"):
                    prefix, colon, rest = meaning.partition(":")
                    if colon and prefix in prefixes and not rest.startswith("//"):
                        meaning = prefixes[prefix] + rest
                    local = local_name(meaning)
                    if local and local != meaning:
                        found[name] = local
                    elif not local:
                        found[f"{name}:"] = ""
    return found


def _name(term: str, aliases: Mapping[str, str]) -> str:
    prefix, colon, rest = term.partition(":")
    if colon and f"{prefix}:" in aliases:
        return rest
    return aliases.get(term) or local_name(term)


def _followed(value: Any, index: Mapping[str, Any], aliases: Mapping[str, str], depth: int = 0) -> Any:
    """A value with its names made plain, and links to nodes of the same document replaced by these."""
    # Nodes that lead to each other in lists of lists would grow without end.
    if depth > 6:
        return None
    if isinstance(value, list):
        return [_followed(one, index, aliases, depth + 1) for one in value[: 200 if depth == 0 else 10]]
    if not isinstance(value, dict):
        return value
    link = value.get("@id")
    if isinstance(link, str) and len(value) <= 2 and link in index and index[link] is not value:
        value = index[link]
    return {
        _name(name, aliases): _followed(one, index, aliases, depth + 1)
        for name, one in value.items()
        if name != "@context" and not is_personal(name)
    }
