"""One SPARQL server by its three protocols: Query, Update and the Graph Store Protocol.

SPARQLWrapper makes the requests of the first two. What is asked here may be repeated without harm: queries change
nothing, graphs are written whole under a name made from their content, marks are set and not counted."""

from __future__ import annotations

import email.utils
import json
import logging
import time
import urllib.request
from collections.abc import Iterable, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from cmh_graph import __version__
from cmh_graph.errors import AnswerTooLarge, BadParameter, MissingProgram, QueryRefused, StoreUnavailable
from cmh_graph.remote.address import VARIABLE, Address
from cmh_graph.remote.connections import Broken, Connections, Reply, Ticket, TooLong
from cmh_graph.remote.engines import GENERIC, Engine, engine_of, located

AGENT: Final = f"cmh-graph/{__version__}"
JSON: Final = "application/sparql-results+json"
NTRIPLES: Final = "application/n-triples"
#: Pauses before a request is repeated, in seconds. A server that names a time for less than the last is waited for.
PAUSES: Final = (0.1, 0.4)
_LONGEST_PAUSE: Final = 2.0
#: Answers that say "not now".
_BUSY: Final = frozenset({408, 429, 502, 503, 504})
#: An answer about an update says nothing that we need.
_SHORT_ANSWER: Final = 1_000_000
_UNTIL_RETRY: Final = 5
_LONGEST_RETRY: Final = 600
_log = logging.getLogger(__name__)


class Refusal(QueryRefused):
    """The server will not answer this query; said: its words, for the log."""

    said = ""


