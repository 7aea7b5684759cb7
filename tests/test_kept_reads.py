"""Answers that are kept are the answers that would be made, and only those that anybody may have are kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from built import opened_framework
from cmh_graph.api.app import create_app
from cmh_graph.api.kept_reads import KeptReads
from cmh_graph.namespaces import GRAPH_PARTNER
from cmh_graph.partner_space import Operator
from cmh_graph.settings import Settings
from cmh_graph.store import NamedNode, Quad, RdfFormat, canonical_nquads, parse_rdf
from partner_service import catalogue, partner_service

#: Addresses that are functions of the snapshot, with what their reader accepts.
READS = [
    ("/v1/roles/hcsw", {}),
    ("/v1/roles/hcsw", {"Accept": "text/turtle"}),
    ("/v1/roles/hcsw.ttl", {}),
    ("/v1/roles/hcsw?format=jsonld", {}),
    ("/v1/roles", {}),
    ("/role/hcsw", {"Accept": "text/html"}),
    ("/role/hcsw", {"Accept": "text/html", "Accept-Encoding": "identity"}),
    ("/role/hcsw", {"Accept": "application/ld+json"}),
    ("/roles", {"Accept": "text/html"}),
    ("/v1/roles/hcsw", {"Origin": "https://dashboard.example"}),
    ("/v1/roles?band=3", {}),
]
_CHANGES = {"x-request-id", "date"}


@pytest.fixture(scope="module")
def clients() -> Iterator[tuple[TestClient, TestClient]]:
    """The service as it is, and the same that makes each answer anew."""
    framework = opened_framework()
    kept, fresh = (create_app(Settings(reads_kept_mb=most), framework) for most in (64, 0))
    # Not entered: no query is asked, so no workers are started.
    yield TestClient(kept), TestClient(fresh)


def _told(client: TestClient, path: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    found = client.get(path, headers=headers)
    shown = {name: value for name, value in found.headers.items() if name not in _CHANGES}
    return found.status_code, shown, found.content


@pytest.mark.parametrize(("path", "headers"), READS)
def test_the_first_and_the_next_answer_are_the_one_that_is_made_anew(
    clients: tuple[TestClient, TestClient], path: str, headers: dict[str, str]
) -> None:
    kept, fresh = clients
    made = _told(fresh, path, headers)
    assert [_told(kept, path, headers) for _ in range(3)] == [made] * 3


@pytest.mark.parametrize(("path", "headers"), READS)
def test_who_has_a_kept_answer_is_told_so(
    clients: tuple[TestClient, TestClient], path: str, headers: dict[str, str]
) -> None:
    kept, fresh = clients
    tag = kept.get(path, headers=headers).headers["etag"]
    asked = {**headers, "If-None-Match": tag}
    assert _told(kept, path, asked) == _told(fresh, path, asked)
    assert _told(kept, path, asked)[0] == 304
    assert _told(kept, path, {**headers, "If-None-Match": '"another"'})[0] == 200


def _asked(app: KeptReads, path: str, headers: dict[str, str], query: str = "", method: str = "GET") -> bytes:
    scope: Scope = {
        "app": None, "type": "http", "method": method, "path": path, "query_string": query.encode(), "scheme": "http",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    bodies: list[bytes] = []

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.body":
            bodies.append(bytes(message["body"]))  # type: ignore[call-overload]

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b""}

    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]
    return b"".join(bodies)


class _Counting:
    """Answers each request otherwise: with its number, so that a kept answer shows."""

    def __init__(
        self, *, mark: bool = True, headers: dict[str, str] | None = None, status: int = 200
    ) -> None:
        self.asked = 0
        self._mark, self._headers, self._status = mark, {"etag": '"1"', **(headers or {})}, status

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        if self._mark and "cmh_graph.kept_reads" in scope:
            scope["cmh_graph.kept_reads"].append(True)
        body = b"%05d" % self.asked
        headers = {"content-length": "5", **self._headers}
        given = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": self._status, "headers": given})
        await send({"type": "http.response.body", "body": body})


@pytest.mark.parametrize(
    ("first", "then", "same"),
    [
        ({}, {}, True),
        ({"Accept": "text/html"}, {"Accept": "text/turtle"}, False),
        ({"Accept-Encoding": "gzip"}, {}, False),
        ({"Host": "one.example"}, {"Host": "other.example"}, False),
        ({}, {"Origin": "https://other.example"}, False),
        ({}, {"Authorization": "Bearer x"}, False),
        ({"Authorization": "Bearer x"}, {"Authorization": "Bearer x"}, False),
        ({"Cookie": "visit=1"}, {"Cookie": "visit=1"}, False),
        ({}, {"Range": "bytes=0-1"}, False),
        ({"User-Agent": "one"}, {"User-Agent": "other"}, True),
        ({"Accept": "x" * 3000}, {"Accept": "x" * 3000}, False),
    ],
)
def test_an_answer_is_given_again_only_to_those_whom_it_suits(
    first: dict[str, str], then: dict[str, str], same: bool
) -> None:
    kept = KeptReads(_Counting(), 10**6)
    assert (_asked(kept, "/x", first) == _asked(kept, "/x", then)) is same


@pytest.mark.parametrize(
    "app",
    [
        _Counting(mark=False),
        _Counting(status=404),
        _Counting(headers={"set-cookie": "a=b"}),
        _Counting(headers={"content-length": "12"}),
    ],
)
def test_what_nobody_said_may_be_kept_is_not(app: _Counting) -> None:
    kept = KeptReads(app, 10**6)
    assert _asked(kept, "/x", {}) != _asked(kept, "/x", {})


def test_what_visitors_type_is_not_kept() -> None:
    kept = KeptReads(_Counting(), 10**6)
    assert _asked(kept, "/x", {}, "q=nurse") != _asked(kept, "/x", {}, "q=nurse")
    assert _asked(kept, "/x", {}, "format=ttl") == _asked(kept, "/x", {}, "format=ttl")
    assert _asked(kept, "/x", {}, method="POST") != _asked(kept, "/x", {}, method="POST")


def test_the_least_used_go_when_there_is_no_room() -> None:
    app = _Counting()
    kept = KeptReads(app, 100_000)
    first = _asked(kept, "/0", {})
    for number in range(1, 200):
        _asked(kept, f"/{number}", {})
        assert _asked(kept, "/0", {}) == first, "what is asked for all the time stays"
    assert _asked(kept, "/1", {}) != b"00002", "what nobody asked for again is gone"
    assert kept._reads is not None and kept._reads._size <= 100_000


def test_nothing_is_kept_where_there_is_no_room_at_all() -> None:
    kept = KeptReads(_Counting(), 0)
    assert _asked(kept, "/x", {}) != _asked(kept, "/x", {})


class _Queries:
    """Queries at /q, whose content has the state that the test says."""

    path = "/q"

    def __init__(self) -> None:
        self.now: str | None = "one"
        self.told = 0

    def state(self, scope: Scope) -> str | None:
        return self.now

    def given(self, scope: Scope) -> None:
        self.told += 1


def test_queries_are_kept_for_as_long_as_what_they_see() -> None:
    queries = _Queries()
    kept = KeptReads(_Counting(), 0, queries, 10**6)
    ask = {"query": "query=ASK%7B%7D"}
    first = _asked(kept, "/q", {}, **ask)
    assert [_asked(kept, "/q", {}, **ask) for _ in range(3)] == [first] * 3
    assert queries.told == 3, "each is counted as a query"
    assert _asked(kept, "/q", {}, "query=ASK%7B%20%7D") != first
    assert _asked(kept, "/q", {"Authorization": "Bearer x"}, **ask) != first, "a token may see more"
    assert _asked(kept, "/q", {"Accept": "text/csv"}, **ask) != first
    assert _asked(kept, "/x", {}, **ask) != _asked(kept, "/x", {}, **ask), "only at their address"
    queries.now = "two"
    second = _asked(kept, "/q", {}, **ask)
    assert second != first and _asked(kept, "/q", {}, **ask) == second
    queries.now = None
    assert _asked(kept, "/q", {}, **ask) not in (first, second), (
        "content that is not known has no kept answers"
    )


def _having(app: KeptReads, tag: str) -> tuple[int, bytes]:
    """The status and body for one who has what the tag names."""
    statuses: list[int] = []

    async def send_seen(message: Message) -> None:
        statuses.extend([message["status"]] if "status" in message else [])

    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        async def both(message: Message) -> None:
            await send_seen(message)
            await send(message)

        await app(scope, receive, both)

    body = _asked(noting, "/q", {"If-None-Match": tag}, "query=x")  # type: ignore[arg-type]
    return statuses[0], body


def test_that_a_reader_has_it_is_kept_for_those_who_have_just_that() -> None:
    queries, counting, shown = _Queries(), _Counting(), '"1"'

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        """Answers 304 without looking further, as the endpoint does."""
        if (b"if-none-match", shown.encode()) not in scope["headers"]:
            await counting(scope, receive, send)
            return
        counting.asked += 1
        scope["cmh_graph.kept_reads"].append(True)
        await send({"type": "http.response.start", "status": 304, "headers": [(b"etag", shown.encode())]})
        await send({"type": "http.response.body", "body": b""})

    kept = KeptReads(app, 0, queries, 10**6)
    assert [_having(kept, shown), _having(kept, shown)] == [(304, b"")] * 2
    assert counting.asked == 1 and queries.told == 1
    assert _having(kept, '"other"') == (200, b"00002"), "who has something else gets the whole"
    whole = _asked(kept, "/q", {}, "query=x")
    assert whole == b"00002"
    assert _having(kept, shown) == (304, b"") and counting.asked == 2
    queries.now = "two"
    shown = '"2"'
    assert _having(kept, '"1"')[0] == 200, "of former content"


def test_an_answer_during_which_the_content_changed_is_not_kept() -> None:
    queries = _Queries()
    counting = _Counting()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await counting(scope, receive, send)
        # It may be of the former content or of the new one: nobody can tell.
        queries.now = "two"

    kept = KeptReads(app, 0, queries, 10**6)
    first = _asked(kept, "/q", {}, "query=x")
    assert _asked(kept, "/q", {}, "query=x") != first
    queries.now = "one"
    assert _asked(kept, "/q", {}, "query=x") != first


def test_what_visitors_ask_pushes_out_nothing_that_all_read() -> None:
    kept = KeptReads(_Counting(), 100_000, _Queries(), 100_000)
    page = _asked(kept, "/page", {})
    for number in range(200):
        _asked(kept, "/q", {}, f"query={number}")
    assert _asked(kept, "/page", {}) == page


def test_what_partners_hide_is_in_no_kept_answer() -> None:
    """Through the whole service: the same query before a graph is shown, while it is, and after it is hidden."""
    service = partner_service()
    word = "Keptsitter"
    graph = NamedNode(f"{GRAPH_PARTNER}westbury")
    quads = parse_rdf(catalogue("westbury", word).encode(), RdfFormat.TURTLE)
    nquads = canonical_nquads(Quad(q.subject, q.predicate, q.object, graph) for q in quads)
    query = f'SELECT ?name {{ GRAPH ?g {{ ?s ?p ?name FILTER(CONTAINS(STR(?name), "{word}")) }} }}'
    tags = []
    with service.client() as client:

        def rows() -> int:
            found = client.get("/sparql", params={"query": query}, headers={"Accept": "text/csv"})
            assert found.status_code == 200
            tags.append(found.headers["etag"])
            return len(found.text.splitlines()) - 1

        try:
            assert [rows(), rows()] == [0, 0]
            service.space.land("westbury", nquads, by=Operator(), how="test")
            for shown, count in (("private", 0), ("public", 1), ("private", 0), ("public", 1)):
                service.space.show_to("westbury", shown, by=Operator())
                if shown == "public":
                    # While it is loaded, the former content is served.
                    until(lambda: rows() == 1)
                assert [rows(), rows()] == [count, count], "what is hidden is so at once"
                known = client.get(
                    "/sparql",
                    params={"query": query},
                    headers={"Accept": "text/csv", "If-None-Match": tags[-1]},
                )
                assert known.status_code == 304 and known.headers["etag"] == tags[-1] and not known.content
        finally:
            service.space.show_to("westbury", "private", by=Operator())
            service.space.land("westbury", b"", by=Operator(), how="test")


def until(holds: Callable[[], bool]) -> None:
    """Ask until it holds: newer content is loaded while the former is served."""
    for _ in range(400):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("newer content is never shown")
