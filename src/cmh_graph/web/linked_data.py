"""Every IRI of ours answers at its own path, as a page or as data, by what its reader accepts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from cmh_graph.api.described import Router
from cmh_graph.api.representations import (
    JSON,
    JSON_LD,
    N_TRIPLES,
    TURTLE,
    Form,
    choose,
    refuse_unknown,
    respond,
    split_suffix,
    writer_of,
)
from cmh_graph.errors import UnknownThing
from cmh_graph.framework import ATTRIBUTE_OF, Framework
from cmh_graph.model import Role, Thing
from cmh_graph.namespaces import BASE, KINDS, PREFIXES
from cmh_graph.store import NamedNode
from cmh_graph.versions.places import FOLDER
from cmh_graph.versions.semver import is_version
from cmh_graph.web.pages.terms import (
    ontology_triples,
    page_of,
    released_ontology,
    served_ontology,
    terms_page,
)
from cmh_graph.web.pages.thing import Names, statement_page, thing_page
from cmh_graph.web.partner_things import partner_thing, shown_by
from cmh_graph.web.site import HTML, Site

#: What a thing of the catalogue answers in, and what other nodes do, whose JSON nobody has described.
THING_FORMS: Final = (HTML, JSON_LD, TURTLE, N_TRIPLES, JSON)
NODE_FORMS: Final = (HTML, JSON_LD, TURTLE, N_TRIPLES)
_TITLES: Final = {
    "jsonld": "Data as JSON-LD",
    "ttl": "Data as Turtle",
    "nt": "Data as N-Triples",
    "json": "Data as JSON",
}
_REPLACED: Final = PREFIXES["dcterms"] + "isReplacedBy"


def router(framework: Framework, site: Site) -> APIRouter:
    """The addresses of all things and statements."""
    routes = Router(include_in_schema=False)
    names = Names(framework)

    def answer(request: Request, kind: str, key: str) -> Response:
        refuse_unknown(request, ["format"])
        thing, stem, suffix = _thing(framework, kind, key), key, ""
        if thing is None and not framework.describe_node(f"{BASE}{kind}/{key}"):
            stem, suffix = split_suffix(key, THING_FORMS)
            thing = _thing(framework, kind, stem)
        forms = THING_FORMS if thing is not None else NODE_FORMS
        iri = f"{BASE}{kind}/{stem}"
        triples = framework.describe(thing) if thing is not None else framework.describe_node(iri)
        if not triples:
            return of_partner(request, kind, key)
        form = choose(request, forms, suffix)
        replaced = [
            triple.object.value
            for triple in triples
            if triple.predicate.value == _REPLACED
            and isinstance(triple.object, NamedNode)
            and triple.subject == NamedNode(iri)
        ]
        if replaced and form is HTML:
            return RedirectResponse("/" + replaced[0].removeprefix(BASE), 301)
        headers = {"Link": _links(f"{kind}/{stem}", forms, replaced), **_place(f"/{kind}/{stem}", form)}
        if form is not HTML:
            write = writer_of(request)
            if thing is not None:
                found = thing
                return respond(request, form, lambda: write.write(found, form), headers)
            return respond(request, form, lambda: write.write_triples(triples, form), headers)
        alternates = _alternates(f"/{kind}/{stem}", forms)

        def values() -> dict[str, Any]:
            if isinstance(thing, Role):
                from cmh_graph.web.pages.role import role_page

                page = role_page(framework, thing)
            elif thing is not None:
                page = thing_page(framework, names, kind, thing)
            else:
                page = statement_page(framework, names, kind, iri, triples)
            if isinstance(thing, Role) and thing.form != "grouping":
                from cmh_graph.export.schema_org import occupation_script

                page = {**page, "json_ld": Markup(occupation_script(framework, thing))}
            return {**page, "alternates": alternates}

        template = "role.html" if isinstance(thing, Role) else "thing.html"
        return site.respond(request, template, values, headers)

    def of_partner(request: Request, kind: str, key: str) -> Response:
        """A thing that a partner has published, if the visitor may see it."""
        stem, suffix = key, ""
        found = partner_thing(request, f"{BASE}{kind}/{key}")
        if found is None:
            stem, suffix = split_suffix(key, NODE_FORMS)
            found = partner_thing(request, f"{BASE}{kind}/{stem}") if suffix else None
        if found is None:
            raise _unknown(framework, kind, split_suffix(key, THING_FORMS)[0])
        form, thing, iri = choose(request, NODE_FORMS, suffix), found, f"{BASE}{kind}/{stem}"

        def written() -> bytes:
            if form is not HTML:
                return writer_of(request).write_triples(thing.triples, form)
            page = shown_by(thing, statement_page(framework, names, kind, iri, thing.triples))
            return site.write(
                "thing.html", {**page, "alternates": _alternates(f"/{kind}/{stem}", NODE_FORMS)}
            )

        return thing.answer(form, written, _links(f"{kind}/{stem}", NODE_FORMS))

    @routes.get("/graph/source/{key}")
    def graph_of_partner(request: Request, key: str) -> Response:
        # The name of a graph leads to the graph, whether there is one or not.
        return RedirectResponse(f"/graphs/{quote(key, safe='')}", 303)

    for kind in (*KINDS, "graph"):
        _add(routes, f"/{kind}/{{key}}", kind, answer)

    @routes.get("/ns")
    @routes.get("/ns.{suffix}")
    def ontology(request: Request, suffix: str = "") -> Response:
        refuse_unknown(request, ["format"])
        form = choose(request, NODE_FORMS, suffix)
        headers = {"Link": _links("ns", NODE_FORMS), **_place("/ns", form)}
        if form is not HTML:
            triples = ontology_triples(framework)
            return respond(request, form, lambda: writer_of(request).write_triples(triples, form), headers)
        alternates = _alternates("/ns", NODE_FORMS)
        values = {"alternates": alternates}
        return site.respond(request, "terms.html", lambda: {**terms_page(framework), **values}, headers)

    @routes.get("/ns/{name}")
    def version_of_the_ontology(request: Request, name: str) -> Response:
        refuse_unknown(request, ["format"])
        version, suffix = name, ""
        if not is_version(name):
            version, suffix = split_suffix(name, NODE_FORMS)
        form = choose(request, NODE_FORMS, suffix)
        home: Path = request.app.state.settings.home
        ontology, shapes = released_ontology(home / FOLDER, version) or served_ontology(framework, version)
        headers = {"Link": _links(f"ns/{version}", NODE_FORMS), **_place(f"/ns/{version}", form)}
        if form is not HTML:
            return respond(request, form, lambda: writer_of(request).write_triples(ontology, form), headers)
        values = {"alternates": _alternates(f"/ns/{version}", NODE_FORMS)}
        return site.respond(request, "terms.html", lambda: {**page_of(ontology, shapes), **values}, headers)

    @routes.get("/vocab/{scheme}/{key}")
    def concept(request: Request, scheme: str, key: str) -> Response:
        return answer(request, f"vocab/{scheme}", key)

    @routes.get("/vocab/{key}")
    def vocabulary(request: Request, key: str) -> Response:
        return answer(request, "vocab", key)

    return routes


def _add(routes: APIRouter, path: str, kind: str, answer: Any) -> None:
    @routes.get(path)
    def of_kind(request: Request, key: str) -> Response:
        found: Response = answer(request, kind, key)
        return found


def _thing(framework: Framework, kind: str, key: str) -> Thing | None:
    """The thing of the catalogue at an address; None for statements and what nobody knows."""
    name = kind.removeprefix("vocab/")
    if name not in ATTRIBUTE_OF:
        return None
    thing = framework.things(name).get(key)  # type: ignore[call-overload]
    return thing if thing is not None and thing.iri == f"{BASE}{kind}/{key}" else None


def _unknown(framework: Framework, kind: str, key: str) -> Exception:
    if kind in ATTRIBUTE_OF:
        try:
            framework.find(kind, key)
        except UnknownThing as error:
            return error
    return UnknownThing(
        f"no {kind.replace('/', ' ')} has the key {key[:100]}", where=key[:100], mend="search for its name"
    )


def _alternates(path: str, forms: tuple[Form, ...]) -> list[dict[str, str]]:
    """The addresses of the data behind a page, for people."""
    return [
        {"media_type": one.media_type, "address": f"{path}.{one.name}", "title": _TITLES[one.name]}
        for one in forms
        if one is not HTML
    ]


def _place(path: str, form: Form) -> dict[str, str]:
    """Where just this form is, whatever a reader accepts (RFC 9110, 8.7)."""
    return {"Content-Location": f"{quote(path)}.{form.name}"}


def _links(path: str, forms: tuple[Form, ...], replaced: Sequence[str] = ()) -> str:
    """The same for programs, with the thing's own IRI and what has replaced it."""
    links = [
        f'</{path}.{form.name}>; rel="alternate"; type="{form.media_type}"'
        for form in forms
        if form is not HTML
    ]
    links += [f'<{BASE}{path}>; rel="canonical"']
    links += [f'<{iri}>; rel="successor-version"' for iri in replaced]
    return ", ".join(links)
