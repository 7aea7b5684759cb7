"""Asks a store one query over one content, and knows that the answer is whole.

Runs in threads: each call sends, reads and writes an answer from its first byte to its last."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Sequence
from typing import Final

from cmh_graph.errors import AnswerTooLarge, BadParameter, CmhGraphError, NotInThisStore, StoreUnavailable
from cmh_graph.remote.connections import Ticket
from cmh_graph.remote.content import NOTHING, Content, StoredGraph, disjoint
from cmh_graph.remote.describing import constructed, described
from cmh_graph.remote.holdings import Holdings
from cmh_graph.remote.repairs import results_of, triples_of
from cmh_graph.remote.rewriting import rewritten
from cmh_graph.remote.server import Refusal, Server, not_whole
from cmh_graph.settings import Settings
from cmh_graph.sparql.answers import Limits, QueryRequest, write_graph, write_result
from cmh_graph.sparql.guard import Form

#: JSON results are so many times as long as what we may answer, at most.
_VERBOSE: Final = 4
#: Default graphs of several whose graphs share statements are written into the store, so many for each content.
_MOST_DATASETS: Final = 64
#: Statements that are written while somebody waits for an answer; more are written in the background.
_SOON_WRITTEN: Final = 5_000
_log = logging.getLogger(__name__)


class Asking:
    """Queries over one content in a store. edition: the name that the content has in holdings."""

    def __init__(
        self, server: Server, holdings: Holdings, settings: Settings, content: Content, edition: str
    ) -> None:
        self._server = server
        self._holdings = holdings
        self._settings = settings
        self._content = content
        self._edition = edition
        self._own = frozenset(graph.name for graph in content.graphs)
        #: queries that run; kept by the pool
        self.running = 0
        #: whether other content is served by now: then nothing of this is brought to the store any more
        self.retired = False
        #: names of several graphs -> graphs without a common statement, some of which were made for this
        self._merged: dict[tuple[str, ...], tuple[StoredGraph, ...]] = {}

    def told(self, request: QueryRequest, ticket: Ticket) -> tuple[bytes, int] | CmhGraphError:
        """The answer and its number of solutions or triples, or why there is none.

        An error is given back without its frames: they hold terms that may not leave the thread they were made in."""
        try:
            return self._answer(request, ticket)
        except CmhGraphError as error:
            error.__context__ = error.__cause__ = None
            return error.with_traceback(None)

    def _answer(self, request: QueryRequest, ticket: Ticket) -> tuple[bytes, int]:
        deadline = time.monotonic() + self._settings.query_seconds
        for again in (False, True):
            defaults, named = self._dataset(request)
            answer = self._evaluated(request, [graph.name for graph in defaults], named, deadline, ticket)
            made = [graph.name for graph in defaults if graph.name not in self._own]
            if self._holdings.is_whole(self._edition, made, seconds=_left(deadline), ticket=ticket):
                return answer
            if again or ticket.cancelled or self.retired:
                break
            # Taken away while we served it, or the server came back without what it held.
            _log.warning("the content %s is not in the store any more; it is brought again", self._edition)
            self._merged.clear()
            self._holdings.bring(self._edition, self._content.graphs, most=_SOON_WRITTEN)
        raise _unfinished()

    def _dataset(self, request: QueryRequest) -> tuple[Sequence[StoredGraph], dict[str, str]]:
        """The graphs that make up the default graph, and name -> graph in the store of those for GRAPH."""
        known = self._content.named
        if request.default_graphs is None and request.named_graphs is None:
            return self._content.merge, {name: graph.name for name, graph in known.items()}
        named = {name: known[name].name for name in request.named_graphs or () if name in known}
        chosen = tuple(sorted({name for name in request.default_graphs or () if name in known}))
        return self._together(chosen), named

    def _together(self, chosen: tuple[str, ...]) -> tuple[StoredGraph, ...]:
        """Graphs as one default graph; parts of them that are not in the store yet are brought there."""
        found = self._merged.get(chosen)
        if found is None:
            found = tuple(disjoint([self._content.named[name] for name in chosen]))
            made = [graph for graph in found if graph.name not in self._own]
            if made and len(self._merged) >= _MOST_DATASETS:
                raise NotInThisStore(
                    f"more than {_MOST_DATASETS} different sets of graphs were asked for as one default graph",
                    mend="give one default graph, or ask the graphs by GRAPH",
                )
            if made:
                self._holdings.extend(self._edition, made)
                self._merged[chosen] = found
        return found

    def _evaluated(
        self,
        request: QueryRequest,
        defaults: Sequence[str],
        named: dict[str, str],
        deadline: float,
        ticket: Ticket,
    ) -> tuple[bytes, int]:
        limits = Limits(self._settings.query_rows, self._settings.query_bytes)

        def send(text: str, form: str) -> bytes:
            return self._server.query(
                text,
                form,
                defaults or (NOTHING,),
                (*named.values(), NOTHING),
                seconds=_left(deadline),
                most=_VERBOSE * self._settings.query_bytes,
                ticket=ticket,
            )

        try:
            engine = self._server.recognise()
            asked = rewritten(
                request.text, request.prefixes, named, request.bindings, engine=engine, most=limits.rows
            )
            if asked.form in (Form.SELECT, Form.ASK):
                found, count = results_of(send(asked.text, asked.form.value), asked, booleans=engine.booleans)
                if count > limits.rows:
                    raise AnswerTooLarge(
                        f"the answer has more than {limits.rows} solutions",
                        mend="narrow the query, or page through it with ORDER BY, LIMIT and OFFSET",
                    )
                return write_result(found, request.format, limits)
            if asked.form is Form.DESCRIBE:
                return write_graph(described(asked, send, engine.booleans), request.format, limits)
            if asked.template:
                return write_graph(constructed(asked, send, engine.booleans), request.format, limits)
            return write_graph(triples_of(send(asked.text, "CONSTRUCT")), request.format, limits)
        except SyntaxError:
            raise not_whole() from None
        except Refusal as refusal:
            _log.warning("the store refused a query: %s", _reason(refusal.said))
            raise NotInThisStore(
                "the SPARQL store behind this service cannot answer this query",
                mend="write it in another way: docs/reference/stores.md tells what stores cannot do",
            ) from None
        except BadParameter as error:
            # What is wrong with our account or address is for whoever runs the service.
            _log.error("%s", error)
            raise _unfinished() from None


def _left(deadline: float) -> float:
    return max(deadline - time.monotonic(), 0.05)


def _unfinished() -> StoreUnavailable:
    return StoreUnavailable(
        "the store does not hold what is asked for just now", mend="try again in a few seconds"
    )


def _reason(said: str) -> str:
    """The server's reason, without the query that some servers repeat."""
    return re.sub(r"urn:cmh-graph:\w+", "...", said.partition("\n")[0])[:200]
