"""Which keys and namespaces an organisation may have, so that its names are nobody else's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final
from urllib.parse import urlsplit

from cmh_graph.errors import BadParameter
from cmh_graph.namespaces import BASE, DESCRIPTION_PREFIXES, GRAPH_PARTNER, KINDS, PREFIXES

_KEY: Final = re.compile(r"[a-z][a-z0-9]{1,39}")
_NAMESPACE: Final = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?/([!$&'()*+,;=:@~A-Za-z0-9._/?#%-]*[/#])?")
_NAME_LENGTH: Final = 200
_NAMESPACE_LENGTH: Final = 300
#: Words that would read as something else in an address or a graph's name.
RESERVED: Final = frozenset(
    {"all", "catalogue", "default", "derived", "framework", "graph", "matches", "none", "ontology", "operator",
     "public", "shared", "private", "source", "union", *KINDS}
)  # fmt: skip


def check_key(key: str, taken: Callable[[str], bool]) -> str:
    """The key, if an organisation may have it. Raises BadParameter."""
    if not _KEY.fullmatch(key):
        raise BadParameter(
            f"'{key[:60]}' cannot be the key of an organisation",
            where="key",
            mend="use 2 to 40 small letters and digits, beginning with a letter",
        )
    if key in RESERVED or taken(key):
        raise BadParameter(
            f"names that begin with '{key}' belong to the framework", where="key", mend="choose another key"
        )
    return key


def framework_keys(iris: Iterable[str]) -> Callable[[str], bool]:
    """A test whether an organisation of this key would own a name that is in use.

    iris: every IRI of the framework, in any order. An organisation's names are `{BASE}{kind}/{key}` and those that
    go on with a hyphen, and its graph."""
    first = re.compile(re.escape(BASE) + r"[^/#]+/(?:[^/#]+/)?([a-z][a-z0-9]*)(?:-|$|/)")
    graph = re.compile(re.escape(GRAPH_PARTNER) + r"([a-z][a-z0-9]*)(?:-|$|/)")
    found = {match[1] for iri in iris for pattern in (first, graph) if (match := pattern.match(iri))}
    return found.__contains__


def check_name(name: str) -> str:
    """The organisation's name in one line. Raises BadParameter."""
    words = " ".join(name.split())
    if not words or len(words) > _NAME_LENGTH or not words.isprintable():
        raise BadParameter("this cannot be a name", where="name", mend=f"use 1 to {_NAME_LENGTH} characters")
    return words


def check_namespaces(namespaces: Sequence[str], others: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The namespaces in order, each once. others: (key, namespace) of the organisations that are there.

    Raises BadParameter for what is no absolute http(s) IRI ending in / or #, what lies under our own base or a
    vocabulary that we use, and what takes in a namespace of another organisation or lies in it."""
    mine = tuple(sorted(set(namespaces)))
    held = list(others)
    for namespace in mine:
        if (
            len(namespace) > _NAMESPACE_LENGTH
            or not _NAMESPACE.fullmatch(namespace)
            or namespace.count("#") > 1
            or ("#" in namespace and not namespace.endswith("#"))
            or "/./" in namespace
            or "/../" in namespace
            or not _host_is_plain(namespace)
        ):
            raise BadParameter(
                f"'{namespace[:100]}' is not a namespace",
                where="namespace",
                mend="give an absolute http or https IRI that ends in / or #, its host in small letters",
            )
        for vocabulary in (BASE, *PREFIXES.values(), *DESCRIPTION_PREFIXES.values()):
            if _overlap(namespace, vocabulary):
                raise BadParameter(
                    f"'{namespace}' overlaps {vocabulary}, which others define",
                    where="namespace",
                    mend="give a namespace that the organisation itself controls",
                )
        for key, other in held:
            if _overlap(namespace, other):
                raise BadParameter(
                    f"'{namespace}' overlaps a namespace of '{key}'",
                    where="namespace",
                    mend="give a namespace that no other organisation has",
                )
    return mine


def _host_is_plain(namespace: str) -> bool:
    try:
        parts = urlsplit(namespace)
        default = {"http": 80, "https": 443}[parts.scheme]
        return bool(parts.hostname) and parts.port != default and not parts.username
    except ValueError:
        return False


def _overlap(one: str, other: str) -> bool:
    # http and https name different things, but who holds one host holds both.
    bare, rest = one.split("://", 1)[-1], other.split("://", 1)[-1]
    return bare.startswith(rest) or rest.startswith(bare)
