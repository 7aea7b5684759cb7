"""Answers that are kept: the same bytes as fresh ones, never those of former content, never a changing one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmh_graph.settings import Settings
from cmh_graph.sparql.answers import QueryRequest
from cmh_graph.sparql.kept import KeptAnswers
from cmh_graph.sparql.pool import Answer
from cmh_graph.sparql.worker_pool import WorkerPool
from conftest import serve_sparql

COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"


def request(text: str, format: str = "csv") -> QueryRequest:
    return QueryRequest(text, format, {})


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (COUNT, True),
        ("SELECT (NOW() AS ?t) {}", False),
        ("select (rand ( ) as ?t) {}", False),
        ("SELECT (UUID() AS ?t) {}", False),
        ("SELECT (STRUUID() AS ?t) {}", False),
        ("CONSTRUCT { ?s <http://x/p> ?b } { ?s ?p ?o BIND(BNODE() AS ?b) }", False),
        # Only named in a text: not kept, which costs time and nothing else.
        ('SELECT ("now" AS ?t) {}', False),
        ("SELECT ?knownow { ?s ?p ?knownow }", True),
    ],
)
def test_what_changes_by_itself_is_not_kept(text: str, kept: bool) -> None:
    assert (request(text).key is not None) is kept


def test_the_key_tells_apart_all_that_decides_an_answer() -> None:
    one = request(COUNT)
    others = [
        request(COUNT, "json"),
        request(COUNT + " "),
        QueryRequest(COUNT, "csv", {"x": "http://x/"}),
        QueryRequest(COUNT, "csv", {}, default_graphs=("http://x/",)),
        QueryRequest(COUNT, "csv", {}, named_graphs=("http://x/",)),
        QueryRequest(COUNT, "csv", {}, default_graphs=()),
        QueryRequest(COUNT, "csv", {}, bindings={"s": "http://x/"}),
    ]
    keys = [each.key for each in (one, *others)]
    assert len(set(keys)) == len(keys) and one.key == request(COUNT).key


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 400)), max_size=60))
def test_no_more_is_kept_than_may_be(puts: list[tuple[int, int]]) -> None:
    """Whatever comes: the bound holds, and what is kept is what was put."""
    most = 16 * 900
    kept, put = KeptAnswers(most), {}
    for name, size in puts:
        key = bytes([name])
        answer = Answer(b"x" * size, 1, 0.0)
        if kept.get(key) is None:
            put[key] = answer
        kept.put(key, answer)
        held = [found for one in put if (found := kept.get(one)) is not None]
        assert sum(len(each.body) + 500 for each in held) <= most
        assert all(each.body == put[one].body for one in put if (each := kept.get(one)))


def nquads(folder: Path, name: str, count: int) -> Path:
    path = folder / f"{name}.nq"
    path.write_text(
        "".join(f"<http://x/{n}> <http://x/p> <http://x/o> <http://x/g> .\n" for n in range(count))
    )
    return path


def test_new_content_has_new_answers_and_a_late_old_one_is_not_kept(tmp_path: Path) -> None:
    async def scene() -> list[bytes]:
        pool = WorkerPool(nquads(tmp_path, "a", 3), Settings(query_workers=1))
        await pool.start()
        try:
            said = [(await pool.run(request(COUNT))).body, (await pool.run(request(COUNT))).body]
            before = pool.edition
            slow = asyncio.ensure_future(
                pool.run(request("SELECT (COUNT(*) AS ?n) { ?a ?p ?o . ?b ?p ?o . ?c ?p ?o }"))
            )
            await asyncio.sleep(0)
            await pool.reload(nquads(tmp_path, "b", 5))
            await slow
            assert pool.edition != before
            said.append((await pool.run(request(COUNT))).body)
            said.append(
                (await pool.run(request("SELECT (COUNT(*) AS ?n) { ?a ?p ?o . ?b ?p ?o . ?c ?p ?o }"))).body
            )
            await pool.reload(
                nquads(tmp_path, "b", 5), b"<http://y/1> <http://x/p> <http://x/o> <http://y/g> .\n"
            )
            said.append((await pool.run(request(COUNT))).body)
            return said
        finally:
            await pool.close()

    found = [body.split()[1] for body in asyncio.run(scene())]
    assert found == [b"3", b"3", b"5", b"125", b"6"]


def test_over_http_an_etag_saves_the_answer(tmp_path: Path) -> None:
    with (
        serve_sparql(nquads(tmp_path, "a", 3), Settings(query_workers=1)) as server,
        httpx.Client() as client,
    ):
        ask = {"query": COUNT}
        first = client.get(server.url, params=ask, headers={"Accept": "text/csv"})
        tag = first.headers["etag"]
        assert tag.startswith('W/"'), "the rows of one query may come in another order from another process"
        assert first.headers["cache-control"] == "no-cache"
        again = client.get(server.url, params=ask, headers={"Accept": "text/csv"})
        assert (again.content, again.headers["etag"]) == (first.content, tag)
        fresh = client.get(server.url, params=ask, headers={"Accept": "text/csv", "If-None-Match": tag})
        assert (fresh.status_code, fresh.content, fresh.headers["etag"]) == (304, b"", tag)
        other = client.get(
            server.url, params=ask, headers={"Accept": "application/json", "If-None-Match": tag}
        )
        assert other.status_code == 200 and other.headers["etag"] != tag
        posted = client.post(server.url, data=ask, headers={"Accept": "text/csv", "If-None-Match": tag})
        assert posted.status_code == 200 and "etag" not in posted.headers
        changing = client.get(server.url, params={"query": "SELECT (RAND() AS ?r) {}"})
        assert "etag" not in changing.headers
        broken = client.get(server.url, params={"query": "SELECT"}, headers={"If-None-Match": "*"})
        assert broken.status_code == 400
