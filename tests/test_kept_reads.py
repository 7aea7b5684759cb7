"""Answers that are kept are the answers that would be made, and only those that anybody may have are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from starlette.types import Receive, Scope, Send

from built import opened_framework
from cmh_graph.api.app import create_app
from cmh_graph.api.kept_reads import KeptReads
from cmh_graph.settings import Settings

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
        "type": "http", "method": method, "path": path, "query_string": query.encode(), "scheme": "http",
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
    assert kept._size <= 100_000


def test_nothing_is_kept_where_there_is_no_room_at_all() -> None:
    kept = KeptReads(_Counting(), 0)
    assert _asked(kept, "/x", {}) != _asked(kept, "/x", {})
