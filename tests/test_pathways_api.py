"""Gaps, ways and papers over HTTP: the same answers as from Python, and clear words for what cannot be."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import TypeAdapter

from cmh_graph.api.app import create_app
from cmh_graph.framework import Framework
from cmh_graph.framework import open as open_framework
from cmh_graph.papers.catalogue import FORMATS, OF_A_POST
from cmh_graph.papers.post import post_of
from cmh_graph.pathways.answers import GapAnswer, ProgressionsAnswer, gap_answer, progressions_answer
from cmh_graph.pathways.network import network_of
from cmh_graph.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
REFUSALS: list[dict[str, Any]] = tomllib.loads(
    (ROOT / "tests" / "cases" / "pathways" / "refusals.toml").read_text("utf-8")
)["case"]


@pytest.fixture(scope="module")
def framework(framework_snapshots: Path) -> Framework:
    return open_framework(framework_snapshots, home=ROOT)


@pytest.fixture(scope="module")
def client(framework: Framework) -> TestClient:
    # Without its lifespan: nothing here runs a query.
    return TestClient(create_app(Settings(home=ROOT), framework))


def test_the_gap_is_that_of_python(framework: Framework, client: TestClient) -> None:
    got = client.get("/v1/gap?from=hcsw&to=senior-hcsw")
    assert got.status_code == 200
    assert got.content == TypeAdapter(GapAnswer).dump_json(gap_answer(framework, "senior-hcsw", "hcsw"))
    got = client.get(
        "/v1/gap?to=peer-support-worker&skill=active-listening&background=retail&experience=lived"
    )
    wanted = gap_answer(
        framework,
        "peer-support-worker",
        skills=["active-listening"],
        backgrounds=["retail"],
        experiences=["lived"],
    )
    assert got.content == TypeAdapter(GapAnswer).dump_json(wanted)


@pytest.mark.parametrize(
    "by", ["fewest-steps", "smallest-gap", "shortest-time", "fewest-qualifications", "all"]
)
def test_the_ways_are_those_of_python(framework: Framework, client: TestClient, by: str) -> None:
    got = client.get(f"/v1/progressions?from=volunteer&to=mental-health-nurse&k=4&by={by}")
    wanted = progressions_answer(
        framework, network_of(framework), "volunteer", "mental-health-nurse", k=4, by=by
    )
    assert got.status_code == 200 and wanted.progressions
    assert got.content == TypeAdapter(ProgressionsAnswer).dump_json(wanted)
    assert all(way["steps"] for way in got.json()["progressions"])


@pytest.mark.parametrize("role", ["hcsw", "volunteer", "occupational-therapist"])
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", OF_A_POST)
def test_a_paper_is_that_of_python(
    framework: Framework, client: TestClient, name: str, form: str, role: str
) -> None:
    got = client.get(f"/v1/papers/{name}/{role}?format={form}")
    assert got.status_code == 200 and got.headers["content-type"].startswith(FORMATS[form].media_type)
    assert got.content == FORMATS[form].write(OF_A_POST[name](framework, post_of(framework, role)))
    again = client.get(
        f"/v1/papers/{name}/{role}?format={form}", headers={"If-None-Match": got.headers["etag"]}
    )
    assert again.status_code == 304


@pytest.mark.parametrize("case", REFUSALS, ids=[f"{case['status']}{case['get'][:80]}" for case in REFUSALS])
def test_what_cannot_be_asked_or_answered_gets_clear_words(client: TestClient, case: dict[str, Any]) -> None:
    address = (
        case["get"].replace("{many}", "&".join(["skill=active-listening"] * 201)).replace("{long}", "x" * 101)
    )
    got = client.get(address)
    assert got.status_code == case["status"], f"{got.text} {case['why']}"
    told = got.json()
    if got.status_code != 200:
        assert got.headers["content-type"] == "application/problem+json" and told["mend"]
        told = {"title": told["title"], "mend": told["mend"]}
    else:
        told = {"why": told.get("why", ""), "notes": told.get("notes", [])}
    for words in case["says"]:
        assert words in json.dumps(told, ensure_ascii=False), case["why"]


@pytest.mark.parametrize(
    ("address", "status", "says"),
    [
        ("/v1/papers/poem/hcsw", 404, "choose from"),
        ("/v1/papers/job-description/hcsw?band=9", 400, "bands given are"),
        ("/v1/papers/job-description/hcsw?format=exe", 400, "there is no format"),
        ("/v1/papers/development-plan/hcsw", 400, "where you start"),
        ("/v1/papers/passport/hcsw?format=docx", 400, "there is no format"),
    ],
)
def test_what_cannot_be_gets_the_one_problem_body(
    client: TestClient, address: str, status: int, says: str
) -> None:
    got = client.get(address)
    assert got.status_code == status, got.text
    assert got.headers["content-type"] == "application/problem+json"
    assert says in got.text and got.json()["mend"]


def test_no_way_is_an_answer_and_no_error(client: TestClient) -> None:
    got = client.get("/v1/progressions?from=peer-lead&to=psychiatrist")
    assert got.status_code == 200 and got.json()["progressions"] == []
    assert got.json()["why"] and got.json()["missing"]
    assert client.get("/v1/progressions?from=hcsw&to=hcsw").json()["why"].startswith("You are there already")


def test_the_other_addresses_answer(client: TestClient) -> None:
    assert client.get("/v1/network").json()["bottlenecks"]
    assert client.get("/v1/similar").json()[0]["score"] >= client.get("/v1/similar").json()[-1]["score"]
    assert client.get("/v1/similar?role=hcsw").json()[0]["one"]["key"] == "hcsw"
    page = client.get("/v1/papers/passport/ahp-senior")
    assert page.status_code == 200 and "Domain 8" in page.text
