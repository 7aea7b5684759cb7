"""The flexible shapes of schema.org: a value may be text, a number, a node, a JSON-LD value, or a list of these."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit

_SCHEMA: Final = (
    "https://schema.org/",
    "http://schema.org/",
    "https://www.schema.org/",
    "http://www.schema.org/",
    "schema:",
)
_LONGEST_URL: Final = 2000


def as_list(value: Any) -> list[Any]:
    """A value as a list; JSON-LD's @list and @set are lists too."""
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)) in ("@list", "@set"):
        value = next(iter(value.values()))
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def text(value: Any) -> str:
    """The text of a value: of a list its first that has any, of a node its name, else its value or address."""
    for one in as_list(value):
        said = _text(one)
        if said:
            return said
    return ""


def _text(value: Any, depth: int = 0) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool) or value is None or depth > 3:
        return ""
    if isinstance(value, int | float | Decimal):
        return str(value)
    if isinstance(value, dict):
        for name in ("@value", "name", "legalName", "value", "@id"):
            if name in value:
                said = next(
                    (one for one in (_text(each, depth + 1) for each in as_list(value[name])) if one), ""
                )
                if said:
                    return said
    return ""


def local_name(term: str) -> str:
    """A name of schema.org without its namespace: https://schema.org/JobPosting -> JobPosting."""
    for start in _SCHEMA:
        if term.startswith(start):
            return term[len(start) :]
    return term


def web_address(value: Any) -> str:
    """The http or https address that a value gives; "" for any other scheme, and for one with a user's name in it."""
    for one in as_list(value):
        said = _text({"@id": one["@id"]} if isinstance(one, dict) and "@id" in one else one)
        if is_web_address(said):
            return said
    return ""


def is_web_address(said: str) -> bool:
    """Whether a text is an absolute http or https address with no user, space, quote or angle bracket in it."""
    if not said or len(said) > _LONGEST_URL or any(char in ' <>"{}|\\^`' or ord(char) < 33 for char in said):
        return False
    try:
        parts = urlsplit(said)
        host, user = parts.hostname, parts.username
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(host) and not user
