"""A partner's graph as a page: who published it, its titles, and what people decided that they mean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from cmh_graph.namespaces import BASE, CMH, PREFIXES, key_of
from cmh_graph.partner_space import Organisation, Version
from cmh_graph.store import Literal, NamedNode, Quad, parse_nquads
from cmh_graph.web.pages.thing import Names

#: Titles on one page; the data has them all.
_MOST: Final = 1_000
_LABEL: Final = PREFIXES["skos"] + "prefLabel"
_OWL: Final = PREFIXES["owl"]
_SKOS: Final = PREFIXES["skos"]
_RELATIONS: Final = {
    _SKOS + "exactMatch": "same as",
    _SKOS + "closeMatch": "close to",
    _SKOS + "broadMatch": "part of",
    _SKOS + "narrowMatch": "wider than",
    _SKOS + "relatedMatch": "related to",
}


def graph_page(names: Names, organisation: Organisation, version: Version, nquads: bytes) -> dict[str, Any]:
    """What thing.html shows of a graph. nquads: its content."""
    said = _by_subject(parse_nquads(nquads))
    meanings = _meanings(names, said)
    found = (
        (_text(about, _LABEL), thing)
        for thing, about in said.items()
        if CMH + "Title" in about.get(PREFIXES["rdf"] + "type", ())
    )
    titles = sorted(found, key=lambda one: (one[0].casefold(), one[1]))
    mapped = sum(thing in meanings for _, thing in titles)
    notes = [f"{version.statements:,} statements, version {version.number} of {version.when:%-d %B %Y}."]
    if titles:
        notes.append(f"{len(titles):,} job titles; {mapped:,} of them have a meaning that people accepted.")
    if len(titles) > _MOST:
        notes.append(f"The first {_MOST:,} titles are shown. The data has them all.")
    entries = [
        {
            "text": text or key_of(thing),
            "address": "/" + thing.removeprefix(BASE) if thing.startswith(BASE) else "",
            "note": "; ".join(sorted(meanings.get(thing, ()))) or "no accepted meaning",
            "says": None,
        }
        for text, thing in titles[:_MOST]
    ]
    return {
        "crumbs": [{"text": "Home", "href": "/"}],
        "caption": "Published by a partner",
        "title": organisation.name,
        "notes": notes,
        "sections": [{"name": "Job titles and what they mean", "entries": entries}] if entries else [],
        "rows": [],
        "source_list": [],
    }


def _by_subject(quads: Iterable[Quad]) -> dict[str, dict[str, list[str]]]:
    said: dict[str, dict[str, list[str]]] = {}
    for quad in quads:
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode | Literal):
            about = said.setdefault(quad.subject.value, {})
            about.setdefault(quad.predicate.value, []).append(quad.object.value)
    return said


def _meanings(names: Names, said: dict[str, dict[str, list[str]]]) -> dict[str, list[str]]:
    """Title -> its accepted meanings in words, with their status."""
    found: dict[str, list[str]] = {}
    for about in said.values():
        state = key_of(_text(about, CMH + "reviewState"))
        role = _text(about, _OWL + "annotatedTarget")
        if state != "accepted" or role.startswith(PREFIXES["sssom"]):
            continue
        relation = _RELATIONS.get(_text(about, _OWL + "annotatedProperty"), "matches")
        status = key_of(_text(about, CMH + "status"))
        words = f"{relation} {names.of(role)}" + (f", {status}" if status else "")
        found.setdefault(_text(about, _OWL + "annotatedSource"), []).append(words)
    return found


def _text(about: dict[str, list[str]], predicate: str) -> str:
    return next(iter(about.get(predicate, ())), "")
