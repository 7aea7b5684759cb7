"""Things of partners at their own names, for those who may see them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from cmh_graph.api.partners import Partners
from cmh_graph.api.representations import Form
from cmh_graph.namespaces import PREFIXES
from cmh_graph.partner_space.own_names import OwnNames
from cmh_graph.sparql.formats import content_type
from cmh_graph.store import Literal, Triple, parse_nquads

_LABEL = PREFIXES["skos"] + "prefLabel"
_DEFINITION = PREFIXES["skos"] + "definition"


@dataclass(frozen=True, slots=True)
class PartnerThing:
    """What a partner says of one of its things. owner: its name; by_token: whether a token was needed to see it."""

    triples: Sequence[Triple]
    owner: str
    by_token: bool

    def words(self) -> dict[str, str]:
        """Its name and definition, as a page shows them; without what it does not have."""
        found = {
            triple.predicate.value: triple.object.value
            for triple in self.triples
            if isinstance(triple.object, Literal)
        }
        shown = {"title": found.get(_LABEL, ""), "definition": found.get(_DEFINITION, "")}
        return {name: text for name, text in shown.items() if text}

    def answer(self, form: Form, write: Callable[[], bytes], links: str) -> Response:
        """An answer that no cache keeps without asking again: who may see it can change at any moment."""
        headers = {
            "Content-Type": content_type(form.media_type),
            "Cache-Control": "private, no-store" if self.by_token else "no-cache",
            "Vary": "Accept, Authorization",
            "Link": links,
        }
        return Response(write(), headers=headers)


def partner_thing(request: Request, iri: str) -> PartnerThing | None:
    """The thing of this name in a graph that the visitor may see; None where there is none.

    Raises NotSignedIn for a token that does not hold."""
    partners: Partners | None = getattr(request.app.state, "partners", None)
    if partners is None:
        return None
    holder = partners.holder(request)
    space = partners.space
    if space is None:
        return None
    line = f"<{iri}> ".encode()
    for version in space.seen_by(holder):
        if OwnNames(version.organisation).holds(iri):
            lines = [one for one in space.content(version).splitlines(keepends=True) if one.startswith(line)]
            if lines:
                triples = [quad.triple for quad in parse_nquads(b"".join(lines))]
                owner = space.organisation(version.organisation).name
                return PartnerThing(triples, owner, holder is not None)
    return None


def shown_by(thing: PartnerThing, page: dict[str, Any]) -> dict[str, Any]:
    """A page of a thing's statements, with the thing's own words and who published it."""
    rows = [*page["rows"], {"name": "published by", "said": [{"text": thing.owner, "address": ""}]}]
    return {**page, **thing.words(), "rows": rows}
