"""SPARQL over HTTP: our service beside the engine's own server and rdflib-endpoint, on the same graph and requests.

    python benchmarks/serving.py [--seconds 3] [--rounds 3] [--quick]

Needs wrk (Debian). Every server is asked the same GET requests over kept connections by wrk with one thread, at 1, 8
and 32 clients, on the cores that wrk has too; servers take turns within a round. The light query asks for each role in
turn. Each text is asked once: a comment with a number ends it, since rdflib-endpoint keeps the last queries as parsed.
Ours is measured as served, guarded and with a log line each: without answers kept (CMH_GRAPH_QUERY_KEPT_MB=0); and
asked the same texts again and again, with answers kept, and by ETag. Answers must be equal before anything is timed."""

from __future__ import annotations

import csv
import io
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from record import PEERS, Line, Record, arguments, note, versions
from recording.servers import free_port, need_wrk, requests_a_second, running

from cmh_graph.namespaces import CMH, PREFIXES
from cmh_graph.settings import Settings
from cmh_graph.snapshot import DATASET, current_snapshot
from cmh_graph.store import Store, iter_nquads, text_of, write_ntriples

CLIENTS = (1, 8, 32)
_PREFIXES = f"PREFIX cmh: <{CMH}> PREFIX skos: <{PREFIXES['skos']}> "
LIGHT, MIDDLE, HEAVY = "light query", "query of 1 ms", "query of 40 ms"
#: Named by what the engine itself takes for them; what it took in the run is told under the table.
_QUERIES = {
    MIDDLE: _PREFIXES
    + "SELECT ?role (COUNT(?r) AS ?n) { ?role a cmh:Role ; cmh:hasRequirement ?r } GROUP BY ?role ORDER BY ?role",
    HEAVY: _PREFIXES
    + "SELECT ?a (COUNT(*) AS ?n) { ?a cmh:hasRequirement/cmh:asksFor ?s . ?b cmh:hasRequirement/cmh:asksFor ?s ."
    " ?b cmh:family ?f } GROUP BY ?a ORDER BY DESC(?n) ?a",
}
OURS, KEPT, TAGGED, NATIVE, RDFLIB = (
    "ours",
    "ours, kept",
    "ours, by ETag",
    "Oxigraph server",
    "rdflib-endpoint",
)
#: (query, which of ours, against whom) -> the least ratio that is wanted, at every number of clients.
WANTED = {
    (LIGHT, OURS, NATIVE): 0.6,
    (MIDDLE, OURS, NATIVE): 0.75,
    (HEAVY, OURS, NATIVE): 0.95,
    (LIGHT, OURS, RDFLIB): 25,
    (MIDDLE, OURS, RDFLIB): 25,
    (HEAVY, OURS, RDFLIB): 25,
    **{(query, KEPT, NATIVE): 2 for query in (LIGHT, MIDDLE, HEAVY)},
}
_JSON = "application/sparql-results+json"
#: Begins a comment in a query, percent-encoded.
NUMBER = "%20%23"


@contextmanager
def servers(folder: Path) -> Iterator[dict[str, str]]:
    """Who -> the address of their endpoint, all of them up. They rest while another is asked."""
    graph = folder / "graph.nt"
    with graph.open("wb") as output:
        write_ntriples(iter_nquads((current_snapshot(Settings().snapshots) / DATASET).read_bytes()), output)
    native = str(Path(sys.executable).with_name("oxigraph"))
    subprocess.run(
        [native, "load", "--location", str(folder / "store"), "--file", str(graph)],
        check=True,
        capture_output=True,
    )
    at = [free_port() for _ in range(4)]
    ours = [sys.executable, "-m", "cmh_graph.cli", "serve", "--port"]
    script = "import sys; from rdflib_endpoint.__main__ import cli; sys.exit(cli())"
    quiet = {"CMH_GRAPH_QUERY_SECONDS": "60"}
    with ExitStack() as up:

        def start(command: list[str], port: int, path: str, **environment: str) -> str:
            address = f"http://127.0.0.1:{port}{path}"
            up.enter_context(running(command, f"{address}?query=ASK%7B%7D", **environment))
            return address

        fresh = start([*ours, str(at[0])], at[0], "/sparql", CMH_GRAPH_QUERY_KEPT_MB="0", **quiet)
        kept = start([*ours, str(at[1])], at[1], "/sparql", **quiet)
        bind = ["--location", str(folder / "store"), "--bind", f"127.0.0.1:{at[2]}"]
        own = start([native, "serve-read-only", *bind], at[2], "/query")
        command = [sys.executable, "-c", script, "serve", "--port", str(at[3]), str(graph)]
        theirs = start(command, at[3], "/", PYTHONPATH=str(PEERS))
        yield {OURS: fresh, KEPT: kept, TAGGED: kept, NATIVE: own, RDFLIB: theirs}


