"""What is known of SPARQL servers: where they are asked, and habits that an answer must be repaired for.

Oxigraph and Virtuoso are tested; the others are as their documentation says, untested."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from cmh_graph.remote.address import Address


@dataclass(frozen=True, slots=True)
class Engine:
    """name; ask, update, graphs: paths of the three protocols, "" for that of the address, "-" for none, "+/x" for one
    below it, "/x" beside its last part.

    booleans: whether true and false are computed as such, not as 1 and 0. whole_graphs: whether CONSTRUCT gives
    all, or says if it does not. most_lines: statements sent in one request. cut_header: a header that says that an
    answer was cut."""

    name: str
    ask: str = ""
    update: str = ""
    graphs: str = "-"
    booleans: bool = True
    whole_graphs: bool = True
    most_lines: int = 20_000
    cut_header: str = ""


GENERIC: Final = Engine("generic")
OXIGRAPH: Final = Engine("oxigraph", "", "/update", "/store")
VIRTUOSO: Final = Engine(
    "virtuoso",
    "/sparql-auth",
    "/sparql-auth",
    "/sparql-graph-crud-auth",
    booleans=False,
    whole_graphs=False,
    most_lines=5_000,
    cut_header="X-SPARQL-MaxRows",
)
ENGINES: Final = {
    engine.name: engine
    for engine in (
        GENERIC,
        OXIGRAPH,
        VIRTUOSO,
        Engine("fuseki", "", "/update", "/data"),
        Engine("graphdb", "", "+/statements", "+/rdf-graphs/service"),
        Engine("neptune", "", "", "+/gsp/"),
        Engine("qlever", "", "", "-"),
    )
}
#: How a server names itself in the header Server, in small letters.
_NAMED: Final = {"oxigraph": OXIGRAPH, "virtuoso": VIRTUOSO}


def engine_of(address: Address, server_header: str) -> Engine:
    """The engine stated in the address, else the one that the server says it is, else one without habits."""
    if address.engine:
        return ENGINES[address.engine]
    said = server_header.lower()
    return next((engine for name, engine in _NAMED.items() if said.startswith(name)), GENERIC)


def located(address: Address, engine: Engine) -> Address:
    """The address with all three paths; graphs is "" where the server has no Graph Store Protocol."""
    ask = address.query
    # Without an account there is only Virtuoso's address for everybody.
    if engine.ask and address.user:
        ask = _at(address.query, engine.ask)
    update = address.update or _at(address.query, engine.update)
    graphs = address.graphs or ("" if engine.graphs == "-" else _at(address.query, engine.graphs))
    return replace(address, query=ask, update=update, graphs=graphs, engine=engine.name)


def _at(query: str, path: str) -> str:
    if not path:
        return query
    parts = urlsplit(query)
    own = parts.path.rstrip("/")
    if path.startswith("+"):
        own += path[1:]
    else:
        own = own.rpartition("/")[0] + path
    return urlunsplit((parts.scheme, parts.netloc, own, "", ""))
