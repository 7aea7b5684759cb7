"""Problems as people and programs see them: the wrong method, a slash too many, a busy moment.

And papers of a framework that lacks a scheme."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from fastapi.testclient import TestClient

from built import opened_framework
from cmh_graph.api.app import create_app
from cmh_graph.papers import markdown
from cmh_graph.papers.catalogue import OF_A_POST
from cmh_graph.papers.passport import passport_of, write
from cmh_graph.papers.post import post_of
from cmh_graph.settings import Settings

CASES = tomllib.loads((Path(__file__).parent / "cases" / "web" / "problems.toml").read_text("utf-8"))["case"]
BROWSER = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(create_app(Settings(), opened_framework()), raise_server_exceptions=False)


@pytest.mark.parametrize("case", CASES, ids=[one["why"][:60] for one in CASES])
def test_a_problem(client: TestClient, case: dict[str, Any]) -> None:
    method = case.get("method", "GET")
    seen = client.request(method, case["path"], headers={"Accept": case.get("accept", BROWSER)})
    assert seen.status_code == case["status"]
    assert case.get("never", "\0") not in seen.text and "<script>alert" not in seen.text
    if "allow" in case:
        assert seen.headers["allow"] == case["allow"]
    if "page" in case:
        assert seen.headers["content-type"].startswith("text/html")
        assert case["page"] in seen.text and seen.text.count("<h1") == 1
    if "mend" in case:
        assert seen.headers["content-type"] == "application/problem+json"
        assert case["mend"] in seen.json()["mend"]
    if case["status"] >= 400:
        told = client.request(method, case["path"], headers={"Accept": "application/json"})
        # Some pages have no other form, and say so first.
        assert told.status_code in (case["status"], 406) and told.json()["title"]
        assert told.headers["content-type"] == "application/problem+json"


def test_v1_names_every_address_below_it(client: TestClient) -> None:
    body = client.get("/v1").json()
    described = client.get("/openapi.json").json()["paths"]
    wanted = {
        path
        for path, ways in described.items()
        if path.startswith("/v1/") and "{" not in path and "get" in ways
    }
    assert {address.partition("?")[0] for address in body["addresses"]} == wanted
    assert client.get("/v1", headers={"Accept": "text/html"}).status_code == 406


@pytest.fixture
def crowded() -> Iterator[TestClient]:
    app = create_app(Settings(), opened_framework())
    app.state.operations.limits._for_all = 0
    yield TestClient(app)


def test_a_busy_moment_is_told_with_what_to_do(crowded: TestClient) -> None:
    page = crowded.get("/find?from=hcsw&to=senior-hcsw", headers={"Accept": BROWSER})
    assert page.status_code == 503 and page.headers["retry-after"] == "2"
    assert "We are busy at the moment" in page.text and "Wait 2 seconds" in page.text
    assert 'href="/find?from=hcsw&amp;to=senior-hcsw"' in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    sent = crowded.post("/assess", data={"go": "1"}, headers={"Accept": BROWSER})
    assert "what you entered should still be there" in sent.text and "Try again</a>" not in sent.text
    told = crowded.get("/v1/roles", headers={"Accept": BROWSER})
    assert told.headers["content-type"] == "application/problem+json"


def test_papers_need_no_scheme_that_the_content_lacks() -> None:
    framework = dataclasses.replace(opened_framework(), vocabularies=MappingProxyType({}))
    for key in ("hcsw", "ahp-support-worker", "mental-health-nurse"):
        for make in OF_A_POST.values():
            assert markdown.write(make(framework, post_of(framework, key)))
        assert write(passport_of(framework, key))