class Server:
    """The server of an address. kept: connections that stay open."""

    def __init__(self, address: Address, *, kept: int = 8) -> None:
        self._given = address
        self._connections = Connections(address, kept=kept)
        self._address = located(address, GENERIC) if not address.engine else address
        self._engine: Engine | None = None
        _import_wrapper()

    @property
    def host(self) -> str:
        """Host and port, as they may be shown to whoever runs the service."""
        return self._given.host

    @property
    def engine(self) -> Engine:
        """What is known of the server; it is recognised at the first answer."""
        return self._engine or GENERIC

    @property
    def connections_made(self) -> int:
        """How many connections were opened."""
        return self._connections.made

    def close(self) -> None:
        """Close the connections that wait."""
        self._connections.close()

    def recognise(self, seconds: float = 10.0) -> Engine:
        """Find out what server it is, and whether it lets us in. Raises StoreUnavailable, BadParameter."""
        if self._engine is None:

            def ask() -> urllib.request.Request:
                return self._ask_request("ASK {}", "ASK", (), ())

            said = ""
            if not self._given.engine:
                # Whatever it answers, it says what it is; who we are comes after that.
                said = self._repeated(ask, seconds, _SHORT_ANSWER, known=False).headers.get("Server", "")
            engine = engine_of(self._given, said)
            self._address = located(self._given, engine)
            self._repeated(ask, seconds, _SHORT_ANSWER)
            self._engine = engine
            _log.info("the store at %s is asked as %s", self.host, engine.name)
        return self._engine

    def query(
        self,
        text: str,
        form: str,
        default_graphs: Sequence[str],
        named_graphs: Sequence[str],
        *,
        seconds: float,
        most: int,
        ticket: Ticket | None = None,
    ) -> bytes:
        """The whole answer to a query over the given graphs: results in JSON, or N-Triples for a graph.

        form: SELECT, ASK or CONSTRUCT. Raises Refusal, StoreUnavailable, AnswerTooLarge."""
        self.recognise()
        reply = self._repeated(
            lambda: self._ask_request(text, form, default_graphs, named_graphs),
            seconds,
            most,
            ticket,
        )
        engine = self.engine
        if engine.cut_header and engine.cut_header in reply.headers:
            raise AnswerTooLarge(
                "the answer has more rows than the store gives at once",
                mend="narrow the query, or page through it with ORDER BY, LIMIT and OFFSET",
            )
        if "X-SQL-State" in reply.headers or reply.status == 206:
            raise _unavailable("the store broke its answer off")
        told = reply.headers.get_content_type()
        if told != (NTRIPLES if form == "CONSTRUCT" else JSON):
            raise _unavailable(f"the store answered in a format that was not asked for ({told[:60]})")
        return reply.body

    def rows(self, text: str, graph: str, *, seconds: float = 30.0) -> list[dict[str, dict[str, str]]]:
        """The solutions of one of our own SELECTs over one graph, as SPARQL JSON has them."""
        body = self.query(text, "SELECT", (graph,), (graph,), seconds=seconds, most=64_000_000)
        return list(read_json(body)["results"]["bindings"])

    def update(self, text: str, *, seconds: float = 60.0) -> None:
        """Run one of our own updates. Raises StoreUnavailable, BadParameter."""
        self.recognise()

        def request() -> urllib.request.Request:
            wrapper = _wrapper(self._address, "INSERT")
            wrapper.setQuery(text)
            made: urllib.request.Request = wrapper._createRequest()
            return made

        self._repeated(request, seconds, _SHORT_ANSWER)

    def put_graph(self, name: str, lines: Sequence[str], *, seconds: float = 120.0) -> None:
        """Make a graph hold just these statements (N-Triples, each once); in several requests if they are many."""
        self.recognise()
        most = self.engine.most_lines
        # A blank node is known within one request only.
        nameless = [line for line in lines if "_:" in line]
        others = [line for line in lines if "_:" not in line]
        if not self._address.graphs:
            self.drop_graph(name)
        self._write("PUT", name, nameless + others[:most], seconds)
        for start in range(most, len(others), most):
            self._write("POST", name, others[start : start + most], seconds)

    def drop_graph(self, name: str, *, seconds: float = 60.0) -> None:
        """Remove a graph, if it is there."""
        self.update(f"DROP SILENT GRAPH <{name}>", seconds=seconds)

    def _write(self, method: str, name: str, lines: Iterable[str], seconds: float) -> None:
        if not self._address.graphs:
            self._insert(name, lines, seconds)
            return
        url = f"{self._address.graphs}?{urlencode({'graph': name})}"
        # N-Triples are Turtle, and every server reads that.
        headers = {"Content-Type": "text/turtle; charset=utf-8", "User-Agent": AGENT, "Accept": "*/*"}
        data = "".join(lines).encode()
        self._repeated(
            lambda: urllib.request.Request(url, data, headers, method=method), seconds, _SHORT_ANSWER
        )

    def _insert(self, name: str, lines: Iterable[str], seconds: float) -> None:
        self.update(f"INSERT DATA {{ GRAPH <{name}> {{\n{''.join(lines)}}} }}", seconds=seconds)

    def _ask_request(
        self, text: str, form: str, defaults: Sequence[str], named: Sequence[str]
    ) -> urllib.request.Request:
        wrapper = _wrapper(self._address, form)
        wrapper.setQuery(text)
        for graph in defaults:
            wrapper.addDefaultGraph(graph)
        for graph in named:
            wrapper.addNamedGraph(graph)
        wrapper.addCustomHttpHeader("Accept", NTRIPLES if form == "CONSTRUCT" else JSON)
        made: urllib.request.Request = wrapper._createRequest()
        return made

    def _repeated(
        self, make: Any, seconds: float, most: int, ticket: Ticket | None = None, *, known: bool = True
    ) -> Reply:
        """A good answer, asked for at most three times; any answer if nobody says who asks (not known).

        Raises StoreUnavailable, Refusal, BadParameter, AnswerTooLarge."""
        ticket = ticket or Ticket()
        deadline = time.monotonic() + seconds
        for pause in (*PAUSES, None):
            left = deadline - time.monotonic()
            try:
                if left <= 0:
                    raise Broken("it took too long")
                reply = self._connections.send(make(), seconds=left, most=most, ticket=ticket, known=known)
            except TooLong:
                raise AnswerTooLarge(
                    f"the answer of the store is longer than {most} bytes",
                    mend="narrow the query, select fewer columns, or page through it with LIMIT and OFFSET",
                ) from None
            except Broken as broken:
                told, wanted = broken.why, 0.0
            else:
                if reply.status not in _BUSY:
                    return _judged(reply) if known else reply
                told, wanted = f"status {reply.status}", _seconds_of(reply.headers.get("Retry-After", ""))
            ends = pause is None or ticket.cancelled or wanted > _LONGEST_PAUSE
            pause = max(pause or 0.0, wanted)
            if ends or time.monotonic() + pause >= deadline:
                break
            time.sleep(pause)
        _log.warning("the store at %s does not answer: %s", self.host, told)
        raise _unavailable("the store does not answer", int(wanted) or _UNTIL_RETRY)


