"""A remote store that breaks in every way: never a wrong or partial answer, 503 with a hint, and it recovers."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import os
import re
import threading
import time
import tomllib
from collections.abc import Awaitable, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from cmh_graph import configuration
from cmh_graph.api.problems import from_error
from cmh_graph.cli import app
from cmh_graph.errors import (
    AnswerTooLarge,
    BadParameter,
    CmhGraphError,
    NotInThisStore,
    QueryForbidden,
    QuerySyntax,
)
from cmh_graph.remote.address import parse_address
from cmh_graph.remote.content import disjoint, read_content, stored
from cmh_graph.remote.describing import constructed
from cmh_graph.remote.engines import VIRTUOSO, engine_of, located
from cmh_graph.remote.holdings import Holdings
from cmh_graph.remote.opening import open_pool, server_of
from cmh_graph.remote.pool import RemotePool
from cmh_graph.remote.rewriting import rewritten
from cmh_graph.remote.server import Server
from cmh_graph.settings import Settings
from cmh_graph.sparql.pool import QueryPool, QueryRequest
from cmh_graph.sparql.worker_pool import WorkerPool
from cmh_graph.store import NamedNode, Store, check_syntax, text_of
from conftest import serve_sparql
from stores import RemoteStore, program_of, running

CASES = Path(__file__).parent / "cases" / "remote_store"
FAULTS = tomllib.loads((CASES / "faults.toml").read_text("utf-8"))["case"]
ADDRESSES = tomllib.loads((CASES / "addresses.toml").read_text("utf-8"))["case"]
SELECT = "SELECT ?o { <http://x/role/1> <http://x/label> ?o }"
CONSTRUCT = "CONSTRUCT WHERE { <http://x/role/1> <http://x/label> ?o }"
ROWS = b'{"head":{"vars":["o"]},"results":{"bindings":[{"o":{"type":"literal","value":"one"}}]}}'
TRIPLES = b'<http://x/role/1> <http://x/label> "one" .\n<http://x/role/1> <http://x/label> "two" .\n'


def request(text: str, form: str = "", **more: Any) -> QueryRequest:
    return QueryRequest(
        text, form or ("ttl" if text.startswith(("CONSTRUCT", "DESCRIBE")) else "json"), {}, **more
    )


def in_pool(snapshot: Path, url: str, work: Callable[[RemotePool], Awaitable[None]], **changed: Any) -> None:
    """Do something with a pool over a server."""
    options: dict[str, Any] = {"query_seconds": 10.0, "query_kept_mb": 0, **changed}
    settings = Settings(store=url, **options)

    async def main() -> None:
        pool = RemotePool(snapshot, settings, server=Server(parse_address(url)))
        try:
            await pool.start()
            await work(pool)
        finally:
            await pool.close()

    asyncio.run(main())


# --- a server that breaks ---


class Fake:
    """A server that says it holds everything, and then does as it is told. asked: the queries of users."""

    def __init__(self) -> None:
        self.case: dict[str, Any] = {}
        self.asked: list[str] = []
        self.accounts: list[str] = []
        self.stop = threading.Event()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
                text = parse_qs(sent).get("query", [""])[0]
                fake.accounts.append(self.headers.get("Authorization", ""))
                if not text or "urn:cmh-graph:whole" in text or text == "ASK {}":
                    self._whole(b'{"head":{},"boolean":true}', "application/sparql-results+json")
                    return
                fake.asked.append(text)
                is_graph = "CONSTRUCT" in text
                kind = "application/n-triples" if is_graph else "application/sparql-results+json"
                fake.act(self, TRIPLES if is_graph else ROWS, kind)

            def _whole(self, body: bytes, kind: str, status: int = 200, **headers: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                """Clients hang up, as they should."""

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.url = f"sparql+http://me:geheim@127.0.0.1:{self._server.server_port}/query?engine=generic"

    def close(self) -> None:
        self.stop.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def act(self, to: Any, whole: bytes, kind: str) -> None:
        """Answer as the case says."""
        act = self.case.get("act", "")
        if act in ("", "answer"):
            body = self.case.get("body", "whole")
            to._whole(
                whole if body == "whole" else body.encode(),
                self.case.get("type", kind),
                self.case.get("status", 200),
                **self.case.get("headers", {}),
            )
            return
        to.close_connection = True
        if act == "half":
            to._whole(whole[: whole.rindex(b'"')], kind)
            return
        if act == "reason":
            to._whole(whole[:-2] + b" .\nThe SPARQL operation has been cancelled", kind)
            return
        if act == "garbage":
            to.wfile.write(b"\x00\xff ICY 200 OK\r\n\r\n" + whole)
            return
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n"
        if act == "short":
            # A whole line more is announced than comes.
            to.wfile.write(f"{head}Content-Length: {len(whole) + 40}\r\n\r\n".encode() + whole)
        elif act == "chunks":
            to.wfile.write(
                f"{head}Transfer-Encoding: chunked\r\n\r\n{len(whole):x}\r\n".encode() + whole + b"\r\n"
            )
        elif act == "unframed":
            to.wfile.write(f"{head}Connection: close\r\n\r\n".encode() + whole)
        elif act == "announced":
            to.wfile.write(f"{head}Content-Length: {10**12}\r\n\r\n".encode() + whole)
        elif act == "hang":
            to.wfile.write(f"{head}Content-Length: {len(whole)}\r\n\r\n".encode() + whole[:20])
            self.stop.wait(20)
        elif act == "endless":
            to.wfile.write(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
            while not self.stop.is_set():
                to.wfile.write(b"1000\r\n" + b" " * 4096 + b"\r\n")


@pytest.fixture
def fake() -> Iterator[Fake]:
    found = Fake()
    yield found
    found.close()


def test_each_case_has_a_reason() -> None:
    assert all(case["why"] for case in (*FAULTS, *ADDRESSES))
    assert {path.name for path in CASES.iterdir()} == {"faults.toml", "addresses.toml"}


@pytest.mark.parametrize("text", [SELECT, CONSTRUCT], ids=["rows", "graph"])
@pytest.mark.parametrize("case", FAULTS, ids=[case["name"] for case in FAULTS])
def test_a_fault_is_told_and_passes(
    case: dict[str, Any], text: str, fake: Fake, sparql_snapshot: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def work(pool: RemotePool) -> None:
        good = await pool.run(request(text))
        assert b"one" in good.body and len(fake.asked) == 1
        fake.asked.clear()
        fake.case = case
        began = time.monotonic()
        with pytest.raises(CmhGraphError) as caught:
            await pool.run(request(text))
        assert caught.value.slug == case["slug"], caught.value
        assert 1 <= len(fake.asked) <= case["tries"]
        assert time.monotonic() - began < 4
        told = from_error(caught.value)
        assert told.status_code in (503, 413, 501)
        if case["slug"] == "store-unavailable":
            assert told.status_code == 503
            assert told.headers["retry-after"] == str(case.get("seconds", 5))
        # Neither who we are, nor where the store is, nor what it said is for visitors.
        for secret in (b"geheim", b"127.0.0.1", b"NullPointer", b"urn:cmh-graph"):
            assert secret not in bytes(told.body)
        fake.case = {}
        fake.asked.clear()
        assert (await pool.run(request(text))).body == good.body

    in_pool(sparql_snapshot, fake.url, work, query_seconds=1.5, query_bytes=100_000)
    assert "geheim" not in caplog.text and "bWU6Z2VoZWlt" not in caplog.text
    assert fake.accounts and {account.partition(" ")[0] for account in fake.accounts} <= {"Basic", ""}


def test_a_server_that_comes_back_while_we_ask_again_answers(fake: Fake, sparql_snapshot: Path) -> None:
    async def work(pool: RemotePool) -> None:
        fake.case = {"act": "answer", "status": 503, "body": "", "headers": {"Retry-After": "1"}}
        asking = asyncio.ensure_future(pool.run(request(SELECT)))
        while not fake.asked:
            await asyncio.sleep(0.01)
        fake.case = {}
        assert b"one" in (await asking).body
        assert len(fake.asked) == 2

    in_pool(sparql_snapshot, fake.url, work)


def test_who_leaves_is_not_waited_for_and_the_queue_is_bounded(fake: Fake, sparql_snapshot: Path) -> None:
    async def work(pool: RemotePool) -> None:
        fake.case = {"act": "hang"}
        asking = [asyncio.ensure_future(pool.run(request(SELECT))) for _ in range(8)]
        while len(fake.asked) < 6 or pool.waiting < 2:
            await asyncio.sleep(0.01)
        with pytest.raises(CmhGraphError) as full:
            await pool.run(request(SELECT))
        assert full.value.slug == "queue-full"
        for one in asking:
            one.cancel()
        began = time.monotonic()
        await asyncio.gather(*asking, return_exceptions=True)
        fake.case = {}
        assert b"one" in (await pool.run(request(SELECT))).body
        assert time.monotonic() - began < 3 and pool.waiting == 0

    in_pool(sparql_snapshot, fake.url, work, query_workers=1, query_slow_workers=1, query_queue=2)


def test_connections_are_used_again(fake: Fake, sparql_snapshot: Path) -> None:
    async def work(pool: RemotePool) -> None:
        for _ in range(20):
            await pool.run(request(SELECT))
        assert pool.server.connections_made == 1

    in_pool(sparql_snapshot, fake.url, work)


# --- what CMH_STORE says ---


@pytest.mark.parametrize("case", ADDRESSES, ids=[case["why"][:40] for case in ADDRESSES])
def test_an_address_is_read_or_refused_without_its_password(
    case: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMH_STORE", case["value"])
    if "refused" in case:
        with pytest.raises(BadParameter) as refused:
            Settings()
        assert case["refused"] in str(refused.value) and "CMH_STORE" in refused.value.where
        assert "geheim" not in str(refused.value)
        return
    found = Settings()
    assert found.store is not None
    address = parse_address(found.store.get_secret_value())
    place = located(address, engine_of(address, ""))
    assert place.query == case["query"]
    if "update" in case:
        assert (place.update, place.graphs) == (case["update"], case["graphs"])
    shown = [one for one in configuration.settings_as_they_are(found) if one.variable == "CMH_STORE"]
    assert [one.value for one in shown] == ["********"] and shown[0].origin == "environment"
    for secret in ("geheim", "p@ss", "dba:dba", "u:p"):
        assert secret not in repr(found) + repr(address) + str(shown)


def test_without_it_all_is_as_ever(monkeypatch: pytest.MonkeyPatch, sparql_snapshot: Path) -> None:
    monkeypatch.delenv("CMH_STORE", raising=False)
    assert type(open_pool(sparql_snapshot, Settings())) is WorkerPool
    with pytest.raises(BadParameter, match="CMH_STORE"):
        server_of(Settings())


def test_a_remote_pool_is_asked_as_one_of_processes_is() -> None:
    def said(kind: type) -> dict[str, Any]:
        names = [name for name in dir(kind) if not name.startswith("_")]
        return {
            name: inspect.signature(found) if callable(found := getattr(kind, name)) else property
            for name in names
        }

    ours, theirs = said(RemotePool), said(WorkerPool)
    assert theirs == said(QueryPool), "who asks a pool needs nothing that only one kind has"
    assert {name: ours.get(name) for name in theirs} == theirs
    made = [list(inspect.signature(kind).parameters)[:3] for kind in (WorkerPool, RemotePool)]
    assert made[0] == made[1]


# --- the query that is sent ---

GRAPHS = {"http://x/g1": "urn:cmh-graph:1", "http://x/g2": "urn:cmh-graph:2"}


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("SELECT (cmhf:similarity(?a, ?b) AS ?s) { ?a ?p ?b }", NotInThisStore),
        (
            "SELECT (<https://w3id.org/cmh-graph/functions#gapSize>(?a, ?b) AS ?s) { ?a ?p ?b }",
            NotInThisStore,
        ),
        ("PREFIX b: <bif:> SELECT (b:http_get('http://10.0.0.1/') AS ?s) {}", QueryForbidden),
        ("SELECT * { ?s <bif:contains> 'x' }", QueryForbidden),
        ("BASE <bif:x/> SELECT (<sql:y>() AS ?s) {}", QueryForbidden),
        ("SELECT * { GRAPH ?g { <urn:cmh-graph:catalogue> ?p ?o } }", QueryForbidden),
        ("SELECT * { ?s ?p ?o FILTER(?s = <\\u0075rn:cmh-graph:1>) }", QueryForbidden),
    ],
)
def test_what_a_server_must_not_be_asked(text: str, refused: type[CmhGraphError]) -> None:
    prefixes = {"cmhf": "https://w3id.org/cmh-graph/functions#"}
    from cmh_graph.sparql.functions import FUNCTIONS

    prefixes["cmhf"] = FUNCTIONS
    with pytest.raises(refused):
        rewritten(text.replace("https://w3id.org/cmh-graph/functions#", FUNCTIONS), prefixes, GRAPHS)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { GRAPH <urn:cmh-graph:2> { ?s ?p ?o } }",
        "SELECT * { GRAPH <http://x/other> { ?s ?p ?o } }",
        "SELECT * { graph ?g { ?s ?p ?o GRAPH ?h { ?s ?q ?r } } }",
        "SELECT * FROM <http://x/g1> FROM NAMED <http://x/g2> { GRAPH ?g { ?s ?p ?o } }",
        "ASK { FILTER NOT EXISTS { GRAPH $g { ?s ?p ?o } } }",
        "PREFIX x: <http://x/> SELECT * { GRAPH x:g1 { ?s ?p ?o } }",
        "SELECT * { # GRAPH <http://x/g2>\n GRAPH ?in0 { ?s ?p 'GRAPH <http://x/g2>' } }",
    ],
)
def test_only_graphs_of_the_audience_are_named(text: str) -> None:
    only = {"http://x/g1": "urn:cmh-graph:1"}
    sent = rewritten(text, {}, only).text
    check_syntax(sent)
    assert "urn:cmh-graph:2" not in sent and "FROM" not in sent
    # Every GRAPH is followed by what we put there.
    assert all(
        word.startswith(("<urn:cmh-graph:1>", "<urn:cmh-graph:nothing>", "?in"))
        for word in sent.replace("'GRAPH <", "'").replace("graph ", "GRAPH ").split("GRAPH ")[1:]
    )


_PARTS = st.sampled_from(
    (
        "{", "}", "?s", "?p", "?o", "?g", ".", "GRAPH ?g {", "GRAPH <http://x/g1> {", "OPTIONAL {", "FILTER(?o = 1)",
        "UNION", "MINUS {", "BIND(1/2 AS ?x)", 'BIND(CONCAT(STR(?s), "a") AS ?y)', "GROUP BY ?s", "LIMIT 3", ";", ",",
        "{ SELECT ?s (COUNT(?o) AS ?n) {", "VALUES ?o { 1 2 }", "FILTER EXISTS {", "<http://x/a>/<http://x/b>",
        '"a { b"', "?s ?p ?o .", "?s ?p ?o }",
    )
)  # fmt: skip


@given(st.lists(_PARTS, max_size=14))
def test_what_parses_still_parses(parts: list[str]) -> None:
    text = "SELECT * { " + " ".join(parts) + " }"
    try:
        check_syntax(text)
    except QuerySyntax:
        return
    for engine in (engine_of(parse_address("sparql+https://a.example/q"), ""), VIRTUOSO):
        check_syntax(rewritten(text, {}, GRAPHS, engine=engine, most=10).text)


@pytest.mark.parametrize(
    ("text", "rows", "triples"),
    [
        (
            "PREFIX x: <http://x/> CONSTRUCT { ?a x:p ?b . ?b x:q 'é'@en, -5 } WHERE { ?a x:r ?b } LIMIT 3",
            {"a": ["uri", "http://x/a"], "b": ["bnode", "b1"]},
            3,
        ),
        (
            "BASE <http://x/> CONSTRUCT WHERE { ?a <p> ?b }",
            {"a": ["uri", "http://x/a"], "b": ["literal", '"<>']},
            1,
        ),
        (
            "CONSTRUCT { <http://x/a> <http://x/b> true } FROM <http://x/g1> { ?s ?p ?o }",
            {"one": ["literal", "1"]},
            1,
        ),
        (
            "CONSTRUCT { ?s ?p [ <http://x/b> ?o ] } { ?s ?p ?o }",
            {"s": ["uri", "x:s"], "p": ["uri", "x:p"]},
            2,
        ),
    ],
)
def test_a_graph_is_made_here_where_a_server_would_cut_it(
    text: str, rows: dict[str, Any], triples: int
) -> None:
    asked = rewritten(text, {}, GRAPHS, engine=VIRTUOSO, most=10)
    check_syntax(asked.text)
    assert asked.text.startswith(("PREFIX", "SELECT")) and "FROM" not in asked.text
    row = {name: {"type": kind, "value": value} for name, (kind, value) in rows.items()}
    names = re.findall(r"SELECT (?:DISTINCT )?(.*?) (?:WHERE|\{)", asked.text)[0].replace("?", "")
    names = "one" if "AS" in names else names
    body = json.dumps({"head": {"vars": names.split()}, "results": {"bindings": [row, row]}}).encode()
    made = list(constructed(asked, lambda *_: body, booleans=False))
    assert len(made) == triples, made
    assert not any("urn:cmh-graph" in str(triple) for triple in made)


QUADS = "".join(
    f'<http://x/{s}> <http://x/{p}> "{s}{p}" <http://x/g{g}> .\n'
    for g, pairs in {1: ("aa", "ab", "bb"), 2: ("aa", "bc"), 3: ("cc",)}.items()
    for s, p in pairs
)


def test_a_content_is_named_by_what_it_holds(tmp_path: Path) -> None:
    snapshot = tmp_path / "snapshot.nq"
    snapshot.write_text(QUADS, "ascii")
    plain = read_content(snapshot)
    assert (
        plain.triples == 5
        and len(plain.merge) == 1
        and sorted(plain.named) == [f"http://x/g{n}" for n in (1, 2, 3)]
    )
    more = read_content(
        snapshot,
        b'<http://x/a> <http://x/a> "aa" <http://x/g9> .\n<http://x/z> <http://x/z> "z" <http://x/g9> .\n',
    )
    assert more.triples == 6 and more.merge[0] == plain.merge[0] and len(more.merge[1].lines) == 1
    assert stored("n", ["a\n", "b\n"]) == stored("n", ["b\n", "a\n", "a\n"]) != stored("m", ["a\n", "b\n"])
    graphs = [plain.named[f"http://x/g{n}"] for n in (1, 2, 3)]
    parts = disjoint(graphs)
    lines = [line for part in parts for line in part.lines]
    assert sorted(lines) == sorted(set(lines)) == sorted({line for graph in graphs for line in graph.lines})
    assert parts[0] is graphs[0] and parts[2] is graphs[2]


# --- a real server ---


@pytest.fixture(scope="module")
def oxigraph() -> Iterator[RemoteStore]:
    if program_of("oxigraph") is None:
        pytest.skip("Oxigraph's own server is not installed (pip install oxigraph)")
    with running("oxigraph") as found:
        yield found


DIFFERENTIAL = (
    "SELECT * { ?s ?p ?o }",
    "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g",
    "SELECT * { GRAPH ?g { ?s <http://x/b> ?o } }",
    "SELECT DISTINCT ?g { GRAPH ?g {} }",
    "SELECT * { GRAPH <http://x/g2> { ?s ?p ?o } }",
    "SELECT * { GRAPH <http://x/g8> { ?s ?p ?o } }",
    "SELECT (COUNT(*) AS ?n) FROM <http://x/g1> FROM <http://x/g2> { ?s ?p ?o }",
    "SELECT ?s ?g FROM <http://x/g1> FROM NAMED <http://x/g3> { ?s <http://x/b> ?o OPTIONAL { GRAPH ?g { ?t ?q ?r }}}",
    "SELECT ?s { ?s ?p ?o FILTER NOT EXISTS { GRAPH <http://x/g2> { ?s ?p ?o } } }",
    "ASK { GRAPH ?g { ?s <http://x/c> ?o } FILTER(STRENDS(STR(?g), 'g3')) }",
    "CONSTRUCT { ?s <http://x/in> ?g } WHERE { GRAPH ?g { ?s ?p ?o } }",
    "DESCRIBE <http://x/a>",
    "DESCRIBE ?s { GRAPH <http://x/g3> { ?s ?p ?o } }",
    "BASE <http://x/> SELECT * { GRAPH <g1> { <a> ?p ?o } } ORDER BY ?o",
    "SELECT (1/2 AS ?half) (2 > 1 AS ?yes) (CONCAT('a', 'b') AS ?c) {}",
    "SELECT ?s ?t { ?s <http://x/b> ?o BIND(COALESCE(CONCAT('x', STR(?none)), 'none') AS ?t) } ORDER BY ?s",
)


def lines_of(body: bytes) -> list[str]:
    found = json.loads(body)
    if "boolean" in found:
        return [str(found)]
    return sorted(json.dumps(row, sort_keys=True) for row in found["results"]["bindings"])


def answer_here(store: Store, text: str, defaults: Any, named: Any) -> Any:
    from cmh_graph.sparql.answers import Limits, answer

    form = "nt" if "CONSTRUCT" in text or "DESCRIBE" in text else "json"
    return answer(store, QueryRequest(text, form, {}, defaults, named), Limits(1000, 10**6))[0]


def test_answers_are_those_of_our_own_engine(oxigraph: RemoteStore, tmp_path: Path) -> None:
    snapshot = tmp_path / "snapshot.nq"
    snapshot.write_text(QUADS, "ascii")
    store = Store.load(snapshot)

    async def work(pool: RemotePool) -> None:
        assert pool.graphs == set(store.graphs()) and pool.triples == len(store)
        for text in DIFFERENTIAL:
            checked = await pool.check(text.replace("GRAPH <http://x/g8>", "GRAPH <http://x/g8>"))
            form = "nt" if "CONSTRUCT" in text or "DESCRIBE" in text else "json"
            dataset = (checked.default_graphs, checked.named_graphs)
            got = await pool.run(QueryRequest(checked.text, form, checked.prefixes, *dataset))
            here = answer_here(store, checked.text, *dataset)
            if form == "nt":
                assert sorted(got.body.splitlines()) == sorted(here.splitlines()), text
            else:
                assert lines_of(got.body) == lines_of(here), text
        with pytest.raises(QuerySyntax) as wrong:
            await pool.check("SELECT * { ?s ?p }")
        assert "line 1" in wrong.value.where

    in_pool(snapshot, oxigraph.url, work)


def test_no_answer_is_longer_than_it_may_be_and_none_is_cut(
    oxigraph: RemoteStore, sparql_snapshot: Path
) -> None:
    many = "SELECT ?a ?c { ?a <http://x/label> ?b . ?c <http://x/label> ?d }"

    async def rows(pool: RemotePool) -> None:
        for form in ("json", "csv"):
            with pytest.raises(AnswerTooLarge, match="more than 5000 solutions"):
                await pool.run(request(many, form))
        with pytest.raises(AnswerTooLarge, match="more than 5000 triples"):
            await pool.run(request("CONSTRUCT { ?a <http://x/p> ?c } WHERE" + many.partition("?c ")[2]))
        whole = await pool.run(request(many + " LIMIT 5000"))
        assert whole.rows == 5000

    async def size(pool: RemotePool) -> None:
        with pytest.raises(AnswerTooLarge, match="bytes"):
            await pool.run(request(many))

    in_pool(sparql_snapshot, oxigraph.url, rows, query_rows=5000)
    in_pool(sparql_snapshot, oxigraph.url, size, query_bytes=1_000_000)


def test_a_parameter_is_bound_in_every_part(oxigraph: RemoteStore, tmp_path: Path) -> None:
    snapshot = tmp_path / "snapshot.nq"
    snapshot.write_text(QUADS, "ascii")
    store = Store.load(snapshot)
    text = (
        "SELECT $s ?o ?n ?m { $s ?p ?o OPTIONAL { { SELECT $s (COUNT(*) AS ?n) { $s ?q ?r } GROUP BY $s } } "
        "OPTIONAL { $s <http://x/c> ?m FILTER($s != <http://x/a>) } } ORDER BY ?o"
    )

    async def work(pool: RemotePool) -> None:
        for one in "abc":
            iri = f"http://x/{one}"
            got = json.loads((await pool.run(request(text, bindings={"s": iri}))).body)["results"]["bindings"]
            rows = store.select(text, s=NamedNode(iri))
            assert [{name: cell["value"] for name, cell in row.items()} for row in got] == [
                {name: text_of(term) for name, term in row.items()} for row in rows
            ]

    in_pool(snapshot, oxigraph.url, work)


def test_a_store_that_lost_or_never_had_it_is_given_it_again(
    oxigraph: RemoteStore, tmp_path: Path, sparql_snapshot: Path
) -> None:
    snapshot = tmp_path / "snapshot.nq"
    snapshot.write_text(QUADS, "ascii")
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"

    async def work(pool: RemotePool) -> None:
        good = (await pool.run(request(count))).body
        assert b'"5"' in good
        # Somebody empties the whole server, or a part of it.
        for update in ("DROP ALL", "DROP GRAPH <urn:cmh-graph:catalogue>"):
            httpx.post(
                oxigraph.query.replace("/query", "/update"), data={"update": update}
            ).raise_for_status()
            assert (await pool.run(request(count))).body == good
        # What was begun and not finished has no mark, so nobody answers from it.
        holdings = Holdings(pool.server)
        held = {one.edition: one for one in holdings.held()}
        assert held[pool.edition].whole
        holdings.drop(pool.edition)
        assert pool.edition not in {one.edition for one in holdings.held()}
        # What two sets hold stays when one goes.
        await pool.reload(snapshot, b'<http://x/z> <http://x/z> "z" <http://x/g9> .\n')
        assert b'"6"' in (await pool.run(request(count))).body
        partners = pool.edition
        await pool.reload(snapshot, b"")
        editions = {one.edition for one in holdings.held()}
        assert partners not in editions and pool.edition in editions
        assert (await pool.run(request(count))).body == good
        stored_here = httpx.get(
            oxigraph.query,
            params={"query": "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"},
            headers={"Accept": "text/csv"},
        ).text
        assert all(held.name in stored_here for held in read_content(snapshot).graphs)

    in_pool(snapshot, oxigraph.url, work)


def test_the_plug_is_pulled_while_queries_run(sparql_snapshot: Path) -> None:
    """Over HTTP: while the server is killed and started again, each answer is whole or 503 with a hint."""
    name = os.environ.get("CMH_STORE_TESTED", "oxigraph")
    if program_of(name) is None:
        pytest.skip(f"the server of {name} is not installed")
    with running(name) as store:
        settings = Settings(store=store.url, query_seconds=10.0, query_kept_mb=0)
        with serve_sparql(sparql_snapshot, settings) as service:
            queries = {
                "SELECT ?s ?o { ?s <http://x/label> ?o } ORDER BY ?s": "json",
                "CONSTRUCT WHERE { ?s <http://x/label> ?o }": "nt",
            }

            def ask(text: str) -> httpx.Response:
                params = {"query": text, "format": queries[text]}
                return httpx.get(service.url, params=params, timeout=30)

            good = {text: sorted(ask(text).text.splitlines()) for text in queries}
            came: list[tuple[str, httpx.Response]] = []
            end = threading.Event()

            def go_on(text: str) -> None:
                while not end.is_set():
                    came.append((text, ask(text)))

            threads = [threading.Thread(target=go_on, args=(text,)) for text in queries for _ in range(2)]
            for thread in threads:
                thread.start()
            for _ in range(2):
                time.sleep(0.4)
                store.kill()
                time.sleep(0.4)
                store.start_again()
            store.pause()
            time.sleep(0.3)
            store.go_on()
            # It recovers by itself.
            deadline = time.monotonic() + 60
            while not (came and came[-1][1].status_code == 200) and time.monotonic() < deadline:
                time.sleep(0.05)
            time.sleep(0.3)
            end.set()
            for thread in threads:
                thread.join(30)
            # A server that is away for longer than a query waits: told so, and it recovers again.
            store.kill()
            gone = ask(next(iter(queries)))
            assert gone.status_code == 503
            came.append((next(iter(queries)), gone))
            store.start_again()
            deadline = time.monotonic() + 60
            while (back := ask(next(iter(queries)))).status_code != 200 and time.monotonic() < deadline:
                time.sleep(0.05)
            came.append((next(iter(queries)), back))
            statuses = {answer.status_code for _, answer in came}
            assert statuses == {200, 503}, statuses
            for text, answer in came:
                if answer.status_code == 200:
                    assert sorted(answer.text.splitlines()) == good[text]
                else:
                    assert int(answer.headers["retry-after"]) >= 1, answer.text
            assert all(ask(text).status_code == 200 for text in queries)


def test_the_commands_of_the_how_to(
    oxigraph: RemoteStore, monkeypatch: pytest.MonkeyPatch, framework_snapshots: Path
) -> None:
    monkeypatch.setenv("CMH_STORE", oxigraph.url)
    page = (Path(__file__).parents[1] / "docs" / "how-to" / "run-over-a-sparql-store.md").read_text("utf-8")
    run = CliRunner().invoke
    monkeypatch.setenv("CMH_GRAPH_SNAPSHOTS", str(framework_snapshots))
    name = (framework_snapshots / "current").read_text("utf-8").strip()
    for command, said in (
        ("store load", f"{name} has been brought"),
        ("store load", f"{name} is there already"),
        ("store list", f"{name}"),
        ("store tidy", ""),
        ("store list", "whole"),
    ):
        assert f"cmh-graph {command}" in page
        done = run(app, command.split())
        assert done.exit_code == 0 and said in done.output, done.output
    monkeypatch.delenv("CMH_STORE")
    assert isinstance(run(app, ["store", "load"]).exception, BadParameter)


def test_a_service_starts_before_its_store(sparql_snapshot: Path) -> None:
    if program_of("oxigraph") is None:
        pytest.skip("Oxigraph's own server is not installed (pip install oxigraph)")
    with running("oxigraph") as store:
        store.kill()
        settings = Settings(store=store.url, query_seconds=5.0)
        with serve_sparql(sparql_snapshot, settings) as service:
            answer = httpx.get(service.url, params={"query": "ASK {}"}, timeout=30)
            assert answer.status_code == 503 and answer.headers["retry-after"]
            assert not service.pool.workers
            store.start_again()
            deadline = time.monotonic() + 30
            while answer.status_code != 200 and time.monotonic() < deadline:
                time.sleep(0.2)
                answer = httpx.get(service.url, params={"query": SELECT}, timeout=30)
            assert answer.status_code == 200 and len(answer.json()["results"]["bindings"]) == 1
            # That the store answers is noted by what looks after it, a moment later.
            while not service.pool.workers and time.monotonic() < deadline:
                time.sleep(0.05)
            assert service.pool.workers
