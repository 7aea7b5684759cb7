"""The page of any thing that has no page of its own kind: what it is, what links to it, and every statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from cmh_graph.framework import Framework
from cmh_graph.model import Says, Skill, Thing
from cmh_graph.namespaces import BASE, CMH, PREFIXES, compact, key_of
from cmh_graph.store import Literal, NamedNode, Term, Triple
from cmh_graph.web.pages.listing import LISTINGS
from cmh_graph.web.pages.sections import sections_of
from cmh_graph.web.pages.sourced import sources_of
from cmh_graph.web.wording import path_of

_LABEL: Final = PREFIXES["skos"] + "prefLabel"
_TYPE: Final = PREFIXES["rdf"] + "type"
_SOURCE: Final = PREFIXES["dcterms"] + "source"
_STATUS: Final = CMH + "status"
#: Words for properties that are not ours.
_NAMES: Final = {
    _TYPE: "kind",
    _LABEL: "name",
    _SOURCE: "source",
    PREFIXES["skos"] + "altLabel": "other name",
    PREFIXES["skos"] + "definition": "definition",
    PREFIXES["skos"] + "note": "note",
    PREFIXES["skos"] + "inScheme": "scheme",
    PREFIXES["skos"] + "notation": "code",
    PREFIXES["skos"] + "broader": "wider",
    PREFIXES["owl"] + "sameAs": "same as",
    PREFIXES["dcterms"] + "isReplacedBy": "replaced by",
    PREFIXES["schema"] + "url": "address on the web",
}


class Names:
    """The names of everything that is stated in a framework, for showing links."""

    def __init__(self, framework: Framework) -> None:
        self._framework = framework

    def of(self, iri: str) -> str:
        """The name of a thing: its label, or the key at the end of its IRI, or the prefixed name."""
        if (name := self._framework.labels.get(iri)) is not None:
            return name
        return key_of(iri).replace("-", " ") if iri.startswith(BASE) else compact(iri)

    def of_property(self, iri: str) -> str:
        """The name of a property in small words."""
        return _NAMES.get(iri) or self.of(iri)


def thing_page(framework: Framework, names: Names, kind: str, thing: Thing) -> dict[str, Any]:
    """What thing.html shows of a thing of the catalogue."""
    page = statement_page(framework, names, kind, thing.iri, framework.describe(thing))
    found = next((one for one, (of, _, _) in LISTINGS.items() if of == kind.removeprefix("vocab/")), "")
    crumb = [{"text": LISTINGS[found][1], "href": f"/{found}"}] if found else []
    return {
        **page,
        "section": f"/{found}",
        "crumbs": [*page["crumbs"], *crumb],
        "title": thing.label,
        "definition": thing.definition or "",
        "notes": thing.notes,
        "says": thing.says,
        "remarks": thing.remarks,
        "sections": sections_of(framework, thing),
        "source_list": sources_of(framework, _said(framework, thing)),
    }


def statement_page(
    framework: Framework, names: Names, kind: str, iri: str, triples: Iterable[Triple]
) -> dict[str, Any]:
    """What thing.html shows of a node that is no thing of the catalogue, such as a requirement."""
    own: dict[str, list[Term]] = {}
    for triple in triples:
        if isinstance(triple.subject, NamedNode) and triple.subject.value == iri:
            own.setdefault(triple.predicate.value, []).append(triple.object)
    hidden = {_LABEL, PREFIXES["skos"] + "definition"}
    words = {"vocab/band": "pay band", "vocab": "vocabulary"}.get(kind, kind.removeprefix("vocab/")).replace(
        "-", " "
    )
    return {
        "crumbs": [{"text": "Home", "href": "/"}],
        "title": names.of(iri),
        "caption": words[:1].upper() + words[1:],
        "rows": [
            {"name": names.of_property(prop), "said": [_value(names, term) for term in own[prop]]}
            for prop in sorted(own, key=names.of_property)
            if prop not in hidden
        ],
        "source_list": [],
    }


def _value(names: Names, term: Term) -> dict[str, str]:
    if isinstance(term, NamedNode):
        ours = term.value.startswith(BASE)
        link = path_of(term.value) if ours or term.value.startswith(("http://", "https://")) else ""
        return {"text": names.of(term.value), "address": link}
    text = term.value if isinstance(term, Literal) else str(term)
    return {"text": {"true": "yes", "false": "no"}.get(text, text), "address": ""}


def _said(framework: Framework, thing: Thing) -> Iterator[Says | None]:
    yield thing.says
    if isinstance(thing, Skill):
        yield from (said.says for level in thing.levels for said in level.i_statements)
    yield from (need.says for _, need in framework.roles_asking_for(thing))