def read_json(body: bytes) -> dict[str, Any]:
    """SPARQL results in JSON. Raises StoreUnavailable where they are not whole."""
    try:
        found = json.loads(body)
        if not isinstance(found, dict) or not (
            "boolean" in found or isinstance(found["results"]["bindings"], list)
        ):
            raise ValueError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise not_whole() from None
    return found


def not_whole() -> StoreUnavailable:
    """The error of an answer that cannot be read."""
    return _unavailable("the answer of the store is not whole")


def _unavailable(what: str, seconds: int = _UNTIL_RETRY) -> StoreUnavailable:
    error = StoreUnavailable(what, mend="try again in a few seconds")
    error.seconds = max(1, min(seconds, _LONGEST_RETRY))
    return error


def _judged(reply: Reply) -> Reply:
    status = reply.status
    if 200 <= status < 300:
        return reply
    if status in (401, 403):
        raise BadParameter(
            f"the store does not let us in: it answers {status}",
            where=f"the environment variable {VARIABLE}",
            mend="check the account that it names, and what that account may do",
        )
    if 300 <= status < 400 or status in (404, 405, 410, 415):
        raise BadParameter(
            f"the store answers {status} at the address that was given; redirects are not followed",
            where=f"the environment variable {VARIABLE}",
            mend="check the path, and the options update and graphs",
        )
    if status >= 500 and not _is_about_query(reply):
        raise _unavailable(f"the store failed with status {status}")
    refusal = Refusal("the store does not answer this query")
    refusal.said = reply.body[:2000].decode("utf-8", "replace")
    raise refusal


def _is_about_query(reply: Reply) -> bool:
    """Whether a failure is the query's own. Virtuoso says 500 for those too, with an SQL state: all but deadlocks,
    time and connections."""
    said = reply.body[:20]
    return said.startswith(b"Virtuoso ") and not said.startswith(
        (b"Virtuoso 40", b"Virtuoso 08", b"Virtuoso S1T")
    )


def _seconds_of(retry_after: str) -> float:
    if retry_after.strip().isdigit():
        return float(min(int(retry_after.strip()[:6]), _LONGEST_RETRY))
    try:
        then = email.utils.parsedate_to_datetime(retry_after).timestamp()
    except (ValueError, TypeError):
        return 0.0
    return float(min(max(then - time.time(), 0.0), _LONGEST_RETRY))


def _import_wrapper() -> Any:
    try:
        import SPARQLWrapper
    except ImportError:
        raise MissingProgram(
            "SPARQLWrapper is not installed, by which a remote store is asked",
            where=f"the environment variable {VARIABLE}",
            mend="pip install 'cmh-graph[remote]'",
        ) from None
    return SPARQLWrapper


def _wrapper(address: Address, form: str) -> Any:
    """A SPARQLWrapper for one request by form POST, which every server takes however long it is."""
    library = _import_wrapper()

    class Known(library.SPARQLWrapper):  # type: ignore[misc, name-defined]
        def _parseQueryType(self, query: str) -> str:
            # The form is known. Theirs is looked for by a pattern that hostile texts keep busy for ever.
            return form

    made = Known(address.query, updateEndpoint=address.update or address.query, agent=AGENT)
    made.setMethod(library.POST)
    made.setRequestMethod(library.URLENCODED)
    made.setOnlyConneg(True)
    return made
