"""The service as a whole answers the same over every store: the embedded one, or the one that CMH_STORE names.

make test runs this over the embedded store, make test-stores over Oxigraph's own server and over Virtuoso."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

import built
from cmh_graph.api.app import create_app
from cmh_graph.queries import bind
from cmh_graph.settings import Settings
from cmh_graph.sparql import guard
from cmh_graph.sparql.answers import Limits, QueryRequest, answer
from cmh_graph.sparql.guard import Form

CASES = Path(__file__).parent / "cases" / "stores"
QUERIES = tomllib.loads((CASES / "queries.toml").read_text("utf-8"))["case"]
LIMITS = Limits(100_000, 64_000_000)
QUESTIONS = sorted(built.opened_framework().questions)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The service over the framework and whatever store the environment names."""
    settings = Settings(
        snapshots=built.framework_snapshots(),
        home=built.ROOT,
        data=tmp_path_factory.mktemp("data"),
        query_seconds=60.0,
        query_light_seconds=30.0,
    )
    with TestClient(create_app(settings, built.opened_framework())) as found:
        yield found


def here(text: str, form: str, bindings: dict[str, str] | None = None) -> bytes:
    """What our own engine answers."""
    store = built.framework_store()
    checked = guard.check(text, graphs=store.graphs(), longest=10**6)
    request = QueryRequest(
        checked.text, form, checked.prefixes, checked.default_graphs, checked.named_graphs, bindings or {}
    )
    return answer(store, request, LIMITS)[0]


def test_the_store_is_the_one_that_was_asked_for(client: TestClient) -> None:
    pool = client.app.state.query_pool  # type: ignore[attr-defined]
    assert (type(pool).__name__ == "RemotePool") is bool(os.environ.get("CMH_STORE"))
    assert client.get("/ready").status_code == 200
    assert pool.triples == len(built.framework_store())


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_has_the_same_answer_byte_for_byte(name: str, client: TestClient) -> None:
    question = built.opened_framework().question(name)
    for values in (question.examples(), {p.name: p.example for p in question.parameters if not p.optional}):
        answered = client.get(f"/v1/questions/{name}", params={**values, "format": "tsv"})
        assert answered.status_code == 200, answered.text
        assert answered.content == here(question.text, "tsv", dict(bind(question, values)))


@pytest.mark.parametrize("case", QUERIES, ids=[case["why"][:40] for case in QUERIES])
def test_a_query_has_the_same_answer(case: dict[str, Any], client: TestClient) -> None:
    text = case["query"]
    form = guard.check(text, graphs=built.framework_store().graphs(), longest=10**6).form
    is_graph = form in (Form.CONSTRUCT, Form.DESCRIBE)
    format = "nt" if is_graph else "json"
    answered = client.get("/sparql", params={"query": text, "format": format})
    if os.environ.get("CMH_STORE_TESTED") in case.get("not_on", ()):
        assert answered.status_code == 501, "it can: take it out of the table in docs/reference/stores.md"
        return
    assert answered.status_code == 200, answered.text
    expected = here(text, format)
    if is_graph:
        assert sorted(answered.content.splitlines()) == sorted(expected.splitlines())
        return
    got, known = answered.json(), json.loads(expected)
    # SPARQL leaves the order of the columns of SELECT * open.
    assert sorted(got["head"].get("vars", ())) == sorted(known["head"].get("vars", ()))
    assert got.get("boolean") == known.get("boolean")
    rows, wanted = (one.get("results", {}).get("bindings", []) for one in (got, known))
    if not case.get("ordered"):
        rows, wanted = (sorted(map(json.dumps, map(_sorted, one))) for one in (rows, wanted))
    assert rows == wanted


def _sorted(row: dict[str, Any]) -> list[tuple[str, Any]]:
    return sorted(row.items())


def test_things_pages_and_reconciliation_are_there(client: TestClient) -> None:
    for path in (
        "/",
        "/v1/roles",
        "/v1/roles/hcsw",
        "/v1/skills/active-listening",
        "/v1/search?q=nurse",
        "/v1/health",
    ):
        assert client.get(path).status_code == 200, path
    page = client.get("/role/hcsw", headers={"Accept": "text/html"}, follow_redirects=True)
    assert page.status_code == 200
    asked = {"queries": '{"q0": {"query": "healthcare support worker"}}'}
    assert client.post("/reconcile", data=asked).json()["q0"]["result"][0]["id"].endswith("hcsw")
    assert client.get("/v1/health").json()["queries"] == "ready"


def test_a_query_is_seen_on_its_page(client: TestClient) -> None:
    shown = client.post(
        "/query",
        data={"query": "SELECT ?b { ?b a cmh:PayBand } ORDER BY ?b"},
        headers={"Accept": "text/html"},
    )
    assert shown.status_code == 200 and "vocab/band/1" in shown.text
