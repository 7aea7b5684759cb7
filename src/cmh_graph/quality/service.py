"""Checks of a web address, asked of our own service by calling it in this process: nothing goes over a network.

Whether the public address leads to this service is known only where it is published; w3id.org must redirect to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import urlsplit

from cmh_graph.errors import SourceError
from cmh_graph.namespaces import BASE, PREFIXES
from cmh_graph.store import NamedNode, RdfFormat, parse_rdf

if TYPE_CHECKING:
    from starlette.types import ASGIApp

HTML: Final = "text/html"
#: Media type -> syntax; the forms in which FOOPS! looks for an ontology.
RDF_FORMS: Final[Mapping[str, RdfFormat]] = MappingProxyType(
    {
        "text/turtle": RdfFormat.TURTLE,
        "application/rdf+xml": RdfFormat.RDF_XML,
        "application/n-triples": RdfFormat.N_TRIPLES,
        "application/ld+json": RdfFormat.JSON_LD,
    }
)
_MOST_REDIRECTS: Final = 5
_TYPE: Final = NamedNode(PREFIXES["rdf"] + "type")
_ONTOLOGY: Final = NamedNode(PREFIXES["owl"] + "Ontology")


@dataclass(frozen=True, slots=True)
class Answer:
    """What an address answers. media_type: without parameters."""

    status: int
    media_type: str
    body: bytes
    location: str = ""


#: A path and an Accept header -> the answer.
Ask: TypeAlias = Callable[[str, str], Answer]
#: The ontology's IRI, its version IRI ("" if none) and whom to ask -> what is wrong, "" if nothing.
ServiceCheck: TypeAlias = Callable[[str, str, Ask], str]


@contextmanager
def asking(app: ASGIApp) -> Iterator[Ask]:
    """Whom to ask for the pages and data of an application; redirects within it are followed."""
    with asyncio.Runner() as runner:

        def ask(path: str, accept: str) -> Answer:
            answer = runner.run(_call(app, path, accept))
            for _ in range(_MOST_REDIRECTS):
                if not 300 <= answer.status < 400 or not answer.location.startswith(("/", BASE)):
                    break
                answer = runner.run(_call(app, "/" + answer.location.removeprefix(BASE).lstrip("/"), accept))
            return answer

        yield ask


async def _call(app: ASGIApp, address: str, accept: str) -> Answer:
    parts = urlsplit(address)
    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": parts.path, "raw_path": parts.path.encode(), "query_string": parts.query.encode(), "root_path": "",
        "headers": [(b"host", b"localhost"), (b"accept", accept.encode())],
        "server": ("localhost", 80), "client": ("127.0.0.1", 1), "state": {},
    }  # fmt: skip
    start: dict[str, Any] = {}
    body = bytearray()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            body.extend(message.get("body", b""))

    await app(scope, receive, send)
    headers = {name.decode().lower(): value.decode() for name, value in start.get("headers", ())}
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    return Answer(int(start.get("status", 500)), media_type, bytes(body), headers.get("location", ""))


def _path(iri: str) -> str:
    return "/" + iri.removeprefix(BASE)


def _rdf(ask: Ask, iri: str) -> Answer | None:
    """The first form in which an address gives RDF; None if it gives none."""
    for media_type in RDF_FORMS:
        answer = ask(_path(iri), media_type)
        if answer.status == 200 and answer.media_type == media_type:
            return answer
    return None


def rdf(ontology: str, version: str, ask: Ask) -> str:
    """URI1: the IRI gives RDF."""
    return "" if _rdf(ask, ontology) else f"{_path(ontology)} gives none of {', '.join(RDF_FORMS)}"


def page(ontology: str, version: str, ask: Ask) -> str:
    """DOC1: the IRI gives a page."""
    answer = ask(_path(ontology), HTML)
    found = answer.status == 200 and answer.media_type == HTML and b"<html" in answer.body[:1000].lower()
    return "" if found else f"{_path(ontology)} gives no page: {answer.status} {answer.media_type}"


def available(ontology: str, version: str, ask: Ask) -> str:
    """P37: the IRI gives RDF, and it gives a page."""
    return rdf(ontology, version, ask) or page(ontology, version, ask)


def negotiates(ontology: str, version: str, ask: Ask) -> str:
    """CN1: which of the two it gives is up to who asks."""
    return available(ontology, version, ask)


def parses(ontology: str, version: str, ask: Ask) -> str:
    """RDF1: what is served parses, and declares an ontology."""
    return "" if _served(ontology, ask) else "what is served does not parse as RDF with an owl:Ontology"


def same_iri(ontology: str, version: str, ask: Ask) -> str:
    """URI2: what is served calls itself by the IRI that was asked for."""
    served = _served(ontology, ask)
    if served == {ontology}:
        return ""
    return f"asked for {ontology}, it calls itself {', '.join(sorted(served)) or 'nothing'}"


def version(ontology: str, version: str, ask: Ask) -> str:
    """VER2: the version IRI gives the ontology too."""
    if not version:
        return "there is no version IRI"
    return "" if _rdf(ask, version) else f"{_path(version)} gives no RDF"


def _served(ontology: str, ask: Ask) -> set[str]:
    answer = _rdf(ask, ontology)
    if answer is None:
        return set()
    try:
        quads = parse_rdf(answer.body, RDF_FORMS[answer.media_type])
    except SourceError:
        return set()
    return {
        quad.subject.value
        for quad in quads
        if quad.predicate == _TYPE and quad.object == _ONTOLOGY and isinstance(quad.subject, NamedNode)
    }


#: Name in decided_by -> the check.
CHECKS: Final[Mapping[str, ServiceCheck]] = MappingProxyType(
    {
        "rdf": rdf,
        "page": page,
        "available": available,
        "negotiates": negotiates,
        "parses": parses,
        "same_iri": same_iri,
        "version": version,
    }
)
