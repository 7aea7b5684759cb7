"""Who may do what with which graph.

What somebody may not see is as if it were not there: the same answer, made of the same words, after the same steps. So
nothing is told of a graph before it is known that its visitor may see it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from cmh_graph.api.partners import Partners
from cmh_graph.errors import BadParameter, NotAllowed, NotSignedIn, UnknownThing
from cmh_graph.namespaces import GRAPH_PARTNER
from cmh_graph.partner_space import Holder, Organisation, PartnerSpace, Version
from cmh_graph.partner_space.own_names import OwnNames

#: Longer than any key: what is longer need not be looked up.
_LONGEST_KEY: Final = 100


@dataclass(frozen=True, slots=True)
class Visit:
    """A visitor, by token or not, at a graph that they may see. current: the version that is shown, or None."""

    space: PartnerSpace
    organisation: Organisation
    holder: Holder | None
    current: Version | None

    @property
    def names(self) -> OwnNames:
        """What the organisation may speak about."""
        return OwnNames(self.organisation.key, self.organisation.namespaces)

    @property
    def writer(self) -> Holder:
        """The holder of a token that may change the graph. Raises NotAllowed for anybody else."""
        if self.holder is None or not self.space.may_write(self.holder, self.organisation.key):
            raise NotAllowed(
                "this token may not change this graph",
                where="Authorization",
                mend="use a token of the organisation that may write",
            )
        return self.holder

    @property
    def writer_or_none(self) -> Holder | None:
        """The same, and None for anybody else."""
        may = self.holder is not None and self.space.may_write(self.holder, self.organisation.key)
        return self.holder if may else None

    @property
    def owner(self) -> Holder:
        """The holder of any token of the organisation. Raises NotAllowed for anybody else."""
        if self.holder is None or self.holder.organisation != self.organisation.key:
            raise NotAllowed(
                "only the organisation itself may see this",
                where="Authorization",
                mend="use a token of the organisation",
            )
        return self.holder

    @property
    def shown(self) -> Version:
        """The version that is shown. Raises UnknownThing where there is none, as if there were no organisation."""
        if self.current is None:
            raise no_graph()
        return self.current


async def visit(request: Request, partners: Partners, key: str, *, token: bool = False) -> Visit:
    """The visit of a request at an organisation's graph. token: whether the request has no meaning without one.

    Raises NotSignedIn for a token that does not hold and where one is needed, UnknownThing for a graph that is not
    there or that the visitor may not see."""
    holder = await partners.holder_of(request)
    if token and holder is None:
        raise NotSignedIn(
            "this needs a token",
            where="header Authorization",
            mend="send Authorization: Bearer and the token of your organisation",
        )
    space = partners.space
    if space is None or len(key) > _LONGEST_KEY:
        raise no_graph()

    def look(space: PartnerSpace = space) -> tuple[Organisation, Version | None]:
        try:
            if not space.may_read(holder, key):
                raise no_graph()
            return space.organisation(key), space.current(key)
        except UnknownThing:
            raise no_graph() from None

    organisation, current = await asyncio.to_thread(look)
    owns = holder is not None and holder.organisation == key
    if current is None and not owns:
        raise no_graph()
    return Visit(space, organisation, holder, current)


def key_in(graph: str) -> str:
    """The organisation's key in the IRI of a graph. Raises UnknownThing for a graph that is no partner's."""
    if not graph.startswith(GRAPH_PARTNER):
        raise no_graph()
    return graph.removeprefix(GRAPH_PARTNER)


def graph_named(request: Request) -> str | None:
    """The IRI that ?graph= names; None if there is no such parameter. Raises BadParameter for ?default."""
    if "default" in request.query_params:
        raise BadParameter(
            "the default graph is the merge of all that you may see, and is not kept as a graph here",
            where="parameter default",
            mend="ask /sparql for it, or name a graph with graph=",
        )
    named = request.query_params.getlist("graph")
    if len(named) > 1:
        raise BadParameter("several graphs are named", where="parameter graph", mend="name one")
    return named[0] if named else None


def no_graph() -> UnknownThing:
    """The one answer where there is no graph, or none that the visitor may see."""
    return UnknownThing(
        "there is no such graph, or it is not shown to you",
        mend="the address /graphs lists the graphs that you may see",
    )
