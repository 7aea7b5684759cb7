"""Who has signed in on the pages of partners, and what their organisation has."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from fastapi import Request
from starlette.responses import Response

from cmh_graph.api.graph_store.access import Visit as GraphVisit
from cmh_graph.api.graph_store.preconditions import Preconditions, tag_of
from cmh_graph.api.graph_store.requests import changes_of, partners_of
from cmh_graph.api.partners import unknown_token
from cmh_graph.errors import NotSignedIn
from cmh_graph.partner_space import Version
from cmh_graph.visits.tokens import VisitId
from cmh_graph.visits.visit import Visit
from cmh_graph.web.align.door import Door

PATH: Final = "/partner"


class Office:
    """One for all pages of partners. The token's id stands in the visit; its rights are read at each request."""

    def __init__(self, door: Door) -> None:
        self.door: Final = door

    async def member(self, request: Request) -> tuple[Visit, GraphVisit] | None:
        """The visit of who has signed in, and their organisation's graph; None for anybody else."""
        visit = self.door.visit(request)
        if visit is None or not (token := visit.holder):
            return None
        space = partners_of(request).space
        if space is None:
            return None
        try:
            holder = await asyncio.to_thread(space.holder_of, token)
        except NotSignedIn:
            return None
        organisation = await asyncio.to_thread(space.organisation, holder.organisation)
        current = await asyncio.to_thread(space.current, holder.organisation)
        return visit, GraphVisit(space, organisation, holder, current)

    async def acting(self, request: Request, fields: Mapping[str, str]) -> tuple[Visit, GraphVisit]:
        """The same for a form, counted as a change. Raises NotSignedIn where the session is over, NotAllowed for a
        form of another visit and for a token that may only read."""
        self.door.gate.check_token(request, fields.get("token", ""))
        found = await self.member(request)
        if found is None:
            raise NotSignedIn(
                "you are not signed in any more",
                mend="sign in again with your organisation's token; nothing was changed",
            )
        partners_of(request).count_change(found[1].writer)
        return found

    async def sign_in(self, request: Request, secret: str) -> VisitId:
        """The new number of the visit, once the token holds. Raises NotSignedIn, TooMany."""
        partners = partners_of(request)
        if partners.space is None:
            raise unknown_token()
        holder = await asyncio.to_thread(partners.space.holder, secret.strip())
        known = self.door.gate.visit(request)
        assert known is not None, "the form's token was checked against it"
        renewed, _ = await asyncio.to_thread(self.door.tasks.visits.sign_in, known, holder.token)
        return renewed

    async def sign_out(self, request: Request) -> VisitId | None:
        """The new number of the visit, which nobody has signed in to; its list stays."""
        known = self.door.gate.visit(request)
        if known is None or self.door.tasks.visits.find(known) is None:
            return None
        renewed, _ = await asyncio.to_thread(self.door.tasks.visits.sign_in, known, "")
        return renewed

    def give(self, request: Request, answer: Response, visit: VisitId | None) -> Response:
        """The answer with the visit's new number."""
        if visit is not None:
            self.door.gate.give(request, answer, visit)
        return answer

    async def replace(
        self, request: Request, graph: GraphVisit, data: bytes, media_type: str, seen: str
    ) -> Version:
        """Make an upload the graph, if it is still the one that the page showed."""
        landed = await changes_of(request).replace(graph, data, media_type, conditions(seen))
        return landed.version


def conditions(seen: str) -> Preconditions:
    """The graph is still what a page showed: its checksum, "" for none."""
    return Preconditions((f"{seen}.nq",), None) if seen else Preconditions(None, "*")


def seen_of(current: Version | None) -> str:
    """What a form carries so that nobody changes what they have not seen."""
    return tag_of(current, "nq").strip('"').partition(".")[0] if current else ""