def queries() -> dict[str, list[str]]:
    """Name of a query -> the texts that are asked in turn."""
    store = Store.load(current_snapshot(Settings().snapshots) / DATASET)
    roles = [
        text_of(row["role"])
        for row in store.select(f"{_PREFIXES} SELECT ?role {{ ?role a cmh:Role }} ORDER BY ?role")
    ]
    light = [
        f"{_PREFIXES}SELECT ?r ?s {{ <{role}> cmh:hasRequirement ?r . ?r cmh:asksFor ?s }}" for role in roles
    ]
    return {LIGHT: light, **{name: [text] for name, text in _QUERIES.items()}}


def asked(address: str, query: str) -> tuple[list[list[str]], str]:
    """The rows of an answer, sorted, and its ETag."""
    request = urllib.request.Request(f"{address}?{_encoded(query)}", headers={"Accept": "text/csv"})
    with urllib.request.urlopen(request, timeout=300) as found:
        rows = sorted(csv.reader(io.StringIO(found.read().decode())))
        return rows, found.headers.get("ETag", "")


def _encoded(query: str) -> str:
    return urllib.parse.urlencode({"query": query})


def rate(
    who: str, address: str, name: str, texts: list[str], tag: str, clients: int, seconds: float
) -> float:
    """Requests answered in a second; 0 where some failed."""
    if who == RDFLIB and name == HEAVY:
        # It takes many seconds for one: more clients at once would only run into each other's time.
        began = time.perf_counter()
        asked(address, texts[0])
        return 1 / (time.perf_counter() - began)
    headers = {"Accept": "text/csv", "If-None-Match": tag} if who == TAGGED else {"Accept": _JSON}
    base, _, path = address.rpartition("/")
    paths = [f"/{path}?{_encoded(text)}" for text in (texts[:1] if who == TAGGED else texts)]
    try:
        number = "" if who in (KEPT, TAGGED) else NUMBER
        return requests_a_second(base, paths, clients, seconds, headers, number=number)
    except SystemExit:
        return 0.0


def main() -> int:
    """Measure every query at every number of clients, and record."""
    parser = arguments(__doc__, minutes=12)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    need_wrk()
    seconds, rounds = (1, 1) if options.quick else (options.seconds, options.rounds)
    with_ = versions("oxigraph", "uvicorn", "uvloop", "fastapi")
    with (
        Record("serving", "SPARQL over HTTP", options, with_) as record,
        tempfile.TemporaryDirectory() as folder,
        servers(Path(folder)) as addresses,
    ):
        took: dict[str, float] = {}
        for name, texts in queries().items():
            answers = {who: asked(address, texts[0]) for who, address in addresses.items()}
            same = all(rows == answers[NATIVE][0] for rows, _ in answers.values())
            times = []
            for _ in range(5):
                began = time.perf_counter()
                asked(addresses[NATIVE], texts[0])
                times.append(time.perf_counter() - began)
            took[name] = statistics.median(times) * 1000
            for clients in CLIENTS:
                figures: dict[str, list[float]] = {who: [] for who in addresses}
                for turn in range(rounds):
                    order = list(addresses)
                    for who in order[turn % len(order) :] + order[: turn % len(order)]:
                        if who == RDFLIB and name == HEAVY and (turn or clients > 1):
                            continue
                        found = rate(who, addresses[who], name, texts, answers[TAGGED][1], clients, seconds)
                        figures[who].append(found)
                        note(f"{name}, {clients} clients, {who}: {found:,.1f}/s")
                _record(record, name, clients, figures, same)
        told = "; ".join(f"{name}: {value:.2g} ms" for name, value in took.items())
        record.text(f"One client that connects each time waits for {NATIVE}: {told}.")
    return record.code


def _record(record: Record, name: str, clients: int, figures: dict[str, list[float]], same: bool) -> None:
    for who, peer in ((OURS, NATIVE), (OURS, RDFLIB), (KEPT, NATIVE), (TAGGED, NATIVE)):
        if not figures[peer]:
            continue
        record.line(
            Line(
                name if who == OURS else f"{name}{who.removeprefix(OURS)}",
                f"{clients} client{'s' if clients > 1 else ''}",
                "requests/s",
                figures[who],
                figures[peer],
                peer,
                better="higher",
                wanted=WANTED.get((name, who, peer)),
                equal=same,
                wrong="" if all(figures[who]) else "some requests failed",
            )
        )


if __name__ == "__main__":
    sys.exit(main())
